"""Tencent's own ways: its signature, its codes, one template to many, pulls and look-ups."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from standins.base import CUT, Fault
from standins.kit import NUMBER, pulled, sendable
from standins.tencent import TEMPLATE, TencentStandin

from bot.carriers import build
from bot.carriers.base import LooksUp, Pulls, RegistersTemplates, SendsMany, TemplateReview
from bot.carriers.http import Http
from bot.carriers.tencent import Tencent
from bot.carriers.tencent_api import CODES, authorization
from bot.errors import FACTS, SendError
from bot.messages import Accepted, AccountName, Inbound, PhoneNumber, Receipt, Sendable, Signal, Status, TemplateUse
from flows.values import replace

OTHER = PhoneNumber("+8613900139000")
ABROAD = PhoneNumber("+85261234567")


@pytest.fixture
async def tencent() -> AsyncIterator[TencentStandin]:
    async with TencentStandin() as standin:
        yield standin


def carrier_of(standin: TencentStandin, **extra: object) -> Tencent:
    carrier = build(AccountName("acc"), standin.table(**extra))
    assert isinstance(carrier, Tencent)
    return carrier


def message(words: str = "您好", *, to: PhoneNumber = NUMBER) -> Sendable:
    return replace(sendable(to=to), template=TemplateUse(TEMPLATE, {"1": words}))


# ---------------------------------------------------------------- the signature


def test_the_published_vector() -> None:
    """Vector A of providers-cn.md 6.3, from the official documentation; also with the action signed."""
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    signed = {"content-type": "application/json; charset=utf-8", "host": "cvm.tencentcloudapi.com"}
    for headers, digits in (
        (signed, "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"),
        (
            {**signed, "x-tc-action": "DescribeInstances"},
            "644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26",
        ),
    ):
        given = authorization(
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            headers=headers,
            body=body,
            at=1551113065,
            service="cvm",
        )
        assert given.endswith(f"Signature={digits}")


def test_the_vectors_of_sms() -> None:
    """Vectors B and C: the SDK's body, and a compact one in UTF-8; also with the action signed."""
    host = {"host": "sms.tencentcloudapi.com"}
    escaped = (
        rb'{"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "TemplateId": "1110", "SignName": '
        rb'"\u817e\u8baf\u4e91", "TemplateParamSet": ["1234", "5"], "SessionContext": "ord-1"}'
    )
    assert authorization(
        "AKIDEXAMPLE",
        "SECRETEXAMPLE",
        headers={**host, "content-type": "application/json"},
        body=escaped,
        at=1704164645,
    ) == (
        "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2024-01-02/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=4cbdc1b86bad60e03d9aaa0188bc98beb80978d72d5d1c6d805c67576342a452"
    )
    compact = (
        '{"PhoneNumberSet":["+8613800138000"],"SmsSdkAppId":"1400006666","TemplateId":"1110","SignName":"腾讯云",'
        '"TemplateParamSet":["1234","5"],"SessionContext":"ord-1"}'
    ).encode()
    with_charset = {**host, "content-type": "application/json; charset=utf-8"}
    for headers, digits in (
        (with_charset, "17eabe982b516d8673de965c041be20c40396ee7ec2163a21cb0dd0e60ecd6e3"),
        (
            {**with_charset, "x-tc-action": "SendSms"},
            "f1905f901c9ec699a38cc3afd992c9b8e3d91ef9d93f66a6fb46df15093a11a0",
        ),
    ):
        given = authorization("AKIDEXAMPLE", "SECRETEXAMPLE", headers=headers, body=compact, at=1704164645)
        assert given.endswith(f"Signature={digits}")


def test_the_day_of_a_signature_is_that_of_utc() -> None:
    """At 07:00 in Beijing it is still yesterday."""
    given = authorization("i", "k", headers={"host": "h"}, body=b"", at=1704150000)
    assert "Credential=i/2024-01-01/sms/tc3_request" in given


# ---------------------------------------------------------------- one message


async def test_what_is_sent(tencent: TencentStandin, http: Http) -> None:
    """Segments and serial number come back; the answer is kept without the number."""
    accepted = await carrier_of(tencent, extend_code="7", sender_id="DD").send(http, message())
    assert accepted.segments == 1
    assert json.loads(accepted.response) == {"SerialNo": "2019:1", "Fee": 1, "IsoCode": "CN"}


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (None, "no_template"),
        (TemplateUse(TEMPLATE, {"words": "您好"}), "bad_params"),
        (TemplateUse(TEMPLATE, {"1": "您好", "3": "您好"}), "bad_params"),
        (TemplateUse("404", {"1": "您好"}), "FailedOperation.TemplateIncorrectOrUnapproved"),
        (TemplateUse(TEMPLATE, {}), "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
    ],
)
async def test_a_template_that_is_not_right(
    tencent: TencentStandin, http: Http, template: TemplateUse | None, code: str
) -> None:
    """None, unapproved, or with other variables: the template is at fault."""
    with pytest.raises(SendError) as error:
        await carrier_of(tencent).send(http, replace(sendable(), template=template))
    assert (error.value.code, error.value.template, error.value.retryable) == (code, True, False)


