"""HTTP as carriers are given it, a session to talk to a stand-in itself, and each provider serving in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from standins.all import STANDINS
from standins.base import Standin
from standins.google_rbm import GoogleRbmStandin

from bot.carriers import build
from bot.carriers.google_rbm import GoogleRbm
from bot.carriers.http import Http
from bot.messages import AccountName


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as http:
        yield http


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(params=sorted(STANDINS))
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[Standin]:
    """Each stand-in in turn, serving."""
    async with STANDINS[request.param]() as standin:
        yield standin


@pytest.fixture
async def google() -> AsyncIterator[GoogleRbmStandin]:
    async with GoogleRbmStandin() as standin:
        yield standin


@pytest.fixture
def rbm(google: GoogleRbmStandin) -> GoogleRbm:
    carrier = build(AccountName("acc"), google.table())
    assert isinstance(carrier, GoogleRbm)
    return carrier
