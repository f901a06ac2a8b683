"""What a provider keeps for us is fetched, once among all processes, and kept until it is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from standins.yunpian import YunpianStandin
from structlog.testing import capture_logs
from support.bot import ANNE, settings, until

from bot import compose, keys
from bot.carriers.http import Http
from bot.carriers.yunpian import Yunpian, YunpianSettings
from bot.errors import SendError, StoreDown
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal
from bot.receive.inbox import Inbox
from bot.receive.intake import Intake
from bot.receive.pages import Pages
from bot.receive.pulls import Puller
from bot.runtime import Runtime
from bot.sealing import Sealer

SMS = AccountName("yunpian")


class Kept(Yunpian):
    """A provider that keeps these lists of items, and hands each out once."""

    def __init__(self, **table: Any) -> None:
        super().__init__(SMS, YunpianSettings.model_validate(YunpianStandin().table(**table)))
        self.keeps: list[list[Item] | SendError] = []
        self.asked = 0

    async def pull(self, http: Http) -> AsyncIterator[Sequence[Item]]:
        self.asked += 1
        kept = self.keeps.pop(0) if self.keeps else []
        if isinstance(kept, SendError):
            raise kept
        yield kept


def said(text: str) -> Inbound:
    return Inbound(SMS, ANNE, text, id=text)


@pytest.fixture
async def rt(tmp_path: Path, store_url: str) -> AsyncIterator[Runtime]:
    given = settings(tmp_path, YunpianStandin(), store={"shards": 1})
    async with compose.runtime(given, store_url) as rt:
        yield rt


def provider(rt: Runtime, every_s: float = 0.05) -> Kept:
    """In the place of the account's own."""
    carriers: Any = rt.carriers
    carriers[SMS] = Kept(pull_every_s=every_s)
    return carriers[SMS]  # type: ignore[no-any-return]


@asynccontextmanager
async def pulling(rt: Runtime, processes: int = 1) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    running = [asyncio.create_task(Puller(rt, Inbox(rt)).run(stopping)) for _ in range(processes)]
    yield
    stopping.set()
    await asyncio.gather(*running)


async def mail(rt: Runtime, count: int) -> list[bytes]:
    contact, shard = rt.contact(ANNE)

    async def look() -> list[bytes]:
        items: list[bytes] = await rt.store.command("LRANGE", keys.mail(shard, contact), 0, -1)
        return items if len(items) >= count else []

    return await until(look)


async def test_replies_are_fetched_until_there_are_no_more(rt: Runtime) -> None:
    """In order, into the mailbox; a flawed one does not lose its neighbours."""
    kept = provider(rt)
    kept.keeps = [[said("一"), Bad(SMS, "reply: flawed"), said("二")], [said("三")]]
    async with pulling(rt):
        items = await mail(rt, 3)
    assert [text in item for text, item in zip(("一", "二", "三"), map(bytes.decode, items), strict=True)] == [True] * 3


async def test_of_all_processes_one_pulls(rt: Runtime) -> None:
    """Once in the time that the account says."""
    kept = provider(rt, every_s=60)
    async with pulling(rt, processes=5):
        await until(lambda: pulled(kept))
    assert kept.asked == 1


async def pulled(kept: Kept) -> int:
    return kept.asked


async def test_a_pull_that_fails_is_made_again(rt: Runtime) -> None:
    """It is told by the provider's code."""
    kept = provider(rt)
    kept.keeps = [SendError("-4", throttled=True), [said("Y")]]
    with capture_logs() as logs:
        async with pulling(rt):
            await mail(rt, 1)
    assert {"event": "pull_failed", "account": SMS, "code": "-4", "log_level": "warning"} in logs
    assert REGISTRY.get_sample_value("dingdong_pulls_total", {"account": SMS, "result": "failed"})


async def test_what_was_pulled_is_offered_until_it_is_stored(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider has no second copy; a repeat of what was stored after all changes nothing."""
    monkeypatch.setattr("bot.receive.pulls.STORE_AGAIN_S", 0.01)
    take, away = Intake.take, [StoreDown("OOM"), StoreDown("connection lost")]

    async def flaky(self: Intake, items: Sequence[Item]) -> None:
        if len(away) == 1:
            await take(self, items)  # it was stored, and the answer lost
        if away:
            raise away.pop()
        await take(self, items)

    monkeypatch.setattr(Intake, "take", flaky)
    kept = provider(rt)
    kept.keeps = [[said("Y"), said("N")]]
    with capture_logs() as logs:
        async with pulling(rt):
            items = await mail(rt, 2)
    assert len(items) == 2
    assert [log["event"] for log in logs] == ["pulled_not_stored"] * 2


async def test_what_a_killed_process_left_is_taken_in_by_the_next(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider handed it out and has forgotten it: it was stored whole before any of it was taken in."""
    take, stuck = Intake.take, asyncio.Event()

    async def dies(self: Intake, items: Sequence[Item]) -> None:
        if items == [said("二")]:
            stuck.set()
            await asyncio.Event().wait()
        await take(self, items)

    kept = provider(rt)
    kept.keeps = [[said("一"), said("二"), Bad(SMS, "reply: flawed"), said("三")]]
    with monkeypatch.context() as killing:
        killing.setattr(Intake, "take", dies)
        running = asyncio.create_task(Puller(rt, Inbox(rt)).run(asyncio.Event()))
        await stuck.wait()
        running.cancel()
    [page] = await rt.store.command("LRANGE", keys.pages(SMS), 0, -1)
    assert ANNE.encode() not in page
    assert "三".encode() not in page
    async with pulling(rt):
        items = await mail(rt, 3)
        await until(lambda: nothing_left(rt))
    assert [text in item for text, item in zip(("一", "二", "三"), map(bytes.decode, items), strict=True)] == [True] * 3


async def nothing_left(rt: Runtime) -> bool:
    return not await rt.store.command("EXISTS", keys.pages(SMS))


async def test_a_page_is_stored_before_the_next_is_asked_for(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure behind it, or a kill, costs nothing of it."""
    seen: list[int] = []

    async def pages(http: Http) -> AsyncIterator[Sequence[Item]]:
        yield [said("Y")]
        contact, shard = rt.contact(ANNE)
        seen.append(await rt.store.command("LLEN", keys.mail(shard, contact)))
        raise SendError("-51", retryable=True)

    kept = provider(rt, every_s=60)
    monkeypatch.setattr(kept, "pull", pages)
    async with pulling(rt):
        await mail(rt, 1)
    assert seen == [1]


@given(items=st.lists(st.one_of(*(st.from_type(kind) for kind in (Inbound, Receipt, Signal, Bad))), max_size=4))
@hypothesis.settings(deadline=None, max_examples=50)  # the machine may be busy
def test_a_page_is_what_was_told(items: list[Item]) -> None:
    """Whatever it holds comes back the same, from under its seal."""
    pages = Pages(None, Sealer(b"k" * 32), SMS)  # type: ignore[arg-type]
    assert pages.opened(pages.page(items)) == tuple(items)
