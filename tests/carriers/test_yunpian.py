"""Yunpian's own ways: its codes, its signature's guesses, its settings."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from judges import Recorder
from standins.base import CUT, Fault
from standins.kit import NUMBER, pulled, pushed, sendable, webhook_request
from standins.yunpian import TEMPLATE, VIDEO, YunpianStandin, receipt_of, reply_of

from bot.carriers import build
from bot.carriers.base import LooksUp, Pulls, RegistersTemplates, SendsMany, TemplateReview
from bot.carriers.http import Http
from bot.carriers.yunpian import Yunpian
from bot.carriers.yunpian_api import CODES
from bot.carriers.yunpian_reports import sign
from bot.errors import FACTS, Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Capability,
    Inbound,
    PhoneNumber,
    Receipt,
    Sendable,
    Signal,
    Status,
    TemplateUse,
)
from flows.values import replace

DOCUMENTED = {
    "id": "2a70c6bb4f2845da816ea1bfe5732747",
    "mobile": "15205201314",
    "reply_time": "2014-03-17 22:55:21",
    "text": "收到了，谢谢！",
    "extend": "01",
    "base_extend": "8888",
}


OTHER = PhoneNumber("+8613900139000")
ABROAD = PhoneNumber("+85261234567")


def carrier_of(standin: YunpianStandin, **extra: object) -> Yunpian:
    carrier = build(AccountName("acc"), standin.table(**extra))
    assert isinstance(carrier, Yunpian)
    return carrier


def templated(words: str = "您好", *, to: PhoneNumber = NUMBER, rich: bool = False) -> Sendable:
    template = TemplateUse(TEMPLATE, {"words": words})
    return replace(sendable(to=to), form="rbm" if rich else "text", template=template)


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


@pytest.mark.parametrize("body", ["", "OK", "[]", '{"code": "zero"}', '{"code": true}', '{"sid": 1}'])
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


# ---------------------------------------------------------------- templates


async def test_the_published_template_request() -> None:
    """The wire sample of providers-cn.md 6.4: names and values encoded, then the whole field again."""
    http = Recorder(answer=b'{"code":0,"sid":1}')
    params = TemplateUse("1", {"code": "1234", "name": "张三"})
    message = replace(sendable(), template=params)
    await carrier_of(YunpianStandin(key="0000")).send(http, message)
    [request] = http.requests
    assert request.url.path == "/v2/sms/tpl_single_send.json"
    assert request.body.decode() == (
        "apikey=0000&mobile=13800138000&tpl_id=1&tpl_value=%2523code%2523%3D1234%26%2523name%2523%3D"
        f"%25E5%25BC%25A0%25E4%25B8%2589&uid={message.id}"
    )


async def test_the_published_batch_of_texts() -> None:
    """The wire sample of providers-cn.md 6.4: a comma within a text is protected by the first encoding."""
    http = Recorder(answer=b'{"data":[]}')
    texts = [sendable("【测试】你的验证码是1,2"), sendable("【测试】你好", to=OTHER)]
    await carrier_of(YunpianStandin(key="0000")).send_many(http, texts)
    [request] = http.requests
    assert request.url.path == "/v2/sms/multi_send.json"
    assert request.body.decode() == (
        "apikey=0000&mobile=13800138000%2C13900139000&text=%25E3%2580%2590%25E6%25B5%258B%25E8%25AF%2595%25E3%2580%2591"
        "%25E4%25BD%25A0%25E7%259A%2584%25E9%25AA%258C%25E8%25AF%2581%25E7%25A0%2581%25E6%2598%25AF1%252C2%2C%25E3%2580"
        "%2590%25E6%25B5%258B%25E8%25AF%2595%25E3%2580%2591%25E4%25BD%25A0%25E5%25A5%25BD"
    )


async def test_a_registered_template_is_sent_as_one(yunpian: YunpianStandin, http: Http) -> None:
    """What the card registered goes by its template; other variables than its own are the template's fault."""
    carrier = carrier_of(yunpian)
    message = templated("一万六 & 100% #1#")
    await carrier.send(http, message)
    assert yunpian.asked == ["sms/tpl_single_send"]
    assert [(sent.id, sent.content) for sent in yunpian.sent] == [(message.id, "【叮咚】一万六 & 100% #1#")]
    with pytest.raises(SendError) as error:
        await carrier.send(http, replace(message, template=TemplateUse(TEMPLATE, {"word": "您好"})))
    assert error.value.template


