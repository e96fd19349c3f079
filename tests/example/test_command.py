"""The example host's command line: what cannot be served is one clear line and a non-zero exit."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]


async def start(*arguments: str) -> asyncio.subprocess.Process:
    """Start the host as its users do."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "examples.agent_host",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def refusal(*arguments: str) -> tuple[int | None, str]:
    """Return the exit code and what was written to standard error."""
    process = await start(*arguments)
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["--docs", "/no/such/folder"], 1, "agent_host: there is no folder '/no/such/folder'\n"),
        (["--port", "70000"], 2, "'70000' is no port; a port is a number from 0 to 65535; --help shows the options\n"),
        (["--port", "http"], 2, "'http' is no port; a port is a number from 0 to 65535; --help shows the options\n"),
        (["--pace", "quick"], 2, "'quick' is no pace; a pace is a number of seconds from 0 to 10; --help shows"),
        (["--docs", ""], 2, "agent_host: argument --docs: it is empty; name the folder of documents; --help shows"),
        (["--colour"], 2, "agent_host: unrecognized arguments: --colour; --help shows the options\n"),
        (["--host", "0.0.0.0"], 1, "agent_host: "),
    ],
)
async def test_a_wrong_option_is_one_line(folder: Path, arguments: list[str], code: int, line: str) -> None:
    """No traceback, no page of usage."""
    docs = [] if "--docs" in arguments else ["--docs", str(folder)]

    found, errors = await refusal(*docs, *arguments)

    assert code == found
    assert line in errors
    assert 1 == len(errors.splitlines())


async def test_a_folder_without_text_is_one_line(tmp_path: Path) -> None:
    """It says what would have been read."""
    code, errors = await refusal("--docs", str(tmp_path))

    assert 1 == code
    assert f"agent_host: the folder '{tmp_path}' holds no .markdown, .md, .rst, .text, .txt file\n" == errors


async def test_a_taken_port_is_one_line(folder: Path) -> None:
    """It says which."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, errors = await refusal("--docs", str(folder), "--port", str(port))

    assert 1 == code
    assert errors.startswith(f"agent_host: 127.0.0.1:{port} can not be served: the port is taken; ")
    assert 1 == len(errors.splitlines())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_host_says_where_it_is_and_stops_on_a_signal(folder: Path, number: signal.Signals) -> None:
    """The page and its parts are there; one signal ends the host with 0."""
    process = await start("--docs", str(folder), "--port", "0")
    assert process.stdout is not None
    said = (await process.stdout.readline()).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    assert found, said

    with await asyncio.to_thread(urlopen, found[0] + "/") as page:
        body = page.read().decode()
    with await asyncio.to_thread(urlopen, found[0] + "/stentor.js") as script:
        kind = script.headers["Content-Type"]
    process.send_signal(number)
    out, errors = await process.communicate()

    assert "Crash my session" in body
    assert "drained; everything was acknowledged\n" == out.decode()
    assert "text/javascript; charset=utf-8" == kind
    assert (0, "") == (process.returncode, errors.decode())
