"""The types a flow's `data` may have, and reading an event's data by them.

A trailing ``?`` makes a field optional (it is then None). What comes out is what slots hold: money as a decimal
string of yuan, a time as ISO 8601 in UTC, a date as YYYY-MM-DD.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import JsonValue

TEXT_LIMIT = 2000
"""Characters of a text field."""
MONEY_LIMIT = Decimal("99999999.99")
"""Yuan: the largest amount a reply can name (replies README), so the largest a question may."""


class FieldError(Exception):
    """One field of an event's data is missing or is not what the flow declares."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"data.{field}: {why}")
        self.field = field
        self.why = why


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    if len(value) > TEXT_LIMIT:
        raise ValueError(f"must be at most {TEXT_LIMIT} characters")
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _money(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be an amount of yuan, for example 15200 or '15200.50'")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("must be an amount of yuan, for example 15200 or '15200.50'") from None
    if not amount.is_finite() or not 0 <= amount <= MONEY_LIMIT or amount != round(amount, 2):
        raise ValueError(f"must be between 0 and {MONEY_LIMIT} yuan, with at most two decimals")
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}"


def _time(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("must be a time, for example 2026-11-23T12:00:00+08:00") from None
    if moment.tzinfo is None:
        raise ValueError("must say its zone, for example 2026-11-23T12:00:00+08:00")
    return moment.astimezone(UTC).isoformat()


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _date(value: Any) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date, for example 2026-11-25")
    return date.fromisoformat(value).isoformat()


_ITEM = {"code": "text", "category": "text", "name": "text", "photo": "text?", "url": "text?"}


def _item(value: Any) -> dict[str, JsonValue]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an item: {code, category, name, photo}")
    return {name: found for name, found in read(_ITEM, value).items() if found is not None}


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "money": _money,
    "time": _time,
    "date": _date,
    "item": _item,
}


def read(fields: Mapping[str, str], data: Mapping[str, Any], only: Iterable[str] | None = None) -> dict[str, Any]:
    """The declared fields of `data` as slots; fields that are not declared are left out.

    only: read no other fields than these (an event that moves a thread names it, and need not repeat the rest).
    Raises FieldError for the first field at fault.
    """
    return {name: _field(name, fields[name], data.get(name)) for name in (fields if only is None else only)}


def _field(name: str, kind: str, value: Any) -> Any:
    if value is None:
        if kind.endswith("?"):
            return None
        raise FieldError(name, "is missing")
    try:
        return TYPES[kind.removesuffix("?")](value)
    except FieldError as error:
        raise FieldError(f"{name}.{error.field}", error.why) from None
    except ValueError as error:
        raise FieldError(name, str(error)) from None
