"""`stentor ask` where something breaks on the way: what it tells, and the exit code that says whose fault it was."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest
import stentor
from stentor.testing import Faults

from .asking import QUESTION, ask, serve


@pytest.mark.parametrize(("point", "why"), [("store", "the host's store does not answer"), ("send", "")])
async def test_a_crash_that_takes_the_connection_is_told_with_its_failure(
    runtime: stentor.Runtime, point: str, why: str
) -> None:
    """The host's failure has an id, and the command names it."""
    code, _, errors = await ask(QUESTION, "--url", await serve(runtime), "--crash", point)

    (failure,) = runtime.failures(user_id="ada")
    told = [line for line in errors.splitlines() if line.startswith("!")]
    assert 0 == code
    assert told[0].startswith(f"! connection_lost: {why}")
    assert told[0].endswith("; trying again")
    # Which comes first depends on whether the client was back before the session was.
    assert [
        "! resumed: connected again; it goes on where it stopped",
        "! session_restarting: the session crashed and was restarted; what it had to say was kept"
        f" (failure {failure['id']})",
    ] == sorted(told[1:])


async def test_a_session_that_is_parked_ends_with_exit_4() -> None:
    """It is not waited for: nothing of this answer can come any more."""
    faults = Faults()

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run("clumsy") as run:
            await run.text("Well, ")
            faults.arm("before_step", session.id, times=20)
            while True:
                await run.text("er ")
                await asyncio.sleep(0.05)

    async with stentor.Runtime(on_message=agent, faults=faults) as runtime:
        code, _, errors = await ask("anything", "--url", await serve(runtime))

    assert 4 == code
    assert (
        "stentor: actor_parked: the session is parked, after crashes or by its operator; this answer will not be ended"
        in errors
    )


@pytest.mark.parametrize("how", [[], ["--json"]])
async def test_a_full_disk_is_one_line_and_exit_5(runtime: stentor.Runtime, how: list[str]) -> None:
    """It is not the agent that failed."""
    url = await serve(runtime)
    full = os.open("/dev/full", os.O_WRONLY)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stentor", "ask", "What is 6 * 7?", "--url", url, *how),
        stdout=full,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(full)
    _, errors = await process.communicate()

    assert 5 == process.returncode
    assert "stentor: the output can not be written: No space left on device" == errors.decode().splitlines()[-1]
    assert "Traceback" not in errors.decode()


async def test_a_reader_that_goes_ends_the_command_without_a_word(runtime: stentor.Runtime) -> None:
    """As `| head` does: exit 5, and nothing about it on standard error."""
    reads, writes = os.pipe()
    url = await serve(runtime)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stentor", "ask", QUESTION, "--url", url),
        stdout=writes,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(writes)
    os.close(reads)
    _, errors = await process.communicate()

    assert 5 == process.returncode
    assert "stentor:" not in errors.decode()
