"""What each phone has and shows, in Redis, so that any web process can play any phone.

Owner of these keys; each lives 7 days after its last change. A phone's id is a keyed hash of its number.

| key | type | what |
|---|---|---|
| `handset:phones` | hash phone id -> E.164 | phones that were written to |
| `handset:{<id>}:items` | hash item id -> JSON | what came and what was said; the newest `KEPT` |
| `handset:{<id>}:marks` | hash `<item id>:<question>` -> mark | what became of each item (`QUESTIONS`), written once |
| `handset:{<id>}:line` | hash rcs -> 0 or 1 | absent = on |
| `handset:{<id>}:changes` | stream i -> item id, "line" or "typing" | what an open page has to draw again |
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Literal, NewType, TypeAlias

import redis.asyncio
from pydantic import BaseModel, ConfigDict

from bot.handset.content import Content
from bot.handset.suggestions import LatLong
from bot.pages import HEARTBEAT_S

PhoneId = NewType("PhoneId", str)
Mark: TypeAlias = Literal["delivered", "read", "revoked", "expired", "taken", "refused", "seen"]
"""read: by the person. seen: the bot said that it has read what she wrote."""

QUESTIONS: Final[dict[Mark, str]] = {
    "delivered": "fate",
    "revoked": "fate",
    "expired": "fate",
    "read": "read",
    "taken": "sent",
    "refused": "sent",
    "seen": "seen",
}
"""What a mark answers. Each question is answered once, so a message cannot be both recalled and delivered."""

TTL_S: Final = 7 * 24 * 3600
KEPT: Final = 200
"""Items one phone keeps."""
CHANGES_KEPT: Final = 500
"""Changes a page that lost its connection can catch up with."""
LINE: Final = "line"
"""In the stream of changes: not an item, the phone itself (RCS on or off), or more than can be told one by one."""
TYPING: Final = "typing"
"""In the stream of changes: the bot is typing. Of interest for a moment only."""
LOOK_S: Final = 0.15
"""How often an open page looks for changes. A blocking read would keep a connection of the shared pool to itself."""

_PHONES: Final = "handset:phones"


class Item(BaseModel):
    """One bubble. at: epoch ms. form "own": the person's words or the label she tapped.

    rich: set when form is "rbm"; text: the words of an SMS, the text form of a card, or her own.
    place: set when it is where she said she is.
    expires_at: epoch ms after which an undelivered message is not shown any more.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: int
    form: Literal["text", "rbm", "own"]
    text: str
    rich: Content | None = None
    place: LatLong | None = None
    expires_at: int | None = None


class Shown(BaseModel):
    """An item with what became of it."""

    model_config = ConfigDict(frozen=True)

    item: Item
    marks: frozenset[Mark] = frozenset()

    @property
    def waiting(self) -> bool:
        """It came from the network and the phone was not on yet."""
        return self.item.form != "own" and "delivered" not in self.marks and not self.gone

    @property
    def gone(self) -> bool:
        """It never reached the screen: taken back, or too late."""
        return bool(self.marks & {"revoked", "expired"})


