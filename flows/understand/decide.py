"""From what the clauses say to one reading.

One answer beside harmless remarks is that answer. Two answers, or an answer beside words that take it
back, put it off, ask or make conditions, are unclear: a careful person would ask again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

from flows.state import Candidate, Question, Reading
from flows.understand.acts import Act, Part, Remark
from flows.understand.doubts import SERVICE, STOPS, doubt
from flows.understand.yes_no import SETTLED, UNWILLING

ANSWER_AND_STOP = "unclear.answer_and_stop"
"""Rule of a reading that is unclear because an answer and an opt-out were said together: both are its candidates."""

# intent -> weaker answers it contains: a price answers the yes or no beside it (rule 4), taking back the "no longer".
_CONTAINS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "offer": {"counter_offer": ("affirm", "deny"), "withdraw_item": ("deny",)},
    "reprice": {"counter_offer": ("affirm", "deny"), "withdraw_item": ("deny",)},
    "expiring": {
        "withdraw_item": ("deny",),
        "choose": ("deny",),
        "counter_offer": ("deny", "choose", "price"),
    },
    "appointment": {"reschedule": ("affirm", "own_time"), "affirm": ("own_time",), "deny": ("own_time",)},
}


def decide(parts: Sequence[Part], question: Question, unknown: int) -> Reading:
    """parts: what each clause said, in order. unknown: characters that stand for nothing known."""
    parts = _conceded(_made_concrete(_taken_back(parts)))
    acts = _without_echo([part for part in parts if isinstance(part, Act)])
    remarks = [part for part in parts if isinstance(part, Remark)]
    wanted = _strongest(_merged([act for act in acts if not act.denied]), question.subject)
    if not wanted:
        denied = [act for act in acts if act.denied]
        return _unclear("unclear.no_answer", _nothing(remarks), [*denied], "turned down by the person")
    if len(wanted) > 1:
        rule = ANSWER_AND_STOP if _and_stop(wanted, acts, remarks, question, unknown) else "unclear.two_answers"
        return _service(wanted) or _unclear(rule, "two answers at once", wanted, "another answer stands beside it")
    act = wanted[0]
    if reason := doubt(act, acts, remarks, question, unknown):
        return _unclear("unclear.spoilt", reason, wanted, reason)
    others = [
        Candidate(other.intent, other.slots, other.rule, "said otherwise in the same text")
        for other in acts
        if other is not act
    ]
    return Reading(act.intent, act.rule, act.why, dict(act.slots), tuple(others), _choice(act, question))


_NO = re.compile("[ndx0]")
_SHORT = 3
_WISHES_MORE = re.compile(r"[lMpty+]*g+[lMpty?]*")
_APPROXIMATE = re.compile("左右|上下|约|近|才|差不多|大概|左近")


def _made_concrete(parts: Sequence[Part]) -> list[Part]:
    """Without the vague wish that a price right behind it spells out (再高点，16000); a price made vague stays so."""
    return [
        part
        for part, following in zip_longest(parts, parts[1:])
        if not (
            isinstance(part, Remark)
            and isinstance(following, Act)
            and following.intent == "counter_offer"
            and not following.denied
            and _WISHES_MORE.fullmatch(part.core)
            and not _APPROXIMATE.search(part.text)
        )
    ]


def _without_echo(acts: list[Act]) -> list[Act]:
    """Without a yes that only underlines another answer (不卖，就这么定了)."""
    others = [act for act in acts if act.rule != SETTLED]
    return others if any(not act.denied for act in others) else acts


def _conceded(parts: Sequence[Part]) -> list[Part]:
    """Without the unwillingness that a "but yes" overrules (不想降，但还是降吧)."""
    return [
        part
        for part, following in zip_longest(parts, parts[1:])
        if not (
            isinstance(part, Act)
            and part.rule == UNWILLING
            and isinstance(following, Act)
            and following.intent == "affirm"
            and following.but
        )
    ]


def _taken_back(parts: Sequence[Part]) -> Sequence[Part]:
    """A shrug leans to no before an answer (还是算了，不卖); it and a bare no (微信，不) take back one before them."""
    said: list[Part] = []
    answered = refused = False
    for part in parts:
        if isinstance(part, Act):
            answered = answered or not part.denied
            refused = refused or part.intent == "deny"
        waits = refused and isinstance(part, Remark) and part.text.startswith("再")  # 先别降，再等等
        said.append(_taking_back(part) if answered and isinstance(part, Remark) and not waits else part)
    return said


def _taking_back(remark: Remark) -> Remark:
    if _NO.fullmatch(remark.core) and len(remark.text) <= _SHORT:
        return Remark("k", remark.words)
    return Remark(remark.core.replace("C", "k"), remark.words) if "C" in remark.core else remark


def _unclear(rule: str, why: str, acts: Sequence[Act], turned_down: str) -> Reading:
    return Reading(
        "unclear", rule, why, {}, tuple(Candidate(act.intent, act.slots, act.rule, turned_down) for act in acts)
    )


def _nothing(remarks: Sequence[Remark]) -> str:
    for remark in remarks:
        for tag in remark.core:
            if tag in STOPS:
                return f"no answer in it; {STOPS[tag]} (“{remark.text[:40]}”)"
    return "no answer in it"


def _merged(acts: Sequence[Act]) -> list[Act]:
    """The same answer said twice is one; the fuller one stands (延期，3天; 3 改期到周五)."""
    kept: list[Act] = []
    for act in acts:
        for index, other in enumerate(kept):
            if other.intent == act.intent and (fuller := _fuller(other, act)):
                kept[index] = fuller
                break
        else:
            kept.append(act)
    return kept


def _fuller(one: Act, other: Act) -> Act | None:
    if dict(one.slots) == dict(other.slots):
        return one if not one.mild else other
    if all(value is None for value in one.slots.values()):
        return other
    if all(value is None for value in other.slots.values()):
        return one
    return one._replace(slots={"when": None}) if one.intent == "reschedule" else None


def _strongest(acts: list[Act], subject: str) -> list[Act]:
    contains = _CONTAINS.get(subject, {})
    numbered = sum(act.rule.startswith("choices.") for act in acts)
    by_number = numbered > 1 or (
        numbered and subject == "appointment"
    )  # 1和3 and 3确认 are two answers, whatever they mean
    absorbed = set() if by_number else {weaker for act in acts for weaker in contains.get(act.intent, ())}
    left = [act for act in acts if act.intent not in absorbed]
    if {act.intent for act in left} == {"choose", "price"}:  # 便宜点，13000: the verb and the price in two clauses
        left = [act._replace(intent="counter_offer") for act in left if act.intent == "price"]
    if any(act.intent == "extend_until" for act in left):
        left = [act for act in left if not (act.intent == "extend" and act.slots.get("days") is None)]
    return [act for act in left if act.intent != "thanks" and not (act.intent in SERVICE and act.mild)] or left


def _service(acts: Sequence[Act]) -> Reading | None:
    """An opt-out beside a refusal is an opt-out; several wishes for service are the first of them."""
    intents = {act.intent for act in acts}
    if "unsubscribe" in intents and intents <= {"unsubscribe", "deny", "human"}:
        act = next(act for act in acts if act.intent == "unsubscribe")
    elif intents <= set(SERVICE):
        act = min(acts, key=lambda act: SERVICE.index(act.intent))
    else:
        return None
    others = tuple(
        Candidate(other.intent, other.slots, other.rule, "said in the same text") for other in acts if other is not act
    )
    return Reading(act.intent, act.rule, act.why, dict(act.slots), others)


def _and_stop(
    wanted: Sequence[Act], acts: Sequence[Act], remarks: Sequence[Remark], question: Question, unknown: int
) -> bool:
    """Is it one answer, good by itself, and an opt-out (接受，但是别再发广告了)?"""
    answers = [act for act in wanted if act.intent != "unsubscribe"]
    if len(wanted) != 2 or len(answers) != 1 or answers[0].intent not in question.accepts:
        return False
    return not doubt(answers[0], acts, remarks, question, unknown)


def _choice(act: Act, question: Question) -> str | None:
    same = [
        choice for choice in question.choices if choice.means == act.intent and dict(choice.slots) == dict(act.slots)
    ]
    return same[0].id if same else None
