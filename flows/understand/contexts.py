"""The questions of the labelled replies, as the shipped cards ask them."""

from __future__ import annotations

from datetime import datetime

from flows.state import Choice, Question, Reading
from flows.understand import understand


def _choice(means: str, zh: str, en: str, **slots: int | None) -> Choice:
    return Choice(id=en.lower().replace(" ", "-"), means=means, labels={"zh": zh, "en": en}, slots=dict(slots))


CONTEXTS = {
    "offer": Question(
        "offer",
        ("affirm", "deny", "counter_offer", "withdraw_item"),
        (_choice("affirm", "接受", "Accept"), _choice("deny", "拒绝", "Decline")),
        {"price": "15200"},
    ),
    "reprice": Question(
        "reprice",
        ("affirm", "deny", "counter_offer", "withdraw_item"),
        (_choice("affirm", "同意", "Agree"), _choice("deny", "不调整", "Keep the price")),
        {"price": "14900"},
    ),
    "expiring": Question(
        "expiring",
        ("extend", "extend_until", "withdraw_item", "choose", "counter_offer", "deny"),
        (
            _choice("extend", "延期7天", "Extend 7 days", days=7),
            _choice("withdraw_item", "取回", "Take it back"),
            _choice("choose", "降价", "Lower the price", option=3),
        ),
        {"until": "2026-11-25"},
    ),
    "payout": Question(
        "payout",
        ("choose",),
        (
            _choice("choose", "银行卡", "Bank card", option=1),
            _choice("choose", "支付宝", "Alipay", option=2),
            _choice("choose", "微信", "WeChat Pay", option=3),
        ),
    ),
    "appointment": Question(
        "appointment",
        ("affirm", "deny", "reschedule"),
        (
            _choice("affirm", "确认", "Confirm"),
            _choice("deny", "取消", "Cancel"),
            _choice("reschedule", "改期", "Another time", when=None),
        ),
        {"when": "2026-11-24T14:00"},
    ),
    "order": Question("order", ("return_item",)),
    "rating": Question("rating", ("rate",)),
    "none": Question(),
}


def read(context: str, text: str, now: datetime) -> Reading:
    """The reading of `text` in one of the named contexts. Raises KeyError for another name."""
    return understand(text, CONTEXTS[context], now)
