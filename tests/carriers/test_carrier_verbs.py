"""The verbs carriers share: numbers, times, ids and waits as providers write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standins.kit import sendable

from bot.carriers.calling import Facts, in_groups, of_family, retry_after_s, word, words
from bot.carriers.reading import chinese, digits, e164, national, our_id, time_in
from bot.errors import SendError
from bot.messages import Accepted, PhoneNumber, Sendable

BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize("text", ["13800138000", "8613800138000", "+8613800138000", "008613800138000"])
def test_a_mainland_number_however_it_is_written(text: str) -> None:
    """With or without its prefix it is the same E.164 number, and goes out as 11 digits."""
    assert chinese(text) == "+8613800138000"
    assert national(PhoneNumber("+8613800138000")) == "13800138000"


def test_a_number_without_plus() -> None:
    """Eleven digits of a mobile are the mainland's, others begin with their country's."""
    assert [digits(text) for text in ("13800138000", "8613800138000", "85261234567", "10086", "x")] == [
        *("+8613800138000", "+8613800138000", "+85261234567", None, None)
    ]


def test_a_code_or_its_family() -> None:
    """The table's word on a code itself comes first."""
    table: dict[str, Facts] = {"isv": {}, "isv.OUT": {"account": True}}
    assert [of_family(table, code) for code in ("isv.OUT", "isv.NEW", "isp.NEW", "")] == [
        *({"account": True}, {}, None, None)
    ]


@pytest.mark.parametrize(
    "text", ["", "+", "10086", "1380013800", "+0123456789", "13800138000 ", "１３８００１３８０００", "+1-202-555"]
)
def test_what_is_no_number(text: str) -> None:
    """Short codes, damaged and full-width digits are not numbers of a person."""
    assert chinese(text) is None
    assert e164(text) is None


@settings(deadline=None)  # the machine may be busy
@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    """Whatever is taken for a number is E.164."""
    for number in (chinese(text), e164(text)):
        assert number is None or (number[0] == "+" and number[1:].isascii() and number[1:].isdigit())


def test_a_naive_time_is_taken_in_its_zone() -> None:
    """Beijing's 11:04 is 03:04 UTC; a time with a zone keeps it; nonsense is None."""
    assert time_in("2024-01-02 11:04:09", BEIJING) == datetime(2024, 1, 2, 3, 4, 9, tzinfo=UTC)
    assert time_in("2024-01-02T03:04:05.123456789Z", BEIJING) == datetime(2024, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)
    for nonsense in (None, "", "soon", "2024-13-40 99:99:99", "0001-01-01 00:00:00"):
        assert time_in(nonsense, BEIJING) is None


@pytest.mark.parametrize(
    "text", ["ord-1", "", "0003a1b2-c3d4-4e5f-9a6b-7c8d9e0f1a2b", "0003A1B2-C3D4-8E5F-9A6B-7C8D9E0F1A2B"]
)
def test_an_id_that_is_not_ours(text: str) -> None:
    """Only a UUIDv8 as we write it is taken for an id of ours."""
    assert our_id(text) is None
    assert our_id("0003a1b2-c3d4-8e5f-9a6b-7c8d9e0f1a2b") is not None


async def test_who_goes_into_one_call() -> None:
    """Those of one key, so many at most and no number twice; what has no key fails alone; outcomes keep their order."""
    calls: list[list[str]] = []

    def key(message: Sendable) -> str:
        if message.text == "?":
            raise SendError("no_key")
        return message.text[0]

    async def send(group: Sequence[Sendable]) -> list[Accepted]:
        if group[0].text[0] == "!":
            raise SendError("refused")
        calls.append([message.text for message in group])
        return [Accepted(message.text) for message in group]

    first, second, third = (PhoneNumber(f"+861380013800{n}") for n in range(3))
    texts = [("a1", first), ("?", first), ("a2", first), ("b1", first), ("a3", second), ("a4", third), ("!", second)]
    became = await in_groups([sendable(text, to=to) for text, to in texts], key, 2, send)
    assert calls == [["a1"], ["a2", "a3"], ["a4"], ["b1"]]
    assert [one.code if isinstance(one, SendError) else one.provider_id for one in became] == [
        *("a1", "no_key", "a2", "b1", "a3", "a4", "refused")
    ]


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both spellings of RFC 9110 are read; a past date is now; nonsense is None."""
    assert retry_after_s({"Retry-After": "120"}) == 120.0
    later = retry_after_s({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)})
    assert later is not None
    assert 3_500 < later <= 3_600
    assert retry_after_s({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    for nonsense in ({}, {"Retry-After": "soon"}, {"Retry-After": "-1"}, {"Retry-After": "²"}):
        assert retry_after_s(nonsense) is None


def test_words_are_cut_and_cleaned() -> None:
    """No private text, no run of digits that may be a number or a code's neighbour, no essay."""
    assert words("bad 【叮咚】您好 for 13800138000, code 22", "【叮咚】您好") == "bad … for …, code 22"
    assert len(words("x" * 1_000)) == 200
    assert (word("NOT_FOUND"), word("not found"), word({"a": 1})) == ("NOT_FOUND", "", "")
