"""The words of one subject, ready to be found in a text.

A known word is found as the mark of its tag, a private character, and one `TAIL` for each of its further characters: a
text and its marks stay side by side. Marks lie in blocks by how much their words matter, so that one look at a
sentence of marks tells whether it can be an answer at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from flows.understand.replacing import replacing
from flows.understand.tokens import Find, Reader, head, is_latin

TAIL = "\x01"
IDLE, COLOURS, OWN, SPEAKS, LAST = 0xE000, 0xE100, 0xE200, 0xF800, 0xF8FF
"""Where the marks begin of words that say nothing by themselves, of those that may spoil an answer, of what is found
in one text only, and of words an answer can be made of. No text that is read holds such characters (`normalise`)."""
_BLOCKS = (IDLE, COLOURS, SPEAKS)
_VALUED = 0x80
"""So far into a block are the marks of words that begin as a value does. What is left of a mark is its word's tag."""

_SPEAKING = frozenset("ypxXnd+-eqSGBMaEPNLDTAFOHYZQJ")
_COLOURING = frozenset("cmhbrkw?WgzZj0vRs$UKC")
_BY_PLACE = frozenset("就 便 按 照 依 按照 就按 就照 就依 回 回复 回答 答复 发 输入 按 点 写 打".split())
"""Words that mean something else behind others (`clauses`): their sentences are read in full."""

_HEADS = "".join(f"{chr(block + _VALUED)}-{chr(block + 2 * _VALUED - 1)}" for block in _BLOCKS)
SYMBOLS: Mapping[str, str] = {"?": "?", "&": "r", "%": "g", "@": "u"}
_BACKGROUND = "fiIoV"
_FIRST_LATIN = re.compile("[a-z]+")


TAGS: Mapping[str, str] = {chr(block + at): chr(at % _VALUED) for block in _BLOCKS for at in range(2 * _VALUED)}
"""Mark -> the tag of its word."""
_SAYS = {mark: tag.strip(_BACKGROUND) for mark, tag in TAGS.items()} | {TAIL: "", " ": "", **SYMBOLS}


def core(marks: str) -> str:
    """What these marks say by themselves, no more than a remark; "u" for what is no mark."""
    return "".join(map(_SAYS.get, marks, repeat("u")))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """phrases: a Latin word -> the phrases it begins, the longest first, each with its mark.

    chinese: a text -> the text with its words marked, the Latin ones left. readers: what finds values, the same by what
    one begins with, and valued: where one may begin, with the whole of the word there. pieces: what marks stand for,
    one after the other: a word, a Latin word or code, or characters that begin neither a word nor a value.
    """

    phrases: Mapping[str, Sequence[tuple[str, str]]]
    readers: Sequence[Reader]
    by_start: Mapping[str, Sequence[Find]]
    valued: re.Pattern[str]
    pieces: re.Pattern[str]
    chinese: Callable[[str], str]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, str]], readers: Sequence[Reader]) -> Vocabulary:
        """tables: tag -> words separated by blanks, "_" a blank inside; a later table wins, no tag removes."""
        tags = {
            word.replace("_", " "): tag for table in tables for tag, words in table.items() for word in words.split()
        }
        starts = frozenset[str]().union(*(reader.starts for reader in readers))
        marks = {word: _mark(tag, word, valued=head(word) in starts) for word, tag in tags.items() if tag}
        phrases: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(marks, key=len, reverse=True):
            if first := _FIRST_LATIN.match(word):
                phrases.setdefault(first[0], []).append((word, marks[word]))
        return cls(
            phrases,
            tuple(readers),
            {start: tuple(reader.find for reader in readers if start in reader.starts) for start in starts},
            _valued(starts),
            _pieces(starts.union(marks)),
            replacing((word, spread(mark, len(word))) for word, mark in marks.items() if not is_latin(word[0])),
        )


def _mark(tag: str, word: str, *, valued: bool) -> str:
    block = SPEAKS if tag in _SPEAKING or word in _BY_PLACE else COLOURS if tag in _COLOURING else IDLE
    return chr(block + valued * _VALUED + ord(tag))


def _valued(starts: Iterable[str]) -> re.Pattern[str]:
    """Where a value may begin; not within a Latin word, a name or a code."""
    return re.compile(f"[{_first(starts)}{_HEADS}](?<![a-z0-9][a-z0-9]){TAIL}*+")


def _pieces(known: Iterable[str]) -> re.Pattern[str]:
    return re.compile(
        rf"[{chr(IDLE)}-{chr(LAST)}]{TAIL}*+|[a-z0-9][a-z0-9']*+|[^\W_][^\W_{_first(known)}]*+|.", re.DOTALL
    )


def _first(words: Iterable[str]) -> str:
    return "".join(re.escape(character) for character in sorted({word[0] for word in words}))


def spread(mark: str, length: int) -> str:
    """The mark of something `length` characters long, as long as that."""
    return mark + TAIL * (length - 1)
