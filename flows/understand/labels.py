"""What may be said of a reply nobody understood: its intent, and the one value that goes with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from pydantic import JsonValue

from flows.understand.contexts import CONTEXTS

EVERYWHERE = ("unclear", "unsubscribe", "resubscribe", "help", "human", "thanks", "status")
SLOT: Mapping[str, str] = {
    "counter_offer": "price",
    "extend": "days",
    "extend_until": "date",
    "choose": "option",
    "rate": "score",
    "reschedule": "when",
}
"""Intent -> what is said beside it: price in yuan, days (or none), date YYYY-MM-DD, option, score 1 to 5, when
YYYY-MM-DD or YYYY-MM-DDTHH:MM (or none)."""
_MAY_BE_MISSING = ("days", "when")
_EXAMPLES = {
    "price": "16000",
    "days": "7",
    "date": "2026-12-05",
    "option": "2",
    "score": "5",
    "when": "2026-11-25T15:00",
}


def intents(context: str) -> tuple[str, ...]:
    """The intents a reply may have had that was read against a question of this subject."""
    return (*(CONTEXTS[context].accepts if context in CONTEXTS else ()), *EVERYWHERE)


def slots(intent: str, value: str) -> dict[str, JsonValue]:
    """The slot of `intent` from what was typed. Raises ValueError that says what to type."""
    name = SLOT.get(intent)
    if name is None:
        if value:
            raise ValueError(f"{intent} has no value; leave it empty")
        return {}
    if value in ("", "null") and name in _MAY_BE_MISSING:
        return {name: None}
    try:
        return {name: _read(name, value)}
    except ValueError:
        raise ValueError(f"{value!r} is no {name}; type one like {_EXAMPLES[name]}") from None


def _read(name: str, value: str) -> JsonValue:
    if name == "date":
        return date.fromisoformat(value).isoformat()
    if name == "when":
        datetime.fromisoformat(value)
        return value
    if name == "price":
        price: JsonValue = json.loads(value)
        if not isinstance(price, int | float) or isinstance(price, bool) or price <= 0:
            raise ValueError(value)
        return price
    number = int(value)
    if name == "score" and not 1 <= number <= 5:
        raise ValueError(value)
    return number
