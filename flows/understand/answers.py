"""One clause → an act or a remark: a command, thanks, a choice, or an answer in the grammar of the subject."""

from __future__ import annotations

import re
from datetime import datetime

from flows.state import Question
from flows.understand import choices, commands, listings, offers, parcels, payouts, scores, visits, yes_no
from flows.understand.acts import Act, Part, Remark
from flows.understand.clauses import Clause

_COMMAND_TAGS = frozenset(commands.INTENTS)


def part_of(clause: Clause, question: Question, now: datetime, unknown: int) -> Part:
    """What one clause says to the question. unknown: characters of the whole text that stand for nothing known."""
    core = clause.core
    if not core.strip("ul"):
        return Remark(core, clause.tokens)
    if not _COMMAND_TAGS.isdisjoint(core):
        return _commanded(clause, unknown)
    if thanks := _thanks(clause, question):
        return thanks
    if core[-1] in "?0" and _ASKS_IF_DONE.search(clause.text):
        return Remark(core, clause.tokens)
    said = Clause(clause.tokens, core.lstrip("b"), clause.tags) if core[0] == "b" else clause
    act = choices.read(said, question) or _answer(said, question, now)
    if act is not None and core[0] == "b" and act.intent == "affirm":
        act = act._replace(but=True)
    return act or _uncosted(Remark(core, clause.tokens))


def aside(remark: Remark) -> Remark | None:
    """What a sentence says that can be no answer, if it matters."""
    told = _uncosted(remark)
    return told if told.core.strip("ult") else None


def _uncosted(remark: Remark) -> Remark:
    """What it cost its owner (我花两万买的) says nothing about what is asked."""
    return Remark(remark.core.translate(_COST), remark.words) if "$" in remark.core else remark


_TOLD = re.compile("[还仲一直都]*[没未冇](?:.*[卖售沽]|人)|有(?:买家|人)(?:[^?吗么没]*$)")
"""还没卖出去 asks for the status and 没人理 for a person, unless it is why something is wanted."""
_ASKS_IF_DONE = re.compile("[了过](?:吗|么|没有?|未)[啊呀呢]*[?]?$")
_COST = str.maketrans("", "", "$PNgLDV")
_HEARD = frozenset(
    "收到 收到了 已收到 收悉 知道 知道了 晓得 晓得了 知悉 了解 了解了 明白 明白了 懂了 清楚 清楚了 noted 已阅 "
    "好的收到 收到好的 ok收到 好的知道了 好的了解".split()
)
THANKS = Act("thanks", "commands.thanks", "says thanks")
_RECEIVED = Act("thanks", "commands.heard", "says it arrived; nothing was asked")


def _thanks(clause: Clause, question: Question) -> Act | None:
    """Thanks; where nothing was asked also beside a "good" (好的，谢谢), and "received" by itself."""
    asked = question.subject not in ("none", "order")
    if "t" not in clause.core and (asked or "a" not in clause.core):
        return None
    rest = clause.core.strip("tu" if asked else "tuya")
    if not rest and clause.core[:1] in ("t" if asked else "tya") and "t" in clause.core:
        return THANKS
    if not asked and not clause.core.strip("a"):
        heard = all(token.text in _HEARD for token in clause.tokens if token.tag == "a")
        return _RECEIVED if heard else None
    return None


def _commanded(clause: Clause, unknown: int) -> Part:
    """A word that opts out stands alone in its clause, a letter alone in its text; a phrase may have words round it."""
    said = [tag for tag in clause.core if tag in _COMMAND_TAGS]
    tag = "H" if "H" in said else said[0]  # 退订怎么操作 asks how
    token = next(token for token in clause.tokens if token.tag == tag)
    if tag == "Z" and token.value is None and (clause.core.strip("Ztx") or (unknown and len(token.text) == 1)):
        return Remark(clause.core, clause.tokens)
    intent = commands.INTENTS[tag]
    told = tag in "QJ" and _TOLD.match(token.text) is not None
    return Act(intent, f"commands.{intent}", f"“{token.text.strip()}” says so", mild=told)


def _answer(clause: Clause, question: Question, now: datetime) -> Act | None:
    match question.subject:
        case "offer" | "reprice":
            return offers.read(clause, question.facts.get("price"))
        case "expiring":
            return _lowered(listings.read(clause), question)
        case "appointment":
            own = question.facts.get("when")
            return visits.read(clause, now, datetime.fromisoformat(own) if isinstance(own, str) else None)
        case "payout":
            return payouts.read(clause)
        case "order":
            return parcels.read(clause)
        case "rating":
            return scores.read(clause)
        case "plain":
            return payouts.read(clause) or _meant(yes_no.read(clause))
    return None


def _meant(said: Act | None) -> Act | None:
    return said and said._replace(intent=offers.MEANS[said.intent])


def _lowered(act: Act | None, question: Question) -> Act | None:
    """Lowering the price, without naming one, is whichever choice of the ask means "choose"."""
    if act is None or act.intent != "lower":
        return act
    choice = next((choice for choice in question.choices if choice.means == "choose"), None)
    return None if choice is None else choices.act_of(choice, act.rule, act.why)
