"""What card templates can use: filters that say money, times and things as a person would.

`{{ price | yuan }}` ¥15,200 · `{{ expires_at | when }}` 11月25日 18:00 · `{{ ends_on | day }}` 11月25日 ·
`{{ item | discreet }}` 腕表（编号#3287） · `{{ listings | length }}` · `{{ text | lines }}` keeps line breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

ZONE: Final = "_zone"
"""Name under which a render puts the person's time zone into the context."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_CATEGORIES: Final = {
    "腕表": "watch",
    "手表": "watch",
    "手袋": "handbag",
    "包袋": "handbag",
    "箱包": "bag",
    "首饰": "jewellery",
    "珠宝": "jewellery",
    "服饰": "clothing",
    "鞋履": "shoes",
    "配饰": "accessory",
    "其他": "item",
}
"""The platform's categories as it writes them -> in English."""
_CATEGORIES_ZH: Final = {english: chinese for chinese, english in reversed(_CATEGORIES.items())}


class Lines(str):
    """Words whose line breaks are meant: everything else a card prints is put on one line."""

    __slots__ = ()


def yuan(amount: str | int) -> str:
    """A decimal string of yuan as "¥15,200", with fen only where there are any. Raises ValueError."""
    try:
        value = Decimal(amount).quantize(Decimal("0.01"))
    except (InvalidOperation, TypeError):
        raise ValueError(f"{str(amount)!r} is no amount of money; a decimal string of yuan is needed") from None
    whole = value.to_integral_value()
    return f"{'-' if value < 0 else ''}¥{abs(whole) if value == whole else abs(value):,}"


def discreet_zh(item: Mapping[str, Any]) -> str:
    """What it is and its number, never its name: 腕表（编号#3287）."""
    category = str(item.get("category") or "物品")
    return f"{_CATEGORIES_ZH.get(category, category)}（编号#{_code(item)}）"


def discreet_en(item: Mapping[str, Any]) -> str:
    """What it is and its number, never its name: watch (no. 3287)."""
    category = str(item.get("category") or "item")
    english = _CATEGORIES.get(category, category if category.isascii() else "item")
    return f"{english} (no. {_code(item)})"


def _code(item: Mapping[str, Any]) -> str:
    return str(item["code"]).removeprefix("#")


@pass_context
def when_zh(context: Context, moment: str) -> str:
    """Where the person is: 11月25日 18:00. A date alone has no hour."""
    at = _local(moment, context)
    return f"{at.month}月{at.day}日 {at:%H:%M}" if isinstance(at, datetime) else f"{at.month}月{at.day}日"


@pass_context
def when_en(context: Context, moment: str) -> str:
    """Where the person is: 25 Nov 18:00. A date alone has no hour."""
    at = _local(moment, context)
    day = f"{at.day} {_MONTHS[at.month - 1]}"
    return f"{day} {at:%H:%M}" if isinstance(at, datetime) else day


@pass_context
def day_zh(context: Context, moment: str) -> str:
    at = _local(moment, context)
    return f"{at.month}月{at.day}日"


@pass_context
def day_en(context: Context, moment: str) -> str:
    at = _local(moment, context)
    return f"{at.day} {_MONTHS[at.month - 1]}"


def _local(moment: str, context: Context) -> date:
    """A date as it is; a time where the person is. One without offset is theirs already. Raises ValueError."""
    try:
        if len(moment) == len("2026-11-25"):
            return date.fromisoformat(moment)
        at = datetime.fromisoformat(moment)
    except (TypeError, ValueError):
        raise ValueError(f"{str(moment)!r} is no time; ISO 8601 is needed") from None
    return at.astimezone(_zone(str(context.get(ZONE, "UTC")))) if at.tzinfo else at


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


FILTERS: Final[Mapping[str, Mapping[str, Callable[..., Any]]]] = {
    "zh": {"yuan": yuan, "when": when_zh, "day": day_zh, "discreet": discreet_zh, "length": len, "lines": Lines},
    "en": {"yuan": yuan, "when": when_en, "day": day_en, "discreet": discreet_en, "length": len, "lines": Lines},
}
"""Language -> what its templates can use. Nothing else: Jinja2's own filters are taken away."""
