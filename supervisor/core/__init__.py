"""The supervisor as a pure machine: events and time in, effects out; no I/O, no clock, no chance of its own."""
