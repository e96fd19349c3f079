"""Ledgers on paper."""

from __future__ import annotations

import msgspec
import pytest
from attrs import define, field


@define
class Paper:
    """Lines as ``runtime.failures().export()`` writes them."""

    lines: list[str] = field(factory=list)

    def fails(
        self,
        at: float,
        child: str = "/sessions/ada/t1",
        exception: str = "builtins.ValueError",
        *,
        uptime: float = 5000.0,
        decision: str = "restart",
        charged: bool = True,
        starting: str = "",
        cause: str = "",
    ) -> Paper:
        """Add a failure at *at* seconds."""
        nano = round((1_700_000_000 + at) * 1e9)
        supervisor = "/" + child.split("/")[1]
        line = {
            "schema": "stentor.failure/1",
            "id": f"{len(self.lines):032x}",
            "time_unix_nano": nano,
            "severity": "fatal" if decision == "park" else "error" if charged else "info",
            "exception": {"type": exception, "message": "", "stacktrace": "", "chain": []},
            "fingerprint": cause or exception,
            "actor": {
                "path": child,
                "path_template": "/sessions/{session}",
                "kind": "session",
                "incarnation": 1,
                "uptime_s": uptime,
                "mailbox_depth": 0,
            },
            "supervision": {"supervisor": supervisor, "decision": decision, "rule": "default"},
            "context": {"operation": starting or "handle"},
        }
        self.lines.append(msgspec.json.encode(line).decode() + "\n")
        return self

    def loop(self, child: str, times: int, *, at: float = 0.0, last: str = "park") -> Paper:
        """Add *times* failures of *child*, 0.2 s after each start, with growing waits."""
        for number in range(times):
            decision = last if number == times - 1 else "restart"
            self.fails(at, child, uptime=5000.0 if number == 0 else 0.2, decision=decision)
            at += 0.2 + min(30.0, 0.1 * 2**number)
        return self

    def outage(self, children: int, seconds: float, *, at: float = 0.0) -> Paper:
        """Add the failures of *children* whose provider is away for *seconds*."""
        for number in range(children):
            when, attempt = at + 0.01 * number, 0
            while when < at + seconds:
                self.fails(when, f"/sessions/user{number}/t", "myhost.ProviderDown", uptime=0.1 if attempt else 900.0)
                when += 0.1 + min(30.0, 0.1 * 2**attempt)
                attempt += 1
        return self

    def write(self, path: object) -> str:
        """Write the ledger and return its path."""
        with open(str(path), "w", encoding="utf-8") as file:
            file.writelines(self.lines)
        return str(path)


@pytest.fixture
def paper() -> Paper:
    """An empty ledger."""
    return Paper()
