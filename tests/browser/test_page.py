"""The example host's page in Chromium: whatever breaks, the answer ends with the words of a run that nothing broke."""

from __future__ import annotations

import re

import pytest
import stentor
from playwright.async_api import expect

from .conversation import QUESTION, OpenPage, answer, ask, seqs, speaking, unbroken

FAULTS = ["before_step", "inside_step", "store", "send"]


@pytest.mark.parametrize("point", FAULTS)
async def test_a_crash_in_the_middle_of_an_answer_changes_no_word(
    runtime: stentor.Runtime, open_page: OpenPage, point: str
) -> None:
    """Every event comes once and in order; the failure stands in the record, the restart in the tree."""
    words = await unbroken(open_page)
    page = await open_page("t1")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.get_by_label("Crash point").select_option(point)
    await page.get_by_role("button", name="Crash my session").click()
    await expect(page.locator("#armed")).to_contain_text("Armed")

    await ask(page)

    assert words == await answer(page)
    came = await seqs(page)
    assert [str(n) for n in range(1, len(came) + 1)] == came
    failures = list(runtime.failures(user_id="ada"))
    assert ["/sessions/ada/t1"] == [failure["actor"]["path"] for failure in failures]
    assert "restart" == failures[0]["supervision"]["decision"]
    assert re.search(r"ada/t1 +session +running +2 ", str(runtime.tree()))


async def test_a_session_that_is_ended_on_demand_goes_on_where_it_was(
    runtime: stentor.Runtime, open_page: OpenPage
) -> None:
    """The button ends the session's actor while the answer is being spoken."""
    words = await unbroken(open_page)
    page = await open_page("t1")
    await page.get_by_label("Crash point").select_option("on_demand")
    await ask(page)
    await speaking(page)

    await page.get_by_role("button", name="Crash my session").click()

    assert words == await answer(page)
    came = await seqs(page)
    assert [str(n) for n in range(1, len(came) + 1)] == came
    assert ["/sessions/ada/t1"] == [failure["actor"]["path"] for failure in runtime.failures(user_id="ada")]
    assert re.search(r"ada/t1 +session +running +2 ", str(runtime.tree()))


async def test_a_crash_is_told_to_the_person(open_page: OpenPage) -> None:
    """The notice says that the session restarts, and where a screen reader finds it."""
    page = await open_page("t1")
    await ask(page)
    await speaking(page)

    await page.get_by_role("button", name="Crash my session").click()

    await expect(page.get_by_role("status")).to_contain_text("The session crashed and was restarted")
    await answer(page)


async def test_a_cut_connection_resumes_by_itself(open_page: OpenPage) -> None:
    """Nobody presses anything; nothing is lost and nothing doubled."""
    words = await unbroken(open_page)
    page = await open_page("t1")
    await ask(page)
    await speaking(page)

    await page.get_by_role("button", name="Cut my connection").click()

    await expect(page.get_by_role("status")).to_contain_text("The connection was lost")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    assert words == await answer(page)
    await expect(page.get_by_role("status")).to_contain_text("Connected again")


async def test_a_second_tab_takes_over_and_the_first_says_so(open_page: OpenPage) -> None:
    """The newest tab has the conversation; the old one stops and tells why."""
    first = await open_page("t1")
    await expect(first.locator("#state")).to_have_attribute("data-state", "live")

    second = await open_page("t1")

    await expect(first.locator("#state")).to_have_attribute("data-state", "ended")
    await expect(first.get_by_role("status")).to_contain_text("Another tab has taken over")
    await expect(first.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    await ask(second)
    assert (await answer(second)).startswith("This is what")


async def test_stop_ends_the_answer(open_page: OpenPage) -> None:
    """What was said stays; nothing more comes, and the next question can be asked."""
    page = await open_page("t1")
    await ask(page)
    await speaking(page)

    await page.get_by_role("button", name="Stop").click()

    await expect(page.locator(".turn").last).to_have_attribute("data-end", "cancelled")
    await ask(page, "What is 6 * 7?")
    assert "6 * 7 = 42" == await answer(page)


async def test_a_reload_keeps_the_conversation(open_page: OpenPage) -> None:
    """In the middle of an answer: it goes on after the word it had reached."""
    words = await unbroken(open_page)
    page = await open_page("t1")
    await ask(page)
    await speaking(page)

    await page.reload()

    assert words == await answer(page)
    assert QUESTION == await page.locator(".turn h2").last.text_content()
    came = await seqs(page)
    assert [str(n) for n in range(1, len(came) + 1)] == came


async def test_what_comes_is_text_and_never_markup(open_page: OpenPage) -> None:
    """A question and a document that look like markup are shown as they were written."""
    page = await open_page("t1")

    await ask(page, "What does the <i>buoy</i> carry?")

    assert "The <b>buoy</b> carries <img src=x onerror=alert(1)> a light. (buoy.md:1)" in await answer(page)
    assert "What does the <i>buoy</i> carry?" == await page.locator(".turn h2").text_content()
    assert 0 == await page.locator(".turn img, .turn h2 i, .answer b").count()
