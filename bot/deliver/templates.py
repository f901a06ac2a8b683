"""Registered templates (报备): what providers said of them, and which of them a message may be sent with.

`bot templates status` asks the providers and writes what they say into the store; senders read it there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import TypeAdapter

from bot import keys
from bot.carriers.base import Carrier, RegistersTemplates, TemplatesOnly
from bot.messages import AccountName, TemplateUse
from bot.runtime import Runtime
from bot.store import Store
from cards import Cards
from cards.model import Card, CardError
from cards.registered import Review, unusable

REFRESH_S = 10.0
"""How old what a process knows of the reviews may be, in seconds."""
_REVIEW = TypeAdapter(Review)

Known: TypeAlias = Mapping[AccountName, Mapping[str, Review]]
"""Account → code of a template → what its provider said."""


class Reviews:
    """What the store knows of the templates of these accounts."""

    def __init__(self, store: Store, accounts: Iterable[AccountName]) -> None:
        self._store = store
        self._accounts = tuple(accounts)
        self._known: Known = {}
        self._read_at = float("-inf")

    async def known(self) -> Known:
        """As of a moment ago. Raises StoreDown."""
        if self._accounts and time.monotonic() - self._read_at > REFRESH_S:
            self._known = {account: await self.read(account) for account in self._accounts}
            self._read_at = time.monotonic()
        return self._known

    async def read(self, account: AccountName) -> Mapping[str, Review]:
        """What is known of an account's templates now. Raises StoreDown."""
        kept: Mapping[bytes, bytes] = await self._store.command("HGETALL", keys.templates(account))
        return {code.decode(): _REVIEW.validate_json(review) for code, review in kept.items()}

    async def write(self, account: AccountName, code: str, review: Review) -> None:
        """Raises StoreDown."""
        await self._store.command("HSET", keys.templates(account), code, _REVIEW.dump_json(review))


Takes: TypeAlias = Literal["approved", "either", "named"]
"""What an account's provider takes: approved templates alone; those and free text, too; any template, unreviewed."""


class Registrations:
    """How cards go to accounts by the templates they name."""

    def __init__(self, runtime: Runtime) -> None:
        self._cards = runtime.cards
        self._takes = {name: _takes(carrier) for name, carrier in runtime.carriers.items()}
        self._strict = frozenset(name for name, takes in self._takes.items() if takes == "approved")
        self._reviews = Reviews(runtime.store, [name for name, takes in self._takes.items() if takes != "named"])

    async def read(self) -> None:
        """What the store knows of their templates. Raises StoreDown."""
        await self._reviews.known()

    async def of(self, card: Card, *, marketing: bool) -> Mapping[AccountName, Registration]:
        """Of the accounts where it makes a difference. Raises StoreDown."""
        named = self._cards.template(card.name, card.language).templates
        concerned = self._strict.union(name for name in self._takes if name in named)
        if not concerned:
            return {}
        known = await self._reviews.known()
        return {
            name: registration(self._cards, card, name, known, takes=self._takes[name], marketing=marketing)
            for name in concerned
        }


def _takes(carrier: Carrier) -> Takes:
    if isinstance(carrier, TemplatesOnly):
        return "approved"
    return "either" if isinstance(carrier, RegistersTemplates) else "named"


@dataclass(frozen=True, slots=True)
class Registration:
    """How a card goes to an account. use: None = as free text. barred: why it must not go there, "" = it may."""

    use: TemplateUse | None = None
    barred: str = ""


def registration(
    cards: Cards, card: Card, account: AccountName, known: Known, *, takes: Takes, marketing: bool
) -> Registration:
    """Of one card and one account: by its template, as far as it may be used; else as text, where that is taken."""
    needed = takes == "approved"
    template = cards.template(card.name, card.language).templates.get(account)
    if template is None:
        return Registration(barred=f"{card.name} names no template for {account}" if needed else "")
    why = "" if takes == "named" else unusable(template, known.get(account, {}).get(template.source.code))
    if not why:
        try:
            filled = cards.registered(card, account, marketing=marketing)
        except CardError as error:
            why = f"template {template.source.code}: {error.problem}"
        else:
            return Registration(TemplateUse(filled.code, filled.params) if filled else None)
    return Registration(barred=why if needed else "")
