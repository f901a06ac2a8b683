"""An answer and an opt-out in one text: unclear, with both as what it could be."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.understand.contexts import read
from flows.understand.decide import ANSWER_AND_STOP

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")


@pytest.mark.parametrize(
    ("context", "text", "intent", "slots"),
    [
        ("offer", "Y，但是别再发广告了", "affirm", {}),
        ("offer", "可以，TD", "affirm", {}),
        ("offer", "退订，16000", "counter_offer", {"price": "16000"}),
        ("reprice", "同意，退订", "affirm", {}),
        ("expiring", "延期3天，别再发了", "extend", {"days": 3}),
        ("expiring", "取回，退订", "withdraw_item", {}),
        ("payout", "支付宝，别再发了", "choose", {"option": 2}),
        ("appointment", "改到周三下午3点，退订", "reschedule", {"when": "2026-11-25T15:00"}),
        ("order", "退货，退订", "return_item", {}),
    ],
)
def test_an_answer_beside_a_stop(context: str, text: str, intent: str, slots: dict[str, object]) -> None:
    """Both are candidates, in the person's own order, and neither is the reading."""
    reading = read(context, text, NOW)
    assert (reading.intent, reading.rule) == ("unclear", ANSWER_AND_STOP)
    assert {one.intent: dict(one.slots) for one in reading.candidates} == {intent: slots, "unsubscribe": {}}


@pytest.mark.parametrize("text", ["不卖，别再发了", "N，退订", "谢谢，退订", "退订"])
def test_a_refusal_with_a_stop_is_a_stop(text: str) -> None:
    """Nothing is at stake beside it."""
    assert read("offer", text, NOW).intent == "unsubscribe"


@pytest.mark.parametrize(
    "text", ["同意，人工，退订", "1和2，退订", "如果明天到账，同意，退订", "不要16000，16000，退订"]
)
def test_no_clear_answer_beside_it_is_no_such_pair(text: str) -> None:
    """What would be unclear alone is not offered to be picked."""
    assert read("offer", text, NOW).rule != ANSWER_AND_STOP
