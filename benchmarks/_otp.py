"""OTP's own supervisor as a peer: one figure by one Erlang process."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["Otp"]

_SOURCE = Path(__file__).with_name("otp_peer.erl")


class Otp:
    """Compiles the peer into a folder of its own, and asks it.

    Raises:
        FileNotFoundError: If Erlang is missing.
    """

    def __init__(self) -> None:
        erl, erlc = shutil.which("erl"), shutil.which("erlc")
        if erl is None or erlc is None:
            raise FileNotFoundError("Erlang is missing: install it (`apt install erlang-base`)")
        self._erl = erl
        self._folder = tempfile.TemporaryDirectory()
        subprocess.run([erlc, "-o", self._folder.name, str(_SOURCE)], check=True)

    def ask(self, *words: object) -> float:
        """Return the number that the peer prints for *words*."""
        quoted = ",".join(f'"{word}"' for word in words)
        # More processes than the 262,144 that it allows by default are not needed here.
        command = [self._erl, "-noshell", "-pa", self._folder.name, "-eval", f"otp_peer:main([{quoted}])"]
        return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
