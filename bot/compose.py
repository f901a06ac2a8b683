"""The composition root: settings → one `Runtime`, opened and closed in order."""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import JsonValue, TypeAdapter, ValidationError

from bot import carriers, keys
from bot.carriers.base import SharesToken
from bot.carriers.http import Http
from bot.errors import ConfigError
from bot.launcher import EmbeddedStore
from bot.messages import AccountName
from bot.runtime import Runtime, Wakes
from bot.sealing import Sealer
from bot.settings import Settings
from bot.shelf import StoreShelf
from bot.store import Store
from cards import CardError, Cards, load_cards
from flows.library import SHIPPED, Library, load_library
from flows.limits import Limits
from flows.model import FlowFileError
from flows.state import Choice

IDLE_CONNECTION_S = 60.0
"""How long a connection to a provider is kept for the next send, in seconds."""


@asynccontextmanager
async def store_url(settings: Settings) -> AsyncIterator[str]:
    """Where the store is: the one named in the settings, else one of our own while this lasts."""
    if settings.redis_url:
        yield settings.redis_url
        return
    async with EmbeddedStore(settings.data / "store", settings.store.appendfsync) as store:
        yield store.url


@asynccontextmanager
async def runtime(settings: Settings, redis_url: str) -> AsyncIterator[Runtime]:
    """Everything a role needs. Raises ConfigError before anything is started that would have to be stopped."""
    sealer = Sealer(_master_key(settings))
    url, tables = settings.web.url, settings.accounts
    accounts = {AccountName(name): carriers.build(AccountName(name), table, url) for name, table in tables.items()}
    cards = shipped_cards()
    store = Store(redis_url, settings.store)
    try:
        await store.open(sealer.fingerprint)
        for name, account in accounts.items():
            if isinstance(account, SharesToken):
                account.share(StoreShelf(store, sealer, name))
        library = await _library(store, cards, settings)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S)
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http,
            Http() as providers,
        ):
            yield Runtime(settings, store, http, providers, sealer, accounts, cards, library, Wakes(store))
    finally:
        await store.close()


def shipped_cards() -> Cards:
    """The cards that come with the program. Raises ConfigError."""
    spec = importlib.util.find_spec("cards")
    if spec is None or spec.origin is None:
        raise ConfigError("the package `cards` is not installed beside `bot`")
    try:
        return load_cards(Path(spec.origin).parent)
    except CardError as error:
        raise ConfigError(str(error)) from None


def shipped_library(
    cards: Cards, stored: Mapping[str, str] | None = None, limits: Mapping[str, Any] | None = None
) -> Library:
    """The flows that come with the program, and older versions kept. Raises ConfigError."""

    def choices(card: str, data: Mapping[str, JsonValue]) -> tuple[Choice, ...]:
        return tuple(Choice(c.id, c.means, c.labels, c.slots, c.hidden) for c in cards.choices(card, data))

    try:
        return load_library(SHIPPED, choices, stored, limits=TypeAdapter(Limits).validate_python(limits or {}))
    except (FlowFileError, ValidationError) as error:
        raise ConfigError(f"flows: {error}") from None


async def _library(store: Store, cards: Cards, settings: Settings) -> Library:
    """Every flow version is stored before its first use, and all are kept."""
    stored: dict[bytes, bytes] = await store.command("HGETALL", keys.FLOWS)
    kept = {version.decode(): text.decode() for version, text in stored.items()}
    library = shipped_library(cards, kept, settings.limits)
    for version, text in library.sources.items():
        await store.command("HSETNX", keys.FLOWS, version, text)
    return library


def _master_key(settings: Settings) -> bytes:
    key = base64.b64decode(settings.master_key.get_secret_value())
    if not key:
        raise ConfigError(
            "master_key is not set: give DINGDONG_MASTER_KEY, base64 of 32 bytes (openssl rand -base64 32)"
        )
    return key
