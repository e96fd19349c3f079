"""`stentor ask`: the answer on standard output, and an exit code that says how it ended."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import stentor
from stentor.protocol import AgentCancelled, AgentCompleted, AgentFailed
from stentor.protocol.clients import Client, Delivered

from .asking import QUESTION, ROOT, ask, end, serve, speaking


async def test_an_answer_is_words_on_standard_output(runtime: stentor.Runtime) -> None:
    """Thoughts and tools go to standard error: the answer can be piped."""
    code, out, errors = await ask(QUESTION, "--url", await serve(runtime))

    assert 0 == code
    assert out.startswith(
        "This is what the documents say about “smoke wick”:\n\nSmoke means that the wick is too long."
    )
    assert out.endswith(".\n")
    assert "… Looking for smoke, wick\n" in errors
    assert f"> search query={QUESTION!r}\n< search\n" in errors


@pytest.mark.parametrize("point", ["before_step", "inside_step", "store", "send", "on_demand"])
async def test_a_crash_in_the_middle_changes_no_word(runtime: stentor.Runtime, point: str) -> None:
    """The failure and the restart stand in the record and in the tree."""
    url = await serve(runtime)
    _, words, _ = await ask(QUESTION, "--url", url)

    code, out, errors = await ask(QUESTION, "--url", url, "--thread", "t1", "--crash", point)

    assert (0, words) == (code, out), errors
    assert ["/sessions/ada/t1"] == [failure["actor"]["path"] for failure in runtime.failures(user_id="ada")]
    assert re.search(r"ada/t1 +session +running +2 ", str(runtime.tree()))


async def test_json_has_every_event_of_the_run(runtime: stentor.Runtime) -> None:
    """One object a line, from the beginning of the run to its end, numbered."""
    code, out, errors = await ask("What is 6 * 7?", "--url", await serve(runtime), "--json")

    events = [json.loads(line) for line in out.splitlines()]
    assert (0, "") == (code, errors)
    assert list(range(1, len(events) + 1)) == [event["seq"] for event in events]
    assert ("agent_started", "agent_completed") == (events[0]["type"], events[-1]["type"])
    assert "6 * 7 = 42" == "".join(event["data"]["delta"] for event in events if event["type"] == "text")


async def test_no_host_is_one_line_and_exit_3() -> None:
    """It says where it looked."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{unused.getsockname()[1]}"

        code, out, errors = await ask("anything", "--url", url)

    assert (3, "") == (code, out)
    assert errors.startswith(f"stentor: no_host: {url} does not answer: ")
    assert 1 == len(errors.splitlines())


async def test_an_agent_that_fails_is_its_typed_failure_and_exit_1() -> None:
    """Code, message and the id under which the host has recorded it."""

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        async with session.run("clumsy") as run:
            await run.text("Well, ")
            raise ValueError("the secret is 42")

    async with stentor.Runtime(on_message=agent) as runtime:
        code, out, errors = await ask("anything", "--url", await serve(runtime))
        failures = list(runtime.failures())

    assert (1, "Well, \n") == (code, out)
    assert f"stentor: exception.value_error: the agent failed (ValueError) (failure {failures[0]['id']})\n" == errors


async def test_a_token_that_is_not_known_ends_with_exit_4() -> None:
    """The host's refusal is named."""

    async def agent(session: stentor.Session, message: stentor.Message) -> None:
        raise AssertionError("nobody may get here")

    def nobody(token: str | None) -> stentor.Identity:
        raise stentor.Unauthenticated("no such token")

    async with stentor.Runtime(on_message=agent, authenticate=nobody) as runtime:
        code, out, errors = await ask("anything", "--url", await serve(runtime), "--token", "wrong")

    assert (4, "") == (code, out)
    assert "stentor: unauthenticated: " in errors


async def test_ctrl_c_stops_the_agent_too(runtime: stentor.Runtime) -> None:
    """The host is told, and the command ends with 130."""
    url = await serve(runtime)
    process = await speaking(QUESTION, "--url", url, "--thread", "t1")

    process.send_signal(signal.SIGINT)
    code, _, errors = await end(process)

    assert 130 == code, errors
    async with Client(url, session="ada/t1") as client:
        last = [delivered.event async for delivered in until_the_end(client)][-1]
    assert isinstance(last, AgentCancelled)


