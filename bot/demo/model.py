"""What the shop knows. Amounts are decimal strings of yuan, times aware UTC, dates the shop's own (Shanghai)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, JsonValue

ZONE: Final = ZoneInfo("Asia/Shanghai")
LOG_KEPT: Final = 200
"""Events and outcomes the page can look back on."""
ANSWERS_KEPT: Final = 10_000
"""Idempotency keys remembered."""

OfferState = Literal["open", "made", "declined", "countered", "withdrawn"]
ListingState = Literal["on_sale", "sold", "withdrawn"]


class Seller(BaseModel):
    """contact: the bot's id for this person, from its answer to the first event; "" until then."""

    number: str
    name: str
    contact: str = ""


class Item(BaseModel):
    """picture: a file of static/. seller: index into `State.sellers`."""

    code: str
    category: str
    name: str
    picture: str
    seller: int


class Listing(BaseModel):
    """One time an item is on sale. revision: of the last event about it."""

    id: str
    item: str
    price: str
    ends_on: date
    state: ListingState = "on_sale"
    revision: int = 0


class Offer(BaseModel):
    """A buyer's offer. revision: grows with every change of the price. counter: what the seller named instead."""

    id: str
    listing: str
    price: str
    expires_at: datetime
    revision: int = 1
    state: OfferState = "open"
    counter: str = ""


class Sent(BaseModel):
    """An event for the bot. state: waiting until it was taken (2xx) or refused (4xx); why: the refusal."""

    id: str
    type: str
    at: datetime
    to: str
    data: dict[str, JsonValue]
    state: Literal["waiting", "taken", "refused"] = "waiting"
    why: str = ""


class Received(BaseModel):
    """A signed outcome of the bot. times: how often it came; only the first counts."""

    id: str
    type: str
    at: datetime
    data: dict[str, JsonValue]
    times: int = 1


class StoredAnswer(BaseModel):
    """What a decision's first call was answered. request: to notice a key used for something else."""

    request: str
    status: int
    body: dict[str, JsonValue]


class State(BaseModel):
    """The whole shop, as it lies in its file. counter: makes ids. forged: outcomes turned away."""

    sellers: list[Seller]
    items: dict[str, Item] = {}
    listings: dict[str, Listing] = {}
    offers: dict[str, Offer] = {}
    sent: list[Sent] = []
    received: list[Received] = []
    answers: dict[str, StoredAnswer] = {}
    counter: int = 100
    forged: int = 0


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    return datetime.now(ZONE).date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)