class Phones:
    """All phones of one network. secret: keys the phone ids."""

    def __init__(self, redis: redis.asyncio.Redis, secret: str) -> None:
        self._redis: Any = redis  # redis-py types each answer as "awaitable or not"
        self._secret = secret.encode()

    def id_of(self, number: str) -> PhoneId:
        return PhoneId(hmac.digest(self._secret, b"phone " + number.encode(), hashlib.sha256).hex()[:16])

    async def add(self, number: str) -> PhoneId:
        """Know this number from now on."""
        phone = self.id_of(number)
        await self._redis.hset(_PHONES, phone, number)
        await self._redis.expire(_PHONES, TTL_S)
        return phone

    async def numbers(self) -> dict[PhoneId, str]:
        """Every phone written to."""
        return {PhoneId(k.decode()): v.decode() for k, v in (await self._redis.hgetall(_PHONES)).items()}

    async def rcs(self, phone: PhoneId) -> bool:
        """Whether the phone has RCS on; it has until it was switched off."""
        return bool(await self._redis.hget(_key(phone, "line"), "rcs") != b"0")

    async def set_rcs(self, phone: PhoneId, on: bool) -> None:
        await self._redis.hset(_key(phone, "line"), "rcs", int(on))
        await self._redis.expire(_key(phone, "line"), TTL_S)
        await self._changed(phone, LINE)

    async def put(self, phone: PhoneId, item: Item) -> bool:
        """Keep an item. False when one with this id is there already: then nothing changes."""
        key = _key(phone, "items")
        if not await self._redis.hsetnx(key, item.id, item.model_dump_json(by_alias=True)):
            return False
        await self._redis.expire(key, TTL_S)
        await self._changed(phone, item.id)
        if await self._redis.hlen(key) > KEPT:
            await self._prune(phone)
        return True

    async def items(self, phone: PhoneId) -> list[Shown]:
        """What the phone has, oldest first."""
        stored = await self._redis.hgetall(_key(phone, "items"))
        marks: dict[str, set[str]] = {}
        for field, mark in (await self._redis.hgetall(_key(phone, "marks"))).items():
            marks.setdefault(field.decode().rpartition(":")[0], set()).add(mark.decode())
        shown = [_shown(raw, marks.get(item_id.decode(), set())) for item_id, raw in stored.items()]
        return sorted(shown, key=lambda one: (one.item.at, one.item.id))

    async def item(self, phone: PhoneId, item_id: str) -> Shown | None:
        """One item, or None when the phone has no such."""
        raw = await self._redis.hget(_key(phone, "items"), item_id)
        if raw is None:
            return None
        fields = [f"{item_id}:{question}" for question in dict.fromkeys(QUESTIONS.values())]
        marks = await self._redis.hmget(_key(phone, "marks"), fields)
        return _shown(raw, {mark.decode() for mark in marks if mark})

    async def mark(self, phone: PhoneId, item_id: str, mark: Mark) -> bool:
        """Record what became of an item; False when its question was answered before.

        An open page draws the item again only where a person sees the difference.
        """
        key = _key(phone, "marks")
        if not await self._redis.hsetnx(key, f"{item_id}:{QUESTIONS[mark]}", mark):
            return False
        await self._redis.expire(key, TTL_S)
        if mark not in ("delivered", "read"):
            await self._changed(phone, item_id)
        return True

    async def typing(self, phone: PhoneId) -> None:
        """The bot is typing: told to the pages that are open now."""
        await self._changed(phone, TYPING)

    async def cursor(self, phone: PhoneId) -> str:
        """Where the stream of changes is now: what a page drawn now has seen."""
        newest = await self._redis.xrevrange(_key(phone, "changes"), count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def changes(self, phone: PhoneId, after: str) -> AsyncIterator[tuple[str, str] | None]:
        """(cursor, item id, LINE or TYPING) of each change after `after`, for ever; None when none came for a while.

        A page that was away for longer than changes are kept is told LINE first: it draws everything again.
        """
        if missed := await self._missed(phone, after):
            yield after, missed
        quiet_since = time.monotonic()
        while True:
            entries = await self._redis.xrange(_key(phone, "changes"), min=f"({after}")
            for cursor, fields in entries:
                after = cursor.decode()
                yield after, fields[b"i"].decode()
            if entries or time.monotonic() - quiet_since > HEARTBEAT_S:
                quiet_since = time.monotonic()
                yield None
            await asyncio.sleep(LOOK_S)

    async def _missed(self, phone: PhoneId, after: str) -> str:
        """LINE when changes after `after` are not kept any more; "" otherwise."""
        key = _key(phone, "changes")
        oldest = await self._redis.xrange(key, count=1)
        gone = oldest and _moment(after) < _moment(oldest[0][0].decode())
        return LINE if gone and await self._redis.xlen(key) >= CHANGES_KEPT else ""

    async def _changed(self, phone: PhoneId, what: str) -> None:
        key = _key(phone, "changes")
        await self._redis.xadd(key, {"i": what}, maxlen=CHANGES_KEPT, approximate=True)
        await self._redis.expire(key, TTL_S)

    async def _prune(self, phone: PhoneId) -> None:
        for old in (await self.items(phone))[:-KEPT]:
            await self._redis.hdel(_key(phone, "items"), old.item.id)
            await self._redis.hdel(_key(phone, "marks"), *(f"{old.item.id}:{q}" for q in QUESTIONS.values()))


def _moment(cursor: str) -> tuple[int, int]:
    ms, _, n = cursor.partition("-")
    return int(ms), int(n)


def _shown(raw: bytes, marks: set[str]) -> Shown:
    return Shown.model_validate({"item": Item.model_validate_json(raw), "marks": marks})


def _key(phone: PhoneId, family: str) -> str:
    return f"handset:{{{phone}}}:{family}"


def _ever_later() -> Iterator[int]:
    last = 0
    while True:
        last = max(time.time_ns() // 1_000_000, last + 1)
        yield last


_MOMENTS = _ever_later()


def now_ms() -> int:
    """Now, in epoch milliseconds; never the same twice, so that what came in one millisecond keeps its order."""
    return next(_MOMENTS)
