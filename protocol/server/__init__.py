"""The server half of the wire protocol: a machine without I/O, with its buffer and ledger."""
