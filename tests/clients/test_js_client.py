"""The JavaScript client's own tests, run by Node, one by one."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from pathlib import Path

import pytest
from stentor.protocol.clients.js import module_path, read_module

HERE = Path(__file__).parent / "js"
TITLES = re.findall(r"^test\('([^']+)'", (HERE / "client.test.mjs").read_text("utf-8"), re.M)


@pytest.fixture(scope="module")
def outcomes(node) -> dict[str, str]:
    """Title → what Node reports for it, of one run of all."""
    done = node("--test", "--test-reporter=tap", HERE / "client.test.mjs")
    blocks = re.split(r"^(?=(?:not )?ok \d+ - )", done.stdout, flags=re.M)[1:]
    return {re.match(r"(?:not )?ok \d+ - (.*)", block)[1].strip(): block for block in blocks}


@pytest.mark.parametrize("title", TITLES)
def test_the_javascript_client(title: str, outcomes: dict[str, str]) -> None:
    """Each of its tests passes under Node."""
    assert outcomes[title].startswith("ok"), outcomes[title]


def test_the_module_is_at_most_8_kb_compressed_and_imports_nothing() -> None:
    """It is one module without dependencies, small enough for any page."""
    source = read_module()

    assert len(gzip.compress(source, 9)) <= 8 * 1024
    assert re.findall(rb"^\s*import\b|\bimport\(|\brequire\(", source, re.M) == []


def test_the_folder_is_an_npm_package() -> None:
    """Every file that the package names is there, with its types."""
    folder = module_path().parent
    package = json.loads((folder / "package.json").read_text("utf-8"))

    assert (package["name"], package["type"]) == ("stentor-client", "module")
    assert all((folder / name).is_file() for name in [package["main"], package["types"], *package["files"]])


def test_the_types_name_everything_that_the_module_exports(node) -> None:
    """An export without a type would be unusable from TypeScript."""
    done = node("-e", "import(process.env.STENTOR_JS).then(m => console.log(Object.keys(m).join(' ')))")
    types = module_path().with_name("stentor.d.ts").read_text("utf-8")
    declared = set(re.findall(r"export declare (?:const|class|function) (\w+)", types))

    assert set(done.stdout.split()) == declared


async def test_the_javascript_client_resumes_over_a_real_socket(node, serving, event) -> None:
    """Node's own WebSocket, a cut in the middle, an async handler, and every event once."""
    acks: list[int] = []

    async def first(peer) -> None:
        await peer.welcome(head=2)
        assert {"text": "hello"} == (await peer.take_until("say"))["data"]
        await peer.give(event(1), event(2))
        acks.append((await peer.take_until("ack"))["seq"])
        peer.cut()

    async def second(peer) -> None:
        hello = await peer.welcome(base=2, head=3)
        assert {"epoch": "A", "seq": 2} == hello["resume"]
        await peer.give({"t": "said", "cid": (await peer.take_until("say"))["cid"]})
        await peer.give(event(2), event(3, "agent_completed"))
        acks.append((await peer.take_until("ack"))["seq"])
        await peer.take_until("bye")

    url = await serving(first, second)
    done = await asyncio.to_thread(node, "--experimental-websocket", HERE / "real.mjs", url)
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert [
        ["event", 1, "w1"],
        ["event", 2, "w2"],
        ["said"],
        ["event", 3, "agent_completed"],
        ["ended", "closed", 3],
    ] == lines
    assert [2, 3] == acks
