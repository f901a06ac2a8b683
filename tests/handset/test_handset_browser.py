"""The phone in a real browser: what people see first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from handset.stage import LIN, OFFER, OFFER_TEXT, Stage
from playwright.async_api import Page, expect
from support.browser import PHONE, Open

from bot.messages import Inbound, Receipt, Status, Tap
from bot.pages import _close_streams

pytestmark = pytest.mark.browser

NASTY = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


def carousel() -> dict[str, Any]:
    cards = [{"title": f"第{n}件", "description": "寄售至 11月30日"} for n in range(1, 5)]
    chip = {"reply": {"text": "都不延期", "postbackData": "ask:t2.1:none"}}
    return {
        "richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": cards}},
        "suggestions": [chip],
    }


async def test_a_card_is_delivered_read_and_answered(stage: Stage, open_page: Open) -> None:
    """A card on the screen is reported delivered and read; a tap reaches the bot and shows as the person's words."""
    page = await open_page(f"{stage.url}/handset")
    await stage.send(OFFER)
    card = page.locator(".card")
    await expect(card.get_by_role("heading")).to_have_text("有人出价 ¥15,200")
    statuses = [await stage.bot.next(), await stage.bot.next()]
    assert [one.status for one in statuses if isinstance(one, Receipt)] == [Status.DELIVERED, Status.READ]
    await card.get_by_role("button", name="接受").click()
    tapped = await stage.bot.next()
    assert isinstance(tapped, Inbound)
    assert tapped.tap == Tap("t1.1", "affirm")
    await expect(page.locator(".own .bubble")).to_have_text("接受")
    await expect(page.locator(".own .tick.taken")).to_be_visible()


async def test_what_the_bot_does_is_seen(stage: Stage, open_page: Open) -> None:
    """Dots while the bot types, until it has said something; another tick once it has read."""
    page = await open_page(f"{stage.url}/handset")
    await page.fill("#text", "在吗")
    await page.keyboard.press("Enter")
    await expect(page.locator(".tick.taken")).to_be_visible()
    await expect(page.locator("#typing")).to_be_hidden()
    said = await stage.bot.next()
    while not isinstance(said, Inbound):  # she was typing
        said = await stage.bot.next()
    await stage.carrier.tell(stage.providers, LIN, "READ", said.id)
    await expect(page.get_by_role("img", name="已读")).to_be_visible()
    await stage.carrier.tell(stage.providers, LIN, "IS_TYPING")
    await expect(page.locator("#typing")).to_be_visible()
    await stage.send(text="在的")
    await expect(page.locator("#typing")).to_be_hidden()


async def test_words_are_written_and_suggested(stage: Stage, open_page: Open) -> None:
    """A suggestion fills the box; Enter sends it; the box is empty again."""
    page = await open_page(f"{stage.url}/handset")
    await page.get_by_role("button", name="一万六").click()
    await expect(page.locator("#text")).to_have_value("一万六")
    await page.keyboard.press("Enter")
    said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert (said.number, said.text) == (LIN, "一万六")
    await expect(page.locator(".own .bubble")).to_have_text("一万六")
    await expect(page.locator("#text")).to_have_value("")


async def test_the_switch_turns_the_card_into_a_text(stage: Stage, open_page: Open) -> None:
    """RCS off shows the same question as a text, on the same page, and on again brings the card back."""
    await stage.send(OFFER)
    page = await open_page(f"{stage.url}/handset")
    await expect(page.locator(".card")).to_be_visible()
    await page.get_by_text("RCS 富媒体消息").click()
    await expect(page.locator(".in .bubble")).to_have_text(OFFER_TEXT)
    await expect(page.locator(".card")).to_have_count(0)
    await expect(page.locator("#text")).to_have_attribute("placeholder", "短信")
    await page.get_by_text("RCS 富媒体消息").click()
    await expect(page.locator(".card")).to_be_visible()


