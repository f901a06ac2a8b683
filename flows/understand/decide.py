"""From what the clauses say to one reading.

One answer beside harmless remarks is that answer. Two answers, or an answer beside words that take it
back, put it off, ask or make conditions, are unclear: a careful person would ask again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from flows.state import Candidate, Question, Reading
from flows.understand.acts import Act, Part, Remark
from flows.understand.tokens import MOST_UNKNOWN

SERVICE = ("human", "status", "help", "resubscribe")
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

# intent -> tags of a remark that may stand beside it. Whatever is missing here makes the answer unclear.
_HARMLESS = {
    "affirm": "ultaLs+",
    "deny": "ultaxXndLsjz",
    "counter_offer": "ultaxXndyp+-vVLs",
    "extend": "ultapyxLj",
    "extend_until": "ultapyxj",
    "withdraw_item": "ultaxndyp+Lsj",
    "choose": "ultapyxndNPLj",
    "reschedule": "ultapyxndLs+j",
    "return_item": "ultaxndyp+LsNPj",
    "thanks": "ultas",
    "rate": "ultaxndyp+-LsNjgVmbzPDWe",
}
_TAG_QUESTION = re.compile(r"[yp]*M\??|[yp]+\?")
_STOPS = {
    "c": "a condition is set",
    "h": "it is put off or hedged",
    "m": "it is reported, past or taken back",
    "b": "a “but” follows",
    "r": "an alternative is named",
    "k": "it is corrected in the same breath",
    "?": "it is a question",
    "w": "something is asked",
    "W": "something is asked",
    "M": "something is asked",
    "g": "it is vague",
    "n": "a negation is left over",
    "d": "a negation is left over",
    "0": "something is said not to be so",
    "z": "it is abuse",
    "Z": "it is about opting out",
    "j": "an earlier thought is named",
}


def decide(parts: Sequence[Part], question: Question, unknown: int) -> Reading:
    """parts: what each clause said, in order. unknown: characters that stand for nothing known."""
    parts = _made_concrete(parts)
    acts = [part for part in parts if isinstance(part, Act)]
    remarks = [part for part in parts if isinstance(part, Remark)]
    wanted = _strongest(_merged([act for act in acts if not act.denied]), question.subject)
    if not wanted:
        denied = [act for act in acts if act.denied]
        return _unclear("unclear.no_answer", _nothing(remarks), [*denied], "turned down by the person")
    if len(wanted) > 1:
        rule = ANSWER_AND_STOP if _and_stop(wanted, acts, remarks, question, unknown) else "unclear.two_answers"
        return _service(wanted) or _unclear(rule, "two answers at once", wanted, "another answer stands beside it")
    act = wanted[0]
    if reason := _bare(act, acts, question) or _spoilt(act, acts, remarks, question, unknown):
        return _unclear("unclear.spoilt", reason, wanted, reason)
    others = [
        Candidate(other.intent, other.slots, other.rule, "said otherwise in the same text")
        for other in acts
        if other is not act
    ]
    return Reading(act.intent, act.rule, act.why, dict(act.slots), tuple(others), _choice(act, question))


_WISHES_MORE = re.compile(r"[lMpty]*g+[lt?]*")
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


def _unclear(rule: str, why: str, acts: Sequence[Act], turned_down: str) -> Reading:
    return Reading(
        "unclear", rule, why, {}, tuple(Candidate(act.intent, act.slots, act.rule, turned_down) for act in acts)
    )


def _nothing(remarks: Sequence[Remark]) -> str:
    for remark in remarks:
        for tag in remark.core:
            if tag in _STOPS:
                return f"no answer in it; {_STOPS[tag]} (“{remark.text[:40]}”)"
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
    return replace(one, slots={"when": None}) if one.intent == "reschedule" else None


def _strongest(acts: list[Act], subject: str) -> list[Act]:
    contains = _CONTAINS.get(subject, {})
    numbered = sum(act.rule.startswith("choices.") for act in acts)
    by_number = numbered > 1 or (
        numbered and subject == "appointment"
    )  # 1和3 and 3确认 are two answers, whatever they mean
    absorbed = set() if by_number else {weaker for act in acts for weaker in contains.get(act.intent, ())}
    left = [act for act in acts if act.intent not in absorbed]
    if {act.intent for act in left} == {"choose", "price"}:  # 便宜点，13000: the verb and the price in two clauses
        left = [replace(act, intent="counter_offer") for act in left if act.intent == "price"]
    if any(act.intent == "extend_until" for act in left):
        left = [act for act in left if not (act.intent == "extend" and act.slots.get("days") is None)]
    return [act for act in left if act.intent != "thanks"] or left


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


def _spoilt(act: Act, acts: Sequence[Act], remarks: Sequence[Remark], question: Question, unknown: int) -> str:
    """Why `act` may not be taken for the answer; "" when it may."""
    if act.intent in SERVICE or act.intent == "unsubscribe":
        return ""
    if any(other.but for other in acts) and sum(other.intent in ("affirm", "deny") for other in acts) > 1:
        return "a “but” follows"  # 好，但是我会去 adds a doubt, not a second yes; 有点低但可以 is a yes
    if any(other.denied and _same(other, act) for other in acts):
        return "the same is turned down in the same text"
    if act.intent not in question.accepts and act.intent != "thanks":
        return f"“{act.intent}” is no answer to what was asked"
    if unknown > MOST_UNKNOWN:
        return f"{unknown} characters beside it were not understood"
    harmless = _HARMLESS.get(act.intent, "")
    if act.intent == "thanks" and question.subject in ("none", "order"):
        harmless += "yp"
    for remark in remarks:
        if act.intent not in ("affirm", "deny") and _TAG_QUESTION.fullmatch(remark.core):
            continue  # 一万六，行不 asks politely for what it names
        for tag in remark.core:
            if tag not in harmless:
                return f"{_STOPS.get(tag, 'something else is named')} (“{remark.text[:40]}”)"
    if (
        act.intent == "affirm"
        and act.mild
        and question.subject in ("offer", "reprice")
        and any("a" in remark.core for remark in remarks)
    ):
        return "it may only say that the message was received"
    return ""


def _and_stop(
    wanted: Sequence[Act], acts: Sequence[Act], remarks: Sequence[Remark], question: Question, unknown: int
) -> bool:
    """Is it one answer, good by itself, and an opt-out (接受，但是别再发广告了)?"""
    answers = [act for act in wanted if act.intent != "unsubscribe"]
    if len(wanted) != 2 or len(answers) != 1 or answers[0].intent not in question.accepts:
        return False
    return not (_bare(answers[0], acts, question) or _spoilt(answers[0], acts, remarks, question, unknown))


def _bare(act: Act, acts: Sequence[Act], question: Question) -> str:
    """Where nothing was asked (the fact `bare` is off) some word must say what to do; "" when one does."""
    asked = question.facts.get("bare") is not False
    if asked or not act.bare or any(not other.bare for other in acts if other.intent in question.accepts):
        return ""
    return "nothing was asked, and no word says what to do"


def _same(one: Act, other: Act) -> bool:
    """The same answer; a time that does not suit is no refusal of another time."""
    return one.intent == other.intent != "reschedule" and dict(one.slots) == dict(other.slots)


def _choice(act: Act, question: Question) -> str | None:
    same = [
        choice for choice in question.choices if choice.means == act.intent and dict(choice.slots) == dict(act.slots)
    ]
    return same[0].id if same else None
