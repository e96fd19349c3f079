"""The JavaScript client, under Node, against the real runtime."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stentor.protocol.clients.js import module_path
from stentor.supervisor import Message, Runtime, Session

PROGRAM = Path(__file__).parent.parent / "clients" / "js" / "real.mjs"
WORDS = 300


async def run_node(node: str, url: str) -> list[list[Any]]:
    """Run the client until it has seen a run's end; return what it printed."""
    environment = {**os.environ, "STENTOR_JS": module_path().as_uri()}
    process = await asyncio.create_subprocess_exec(
        node, "--experimental-websocket", str(PROGRAM), url, stdout=asyncio.subprocess.PIPE, env=environment
    )
    output, _ = await process.communicate()
    return [json.loads(line) for line in output.splitlines()]


async def test_a_session_that_crashes_in_the_middle_of_an_answer_costs_the_javascript_client_nothing(
    needs: Callable[[str], str],
) -> None:
    """Every word once, in order; the prompt taken once; the audit equals the client's own log."""
    node = needs("node")

    async def agent(session: Session, message: Message) -> None:
        async with session.run("counter") as run:
            for number in range(WORDS):
                await run.text(f"{message.data['text']}{number} ")
                if number == WORDS // 2:
                    runtime.kill("/sessions/ada/t1", "on demand")
                    await asyncio.sleep(0)

    async with Runtime(on_message=agent) as runtime:
        server = await runtime.serve("127.0.0.1", 0)
        lines = await run_node(node, server.url)
        audit = runtime.audit()
        failures = len(runtime.failures())

    events = [line for line in lines if line[0] == "event"]
    assert list(range(1, WORDS + 3)) == [seq for _, seq, _ in events]
    assert "".join(f"hello{number} " for number in range(WORDS)) == "".join(words for _, _, words in events[1:-1])
    assert (["said"], ["ended", "closed", WORDS + 2]) == (lines[0], lines[-1])
    assert (WORDS + 2, WORDS + 2, 0) == (audit.accepted, audit.acked, audit.buffered)
    assert 1 == failures
