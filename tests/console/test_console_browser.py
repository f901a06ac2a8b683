"""The console in a real browser."""

from __future__ import annotations

import pytest
from console.console_stage import PASSWORD, Console, story
from playwright.async_api import Page, expect
from support.browser import DESKTOP, PHONE, Open
from support.entries import ANNE, turn

pytestmark = pytest.mark.browser


async def enter(console: Console, open_page: Open, size: tuple[int, int] = DESKTOP, **how: str) -> Page:
    page = await open_page(f"{console.url}/console", size, **how)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="会话")).to_be_visible()
    return page


async def test_a_conversation_is_followed_live(console: Console, open_page: Open) -> None:
    """Log in, pick a person, and see what is said appear; details that were opened stay open."""
    await console.record(*story())
    page = await enter(console, open_page)
    await page.locator("#list a").click()
    await expect(page.locator(".card strong")).to_have_text("有人出价 ¥15,200")
    details = page.locator("#out-m-1 details")
    await details.locator("summary").click()
    await console.record(turn("in-2", "那算了"), start=100)
    await expect(page.locator(".person .bubble")).to_have_text(["一万六", "那算了"])
    await expect(page.locator("#list .last")).to_contain_text("那算了")
    await expect(details).to_have_attribute("open", "")


async def test_somebody_new_appears_in_the_list(console: Console, open_page: Open) -> None:
    """The list is live before anybody is picked."""
    page = await enter(console, open_page)
    await expect(page.locator("#list .none")).to_be_visible()
    await console.record(turn("in-1", "你好"))
    await expect(page.locator("#list a")).to_contain_text("你好")


async def test_it_fits_a_phone(console: Console, open_page: Open) -> None:
    """At 390 px the list and the conversation are one screen each, and nothing overflows sideways."""
    await console.record(*story())
    page = await enter(console, open_page, PHONE, scheme="dark")
    await page.locator("#list a").click()
    await expect(page.locator("#steps")).to_be_visible()
    await expect(page.locator("#list")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    await page.get_by_label("返回列表").click()
    await expect(page.locator("#list")).to_be_visible()
    assert ANNE[:4] in await page.locator("#list").inner_text()


async def test_logging_out_leaves_the_page(console: Console, open_page: Open) -> None:
    """The button leads to the door."""
    page = await enter(console, open_page)
    await page.get_by_role("button", name="退出").click()
    await expect(page.get_by_label("密码")).to_be_visible()
