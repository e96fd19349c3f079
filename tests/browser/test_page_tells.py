"""What the example host's page tells the person when something breaks: the truth, and never two things at once."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import stentor
from playwright.async_api import Browser, Page, expect

from .conversation import OpenPage, answer, ask, speaking, unbroken

ROOT = Path(__file__).resolve().parents[2]

StartHost = Callable[[int, str], Awaitable[asyncio.subprocess.Process]]
"""Starts a host of its own process at a port, with a pace; where it answers stands in its first line."""


async def notices(page: Page) -> list[str]:
    """Return what the page tells at the moment, oldest first."""
    return await page.locator(".notice span").all_text_contents()


async def told(page: Page, words: str) -> None:
    """Wait until the page has told *words*."""
    await expect(page.get_by_role("status")).to_contain_text(words)


async def arm(page: Page, point: str) -> None:
    """Let the next answer be broken at *point*."""
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.get_by_label("Crash point").select_option(point)
    await page.get_by_role("button", name="Crash my session").click()


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ("store", "The store did not answer, so the session closed the connection; reconnecting…"),
        ("send", "The connection was lost; reconnecting…"),
    ],
)
async def test_a_crash_that_takes_the_connection_is_told_as_a_crash(
    runtime: stentor.Runtime, open_page: OpenPage, point: str, why: str
) -> None:
    """With the failure's id: a lost connection is not all there was. Which of the two is told first depends on when."""
    page = await open_page("t1")
    await arm(page, point)
    await ask(page)
    await answer(page)

    await told(page, "The session crashed")
    await told(page, "Connected again")

    (failure,) = runtime.failures(user_id="ada")
    crashed = f"The session crashed and was restarted. What it had to say was kept. (failure {failure['id'][-8:]})"
    first, *then = await notices(page)
    assert (why, {"Connected again, resumed where it stopped.", crashed}) == (first, set(then))
    assert 2 == len(then)


async def test_an_armed_crash_is_still_shown_after_a_reload(open_page: OpenPage) -> None:
    """It waits in the host, so the page says so; once it has struck, it does not any more."""
    page = await open_page("t1")
    await arm(page, "inside_step")
    await expect(page.locator("#armed")).to_contain_text("Armed: it strikes inside a step")

    await page.reload()

    await expect(page.locator("#armed")).to_contain_text("Armed: it strikes inside a step")
    await ask(page)
    await answer(page)
    await told(page, "The session crashed and was restarted")
    await expect(page.locator("#armed")).to_contain_text("Pressed before you ask")


async def test_an_armed_crash_goes_with_the_answer_that_was_stopped_before_it(open_page: OpenPage) -> None:
    """It was for the next answer, and that is over: the one after it is left in peace."""
    page = await open_page("t1")
    await arm(page, "inside_step")
    await ask(page)
    await speaking(page)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator(".turn").last).to_have_attribute("data-end", "cancelled")

    await expect(page.locator("#armed")).to_contain_text("Pressed before you ask")
    await ask(page)
    await answer(page)

    assert [] == await notices(page)


async def test_a_session_that_is_parked_takes_no_question_and_says_why(
    browser: Browser, runtime: stentor.Runtime, start_host: StartHost
) -> None:
    """The answer ends, the connection is not called lost, and a reload changes nothing of it."""
    port = await port_of(await start_host(0, "0.4"))
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{port}/")
    await ask(page)
    await speaking(page)
    await page.get_by_label("Crash point").select_option("on_demand")
    crash = page.get_by_role("button", name="Crash my session")
    for _ in range(60):
        if await crash.is_disabled():
            break
        # The page's own click does nothing where the button was disabled a moment ago; Playwright's would wait for it.
        await crash.evaluate("button => button.click()")
        await asyncio.sleep(0.3)

    await expect(page.locator(".turn").last).to_have_attribute("data-end", "failed")
    for _ in range(2):
        await told(page, "The session is parked, after crashes or by its operator.")
        assert not [words for words in await notices(page) if "lost" in words]
        await expect(page.locator("#state-text")).to_have_text("parked")
        await page.get_by_label("Your question").fill("What is 6 * 7?")
        await expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
        await page.get_by_label("Your question").press("Enter")
        await expect(page.locator("#mute")).to_have_text(
            "The session is parked: nothing can be asked until it is tried again."
        )
        assert 1 == await page.locator(".turn").count()
        assert "The session was parked before this answer ended." == await page.locator(".turn .end").text_content()
        await page.reload()


