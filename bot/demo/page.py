"""The shop's own page: what is on sale, what was offered, and what went back and forth with the bot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup

from bot.demo.model import ZONE, Item, Listing, Offer, Received, Sent, now
from bot.demo.shop import Shop
from bot.demo.words import WORDS
from bot.pages import HEARTBEAT_S, Face, Language, Live, language_of, same_origin, setup_live, stream

OFFERS_SHOWN: Final = 3
"""Offers under one item, the newest."""
HIGHEST: Final = Decimal("99999999.99")


class Page:
    """Serves / and keeps it live."""

    def __init__(self, shop: Shop, links: Sequence[tuple[str, str]]) -> None:
        self._shop = shop
        self._links = links
        self._open: set[asyncio.Event] = set()
        self._face = Face(Path(__file__).parent, "", WORDS)
        self._face.filter("yuan", yuan)
        self._face.filter("clock", lambda at: at.astimezone(ZONE).strftime("%H:%M:%S"))
        self._face.filter("day", _day)
        self._face.filter("json", lambda data: json.dumps(data, ensure_ascii=False, indent=2))

    def mount(self, app: web.Application) -> None:
        setup_live(app)
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/items/{code}", self._item),
                web.get("/events", self._events),
                web.post("/do/{what}", self._do),
                self._face.static_route(),
            ]
        )

    def changed(self) -> None:
        """Something in the shop changed: open pages look again."""
        for event in self._open:
            event.set()

    async def _page(self, request: web.Request) -> web.Response:
        drawn = {key: Markup(html) for key, html in self._drawn(language_of(request)).items()}  # noqa: S704 - escaped
        return self._face.page(request, "shop.html", links=self._links, parts=drawn)

    async def _item(self, request: web.Request) -> web.Response:
        item = self._shop.state.items.get(request.match_info["code"])
        if item is None:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "no_item"))
        return self._face.page(request, "product.html", item=item, listing=self._newest_listing(item))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await stream(request, self._updates(language_of(request)))

    async def _updates(self, language: Language) -> AsyncIterator[Live | None]:
        """Every part of the page that changed; all of them at first, for what happened since the page was drawn."""
        changed = asyncio.Event()
        self._open.add(changed)
        drawn: dict[str, str] = {}
        try:
            while True:
                changed.clear()
                for key, html in self._drawn(language).items():
                    if drawn.get(key) != html:
                        drawn[key] = html
                        yield Live("part", {"html": html})
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield None
        finally:
            self._open.discard(changed)

    def _drawn(self, language: Language) -> dict[str, str]:
        """The parts of the page by name, in order: stats, one for each item's code, feed."""
        state, draw = self._shop.state, self._face.fragment
        stats = {
            "stat_on_sale": sum(one.state == "on_sale" for one in state.listings.values()),
            "stat_open": sum(self._offer_state(one) == "open" for one in state.offers.values()),
            "stat_made": sum(one.state == "made" for one in state.offers.values()),
            "stat_outcomes": len(state.received),
        }
        items = {item.code: draw("item.html", language, **self._card(item)) for item in state.items.values()}
        feed: list[Sent | Received] = sorted([*state.sent, *state.received], key=lambda one: one.at, reverse=True)
        return {
            "stats": draw("stats.html", language, stats=stats),
            **items,
            "feed": draw("feed.html", language, feed=feed, forged=state.forged),
        }

    def _card(self, item: Item) -> dict[str, Any]:
        """What one item's card shows."""
        state, listing = self._shop.state, self._newest_listing(item)
        offers = [one for one in state.offers.values() if state.listings[one.listing].item == item.code]
        shown = [(one, self._offer_state(one)) for one in reversed(offers[-OFFERS_SHOWN:])]
        return {"item": item, "listing": listing, "seller": self._shop.seller_of(item.code), "offers": shown}

    def _newest_listing(self, item: Item) -> Listing:
        return [one for one in self._shop.state.listings.values() if one.item == item.code][-1]

    @staticmethod
    def _offer_state(offer: Offer) -> str:
        return "lapsed" if offer.state == "open" and offer.expires_at <= now() else offer.state

    async def _do(self, request: web.Request) -> web.Response:
        """A button: `code` or `offer`, and `price` where the button has one."""
        same_origin(request)
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        buttons: dict[str, Callable[[], None]] = {
            "make_offer": lambda: self._shop.make_offer(form["code"], _price(form)),
            "change_offer": lambda: self._shop.change_offer(form["offer"], _price(form)),
            "withdraw_offer": lambda: self._shop.withdraw_offer(form["offer"]),
            "expire": lambda: self._shop.expire_soon(form["code"]),
            "propose": lambda: self._shop.propose_price(form["code"], _price(form)),
            "sell": lambda: self._shop.sell(form["code"]),
            "list": lambda: self._shop.put_on_sale(form["code"]),
        }
        language = language_of(request)
        try:
            buttons[request.match_info["what"]]()
        except KeyError:
            raise web.HTTPConflict(text=self._face.say(language, "not_now")) from None
        except ValueError:
            raise web.HTTPUnprocessableEntity(text=self._face.say(language, "bad_price")) from None
        return web.Response(status=204)


def _price(form: dict[str, str]) -> str:
    """The price of a form as a plain decimal string. Raises ValueError."""
    try:
        price = Decimal(form["price"])
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not price.is_finite() or not 0 < price <= HIGHEST or price != round(price, 2):
        raise ValueError("not an amount of yuan")
    return f"{price.normalize():f}"


def yuan(amount: str) -> str:
    """An amount as people write it: "15200" is ¥15,200, "15200.5" is ¥15,200.50."""
    value = Decimal(amount)
    return f"¥{value:,.0f}" if value == value.to_integral_value() else f"¥{value:,.2f}"


def _day(value: date | datetime, language: Language) -> str:
    return f"{value.month}月{value.day}日" if language == "zh" else f"{value.day} {value:%b}"
