"""What the built-in server answers to a plain GET, and which origins it lets upgrade."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from attrs import frozen
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

__all__ = ["FrontDoor", "is_loopback"]

Pages = Mapping[str, tuple[str, bytes]]
"""Path to content type and body."""


def is_loopback(host: str | None) -> bool:
    """Say whether *host* names this machine's loopback interface."""
    if host is None or host.lower() == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A name: "127.evil.example" may be anybody's, whatever it resolves to at the moment.
        return False


@frozen
class FrontDoor:
    """Decides on each HTTP request before the upgrade."""

    pages: Pages
    origins: Collection[str] = ()
    """Allowed beside the page's own origin."""

    local_only: bool = True
    """Whether the Host header must name loopback too: no foreign name may be bound to us."""

    ready: Callable[[], bool] = bool
    """What ``/readyz`` answers by."""

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the answer to a plain GET or to a refused upgrade; None lets the upgrade go on."""
        host = request.headers.get("Host", "")
        if self.local_only and not is_loopback(_name(host)):
            return _response(HTTPStatus.FORBIDDEN, "text/plain", b"this server speaks to localhost only\n")
        if "websocket" in request.headers.get("Upgrade", "").lower():
            return None if self._may_upgrade(request.headers.get("Origin"), host) else _forbidden()
        path = request.path.partition("?")[0]
        if path == "/readyz":
            return self._readiness()
        page = self.pages.get(path)
        if page is None:
            return _response(HTTPStatus.NOT_FOUND, "text/plain", b"there is no such page\n")
        return _response(HTTPStatus.OK, *page)

    def _may_upgrade(self, origin: str | None, host: str) -> bool:
        # A client that is no browser sends none; a browser always does, and its page must be ours or allowed.
        return origin is None or origin in self.origins or urlsplit(origin).netloc.lower() == host.lower()

    def _readiness(self) -> Response:
        if self.ready():
            return _response(HTTPStatus.OK, "text/plain", b"ready\n")
        return _response(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", b"not ready\n")


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None  # No name at all: who asks whether it is loopback is told that it is not, and refuses it.


def _forbidden() -> Response:
    return _response(HTTPStatus.FORBIDDEN, "text/plain", b"this origin is not allowed\n")


def _response(status: HTTPStatus, content_type: str, body: bytes) -> Response:
    headers = Headers(
        [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-cache"),
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ]
    )
    return Response(status.value, status.phrase, headers, body)
