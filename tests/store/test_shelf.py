"""The shelf of access tokens: found by every process of an installation, by nobody else, and not for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from standins.fivegmsg import FivegmsgStandin
from standins.kit import sendable
from support.bot import settings

from bot import compose, keys
from bot.carriers.tokens import Grant
from bot.messages import AccountName
from bot.sealing import Sealer
from bot.settings import StoreSettings
from bot.shelf import StoreShelf
from bot.store import Store

ACCOUNT = AccountName("5g")


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings())
    await store.open("test")
    yield store
    await store.close()


def shelf(store: Store, key: bytes = b"k" * 32, account: AccountName = ACCOUNT) -> StoreShelf:
    return StoreShelf(store, Sealer(key), account)


async def test_what_one_process_puts_there_another_finds(store: Store) -> None:
    """With the life it has left; sealed, and under no other account or master key."""
    assert await shelf(store).get() is None
    await shelf(store).put(Grant("the-token", 100))
    found = await shelf(store).get()
    assert found is not None
    assert found.token == "the-token"
    assert 90 < found.lifetime_s <= 100
    assert b"the-token" not in await store.command("GET", keys.token(ACCOUNT))
    assert await shelf(store, account=AccountName("other")).get() is None
    assert await shelf(store, b"j" * 32).get() is None


async def test_a_token_does_not_outlive_itself(store: Store) -> None:
    """It ends when its provider stops believing it, whatever was there before."""
    for lifetime_s in (7200, 100):
        await shelf(store).put(Grant("the-token", lifetime_s))
    assert 90_000 < await store.command("PTTL", keys.token(ACCOUNT)) <= 100_000


async def test_a_store_that_is_away_has_none() -> None:
    """Neither taking nor putting fails a send."""
    away = Store("redis://127.0.0.1:1", StoreSettings())
    await shelf(away).put(Grant("the-token", 100))
    assert await shelf(away).get() is None
    await away.close()


async def test_the_processes_of_an_installation_fetch_one_token(store_url: str, tmp_path: Path) -> None:
    """Where another fetch would make the one before worthless."""
    async with FivegmsgStandin() as platform:
        given = settings(tmp_path, accounts={"5g": platform.table()})
        for _ in range(2):
            async with compose.runtime(given, store_url) as process:
                await process.carriers[ACCOUNT].send(process.providers, sendable())
        assert (len(platform.sent), platform.tokens_given) == (2, 1)
