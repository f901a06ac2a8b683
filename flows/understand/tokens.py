"""What a text is cut into, and what finds a value in one.

Each token carries one letter, its tag (`words.TAGS` says what each stands for); what nobody knows is tagged "u". The
grammar of every subject is then a few patterns over strings of tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple, TypeAlias


class Found(NamedTuple):
    """What a reader of values found: its tag, where it ends, what it is worth."""

    tag: str
    end: int
    value: object


class Token(NamedTuple):
    tag: str
    text: str
    value: object = None


Find: TypeAlias = Callable[[str, int, date], Found | None]
"""Finds the value that begins at a place in a text; `date` is the contact's today."""


class Reader(NamedTuple):
    """Finds one kind of value.

    starts: all that one can begin with: a character, or a whole Latin word. somewhere: of these `pieces` any text with
    one in it holds at least one.
    """

    starts: frozenset[str]
    somewhere: frozenset[str]
    find: Find


_LATIN = re.compile("[a-z][a-z]*")  # `re` looks for a class in front three times as fast as for a repeated one


def head(text: str, at: int = 0) -> str:
    """What a value that begins there begins with."""
    first = text[at]
    word = _LATIN.match(text, at) if "a" <= first <= "z" else None
    return word[0] if word else first


def pieces(text: str) -> frozenset[str]:
    """The characters and the Latin words of a text: what need not be looked for is told by what is not among them."""
    return frozenset(text).union(_LATIN.findall(text))


def is_latin(letter: str) -> bool:
    return "a" <= letter <= "z"


MOST_UNKNOWN = 60
"""Characters nobody knows beside an answer; with more, the answer may be part of a story, and is not read."""
