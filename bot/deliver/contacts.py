"""What the store knows of a person besides the conversation: consent, hold, what the phone can do."""

from __future__ import annotations

import time
from collections.abc import Mapping

from bot import keys
from bot.deliver.policy import Person
from bot.messages import AccountName, Capability, ContactId
from bot.store import Store

STOP = "stop:"
RICH = "rich:"


def person(who: Mapping[str, str], zone: str) -> Person:
    """The person policy looks at, from the fields of `keys.who`."""
    stops = frozenset(name[len(STOP) :] for name in who if name.startswith(STOP))
    return Person(stops=stops, held_by=who.get("held", ""), zone=zone)


def rich(who: Mapping[str, str]) -> dict[AccountName, bool | None]:
    """What is known of the phone, per account; what was learnt too long ago is not."""
    now = time.time()
    known: dict[AccountName, bool | None] = {}
    for name, value in who.items():
        if name.startswith(RICH):
            able, until = value.split(" ")
            if float(until) > now:
                known[AccountName(name[len(RICH) :])] = able == "1"
    return known


async def learn(
    store: Store, shard: int, contact: ContactId, *, account: AccountName, capability: Capability, ttl_s: int
) -> None:
    """Remember what a phone can do. No decision hangs on it but the form, so the epoch stays."""
    value = f"{int(capability.rich)} {time.time() + ttl_s:.0f}"
    await store.command("HSET", keys.who(shard, contact), f"{RICH}{account}", value)
