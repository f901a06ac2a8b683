"""Words → tokens.

A text is read from left to right, the longest known word or value first. Each token carries one letter,
its tag (`words.TAGS` says what each stands for); what nobody knows is tagged "u". The grammar of every
subject is then a few patterns over strings of tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    """Finds one kind of value; `starts` are all the characters it can begin with."""

    starts: frozenset[str]
    find: Find


class Begins(NamedTuple):
    """What a character can begin: words of these lengths (longest first), and values."""

    lengths: tuple[int, ...]
    finds: tuple[Find, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Each known word as its token, and what each character can begin."""

    words: Mapping[str, Token]
    begins: Mapping[str, Begins]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, str]], readers: Sequence[Reader]) -> Vocabulary:
        """tables: tag -> words separated by blanks, "_" a blank inside; a later table wins, no tag removes."""
        tags = {
            word.replace("_", " "): tag for table in tables for tag, words in table.items() for word in words.split()
        }
        known = {word: Token(tag, word) for word, tag in tags.items() if tag}
        lengths: dict[str, set[int]] = {start: set() for reader in readers for start in reader.starts}
        for word in known:
            lengths.setdefault(word[0], set()).add(len(word))
        begins = {
            first: Begins(
                tuple(sorted(of, reverse=True)), tuple(reader.find for reader in readers if first in reader.starts)
            )
            for first, of in lengths.items()
        }
        return cls(known, begins)


_BREAKS = frozenset(",.!;:~…—–\n()[]【】。、，·|-/")
_JOINERS = frozenset("-~/")
_SYMBOLS = {"?": "?", "&": "r", "%": "g", "@": "u"}


MOST_UNKNOWN = 60
"""Characters nobody knows beside an answer; with more, the answer may be part of a story, and is not read."""


def scan(text: str, vocabulary: Vocabulary, today: date) -> list[Token]:
    """`text` as tokens, as far as it can be an answer. Each character is looked at a bounded number of times."""
    tokens: list[Token] = []
    words, begins = vocabulary.words, vocabulary.begins
    at, size, unknown = 0, len(text), 0
    while at < size and unknown <= MOST_UNKNOWN:
        first = text[at]
        start = begins.get(first)
        token = None
        if start is not None and not (at and _latin(first) and _latin(text[at - 1])):
            for length in start.lengths:
                token = words.get(text[at : at + length])
                if token is not None and not (_latin(token.text[-1]) and _latin(text[at + length : at + length + 1])):
                    break  # the longest known word; a Latin word is known only whole
            else:
                token = None
            if start.finds:
                token = _value(text, at, start.finds, today, token)
        if token is None:
            token = _unknown(text, at, begins)
            unknown += len(token.text) if token.tag == "u" else 0
        at += len(token.text)
        if first != " ":
            tokens.append(token)
    return tokens


def _latin(letter: str) -> bool:
    return "a" <= letter <= "z"


def _value(text: str, at: int, finds: tuple[Find, ...], today: date, word: Token | None) -> Token | None:
    """The longest value that begins here when it is as long as the word; a numeral that is no value must be longer."""
    best: Found | None = None
    for find in finds:
        found = find(text, at, today)
        if found is not None and (best is None or found.end > best.end):
            best = found
    if best is None:
        return word
    if word is not None and best.end < at + len(word.text) + (best.tag == "g"):
        return word
    return Token(best.tag, text[at : best.end], best.value)


def _unknown(text: str, at: int, begins: Mapping[str, Begins]) -> Token:
    """A break, a symbol, a Latin word or code, or a run of characters that begin nothing known."""
    first = text[at]
    if first in _BREAKS:
        return Token("r" if first in _JOINERS and _between_values(text, at) else ",", first)
    if not first.isalnum():
        return Token(_SYMBOLS.get(first, "f"), first)
    end = at + 1
    if first.isascii():
        while end < len(text) and ((text[end].isascii() and text[end].isalnum()) or text[end] == "'"):
            end += 1
    else:
        while end < len(text) and text[end].isalnum() and text[end] not in begins:
            end += 1
    return Token("u", text[at:end])


def _between_values(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalnum() and text[at + 1 : at + 2].isalnum()
