"""Yunpian's own ways: its codes, its signature's guesses, its settings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from standins.base import Fault
from standins.kit import NUMBER, pushed, sendable, webhook_request
from standins.yunpian import YunpianStandin

from bot.carriers import build
from bot.carriers.http import Http
from bot.carriers.yunpian import CODES, sign
from bot.errors import FACTS, Refused, SendError
from bot.messages import AccountName, Inbound

DOCUMENTED = {
    "id": "2a70c6bb4f2845da816ea1bfe5732747",
    "mobile": "15205201314",
    "reply_time": "2014-03-17 22:55:21",
    "text": "收到了，谢谢！",
    "extend": "01",
    "base_extend": "8888",
}


@pytest.fixture
async def yunpian() -> AsyncIterator[YunpianStandin]:
    async with YunpianStandin() as standin:
        yield standin


def test_the_published_signature() -> None:
    """`_sign` of the documented reply is the published digest (providers-cn.md 6.4)."""
    assert sign(DOCUMENTED, "0000") == "393d079e0a00912335adfe46f4a2e10f"


@pytest.mark.parametrize("skips", [False, True])
def test_an_empty_field_in_the_signature_is_a_setting(skips: bool) -> None:
    """Whether an empty extend keeps its comma is not documented: either is believed, as the account says."""
    fields = {**DOCUMENTED, "extend": ""}
    signed = {**fields, "_sign": sign(fields, "0000", skip_empty=skips)}
    asked = webhook_request(
        {"Content-Type": "application/x-www-form-urlencoded"}, urlencode({"sms_reply": json.dumps(signed)}).encode()
    )
    build(AccountName("acc"), YunpianStandin(key="0000").table(sign_skips_empty=skips)).verify(asked)
    with pytest.raises(Refused):
        build(AccountName("acc"), YunpianStandin(key="0000").table(sign_skips_empty=not skips)).verify(asked)


def test_an_account_whose_replies_are_not_signed() -> None:
    """`replies_signed = false` believes a reply without `_sign`, behind the secret path."""
    standin = YunpianStandin()
    asked = pushed(standin.reply_push(NUMBER, "Y", signed=False))
    build(AccountName("acc"), standin.table(replies_signed=False)).verify(asked)
    with pytest.raises(Refused):
        build(AccountName("acc"), standin.table()).verify(asked)


def test_the_time_zone_of_its_times_is_a_setting() -> None:
    """Naive times are Beijing's unless the account says otherwise."""
    standin = YunpianStandin()
    [beijing, utc] = [
        build(AccountName("acc"), standin.table(**extra)).parse(pushed(standin.reply_push(NUMBER, "Y"))).items[0]
        for extra in ({}, {"utc_offset_h": 0})
    ]
    assert isinstance(beijing, Inbound)
    assert isinstance(utc, Inbound)
    assert beijing.at is not None
    assert utc.at is not None
    assert 7.9 < (utc.at - beijing.at).total_seconds() / 3600 < 8.1


async def test_what_is_sent(yunpian: YunpianStandin, http: Http) -> None:
    """Segments and the answer are kept, without the number; extend and callback_url go along when set."""
    carrier = build(AccountName("acc"), yunpian.table(extend="7", callback_url="https://bot.example.com/x"))
    accepted = await carrier.send(http, sendable("【叮咚】" + "长" * 100))
    assert accepted.segments == 2
    assert "138" not in accepted.response
    assert json.loads(accepted.response)["fee"] == 0.1


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        (3, "account"),
        (4, "content"),
        (5, "template"),
        (8, "throttled"),
        (10, "opted_out"),
        (22, "retryable throttled"),
        (33, "retryable throttled"),
        (48, ""),
        (56, "bad_number"),
        (-1, "account"),
        (-5, "retryable throttled"),
        (-50, "unknown"),
        (-51, "retryable"),
        (-52, ""),
        (999, ""),
        (-30, "account"),
        (-999, "unknown"),
    ],
)
async def test_a_code_becomes_facts(yunpian: YunpianStandin, http: Http, code: int, facts: str) -> None:
    """Each code, and each group of codes not in the table, says what is at fault, whatever the HTTP status."""
    for status in (200, 400, 500):
        yunpian.faults.append(Fault(status, body=json.dumps({"http_status_code": status, "code": code, "msg": "no"})))
        with pytest.raises(SendError) as error:
            await build(AccountName("acc"), yunpian.table()).send(http, sendable())
        assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
        assert (error.value.code, error.value.detail) == (str(code), "no")


@pytest.mark.parametrize("body", ["", "OK", "[]", '{"code": "0"}', '{"sid": 1}'])
async def test_a_success_that_cannot_be_read_is_unknown(yunpian: YunpianStandin, http: Http, body: str) -> None:
    """200 with another body than documented may mean that it was sent."""
    yunpian.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await build(AccountName("acc"), yunpian.table()).send(http, sendable())
    assert (error.value.unknown, error.value.retryable) == (True, False)


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    facts: list[Any] = list(CODES.values())
    assert not [fact for fact in facts if fact.get("unknown") and fact.get("retryable")]


async def test_an_sms_has_no_capability_and_no_recall(yunpian: YunpianStandin, http: Http) -> None:
    """Nothing to ask, nothing to take back."""
    carrier = build(AccountName("acc"), yunpian.table())
    assert await carrier.capability(http, NUMBER) is None
    with pytest.raises(SendError, match="no_recall"):
        await carrier.recall(http, NUMBER, sendable().id)
