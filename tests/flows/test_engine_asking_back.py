"""Words nobody understood: for every question of the shipped flows the bot asks back in words that fit it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flow_world import shipped, shipped_cards

from cards.check import sample
from cards.text import to_text
from flows.engine.draft import Draft
from flows.engine.words import NOTICES, ask_back
from flows.state import Ask, Conversation, Question, Said, Say

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)

ASKED = [
    (name, state)
    for name, flow in shipped().flows.items()
    for state, of in flow.states.items()
    if of.expect and of.subject not in NOTICES
]
BACK = {
    ("account/payout", "asked"): "您选哪一个？回复1银行卡 2支付宝 3微信，或回复“人工”",
    ("consignment/expiring", "asked"): (
        "您是想延期、取回，还是降价？回复1延期7天 2取回 3降价，或直接发“延期10天”，或回复“人工”"
    ),
    ("consignment/expiring", "naming_days"): (
        "您想延期几天？回复1延期7天 2延期15天 3延期30天，或直接发“延期10天”，或回复“人工”"
    ),
    ("consignment/expiring", "naming_price"): "您想定多少钱？请直接发价格，或回复“人工”。",
    ("consignment/extend", "naming_days"): (
        "您想延期几天？回复1延期7天 2延期15天 3延期30天，或直接发“延期10天”，或回复“人工”"
    ),
    (
        "consignment/extend",
        "picking",
    ): "您选哪一个？回复1腕表（编号#3287） 2手袋（编号#4102） 3首饰（编号#5530），或回复“人工”",
    ("consignment/offer", "asked"): "您是想接受¥15,200，还是报个价？回复1接受 2拒绝，或直接发价格，或回复“人工”",
    ("consignment/offer", "naming_price"): "您是想接受¥15,200，还是报个价？回复1接受 2拒绝，或直接发价格，或回复“人工”",
    ("consignment/reprice", "asked"): (
        "您是同意调到¥15,200，还是自己定个价？回复1同意 2不调整，或直接发价格，或回复“人工”"
    ),
    ("consignment/reprice", "naming_price"): "您想定多少钱？请直接发价格，或回复“人工”。",
    ("service/appointment", "asked"): "您是来、不来，还是改期？回复1确认 2取消 3改期，或回复“人工”",
    ("service/appointment", "naming_time"): "您想改到哪天几点？请直接发时间，例如“周五下午3点”，或回复“人工”。",
    ("service/rating", "asked"): (
        "您打几分？1分最低，5分最高。回复1很不满意 2不满意 3一般 4满意 5非常满意，或回复“人工”"
    ),
}


def question(flow: str, state: str) -> Question:
    """What that state asks, as its card would ask it."""
    of = shipped().flows[flow].states[state]
    assert of.say
    choices = shipped().choices(of.say, sample(shipped_cards(), of.say, "zh").data)
    return Question(of.subject, tuple(of.expect), choices, {"price": "15200"})


def asked_back(asked: Question, hint: str = "", language: str = "zh") -> tuple[Say, str]:
    """What is said, and as an SMS."""
    draft = Draft(shipped(), Conversation("anne", language=language), Said("m", NOW, "天上的云"), NOW)
    ask_back(draft, Ask("t.1", "", 1, "asked", asked, "", NOW), hint)
    (say,) = [effect for effect in draft.effects if isinstance(effect, Say)]
    card = shipped_cards().render(say.card, language, say.data, zone="Asia/Shanghai", ask="t.1", choices=asked.choices)
    return say, to_text(card, "").body


def test_every_question_of_the_shipped_flows_is_here() -> None:
    """A new one needs words of its own."""
    assert set(BACK) == set(ASKED)


@pytest.mark.parametrize(("flow", "state"), ASKED)
def test_the_words_fit_the_question(flow: str, state: str) -> None:
    """What can be answered is said, with the digits that answer it."""
    text = asked_back(question(flow, state))[1]
    assert text.startswith("抱歉，没看懂您的回复。" + BACK[flow, state])


@pytest.mark.parametrize(("flow", "state"), ASKED)
def test_the_english_words_ask_too(flow: str, state: str) -> None:
    """As many questions as the Chinese ones: one, or none where points are explained."""
    text = asked_back(question(flow, state), language="en")[1]
    assert text.count("?") == 1
    assert "AGENT" in text


@pytest.mark.parametrize(
    ("flow", "hint", "meant"),
    [
        ("consignment/offer", "affirm", "您是想接受吗？回复1接受 2拒绝"),
        ("consignment/offer", "deny", "您是想拒绝吗？回复1接受 2拒绝"),
        ("consignment/expiring", "extend", "您是想延期7天吗？"),
        ("consignment/expiring", "withdraw_item", "您是想取回吗？"),
        ("service/appointment", "reschedule", "您是想改期吗？"),
    ],
)
def test_a_second_opinion_words_the_question(flow: str, hint: str, meant: str) -> None:
    """Where one choice stands for what somebody else took the words for, the bot asks whether it is meant."""
    text = asked_back(question(flow, "asked"), hint)[1]
    assert meant in text


@pytest.mark.parametrize(("flow", "hint"), [("account/payout", "choose"), ("consignment/offer", "rate")])
def test_an_opinion_no_single_choice_stands_for_changes_nothing(flow: str, hint: str) -> None:
    """Three ways to be paid are all chosen; nobody was asked for points."""
    assert asked_back(question(flow, "asked"), hint) == asked_back(question(flow, "asked"))
