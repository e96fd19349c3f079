"""The options of the example host's command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen


@frozen
class Options:
    """What to serve, where, how fast it speaks, and whether it may be broken on purpose."""

    docs: Path
    host: str
    port: int
    pace: float
    crashes: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """End with one line, without the usage: it would hide what is wrong."""
        self.exit(2, f"agent_host: {message}; --help shows the options\n")


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; a bad option is one line on stderr and exit code 2."""
    parser = _Parser(prog="agent_host", description="Ask questions about a folder of text and Markdown files.")
    parser.add_argument("--docs", type=_folder, default=Path("docs"), help="the folder (default: docs)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8765, help="port to listen on, 0 for any (default: 8765)")
    parser.add_argument(
        "--pace", type=_seconds, default=0.025, help="seconds from word to word of an answer (default: 0.025)"
    )
    parser.add_argument("--no-crashes", action="store_true", help="do not offer to crash sessions")
    found = parser.parse_args(arguments)
    return Options(found.docs, found.host, found.port, found.pace, not found.no_crashes)


def _folder(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; name the folder of documents")
    return Path(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; a port is a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no pace; a pace is a number of seconds from 0 to 10")
    return value
