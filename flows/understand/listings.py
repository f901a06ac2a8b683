"""Expiring: extend by a length or until a day, take back, lower the price, or let it lapse."""

from __future__ import annotations

import re

from flows.understand import prices, yes_no
from flows.understand.acts import Act
from flows.understand.clauses import Clause
from flows.understand.dates import Day

_LONGER = re.compile(r"[yplMVutv]*(e*)(L?)e*[pltaye+M]*(\??)")
_NOT_LONGER = re.compile(r"[yulp]*[nd]+e+[ltap]*")
_UNTIL = re.compile(r"[yplMeu]*(V*)e*D[pltay+M]*(\??)")
_LOWER = re.compile(r"[yplMu]*S+[Sply+ta]*(\??)")
_NOT_LOWER = re.compile(r"[yul]*[ndx]+S+[ltap+]*")
_PRICED = re.compile(r"[SV+vMe]")


def read(clause: Clause) -> Act | None:
    for tag, reader in _READERS:
        if tag in clause.core:
            return reader(clause)
    said = yes_no.read(clause)  # a yes picks none of the three; a no is what silence would do
    return said._replace(intent="deny") if said is not None and said.intent == "no" else None


def _priced(clause: Clause) -> Act | None:
    """A price counts when a verb says what to do with it; alone it may be anything."""
    if any(token.tag == "e" and token.text not in _NEEDS_LENGTH for token in clause.tokens):
        return None  # 14000继续卖 asks for two things
    named = prices.read(Clause(clause.tokens, clause.core.replace("S", "+").replace("e", ""), clause.tags))
    if named is None or named.denied or _PRICED.search(clause.core):
        return named
    return named._replace(intent="price", rule="listings.bare_price")


def _until(clause: Clause) -> Act | None:
    match = _UNTIL.fullmatch(clause.core)
    day = clause.value("D")
    if match is None or not isinstance(day, Day) or day.on is None or (match[2] and not re.search("[pM]", clause.core)):
        return None
    said = next(token for token in clause.tokens if token.tag == "D")
    if not (match[1] or "e" in clause.core) and not re.search("月|[-/]", said.text):
        return None
    why = f"asks to keep it until {said.text}"
    return Act("extend_until", "listings.until", why, {"date": day.on.isoformat()}, bare=not _says_to_keep(clause))


def _longer(clause: Clause) -> Act | None:
    if _NOT_LONGER.fullmatch(clause.core):
        return Act("deny", "listings.not_longer", "extending is turned down, which lets it lapse")
    match = _LONGER.fullmatch(clause.core)
    if match is None or (match[3] and not re.search("[pM]", clause.core)):
        return None
    days = clause.value("L")
    if "e" not in clause.core and days is None:
        return None
    if days is None and _how_many(clause) and re.search("[pl]|Ly", clause.core) and not match[3]:
        return None  # 能延几天 and 延几天合适 ask for how many
    lone = [token.text for token in clause.tokens if token.tag == "e"]
    if not match[2] and all(text in _NEEDS_LENGTH for text in lone):
        return None
    if "v" in clause.core and not ("e" in clause.core and any(token.text in _AT_MOST for token in clause.tokens)):
        return None
    if _gone_by(clause) or clause.told_as_done("e"):
        return None
    assert days is None or isinstance(days, int)
    return Act(
        "extend",
        "listings.longer",
        f"asks to extend by {days} days" if days is not None else "asks to extend, without saying how long",
        {"days": days},
        bare=not _says_to_keep(clause),
    )


def _how_many(clause: Clause) -> bool:
    return any(token.tag == "L" and re.search("[几多]", token.text) for token in clause.tokens)


def _gone_by(clause: Clause) -> bool:
    """三个月了, 放了一年: time that has gone by, not time that is asked for."""
    texts = [token.text for token in clause.tokens]
    at = next((index for index, token in enumerate(clause.tokens) if token.tag == "L"), -1)
    return at >= 0 and (texts[at + 1 : at + 2] == ["了"] or (at > 0 and texts[at - 1].endswith("了")))


_AT_MOST = frozenset("最多 顶多 至多 至少 最少 起码".split())
_KEEP = re.compile("[延续放挂摆卖留展架]|寄售|extend|keep")


def _says_to_keep(clause: Clause) -> bool:
    """Does a word name the act, so that it counts where nothing was asked (延期3天, 放到月底; not 3天)?"""
    return any(
        (token.tag == "e" and token.text not in _NEEDS_LENGTH) or (token.tag == "V" and _KEEP.search(token.text))
        for token in clause.tokens
    )


# Words that extend only together with a length: 再三天, 多几天, another week.
_NEEDS_LENGTH = frozenset("再 多 加 再给 再来 再加 再等 多等 more another 延迟".split())


def _lower(clause: Clause) -> Act | None:
    if _NOT_LOWER.fullmatch(clause.core):
        return Act("choose", "listings.not_lower", "lowering the price is turned down", {"option": 3}, denied=True)
    match = _LOWER.fullmatch(clause.core)
    if match is None or (match[1] and not re.search("[pM]", clause.core)):
        return None
    return Act("lower", "listings.lower", "asks to lower the price, naming none")


_READERS = (
    ("P", _priced),
    ("q", prices.take_back),
    ("D", _until),
    ("S", _lower),
    ("e", _longer),
    ("L", _longer),
)
"""What reads a clause that holds such a word or value; the first that does."""
