"""Rating: a number or a count of stars from 1 to 5, and nothing else."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from flows.understand import numerals
from flows.understand.acts import Act
from flows.understand.clauses import Clause
from flows.understand.tokens import Found, Reader

_WORST, _BEST = 1, 5
_SCORE = re.compile(
    r"(?P<full>满分(?:5分|五分)?|全5星?分?)|(?P<stars>[⭐🌟★]+)(?:☆)*"
    rf"|(?P<number>{numerals.NUMBER}|{numerals.ENGLISH})"
    r"(?: ?/ ?5| out of (?:5|five)\b| ?(?:颗|个|粒)?"
    r"(?P<unit>分(?![钟之钱货期])|星(?!期)[⭐🌟★]*|⭐|🌟|★|stars?|points?|marks?|pts?)"
    r"(?P<half>半)?)(?:级(?P<other>大?酒店|宾馆|饭店|景区)?|好评|差评|中评)?"
)
STARTS = numerals.STARTS.union("满全⭐🌟★")


def find(text: str, at: int, _: date) -> Found | None:
    """A score that says it is one (5分, 四星, ⭐⭐⭐): tag F, a whole number; g when it is none."""
    match = _SCORE.match(text, at)
    if match is None:
        return None
    if match["full"]:
        return Found("F", match.end(), _BEST)
    value = Decimal(len(match["stars"])) if match["stars"] else numerals.parse(match["number"])
    if (
        value is None
        or match["half"]
        or match["other"]
        or value != value.to_integral_value()
        or not _WORST <= value <= _BEST
    ):
        return Found("g", match.end(), match[0])
    return Found("F", match.end(), int(value))


_SCORED = re.compile(r"[uyplataxiLsz]*F[uyplaxtsLz]*")
_BARE = re.compile(r"[ylta]*N[ylta]*")
_DENIED = re.compile(r"(?:[nd0]|j[nd0]?)[u]*[FN]|[FN](?:[nd]|x)")


def read(clause: Clause) -> Act | None:
    core = clause.core
    value = clause.value("F") if "F" in core else clause.value("N")
    if value is None or not isinstance(value, (int, Decimal)) or not _WORST <= value <= _BEST or value != int(value):
        return None
    if "." in clause.text:
        return None
    slots = {"score": int(value)}
    if _DENIED.fullmatch(core):
        return Act("rate", "scores.denied", f"{value} was thought of and given up", slots, denied=True)
    if _SCORED.fullmatch(core) or _BARE.fullmatch(core):
        return Act("rate", "scores.score", f"gives {value} of {_BEST}", slots)
    return None


SCORES = Reader(STARTS, STARTS, find)
