"""Access tokens: fetched when one is needed, kept until shortly before they end, shared by all sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.carriers.http import Http

EARLY_S: Final = 60
"""A token is renewed this long before it ends, so that none ends under way."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A token and how long it is good, in seconds from when it was asked for."""

    token: str
    lifetime_s: float


class Shelf(Protocol):
    """Where all processes of one installation find the token of one account."""

    async def get(self) -> Grant | None:
        """The token there, if it is good for a while yet."""

    async def put(self, grant: Grant) -> None:
        """In place of the one before. Never raises: what nobody finds is fetched again."""


class Tokens:
    """The access token of one account.

    fetch: asks the provider for one; raises SendError, never unknown: nothing was sent.
    However many sends meet without a token, one request fetches it for all of them.
    shelf: set where fetching a token makes the one before worthless: then another process may have a better one.
    """

    shelf: Shelf | None = None

    def __init__(self, fetch: Callable[[Http], Awaitable[Grant]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._token = ""
        self._until = 0.0
        self._fetching: asyncio.Task[None] | None = None

    async def token(self, http: Http) -> str:
        """An access token good for EARLY_S at least. Raises what `fetch` raises."""
        if self._clock() >= self._until:
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._renew(http))
                self._fetching.add_done_callback(_seen)
            await asyncio.shield(self._fetching)  # a caller that gives up takes nobody with it
        return self._token

    def forget(self, token: str) -> None:
        """That token was refused: the next call fetches another."""
        if token == self._token:
            self._until = 0.0

    async def _renew(self, http: Http) -> None:
        asked = self._clock()
        grant = await self._shelved()
        if grant is None:
            grant = await self._fetch(http)
            if self.shelf is not None:
                await self.shelf.put(grant)
        self._token, self._until = grant.token, asked + grant.lifetime_s - EARLY_S

    async def _shelved(self) -> Grant | None:
        """What another process put there, unless it is the one that has just ended or been refused."""
        grant = await self.shelf.get() if self.shelf is not None else None
        return grant if grant and grant.token != self._token and grant.lifetime_s > EARLY_S else None


def _seen(task: asyncio.Task[None]) -> None:
    """Its failure went to those who waited; if all of them gave up, it is nobody's."""
    if not task.cancelled():
        task.exception()
