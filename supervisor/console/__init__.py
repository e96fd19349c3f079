"""The command `stentor`. It needs click: ``pip install 'stentor[console]'``."""

from __future__ import annotations

from ._main import main

__all__ = ["main"]
