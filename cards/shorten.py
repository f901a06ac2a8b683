"""Making a message fit by cutting the values in it that are free text, and nothing else.

What the card's author wrote stays; so do prices, addresses, codes, and anything short. What can only be made to fit by
cutting those does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from cards.templates import one_line, some_lines

KEPT: Final = 12
"""Characters of a value that are never cut."""

LINK: Final = re.compile(r"(?:https?://|www\.|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/)[^\s<>\"，。；！？、（）【】]*")
"""An address as people write it, with or without its scheme."""
_PRICE: Final = re.compile(r"[¥￥$€£] ?[0-9]|[0-9](?:,[0-9]{3}|\.[0-9]+)* ?(?:元|块|万|RMB|CNY|yuan)")
_CODE: Final = re.compile(r"(?=.*[0-9])[!-~]{1,64}")
"""One word of ASCII with a digit in it: an id, a number, a time."""


def fit(words: str, data: Mapping[str, JsonValue], fits: Callable[[str], bool], mark: str = "…") -> str | None:
    """`words` with the longest of its values cut until it fits; None when that is not enough.

    A value that also stands within a link of the words is left as it is there.
    """
    values = sorted({value for value in _free(data) if value in words}, key=len, reverse=True)
    longest = len(values[0]) if values else 0
    while longest > KEPT:
        longest = max(KEPT, longest * 7 // 8)
        shorter = words
        for value in values:
            if len(value) > longest:
                shorter = _outside_links(shorter, value, value[: longest - len(mark)].rstrip() + mark)
        if fits(shorter):
            return shorter
    return None


def _outside_links(words: str, value: str, cut: str) -> str:
    parts, at = [], 0
    for link in LINK.finditer(words):
        parts += [words[at : link.start()].replace(value, cut), link[0]]
        at = link.end()
    return "".join([*parts, words[at:].replace(value, cut)])


def _free(data: object) -> Iterator[str]:
    """Values as they are printed that may be cut: neither short nor a code, no address and no price in them."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _free(value)
    elif isinstance(data, list):
        for value in data:
            yield from _free(value)
    elif isinstance(data, str) and len(data) > KEPT and not _kept(data):
        yield one_line(data)
        yield some_lines(data)


def _kept(value: str) -> bool:
    return bool(LINK.search(value) or _PRICE.search(value) or _CODE.fullmatch(value))
