"""What the shop tells the bot, and what it believes of what the bot tells it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from demo.shop_stage import CONTACT, SECRET_BYTES, Bot, outcome, running, signed

from bot.demo.config import SELLERS
from flows.library import SHIPPED, load_library


async def test_a_new_shop_makes_an_offer_at_once(bot: tuple[Bot, str]) -> None:
    """The newcomer's first event is an offer on the watch, complete and addressed by number."""
    listening, url = bot
    async with running(url):
        event = await listening.next()
    assert (event["specversion"], event["type"]) == ("1.0", "offer.made")
    data = event["data"]
    assert (data["to"], data["price"], data["revision"]) == (SELLERS[0][0], "15200", 1)
    assert data["item"]["photo"] == "http://shop.example.com/static/watch.svg"


async def test_every_event_is_one_a_flow_takes(bot: tuple[Bot, str]) -> None:
    """Each button's event has a type and data that the shipped flows accept."""
    listening, url = bot
    library = load_library(SHIPPED, lambda *_: ())
    async with running(url) as shop:
        events = [await listening.next()]
        for button, fields in (
            ("change_offer", {"offer": "O-104", "price": "14900"}),
            ("withdraw_offer", {"offer": "O-104"}),
            ("expire", {"code": "3287"}),
            ("propose", {"code": "3287", "price": "15900"}),
            ("sell", {"code": "3287"}),
            ("list", {"code": "3287"}),
            ("make_offer", {"code": "3287", "price": "15000"}),
        ):
            await shop.press(button, 204, **fields)
            events.append(await listening.next())
    for event in events:
        data = {name: value for name, value in event["data"].items() if name not in ("to", "revision")}
        library.check_event(event["type"], data)
    assert len({event["id"] for event in events}) == len(events)
    revisions = [one["data"]["revision"] for one in events if one["data"].get("listing_id") == "L-101"]
    assert revisions == sorted(set(revisions))


async def test_events_arrive_in_order_though_the_bot_stumbles(bot: tuple[Bot, str]) -> None:
    """A 5xx is repeated and nothing overtakes it."""
    listening, url = bot
    listening.refusals = [(503, ""), (500, "")]
    async with running(url) as shop:
        await shop.press("expire", code="2250")
        assert [(await listening.next())["type"] for _ in range(2)] == ["offer.made", "listing.expiring"]


async def test_a_refused_event_is_shown_and_let_go(bot: tuple[Bot, str]) -> None:
    """A 4xx is final: the page says why, and the next event goes."""
    listening, url = bot
    listening.refusals = [(422, "data.price is missing")]
    async with running(url) as shop:
        await shop.press("expire", code="2250")
        assert (await listening.next())["type"] == "listing.expiring"
        assert "422 data.price is missing" in await shop.page()


async def test_what_waits_is_sent_after_a_restart(bot: tuple[Bot, str], tmp_path: Path) -> None:
    """An event the bot could not take before the shop stopped goes out when it starts again."""
    listening, url = bot
    async with running(file=tmp_path / "shop.json"):
        pass
    async with running(url, file=tmp_path / "shop.json"):
        assert (await listening.next())["type"] == "offer.made"


async def test_a_signed_outcome_is_taken_once() -> None:
    """The bot's outcome is shown; a repeat of its id counts up and is no second one."""
    body = outcome(offer_id="O-104", contact=CONTACT)
    async with running() as shop:
        assert await shop.outcome(body, signed(body)) == 204
        assert await shop.outcome(body, signed(body)) == 204
        page = await shop.page()
    assert '<dd id="stat_outcomes">1</dd>' in page
    assert "重复 1 次" in page


Forge = Callable[[bytes], dict[str, str]]
FORGERIES: dict[str, Forge] = {
    "unsigned": lambda _: {},
    "another key": lambda body: signed(body, key=b"x" * 32),
    "another body": lambda body: signed(body + b" "),
    "another id": lambda body: signed(body) | {"webhook-id": "out-2"},
    "too old": lambda body: signed(body, at=time.time() - 301),
    "from the future": lambda body: signed(body, at=time.time() + 301),
    "no version": lambda body: signed(body) | {"webhook-signature": signed(body)["webhook-signature"][3:]},
    "not a time": lambda body: signed(body) | {"webhook-timestamp": "now"},
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
async def test_a_forged_outcome_is_turned_away(forge: Forge) -> None:
    """Nothing of it is believed or shown but that it came."""
    body = outcome(offer_id="O-104")
    async with running() as shop:
        assert await shop.outcome(body, forge(body)) == 401
        page = await shop.page()
    assert '<dd id="stat_outcomes">0</dd>' in page
    assert "拒收 1 条" in page
    assert "offer.accepted" not in page


async def test_a_rotated_secret_may_sign_beside_the_new_one() -> None:
    """One right signature among several is enough."""
    body = outcome()
    headers = signed(body, key=b"old" * 12)
    headers["webhook-signature"] += " " + signed(body, key=SECRET_BYTES)["webhook-signature"]
    async with running() as shop:
        assert await shop.outcome(body, headers) == 204


async def test_a_signed_body_that_is_no_outcome_is_refused() -> None:
    """400 for what the bot itself garbled."""
    async with running() as shop:
        assert await shop.outcome(b"[]", signed(b"[]")) == 400


async def test_an_item_that_is_sold_cannot_be_sold_again() -> None:
    """A button whose time is over says so and changes nothing."""
    async with running() as shop:
        await shop.press("sell", code="4102")
        for button in ("sell", "make_offer", "expire", "propose"):
            assert "做不了" in await shop.press(button, 409, code="4102", price="100")
        assert "做不了" in await shop.press("list", 409, code="3287")
        assert "做不了" in await shop.press("no_such_button", 409)
        assert "价格" in await shop.press("make_offer", 422, code="3287", price="免费")


async def test_another_sites_page_presses_no_button() -> None:
    """A POST from a foreign page is refused."""
    headers = {"Origin": "https://evil.example.com"}
    async with (
        running() as shop,
        shop.http.post(f"{shop.url}/do/sell", data={"code": "3287"}, headers=headers) as answer,
    ):
        assert answer.status == 403
