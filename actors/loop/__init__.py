"""Actors on an event loop: the dispatcher, futures, and Pykka's semantics."""
