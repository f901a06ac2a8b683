"""What the phones of people can do with each RCS account: remembered, by the account's rule, or asked."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Final

from bot import keys
from bot.deliver.capabilities import Capabilities
from bot.messages import AccountName, ContactId, PhoneNumber
from bot.runtime import Runtime

RICH: Final = "rich:"
"""Field of `keys.who`, in front of the account: "<1|0> <until, epoch seconds>"."""

RULE: Final[Mapping[str, bool | None]] = {"ask": None, "text": False, "rich": True}
"""What an account's `unknown_phones` takes a phone for; None = ask."""

Rich = dict[AccountName, bool | None]
"""Whether a phone shows RCS of an account; None = not known."""


class Phones:
    """The RCS accounts of one process, and what it may believe of phones."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings.sender
        self._store = runtime.store
        self._ttl_s = settings.capability_ttl_s
        rcs = {name: carrier for name, carrier in runtime.carriers.items() if "rbm" in carrier.forms}
        self._rules = {name: RULE[carrier.settings.unknown_phones] for name, carrier in rcs.items()}
        self._capabilities = Capabilities(rcs, runtime.providers, settings.capability_wait_ms / 1000)

    def known(self, who: Mapping[str, str]) -> Rich:
        """Of one phone, by the fields of `keys.who`; what was learnt too long ago counts as not known."""
        return self._rules | remembered(who)

    async def ask(self, shard: int, contact: ContactId, number: PhoneNumber, accounts: Collection[AccountName]) -> Rich:
        """What these accounts say of a phone, remembered where they say anything."""
        able: Rich = {}
        for account in accounts:
            if (capability := await self._capabilities.of(account, number)) is not None:
                able[account] = capability.rich
                await self.remember(shard, contact, account, rich=capability.rich)
        return able

    async def remember(self, shard: int, contact: ContactId, account: AccountName, *, rich: bool) -> None:
        """No decision hangs on it but the form, so the epoch stays."""
        await self._store.command("HSET", keys.who(shard, contact), RICH + account, fact(rich=rich, ttl_s=self._ttl_s))


def remembered(who: Mapping[str, str]) -> Rich:
    """What is still believed of a phone."""
    now = time.time()
    known: Rich = {}
    for name, value in who.items():
        if name.startswith(RICH):
            able, until = value.split(" ")
            if float(until) > now:
                known[AccountName(name[len(RICH) :])] = able == "1"
    return known


def fact(*, rich: bool, ttl_s: float) -> str:
    """The value of a `RICH` field that is believed for so long."""
    return f"{int(rich)} {time.time() + ttl_s:.0f}"
