"""Tencent Cloud SMS, played after providers-cn.md 2: signed calls, one template to 200 numbers, pulls, pushes."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

from aiohttp import web

from bot.messages import Sendable, TemplateUse
from flows.values import replace
from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

BEIJING = timezone(timedelta(hours=8))
SIGN, TEMPLATE, APP = "叮咚", "1110", "1400006666"
BATCH, PULL = 200, 100
SKEW_S = 300
VALUE_LIMIT = 500

FIELDS: Mapping[str, tuple[set[str], set[str]]] = {
    "SendSms": (
        {"PhoneNumberSet", "SmsSdkAppId", "TemplateId"},
        {"SignName", "TemplateParamSet", "ExtendCode", "SessionContext", "SenderId"},
    ),
    "PullSmsSendStatus": ({"Limit", "SmsSdkAppId"}, set()),
    "PullSmsReplyStatus": ({"Limit", "SmsSdkAppId"}, set()),
    "PullSmsSendStatusByPhoneNumber": (
        {"BeginTime", "EndTime", "Offset", "Limit", "PhoneNumber", "SmsSdkAppId"},
        set(),
    ),
    "DescribeSmsTemplateList": ({"International"}, {"TemplateIdSet", "Limit", "Offset"}),
    "DescribeSmsSignList": ({"International"}, {"SignIdSet", "Limit", "Offset"}),
    "AddSmsTemplate": ({"TemplateName", "TemplateContent", "SmsType", "International", "Remark"}, set()),
}
"""Of each action: the fields it needs, and those it may have."""


class TencentStandin(Standin):
    """`key` is the SecretKey. `echoes`: reports carry SessionContext, once support enabled it. `asked`: the actions."""

    carrier = "tencent"
    key_field = "secret_key"
    words: ClassVar = {"delivered": "SUCCESS", "failed": "FAIL"}
    signs = False
    reply_ids = False

    def __init__(self, *, key: str = "tencent-secret-key", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.templates = {TEMPLATE: "{1}"}
        self.blacklist: set[str] = set()
        self.echoes = True
        self.asked: list[str] = []
        self.reports: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self._serials = itertools.count(1)
        self._ids = itertools.count(2_000)
        self._answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "PullSmsSendStatus": lambda asked: {"PullSmsSendStatusSet": self._pulled(self.reports, asked)},
            "PullSmsReplyStatus": lambda asked: {"PullSmsReplyStatusSet": self._pulled(self.replies, asked)},
            "PullSmsSendStatusByPhoneNumber": self._reports_of,
            "DescribeSmsTemplateList": self._reviewed,
            "DescribeSmsSignList": self._signature,
            "AddSmsTemplate": self._added,
        }

    def table(self, **extra: Any) -> dict[str, Any]:
        keys = {"secret_id": "tencent-secret-id", "secret_key": self.key, "app_id": APP}
        mine = {"carrier": "tencent", "base_url": self.url, **keys, "signature": SIGN}
        return {**mine, "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def wrong_credentials(self) -> dict[str, Any]:
        return {"secret_key": "nobody"}

    def registered(self, message: Sendable) -> Sendable:
        return replace(message, template=TemplateUse(TEMPLATE, {"1": message.text.removeprefix(f"【{SIGN}】")}))

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/", self._asked)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        try:
            return status == 200 and json.loads(body)["result"] == 0
        except (ValueError, TypeError, LookupError):
            return False

    # ------------------------------------------------------------ in

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        try:
            action, fields = _checked(request, await request.read(), self.key)
            self.asked.append(action)
            if action in self._answers:
                return _said(self._answers[action](fields))
            text = self._filled(fields)
        except Refusal as no:
            self.refused.append(str(no))
            return _said({"Error": {"Code": no.code, "Message": no.why}})
        return await self.sending(request, lambda: self._taken(fields, text))

    def _filled(self, fields: dict[str, Any]) -> str:
        numbers = fields["PhoneNumberSet"]
        if not 1 <= len(numbers) <= BATCH:
            raise Refusal(200, "LimitExceeded.PhoneNumberCountLimit", "the number of phone numbers exceeds 200")
        if len({number.startswith("+86") for number in numbers}) > 1:
            code = "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber"
            raise Refusal(200, code, "domestic and international numbers in one request")
        if numbers[0].startswith("+86") and fields.get("SignName") != SIGN:
            raise Refusal(200, "FailedOperation.SignatureIncorrectOrUnapproved", "the signature is not approved")
        template = self.templates.get(fields["TemplateId"])
        if template is None:
            raise Refusal(200, "FailedOperation.TemplateIncorrectOrUnapproved", "the template is not approved")
        values = fields.get("TemplateParamSet", [])
        if len(values) != len(set(re.findall(r"\{\d+\}", template))):
            raise Refusal(200, "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "variables do not match")
        if any(not isinstance(value, str) or len(value) > VALUE_LIMIT for value in values):
            raise Refusal(200, "InvalidParameterValue.TemplateParameterLengthLimit", "a variable is too long")
        return f"【{SIGN}】" + re.sub(r"\{(\d+)\}", lambda found: values[int(found[1]) - 1], template)

    def _taken(self, fields: dict[str, Any], text: str) -> web.Response:
        session, told = fields.get("SessionContext", ""), []
        for number in fields["PhoneNumberSet"]:
            one = {"SerialNo": "", "PhoneNumber": number, "Fee": 0, "SessionContext": session, "IsoCode": "CN"}
            if number in self.blacklist:
                code, why = "FailedOperation.PhoneNumberInBlacklist", f"{number} is in the blacklist"
            elif not re.fullmatch(r"\+[1-9]\d{6,14}", number):
                code, why = "InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone number"
            else:
                code, why = "Ok", "send success"
                one |= {"SerialNo": f"2019:{next(self._serials)}", "Fee": 1}
                self.take(Sent(session, number, text, str(one["SerialNo"])))
            told.append({**one, "Code": code, "Message": why})
        return _said({"SendStatusSet": told})

    # ------------------------------------------------------------ asked

    def became(self, sent: Sent, word: str, error: str) -> None:
        """A report to be pulled."""
        report = {"UserReceiveTime": int(time.time()), "CountryCode": "86", "SubscriberNumber": sent.to[3:]}
        session = {"SessionContext": sent.id} if self.echoes else {}
        told = {"PhoneNumber": sent.to, "SerialNo": sent.provider_id, "ReportStatus": word, "Description": error}
        self.reports.append({**report, **told, **session})

    def said(self, number: str, text: str) -> None:
        """A reply to be pulled."""
        whose = {"CountryCode": "86", "PhoneNumber": number, "SubscriberNumber": number[3:]}
        told = {"SignName": SIGN, "ReplyContent": text, "ReplyTime": 1704164645}
        self.replies.append({"ExtendCode": "01", **whose, **told})

    def _pulled(self, queue: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
        if not 1 <= asked["Limit"] <= PULL:
            raise Refusal(200, "InvalidParameterValue.InvalidParameters", "Limit")
        taken, queue[:] = queue[: asked["Limit"]], queue[asked["Limit"] :]
        return taken

    def _reports_of(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [
            report
            for report in self.reports
            if report["PhoneNumber"] == asked["PhoneNumber"]
            and asked["BeginTime"] <= report["UserReceiveTime"] <= asked["EndTime"]
        ]
        return {"PullSmsSendStatusSet": found[: asked["Limit"]]}

    def _reviewed(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = [str(one) for one in asked["TemplateIdSet"]]
        told = [
            {"TemplateId": int(code), "StatusCode": 0 if code in self.templates else -1, "ReviewReply": "内容不合规"}
            for code in known
            if code != "404"
        ]
        return {"DescribeTemplateStatusSet": told}

    def _signature(self, asked: dict[str, Any]) -> dict[str, Any]:
        told = [{"SignId": one, "StatusCode": 2, "ReviewReply": "", "SignName": SIGN} for one in asked["SignIdSet"]]
        return {"DescribeSignListStatusSet": told}

    def _added(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["SmsType"] not in (1, 2, 3):
            raise Refusal(200, "InvalidParameterValue.InvalidParameters", "SmsType")
        code = str(next(self._ids))
        self.templates[code] = asked["TemplateContent"]
        return {"AddTemplateStatus": {"TemplateId": code}}

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        whose = {"mobile": number.removeprefix("+86"), "nationcode": "86", "sign": SIGN}
        return _push({"extend": "01", **whose, "text": text, "time": int(time.time())})

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        items = [
            {
                "user_receive_time": datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
                "nationcode": "86",
                "mobile": one.to.removeprefix("+86"),
                "report_status": word,
                "errmsg": "DELIVRD" if word == "SUCCESS" else "UNDELIV",
                "description": "",
                "sid": one.provider_id,
                **({"ext": one.id} if self.echoes else {}),
            }
            for one in sent
        ]
        return [_push(items[first : first + PULL]) for first in range(0, len(items), PULL)]


def _checked(request: web.Request, body: bytes, key: str) -> tuple[str, dict[str, Any]]:
    """Action and fields of a call that is signed and shaped as documented. Raises Refusal with Tencent's code."""
    given = request.headers.get("Authorization", "")
    pattern = (
        r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, SignedHeaders=([^,]+), "
        r"Signature=([0-9a-f]{64})"
    )
    found = re.fullmatch(pattern, given)
    if not found or not {"content-type", "host"} <= set(found[3].split(";")):
        raise Refusal(200, "AuthFailure.InvalidAuthorization", "the Authorization header is not TC3-HMAC-SHA256")
    if found[1] != "tencent-secret-id":
        raise Refusal(200, "AuthFailure.SecretIdNotFound", "the SecretId is not found")
    at = request.headers["X-TC-Timestamp"]
    day = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%d")
    if abs(time.time() - int(at)) > SKEW_S or found[2] != day:
        raise Refusal(200, "AuthFailure.SignatureExpire", "the signature has expired")
    lines = "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in sorted(found[3].split(";")))
    canonical = f"POST\n/\n\n{lines}\n{found[3]}\n{hashlib.sha256(body).hexdigest()}"
    to_sign = f"TC3-HMAC-SHA256\n{at}\n{day}/sms/tc3_request\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = f"TC3{key}".encode()
    for part in (day, "sms", "tc3_request"):
        signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
    if hmac.new(signing, to_sign.encode(), hashlib.sha256).hexdigest() != found[4]:
        raise Refusal(200, "AuthFailure.SignatureFailure", "the signature is not correct")
    action = request.headers["X-TC-Action"]
    if action not in FIELDS or request.headers.get("X-TC-Version") != "2021-01-11":
        raise Refusal(200, "InvalidAction", "the action is not found")
    if not request.headers.get("X-TC-Region"):
        raise Refusal(200, "MissingParameter", "X-TC-Region")
    fields = json.loads(body)
    needed, optional = FIELDS[action]
    if missing := needed - fields.keys():
        raise Refusal(200, "MissingParameter", f"{sorted(missing)}")
    if unknown := fields.keys() - needed - optional:
        raise Refusal(200, "UnknownParameter", f"{sorted(unknown)}")
    if "SmsSdkAppId" in needed and fields["SmsSdkAppId"] != APP:
        raise Refusal(200, "UnauthorizedOperation.SmsSdkAppIdVerifyFail", "the application is not yours")
    return action, fields


def _said(response: dict[str, Any]) -> web.Response:
    return web.json_response({"Response": {**response, "RequestId": fresh_id()}})


def _push(value: object) -> Push:
    return Push({"Content-Type": "application/json"}, json.dumps(value, ensure_ascii=False).encode())


if __name__ == "__main__":
    from standins.process import main

    main(TencentStandin)
