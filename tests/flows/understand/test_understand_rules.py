"""Commands, choices, yes and no, and how clauses are put together: the rules, on questions of our own."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.state import Choice, Question
from flows.understand import commands, understand
from flows.understand.contexts import CONTEXTS
from flows.understand.tokens import pieces

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")


def _choice(number: int, label: str, *, hidden: bool = False) -> Choice:
    return Choice(
        f"listing-{number}", "choose", {"zh": label, "en": f"item {number}"}, {"listing": f"L-{number}"}, hidden
    )


LISTINGS = Question(
    "plain",
    ("choose", "deny"),
    (_choice(1, "腕表 #3287"), _choice(2, "挎包 #1190"), _choice(3, "都不是", hidden=True), _choice(4, "戒指 #77")),
)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("1", "listing-1"),
        ("第二个", "listing-2"),
        ("3", "listing-4"),
        ("最后一个", "listing-4"),
        ("挎包 #1190", "listing-2"),
        ("选二", "listing-2"),
    ],
)
def test_numbers_count_the_choices_that_are_shown(said: str, choice: str) -> None:
    """A hidden choice has no number; a label picks in any language."""
    reading = understand(said, LISTINGS, NOW)
    assert (reading.intent, reading.choice) == ("choose", choice)
    assert reading.slots == {"listing": choice.replace("listing-", "L-")}


@pytest.mark.parametrize("said", ["4", "0", "1和2", "12", "1 挎包 #1190"])
def test_a_number_that_names_no_single_choice_is_unclear(said: str) -> None:
    """Out of range, two of them, or at odds with the label beside it."""
    assert understand(said, LISTINGS, NOW).intent == "unclear"


@pytest.mark.parametrize(
    ("said", "context"),
    [("16000", "payout"), ("接受", "order"), ("延期3天", "rating"), ("退货", "offer"), ("Y", "none")],
)
def test_only_what_was_asked_is_answered(said: str, context: str) -> None:
    """An intent the question does not accept is not returned."""
    assert understand(said, CONTEXTS[context], NOW).intent == "unclear"


def test_a_question_that_takes_no_price_gets_none() -> None:
    """`accepts` rules over the grammar of the subject."""
    reading = understand("16000", Question("offer", ("affirm", "deny")), NOW)
    assert reading.intent == "unclear"
    assert [candidate.intent for candidate in reading.candidates] == ["counter_offer"]


def test_what_was_turned_down_is_told() -> None:
    """Two answers are unclear, and both are listed with the reason."""
    reading = understand("接受，不，拒绝", CONTEXTS["offer"], NOW)
    assert reading.intent == "unclear"
    assert {candidate.intent for candidate in reading.candidates} == {"affirm", "deny"}
    assert all(candidate.turned_down for candidate in reading.candidates)


def test_a_tap_and_a_word_mean_the_same_choice() -> None:
    """A yes names the choice that stands for it."""
    assert (
        understand("好的", CONTEXTS["offer"], NOW).choice == understand("1", CONTEXTS["offer"], NOW).choice == "accept"
    )


def test_relative_days_count_from_the_contacts_clock() -> None:
    """Just after midnight in Shanghai it is still yesterday in London; the contact's day counts."""
    late = datetime.fromisoformat("2026-11-30T00:30:00+08:00")
    assert understand("改到明天", CONTEXTS["appointment"], late).slots == {"when": "2026-12-01"}


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("怎么退订", "H"),
        ("退订", "Z"),
        ("取消退订", "Y"),
        ("快递到哪了", "Q"),
        ("转人工", "J"),
        ("不退订", "w"),
        ("退订是什么意思", "w"),
    ],
)
def test_commands_are_found_and_told_apart(said: str, tag: str) -> None:
    """Asking how is help; asking about it, or saying not to, is no command."""
    assert [found.tag for _, found in commands.find(said, pieces(said))] == [tag]


@pytest.mark.parametrize("phrase", commands.PHRASES, ids=lambda phrase: phrase.pattern.pattern[:30])
def test_no_phrase_does_without_its_keys(phrase: commands.Phrase) -> None:
    """Whatever a phrase matches holds one of its keys, so looking for the keys first loses nothing."""

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.from_regex(phrase.pattern, fullmatch=True))
    def holds(said: str) -> None:
        assert all(keys & pieces(said) for keys in (phrase.keys, phrase.also))

    holds()
