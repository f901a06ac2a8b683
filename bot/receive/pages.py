"""What was pulled and is not yet taken in: written down before any of it is, and sealed: it holds numbers and words.

The provider hands each page out once. A process that is killed in the middle of one leaves it here, and whoever pulls
that account next takes it in first; what had been taken in already is a repeat, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bot import keys
from bot.messages import AccountName, Bad, Inbound, Item, Receipt, Signal
from bot.sealing import Sealer
from bot.store import Store
from flows.values import Value, to_json

_KINDS: Final[Mapping[str, type[Item]]] = {kind.__name__: kind for kind in (Inbound, Receipt, Signal, Bad)}


class Pages(Value, frozen=True):
    """The pages of one account. Every method raises StoreDown."""

    store: Store
    sealer: Sealer
    account: AccountName

    async def put(self, page: bytes) -> None:
        """Write a page down. Put again because the answer was lost, it is there twice, and dropped at once."""
        await self.store.command("RPUSH", keys.pages(self.account), page)

    def page(self, items: Sequence[Item]) -> bytes:
        """A page as it is stored."""
        told = [(type(item).__name__, item) for item in items]
        return self.sealer.hide(keys.pages(self.account), to_json(told).decode())

    async def left(self) -> Sequence[tuple[bytes, tuple[Item, ...]]]:
        """Those that nobody has taken in, in order."""
        pages = await self.store.command("LRANGE", keys.pages(self.account), 0, -1)
        return [(page, self.opened(page)) for page in pages]

    async def drop(self, page: bytes) -> None:
        """All of it was taken in."""
        await self.store.command("LREM", keys.pages(self.account), 0, page)

    def opened(self, page: bytes) -> tuple[Item, ...]:
        """What `page` sealed."""
        told = msgspec.json.decode(
            self.sealer.reveal(keys.pages(self.account), page), type=list[tuple[str, msgspec.Raw]]
        )
        return tuple(msgspec.json.decode(item, type=_KINDS[name]) for name, item in told)
