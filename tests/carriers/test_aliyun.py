"""Aliyun's own ways: its signature, its codes, templates, batches, cards and look-ups."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from standins.aliyun import CARD, DIGITAL, TEXT, AliyunStandin
from standins.base import CUT, Fault
from standins.kit import NUMBER, sendable

from bot.carriers import build
from bot.carriers.aliyun import Aliyun
from bot.carriers.aliyun_api import CODES
from bot.carriers.aliyun_signing import NOTHING, authorization, encoded
from bot.carriers.base import AsksMany, LooksUp, RegistersTemplates, SendsMany, TemplateReview
from bot.carriers.http import Http
from bot.errors import FACTS, SendError
from bot.messages import Accepted, AccountName, Capability, PhoneNumber, Sendable, Status, TemplateUse
from flows.values import replace

OTHER = PhoneNumber("+8613900139000")
SENDSMS = {
    "OutId": "ord-1",
    "PhoneNumbers": "13800138000",
    "SignName": "测试签名",
    "TemplateCode": "SMS_123456789",
    "TemplateParam": '{"code":"1234"}',
}
BATCH = {
    "PhoneNumberJson": '["13800138000","13900139000"]',
    "SignNameJson": '["测试签名","测试签名"]',
    "TemplateParamJson": '[{"code":"1"},{"code":"2"}]',
}


@pytest.fixture
async def aliyun() -> AsyncIterator[AliyunStandin]:
    async with AliyunStandin() as standin:
        yield standin


def carrier_of(standin: AliyunStandin, **extra: object) -> Aliyun:
    carrier = build(AccountName("acc"), standin.table(**extra))
    assert isinstance(carrier, Aliyun)
    return carrier


def message(words: str = "您好", *, to: PhoneNumber = NUMBER, rich: bool = False) -> Sendable:
    return replace(sendable(to=to), form="rbm" if rich else "text", template=TemplateUse(TEXT, {"words": words}))


# ---------------------------------------------------------------- the signature


def signed(action: str, query: str, digest: str = NOTHING, **more: str) -> str:
    """As the vectors of providers-cn.md 6.1 are: fixed key, time and nonce."""
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": action,
        "x-acs-content-sha256": digest,
        "x-acs-date": "2024-01-02T03:04:05Z",
        "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
        "x-acs-version": "2017-05-25",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return authorization("testid", "testsecret", method="POST", query=query, headers=headers, digest=digest)


def test_the_published_vector() -> None:
    """Vector A, from the official documentation."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": NOTHING,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = encoded({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    given = authorization(
        "YourAccessKeyId", "YourAccessKeySecret", method="POST", query=query, headers=headers, digest=NOTHING
    )
    assert given.endswith("Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_the_vectors_of_sms() -> None:
    """Vectors B to F: a send, a batch in a form body, a look-up, temporary credentials, a send in a form body."""
    assert encoded(SENDSMS) == (
        "OutId=ord-1&PhoneNumbers=13800138000&SignName=%E6%B5%8B%E8%AF%95%E7%AD%BE%E5%90%8D&TemplateCode=SMS_123456789"
        "&TemplateParam=%7B%22code%22%3A%221234%22%7D"
    )
    assert signed("SendSms", encoded(SENDSMS)) == (
        "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=bb28ff31abe8c284540b5e3b2ead4dc9d1a5fac20b3d32041d46cd9da1953334"
    )
    form = "application/x-www-form-urlencoded"
    batch = signed(
        "SendBatchSms",
        encoded({"TemplateCode": "SMS_123456789", "OutId": "ord-2"}),
        "d8c0732d32b803d1e545e3e4bb665d704ecbf0e9940e39d50700058136385c68",
        content_type=form,
    )
    assert batch.endswith("Signature=16a0c8ae0a96dda54cd5e11d3246e4703117f67fda51d0e19694cecdd2dbda3c")
    details = {"PhoneNumber": "13800138000", "SendDate": "20240102", "PageSize": "10", "CurrentPage": "1"}
    asked = signed("QuerySendDetails", encoded({**details, "BizId": "900619746936498440^0"}))
    assert asked.endswith("Signature=c95e4883febb520fd78e1b4a12c863bb397e85e98526947f1e0a7c59f206176e")
    lent = signed("SendSms", encoded(SENDSMS), **{"x-acs-accesskey-id": "testid", "x-acs-security-token": "ststoken"})
    assert lent.endswith("Signature=23c29196fe418ae67c03d0f484cbb48df85ef4c98407471a6d48a3ceda1bf5ab")
    in_form = signed(
        "SendSms",
        "",
        "77cba8ea4a6b9da6181f256527f80d0ede2efc43e9757537fb5141ad212cf821",
        content_type=form,
    )
    assert in_form.endswith("Signature=aaf939f1cdb6c9cae42b88c722e50a5a8888a84530dd7476f33cd3f3daed6dc6")


def test_the_headers_the_sdk_signs_besides() -> None:
    """Vector G: the same send with the headers that the SDK adds."""
    more = {"accept": "application/json", "user-agent": "ua", "x-acs-credentials-provider": "static_ak"}
    given = signed("SendSms", encoded(SENDSMS), **more)
    assert given.endswith("Signature=889505e1258491a52199c04bdec143f4f8e300ebd7a33d62653b6f088c1caeb0")


def test_a_batch_body_is_encoded_as_documented() -> None:
    """Vector C's body: JSON arrays, percent-encoded."""
    assert encoded(BATCH) == (
        "PhoneNumberJson=%5B%2213800138000%22%2C%2213900139000%22%5D&SignNameJson=%5B%22%E6%B5%8B%E8%AF%95%E7%AD%BE%E5"
        "%90%8D%22%2C%22%E6%B5%8B%E8%AF%95%E7%AD%BE%E5%90%8D%22%5D&TemplateParamJson=%5B%7B%22code%22%3A%221%22%7D%2C"
        "%7B%22code%22%3A%222%22%7D%5D"
    )


# ---------------------------------------------------------------- one message


async def test_a_text_without_template_is_nothing_to_send(aliyun: AliyunStandin, http: Http) -> None:
    """Aliyun takes registered templates only, and we do not even ask."""
    with pytest.raises(SendError, match=r"no_template \(template\)"):
        await carrier_of(aliyun).send(http, sendable())
    assert not aliyun.asked


@pytest.mark.parametrize(
    ("template", "code"),
    [
        (TemplateUse("SMS_0", {"words": "您好"}), "isv.SMS_TEMPLATE_ILLEGAL"),
        (TemplateUse(TEXT, {"word": "您好"}), "isv.TEMPLATE_MISSING_PARAMETERS"),
        (TemplateUse(TEXT, {"words": "长" * 36}), "isv.PARAM_LENGTH_LIMIT"),
    ],
)
async def test_a_template_that_is_not_right(
    aliyun: AliyunStandin, http: Http, template: TemplateUse, code: str
) -> None:
    """Unapproved, without a variable, or with one too long: the template is at fault."""
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, replace(sendable(), template=template))
    assert (error.value.code, error.value.template, error.value.retryable) == (code, True, False)


async def test_a_template_without_variables(aliyun: AliyunStandin, http: Http) -> None:
    """TemplateParam stays away."""
    aliyun.templates["SMS_1"] = "您的订单已发货"
    await carrier_of(aliyun, extend_code="77").send(http, replace(sendable(), template=TemplateUse("SMS_1", {})))
    assert [sent.content for sent in aliyun.sent] == ["【叮咚】您的订单已发货"]


async def test_a_number_that_reads_as_another_is_not_sent_to(aliyun: AliyunStandin, http: Http) -> None:
    """+1 310… without its plus is a mainland number of somebody else."""
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, message(to=PhoneNumber("+13105551234")))
    assert error.value.bad_number
    assert not aliyun.sent


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("isp.SYSTEM_ERROR", "retryable"),
        ("SignatureNonceUsed", "unknown"),
        ("InvalidTimeStamp.Expired", "retryable"),
        ("Throttling", "retryable throttled"),
        ("Throttling.User", "retryable throttled"),
        ("isv.AMOUNT_NOT_ENOUGH", "account"),
        ("isv.DAY_LIMIT_CONTROL", "account"),
        ("isv.MOBILE_NUMBER_ILLEGAL", "bad_number"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "opted_out"),
        ("isv.CUSTOMER_REFUSED", "opted_out"),
        ("isv.SMS_TEMPLATE_ILLEGAL", "template"),
        ("isv.SMS_CONTENT_ILLEGAL", "content"),
        ("isp.RAM_PERMISSION_DENY", "account"),
        ("InvalidSecurityToken.Expired", "account"),
        ("MissingParameter.PhoneNumbers", ""),
        ("isv.NEVER_HEARD_OF", ""),
        ("isp.NEVER_HEARD_OF", "unknown"),
        ("InternalError", "unknown"),
    ],
)
async def test_a_code_becomes_facts(aliyun: AliyunStandin, http: Http, code: str, facts: str) -> None:
    """Each code, or else its family, says what is at fault, whatever the HTTP status."""
    for status in (200, 400, 500):
        aliyun.faults.append(Fault(status, body=json.dumps({"Code": code, "Message": "no"})))
        with pytest.raises(SendError) as error:
            await carrier_of(aliyun).send(http, message())
        assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
        assert (error.value.code, error.value.detail) == (code, "no")


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("触发分钟级流控Permits:1", 60),
        ("触发小时级流控Permits:5", 3600),
        ("触发天级流控Permits:10", 86400),
        ("流控", 60),
    ],
)
async def test_a_limit_of_a_number_says_how_long(aliyun: AliyunStandin, http: Http, words: str, seconds: float) -> None:
    """isv.BUSINESS_LIMIT_CONTROL names the window that is full."""
    aliyun.faults.append(Fault(200, body=json.dumps({"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": words})))
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, message())
    assert (error.value.throttled, error.value.retryable, error.value.retry_after_s) == (True, True, seconds)


