"""Everything a role needs, built once by `bot.__main__` and handed down. A plain value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp

from bot import keys
from bot.carriers.base import Carrier
from bot.carriers.http import Http
from bot.ids import shard_of
from bot.messages import AccountName, ContactId, PhoneNumber
from bot.rounds import Elsewhere
from bot.sealing import Sealer
from bot.settings import Settings
from bot.store import Store
from cards import Cards
from flows.library import Library

Wake = Callable[[int], None]


class Hands(Protocol):
    """A worker in this process. It can be handed a person together with the mail that would have woken it."""

    def token(self) -> str:
        """Of the claim that may be made for it; "" while it has its hands full."""

    def take(self, shard: int, token: str, row: Sequence[Any]) -> None:
        """Serve the person: they are claimed with that token, `row` is what `lua/accept` returned."""


class Wakes:
    """Who is told when a shard has work: the role itself where it runs in this process, else another process.

    hands: the worker of this process, if it has one.
    """

    def __init__(self, store: Store) -> None:
        self.hands: Hands | None = None
        self.work: Wake = Elsewhere(store, keys.WAKE_WORK)
        self.send: Wake = Elsewhere(store, keys.WAKE_SEND)
        self.post: Wake = Elsewhere(store, keys.WAKE_POST)


@dataclass(frozen=True, slots=True)
class Runtime:
    """The open connections and the loaded content of one process."""

    settings: Settings
    store: Store
    http: aiohttp.ClientSession
    providers: Http
    sealer: Sealer
    carriers: Mapping[AccountName, Carrier]
    cards: Cards
    library: Library
    wakes: Wakes

    def contact(self, number: PhoneNumber) -> tuple[ContactId, int]:
        """The contact at a number, and its shard."""
        contact = self.sealer.contact(number)
        return contact, shard_of(contact, self.store.shards)
