"""The words of one subject, ready to be found in a text.

A known word is found as its mark, a private character that stands for it, and one `TAIL` for each of its further
characters: a text and its marks stay side by side. Marks lie in blocks by how much their words matter, so that one
look at a sentence of marks tells whether it can be an answer at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

from flows.understand.replacing import replacing
from flows.understand.tokens import Reader, Token, head, is_latin

TAIL = "\ue000"
IDLE, COLOURS, OWN, SPEAKS = 0xF0000, 0xF8000, 0x100000, 0x104000
"""Where the marks begin of words that say nothing by themselves, of those that may spoil an answer, of what is found
in one text only, and of words an answer can be made of. No text that is read holds such characters (`normalise`)."""
_BLOCKS = (IDLE, COLOURS, SPEAKS)
_VALUED = 0x2000
"""So many marks at the head of a block are for words that begin as a value does. A few ranges are looked up quickly."""

_SPEAKING = frozenset("ypxXnd+-eqSGBMaEPNLDTAFOHYZQJ")
_COLOURING = frozenset("cmhbrkw?WgzZj0vRs$UKC")
_BY_PLACE = frozenset("就 便 按 照 依 按照 就按 就照 就依 回 回复 回答 答复 发 输入 按 点 写 打".split())
"""Words that mean something else behind others (`clauses`): their sentences are read in full."""

_HEADS = "".join(f"{chr(block)}-{chr(block + _VALUED - 1)}" for block in _BLOCKS)
SYMBOLS: Mapping[str, str] = {"?": "?", "&": "r", "%": "g", "@": "u"}
_UNMARKED = {TAIL: "", " ": "", **SYMBOLS}
_BACKGROUND = "fiIoV"
_FIRST_LATIN = re.compile("[a-z]+")


class _Tags(dict[str, str]):
    """Mark -> tag; what is no mark stands for nothing known."""

    def __missing__(self, mark: str) -> str:
        return "u"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """tokens: mark -> its word; tags: mark -> what that says by itself, no more than a remark.

    phrases: a Latin word -> the phrases it begins, the longest first, each with its marks. chinese: a text -> the
    text with its words marked, the Latin ones left. begins: what a word or a value can begin with. readers: what
    finds values, and valued: where one may begin.
    """

    tokens: Mapping[str, Token]
    tags: Mapping[str, str]
    phrases: Mapping[str, Sequence[tuple[str, str]]]
    begins: frozenset[str]
    readers: Sequence[Reader]
    valued: re.Pattern[str]
    chinese: Callable[[str], str]

    @classmethod
    def of(cls, tables: Iterable[Mapping[str, str]], readers: Sequence[Reader]) -> Vocabulary:
        """tables: tag -> words separated by blanks, "_" a blank inside; a later table wins, no tag removes."""
        tags = {
            word.replace("_", " "): tag for table in tables for tag, words in table.items() for word in words.split()
        }
        starts = frozenset[str]().union(*(reader.starts for reader in readers))
        free = {
            (block, valued): count(block + (0 if valued else _VALUED)) for block in _BLOCKS for valued in (True, False)
        }
        marks = {word: chr(next(free[_block(tag, word), head(word) in starts])) for word, tag in tags.items() if tag}
        phrases: dict[str, list[tuple[str, str]]] = {}
        for word in sorted(marks, key=len, reverse=True):
            if first := _FIRST_LATIN.match(word):
                phrases.setdefault(first[0], []).append((word, spread(marks[word], len(word))))
        return cls(
            {mark: _token(tags[word], word) for word, mark in marks.items()},
            _Tags({mark: tags[word].strip(_BACKGROUND) for word, mark in marks.items()} | _UNMARKED),
            phrases,
            frozenset(word[0] for word in starts.union(marks)),
            tuple(readers),
            _valued(starts),
            replacing({word: spread(mark, len(word)) for word, mark in marks.items() if not is_latin(word[0])}),
        )


_token = cache(Token)
"""Most words say the same in every subject."""


def _valued(starts: frozenset[str]) -> re.Pattern[str]:
    """Where a value may begin; not within a Latin word, a name or a code."""
    first = "".join(re.escape(character) for character in sorted({start[0] for start in starts}))
    return re.compile(f"[{first}{_HEADS}](?<![a-z0-9][a-z0-9])")


def _block(tag: str, word: str) -> int:
    if tag in _SPEAKING or word in _BY_PLACE:
        return SPEAKS
    return COLOURS if tag in _COLOURING else IDLE


def spread(mark: str, length: int) -> str:
    """The mark of something `length` characters long, as long as that."""
    return mark + TAIL * (length - 1)