@pytest.mark.parametrize("body", ["", "OK", "[]", '{"Code": 0}', '{"BizId": "1"}'])
async def test_a_success_that_cannot_be_read_is_unknown(aliyun: AliyunStandin, http: Http, body: str) -> None:
    """200 with another body than documented may mean that it was sent."""
    aliyun.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, message())
    assert (error.value.unknown, error.value.retryable) == (True, False)


async def test_a_code_of_a_gateway_goes_by_its_status(aliyun: AliyunStandin, http: Http) -> None:
    """A code without a family we know says what its HTTP status says."""
    aliyun.faults.append(Fault(503, body=json.dumps({"Code": "NeverHeardOf", "Message": "no"})))
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, message())
    assert (error.value.code, error.value.unknown) == ("NeverHeardOf", True)


async def test_a_quoted_variable_is_not_kept(aliyun: AliyunStandin, http: Http) -> None:
    """What a provider quotes of a template's variables is what was to be said."""
    aliyun.faults.append(
        Fault(200, body='{"Code": "isv.PARAM_NOT_SUPPORT_URL", "Message": "变量 words 的值 my secret words 不合法"}')
    )
    with pytest.raises(SendError) as error:
        await carrier_of(aliyun).send(http, message("my secret words"))
    assert error.value.content
    assert "secret" not in str(error.value)


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [code for code, fact in CODES.items() if fact.get("unknown") and fact.get("retryable")]


