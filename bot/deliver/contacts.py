"""What the store knows of a person besides the conversation: consent and hold."""

from __future__ import annotations

from collections.abc import Mapping

from bot.deliver.policy import Person

STOP = "stop:"


def person(who: Mapping[str, str], zone: str) -> Person:
    """The person policy looks at, from the fields of `keys.who`."""
    stops = frozenset(name[len(STOP) :] for name in who if name.startswith(STOP))
    return Person(stops=stops, held_by=who.get("held", ""), zone=zone)
