"""One number, in Arabic or Chinese numerals or a mixture, in English words.

A trailing digit takes the next lower place (一万五 = 15000, 3千2 = 3200) unless 零 stands before it.
Two digits side by side between places are a range (一万五六, 三五百) and no number.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

_DIGITS = {
    digit: value
    for value, digits in enumerate(
        ("零〇", "一壹幺", "二两俩贰", "三叁仨", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for digit in digits
}
_PLACES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "k": 1000}
_MYRIADS = {"万": 10**4, "w": 10**4, "亿": 10**8}

ARABIC = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
CHINESE_DIGIT = "零〇一二两俩三仨四五六七八九壹贰叁肆伍陆柒捌玖幺"
SMALL = "十拾百佰千仟"
NUMBER = (
    rf"(?:(?:{ARABIC})(?:[万亿千仟百kw](?![a-z])[\d{CHINESE_DIGIT}{SMALL}kw]*)?"
    rf"|[{CHINESE_DIGIT}{SMALL}](?:[{CHINESE_DIGIT}{SMALL}万亿]|点(?=[{CHINESE_DIGIT}]{{1,6}}[万亿千w]))*[w]?"
    "|万[二三四五六七八九](?:千[一二三四五六七八九]?)?)"
)
"""Pattern of what `parse` may be given; it may still find no number in it."""

_TOKEN = re.compile(rf"(?:{ARABIC})|.", re.DOTALL)
_SPOKEN = re.compile(rf"([{CHINESE_DIGIT}十])点([{CHINESE_DIGIT}]+)([万亿千w])")

_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen".split()
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ENGLISH = dict(zip(_ONES, range(1, 20), strict=True)) | dict(zip(_TENS, range(20, 100, 10), strict=True))
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000}
ENGLISH = rf"\b(?:{'|'.join(_ENGLISH)})(?:[ -](?:and )?(?:{'|'.join([*_ENGLISH, *_SCALES])}))*\b"
"""Pattern of an English number in words."""
IN_WORDS = tuple(_ENGLISH)
STARTS = frozenset("0123456789万" + CHINESE_DIGIT + SMALL).union(_ENGLISH)
"""What a number can begin with: a character, or an English word."""


@lru_cache(maxsize=4096)
def parse(words: str) -> Decimal | None:
    """The number `words` are, or None when they are none, a range, or put together wrongly."""
    if words.isascii() and words.replace(",", "").replace(".", "", 1).isdigit():
        return None if re.fullmatch(r"\d{1,3}\.\d{3}", words) else Decimal(words.replace(",", ""))
    if words[0] in "abcdefghijlmnopqrstuvxyz":
        return _english(words)
    if spoken := _SPOKEN.fullmatch(words):
        whole, part, unit = spoken.groups()
        fraction = "".join(str(_DIGITS[digit]) for digit in part)
        return Decimal(f"{10 if whole == '十' else _DIGITS[whole]}.{fraction}") * (_PLACES | _MYRIADS)[unit]
    if all(letter in _DIGITS for letter in words):
        return _one_by_one(words)
    return _placed(_TOKEN.findall(words))


def _one_by_one(words: str) -> Decimal | None:
    """一六八零零 = 16800; two digits without 零 (三五, 七八) are a range."""
    if len(words) == 2 and "零" not in words and "〇" not in words:
        return None
    return Decimal("".join(str(_DIGITS[digit]) for digit in words))


def _placed(tokens: list[str]) -> Decimal | None:
    total = section = Decimal(0)
    pending: Decimal | None = None
    last, small, zero, wide = 0, 10**9, False, False
    for said in tokens:
        if said in "零〇":
            if pending is not None:
                return None
            zero = True
        elif said in _PLACES:
            place = _PLACES[said]
            if place >= small or (pending is None and place != 10) or (pending is None and zero and place != 10):
                return None
            section += (1 if pending is None else pending) * place
            pending, last, small, zero = None, place, place, False
        elif said in _MYRIADS:
            section += pending or (1 if tokens[0] == "万" and len(tokens) > 1 else 0)  # 万五 is 一万五
            if not section or (last and last <= _MYRIADS[said] and total):
                return None
            total, section = total + section * _MYRIADS[said], Decimal(0)
            pending, last, small, zero = None, _MYRIADS[said], 10**9, False
        else:
            if pending is not None:
                return None
            pending = Decimal(_DIGITS[said]) if said in _DIGITS else Decimal(said.replace(",", ""))
            wide = len(said) > 1
    if pending is None:
        return total + section
    if last and wide:  # 1万6500 and 1万500 say what they are; 1万65 does not
        return total + section + pending if pending >= 100 and pending < last else None
    return total + section + pending * (last // 10 if last > 10 and not zero else 1)


def _english(words: str) -> Decimal | None:
    """sixteen thousand five hundred, fifteen-hundred, twenty grand."""
    total = current = 0
    for word in words.replace("-", " ").replace(" and ", " ").split():
        if word in _ENGLISH:
            if (current % 10 and current % 100) or (current % 100 and _ENGLISH[word] >= 10):
                return None
            current += _ENGLISH[word]
        elif word == "hundred":
            current *= 100
        else:
            total, current = total + current * _SCALES[word], 0
    return Decimal(total + current)
