"""The machinery itself for tests: settings, a runtime on a real store, what was journaled, words to say."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from standins.base import Standin

from bot import keys
from bot.converse.conversations import claimed, commit_args, outbounds
from bot.messages import MessageId, PhoneNumber
from bot.receive.inbox import Inbox
from bot.record.journal import Entry, decode
from bot.runtime import Runtime
from bot.settings import Settings, load
from bot.store import Store
from flows.state import Ask, Choice, Conversation, Effect, Question, Say, Turn
from flows.values import replace

HANG_S = 60
"""Long enough for any machine: what takes longer hangs."""

ANNE = PhoneNumber("+8613800138000")
BO = PhoneNumber("+8613900139000")
API_KEY = "platform-api-key"
MASTER_KEY = base64.b64encode(b"k" * 32).decode()
OFFER = {
    "offer_id": "O-17",
    "item": {"code": "3287", "category": "腕表", "name": "Aurel"},
    "price": "15200",
    "expires_at": "2036-11-24T12:00:00+08:00",
}

Found = TypeVar("Found")


def settings(data: Path, *standins: Standin, **given: Any) -> Settings:
    """Settings with one account per stand-in, named after its carrier, and one API key."""
    accounts = {one.carrier: one.table(signature="叮咚") for one in standins}
    given = {"accounts": accounts, "platform": {"api_keys": [API_KEY]}, "web": {"port": 0}, **given}
    return load(data=data, master_key=MASTER_KEY, **given)


async def until(look: Callable[[], Awaitable[Found]]) -> Found:
    """What `look` finds, once it is something: for what nobody tells of."""
    async with asyncio.timeout(HANG_S):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.01)


class Journal:
    """What was journaled since it was made, of every shard, read as it comes. Only where no recorder trims."""

    def __init__(self, store: Store) -> None:
        self._redis: Any = store.redis  # redis-py types each answer as anything it might be
        self._after = {keys.journal(shard).encode(): b"0-0" for shard in range(store.shards)}
        self.entries: list[Entry] = []

    async def until(self, found: Callable[[list[Any]], Found]) -> Found:
        """What `found` makes of all entries so far, once it is something."""
        async with asyncio.timeout(HANG_S):
            while not (value := found(self.entries)):
                await self._read(block_ms=1_000)
        return value

    async def now(self) -> list[Any]:
        """Everything so far."""
        await self._read()
        return self.entries

    async def of(self, kind: str, /, **fields: Any) -> Any:
        """The first entry of a kind with these fields, once there is one."""
        return await self.until(lambda entries: next(iter(matching(entries, kind, **fields)), None))

    async def _read(self, block_ms: int | None = None) -> None:
        for stream, found in await self._redis.xread(self._after, block=block_ms) or ():
            self._after[stream] = found[-1][0]
            self.entries += [entry for _, fields in found for entry in decode(fields[b"e"])]


def matching(entries: Iterable[Any], kind: str, /, **fields: Any) -> list[Any]:
    """The entries of a kind with these fields."""
    return [one for one in entries if one["t"] == kind and all(one.get(name) == v for name, v in fields.items())]


async def commit(
    runtime: Runtime,
    number: PhoneNumber,
    *effects: Effect,
    closed: Sequence[str] = (),
    account: str = "",
    **conversation: Any,
) -> list[MessageId]:
    """Commit a turn with these effects and changes of the conversation, as the worker does; ids of its outbound.

    account: the one the words came by that caused it.
    """
    contact, shard = runtime.contact(number)
    words = {"kind": "said", "id": uuid.uuid4().hex, "text": "?", "account": account}
    await Inbox(runtime).put(contact, shard, words, number=number)
    token = uuid.uuid4().hex
    rows = await runtime.store.run("claim", [keys.ready(shard)], [keys.tag(shard), 1, 10_000, token, 1, 5])
    claim = claimed(rows[0], "zh", "Asia/Shanghai")
    turn = Turn(replace(claim.conversation, **conversation), effects, closed=tuple(closed))
    queue = keys.queue(shard, contact)
    before = await runtime.store.command("LRANGE", queue, 0, -1)
    turns = [(claim.mail[0], turn)]
    said = outbounds(runtime.settings.sender, shard, turns)
    args = commit_args(runtime, shard, token, claim, turns, said, ready=None)
    assert await runtime.store.run("commit", [keys.talk(shard, contact)], args) == b"done"
    after = await runtime.store.command("LRANGE", queue, 0, -1)
    return [MessageId(one.decode()) for one in after if one not in before]


def asking(ask: str = "t1.1", **more: Any) -> Say:
    """An offer's card, which RCS shows better, with its question."""
    means = (("affirm", "接受"), ("deny", "拒绝"))
    choices = tuple(Choice(name, name, {"zh": label, "en": name}) for name, label in means)
    question = Question(subject="offer", accepts=("affirm", "deny"), choices=choices)
    asked = Ask(ask, ask.partition(".")[0], 1, "asked", question, "腕表", datetime.now(UTC))
    return telling("consignment/offer", data=OFFER, thread=asked.thread, ask=asked, **more)


def telling(card: str = "service/thanks", **more: Any) -> Say:
    """A card with nothing to answer."""
    given = {"data": {}, "thread": "t1", "kind": "transactional", "topic": "offers", **more}
    return Say(id=uuid.uuid4().hex, card=card, **given)


def conversation(contact: str = "c" * 32) -> Conversation:
    return Conversation(contact)
