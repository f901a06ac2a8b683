"""Which ask was the person looking at when the words arrived? Pure: asks and times in, asks out.

Words answer what their writer has seen. An ask counts from its first send attempt; one with other terms (another
revision, another price) than an earlier one of its thread counts only once the person can be expected to have read
it. Until then the words answer the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flows.limits import Limits
from flows.state import Ask, Slots


def in_view(asks: Iterable[Ask], at: datetime, limits: Limits) -> list[Ask]:
    """Of each thread the ask in view at that time, the one shown last first. Closed ones are among them."""
    by_thread: dict[str, list[Ask]] = {}
    for ask in asks:
        if ask.shown_at is not None and ask.shown_at <= at:
            by_thread.setdefault(ask.thread, []).append(ask)
    views = [shown[0] if len(shown) == 1 else _looked_at(shown, at, limits) for shown in by_thread.values()]
    return sorted(views, key=_shown, reverse=True)


def terms(ask: Ask) -> tuple[int, Slots]:
    """What an answer agrees to: asks of the same terms are the same question to the person."""
    return ask.revision, ask.question.facts


def same_question(one: Ask, other: Ask) -> bool:
    return one.state == other.state and terms(one) == terms(other)


def _looked_at(shown: list[Ask], at: datetime, limits: Limits) -> Ask:
    """The newest ask of the newest terms that have had time to be read; else of the oldest terms."""
    newest_first = sorted(shown, key=_shown, reverse=True)
    while True:
        current = terms(newest_first[0])
        alike = [ask for ask in newest_first if terms(ask) == current]
        older = [ask for ask in newest_first if terms(ask) != current]
        if not older or any(_settled(ask, at, limits) for ask in alike):
            return newest_first[0]
        newest_first = older


def _settled(ask: Ask, at: datetime, limits: Limits) -> bool:
    """Has the person had time to read it: a moment after it was delivered, or longer where no receipt says so?

    Where one is sure to come, or a text in its place, no time is long enough.
    """
    if ask.delivered_at is not None:
        return at >= ask.delivered_at + limits.settle_delivered
    if ask.awaited:
        return False
    return ask.shown_at is not None and at >= ask.shown_at + limits.settle_shown


def _shown(ask: Ask) -> tuple[datetime, datetime]:
    return ask.shown_at or ask.asked_at, ask.asked_at
