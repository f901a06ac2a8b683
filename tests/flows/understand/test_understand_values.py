"""Numbers, amounts, durations and dates, each read alone."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from flows.understand.amounts import AMOUNTS, spelt
from flows.understand.dates import CLOCKS, DAYS, Clock, Day
from flows.understand.durations import DURATIONS
from flows.understand.numerals import parse

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("15800", 15800),
        ("16,800", 16800),
        ("1.58万", 15800),
        ("1万6", 16000),
        ("1w6", 16000),
        ("一万五", 15000),
        ("三千二百五", 3250),
        ("一万零五", 10005),
        ("一万零五百", 10500),
        ("壹万伍仟柒佰", 15700),
        ("十五万八", 158000),
        ("十", 10),
        ("二十三", 23),
        ("一六五零零", 16500),
        ("1万6500", 16500),
        ("1万500", 10500),
        ("1万6千5", 16500),
        ("一点五万", 15000),
        ("15k", 15000),
        ("sixteen thousand five hundred", 16500),
        ("两千", 2000),
        ("一千零十", 1010),
        ("一亿", 100000000),
    ],
)
def test_a_number_is_read(words: str, number: int) -> None:
    """Arabic, Chinese, capital, mixed and English numerals; a trailing digit takes the next lower place."""
    assert parse(words) == number


@pytest.mark.parametrize("words", ["一万五六", "三五", "三五百", "15.800", "1万65", "十百", "百", "万"])
def test_a_range_or_a_slip_is_no_number(words: str) -> None:
    """Two digits side by side, a dot for thousands, places out of order."""
    assert parse(words) is None


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("15800", "P", "15800"),
        ("¥16,000", "P", "16000"),
        ("300块", "P", "300"),
        ("一块五", "P", "1.5"),
        ("16 grand", "P", "16000"),
        ("rmb 16000", "P", "16000"),
        ("16", "N", "16"),
        ("482913", "N", "482913"),
        ("三百", "N", "300"),
        ("0123", "N", "123"),
    ],
)
def test_an_amount_or_a_bare_number(text: str, tag: str, value: str) -> None:
    """Four or five digits or a unit of money make a price."""
    found = AMOUNTS.find(text, 0, TODAY)
    assert found is not None
    assert (found.tag, found.end) == (tag, len(text))
    assert isinstance(found.value, Decimal)
    assert spelt(found.value) == value


@pytest.mark.parametrize(
    "text", ["2000美元", "$2000", "-15000", "1e5", "0x3e80", "16000多", "16000左右", "0元", "一亿元", "九折", "15%"]
)
def test_what_is_no_usable_amount(text: str) -> None:
    """Foreign money, signs, other notations, about, nothing, too much, shares."""
    found = AMOUNTS.find(text, 0, TODAY)
    assert found is not None
    assert found.tag == "g"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3天", 3),
        ("三天", 3),
        ("一周", 7),
        ("两个礼拜", 14),
        ("半个月", 15),
        ("一个半月", 45),
        ("三个月", 90),
        ("一年", 365),
        ("10日", 10),
        ("0天", 0),
        ("-3天", -3),
        ("9999天", 9999),
        ("30 days", 30),
        ("one more week", 7),
        ("a month", 30),
        ("几天", None),
        ("一段时间", None),
    ],
)
def test_a_length_in_days(text: str, days: int | None) -> None:
    """Weeks, months and years by the table; 几天 is a length without a number."""
    found = DURATIONS.find(text, 0, TODAY)
    assert found is not None
    assert (found.tag, found.value, found.end) == ("L", days, len(text))


@pytest.mark.parametrize("text", ["两天半", "三五天", "一周左右", "十几天", "一百年", "半天", "一年半", "1.5天"])
def test_a_vague_length_is_none(text: str) -> None:
    """Fractions, ranges, about, absurd years."""
    found = DURATIONS.find(text, 0, TODAY)
    assert found is not None
    assert found.tag == "s"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-11-22"),
        ("明天", "2026-11-23"),
        ("大后天", "2026-11-25"),
        ("周三", "2026-11-25"),
        ("下周五", "2026-11-27"),
        ("下周日", "2026-11-29"),
        ("下下周一", "2026-11-30"),
        ("礼拜四", "2026-11-26"),
        ("12月5号", "2026-12-05"),
        ("12/3", "2026-12-03"),
        ("5号", "2026-12-05"),
        ("31号", "2026-12-31"),
        ("月底", "2026-11-30"),
        ("下个月底", "2026-12-31"),
        ("年底", "2026-12-31"),
        ("双十二", "2026-12-12"),
        ("元旦", "2027-01-01"),
        ("明年1月5日", "2027-01-05"),
        ("2026-12-20", "2026-12-20"),
        ("下个月3号", "2026-12-03"),
        ("十二月三号", "2026-12-03"),
        ("next friday", "2026-11-27"),
        ("saturday", "2026-11-28"),
        ("dec 5", "2026-12-05"),
        ("the day after tomorrow", "2026-11-24"),
    ],
)
def test_a_day(text: str, day: str) -> None:
    """Relative to Sunday 2026-11-22, weeks from Monday."""
    found = DAYS.find(text, 0, TODAY)
    assert found is not None
    assert found.end == len(text)
    assert found.value == Day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "text",
    ["昨天", "这周五", "上周三", "11月31号", "2月30号", "10月1号", "周日", "周末", "下周", "春节", "13月1号", "双十一"],
)
def test_a_day_that_cannot_be_meant_says_why(text: str) -> None:
    """Past, impossible, more than one, another calendar, perhaps today."""
    found = DAYS.find(text, 0, TODAY)
    assert found is not None
    assert isinstance(found.value, Day)
    assert found.value.on is None
    assert found.value.flaw


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("下午3点", "15:00"),
        ("3点", "15:00"),
        ("上午十点半", "10:30"),
        ("晚上8点", "20:00"),
        ("中午12点", "12:00"),
        ("15:30", "15:30"),
        ("下午三点一刻", "15:15"),
        ("9点", "09:00"),
        ("4pm", "16:00"),
        ("9:30am", "09:30"),
        ("凌晨1点", "01:00"),
        ("noon", "12:00"),
    ],
)
def test_a_clock(text: str, clock: str) -> None:
    """An hour from 1 to 6 without a part of the day is in the afternoon."""
    found = CLOCKS.find(text, 0, TODAY)
    assert found is not None
    assert found.value == Clock(time.fromisoformat(clock))


@pytest.mark.parametrize("text", ["25点", "下午13:75", "晚上12点"])
def test_no_such_hour(text: str) -> None:
    """What is no hour of that day has none."""
    found = CLOCKS.find(text, 0, TODAY)
    assert found is not None
    assert found.value == Clock(None)
