"""The version of stentor."""

__version__ = "0.1.0"
