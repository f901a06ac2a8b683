"""The answers a card offers, in the order text numbers them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cards.compiled import ButtonTemplate, CardTemplate
from cards.model import CardChoice
from cards.templates import Scope, Value

_ID: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""What is safe in a postback, a URL and a Redis field."""


class Offered(NamedTuple):
    """A reply button with the data it stands in. entry: its place in the carousel's list, None outside it."""

    id: str
    button: ButtonTemplate
    scope: Scope
    entry: int | None


def entries(template: CardTemplate, scope: Scope) -> Iterator[Scope]:
    """The data of each panel of the carousel: the entry is `it`, its number from 1 is `n`. Raises CardError."""
    if template.carousel is None:
        return
    each = template.carousel.each
    found = scope.get(each)
    if not isinstance(found, list):
        raise template.carousel.place.at("each").error(f"the data has no list `{each}`")
    for n, entry in enumerate(found, 1):
        yield {**scope, "it": entry, "n": n}


def offered(template: CardTemplate, scope: Scope) -> list[Offered]:
    """The card's replies: entry by entry, then those outside the list. Raises CardError."""
    found: list[Offered] = []
    taken: set[str] = set()
    if template.carousel:
        for entry, inner in enumerate(entries(template, scope)):
            found += [
                Offered(_id(reply, inner, taken), reply, inner, entry) for reply in template.carousel.panel.replies
            ]
    found += [Offered(_id(reply, scope, taken), reply, scope, None) for reply in template.panel.replies]
    return found


def label(template: CardTemplate, offer: Offered) -> str:
    """What the choice is called: its button, or the entry it picks (and its button, where an entry has several)."""
    button = offer.button.label.render(offer.scope)
    if offer.entry is None or template.carousel is None:
        return button
    entry = template.carousel.label.render(offer.scope)
    return entry if len(template.carousel.panel.replies) == 1 else f"{entry} {button}"


def choice(offer: Offered, labels: Mapping[str, str]) -> CardChoice:
    """The offer as a choice an ask can freeze. labels: language -> label. Raises CardError."""
    slots = {
        name: value.evaluate(offer.scope) if isinstance(value, Value) else value
        for name, value in offer.button.slots.items()
    }
    return CardChoice(offer.id, offer.button.means, labels, slots, offer.button.hidden)


def _id(reply: ButtonTemplate, scope: Scope, taken: set[str]) -> str:
    """An explicit id as it stands; otherwise what it means, made unique with "-2", "-3"…"""
    if reply.id is not None:
        given = reply.id.render(scope)
        if given in taken or not _ID.match(given):
            raise reply.id.place.error(f"{given!r} is used twice, or not made of letters, digits, '.', '_' and '-'")
    else:
        given, n = reply.means, 2
        while given in taken:
            given, n = f"{reply.means}-{n}", n + 1
    taken.add(given)
    return given
