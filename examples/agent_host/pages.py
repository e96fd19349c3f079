"""What the example host serves by plain GET: its page, and stentor's JavaScript client."""

from __future__ import annotations

from pathlib import Path

from stentor.protocol.clients.js import module_path

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_FOLDER = Path(__file__).parent / "page"


def pages() -> dict[str, tuple[str, bytes]]:
    """Return path -> (content type, body)."""
    found = {f"/{path.name}": path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}
    found["/"] = found.pop("/index.html")
    found["/stentor.js"] = Path(module_path())
    return {name: (_TYPES[path.suffix], path.read_bytes()) for name, path in found.items()}
