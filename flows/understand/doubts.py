"""Why an answer may not be taken for one: what stands beside it puts it off, asks, sets conditions or takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.state import Question
from flows.understand.acts import Act, Remark
from flows.understand.asides import goes_with
from flows.understand.tokens import MOST_UNKNOWN

SERVICE = ("human", "status", "help", "resubscribe")

# intent -> tags of a remark that may stand beside it. Whatever is missing here makes the answer unclear.
_HARMLESS = {
    intent: frozenset(tags)
    for intent, tags in {
        "affirm": "ultaULs+",
        "deny": "ultaUxXndLsjzKCv",
        "counter_offer": "ultaUxXndyp+-vVLsK",
        "extend": "ultaUpyxLjK",
        "extend_until": "ultaUpyxjK",
        "withdraw_item": "ultaUxndyp+LsjC",
        "choose": "ultaUpyxndNPLj",
        "reschedule": "ultaUpyxndLs+jK",
        "return_item": "ultaUxndyp+LsNPj",
        "thanks": "ultasU",
        "rate": "ultaUxndyp+-LsNjgVmbzPDWe",
    }.items()
}
# What else is said not to be so (没卖掉, 价格不变, 不是我买的) does not touch these, unless it names their own words.
_OWN_WORDS = {
    "extend": frozenset("eLDV"),
    "extend_until": frozenset("eLDV"),
    "withdraw_item": frozenset("q"),
    "choose": frozenset("ENOS"),
    "return_item": frozenset("B"),
}
_DEGREE = re.compile("[g0](?=l)")  # 有点心疼, 没怎么戴过: belongs to the reason behind it
STOPS = {
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
    "U": "it tells of the past",
    "K": "there is no hurry",
    "C": "it is waved away",
    "z": "it is abuse",
    "Z": "it is about opting out",
    "j": "an earlier thought is named",
}


def doubt(act: Act, acts: Sequence[Act], remarks: Sequence[Remark], question: Question, unknown: int) -> str:
    """Why `act` may not be taken for the answer; "" when it may. unknown: characters that stand for nothing known."""
    if act.intent in SERVICE or act.intent == "unsubscribe":
        return _unasked(act, acts, question)
    if any(other.but for other in acts) and sum(other.intent in ("affirm", "deny") for other in acts) > 1:
        return STOPS["b"]  # 好，但是我会去 adds a doubt, not a second yes; 有点低但可以 is a yes
    if any(other.denied and _same(other, act) for other in acts):
        return "the same is turned down in the same text"
    if act.intent not in question.accepts and act.intent != "thanks":
        return f"“{act.intent}” is no answer to what was asked"
    if unknown > MOST_UNKNOWN:
        return f"{unknown} characters beside it were not understood"
    return (
        _unasked(act, acts, question)
        or _corrected(act, acts, remarks)
        or _coloured(act, remarks, question)
        or _only_heard(act, remarks, question)
        or _half_said(act, acts)
    )


def _unasked(act: Act, acts: Sequence[Act], question: Question) -> str:
    """Where nothing was asked (the fact `bare` is off) some word must say what to do; "" when one does."""
    asked = question.facts.get("bare") is not False
    if asked or not act.bare or any(not other.bare for other in acts if other.intent in question.accepts):
        return ""
    return "nothing was asked, and no word says what to do"


def _corrected(act: Act, acts: Sequence[Act], remarks: Sequence[Remark]) -> str:
    """确认…不，改周三 and 16000…不: a bare no behind an answer takes it back."""
    at = next((index for index, other in enumerate(acts) if other.intent == act.intent), 0)
    no_behind = act.intent != "deny" and any(other.intent == "deny" and other.mild for other in acts[at:])
    no_between = any(other.intent == "affirm" for other in acts) and any(remark.text == "不" for remark in remarks)
    return STOPS["k"] if no_behind or no_between else ""


def _coloured(act: Act, remarks: Sequence[Remark], question: Question) -> str:
    harmless = _HARMLESS.get(act.intent, frozenset())
    if act.intent == "thanks" and question.subject in ("none", "order"):
        harmless |= frozenset("yp")
    for remark in remarks:
        if harmless.issuperset(remark.core):
            continue
        if goes_with(act, remark, question):
            continue
        by_name = act.intent in _OWN_WORDS and not act.rule.startswith("choices.")
        aside = by_name and not _OWN_WORDS[act.intent].intersection(remark.core)
        for tag in remark.core if remark.text.startswith("又") else _DEGREE.sub("", remark.core):
            if tag not in harmless and not (aside and tag in "nd0+" and len(remark.core) > 1):
                return f"{STOPS.get(tag, 'something else is named')} (“{remark.text[:40]}”)"
    return ""


def _only_heard(act: Act, remarks: Sequence[Remark], question: Question) -> str:
    heard = act.intent == "affirm" and act.mild and any("a" in remark.core for remark in remarks)
    return "it may only say that the message was received" if heard and question.subject in ("offer", "reprice") else ""


def _half_said(act: Act, acts: Sequence[Act]) -> str:
    """低于16000 by itself: nobody says what happens then."""
    refused = any(other.intent == "deny" or (other.denied and other.intent == act.intent) for other in acts)
    return STOPS["g"] if act.intent == "counter_offer" and act.mild and not refused else ""


def _same(one: Act, other: Act) -> bool:
    """The same answer; a time that does not suit is no refusal of another time."""
    return one.intent == other.intent != "reschedule" and dict(one.slots) == dict(other.slots)
