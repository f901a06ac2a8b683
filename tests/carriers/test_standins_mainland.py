"""The stand-ins of the mainland's providers: what their documents refuse, they refuse."""

from __future__ import annotations

import json

import aiohttp
import pytest
from judges import Recorder
from standins.aliyun import TEXT, AliyunStandin
from standins.smsbao import SmsBaoStandin
from standins.tencent import TencentStandin
from yarl import URL

from bot.carriers import build
from bot.carriers.aliyun import Aliyun
from bot.carriers.http import Http
from bot.carriers.tencent import Tencent
from bot.errors import SendError
from bot.messages import AccountName

ALIYUN_SEND = {
    "PhoneNumbers": "13800138000",
    "SignName": "叮咚",
    "TemplateCode": TEXT,
    "TemplateParam": '{"words":"好"}',
}
ALIYUN_BATCH = {
    "PhoneNumberJson": '["13800138000"]',
    "SignNameJson": '["叮咚"]',
    "TemplateParamJson": '[{"words":"好"}]',
}
MANY = {"PhoneNumberJson": json.dumps(["13800138000"] * 101)}


@pytest.mark.parametrize(
    ("action", "query", "form", "code"),
    [
        ("SendSms", {**ALIYUN_SEND, "Colour": "red"}, {}, "isv.INVALID_PARAMETERS"),
        ("SendSms", {"PhoneNumbers": "13800138000"}, {}, "MissingParameter.SignName"),
        ("SendSms", {**ALIYUN_SEND, "PhoneNumbers": "12"}, {}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ("SendBatchSms", {"TemplateCode": TEXT}, ALIYUN_BATCH | MANY, "isv.MOBILE_COUNT_OVER_LIMIT"),
        ("SendSms", {**ALIYUN_SEND, "SignName": "【叮咚】"}, {}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ("SendSms", {**ALIYUN_SEND, "TemplateCode": "SMS_0"}, {}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ("SendSms", {**ALIYUN_SEND, "TemplateParam": "words"}, {}, "isv.INVALID_JSON_PARAM"),
        ("SendBatchSms", {"TemplateCode": TEXT, **ALIYUN_BATCH}, {}, "isv.INVALID_PARAMETERS"),
        ("SendBatchSms", {"TemplateCode": TEXT}, {**ALIYUN_BATCH, "SignNameJson": "[]"}, "isv.INVALID_JSON_PARAM"),
        ("SendRCS", ALIYUN_SEND, {}, "InvalidAction.NotFound"),
    ],
)
async def test_aliyun_refuses_what_it_documents(
    http: Http, action: str, query: dict[str, str], form: dict[str, str], code: str
) -> None:
    """A field in the wrong place, unknown or missing, too many numbers, another's signature or template."""
    async with AliyunStandin() as standin:
        carrier = build(AccountName("acc"), standin.table())
        assert isinstance(carrier, Aliyun)
        with pytest.raises(SendError) as error:
            await carrier._api.call(http, action, query, form)
        assert error.value.code == code
        assert not standin.sent


async def test_aliyun_refuses_a_call_that_was_seen_altered_or_kept(session: aiohttp.ClientSession) -> None:
    """The same nonce again, another query under the signature, a call of an hour ago."""
    async with AliyunStandin() as standin:
        carrier = build(AccountName("acc"), standin.table())
        assert isinstance(carrier, Aliyun)
        url, headers, body = carrier._api.signed("SendSms", ALIYUN_SEND)
        told = []
        for asked, extra in (
            (url, {}),
            (url, {}),
            (URL(str(url).replace("13800138000", "13900139000"), encoded=True), {}),
            (url, {"x-acs-date": "2024-01-02T03:04:05Z"}),
            (url, {"x-acs-colour": "red"}),
        ):
            async with session.post(asked, data=body, headers={**headers, **extra}) as response:
                told.append((await response.json())["Code"])
        assert told == [
            *("OK", "SignatureNonceUsed", "SignatureDoesNotMatch", "InvalidTimeStamp.Expired", "IncompleteSignature")
        ]


TENCENT_SEND = {
    "PhoneNumberSet": ["+8613800138000"],
    "SmsSdkAppId": "1400006666",
    "TemplateId": "1110",
    "SignName": "叮咚",
    "TemplateParamSet": ["好"],
}


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ({"Colour": "red"}, "UnknownParameter"),
        ({"SmsSdkAppId": "1"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"PhoneNumberSet": []}, "LimitExceeded.PhoneNumberCountLimit"),
        ({"PhoneNumberSet": ["+8613800138000"] * 201}, "LimitExceeded.PhoneNumberCountLimit"),
        (
            {"PhoneNumberSet": ["+8613800138000", "+85261234567"]},
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        ({"SignName": "别的"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"TemplateId": "1"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
        ({"TemplateParamSet": ["好", "好"]}, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"),
    ],
)
async def test_tencent_refuses_what_it_documents(http: Http, flaw: dict[str, object], code: str) -> None:
    """An unknown field, another's application, signature or template, no number, too many or of two kinds."""
    async with TencentStandin() as standin:
        carrier = build(AccountName("acc"), standin.table())
        assert isinstance(carrier, Tencent)
        with pytest.raises(SendError) as error:
            await carrier._api.call(http, "SendSms", {**TENCENT_SEND, **flaw})
        assert error.value.code == code
        assert not standin.sent


async def test_tencent_refuses_a_body_that_was_altered_or_kept(session: aiohttp.ClientSession) -> None:
    """Other bytes under the signature, a call of long ago."""
    recorder = Recorder(answer=b'{"Response":{}}')
    async with TencentStandin() as standin:
        carrier = build(AccountName("acc"), standin.table())
        assert isinstance(carrier, Tencent)
        await carrier._api.call(recorder, "SendSms", TENCENT_SEND)
        [request] = recorder.requests
        told = []
        for body, extra in ((request.body + b" ", {}), (request.body, {"X-TC-Timestamp": "1704164645"})):
            async with session.post(request.url, data=body, headers={**request.headers, **extra}) as response:
                told.append((await response.json())["Response"]["Error"]["Code"])
        assert told == ["AuthFailure.SignatureFailure", "AuthFailure.SignatureExpire"]


@pytest.mark.parametrize(
    ("path", "flaw", "code"),
    [
        ("sms", {"u": "nobody"}, "40"),
        ("sms", {"m": "+60901234567"}, "51"),
        ("wsms", {}, "51"),
        ("sms", {"m": ",".join(["13800138000"] * 100)}, "51"),
        ("sms", {"c": "您好"}, "50"),
        ("wsms", {"m": "+60901234567", "g": "1"}, "-1"),
    ],
)
async def test_smsbao_refuses_what_it_documents(
    session: aiohttp.ClientSession, path: str, flaw: dict[str, str], code: str
) -> None:
    """An unknown account, a number of the wrong kind or too many, no signature, a product abroad."""
    async with SmsBaoStandin() as standin:
        right = {"u": "tom", "p": standin.api_key, "m": "13800138000", "c": "【叮咚】您好"}
        async with session.get(f"{standin.url}/{path}", params={**right, **flaw}) as response:
            assert await response.text() == code
        assert not standin.sent