async def test_templates_are_reviewed(yunpian: YunpianStandin, http: Http) -> None:
    """Submitted, approved or rejected with the reason; those of super SMS are asked at their own host."""
    carrier = carrier_of(yunpian, rich_templates={TEMPLATE: VIDEO})
    assert isinstance(carrier, RegistersTemplates)
    code = await carrier.submit_template(http, "出价", "【叮咚】您的#item#有新出价", "通知卖家")
    assert await carrier.template(http, code) == TemplateReview("approved")
    assert await carrier.template(http, "999") == TemplateReview("rejected", "模板开头必须带签名")
    assert await carrier.template(http, VIDEO) == TemplateReview("rejected", "已过期")


# ---------------------------------------------------------------- many


async def test_a_batch_has_an_outcome_for_each(yunpian: YunpianStandin, http: Http) -> None:
    """One call for many texts; a number on the blacklist fails alone, and is not told."""
    carrier = carrier_of(yunpian, extend="7")
    assert isinstance(carrier, SendsMany)
    yunpian.blacklist.add("13900139000")
    taken, refused = await carrier.send_many(http, [sendable("【叮咚】甲,乙"), sendable("【叮咚】丙", to=OTHER)])
    assert yunpian.asked == ["sms/multi_send"]
    assert isinstance(taken, Accepted)
    assert isinstance(refused, SendError)
    assert refused.opted_out
    assert [(sent.id, sent.content, sent.provider_id) for sent in yunpian.sent] == [
        ("", "【叮咚】甲,乙", taken.provider_id)
    ]


async def test_which_call_takes_which_batch(yunpian: YunpianStandin, http: Http) -> None:
    """The same words, a template, super SMS: a call of its own for each; abroad everybody alone."""
    carrier = carrier_of(yunpian, rich_templates={TEMPLATE: VIDEO})
    people = [NUMBER, OTHER, PhoneNumber("+8613700137000")]
    for messages, calls in (
        ([sendable(to=to) for to in people], ["sms/batch_send"]),
        ([templated(to=to) for to in people], ["sms/tpl_batch_send"]),
        ([templated(to, to=to, rich=True) for to in people], ["vsms/tpl_batch_send"]),
        ([sendable(to=ABROAD), sendable(to=PhoneNumber("+85261234568"))], ["sms/single_send"] * 2),
        ([templated("甲"), templated("乙", to=OTHER)], ["sms/tpl_single_send"] * 2),
    ):
        outcomes = await carrier.send_many(http, messages)
        assert [type(outcome) for outcome in outcomes] == [Accepted] * len(messages)
        assert yunpian.asked == calls
        yunpian.asked.clear()
    assert not yunpian.refused


async def test_a_batch_that_is_refused_is_refused_to_each(yunpian: YunpianStandin, http: Http) -> None:
    """One outcome for the call is everybody's; an answer that leaves somebody out is unknown to that one."""
    messages = [sendable(), sendable(to=OTHER)]
    yunpian.faults.append(Fault(400, body='{"code": 3, "msg": "no"}'))
    outcomes = await carrier_of(yunpian).send_many(http, messages)
    assert [isinstance(outcome, SendError) and outcome.account for outcome in outcomes] == [True, True]
    yunpian.faults.append(Fault(200, body='{"data": [{"code": 0, "mobile": "13900139000", "sid": 7}]}'))
    missing, taken = await carrier_of(yunpian).send_many(http, messages)
    assert isinstance(missing, SendError)
    assert missing.unknown
    assert taken == Accepted("7", 1, '{"code":0,"sid":7}')


# ---------------------------------------------------------------- super SMS


async def test_a_super_sms_in_place_of_the_text(yunpian: YunpianStandin, http: Http) -> None:
    """Where one is registered for the template; else, and abroad, the text."""
    carrier = carrier_of(yunpian, rich_templates={TEMPLATE: VIDEO}, callback_url="https://bot.example.com/x")
    assert carrier.forms == {"text", "rbm"}
    assert await carrier.capability(http, NUMBER) == Capability(rich=True)
    assert await carrier.capability(http, ABROAD) == Capability(rich=False)
    message = templated("甲", rich=True)
    await carrier.send(http, message)
    await carrier.send(http, templated("甲", rich=True, to=ABROAD))
    await carrier_of(yunpian).send(http, message)
    assert yunpian.asked == ["vsms/tpl_batch_send", "sms/tpl_single_send", "sms/tpl_single_send"]
    assert yunpian.sent[0].id == message.id
    assert yunpian.sent[0].content == '【叮咚】{"words": "甲"}'


