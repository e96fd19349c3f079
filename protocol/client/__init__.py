"""The client half of the wire protocol: a machine without I/O."""
