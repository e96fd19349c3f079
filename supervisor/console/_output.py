"""Where output goes, and what becomes of a command whose output nobody takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

__all__ = ["LOST", "lost_output", "provide_streams"]

LOST = 5
"""Exit code where the output could not be written: a full disk, or a reader that has gone."""


def provide_streams() -> None:
    """Put the null device where the shell closed a stream: then nobody wants to read it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (for as long as the process lives)


class _Lost(click.ClickException):
    exit_code = LOST


@contextmanager
def lost_output() -> Generator[None]:
    """Let what can not be written end the command with one line; without any where the reader just went.

    Raises:
        ClickException: In place of the ``OSError``.
    """
    try:
        yield
    except OSError as error:
        # The interpreter must not stumble over it again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        gone = isinstance(error, BrokenPipeError)
        raise _Lost("" if gone else f"the output can not be written: {error.strerror or error}") from error
