"""The platform: offers, their prices, the API that decides them, and the place outcomes are posted to.

It counts what it was asked for and what it did, so that a test can tell one from two.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import aiohttp
from aiohttp import web
from crash.house import API_KEY, PLATFORM_KEY

State = Literal["open", "made", "declined", "countered", "withdrawn"]
DECIDED: dict[str, State] = {"accept": "made", "decline": "declined", "counter": "countered"}


@dataclass(eq=False)
class Offer:
    """number: the seller's. code: the item's, of this offer alone. price: in whole yuan, never the same twice."""

    id: str
    number: str
    code: str
    price: int
    revision: int = 1
    state: State = "open"
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Events about one offer are posted in order."""


@dataclass(frozen=True, slots=True)
class Call:
    """A decision as it arrived. key: its idempotency key. did: it changed the offer."""

    key: str
    verb: str
    offer: str
    revision: int
    status: str
    did: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    id: str
    type: str
    thread: str
    sequence: int


Hook = Callable[[Offer, str], Awaitable[None]]
"""Called with the offer and the verb between the effect and its answer."""


class Shop:
    """The platform of the tests. faults: when set, some calls fail before, during or after the effect."""

    def __init__(self, faults: random.Random | None = None) -> None:
        self.offers: dict[str, Offer] = {}
        self.decisions: dict[str, Call] = {}
        """By idempotency key: the first call with it."""
        self.calls: Counter[str] = Counter()
        self.outcomes: list[Outcome] = []
        self.before_answer: Hook | None = None
        self._faults = faults
        self._answers: dict[str, dict[str, Any]] = {}
        self._prices = 10_000

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.post("/api/offers/{id}/{verb}", self._decide), web.post("/outcomes", self._outcome)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._http = aiohttp.ClientSession(headers={"Authorization": f"Bearer {API_KEY}"})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        await self._runner.cleanup()

    # ---------------------------------------------------------------- what buyers do

    def make_offer(self, number: str) -> Offer:
        """A buyer makes an offer for one of the seller's items."""
        code = str(30_000 + len(self.offers))
        offer = self.offers[code] = Offer(f"O-{code}", number, code, self._price())
        return offer

    def change_price(self, offer: Offer) -> None:
        offer.price, offer.revision = self._price(), offer.revision + 1

    def withdraw(self, offer: Offer) -> None:
        offer.state, offer.revision = "withdrawn", offer.revision + 1

    def open_offers(self, number: str) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.number == number and offer.state == "open"]

    def _price(self) -> int:
        self._prices += 1
        return self._prices

    async def tell(self, address: str, offer: Offer) -> None:
        """Post what the offer is now, until it is taken."""
        event = _event(offer)
        async with offer.telling:
            while not await self._post(f"{address}/v1/events", event):  # noqa: ASYNC110 - the other side is a process
                await asyncio.sleep(0.05)

    async def _post(self, url: str, event: dict[str, Any]) -> bool:
        try:
            async with self._http.post(url, json=event) as response:
                assert response.status in (202, 500, 503), await response.text()
                return response.status == 202
        except aiohttp.ClientError:
            return False

    # ---------------------------------------------------------------- what sellers decide

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {PLATFORM_KEY}"
        key, verb = request.headers["Idempotency-Key"], request.match_info["verb"]
        body = await request.json()
        self.calls[key] += 1
        fault = self._faults.random() if self._faults else 1.0
        if fault < 0.04:
            return web.Response(status=503)
        offer = self.offers[request.match_info["id"].removeprefix("O-")]
        if key not in self._answers:
            self._answers[key] = self._effect(key, verb, offer, body)
        if self.before_answer is not None:
            await self.before_answer(offer, verb)
        if fault < 0.08 and request.transport is not None:
            request.transport.abort()
        elif fault < 0.11:
            await asyncio.sleep(1.5)  # longer than an action may take
        answer = self._answers[key]
        return web.json_response(answer, status=200 if answer["status"] in DECIDED.values() else 409)

    def _effect(self, key: str, verb: str, offer: Offer, body: dict[str, Any]) -> dict[str, Any]:
        if offer.state != "open":
            answer: dict[str, Any] = {"status": "gone"}
        elif body["revision"] != offer.revision or (verb == "accept" and int(float(body["price"])) != offer.price):
            answer = {"status": "changed", "price": str(offer.price), "revision": offer.revision}
        else:
            offer.state = DECIDED[verb]
            answer = {"status": offer.state}
        did = answer["status"] in DECIDED.values()
        self.decisions[key] = Call(key, verb, offer.id, body["revision"], answer["status"], did)
        return answer

    async def _outcome(self, request: web.Request) -> web.Response:
        posted = await request.json()
        data = posted["data"]
        if self._faults and self._faults.random() < 0.05:
            return web.Response(status=500)
        self.outcomes.append(Outcome(request.headers["webhook-id"], posted["type"], data["thread"], data["sequence"]))
        return web.Response(status=204)


def _event(offer: Offer) -> dict[str, Any]:
    about = {
        "offer_id": offer.id,
        "item": {
            "code": offer.code,
            "category": "腕表",
            "name": "Submariner",
            "photo": f"https://shop.test/{offer.code}.jpg",
            "url": f"https://shop.test/{offer.code}",
        },
        "price": str(offer.price),
        "expires_at": "2099-01-01T00:00:00Z",
    }
    return {
        "specversion": "1.0",
        "id": f"{offer.id}.{offer.revision}",
        "source": "/shop",
        "type": "offer.withdrawn" if offer.state == "withdrawn" else "offer.made",
        "data": {"to": offer.number, "revision": offer.revision, **about},
    }
