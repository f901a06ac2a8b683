"""The shop's page in a real browser."""

from __future__ import annotations

import pytest
from demo.shop_stage import outcome, running, signed
from playwright.async_api import expect
from support.browser import PHONE, Open

pytestmark = pytest.mark.browser


async def test_a_deal_shows_without_a_reload(open_page: Open) -> None:
    """What the bot does is on the page at once: the deal, once, and the signed outcome."""
    async with running() as shop:
        page = await open_page(shop.url)
        watch = page.locator("#item-3287")
        await expect(watch.get_by_text("等待卖家")).to_be_visible()
        await shop.call("offers/O-104/accept", revision=1, price="15200")
        await expect(watch.locator(".badge.made")).to_have_text("已成交")
        await expect(page.locator("#stat_made")).to_have_text("1")
        body = outcome(offer_id="O-104")
        await shop.outcome(body, signed(body))
        await expect(page.locator("#feed").get_by_text("签名有效")).to_be_visible()


async def test_the_buttons_do_what_they_say(open_page: Open) -> None:
    """An offer, its change, a sale and putting on sale again."""
    async with running() as shop:
        page = await open_page(shop.url)
        bag = page.locator("#item-4102")
        await bag.get_by_label("价格（元）").fill("9000")
        await bag.get_by_role("button", name="出价").click()
        await expect(bag.locator(".offers strong")).to_have_text("¥9,000")
        offer = bag.locator(".offers form")
        await offer.get_by_label("价格（元）").fill("8700")
        await offer.get_by_role("button", name="改价").click()
        await expect(bag.get_by_text("第 2 版")).to_be_visible()
        await bag.get_by_role("button", name="售出").click()
        await expect(bag.get_by_text("已撤回")).to_be_visible()
        await bag.get_by_role("button", name="重新上架").click()
        await expect(bag.get_by_role("button", name="售出")).to_be_visible()


async def test_it_fits_a_phone_and_speaks_english(open_page: Open) -> None:
    """At 390 px nothing overflows sideways; an English browser gets English; an item has a page of its own."""
    async with running() as shop:
        page = await open_page(shop.url, size=PHONE, locale="en-GB", scheme="dark")
        await expect(page.get_by_role("heading", name="Shiguang · demo platform")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        await page.locator("#item-2250 .picture").click()
        await expect(page.get_by_role("heading", name="Vista")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
