"""One person, one offer, and the moment things go wrong: everything real, in this process or in processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from crash.findings import Ledger
from crash.house import ACTION_S, HANG_S, House, configured, environment, webhook
from crash.shop import Offer, Shop
from crash.storm import quiet
from crash.wire import Wire
from redis.asyncio import Redis
from standins.base import Sent, Standin
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin

from bot import keys
from bot.converse.conversations import Mail
from bot.ids import shard_of
from bot.messages import ContactId
from bot.serve import ROLES, running
from bot.settings import StoreSettings, load
from flows.state import Turn

NUMBER, OTHER = "+8613800138000", "+8613800138001"


def words(sent: Sent) -> str:
    """What a message says, whatever its form."""
    return sent.content if isinstance(sent.content, str) else json.dumps(sent.content, ensure_ascii=False)


@dataclass
class Scene:
    """What a story needs. sms, rcs: the carriers. turns: committed in this process, with their mail."""

    shop: Shop
    sms: YunpianStandin
    rcs: GoogleRbmStandin
    address: str
    store_url: str
    ledger_file: Path
    turns: list[tuple[Mail, Turn]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    # ---------------------------------------------------------------- what happens

    async def offer(self, number: str = NUMBER) -> Offer:
        """A buyer makes an offer, and the bot is told."""
        offer = self.shop.make_offer(number)
        await self.shop.tell(self.address, offer)
        return offer

    async def elapses(self, timer: str) -> None:
        """A timer of our one person comes due."""
        contact = ContactId(self.turns[0][1].conversation.contact)
        shard = shard_of(contact, StoreSettings().shards)
        async with Redis.from_url(self.store_url) as redis:
            await redis.zadd(keys.timers(shard), {f"{contact} {timer}": 0})

    async def says(self, text: str, id_: str = "") -> None:
        """The person says that; the carrier repeats it until it is taken."""
        [called] = await self.sms.push(self.sms.reply_push(NUMBER, text, reply_id=id_), tries=500)
        assert called.acknowledged

    async def delivered(self, sent: Sent) -> None:
        """The carrier reports the SMS as delivered."""
        [told] = await self.sms.push(*self.sms.receipt_pushes([sent], "SUCCESS"), tries=500)
        assert told.acknowledged

    # ---------------------------------------------------------------- what can be waited for

    async def read(self, text: str, after: int = 0) -> Sent:
        """The first SMS with that text, from the `after`th on."""
        seen = after
        async with asyncio.timeout(HANG_S):
            while True:
                sent = await self.sms.taken(seen + 1)
                for one in sent[seen:]:
                    if text in words(one):
                        return one
                seen = len(sent)

    async def turn(self, of: Callable[[Mail, Turn], bool]) -> Turn:
        """The first such turn committed in this process."""
        async with asyncio.timeout(HANG_S):
            while True:
                self._news.clear()
                for mail, turn in self.turns:
                    if of(mail, turn):
                        return turn
                await self._news.wait()

    def observe(self, mail: Mail, turn: Turn) -> None:
        """`bot.converse.worker.Observer`."""
        self.turns.append((mail, turn))
        self._news.set()

    async def quiet(self) -> None:
        await quiet(self.store_url)

    # ---------------------------------------------------------------- what became of it

    def said(self, text: str = "") -> list[str]:
        """Every message with that text, by either carrier."""
        return [said for one in (*self.sms.sent, *self.rcs.sent) if text in (said := words(one))]

    def rows(self, query: str) -> list[dict[str, Any]]:
        ledger = Ledger(self.ledger_file)
        try:
            return [dict(row) for row in ledger.rows(query)]
        finally:
            ledger.close()

    def status(self, **of: str) -> list[str]:
        """Of the outbound whose columns have these values."""
        where = " AND ".join(f"{column} = '{value}'" for column, value in of.items())
        return [row["status"] for row in self.rows(f"SELECT status FROM messages WHERE direction = 'out' AND {where}")]


@asynccontextmanager
async def in_process(
    folder: Path,
    store_url: str,
    *,
    wire: Wire | None = None,
    sms: YunpianStandin | None = None,
    rcs: GoogleRbmStandin | None = None,
) -> AsyncIterator[Scene]:
    """Every role in this process. wire: between them and the store."""
    async with AsyncExitStack() as stack:
        shop, sms, rcs = await _around(stack, sms, rcs)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment(shop.url).items():
            patch.setenv(name, value)
        scene = Scene(shop, sms, rcs, "", store_url, folder / "ledger.db")
        settings = load(**configured(folder, accounts(sms, rcs), shop.url), web={"port": 0})
        url = await stack.enter_async_context(wire.to(store_url)) if wire else store_url
        scene.address = await stack.enter_async_context(running(settings, url, ROLES, asyncio.Event(), scene.observe))
        _connect(scene.address, sms, rcs)
        yield scene


@asynccontextmanager
async def in_processes(
    folder: Path,
    *,
    sms: YunpianStandin | None = None,
    rcs: GoogleRbmStandin | None = None,
    wire: Wire | None = None,
    action_s: float = ACTION_S,
    recall: Mapping[str, Any] | None = None,
) -> AsyncIterator[tuple[Scene, House]]:
    """A process for each role. wire: between them and the store. action_s: how long a call may take. recall: settings
    of its name."""
    async with AsyncExitStack() as stack:
        shop, sms, rcs = await _around(stack, sms, rcs)
        house = House(folder, accounts(sms, rcs), shop.url, action_s, recall=recall)
        _connect(house.url, sms, rcs)
        await stack.enter_async_context(house.running(wire))
        yield Scene(shop, sms, rcs, house.url, house.store.url, house.ledger), house


async def _around(
    stack: AsyncExitStack, sms: YunpianStandin | None, rcs: GoogleRbmStandin | None
) -> tuple[Shop, YunpianStandin, GoogleRbmStandin]:
    return (
        await stack.enter_async_context(Shop()),
        await stack.enter_async_context(sms or YunpianStandin()),
        await stack.enter_async_context(rcs or without_rcs()),
    )


def without_rcs() -> GoogleRbmStandin:
    """An RCS carrier that reaches nobody here."""
    carrier = GoogleRbmStandin()
    carrier.no_rcs |= {NUMBER, OTHER}
    return carrier


def accounts(sms: YunpianStandin, rcs: GoogleRbmStandin) -> dict[str, Any]:
    return {"sms": sms.table(signature="叮咚"), "rcs": rcs.table()}


def _connect(address: str, sms: YunpianStandin, rcs: GoogleRbmStandin) -> None:
    sms.webhook, rcs.webhook = webhook(address, "sms"), webhook(address, "rcs")


class Ambush(Standin):
    """A carrier at which something happens once, while it has a send in hand.

    takes: it takes that message. answers: somebody is still there to hear so.
    """

    def __init__(self, **base: Any) -> None:
        super().__init__(**base)
        self.then: Callable[[Sent | None], Awaitable[None]] | None = None
        self.takes, self.answers = True, False

    async def sending(self, request: web.Request, take: Callable[[], web.Response]) -> web.StreamResponse:
        if self.then is None:
            return await super().sending(request, take)
        then, self.then = self.then, None
        answer = take() if self.takes else web.Response(status=500)
        await then(self.sent[-1] if self.takes else None)
        if not self.answers and request.transport is not None:
            request.transport.abort()
        return answer


class SmsAmbush(Ambush, YunpianStandin):
    """Yunpian, which does not know a repeat."""


class RcsAmbush(Ambush, GoogleRbmStandin):
    """Google RBM, which ignores a repeated id."""