async def test_both_tabs_say_where_the_answer_is_when_one_takes_over_in_the_middle(open_page: OpenPage) -> None:
    """Together they show every word; the first one stops waiting, the second one does not pretend to have it all."""
    words = await unbroken(open_page)
    first = await open_page("t1")
    await ask(first)
    await speaking(first)

    second = await open_page("t1")
    rest = await answer(second)

    await expect(first.locator(".turn")).to_have_attribute("data-end", "away")
    assert "It goes on in the tab that took over." == await first.locator(".turn .end").text_content()
    note = "The beginning of this answer went to another tab; here is the rest."
    assert note == await second.locator(".turn .note").text_content()
    begun = await first.locator(".answer").text_content() or ""
    assert (words[: len(begun)], words[-len(rest) :]) == (begun, rest)
    assert len(begun) + len(rest) >= len(words)
    assert ["Another tab has taken over this conversation. Reload this page to take it back."] == await notices(first)

    await first.reload()
    assert words == await answer(first)


async def test_a_question_that_was_asked_right_before_a_reload_is_answered_once(open_page: OpenPage) -> None:
    """Whether the host had taken it by then or not."""
    page = await open_page("t1")

    for number in range(3):
        await ask(page, f"What is {number} + 1?")
        await page.reload()
        assert f"{number} + 1 = {number + 1}" == await answer(page)

    assert [f"What is {n} + 1?" for n in range(3)] == await page.locator(".turn h2").all_text_contents()


@pytest.fixture
async def start_host(tmp_path: Path) -> AsyncIterator[StartHost]:
    """Start hosts; they go with the test."""
    hosts: list[asyncio.subprocess.Process] = []

    async def start(port: int, pace: str) -> asyncio.subprocess.Process:
        host = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "examples.agent_host", "--docs", str(tmp_path), "--port", str(port), "--pace", pace),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        hosts.append(host)
        return host

    yield start
    for host in hosts:
        if host.returncode is None:
            host.kill()
        await host.wait()


async def port_of(host: asyncio.subprocess.Process) -> int:
    """Wait until *host* answers; return where."""
    assert host.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", (await host.stdout.readline()).decode())
    assert found
    return int(found[1])


async def test_a_host_that_was_killed_and_started_anew_is_not_called_resumed(
    runtime: stentor.Runtime, browser: Browser, start_host: StartHost
) -> None:
    """What was being answered is gone, also after a reload; the next question is answered."""
    host = await start_host(0, "0.05")
    port = await port_of(host)
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{port}/")
    await ask(page)
    await speaking(page)

    host.kill()
    await told(page, "The connection was lost; reconnecting…")
    await expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    await expect(page.locator("#mute")).to_have_text("There is no connection: a question can be asked when it is back.")
    await port_of(await start_host(port, "0.05"))
    await expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=20_000)

    gone = "The host was started anew; what it had not yet said is gone."
    assert [
        "The connection was lost; reconnecting…",
        gone,
        "Connected again. The conversation begins anew.",
    ] == await notices(page)
    assert gone == await page.locator(".turn .end").text_content()
    await page.reload()
    await expect(page.locator(".turn")).to_have_attribute("data-end", "failed")
    await ask(page, "What is 6 * 7?")
    assert "6 * 7 = 42" == await answer(page)


async def test_a_host_that_goes_down_says_so_in_the_answer_and_beside_it(
    runtime: stentor.Runtime, open_page: OpenPage
) -> None:
    """It is not the Stop button's word."""
    page = await open_page("t1")
    await ask(page)
    await speaking(page)

    await runtime.drain(2)

    await told(page, "The host goes down; the page comes back when it does.")
    assert "Stopped: the host is going down." == await page.locator(".turn .end").text_content()
