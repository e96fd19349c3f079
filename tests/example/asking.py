"""The command `stentor ask`, as a user starts it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import stentor

__all__ = ["QUESTION", "ROOT", "ask", "end", "serve", "speaking", "start"]

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "What does smoke of the wick mean?"


async def serve(runtime: stentor.Runtime) -> str:
    """Return the host's address."""
    server = await runtime.serve("127.0.0.1", 0)
    return f"ws://127.0.0.1:{server.port}"


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """Start the command as a user does."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stentor",
        "ask",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Wait for the command's end: exit code, the rest of standard output and of standard error."""
    out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


async def ask(*arguments: str) -> tuple[int | None, str, str]:
    """Run the command to its end."""
    return await end(await start(*arguments))


async def speaking(*arguments: str) -> asyncio.subprocess.Process:
    """Start the command and wait until the answer has begun."""
    process = await start(*arguments)
    assert process.stdout is not None
    assert b"This" == await process.stdout.readexactly(4)
    return process
