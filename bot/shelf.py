"""The shelf of an account's access token: one for all processes, sealed, for as long as the provider believes it."""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag

from bot import keys
from bot.carriers.tokens import Grant
from bot.errors import StoreDown
from bot.messages import AccountName
from bot.sealing import Sealer
from bot.store import Store

MIN_MS: Final = 1
"""The shortest life a key can be given, in ms."""


class StoreShelf:
    """See `bot.carriers.tokens.Shelf`. A store that is down has no token: the next process fetches one."""

    def __init__(self, store: Store, sealer: Sealer, account: AccountName) -> None:
        self._store, self._sealer = store, sealer
        self._key = keys.token(account)

    async def get(self) -> Grant | None:
        try:
            hidden, left_ms = self._store.command("GET", self._key), self._store.command("PTTL", self._key)
            found, left = await hidden, await left_ms
            return Grant(self._sealer.reveal(self._key, found), left / 1000) if found and left > 0 else None
        except (StoreDown, InvalidTag):
            return None

    async def put(self, grant: Grant) -> None:
        life_ms = max(MIN_MS, int(grant.lifetime_s * 1000))
        try:
            await self._store.command("SET", self._key, self._sealer.hide(self._key, grant.token), "PX", life_ms)
        except StoreDown:
            return
