"""The API the bot's actions call."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from demo.shop_stage import API_KEY, CONTACT, PLATFORM_KEY, Bot, Shop, running

OFFER = "O-104"
"""The offer a new shop has on the watch, at ¥15,200."""


async def test_a_deal_is_made_once() -> None:
    """The offer the seller saw is accepted; the same key again gets the same answer, another key finds it gone."""
    async with running() as shop:
        first = await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200")
        assert first == (200, {"status": "made", "offer_id": OFFER, "price": "15200"})
        assert await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200") == first
        assert await shop.call(f"offers/{OFFER}/accept", key="call-2", revision=1, price="15200") == (
            409,
            {"status": "gone"},
        )
        assert '<dd id="stat_made">1</dd>' in await shop.page()


async def test_a_changed_price_is_not_accepted() -> None:
    """A yes to what is not the price any more changes nothing and brings the new price and revision."""
    async with running() as shop:
        await shop.press("change_offer", offer=OFFER, price="14900")
        changed = (409, {"status": "changed", "price": "14900", "revision": 2})
        assert await shop.call(f"offers/{OFFER}/accept", key="a", revision=1, price="15200") == changed
        assert await shop.call(f"offers/{OFFER}/accept", key="b", revision=2, price="15200") == changed
        assert await shop.call(f"offers/{OFFER}/decline", key="c", revision=1) == changed
        status, answer = await shop.call(f"offers/{OFFER}/accept", key="d", revision=2, price="14900.00")
        assert (status, answer["status"]) == (200, "made")


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [("decline", {"revision": 1}, "declined"), ("counter", {"revision": 1, "price": "16000"}, "countered")],
)
async def test_an_offer_is_settled_otherwise(verb: str, body: dict[str, Any], status: str) -> None:
    """A no and another price settle the offer, once."""
    async with running() as shop:
        answer = await shop.call(f"offers/{OFFER}/{verb}", **body)
        assert (answer[0], answer[1]["status"]) == (200, status)
        assert await shop.call(f"offers/{OFFER}/{verb}", **body) == answer
        assert await shop.call(f"offers/{OFFER}/accept", key="late", revision=1, price="15200") == (
            409,
            {"status": "gone"},
        )


async def test_what_is_not_there_is_gone() -> None:
    """Unknown offers and listings are gone, like ended ones."""
    async with running() as shop:
        for path in ("offers/O-9/accept", "offers/O-9/decline", "listings/L-9/withdraw", "listings/L-9/extend"):
            answer = await shop.call(path, key=path, revision=1, price="1", days=3)
            assert answer == (409, {"status": "gone"})


async def test_a_key_used_for_something_else_is_refused() -> None:
    """An idempotency key stands for one request; without one nothing is done."""
    async with running() as shop:
        await shop.call(f"offers/{OFFER}/accept", revision=9, price="15200")
        status, _ = await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200")
        assert status == 422
        status, _ = await shop.call(f"offers/{OFFER}/accept", key="", revision=1, price="15200")
        assert status == 400
        assert '<dd id="stat_made">0</dd>' in await shop.page()


async def test_two_calls_at_once_make_one_deal() -> None:
    """Of two keys that accept at the same time one makes the deal."""
    async with running() as shop:
        calls = [shop.call(f"offers/{OFFER}/accept", key=f"k{n}", revision=1, price="15200") for n in range(8)]
        answers = await asyncio.gather(*calls)
        assert sorted(answer["status"] for _, answer in answers) == ["gone"] * 7 + ["made"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"offers/{OFFER}/accept", {"price": "15200"}),
        (f"offers/{OFFER}/accept", {"revision": 1, "price": "-1"}),
        (f"offers/{OFFER}/counter", {"revision": 1, "price": "a lot"}),
        ("listings/L-101/reprice", {}),
        ("listings/L-101/extend", {"until": "some day"}),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(path: str, body: dict[str, Any]) -> None:
    """422 names the field, and the key stays free for a right call."""
    async with running() as shop:
        status, answer = await shop.call(path, **body)
        assert status == 422
        assert answer["text"].split(":")[0] in ("revision", "price", "until")


async def test_a_wrong_key_sees_and_does_nothing() -> None:
    """Every call needs the platform's key."""
    async with running() as shop:
        status, _ = await shop.call(f"offers/{OFFER}/accept", bearer=API_KEY, revision=1, price="15200")
        assert status == 401
        async with shop.http.get(f"{shop.url}/api/listings") as answer:
            assert answer.status == 401