async def test_variables_go_in_the_order_of_their_numbers(tencent: TencentStandin, http: Http) -> None:
    """{10} comes after {9}, whatever the order in the card."""
    tencent.templates["9"] = "".join(f"{{{n}}}" for n in range(1, 11))
    params = {str(n): f"<{n}>" for n in (10, 9, 1, 2, 8, 7, 3, 4, 6, 5)}
    await carrier_of(tencent).send(http, replace(sendable(), template=TemplateUse("9", params)))
    assert tencent.sent[0].content == "【叮咚】<1><2><3><4><5><6><7><8><9><10>"


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("InternalError.Timeout", "unknown"),
        ("InternalError.SendAndRecvFail", "unknown"),
        ("InternalError.RequestTimeException", "retryable"),
        ("RequestLimitExceeded", "retryable throttled"),
        ("RequestLimitExceeded.UinLimitExceeded", "retryable throttled"),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", "retryable throttled"),
        ("LimitExceeded.AppDailyLimit", "account"),
        ("LimitExceeded.PhoneNumberCountLimit", ""),
        ("FailedOperation.InsufficientBalanceInSmsPackage", "account"),
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", "account"),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", "account"),
        ("AuthFailure.SecretIdNotFound", "account"),
        ("InvalidParameterValue.IncorrectPhoneNumber", "bad_number"),
        ("FailedOperation.PhoneNumberInBlacklist", "opted_out"),
        ("FailedOperation.TemplateIncorrectOrUnapproved", "template"),
        ("FailedOperation.ContainSensitiveWord", "content"),
        ("FailedOperation.MarketingSendTimeConstraint", "retryable throttled"),
        ("FailedOperation.OtherError", ""),
        ("MissingParameter.EmptyPhoneNumberSet", ""),
        ("NeverHeardOf", "unknown"),
    ],
)
async def test_a_code_becomes_facts(tencent: TencentStandin, http: Http, code: str, facts: str) -> None:
    """Each code, of the request or of the number in it, says what is at fault."""
    of_request = {"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}
    status = {"SerialNo": "", "PhoneNumber": NUMBER, "Code": code, "Message": "no"}
    of_number = {"Response": {"SendStatusSet": [status], "RequestId": "r"}}
    for answer in (of_request, of_number):
        tencent.faults.append(Fault(200, body=json.dumps(answer)))
        with pytest.raises(SendError) as error:
            await carrier_of(tencent).send(http, message())
        assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
        assert (error.value.code, error.value.detail) == (code, "no")


@pytest.mark.parametrize("body", ["", "OK", "[]", '{"Response": 1}', '{"Response": {"SendStatusSet": [1]}}'])
async def test_a_success_that_cannot_be_read_is_unknown(tencent: TencentStandin, http: Http, body: str) -> None:
    """200 with another body than documented may mean that it was sent."""
    tencent.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await carrier_of(tencent).send(http, message())
    assert (error.value.unknown, error.value.retryable) == (True, False)


async def test_a_quoted_variable_is_not_kept(tencent: TencentStandin, http: Http) -> None:
    """What a provider quotes of a template's variables is what was to be said."""
    tencent.faults.append(
        Fault(
            200,
            body='{"Response": {"Error": {"Code": "InvalidParameter.DirtyWordFound", "Message": "my secret words"}}}',
        )
    )
    with pytest.raises(SendError) as error:
        await carrier_of(tencent).send(http, message("my secret words"))
    assert error.value.content
    assert "secret" not in str(error.value)


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [code for code, fact in CODES.items() if fact.get("unknown") and fact.get("retryable")]


# ---------------------------------------------------------------- many


async def test_a_batch_has_an_outcome_for_each(tencent: TencentStandin, http: Http) -> None:
    """One call for the same words; a number on the blacklist fails alone."""
    carrier = carrier_of(tencent)
    assert isinstance(carrier, SendsMany)
    tencent.blacklist.add(OTHER)
    taken, refused = await carrier.send_many(http, [message(), message(to=OTHER)])
    assert tencent.asked == ["SendSms"]
    assert [sent.id for sent in tencent.sent] == [""]  # one SessionContext would be everybody's
    assert isinstance(taken, Accepted)
    assert isinstance(refused, SendError)
    assert (taken.provider_id, refused.opted_out) == ("2019:1", True)
    assert OTHER not in str(refused)


async def test_what_goes_into_one_batch(tencent: TencentStandin, http: Http) -> None:
    """The same template and variables, no number twice, of the mainland or abroad, 200 at most."""
    many = [message(to=PhoneNumber(f"+86138{n:08d}")) for n in range(201)]
    others = [message(to=many[0].to), message("再见"), message(to=ABROAD)]
    outcomes = await carrier_of(tencent).send_many(http, [*many, *others, sendable()])
    assert len(tencent.asked) == 4
    assert len(tencent.sent) == 204
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True] * 204 + [False]