# ---------------------------------------------------------------- many


async def test_a_batch_is_one_call(aliyun: AliyunStandin, http: Http) -> None:
    """One template to many people with their own variables, each with an outcome; receipts go by BizId and number."""
    carrier = carrier_of(aliyun, extend_code="7")
    assert isinstance(carrier, SendsMany)
    first, second = message("甲"), message("乙", to=OTHER)
    outcomes = await carrier.send_many(http, [first, second])
    assert aliyun.asked == ["SendBatchSms"]
    assert [(sent.id, sent.to, sent.content) for sent in aliyun.sent] == [
        ("", NUMBER, "【叮咚】甲"),
        ("", OTHER, "【叮咚】乙"),
    ]
    [one] = {outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)}
    assert one == aliyun.sent[0].provider_id


async def test_what_goes_into_one_batch(aliyun: AliyunStandin, http: Http) -> None:
    """No number twice, one template only, 100 at most; what has no template fails alone."""
    aliyun.templates["SMS_1"] = "您的订单已发货"
    many = [message(f"{n}", to=PhoneNumber(f"+86138{n:08d}")) for n in range(101)]
    others = [message("again", to=many[0].to), replace(sendable(to=OTHER), template=TemplateUse("SMS_1", {}))]
    bare, abroad = sendable(), message(to=PhoneNumber("+13105551234"))
    outcomes = await carrier_of(aliyun).send_many(http, [*many, *others, bare, abroad])
    assert sorted(aliyun.asked) == ["SendBatchSms"] * 2 + ["SendSms"]
    assert len(aliyun.sent) == 103
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 103 + [SendError] * 2
    assert [getattr(outcome, "code", "") for outcome in outcomes[103:]] == ["no_template", "ambiguous_number"]