async def test_a_carousel_swipes_and_chips_answer(stage: Stage, open_page: Open) -> None:
    """Cards beyond the edge are reached by turning; a chip under it can be tapped and goes with the next message."""
    await stage.send(carousel())
    page = await open_page(f"{stage.url}/handset")
    cards = page.locator(".track .card")
    await expect(cards.nth(3)).not_to_be_in_viewport()
    for n in (1, 2, 3):
        await page.locator(".turn.next").click()
        await expect(cards.nth(n)).to_be_in_viewport(ratio=0.99)
    await page.get_by_role("button", name="都不延期").click()
    await expect(page.locator(".own .bubble")).to_have_text("都不延期")
    await expect(page.get_by_role("button", name="都不延期")).to_be_hidden()


async def test_what_others_wrote_is_printed_not_run(stage: Stage, open_page: Open) -> None:
    """Markup in words, titles and labels is shown as text, drawn by the server and drawn live."""
    rich = {"text": NASTY, "suggestions": [{"reply": {"text": "<b>好</b>", "postbackData": '"><i x="'}}]}
    await stage.send(text=NASTY)
    page = await open_page(f"{stage.url}/handset")
    await stage.send(rich)
    await expect(page.locator(".in .bubble")).to_have_text([NASTY, NASTY])
    await page.get_by_role("button", name="<b>好</b>").click()
    await expect(page.locator(".own .bubble")).to_have_text("<b>好</b>")
    await page.fill("#text", NASTY)
    await page.keyboard.press("Enter")
    await expect(page.locator(".own .bubble")).to_have_text(["<b>好</b>", NASTY])
    assert await page.title() == "叮咚 · 手机"


async def test_a_narrow_window_is_the_phone(stage: Stage, open_page: Open) -> None:
    """At 390 px the phone fills the window, nothing overflows sideways, and the settings are a sheet."""
    await stage.send(OFFER)
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    await expect(page.locator(".card")).to_be_visible()
    box = await page.locator(".device").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *PHONE)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    await expect(page.locator("#panel")).to_be_hidden()
    await page.locator("#menu").click()
    await expect(page.locator("#panel")).to_be_visible()
    await page.get_by_role("button", name="TD").click()
    await expect(page.locator("#panel")).to_be_hidden()
    await expect(page.locator("#text")).to_have_value("TD")


async def test_dark_follows_the_system_and_the_switch(stage: Stage, open_page: Open) -> None:
    """The screen is dark where the system is, and as the person says where she says so, also after a reload."""
    page = await open_page(f"{stage.url}/handset", scheme="dark")
    dark = await _background(page)
    await page.get_by_text("浅色").click()
    assert await _background(page) != dark
    await page.reload()
    assert await _background(page) != dark
    await page.get_by_text("自动").click()
    assert await _background(page) == dark


async def test_the_page_comes_back_by_itself(stage: Stage, open_page: Open) -> None:
    """A message that came while the connection was broken is there once it is back; what was there stays."""
    await stage.send(text="之前来的")
    page = await open_page(f"{stage.url}/handset")
    await stage.bot.next()  # delivered: the stream is open
    await _close_streams(stage.app)
    await expect(page.locator("#offline")).to_be_visible()
    await stage.send(text="断线时来的")
    await expect(page.locator(".in .bubble")).to_have_text(["之前来的", "断线时来的"], timeout=20_000)
    await expect(page.locator("#offline")).to_be_hidden()


async def test_two_pages_show_the_same_phone(stage: Stage, open_page: Open) -> None:
    """What is done on one page is seen on the other."""
    first, second = await asyncio.gather(*(open_page(f"{stage.url}/handset") for _ in range(2)))
    await first.fill("#text", "在吗")
    await first.keyboard.press("Enter")
    await expect(second.locator(".own .bubble")).to_have_text("在吗")


async def _background(page: Page) -> str:
    color: str = await page.locator(".screen").evaluate("one => getComputedStyle(one).backgroundColor")
    return color