async def test_listings_are_those_of_the_contact(bot: tuple[Bot, str]) -> None:
    """A person's listings are found by the contact id the bot gave; nobody's by another or an empty one."""
    listening, url = bot
    async with running(url) as shop:
        await listening.next()
        await shop.press("expire", code="4102")
        await listening.next()  # events go one by one: the first one's answer has been read
        listings = await shop.listings()
        assert [one["code"] for one in listings] == ["3287", "4102"]
        assert listings[0].keys() == {"id", "code", "category", "name", "photo", "url", "price", "ends_on"}
        assert await shop.listings("") == []
        assert await shop.listings("f" * 32) == []
        assert CONTACT[:8] in await shop.page()


async def test_a_listing_is_extended_by_days_or_until_a_date() -> None:
    """More time is added to the end; backwards and beyond a year are out of range; once per key."""
    async with running() as shop:
        _, first = await shop.call("listings/L-101/extend", days=3)
        assert (await shop.call("listings/L-101/extend", days=3))[1] == first
        assert first["status"] == "extended"
        _, more = await shop.call("listings/L-101/extend", key="b", days=1)
        assert more["ends_on"] > first["ends_on"]
        out_of_range = (409, {"status": "out_of_range"})
        assert await shop.call("listings/L-101/extend", key="c", until=first["ends_on"]) == out_of_range
        assert await shop.call("listings/L-101/extend", key="d", days=10**9) == out_of_range
        assert await shop.call("listings/L-101/extend", key="e", days=0) == out_of_range
        assert await shop.call("listings/L-101/extend", key="f") == out_of_range


async def test_a_listing_is_repriced_and_withdrawn(bot: tuple[Bot, str]) -> None:
    """The price changes; taking the item back ends the listing and tells the bot that its offers are off."""
    listening, url = bot
    async with running(url) as shop:
        await listening.next()
        assert (await shop.call("listings/L-101/reprice", price="15500"))[1]["status"] == "repriced"
        assert "¥15,500" in await shop.page()
        assert (await shop.call("listings/L-101/withdraw", key="b"))[1] == {"status": "withdrawn"}
        event = await listening.next()
        assert (event["type"], event["data"]["offer_id"]) == ("offer.withdrawn", OFFER)
        assert event["data"]["revision"] == 2
        assert await shop.call("listings/L-101/reprice", key="c", price="1") == (409, {"status": "gone"})


async def test_the_shop_is_the_same_after_a_restart(tmp_path: Path) -> None:
    """Deals, ids and answered keys outlive the process."""
    file = tmp_path / "shop.json"
    async with running(file=file) as shop:
        first = await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200")
    async with running(file=file) as shop:
        assert await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200") == first
        assert '<dd id="stat_made">1</dd>' in await shop.page()


async def _accept(shop: Shop) -> tuple[int, dict[str, Any]]:
    return await shop.call(f"offers/{OFFER}/accept", revision=1, price="15200")


async def test_down_does_nothing() -> None:
    """A platform that is down answers 503 and has no effect; back up, the same key goes through."""
    async with running() as shop:
        assert await shop.faults(down=True) == 204
        assert (await _accept(shop))[0] == 503
        await shop.faults()
        assert (await _accept(shop))[1]["status"] == "made"


async def test_a_lost_answer_was_an_effect() -> None:
    """The connection breaks after the deal is made; the repeat with the same key learns of it."""
    async with running() as shop:
        await shop.faults(lose_answers=1)
        with pytest.raises(aiohttp.ClientError):
            await _accept(shop)
        assert '<dd id="stat_made">1</dd>' in await shop.page()
        assert (await _accept(shop))[1]["status"] == "made"


async def test_slow_is_slow_only() -> None:
    """A slow platform answers in the end."""
    async with running() as shop:
        await shop.faults(slow_s=0.05)
        assert (await _accept(shop))[1]["status"] == "made"


async def test_faults_are_for_tests_only() -> None:
    """Without --faults there is no such address; with it, only the platform's key may set them."""
    async with running(faults=False) as shop:
        assert await shop.faults(down=True) == 404
    async with running() as shop, shop.http.post(f"{shop.url}/test/faults", json={"down": True}) as answer:
        assert answer.status == 401


def test_it_does_not_start_without_its_keys() -> None:
    """`python -m bot.demo` says which names to set and ends with 2."""
    done = subprocess.run([sys.executable, "-m", "bot.demo"], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "DEMO_API_KEY, DEMO_PLATFORM_KEY, DEMO_OUTCOME_SECRET" in done.stderr
    assert PLATFORM_KEY not in done.stderr
