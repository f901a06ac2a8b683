"""What a text should not say: it is read on lock screens, and by whoever holds the phone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cards.filters import yuan
from cards.shorten import LINK

_NAMES: Final = frozenset(
    "name full_name buyer_name seller_name contact_name recipient recipient_name".split()  # carrier_name is no person's
)
_ADDRESSES: Final = re.compile(r"(?:^|_)(?:address|street)$")
_HISTORIES: Final = re.compile(r"history$|^prices$")
_PHONE: Final = re.compile(r"(?<![0-9])(?:(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}|\+[0-9]{8,15})(?![0-9])")


def exposed(text: str, data: object) -> Iterator[str]:
    """What the text shows of the data that it should keep to itself, and what to do."""
    said = LINK.sub("", text)
    for key, value in _fields(data):
        if isinstance(value, str) and value and value in said:
            if key in _NAMES:
                yield "shows a name in text; say `| discreet`"
            elif _ADDRESSES.search(key):
                yield "shows an address in text; keep it to RCS or to a page"
        elif isinstance(value, list) and _HISTORIES.search(key) and _all_said(value, said):
            yield "shows a whole history of prices in text; say the latest"
    if _PHONE.search(said):
        yield "shows a phone number in text; use a `dial` button, or a page"


def _fields(data: object) -> Iterator[tuple[str, Any]]:
    """Every named value anywhere in the data."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield key, value
            yield from _fields(value)
    elif isinstance(data, list):
        for value in data:
            yield from _fields(value)


def _all_said(entries: list[Any], said: str) -> bool:
    amounts = [entry.get("price") if isinstance(entry, Mapping) else entry for entry in entries]
    return len(amounts) > 1 and all(_said(amount, said) for amount in amounts)


def _said(amount: object, said: str) -> bool:
    try:
        return str(amount) in said or yuan(str(amount)) in said
    except ValueError:
        return False
