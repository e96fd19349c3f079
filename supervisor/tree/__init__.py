"""The supervisor as an actor: it executes what its machine decides, and answers who runs."""
