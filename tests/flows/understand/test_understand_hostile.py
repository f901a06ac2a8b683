"""Whatever arrives: never an exception, never an act of money nobody meant, never more than linear work."""

from __future__ import annotations

import sys
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
