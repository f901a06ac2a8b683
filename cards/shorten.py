"""Making a message fit by cutting the values in it that are free text, and nothing else.

What the card's author wrote stays; so do prices, addresses, and anything short. What can only be made to fit by
cutting those does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from cards.templates import one_line, some_lines

KEPT: Final = 12
"""Characters of a value that are never cut."""


def fit(words: str, data: Mapping[str, JsonValue], fits: Callable[[str], bool], mark: str = "…") -> str | None:
    """`words` with the longest of its values cut until it fits; None when that is not enough."""
    values = sorted({value for value in _free(data) if value in words}, key=len, reverse=True)
    longest = len(values[0]) if values else 0
    while longest > KEPT:
        longest = max(KEPT, longest * 7 // 8)
        shorter = words
        for value in values:
            if len(value) > longest:
                shorter = shorter.replace(value, value[: longest - len(mark)].rstrip() + mark)
        if fits(shorter):
            return shorter
    return None


def _free(data: object) -> Iterator[str]:
    """Values as they are printed that may be cut: neither short nor with an address or a price in them."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _free(value)
    elif isinstance(data, list):
        for value in data:
            yield from _free(value)
    elif isinstance(data, str) and len(data) > KEPT and "://" not in data and "¥" not in data:
        yield one_line(data)
        yield some_lines(data)
