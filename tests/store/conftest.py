"""One empty store, open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.settings import StoreSettings
from bot.store import Store


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = Store(store_url, StoreSettings())
    await store.open("test")
    yield store
    await store.close()
