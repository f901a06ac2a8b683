"""Money, times and things as a person would say them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.cards import written

from cards import CardError


def shown(folder: Path, expression: str, data: dict[str, Any], language: str = "zh") -> str:
    cards = written(folder, f'body: "{{{{ {expression} }}}}"\n', en=f'body: "{{{{ {expression} }}}}"\n')
    return cards.render("test/card", language, data, zone="Asia/Shanghai").panel.body


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("15200", "¥15,200"),
        ("15200.50", "¥15,200.50"),
        ("15200.00", "¥15,200"),
        (99, "¥99"),
        ("0.5", "¥0.50"),
        ("-80", "-¥80"),
    ],
)
def test_yuan(tmp_path: Path, amount: str | int, said: str) -> None:
    """Thousands are grouped; fen are said where there are any."""
    assert shown(tmp_path, "x | yuan", {"x": amount}) == said


@pytest.mark.parametrize(
    ("moment", "zh", "en"),
    [
        ("2026-11-25T10:00:00+00:00", "11月25日 18:00", "25 Nov 18:00"),
        ("2026-11-25T10:00:00Z", "11月25日 18:00", "25 Nov 18:00"),
        ("2026-11-25T18:30:00Z", "11月26日 02:30", "26 Nov 02:30"),
        ("2026-11-26T15:00", "11月26日 15:00", "26 Nov 15:00"),
        ("2026-11-26", "11月26日", "26 Nov"),
    ],
)
def test_when(tmp_path: Path, moment: str, zh: str, en: str) -> None:
    """A moment is said where the person is; a local time and a date are taken as they are."""
    assert shown(tmp_path, "x | when", {"x": moment}) == zh
    assert shown(tmp_path, "x | when", {"x": moment}, "en") == en


def test_day(tmp_path: Path) -> None:
    """A day is the person's day, not UTC's."""
    assert shown(tmp_path, "x | day", {"x": "2026-11-25T18:30:00Z"}) == "11月26日"
    assert shown(tmp_path, "x | day", {"x": "2026-11-25"}, "en") == "25 Nov"


@pytest.mark.parametrize(
    ("item", "zh", "en"),
    [
        ({"code": "3287", "category": "腕表", "name": "潜航者"}, "腕表（编号#3287）", "watch (no. 3287)"),
        ({"code": "#3287", "category": "watch", "name": "潜航者"}, "腕表（编号#3287）", "watch (no. 3287)"),
        ({"code": "9", "category": "老唱片", "name": "x"}, "老唱片（编号#9）", "item (no. 9)"),
        ({"code": "9", "name": "x"}, "物品（编号#9）", "item (no. 9)"),
    ],
)
def test_discreet(tmp_path: Path, item: dict[str, str], zh: str, en: str) -> None:
    """Category and number, never the name."""
    assert shown(tmp_path, "x | discreet", {"x": item}) == zh
    assert shown(tmp_path, "x | discreet", {"x": item}, "en") == en


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("x | yuan", "abc"),
        ("x | yuan", None),
        ("x | when", "soon"),
        ("x | when", 7),
        ("x | discreet", {}),
        ("x | discreet", "腕表"),
    ],
)
def test_nonsense_is_an_error(tmp_path: Path, expression: str, value: Any) -> None:
    """A value a filter cannot say is an error naming file and field, never half a sentence."""
    with pytest.raises(CardError, match=r"zh/test/card\.yml:2: body: "):
        shown(tmp_path, expression, {"x": value})
