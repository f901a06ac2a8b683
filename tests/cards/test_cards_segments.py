"""Segments are counted exactly: by the rule of TS 23.038, not by an estimate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.segments import GSM_BASIC, GSM_EXTENSION, count

EXTENSION = "^{}\\[~]|€"
FAMILY = "👨‍👩‍👧‍👦"

WORKED = [
    ("a" * 160, "gsm7", 160, 1),
    ("a" * 161, "gsm7", 161, 2),
    ("a" * 306, "gsm7", 306, 2),
    ("a" * 307, "gsm7", 307, 3),
    ("a" * 459, "gsm7", 459, 3),
    ("a" * 460, "gsm7", 460, 4),
    ("a" * 158 + "€", "gsm7", 160, 1),
    ("a" * 159 + "€", "gsm7", 161, 2),
    ("€" * 80, "gsm7", 160, 1),
    ("€" * 81, "gsm7", 162, 2),
    ("€" * 152, "gsm7", 304, 2),
    ("€" * 153, "gsm7", 306, 3),
    ("a" * 152 + "€" + "a" * 152, "gsm7", 306, 3),
    ("€" * 76 + "a" + "€" * 76 + "a", "gsm7", 306, 2),
    (EXTENSION, "gsm7", 18, 1),
    ("a" * 142 + EXTENSION, "gsm7", 160, 1),
    ("a" * 143 + EXTENSION, "gsm7", 161, 2),
    ("\f" + "a" * 158, "gsm7", 160, 1),
    ("\f" + "a" * 159, "gsm7", 161, 2),
    ("\n" * 160, "gsm7", 160, 1),
    ("\r\n" * 80, "gsm7", 160, 1),
    ("Ç" * 160, "gsm7", 160, 1),
    ("ç" * 70, "ucs2", 70, 1),
    ("ç" * 71, "ucs2", 71, 2),
    ("èéùìò" * 32, "gsm7", 160, 1),
    ("á" + "a" * 69, "ucs2", 70, 1),
    ("á" + "a" * 70, "ucs2", 71, 2),
    ("`" + "a" * 69, "ucs2", 70, 1),
    ("`" + "a" * 70, "ucs2", 71, 2),
    ("`" + "a" * 159, "ucs2", 160, 3),
    ("’" + "a" * 69, "ucs2", 70, 1),
    ("’" + "a" * 70, "ucs2", 71, 2),
    ("\t" + "a" * 70, "ucs2", 71, 2),
    ("a" * 69 + "\u00a0", "ucs2", 70, 1),
    ("ΔΦΓΛΩΠΨΣΘΞ" * 16, "gsm7", 160, 1),
    ("\u0391" + "a" * 70, "ucs2", 71, 2),
    ("中" * 70, "ucs2", 70, 1),
    ("中" * 71, "ucs2", 71, 2),
    ("中" * 134, "ucs2", 134, 2),
    ("中" * 135, "ucs2", 135, 3),
    ("中" * 201, "ucs2", 201, 3),
    ("中" * 202, "ucs2", 202, 4),
    ("😀", "ucs2", 2, 1),
    ("😀" * 35, "ucs2", 70, 1),
    ("😀" * 36, "ucs2", 72, 2),
    ("😀" * 66, "ucs2", 132, 2),
    ("😀" * 67, "ucs2", 134, 3),
    ("中" * 66 + "😀" + "中" * 66, "ucs2", 134, 3),
    ("a" * 68 + "😀", "ucs2", 70, 1),
    ("a" * 69 + "😀", "ucs2", 71, 2),
    ("🇬🇧", "ucs2", 4, 1),
    (FAMILY, "ucs2", 11, 1),
    ("中" * 60 + FAMILY + "中" * 60, "ucs2", 131, 2),
    ("[ACME] Your code is 12345. Reply STOP to opt out", "gsm7", 50, 1),
    ("【示例】您的验证码123456,5分钟内有效。拒收请回复R", "ucs2", 29, 1),
    ("", "gsm7", 0, 1),
]
"""Rows on which three public packages and a reference agree (TS 23.038, TS 23.040)."""


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), WORKED)
def test_worked_examples(text: str, encoding: str, units: int, segments: int) -> None:
    """Encoding, units and segments are those of the worked examples."""
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_the_alphabet_is_whole() -> None:
    """The basic table has 127 characters and the escape, the extension table 10."""
    assert len(GSM_BASIC) == 127
    assert len(GSM_EXTENSION) == 10


def straightforward(text: str) -> int:
    """Segments the slow way: write the text out unit by unit and cut it where a part is full."""
    if all(character in GSM_BASIC | GSM_EXTENSION for character in text):
        letters = [["ESC", character] if character in GSM_EXTENSION else [character] for character in text]
        single, part = 160, 153
    else:
        encoded = [character.encode("utf-16-be") for character in text]
        letters = [[str(unit[index : index + 2]) for index in range(0, len(unit), 2)] for unit in encoded]
        single, part = 70, 67
    if sum(map(len, letters)) <= single:
        return 1
    parts: list[list[str]] = [[]]
    for letter in letters:
        if len(parts[-1]) + len(letter) > part:
            parts.append([])
        parts[-1] += letter
    return len(parts)


GSM_TEXT = st.text(st.sampled_from(sorted(GSM_BASIC | GSM_EXTENSION)), max_size=500)
ANY_TEXT = st.text(st.one_of(st.sampled_from("中a€😀[ç1，"), st.characters(exclude_categories=["Cs"])), max_size=300)


@given(st.one_of(GSM_TEXT, ANY_TEXT))
def test_agrees_with_the_slow_way(text: str) -> None:
    """Any text takes as many segments as writing it out part by part."""
    assert count(text).segments == straightforward(text)