@pytest.mark.parametrize("item", ['{"code": "0", "sid": 7}', '{"code": 0, "sid": "7", "mobile": "8613800138000"}'])
async def test_an_answer_about_a_single_super_sms(yunpian: YunpianStandin, http: Http, item: str) -> None:
    """Its code may be a string, and its number written in another way or not at all."""
    yunpian.faults.append(Fault(200, body=f'{{"total_count": 1, "data": [{item}]}}'))
    accepted = await carrier_of(yunpian, rich_templates={TEMPLATE: VIDEO}).send(http, templated(rich=True))
    assert accepted.provider_id == "7"


async def test_a_super_sms_that_is_refused(yunpian: YunpianStandin, http: Http) -> None:
    """A template that is not approved is the template's fault."""
    with pytest.raises(SendError) as error:
        await carrier_of(yunpian, rich_templates={TEMPLATE: "9"}).send(http, templated(rich=True))
    assert error.value.template


# ---------------------------------------------------------------- pulled and asked


async def test_replies_and_receipts_are_pulled(yunpian: YunpianStandin, http: Http) -> None:
    """What is new, once; a blacklisted number is an opt-out besides."""
    carrier, message = carrier_of(yunpian), sendable()
    assert isinstance(carrier, Pulls)
    await carrier.send(http, message)
    yunpian.replies.append(reply_of(NUMBER, "Y", "r-1"))
    yunpian.receipts.append(receipt_of(yunpian.sent[0], "FAIL", "DB:0144"))
    said, told, refused = await pulled(carrier, http)
    assert isinstance(said, Inbound)
    assert isinstance(told, Receipt)
    assert (said.id, said.text, told.message, told.status) == ("r-1", "Y", message.id, Status.FAILED)
    assert refused == Signal(AccountName("acc"), NUMBER, "unsubscribed", id=told.provider_id, code="DB:0144")
    assert await pulled(carrier, http) == []


async def test_what_was_handed_out_survives_a_failure_behind_it(
    yunpian: YunpianStandin, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replies that Yunpian has forgotten are not lost because receipts cannot be had."""
    monkeypatch.setitem(yunpian._answers, "sms/pull_status", lambda _: {"code": -51, "msg": "系统繁忙"})
    yunpian.replies.append(reply_of(NUMBER, "Y"))
    pages = carrier_of(yunpian).pull(http)
    assert len(await anext(pages)) == 1
    with pytest.raises(SendError):
        await anext(pages)


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({}, Status.SENT),
        ({"report_status": "SUCCESS"}, Status.DELIVERED),
        ({"report_status": "FAIL", "error_msg": "1:1"}, Status.FAILED),
        ({"send_status": "FAIL"}, Status.FAILED),
        ({"send_status": "ASTONISHED"}, None),
    ],
)
async def test_what_became_of_a_lost_answer(
    yunpian: YunpianStandin, http: Http, record: dict[str, str], status: Status | None
) -> None:
    """A send whose answer was lost is found by our id among those to that number at that time."""
    carrier, lost, now = carrier_of(yunpian), sendable(), datetime.now(UTC)
    assert isinstance(carrier, LooksUp)
    await carrier.send(http, sendable())
    assert await carrier.look_up(http, lost.id, NUMBER, "", now) is None
    yunpian.faults.append(CUT)
    with pytest.raises(SendError):
        await carrier.send(http, lost)
    yunpian.records[1] |= record
    found = await carrier.look_up(http, lost.id, NUMBER, "", now)
    assert found is not None
    assert (found.status, found.message, found.provider_id) == (status, lost.id, yunpian.sent[1].provider_id)
    assert await carrier.look_up(http, lost.id, NUMBER, "", now - timedelta(hours=1)) is None


async def test_an_answer_in_another_shape_is_not_an_absence(
    yunpian: YunpianStandin, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up that cannot be read says nothing of the message."""
    monkeypatch.setitem(yunpian._answers, "sms/get_record", lambda _: {"total": 0})
    with pytest.raises(SendError, match="bad_answer"):
        await carrier_of(yunpian).look_up(http, sendable().id, NUMBER, "", datetime.now(UTC))


async def test_what_became_of_a_batch(yunpian: YunpianStandin, http: Http) -> None:
    """A message of a batch carries no id of ours: it is found by Yunpian's, or by its time."""
    carrier, lost, now = carrier_of(yunpian), sendable(), datetime.now(UTC)
    await carrier.send_many(http, [lost, sendable(to=OTHER)])
    for provider_id in ("", yunpian.sent[0].provider_id):
        found = await carrier.look_up(http, lost.id, NUMBER, provider_id, now)
        assert found is not None
        assert found.message == lost.id
    assert await carrier.look_up(http, lost.id, NUMBER, "1", now) is None
