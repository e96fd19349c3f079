"""What a person does on the example host's page, and what it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

__all__ = ["QUESTION", "OpenPage", "answer", "ask", "seqs", "speaking", "unbroken"]

OpenPage = Callable[[str], Awaitable[Page]]
QUESTION = "What does the keeper do with the lamp?"


async def ask(page: Page, question: str = QUESTION) -> None:
    """Ask *question* on a page that is connected."""
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.get_by_label("Your question").fill(question)
    await page.get_by_role("button", name="Ask", exact=True).click()


async def speaking(page: Page) -> None:
    """Wait until the answer has begun."""
    await expect(page.locator(".answer").last).to_contain_text("This is what")


async def answer(page: Page) -> str:
    """Wait for the end of the last answer; return its words."""
    await expect(page.locator(".turn").last).to_have_attribute("data-end", "completed", timeout=20_000)
    return await page.locator(".answer").last.text_content() or ""


async def seqs(page: Page) -> list[str]:
    """Return the number of each event that the page has handled."""
    return await page.locator("#log li > span:first-child").all_text_contents()


async def unbroken(open_page: OpenPage) -> str:
    """Return the words of a run that nothing breaks."""
    page = await open_page("calm")
    await ask(page)
    return await answer(page)
