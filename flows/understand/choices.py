"""Answers that name a choice of the ask: its number, its place in the row, or its label.

Numbers count the choices text shows (hidden ones are not numbered). What a choice means comes from the ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import yaml

from flows.state import Choice, Question
from flows.understand.acts import Act
from flows.understand.clauses import AGAINST, TAKES_OBJECT, Clause
from flows.understand.normalise import normalise
from flows.understand.spelling import correct
from flows.understand.spoiling import AVERSE
from flows.understand.tokens import Found, Reader, Token

_PLACES = (
    "一 首 头 one first 1st",
    "二 两 two second 2nd",
    "三 three third 3rd",
    "四 four fourth 4th",
    "五 five fifth 5th",
    "六",
    "七",
    "八",
    "九",
)
_DIGIT = {word: place for place, words in enumerate(_PLACES, 1) for word in words.split()}
_ORDINAL = re.compile(
    r"倒数第(?P<back>[一二三四五1-5])(?:个|种|项|条|款)?"
    r"|第(?P<nth>[一二三四五六七八九]|[1-9](?!\d))(?:个|种|项|条|款|样|号|选项|选择|方式|张)?(?!次|天|时间|名|段|章|期|周|步)"
    r"|(?P<last>最后(?:面)?(?:的)?(?:那|一)?(?:个|种|项|条)|最后那|最末(?:一)?个?|末(?:一|尾那?)?个"
    r"|(?:the )?last(?: one| option)?\b)|(?P<first>头一?个|首个|最前(?:面)?(?:的)?(?:那)?个"
    r"|最上面(?:的)?(?:那)?个)|(?P<middle>中间(?:的)?(?:那)?(?:一)?个?|当中(?:那)?个|(?:the )?middle(?: one)?\b)"
    r"|(?:选项|选择|方案|方式|序号|编号|选第|option|number|no\.?|choice|#) ?"
    r"(?P<number>[1-9一二三四五六七八九](?!\d)|one\b|two\b|three\b|four\b)"
    r"|(?:the )?(?P<english>first|second|third|fourth|1st|2nd|3rd|4th)\b(?: one| option| choice)?"
)
ORDINAL_STARTS = frozenset("倒第最末头首中当选方序编#1234").union(
    "option number no choice the last middle first second third fourth".split()
)

_NAMES: Mapping[str, str] = yaml.safe_load((Path(__file__).parent / "words" / "options.yml").read_text("utf-8"))
_OTHER = tuple(_NAMES["other"].split())


def find_ordinal(text: str, at: int, _: date) -> Found | None:
    """第二个, 最后一个, option 2: tag O; the value counts from 1, from -1 backwards, 0 is the middle one."""
    match = _ORDINAL.match(text, at)
    if match is None:
        return None
    if match["last"]:
        place = -1
    elif match["first"]:
        place = 1
    elif match["middle"]:
        place = 0
    elif match["back"]:
        place = -_place(match["back"])
    else:
        place = _place(match["nth"] or match["number"] or match["english"])
    return Found("O", match.end(), place)


def _place(said: str) -> int:
    return int(said) if said.isdigit() else _DIGIT[said]


def shown(question: Question) -> list[Choice]:
    """The choices that text numbers, in order."""
    return [choice for choice in question.choices if not choice.hidden]


def at_place(question: Question, place: int) -> Choice | None:
    numbered = shown(question)
    if place == 0:
        return numbered[len(numbered) // 2] if len(numbered) % 2 else None
    index = place - 1 if place > 0 else len(numbered) + place
    return numbered[index] if 0 <= index < len(numbered) else None


def act_of(choice: Choice, rule: str, why: str) -> Act:
    return Act(choice.means, rule, why, choice.slots)


_PICKED = re.compile(r"([nd0]?)[NO]")


def read(clause: Clause, question: Question) -> Act | None:
    """The act of a clause that is one number or ordinal of the ask, or its negation (不选1)."""
    numbered = "N" in clause.core or "O" in clause.core
    match = _PICKED.fullmatch(clause.core.translate(_PADDING)) if numbered else None
    if match is None:
        return None
    value = clause.value("N") if "N" in clause.core else clause.value("O")
    place = int(value) if isinstance(value, (int, Decimal)) and value == int(value) else None
    if place is None or (place <= 0 and "N" in clause.core):
        return None
    choice = at_place(question, place)
    if choice is None:
        return None
    rule = "choices.number" if "N" in clause.core else "choices.ordinal"
    act = act_of(choice, rule, f"“{clause.text}” is choice {shown(question).index(choice) + 1} of the ask")
    return Act(act.intent, act.rule, act.why, act.slots, denied=True) if match[1] else act


_PADDING = str.maketrans("", "", "lta")


@lru_cache(maxsize=1024)
def _readable(label: str) -> str:
    return correct(normalise(label).text)


def names(choice: Choice) -> tuple[str, ...]:
    """Every way to name a choice in words: its labels in all languages, and what else they are called."""
    return _names(tuple(choice.labels.values()))


@lru_cache(maxsize=1024)
def _names(labels: tuple[str, ...]) -> tuple[str, ...]:
    readable = [_readable(label) for label in labels]
    also = [word for label in readable for known, words in _NAMES.items() if known in label for word in words.split()]
    return tuple(name for name in dict.fromkeys([*readable, *(word.replace("_", " ") for word in also)]) if name)


def labelled(text: str, question: Question) -> Choice | None:
    """The choice, shown or hidden, whose label in any language the whole text is."""
    said = text.strip(" ,.!~。")
    for choice in question.choices:
        if any(_readable(label) == said for label in choice.labels.values()):
            return choice
    return None


def apart(tokens: Sequence[Token], question: Question) -> Sequence[Token]:
    """A menu number beside other words is said for itself: 1接受 is two parts, and they must agree."""
    tags = {token.tag for token in tokens}
    numbered = len(shown(question)) if "N" in tags or "O" in tags else 0
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
        if lone and not _led(tokens, index) and not _turned_down(tokens, index, question):
            apart += [Token(",", ""), token, Token(",", "")]
        else:
            apart.append(token)
    return apart


def _led(tokens: Sequence[Token], index: int) -> bool:
    """True when a negation, a bound or a verb in front makes the number part of its own clause (不选2)."""
    before = next((token for token in reversed(tokens[:index]) if token.tag not in "fiI"), None)
    return before is not None and (before.tag in "nd0VvRjgUmchwWM$" or before.text in TAKES_OBJECT | AVERSE)


def _turned_down(tokens: Sequence[Token], index: int, question: Question) -> bool:
    """True when a choice that is neither the yes nor the no is refused right behind its number (2不行)."""
    behind = next((token for token in tokens[index + 1 :] if token.tag not in "fi"), None)
    if behind is not None and (behind.tag in "cmwU" or behind.text == "就" or behind.text in AGAINST):
        return True
    place = tokens[index].value
    choice = at_place(question, int(place)) if isinstance(place, (int, Decimal)) else None
    if behind is None or choice is None or choice.means in ("affirm", "deny"):
        return False
    return behind.tag in "xnd"


def _beside_option(tokens: Sequence[Token], index: int) -> bool:
    """A Chinese numeral is a menu number only by itself or beside the name of a choice: 一 is a word in many."""
    return any(token.tag == "E" for token in tokens[max(0, index - 1) : index + 2])


def _amid_unknown(tokens: Sequence[Token], index: int) -> bool:
    """True for a numeral in a name or a number of something (张三, 3号楼)."""
    return any(token.tag == "u" for token in tokens[max(0, index - 1) : index + 2])


def find_named(text: str, choices: Sequence[Choice]) -> list[tuple[int, Found]]:
    """Every place where the text names one of `choices`: tag E, value the choice; the longest name wins.

    A name that only looks like one of them (信用卡) is another way, and put off: tag h.
    """
    spans: list[tuple[int, Found]] = []
    named = [(name, choice) for choice in choices for name in names(choice) if name in text]
    others = [(name, None) for name in _OTHER if name in text]
    for name, choice in sorted([*others, *named], key=lambda pair: -len(pair[0])):
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if _whole(text, at, end) and not any(start < end and at < found.end for start, found in spans):
                spans.append((at, Found("E" if choice else "n" if name.startswith("没") else "h", end, choice)))
            at = text.find(name, end)
    return sorted(spans, key=lambda span: span[0])


def _whole(text: str, at: int, end: int) -> bool:
    """False inside a Latin word: card is no part of discard."""
    return not ("a" <= text[at] <= "z" and at and "a" <= text[at - 1] <= "z") and not (
        "a" <= text[end - 1] <= "z" and "a" <= text[end : end + 1] <= "z"
    )


_SOMEWHERE = frozenset("第后末头首最间当选方序编#").union(
    start for start in ORDINAL_STARTS if start.isascii() and not start.isdigit()
)
_SOMEWHERE |= {"st", "nd", "rd", "th"}
ORDINALS = Reader(ORDINAL_STARTS, _SOMEWHERE, find_ordinal)
