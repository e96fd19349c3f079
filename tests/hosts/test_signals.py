"""SIGTERM under uvicorn: the goodbye goes out before the server's own shutdown."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from pathlib import Path

from stentor.protocol.clients import ProbeClient, dial_websocket

ROOT = Path(__file__).resolve().parents[2]


async def test_a_client_is_told_goodbye_before_uvicorn_closes_its_socket() -> None:
    """4100 with a time to come back, not the server's bare 1012; and the process ends by the signal."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "uvicorn",
        *("examples.04_fastapi_app:app", "--port", "0", "--timeout-graceful-shutdown", "5"),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        port = None
        while port is None:
            line = (await process.stderr.readline()).decode()
            assert line, "uvicorn ended before it served"
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            port = found and found[1]
        probe = ProbeClient(dial_websocket(f"ws://127.0.0.1:{port}/ws/t1"), session="demo/t1")
        probe.start()
        await probe.until(lambda it: it.position is not None)
        probe.say("prompt", {"text": "hear"})
        await probe.until(lambda it: it.handled and it.handled[-1].event.type == "agent_completed")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await probe.until(lambda it: any(frame["t"] == "bye" for frame in it.frames_in))
        code = await asyncio.wait_for(process.wait(), 20)
        await probe.stop()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    byes = [(frame["code"], frame["after_ms"] > 0) for frame in probe.frames_in if frame["t"] == "bye"]
    assert ([(4100, True)], -signal.SIGTERM) == (byes, code)
    assert time.monotonic() - began < 12
