"""A real browser, and the real example host in the test's own process."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import stentor
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

OpenPage = Callable[[str], Awaitable[Page]]
"""Opens the host's page for a thread, in a window of its own."""


@pytest.fixture
async def browser(needs: Callable[[str], str]) -> AsyncIterator[Browser]:
    """Chromium, as the machine has it."""
    chromium = needs("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[stentor.Runtime]:
    """The example host over a small folder, speaking slowly enough to be broken in the middle of a word."""
    from examples.agent_host.host import build
    from examples.agent_host.options import Options

    (tmp_path / "keeper.md").write_text(STORY, encoding="utf-8")
    (tmp_path / "buoy.md").write_text(
        "The <b>buoy</b> carries <img src=x onerror=alert(1)> a light.\n", encoding="utf-8"
    )
    async with build(Options(docs=tmp_path, host="127.0.0.1", port=0, pace=0.02, crashes=True)) as runtime:
        yield runtime


@pytest.fixture
async def address(runtime: stentor.Runtime) -> str:
    """Where the host answers, as ``127.0.0.1:port``."""
    from examples.agent_host.pages import pages

    server = await runtime.serve("127.0.0.1", 0, pages=pages())
    return f"127.0.0.1:{server.port}"


@pytest.fixture
async def open_page(browser: Browser, address: str) -> AsyncIterator[OpenPage]:
    """Open pages; an error in a page's script fails the test."""
    errors: list[str] = []
    async with AsyncExitStack() as windows:

        async def opened(thread: str) -> Page:
            window = await browser.new_context(viewport={"width": 1280, "height": 800})
            windows.push_async_callback(window.close)
            page = await window.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(f"http://{address}/?user=ada&thread={thread}")
            return page

        yield opened
    assert [] == errors


STORY = """# The keeper

The keeper of the lamp wakes at dusk and climbs one hundred and twelve steps to the lantern room.
There the keeper trims the wick, fills the lamp with oil and winds the clockwork that turns the lens.
When fog comes in from the sea the keeper rings the bell twice a minute until the ships have passed.
At dawn the keeper puts out the lamp, draws the curtains and writes down how much oil was burned.
"""