async def test_a_batch_that_is_refused_is_refused_to_each(aliyun: AliyunStandin, http: Http) -> None:
    """One outcome for the call is everybody's."""
    aliyun.faults.append(CUT)
    outcomes = await carrier_of(aliyun).send_many(http, [message(), message(to=OTHER)])
    assert [isinstance(outcome, SendError) and outcome.unknown for outcome in outcomes] == [True, True]


# ---------------------------------------------------------------- cards


async def test_a_card_in_place_of_the_text(aliyun: AliyunStandin, http: Http) -> None:
    """Where the phone draws it, the card registered for the template; else its text, in the same call."""
    carrier = carrier_of(aliyun, rich_templates={TEXT: CARD})
    assert carrier.forms == {"text", "rbm"}
    aliyun.no_cards.add(OTHER)
    drawn = await carrier.send(http, message(rich=True))
    fallen = await carrier.send(http, message(rich=True, to=OTHER))
    assert aliyun.asked == ["SendCardSms", "SendCardSms"]
    assert [sent.provider_id for sent in aliyun.sent] == [drawn.provider_id, fallen.provider_id]
    assert "138" not in drawn.response


async def test_a_digital_sms_in_place_of_the_text(aliyun: AliyunStandin, http: Http) -> None:
    """A DIGITAL_SMS_ template goes by the ordinary call, under its own signature."""
    carrier = carrier_of(aliyun, rich_templates={TEXT: DIGITAL})
    await carrier.send(http, message(rich=True))
    assert aliyun.asked == ["SendSms"]
    assert await carrier.capability(http, NUMBER) == Capability(rich=True)
    carrier = carrier_of(aliyun, rich_templates={TEXT: DIGITAL}, digital_signature="别的")
    with pytest.raises(SendError, match="SMS_SIGNATURE_ILLEGAL"):
        await carrier.send(http, message(rich=True))


async def test_what_has_no_card_goes_as_text(aliyun: AliyunStandin, http: Http) -> None:
    """A template without a card, and a phone abroad, get the text."""
    carrier = carrier_of(aliyun, rich_templates={"SMS_1": CARD})
    await carrier.send(http, message(rich=True))
    await carrier_of(aliyun, rich_templates={TEXT: CARD}).send(http, message(rich=True, to=PhoneNumber("+85261234567")))
    assert aliyun.asked == ["SendSms", "SendSms"]


async def test_rich_messages_of_a_batch_go_alone(aliyun: AliyunStandin, http: Http) -> None:
    """Cards have a call each."""
    carrier = carrier_of(aliyun, rich_templates={TEXT: CARD})
    await carrier.send_many(http, [message(rich=True), message(rich=True, to=OTHER), message()])
    assert sorted(aliyun.asked) == ["SendCardSms", "SendCardSms", "SendSms"]


