"""The farewell: how the host ended, in one line for whoever stopped it."""

from __future__ import annotations

import stentor


def farewell(code: int, audit: stentor.Audit) -> str:
    """Say what the exit *code* of :meth:`stentor.Runtime.run_until_signal` means; *audit* is that of the end."""
    lost = audit.failed.get(stentor.FlushTimeout.code, 0)
    match code:
        case 0:
            return "drained; everything was acknowledged"
        case 3:
            return f"drained; {lost:,} event{' was' if lost == 1 else 's were'} unacknowledged"
        case _:
            return f"ended with {code}: the supervision tree gave up"
