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


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known, by its first character: words (longest first) with their tags, and readers of values."""

    words: Mapping[str, tuple[tuple[str, str], ...]]
    readers: Mapping[str, tuple[Find, ...]]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, str]], readers: Sequence[Reader]) -> Vocabulary:
        """tables: tag -> words separated by blanks, "_" for a blank inside; a later table wins, an empty tag removes."""
        tags = {word.replace("_", " "): tag for table in tables for tag, words in table.items() for word in words.split()}
        words: dict[str, tuple[tuple[str, str], ...]] = {}
        for word in sorted(filter(tags.get, tags), key=len, reverse=True):
            words[word[0]] = (*words.get(word[0], ()), (word, tags[word]))
        starts = sorted(set().union(*(reader.starts for reader in readers)))
        return cls(words, {start: tuple(reader.find for reader in readers if start in reader.starts) for start in starts})


def _latin(letter: str) -> bool:
    return "a" <= letter <= "z"


_BREAKS = frozenset(",.!;:~…—–\n()[]【】。、，·|-/")
_JOINERS = frozenset("-~/")
_SYMBOLS = {"?": "?", "&": "r", "%": "g", "@": "u"}


def scan(text: str, vocabulary: Vocabulary, today: date) -> list[Token]:
    """`text` as tokens. Each character is looked at a bounded number of times."""
    tokens: list[Token] = []
    at, size = 0, len(text)
    while at < size:
        first = text[at]
        known = first in vocabulary.words or first in vocabulary.readers
        token = (known and _word_or_value(text, at, vocabulary, today)) or _unknown(text, at, vocabulary)
        if first != " ":
            tokens.append(token)
        at += len(token.text)
    return tokens


def _word_or_value(text: str, at: int, vocabulary: Vocabulary, today: date) -> Token | None:
    """The longest of the known word and the values that begin here; on a tie a value that is one, and the earlier reader's."""
    first = text[at]
    if at and _latin(first) and _latin(text[at - 1]):
        return None
    known, tag, end = "", "", at
    for word, its_tag in vocabulary.words.get(first, ()):
        if text.startswith(word, at) and not (_latin(word[-1]) and _latin(text[at + len(word) : at + len(word) + 1])):
            known, tag, end = word, its_tag, at + len(word)
            break
    best: Found | None = None
    for find in vocabulary.readers.get(first, ()):
        found = find(text, at, today)
        if found is not None and (best is None or found.end > best.end):
            best = found
    if best is not None and best.end >= end + (best.tag == "g" and end > at):
        return Token(best.tag, text[at : best.end], best.value)
    return Token(tag, known) if known else None


def _unknown(text: str, at: int, vocabulary: Vocabulary) -> Token:
    """A break, a symbol, a Latin word or code, or a run of characters that begin nothing known."""
    first = text[at]
    if first in _BREAKS:
        return Token("r" if first in _JOINERS and _between_values(text, at) else ",", first)
    if not first.isalnum():
        return Token(_SYMBOLS.get(first, "f"), first)
    end = at + 1
    if first.isascii():
        while end < len(text) and (text[end].isascii() and text[end].isalnum() or text[end] == "'"):
            end += 1
    else:
        while end < len(text) and text[end].isalnum() and text[end] not in vocabulary.words and text[end] not in vocabulary.readers:
            end += 1
    return Token("u", text[at:end])


def _between_values(text: str, at: int) -> bool:
    return at > 0 and text[at - 1].isalnum() and text[at + 1 : at + 2].isalnum()
