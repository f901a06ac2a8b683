"""A session as the program has one, and each provider serving in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from standins.all import STANDINS
from standins.base import Standin


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture(params=sorted(STANDINS))
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Standin]:
    """Each stand-in in turn, serving."""
    async with STANDINS[request.param]() as standin:
        yield standin
