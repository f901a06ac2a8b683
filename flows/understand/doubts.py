"""Why an answer may not be taken for one: what stands beside it puts it off, asks, sets conditions or takes it back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from flows.state import Question
from flows.understand.acts import Act, Remark
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
_ENGAGED = re.compile("(?=.*[ul])[DTA]+[ulV+]+")  # 周二要接孙子: why that day does not suit
_RHETORICAL = re.compile(
    "凭什么|凭啥|何必|何苦|难道|谁[会肯愿卖干]|哪[能有]|怎么(?:可能|又|老)|又[要降]|岂|至于吗|像话吗|合适吗|有意思吗|值吗|(?:为什么|为啥|干嘛|干吗)要"
)
_WHO_SAID = re.compile("谁(?:说|让|叫|允许|同意|答应)")
_FORBIDDEN = re.compile("不(?:同意|让|肯|愿意|答应)")  # 家里人不同意，不卖
_ASKS_NOTHING = re.compile("u*[wW]+(?:[luvg+SP]+\\??|\\?|$)")
_DEGREE = re.compile("[g0](?=l)")  # 有点心疼, 没怎么戴过: belongs to the reason behind it
_AGREED = re.compile(".{1,6}(?:[也都]说?(?:同意|答应|赞成|支持|没意见)|[也都]?(?:说|觉得)(?:行|好|可以|成))了?")
"""老婆也同意: with one's own yes."""
_WOULD_DO = re.compile(
    "(?:(?:这个?|那个?)?(?:价格?|价钱|价位))?[也都倒嘛]?还(?:行|可以|凑合|不错|过得去|说得过去)[吧了啊的]?"
)
"""价格还行，卖了: faint praise."""
_ULTIMATUM = re.compile(
    "(?:不(?:行|要|同意|接受|成|可以|愿意|干)|低了|少了)(?:的话)?[我咱]?[就那]*(?:算了?|拉倒|作罢|免谈|不卖|不改|不降)[了吧]*"
)
"""16000，不行就算了."""
_OR_ELSE = re.compile("(?:要)?不然|否则")  # 降吧，不然卖不掉: why
_TAG_QUESTION = re.compile(r"[yp]*M\??|[yp]+\?")
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
        if act.intent in ("deny", "reschedule") and _explains(act, remark):
            continue
        if act.intent == "affirm" and (_AGREED.fullmatch(remark.text) or _WOULD_DO.fullmatch(remark.text)):
            continue
        if act.intent == "counter_offer" and _ULTIMATUM.fullmatch(remark.text):
            continue
        if act.intent == "deny" and _names_asked(remark, question):
            continue
        if _OR_ELSE.match(remark.text) and not remark.core.strip("cul"):
            continue
        if act.intent not in ("affirm", "deny") and _TAG_QUESTION.fullmatch(remark.core):
            continue  # 一万六，行不 asks politely for what it names
        by_name = act.intent in _OWN_WORDS and not act.rule.startswith("choices.")
        aside = by_name and not _OWN_WORDS[act.intent].intersection(remark.core)
        for tag in _DEGREE.sub("", remark.core):
            if tag not in harmless and not (aside and tag in "nd0+" and len(remark.core) > 1):
                return f"{STOPS.get(tag, 'something else is named')} (“{remark.text[:40]}”)"
    return ""


def _names_asked(remark: Remark, question: Question) -> bool:
    """才15200，不卖: the price that was asked about, which is refused."""
    asked = question.facts.get("price")
    named = [word.value for word in remark.words if word.tag == "P"]
    return isinstance(asked, str) and named == [Decimal(asked)] and not remark.core.strip("ulP?+$Vv")


_TOO_MUCH = re.compile("[ul]*[+S]+P?[ulg]*|[ul]*P[+S]+[ulg]+")
_FAR_TOO = re.compile("^[降减调砍].?太[多狠猛快]了?$")
_HOW_MUCH = re.compile("[太这那]|[0-9一二两三四五六七八九十百千万]|得")
"""降太多了，不同意; 一下降这么多，不行; 降一千九，不行."""


def _explains(act: Act, remark: Remark) -> bool:
    """Why it is refused, or another day is wanted: rhetoric (凭什么降价, 做慈善呢？), or what that day is for."""
    if _ENGAGED.fullmatch(remark.core):
        return True
    if act.intent != "deny":
        return False
    if (_TOO_MUCH.fullmatch(remark.core) and _HOW_MUCH.search(remark.text)) or _FAR_TOO.search(remark.text):
        return True
    if "z" in remark.core and not remark.core.strip("zulw?0"):
        return True
    if not remark.core.strip("mul") and _FORBIDDEN.search(remark.text):
        return True
    firm = not act.mild and not act.rule.startswith("choices.")
    if firm and _WHO_SAID.match(remark.text) and not remark.core.strip("mulw+"):
        return True
    return firm and _ASKS_NOTHING.fullmatch(remark.core) is not None and _RHETORICAL.search(remark.text) is not None


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
