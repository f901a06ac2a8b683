"""Amounts of yuan as people write them, and the numbers that are none.

Bare numbers of four or five digits are prices; shorter ones are menu numbers or nothing, longer ones
codes, orders or telephones. Anything with a unit of money or a place from 千 up is a price.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from flows.understand import numerals
from flows.understand.tokens import Found, Reader

DEAREST = Decimal(99_999_999)
"""Yuan. More than this is a slip of the finger."""

_YUAN = r"元|圆|块大洋|块钱|块(?![手表玉布金皮腕劳浪欧卡])|人民币|rmb|cny|yuan|大洋|¥"
_FOREIGN = (
    r"美元|美金|美刀|刀|欧元|欧|英镑|镑|蚊|日元|日币|韩元|港元|港币|港纸|台币|新台币|澳元|加元|卢布|泰铢|比特币|usd"
    r"|us|eur|gbp|jpy|hkd|krw|aud|cad|btc|usdt|dollars?|bucks?|euros?|pounds?|yen|[$€£]"
)
_AMOUNT = re.compile(
    rf"(?P<before>(?:¥|rmb|cny|人民币) ?)?(?P<foreign>[$€£]|(?:usd?|hkd|eur|美元|港币) ?)?(?P<sign>[+-])?"
    rf"(?P<number>{numerals.NUMBER}|{numerals.ENGLISH})"
    r"(?P<grand> ?(?:grand|thousand)\b)?(?: ?"
    rf"(?:(?P<other>{_FOREIGN})|(?P<yuan>{_YUAN})"
    rf"(?:(?P<jiao>[1-9{numerals.CHINESE_DIGIT}])(?:毛钱?|角)?"
    rf"(?![\d{numerals.CHINESE_DIGIT}{numerals.SMALL}]))?[整正]?|(?P<jiaos>毛钱?|角)|(?P<garbled>[%°折]|成(?![交吗么不]))))?整?"
    r"(?P<attached>[a-z]+)?"
    r"(?P<more>多|来(?=[块元]|$)|几(?=[块元]|$)|出头|左右|上下|\+|朝上|不到|把(?=$|[,.!?吧]))?(?:块钱?|元)?"
)
_DOTTED = re.compile(r"\.\d")
_SLIP = re.compile(r",\d{4}(?!\d)|[*×x/+=]\d+")  # 1,6000 and 16000*2: a slip, or a sum to do
_MONEY_PLACE = re.compile("[万亿千仟]|(?<![a-z])[wk]|thousand|grand|hundred")
_ANSWERS = frozenset({"ok", "okay", "y", "yes", "n", "no", "deal", "please", "pls"})
"""Latin words that may follow a number without a blank; any other makes it a code (1e5, 0x3e80, 3q)."""
STARTS = numerals.STARTS.union("¥$€£-+人美港", "rmb cny us usd hkd eur".split())


def find(text: str, at: int, _: date) -> Found | None:
    """The amount or number that begins at `at`: tag P (a price), N (a bare number), g (no usable number).

    The value of P and N is a Decimal: yuan, or the number itself.
    """
    match = _AMOUNT.match(text, at)
    if match is None:
        return None
    end = match.end()
    garbled = match["garbled"]
    if attached := match["attached"]:
        end, garbled = match.start("attached"), garbled or attached not in _ANSWERS
    before = text[at - 1] if at else ""
    if slip := _SLIP.match(text, end):
        return Found("g", slip.end(), text[at : slip.end()])
    if _DOTTED.match(text, end) or (before == "." and text[at - 2 : at - 1].isdigit()):
        return Found("g", match.end(), match[0])  # 2.0.1 is a version or an address
    if match["sign"] == "-" and before.isdigit():
        return None
    value = numerals.parse(match["number"])
    if match["sign"] or match["foreign"] or match["other"] or garbled or match["more"] or value is None:
        return Found("g", match.end(), match[0])
    if match["grand"]:
        value *= 1000
    if match["jiaos"]:
        value /= 10
    elif match["jiao"]:
        value += (numerals.parse(match["jiao"]) or Decimal(0)) / 10
    unit = match["before"] or match["yuan"] or match["jiaos"]
    if not unit and not match["grand"] and not _MONEY_PLACE.search(match["number"]):
        return _bare(match["number"], value, end)
    return Found("P", end, value) if 0 < value <= DEAREST else Found("g", end, match[0])


def _bare(number: str, value: Decimal, end: int) -> Found:
    digits = len(number.replace(",", "").partition(".")[0])
    if digits in (4, 5) and number[0] not in "0零〇" and value >= 1000:
        return Found("P", end, value)
    return Found("N", end, value)


def spelt(value: Decimal) -> str:
    """The decimal string a slot holds: 15200, 15200.5."""
    return str(int(value)) if value == int(value) else format(value.normalize(), "f")


AMOUNTS = Reader(STARTS, numerals.STARTS, find)
