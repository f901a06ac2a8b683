"""Words → Reading: what a person's reply means against the question that was asked.

The layers, in this order: `normalise` (what was written) → `spelling` (what was meant by it) → `commands` (what may be
said at any time) → `choices` (a number, a place, a label) → values (`amounts`, `durations`, `dates`) and the
grammar of the subject → `yes_no` → unclear. Pure; never raises; a doubt about money is always "unclear".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flows.state import Question, Reading
from flows.understand import (
    amounts,
    choices,
    commands,
    dates,
    durations,
    listings,
    offers,
    parcels,
    payouts,
    scores,
    visits,
    yes_no,
)
from flows.understand.acts import Act, Part, Remark
from flows.understand.clauses import Clause, clauses
from flows.understand.decide import decide
from flows.understand.normalise import normalise
from flows.understand.spelling import correct
from flows.understand.tokens import Found, Token, scan
from flows.understand.words import PLAIN, VOCABULARIES

_COMMAND_TAGS = frozenset(commands.INTENTS)
_BY_NAME = ("payout", "plain")


def understand(text: str, question: Question, now: datetime) -> Reading:
    """What `text` answers to `question`.

    now: aware, in the contact's own zone; relative days count from it. Slots: price (decimal string of yuan), days (int or
    None), date (YYYY-MM-DD), option, score (int), when (YYYY-MM-DDTHH:MM, YYYY-MM-DD or None).
    """
    words = normalise(text)
    if words.refused:
        return Reading("unclear", "normalise.refused", f"the text {words.refused}")
    said = correct(words.text)
    tokens = _tokens(said, question, now)
    unknown = sum(len(token.text) for token in tokens if token.tag == "u")
    parts: list[Part] = []
    for clause in clauses(_menu_apart(tokens, question)):
        if clause.core:
            parts.append(_part(clause, question, now, unknown))
    return decide(parts, question, unknown)


def _tokens(text: str, question: Question, now: datetime) -> list[Token]:
    """The text as tokens; commands and named options are cut out first, the rest is read between them."""
    fixed = commands.find(text)
    if question.subject in _BY_NAME:
        named = choices.find_named(text, question.choices)
        fixed = sorted([*fixed, *(span for span in named if not _overlaps(span, fixed))], key=lambda span: span[0])
    vocabulary = VOCABULARIES.get(question.subject, PLAIN)
    tokens: list[Token] = []
    at = 0
    for start, found in [*fixed, (len(text), Found("", len(text), None))]:
        if start > at:
            tokens += scan(text[at:start], vocabulary, now.date())
        if found.tag:
            tokens.append(Token(found.tag, text[start : found.end], found.value))
        at = found.end
    return tokens


def _overlaps(span: tuple[int, Found], others: Sequence[tuple[int, Found]]) -> bool:
    return any(start < span[1].end and span[0] < found.end for start, found in others)


def _menu_apart(tokens: list[Token], question: Question) -> list[Token]:
    """A menu number beside other words is said for itself: 1接受 is two parts, and they must agree."""
    numbered = len(choices.shown(question))
    if not numbered:
        return tokens
    apart: list[Token] = []
    for index, token in enumerate(tokens):
        lone = token.tag == "O" or (
            token.tag == "N"
            and token.value in range(1, numbered + 1)
            and (token.text.isdigit() or _beside_option(tokens, index))
            and not _amid_unknown(tokens, index)
        )
        if lone and not _led(tokens, index):
            apart += [Token(",", ""), token, Token(",", "")]
        else:
            apart.append(token)
    return apart


def _led(tokens: Sequence[Token], index: int) -> bool:
    """True when a negation, a bound or a verb in front makes the number part of its own clause (不选2)."""
    before = next((token for token in reversed(tokens[:index]) if token.tag not in "fi"), None)
    return before is not None and before.tag in "nd0VvRjg"


def _beside_option(tokens: Sequence[Token], index: int) -> bool:
    """A Chinese numeral is a menu number only by itself or beside the name of a choice: 一 is a word in many."""
    return any(token.tag == "E" for token in tokens[max(0, index - 1) : index + 2])


def _amid_unknown(tokens: Sequence[Token], index: int) -> bool:
    """True for a numeral in a name or a number of something (张三, 3号楼)."""
    return any(token.tag == "u" for token in tokens[max(0, index - 1) : index + 2])


def _part(clause: Clause, question: Question, now: datetime, unknown: int) -> Part:
    core = clause.core
    if not core.strip("ul"):
        return Remark(core, clause.text)
    if not _COMMAND_TAGS.isdisjoint(core):
        return _commanded(clause, unknown)
    if thanks := _thanks(clause, question):
        return thanks
    said = Clause(clause.tokens, core.lstrip("b"), clause.tags)
    act = choices.read(said, question) or _answer(said, question, now)
    if act is None and "$" in core:  # 我花两万买的: what it cost says nothing about what is asked
        return Remark(core.translate(_COST), clause.text)
    return act or Remark(core, clause.text)


_COST = str.maketrans("", "", "$PNgLDm")


_HEARD = frozenset(
    "收到 收到了 已收到 收悉 知道 知道了 晓得 晓得了 知悉 了解 了解了 明白 明白了 懂了 清楚 清楚了 noted 已阅 好的收到 收到好的 ok收到 好的知道了 好的了解 收到ok".split()
)


_THANKS = Act("thanks", "commands.thanks", "says thanks")
_RECEIVED = Act("thanks", "commands.heard", "says it arrived; nothing was asked")


def _thanks(clause: Clause, question: Question) -> Act | None:
    """Thanks; where nothing was asked also beside a "good" (好的，谢谢), and "received" by itself."""
    asked = question.subject not in ("none", "order")
    rest = clause.core.strip("tu" if asked else "tuya")
    if not rest and clause.core[:1] in ("t" if asked else "tya") and "t" in clause.core:
        return _THANKS
    if not asked and not clause.core.strip("a"):
        heard = all(token.text in _HEARD for token in clause.tokens if token.tag == "a")
        return _RECEIVED if heard else None
    return None


def _commanded(clause: Clause, unknown: int) -> Part:
    """A word that opts out stands alone in its clause, a letter alone in its text; a phrase may have words round it."""
    tag = (
        "H" if "H" in clause.core else next(tag for tag in clause.core if tag in _COMMAND_TAGS)
    )  # 退订怎么操作 asks how
    token = next(token for token in clause.tokens if token.tag == tag)
    if tag == "Z" and token.value is None and (clause.core.strip("Ztx") or (unknown and len(token.text) == 1)):
        return Remark(clause.core, clause.text)
    intent = commands.INTENTS[tag]
    return Act(intent, f"commands.{intent}", f"“{token.text.strip()}” says so")


def _answer(clause: Clause, question: Question, now: datetime) -> Act | None:
    match question.subject:
        case "offer" | "reprice":
            return offers.read(clause)
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
    return said and replace(said, intent=offers.MEANS[said.intent])


def _lowered(act: Act | None, question: Question) -> Act | None:
    """ "Lower the price" is whichever choice of the ask is no extension and no return."""
    if act is None or act.intent != "lower":
        return act
    choice = next((choice for choice in question.choices if choice.means == "choose"), None)
    return None if choice is None else choices.act_of(choice, act.rule, act.why)
