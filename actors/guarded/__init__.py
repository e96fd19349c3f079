"""The guarded actor, and the estate that outlives it: address, mailbox, generation."""
