"""What is printed: text for a person, or lines of JSON for a program."""

from __future__ import annotations

from typing import Protocol, TextIO

import click
import msgspec
from stentor.protocol import (
    AgentThinking,
    Event,
    Text,
    ToolCompleted,
    ToolExecuting,
    ToolFailed,
)
from stentor.protocol.clients import Delivered

from ..ledger._escape import escape

__all__ = ["JsonScreen", "Screen", "TextScreen"]


class Screen(Protocol):
    """Where a conversation is shown."""

    def show(self, delivered: Delivered) -> None:
        """Show one event."""

    def notice(self, code: str, text: str) -> None:
        """Show something about the connection or the session."""

    def end(self) -> None:
        """Nothing more comes."""


class TextScreen:
    """The answer goes to *out*, word by word; everything else to *beside*."""

    def __init__(self, out: TextIO, beside: TextIO) -> None:
        self._out = out
        self._beside = beside
        self._open = False
        self._colour = beside.isatty()

    def show(self, delivered: Delivered) -> None:
        """Show one event."""
        match delivered.event:
            case Text(delta=delta):
                self._out.write("".join(char for char in delta if char.isprintable() or char in "\n\t"))
                self._out.flush()
                self._open = not delta.endswith("\n")
            case event:
                line = _line(event)
                if line:
                    self._aside(line)

    def notice(self, code: str, text: str) -> None:
        """Show something about the connection or the session."""
        self._aside(f"! {code}: {text}" if text else f"! {code}")

    def end(self) -> None:
        """End the answer's last line."""
        if self._open:
            self._out.write("\n")
            self._out.flush()
            self._open = False

    def _aside(self, line: str) -> None:
        if self._open and self._colour and self._out.isatty():
            click.echo("", file=self._beside)
        click.echo(click.style(escape(line), dim=True) if self._colour else escape(line), file=self._beside)


class JsonScreen:
    """Everything goes to *out*, one JSON object a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def show(self, delivered: Delivered) -> None:
        """Print the event as it stands in the protocol: seq, type, run, ts, data."""
        data = msgspec.to_builtins(delivered.event)
        run = data.pop("run_id")
        self._print({"seq": delivered.seq, "type": delivered.event.type, "run": run, "ts": delivered.ts, "data": data})

    def notice(self, code: str, text: str) -> None:
        """Print the notice."""
        self._print({"type": "notice", "data": {"code": code, "text": text}})

    def end(self) -> None:
        """Print nothing: the last event has said it."""

    def _print(self, value: object) -> None:
        self._out.write(msgspec.json.encode(value).decode() + "\n")
        self._out.flush()


def _line(event: Event) -> str | None:
    match event:
        case AgentThinking(text=text):
            return f"… {text}"
        case ToolExecuting(tool=tool, arguments=arguments):
            return f"> {tool} " + " ".join(f"{name}={value!r}" for name, value in arguments.items())
        case ToolCompleted(tool=tool):
            return f"< {tool}"
        case ToolFailed(tool=tool, error=error):
            return f"x {tool}: {error}"
        case _:
            return None
