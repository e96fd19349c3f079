"""OTP's supervisor: one Erlang machine that takes traces in and tells what was seen of each."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from .trace import Seen, Trace

__all__ = ["Otp"]

_SOURCE = Path(__file__).with_name("otp_world.erl")
_OPTIONS = ("+S", "1:1", "-noshell")
"""One scheduler: two processes never run at the same time, so that a trace always runs in the same way."""


class Otp:
    """OTP's supervisor behind a pipe; a context that ends the Erlang machine.

    Args:
        erl: Path of ``erl``; ``erlc`` is expected beside it.
        folder: Where the compiled world may lie.
    """

    def __init__(self, erl: str, folder: Path) -> None:
        erlc = Path(erl).with_name("erlc")
        subprocess.run([str(erlc), "-o", str(folder), str(_SOURCE)], check=True, timeout=60)
        run = ["-pa", str(folder), "-eval", "otp_world:main(), halt()."]
        self._erl = subprocess.Popen(
            [erl, *_OPTIONS, *run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> Otp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._erl.stdin is not None:
            self._erl.stdin.close()
        if error is not None:
            self._erl.kill()
        self._erl.wait(timeout=20)
        if self._erl.stdout is not None:
            self._erl.stdout.close()

    def run(self, trace: Trace, options: Sequence[str]) -> list[Seen]:
        """Return what was seen after the start and after each step, up to the end of the supervisor.

        Raises:
            RuntimeError: If the trace broke the Erlang world, or the supervisor itself.
        """
        if self._erl.stdin is None or self._erl.stdout is None:
            raise RuntimeError("the Erlang machine has no pipes")
        self._erl.stdin.write(trace.term(options))
        self._erl.stdin.flush()
        line = self._erl.stdout.readline()
        try:
            return msgspec.json.decode(line, type=list[Seen])
        except msgspec.DecodeError as error:
            raise RuntimeError(f"the Erlang world answered {line!r} to {trace.term(options)}") from error
