"""Whatever arrives: never an exception, never an act of money nobody meant, never more than linear work."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from re import _constants, _parser  # type: ignore[attr-defined]  # the only reader of patterns there is
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.understand
from flows.understand import commands
from flows.understand.contexts import CONTEXTS, read
from flows.understand.score import MONEY

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
ANSWERS = {
    "offer": "同意",
    "reprice": "降吧",
    "expiring": "延期3天",
    "payout": "微信",
    "appointment": "确认",
    "order": "退货",
    "rating": "5分",
    "none": "Y",
}
CONTEXT = st.sampled_from(sorted(CONTEXTS))
PIECES = st.sampled_from(
    [
        *ANSWERS.values(),
        *"不 没 吗 ? 但是 如果 1 2 3 16000 一万六 3天 周三 下午3点 ， 【 】 「 」 “ - ----".split(),
        *"原始短信 回复1接受2拒绝".split(),
        *"TD 退订 🆗 怎么 到哪了 人工 了 吧 到 最低 从 第 最后一个".split(),
        " ",
        "\n",
    ]
)


@settings(max_examples=400, deadline=None)
@given(CONTEXT, st.text(max_size=60))
def test_any_text_gets_a_reading(context: str, text: str) -> None:
    """No string raises, and the intent is one the context knows."""
    reading = read(context, text, NOW)
    everywhere = {"unsubscribe", "resubscribe", "help", "human", "thanks", "status", "unclear"}
    assert reading.intent in everywhere | set(CONTEXTS[context].accepts)


@settings(max_examples=600, deadline=None)
@given(CONTEXT, st.lists(PIECES, max_size=12).map("".join))
def test_any_jumble_of_known_words_gets_a_reading(context: str, text: str) -> None:
    """Words of the grammar in any order raise nothing, and slots are whole."""
    reading = read(context, text, NOW)
    slots = {
        "counter_offer": "price",
        "extend": "days",
        "extend_until": "date",
        "choose": "option",
        "rate": "score",
        "reschedule": "when",
    }
    if reading.intent in slots:
        assert slots[reading.intent] in reading.slots


SPOILERS = [
    *"{{x}} ${x} <script> http://a.example/b У Υ ٣ ३ 𝟏 Ⓨ 系统： `x` {%".split(),
    "\u202e",
    "\x00",
    "\x1b[0m",
    "'; DROP TABLE a;--",
    "ignore previous instructions",
]


@settings(max_examples=300, deadline=None)
@given(CONTEXT, st.sampled_from(SPOILERS), st.booleans())
def test_hostile_text_never_acts_even_beside_an_answer(context: str, spoiler: str, before: bool) -> None:
    """Code, markup, addresses, controls, look-alikes and injected orders make any answer unclear."""
    answer = ANSWERS[context]
    text = spoiler + answer if before else answer + spoiler
    assert read(context, text, NOW).intent not in MONEY


DIGITS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if chr(code).isdecimal() and not (chr(code).isascii() or 0xFF10 <= code <= 0xFF19)
]


@pytest.mark.parametrize("context", sorted(CONTEXTS))
def test_digits_of_other_scripts_are_nobodys_choice(context: str) -> None:
    """Every decimal digit of Unicode but ASCII and full-width is unclear, alone and as a price."""
    for digit in DIGITS:
        assert read(context, digit, NOW).intent == "unclear"
        assert read(context, digit * 5, NOW).intent == "unclear"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["offer", "reprice", "expiring"]),
    st.text(st.characters(min_codepoint=0x370, max_codepoint=0x52F), min_size=1, max_size=6),
)
def test_greek_and_cyrillic_never_pass_for_ours(context: str, text: str) -> None:
    """Look-alike letters are no letters of ours."""
    assert read(context, text, NOW).intent == "unclear"


PLAIN = (
    set("yn123")
    | {chr(0xFF21 + ord(letter) - 65) for letter in "YN"}
    | {chr(0xFF41 + ord(letter) - 97) for letter in "yn"}
)
PLAIN |= {
    character
    for group in ("YN", "１２３", "①②③", "⑴⑵⑶", "⒈⒉⒊", "❶❷❸", "➀➁➂", "➊➋➌", "㈠㈡㈢", "㊀㊁㊂")
    for character in group
}
LOOK_ALIKES = sorted(
    character
    for character in map(chr, range(0x80, sys.maxunicode + 1))
    if unicodedata.normalize("NFKC", character).lower() in set("yn123") and character not in PLAIN
)


def test_letters_and_digits_that_only_look_like_ours_answer_nothing() -> None:
    """Mathematical, superscript, ordinal and enclosed forms of the answers, but those that a phone's keyboard has."""
    assert len(LOOK_ALIKES) > 50
    acted = [
        character
        for character in LOOK_ALIKES
        for context in ("offer", "appointment", "payout")
        if read(context, character, NOW).intent in MONEY
    ]
    assert not acted


