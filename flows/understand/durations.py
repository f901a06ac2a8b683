"""Lengths of time in whole days: 三天, 两周, 半个月, 再放10日, one more week.

Week 7, half a month 15, month 30, year 365. A vague number (几天) has no days; a range, a fraction of a day,
hours and an absurd number of years are no length at all.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from flows.understand import numerals
from flows.understand.tokens import Found, Reader

ABSURD_YEARS = 10

_DAYS = {
    "天": 1,
    "日": 1,
    "周": 7,
    "星期": 7,
    "礼拜": 7,
    "月": 30,
    "年": 365,
    "day": 1,
    "week": 7,
    "fortnight": 14,
    "month": 30,
    "year": 365,
    "d": 1,
}
_UNIT = (
    r"天|日|周(?![一二三四五六日末年])|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天])|月(?!\d)|年|days?|weeks?"
    r"|fortnights?|months?|years?|d(?![a-z])"
)
_LENGTH = re.compile(
    rf"(?P<sign>-|负)?(?P<number>半|{numerals.NUMBER}|{numerals.ENGLISH}|\ba(?:nother)?\b(?! day\b)|half a)"
    r"(?P<some>来|多|几)?"
    rf"(?: ?more| ?extra| ?additional)? ?(?P<piece>个)?(?P<plushalf>半)?(?P<unit>{_UNIT})"
    r"(?P<more>多|半|左右|上下|出头|以上|之?内|以内|后|之后|以后|前|之前|余)?"
    r"|(?P<vague>几(?:天|日|个?月|周|个?星期|个?礼拜|年)|(?:一|大)?(?:阵子|阵儿|阵|段时间|段日子)"
    r"|些(?:天|日子|时日|时间)|some (?:more )?(?:time|days)|a (?:bit|while|few (?:more )?days)|longer|耐啲)"
    rf"|(?P<short>(?:半|{numerals.NUMBER}|{numerals.ENGLISH}|几|half an?)(?: ?more)? ?个?半?"
    r"(?:小时|钟头|分钟|刻钟|秒钟?|hours?|hrs?|minutes?|mins?(?![a-z])|h(?![a-z])|点钟头))"
)
STARTS = numerals.STARTS.union("-负半几大些时阵段耐", "a an another some longer half".split())


def find(text: str, at: int, _: date) -> Found | None:
    """The length that begins at `at`: tag L with whole days (None = not said), s when it is no number of whole days."""
    match = _LENGTH.match(text, at)
    before = text[at - 1 : at]
    if match is None or before == "第" or (match["unit"] == "日" and before in ("到", "至")):  # 到10日 is a date
        return None
    if before in ("过", "隔") or _names_a_day(text, at, match[0]):  # 过3天 is when, not how long
        return Found("s", match.end(), match[0])
    if match["short"]:
        if match["short"][:4].isdigit():  # 16000 min is a minimum
            return None
        return Found("s", match.end(), match[0])
    if match["vague"]:
        return Found("L", match.end(), None)
    days = None if match["some"] or match["more"] else _days(match)
    return Found("s", match.end(), match[0]) if days is None else Found("L", match.end(), days)


def _names_a_day(text: str, at: int, length: str) -> bool:
    """最后一天 and 那一天 are days, not a length of one; 那3天 may be "then 3 days"."""
    return text.endswith("最后", 0, at) or (
        length in ("一天", "1天", "一日") and text[at - 1 : at] in tuple("那哪这某")
    )


def _days(match: re.Match[str]) -> int | None:
    unit = match["unit"]
    length = _DAYS.get(unit) or _DAYS[unit.removesuffix("s")]
    if match["number"] in ("半", "half a"):
        return 15 if length == 30 else None
    number = Decimal(1) if match["number"] in ("a", "another") else numerals.parse(match["number"])
    if number is None or number != number.to_integral_value() or (length == 365 and number >= ABSURD_YEARS):
        return None
    if match["plushalf"] and length != 30:
        return None
    days = int(number) * length + (15 if match["plushalf"] else 0)
    return -days if match["sign"] else days


_SOMEWHERE = frozenset(
    "天 日 周 星 礼 月 年 些 时 钟 刻 秒 阵 段 耐 d h day days week weeks month months year years fortnight fortnights"
    " hour hours hr hrs min mins minute minutes longer time while bit few".split()
)
DURATIONS = Reader(STARTS, _SOMEWHERE, find)