# ---------------------------------------------------------------- pulled and asked


async def test_replies_and_receipts_are_pulled(tencent: TencentStandin, http: Http) -> None:
    """What is new, once; in the words of a pull it reads as in those of a push."""
    carrier, sent = carrier_of(tencent), message()
    assert isinstance(carrier, Pulls)
    await carrier.send(http, sent)
    tencent.said(NUMBER, "Y")
    tencent.became(tencent.sent[0], "FAIL", "DB:0141")
    said, told, refused = await pulled(carrier, http)
    assert isinstance(said, Inbound)
    assert isinstance(told, Receipt)
    assert isinstance(refused, Signal)
    assert (said.number, said.text, said.to) == (NUMBER, "Y", "01")
    assert said.at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert (told.status, told.message, told.error, told.number) == (Status.FAILED, sent.id, "DB:0141", NUMBER)
    assert told.at is not None
    assert refused.what == "unsubscribed"
    assert await pulled(carrier, http) == []


async def test_what_was_handed_out_survives_a_failure_behind_it(
    tencent: TencentStandin, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replies that Tencent has forgotten are not lost because receipts cannot be had."""
    failing = {"Error": {"Code": "InternalError.Timeout", "Message": ""}}
    monkeypatch.setitem(tencent._answers, "PullSmsSendStatus", lambda _: failing)
    tencent.said(NUMBER, "Y")
    pages = carrier_of(tencent).pull(http)
    assert len(await anext(pages)) == 1
    with pytest.raises(SendError):
        await anext(pages)


@pytest.mark.parametrize("echoes", [True, False])
async def test_what_became_of_a_lost_answer(tencent: TencentStandin, http: Http, echoes: bool) -> None:
    """Found by our id where reports carry it, else by Tencent's where we have it."""
    tencent.echoes = echoes
    carrier, lost, now = carrier_of(tencent), message(), datetime.now(UTC)
    assert isinstance(carrier, LooksUp)
    await carrier.send(http, message())
    tencent.faults.append(CUT)
    with pytest.raises(SendError):
        await carrier.send(http, lost)
    assert await carrier.look_up(http, lost.id, NUMBER, "", now) is None
    for sent in tencent.sent:
        tencent.became(sent, "SUCCESS", "DELIVRD")
    by_ours = await carrier.look_up(http, lost.id, NUMBER, "", now)
    assert (by_ours is not None) is echoes
    by_theirs = await carrier.look_up(http, lost.id, NUMBER, "2019:2", now)
    assert by_theirs is not None
    tencent.reports[0]["SerialNo"] = ""
    assert (await carrier.look_up(http, sendable().id, NUMBER, "", now)) is None
    assert (by_theirs.status, by_theirs.provider_id) == (Status.DELIVERED, "2019:2")


async def test_templates_and_signatures_are_reviewed(tencent: TencentStandin, http: Http) -> None:
    """Submitted, approved or rejected, with the reason; an id that is no number is nobody's."""
    carrier = carrier_of(tencent)
    assert isinstance(carrier, RegistersTemplates)
    code = await carrier.submit_template(http, "出价", "您的{1}有新出价", "通知卖家")
    assert await carrier.template(http, code) == TemplateReview("approved")
    assert await carrier.template(http, "405") == TemplateReview("rejected", "内容不合规")
    assert await carrier.template(http, "404") == TemplateReview("unknown")
    assert await carrier.signature(http, "11") == TemplateReview("submitted")
    assert (await carrier.signature(http)).state == "unknown"
    assert await carrier_of(tencent, sign_id="11").signature(http) == TemplateReview("submitted")
    with pytest.raises(SendError, match="bad_id"):
        await carrier.template(http, "SMS_1")
