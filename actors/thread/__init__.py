"""Guarded actors whose handlers may block: each incarnation has a thread of its own."""