LONGEST = 100_000
HOSTILE = [*SPOILERS, "回复1同意", "<b>同意</b>", "同意\u202e", "Ｙ\u2066", "' OR 1=1 --", "{{ 7*7 }}同意", "同意\n"]


@settings(max_examples=60, deadline=None)
@given(CONTEXT, st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4), st.integers(0, 5))
def test_a_hundred_kilobytes_of_anything_are_unclear(context: str, pieces: list[str], cut: int) -> None:
    """No exception and no act, wherever the text is cut; an answer at its end is not one."""
    piece = "".join(pieces)
    text = (piece * (LONGEST // len(piece) + 1))[cut:LONGEST] + ANSWERS[context]
    assert read(context, text, NOW).intent == "unclear"


def patterns() -> Iterator[re.Pattern[str]]:
    """Every pattern of flows.understand."""
    yield from (phrase.pattern for phrase in commands.PHRASES)
    for module in pkgutil.walk_packages(flows.understand.__path__, "flows.understand."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, re.Pattern):
                yield value


def repeats_a_repetition(parsed: Any, *, inside: bool = False) -> bool:
    """Is there something without an upper bound inside something without one? That is what runs away."""
    for name, argument in parsed:
        kind = str(name)
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            unbounded = argument[1] is _constants.MAXREPEAT
            if (unbounded and inside) or repeats_a_repetition(argument[2], inside=inside or unbounded):
                return True
        elif kind == "BRANCH":
            if any(repeats_a_repetition(branch, inside=inside) for branch in argument[1]):
                return True
        elif kind in ("SUBPATTERN", "ASSERT", "ASSERT_NOT") and repeats_a_repetition(argument[-1], inside=inside):
            return True
    return False


def test_no_pattern_repeats_a_repetition() -> None:
    """(a+)+ takes time without end on a text that almost fits; no pattern here is of that kind."""
    found = {pattern.pattern for pattern in patterns()}
    assert len(found) > 200
    assert repeats_a_repetition(_parser.parse("(?:ab*)+"))
    assert [text for text in found if repeats_a_repetition(_parser.parse(text))] == []


LONG = [
    *"好 不 1 ， - 【 「 “ 回复 退订 怎么 一 一万 9 a 什么时候 给我 别再 的 { 到 下周 > 第 好的，".split(),
    "我这块表是我爸买的",
    " ",
    "\n",
    "a ",
]


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("context", ["offer", "expiring", "appointment", "none"])
def test_a_hundred_thousand_characters_are_refused_quickly(piece: str, context: str) -> None:
    """No pattern runs away: a long text is unclear, whatever it repeats."""
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    assert read(context, text, NOW).intent == "unclear"


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.parametrize("size", [490, 3900])
def test_texts_at_the_limits_do_bounded_work(piece: str, size: int) -> None:
    """Counted in steps of the interpreter, not in seconds: ten times the text is not a hundred times the work."""
    text = (piece * size)[:size]
    assert _steps(text) <= 400 * size + 20_000


def _steps(text: str) -> int:
    count = 0

    def trace(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(trace)
    try:
        read("appointment", text, NOW)
    finally:
        sys.setprofile(None)
    return count
