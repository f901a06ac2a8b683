"""Typos with one obvious reading, and pinyin, put back into the characters that were meant.

A table of homophones and look-alikes per keyword, not a measure of likeness: 不同意 is near 同意 by any
measure, and is its opposite. A character that makes another real word stands in no class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from flows.understand.replacing import replacing

_FILE: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "words" / "spelling.yml").read_text("utf-8"))
_HEARD = {word: tuple(kinds.split()) for word, kinds in _FILE["heard"].items()}
_REAL_WORDS = frozenset(_FILE["real_words"].split())

_AS_MEANT = replacing(
    (typed, word)
    for word, classes in _HEARD.items()
    for typed in map("".join, product(*classes))
    if typed != word and typed not in _REAL_WORDS
)
_BA = tuple(f"{before}把" for before in "来了卖行好以货回意")
_BY_PINYIN: Mapping[str, str] = {
    syllables.replace(" ", ""): word for syllables, word in _FILE["pinyin"].items()
} | _FILE["letters"]
_LATIN = re.compile("[a-z](?:[a-z ]*[a-z])?")
_LONGEST_PINYIN = max(map(len, _BY_PINYIN))


def correct(text: str) -> str:
    """`text` with homophone typos and pinyin replaced by what was meant; anything doubtful is left as it is."""
    if not text.isascii():
        text = _AS_MEANT(text)
        if text.endswith(_BA):
            text = text[:-1] + "吧"
    return _LATIN.sub(lambda run: _characters(run[0]) or run[0], text)


def _characters(run: str) -> str:
    """A run of Latin words as Chinese when all of it is known pinyin, else ""."""
    letters = run.replace(" ", "")
    if len(letters) == 1:
        return ""
    said, at = "", 0
    while at < len(letters):
        for end in range(min(len(letters), at + _LONGEST_PINYIN), at, -1):
            if word := _BY_PINYIN.get(letters[at:end]):
                said, at = said + word, end
                break
        else:
            return ""
    return said
