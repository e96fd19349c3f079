"""Whole-path delivery tests: real runtimes, real clients, lines in memory, time by hand."""
