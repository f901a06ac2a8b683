"""A newcomer's first minutes in a real browser: the phone, the shop and the console of `bot run`."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.running import run
from playwright.async_api import expect
from support.browser import Open

pytestmark = pytest.mark.browser


async def test_an_offer_is_answered_on_the_phone_and_followed_on_the_console(data: Path, open_page: Open) -> None:
    """Card, tap, result; the deal on the shop's page; every step with its reason on the console, live; then by SMS."""
    expect.set_options(timeout=30_000)  # a machine under load
    async with run(data) as started:
        staff = await open_page(started.address("the console"))
        await staff.get_by_label("密码").fill(started.password)
        await staff.keyboard.press("Enter")
        await expect(staff.get_by_role("heading", name="会话")).to_be_visible()

        phone = await open_page(started.address("the phone"))
        await expect(phone.locator(".card").get_by_role("heading")).to_have_text("有人出价 ¥15,200")
        await staff.locator("#list a").click()
        await expect(staff.locator(".card strong")).to_have_text("有人出价 ¥15,200")
        await phone.locator(".card").get_by_role("button", name="接受").click()
        await expect(phone.locator(".own .bubble")).to_have_text("接受")
        await expect(phone.locator(".in").last).to_contain_text("成交")

        await expect(staff.locator(".person .bubble")).to_have_text(["接受"])
        await expect(staff.locator("#steps")).to_contain_text("成交")
        await expect(staff.locator("#steps")).to_contain_text("offer.accepted")
        shop = await open_page(started.address("the platform"))
        await expect(shop.locator("body")).to_contain_text("成交")

        await phone.get_by_text("RCS 富媒体消息").click()
        await shop.goto(started.address("the platform"))
        await shop.request.post(
            started.address("the platform") + "do/make_offer", form={"code": "4102", "price": "9000"}
        )
        await expect(phone.locator(".in .bubble").last).to_contain_text("回复1接受")
        await phone.fill("#text", "不卖")
        await phone.keyboard.press("Enter")
        await expect(staff.locator(".person .bubble")).to_have_text(["接受", "不卖"])
        await expect(staff.locator("#steps")).to_contain_text("offer.declined")
        reading = staff.locator(".turn.said .because").last
        await expect(reading).to_contain_text("整句是拒绝")
        for open_one in (staff, phone, shop):  # before what they listen to ends
            await open_one.close()
