"""The JavaScript client: one module without dependencies, for a page to import and a server to serve."""

from __future__ import annotations

from pathlib import Path

__all__ = ["module_path", "read_module"]


def module_path() -> Path:
    """Return the path of ``stentor.js``, to be served as ``text/javascript``."""
    return Path(__file__).with_name("stentor.js")


def read_module() -> bytes:
    """Return ``stentor.js`` as it is sent to a browser."""
    return module_path().read_bytes()
