"""Where nothing was asked, only words that say what to do start anything."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.state import Question, Reading
from flows.understand import understand

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
ACCEPTS = ("extend", "extend_until")
VALUES = ["3天", "7", "三天", "一个月", "好的，3天", "再三天", "加7天", "another week", "two weeks", "能3天吗"]
DAYS = ["到月底", "12月5号", "12/5", "改到12月5号", "要到12月5号", "until 12/5"]


def read(text: str, *, bare: bool) -> Reading:
    return understand(text, Question("expiring", ACCEPTS, (), {"bare": bare}), NOW)


@pytest.mark.parametrize("text", [*VALUES, *DAYS])
def test_a_length_or_a_day_alone_starts_nothing(text: str) -> None:
    """Nothing was asked, so it could be about anything."""
    assert read(text, bare=False).intent == "unclear"


@pytest.mark.parametrize("text", ["3天", "一个月", "加7天", "到月底", "12月5号"])
def test_where_it_was_asked_the_same_words_answer(text: str) -> None:
    """The question says what the length is for."""
    assert read(text, bare=True).intent in ACCEPTS


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("延期3天", {"days": 3}),
        ("延期，3天", {"days": 3}),
        ("续一周", {"days": 7}),
        ("再放3天", {"days": 3}),
        ("继续卖", {"days": None}),
        ("多放几天", {"days": None}),
        ("extend 3 days", {"days": 3}),
        ("放到月底", {"date": "2026-11-30"}),
        ("延到12月5号", {"date": "2026-12-05"}),
        ("寄售到12月5日", {"date": "2026-12-05"}),
        ("keep it until 12/5", {"date": "2026-12-05"}),
    ],
)
def test_words_that_say_what_to_do_start_it(text: str, slots: dict[str, object]) -> None:
    """A verb of keeping makes the request whole."""
    reading = read(text, bare=False)
    assert (reading.intent in ACCEPTS, dict(reading.slots)) == (True, slots)


def test_an_opt_out_beside_a_length_is_still_one() -> None:
    """What may always be said needs no question."""
    assert read("退订", bare=False).intent == "unsubscribe"