async def until_the_end(client: Client) -> AsyncIterator[Delivered]:
    """Give what comes, up to the end of a run."""
    async for delivered in client:
        yield delivered
        if isinstance(delivered.event, AgentCompleted | AgentCancelled | AgentFailed):
            return


async def test_a_conversation_that_is_taken_over_ends_with_exit_4(runtime: stentor.Runtime) -> None:
    """Another client in the same conversation gets the rest; this one says so."""
    url = await serve(runtime)
    process = await speaking(QUESTION, "--url", url, "--thread", "t1")

    async with Client(url, session="ada/t1") as other:
        code, _, errors = await end(process)
        rest = [delivered.event async for delivered in until_the_end(other)]

    assert 4 == code
    assert "stentor: taken_over: " in errors
    assert isinstance(rest[-1], AgentCompleted)


async def test_a_host_that_goes_down_says_how_the_answer_ended(runtime: stentor.Runtime) -> None:
    """A drain ends the run in good order, and the command with it."""
    process = await speaking(QUESTION, "--url", await serve(runtime))

    await runtime.drain(0)
    code, _, errors = await end(process)

    assert 1 == code
    assert "stentor: cancelled: the host is going down\n" in errors


async def test_a_host_that_is_killed_ends_with_exit_3(folder: Path) -> None:
    """It is waited for as long as the patience lasts, and no longer."""
    host = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "agent_host"),
        *("--docs", str(folder), "--port", "0", "--pace", "0.1"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert host.stdout is not None
    found = re.search(r"http(://127\.0\.0\.1:\d+)", (await host.stdout.readline()).decode())
    assert found
    process = await speaking(QUESTION, "--url", f"ws{found[1]}", "--patience", "0.1")

    host.kill()
    code, _, errors = await end(process)
    await host.communicate()

    assert 3 == code
    assert f"stentor: connection_lost: ws{found[1]} does not answer: " in errors


async def test_the_address_of_the_page_will_do(runtime: stentor.Runtime) -> None:
    """It is the one that the host prints."""
    code, out, _ = await ask("What is 6 * 7?", "--url", (await serve(runtime)).replace("ws://", "http://"))

    assert (0, "6 * 7 = 42\n") == (code, out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["   "], "the question is empty"),
        (["hello", "--crash", "everywhere"], "'everywhere' is not one of"),
        (["hello", "--url", "ftp://localhost"], "is no WebSocket address"),
        (
            ["hello", "--url", "ws://127.0.0.1:99999"],
            "'ws://127.0.0.1:99999' is no WebSocket address: Port out of range",
        ),
        (["hello", "--url", "ws://[::1"], "'ws://[::1' is no WebSocket address: Invalid IPv6 URL"),
        (["hello", "--url", f"ws://{'a' * 70}.org"], "is no WebSocket address"),
        (["hello", "--patience", "-1"], "-1"),
        (
            ["hello", "--user", "", "--thread", "t1"],
            "--user '' and --thread 't1' name no conversation: it needs a user_id",
        ),
        (["hello", "--thread", ""], "--user 'ada' and --thread '' name no conversation: it needs a thread_id"),
        (["hello", "--user", "x" * 300], "name no conversation: it needs a user_id of at most 256 characters"),
        (["crash " * 11_000], "the question can not be put: a message of 66054 bytes; 65536 are allowed"),
        (["\udcff"], "the question can not be put"),
        (["hello", "--token", "\udcff"], "the token is not UTF-8"),
        ([], "Missing argument 'QUESTION'"),
    ],
)
async def test_a_wrong_command_is_one_line_and_exit_2(arguments: list[str], words: str) -> None:
    """It says what is wrong with it."""
    code, out, errors = await ask(*arguments)

    assert (2, "") == (code, out)
    assert words in errors
    assert 1 == len(errors.splitlines())


async def test_the_version_is_the_packages() -> None:
    """`stentor --version` names it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "stentor", "--version", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()

    assert f"stentor, version {stentor.__version__}\n" == out.decode()