async def test_who_can_draw_cards(aliyun: AliyunStandin, http: Http) -> None:
    """One call for many numbers; an account without cards has nothing to ask."""
    carrier = carrier_of(aliyun, rich_templates={TEXT: CARD})
    assert isinstance(carrier, AsksMany)
    aliyun.no_cards.add(OTHER)
    assert await carrier.capabilities(http, [NUMBER, OTHER]) == {
        NUMBER: Capability(rich=True),
        OTHER: Capability(rich=False),
    }
    assert await carrier.capability(http, OTHER) == Capability(rich=False)
    assert await carrier.capability(http, PhoneNumber("+13105551234")) == Capability(rich=False)
    assert aliyun.asked == ["QueryMobilesCardSupport"] * 2
    many = [PhoneNumber(f"+86138{n:08d}") for n in range(101)]
    assert set(await carrier.capabilities(http, many)) == set(many)
    assert aliyun.asked == ["QueryMobilesCardSupport"] * 4
    assert await carrier_of(aliyun).capability(http, NUMBER) is None


# ---------------------------------------------------------------- asked


@pytest.mark.parametrize("rich", [False, True])
@pytest.mark.parametrize(
    ("told", "code", "status"),
    [(1, "", Status.SENT), (2, "NO_ROUTE", Status.FAILED), (3, "DELIVERED", Status.DELIVERED), (9, "?", None)],
)
async def test_what_became_of_a_lost_answer(
    aliyun: AliyunStandin, http: Http, rich: bool, told: int, code: str, status: Status | None
) -> None:
    """A send whose answer was lost is found by our id, among those to that number on that day."""
    carrier, lost = carrier_of(aliyun, rich_templates={TEXT: CARD}), message(rich=rich)
    assert isinstance(carrier, LooksUp)
    now = datetime.now(UTC)
    await carrier.send(http, message())
    assert await carrier.look_up(http, lost.id, NUMBER, "", now) is None
    aliyun.faults.append(CUT)
    with pytest.raises(SendError):
        await carrier.send(http, lost)
    aliyun.became(aliyun.sent[1], told, code)
    found = await carrier.look_up(http, lost.id, NUMBER, "", now)
    assert found is not None
    assert (found.status, found.message, found.error) == (status, lost.id, code if status is Status.FAILED else "")


async def test_what_became_of_a_batch(aliyun: AliyunStandin, http: Http) -> None:
    """A message of a batch carries no id of ours: it is found by Aliyun's id, or by its time."""
    carrier, lost, now = carrier_of(aliyun), message(), datetime.now(UTC)
    await carrier.send_many(http, [lost, message(to=OTHER)])
    [sent, _] = aliyun.sent
    assert await carrier.look_up(http, lost.id, NUMBER, "", now) is not None
    assert await carrier.look_up(http, lost.id, NUMBER, sent.provider_id, now) is not None
    assert await carrier.look_up(http, lost.id, NUMBER, "1^0", now) is None
    assert await carrier.look_up(http, lost.id, NUMBER, "", now - timedelta(minutes=20)) is None


async def test_a_look_up_that_cannot_be_read(aliyun: AliyunStandin, http: Http) -> None:
    """Details in another shape are an error, not an absence."""
    carrier = carrier_of(aliyun)
    await carrier.send(http, message())
    aliyun._details[0]["SendStatus"] = "soon"
    with pytest.raises(SendError, match="bad_answer"):
        await carrier.look_up(http, sendable().id, NUMBER, "", datetime.now(UTC))


async def test_templates_and_signatures_are_reviewed(aliyun: AliyunStandin, http: Http) -> None:
    """Submitted, approved or rejected, with the reason."""
    carrier = carrier_of(aliyun)
    assert isinstance(carrier, RegistersTemplates)
    code = await carrier.submit_template(http, "出价", "您的${item}有新出价", "通知卖家")
    assert aliyun.templates[code] == "您的${item}有新出价"
    assert await carrier.template(http, code) == TemplateReview("approved")
    assert await carrier.template(http, "SMS_0") == TemplateReview("rejected", "内容不合规")
    assert await carrier.signature(http, "叮咚") == TemplateReview("approved")
    assert (await carrier.signature(http, "别的")).state == "rejected"
    assert await carrier.submit_signature(http, "叮咚寄售", 0, 1001, "通知卖家")
    with pytest.raises(SendError, match="INVALID_PARAMETERS"):
        await carrier.submit_signature(http, "叮", 0, 1001, "通知卖家")
