"""An account that its own error stopped: known to all, tried now and then, started by what it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bot import keys
from bot.deliver.accounts import Accounts
from bot.messages import AccountName
from bot.settings import SenderSettings, StoreSettings
from bot.store import Store

SMS, RCS = AccountName("sms"), AccountName("rcs")
HOUR_MS = 3_600_000


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings())
    await store.open("test")
    yield store
    await store.close()


def accounts(store: Store, probe_after_ms: int = HOUR_MS) -> Accounts:
    """As one process knows them."""
    return Accounts(store, [SMS, RCS], SenderSettings(probe_after_ms=probe_after_ms))


def gauge(account: AccountName) -> float | None:
    return REGISTRY.get_sample_value("dingdong_account_stopped", {"account": account})


async def probe_is_due(store: Store) -> None:
    await store.command("HSET", keys.stopped(SMS), "probe", 1)


async def test_all_processes_see_it(store: Store) -> None:
    """Who had the error at once, the others when they look; the first time is kept, and told once."""
    here, there = accounts(store), accounts(store)
    with capture_logs() as logs:
        here.stop(SMS, "3")
        here.stop(SMS, "41")
    assert not here.usable(SMS)
    assert here.usable(RCS)
    assert there.usable(SMS)
    stopped = await there.refresh()
    assert list(stopped) == [SMS]
    assert stopped[SMS].code == "41"
    assert not there.usable(SMS)
    assert (gauge(SMS), gauge(RCS)) == (1, 0)
    assert [(log["event"], log["account"], log["code"]) for log in logs] == [("account_stopped", SMS, "3")]


async def test_one_send_of_all_processes_may_try(store: Store) -> None:
    """Once it is time; then not again until the next time."""
    here, there = accounts(store), accounts(store)
    here.stop(SMS, "3")
    assert await here.may_send(RCS)
    assert not await here.may_send(SMS)
    await probe_is_due(store)
    await asyncio.gather(here.refresh(), there.refresh())
    assert here.usable(SMS)
    assert sorted(await asyncio.gather(*(one.may_send(SMS) for one in (here, there, here)))) == [False, False, True]
    assert not (here.usable(SMS) and there.usable(SMS))


async def test_what_it_takes_starts_it(store: Store) -> None:
    """Here at once, elsewhere with the next look, or with the next send."""
    here, there = accounts(store), accounts(store)
    here.stop(SMS, "3")
    await there.refresh()
    here.took(SMS)
    assert here.usable(SMS)
    assert await there.may_send(SMS)
    assert there.usable(SMS)
    assert await here.refresh() == {}
    assert gauge(SMS) == 0


async def test_an_account_that_fails_its_probe_waits_again(store: Store) -> None:
    """And is still stopped since the first time."""
    here = accounts(store)
    here.stop(SMS, "3")
    since = (await here.refresh())[SMS].since
    await probe_is_due(store)
    await here.refresh()
    assert await here.may_send(SMS)
    here.stop(SMS, "3")
    assert not here.usable(SMS)
    assert (await here.refresh())[SMS].since == since
