"""Appointment: confirm, cancel, or another time."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import NamedTuple

from flows.understand import yes_no
from flows.understand.acts import Act
from flows.understand.clauses import Clause
from flows.understand.dates import Clock, Day

MEANS = {"yes": "affirm", "no": "deny"}

_TIMES = frozenset("DTA")
_VALUES = str.maketrans("", "", "DTAlta")
_AGREES = re.compile(r"[yp+]+")
_ASKS = re.compile(r"[ypM+G]*[GMypu]?[ypMG+]*\?+|[ypM+]*M[ypM+]*")
_MOVES = re.compile(r"[yplMuV+]*G[GyplMrsL+]*\??")
_NOT_MOVED = re.compile(r"[ylu]*[nd]+G+[yp+]*")
_KEPT = re.compile(r"[yl]*[nd]+-[yp+]*")
_CANCELS = re.compile(r"[ltau]*(?:-+|p+-+\?|M+-+\??|-+[py]*M|-+[py]+\?)[lta]*")


_OR_NOT = re.compile("r[^DTAG]*$")  # 改到周五或者取消
_GONE = re.compile("昨|大?前天")
_STANDS = frozenset("就 就是 还是 仍 仍然 依然 依旧".split())
_SUGGESTS = frozenset("吧 呗 please pls 都行 都可以 都好 均可".split())


class When(NamedTuple):
    """The day and clock of one clause; `several` when it names more than one day or none that can come."""

    day: date | None
    clock: time | None
    day_said: bool
    clock_said: bool
    flawed: bool


def read(clause: Clause, now: datetime, own: datetime | None) -> Act | None:
    """own: the time of the appointment that was asked about, local."""
    core = clause.core.translate(_VALUES)
    if not _TIMES.isdisjoint(clause.core):
        return _timed(core, clause, _when(clause, own), now, own)
    if _NOT_MOVED.fullmatch(core):
        return Act("affirm", "visits.not_moved", "moving it is turned down, so it stays")
    if _KEPT.fullmatch(core):
        return Act("affirm", "visits.kept", "cancelling is turned down, so it stays")
    late = clause.tokens[-1].text in ("到", "提前到")  # 晚半小时到 tells when they come, and moves nothing
    if "G" in core and not late and _MOVES.fullmatch(clause.core.translate(_REMARKS)):
        return Act("reschedule", "visits.move", "asks for another time, naming none", {"when": None})
    if any(token.tag == "l" and token.text.endswith("取消") for token in clause.tokens):
        return None  # 没说取消
    if _CANCELS.fullmatch(clause.core):
        return Act("deny", "visits.cancel", "“取消” cancels here")
    said = None if "u" in clause.core else yes_no.read(clause)
    if said is not None and said.intent == "no" and _confirms(clause):
        return None  # 不能确认 is no cancelling
    return said and said._replace(intent=MEANS[said.intent])


_REMARKS = str.maketrans("", "", "lta")


def _when(clause: Clause, own: datetime | None) -> When:
    days = clause.values("D")
    if own is not None and (moved := clause.tags.rfind("G")) > 0 and "D" in clause.tags[moved:]:
        before = clause.tags[:moved].count("D")  # 周二来不了，改到周四: from the appointment's own day
        days = [day for day in days[:before] if not (isinstance(day, Day) and day.on == own.date())] + days[before:]
    clocks = [value for value in clause.values("T") if isinstance(value, Clock)]
    named = {day.on for day in days if isinstance(day, Day)}
    several = len(named) > 1 or len(clocks) > 1
    flawed = several or None in named or any(clock.at is None for clock in clocks) or "r" in clause.core
    day = next(iter(named)) if len(named) == 1 else None
    return When(day, clocks[0].at if len(clocks) == 1 else None, bool(days), bool(clocks), flawed)


def _timed(core: str, clause: Clause, when: When, now: datetime, own: datetime | None) -> Act | None:
    """A clause that names a day or a clock."""
    core = core.replace("r", "")
    if "G" not in core and any(token.tag == "D" and _GONE.match(token.text) for token in clause.tokens):
        return None  # 昨天去了
    if re.search("[cmkwhbjgz0U]", core) or _OR_NOT.search(clause.core):
        return None
    if 0 <= core.find("?") < core.find("G"):
        return None  # 是不是改到周五了 asks
    full = when.day_said and when.clock_said
    if not full and (own is None or not _is_own(when, own)) and _confirms(clause):
        return None  # 明天确认: it is confirmed then
    if re.fullmatch("[xndl]+[yp+]*|[yp+]*[xnd]+[yp+]*", core) or (not core and "l" in clause.core):
        return Act("reschedule", "visits.not_then", "that time is turned down", {"when": None}, denied=True)
    agrees = _AGREES.fullmatch(core) is not None
    if own is not None and agrees and _is_own(when, own):
        return Act("affirm", "visits.own_time", "agrees, naming the appointment's own time")
    stands = clause.tokens[-1].text == "到" or any(token.text in _STANDS for token in clause.tokens)
    if own is not None and not core and stands and _is_own(when, own):
        return Act("affirm", "visits.own_time", "says that the appointment's own time stands")
    if own is not None and not core and _is_own(when, own):
        return Act("own_time", "visits.own_time", "names the appointment's own time, and nothing else")
    if own is not None and when.day_said and _is_own(when, own) and "?" in core and "G" not in core:
        return None  # asks whether the appointment's own time suits
    if own is not None and re.fullmatch("-+", core) and _is_own(when, own):
        return Act("deny", "visits.cancel", "cancels, naming the appointment's own time")
    moves = "G" in core and not re.search("[ndx]", core)
    asks = _ASKS.fullmatch(core) is not None and core.strip("?") != ""
    suggests = any(token.text in _SUGGESTS for token in clause.tokens) and when.day_said
    if not (moves or asks or agrees or suggests or (full and re.fullmatch("u{0,4}", core))):
        return None
    return Act("reschedule", "visits.another_time", f"names another time: {clause.text}", {"when": _slot(when, now)})


def _confirms(clause: Clause) -> bool:
    return any(token.text.startswith(("确认", "确定")) for token in clause.tokens)


def _is_own(when: When, own: datetime) -> bool:
    if when.flawed:
        return False
    return (
        when.day in (None, own.date())
        and when.clock in (None, own.time().replace(second=0, microsecond=0))
        and (when.day_said or when.clock_said)
    )


def _slot(when: When, now: datetime) -> str | None:
    """YYYY-MM-DDTHH:MM, YYYY-MM-DD, or None when it is not one time that can still come."""
    if when.day is None or when.flawed:
        return None
    if when.clock is None:
        return when.day.isoformat()
    moment = datetime.combine(when.day, when.clock)
    return moment.isoformat(timespec="minutes") if moment > now.replace(tzinfo=None) else None
