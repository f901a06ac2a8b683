"""One signed call to Tencent Cloud's SMS API, and what its codes mean. Facts: providers-cn.md 2.1, 2.2, 2.6."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from pydantic_core import to_json
from yarl import URL

from bot.carriers import calling
from bot.carriers.base import AccountSettings
from bot.carriers.calling import (
    ACCOUNT,
    BAD_NUMBER,
    CONTENT,
    OPTED_OUT,
    PERMANENT,
    RETRY,
    TEMPLATE,
    UNKNOWN,
    Facts,
    throttled,
)
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import Sendable

ALGORITHM: Final = "TC3-HMAC-SHA256"
SERVICE: Final = "sms"
VERSION: Final = "2021-01-11"
JSON: Final = "application/json"

CODES: Final[Mapping[str, Facts]] = {
    "InternalError": UNKNOWN,  # Timeout, SendAndRecvFail and their like: it may have been sent (0.2)
    **dict.fromkeys(("InternalError.RequestTimeException", "AuthFailure.SignatureExpire"), RETRY),
    "RequestLimitExceeded": throttled(None),
    "LimitExceeded": throttled(3600),
    "LimitExceeded.GlobalSmsSendingRateLimit": throttled(1),
    "LimitExceeded.PhoneNumberThirtySecondLimit": throttled(30),
    "LimitExceeded.DeliveryFrequencyLimit": throttled(60),
    "LimitExceeded.PhoneNumberOneHourLimit": throttled(3600),
    **dict.fromkeys(
        ("LimitExceeded.PhoneNumberDailyLimit", "LimitExceeded.PhoneNumberSameContentDailyLimit"), throttled(86_400)
    ),
    **dict.fromkeys(
        (
            "LimitExceeded.AppDailyLimit",
            "LimitExceeded.AppMainlandChinaDailyLimit",
            "LimitExceeded.AppGlobalDailyLimit",
            "LimitExceeded.AppCountryOrRegionDailyLimit",
            "LimitExceeded.DailyLimit",
        ),
        ACCOUNT,  # its own quota of the day
    ),
    "LimitExceeded.PhoneNumberCountLimit": PERMANENT,
    "FailedOperation.MarketingSendTimeConstraint": throttled(3600),  # between 22:00 and 08:00
    **dict.fromkeys(
        (
            "FailedOperation.InsufficientBalanceInSmsPackage",
            "FailedOperation.NotEnterpriseCertification",
            "InvalidParameterValue.SdkAppIdNotExist",
            "UnauthorizedOperation",
            "AuthFailure",
        ),
        ACCOUNT,
    ),
    **dict.fromkeys(
        (
            "InvalidParameterValue.IncorrectPhoneNumber",
            "FailedOperation.PhoneNumberParseFail",
            "UnsupportedOperation.UnsupportedRegion",
            "LimitExceeded.AppCountryOrRegionInBlacklist",
        ),
        BAD_NUMBER,
    ),
    "FailedOperation.PhoneNumberInBlacklist": OPTED_OUT,
    **dict.fromkeys(
        (
            "FailedOperation.SignatureIncorrectOrUnapproved",
            "FailedOperation.TemplateIncorrectOrUnapproved",
            "FailedOperation.TemplateUnapprovedOrNotExist",
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            "FailedOperation.TemplateIdNotExist",
            "FailedOperation.SignIdNotExist",
            "FailedOperation.MissingSignature",
            "InvalidParameterValue.TemplateParameterFormatError",
            "InvalidParameterValue.TemplateParameterLengthLimit",
            "InvalidParameterValue.ContentLengthLimit",
            "InvalidParameterValue.UnsupportedTemplateVariable",
            "InvalidParameterValue.MarketingTemplateWithoutUnsubscribe",
            "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
            "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
        ),
        TEMPLATE,
    ),
    **dict.fromkeys(
        (
            "FailedOperation.ContainSensitiveWord",
            "InvalidParameter.DirtyWordFound",
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
            "InvalidParameterValue.TemplateWithDirtyWords",
        ),
        CONTENT,
    ),
    **dict.fromkeys(
        ("MissingParameter", "InvalidParameter", "InvalidParameterValue", "FailedOperation", "UnsupportedOperation"),
        PERMANENT,
    ),
}
"""Its codes, or their family before the dot: of a request, and of each number in it."""


class Api:
    """The SMS API for one secret key."""

    def __init__(self, settings: AccountSettings, secret_id: str, secret_key: str, region: str) -> None:
        self._url = URL(f"{settings.base_url}/")
        self._host = self._url.host_port_subcomponent or ""
        self._timeout = calling.timeouts(settings)
        self._id, self._key = secret_id, secret_key
        self._fixed = {"Content-Type": JSON, "X-TC-Version": VERSION, "X-TC-Region": region}

    async def call(
        self, http: Http, action: str, fields: Mapping[str, object], messages: Sequence[Sendable] = ()
    ) -> dict[str, JsonValue]:
        """The Response of one action that holds no Error; else a SendError, without words of these messages."""
        body = to_json(fields)
        at = int(time.time())
        signed = {"content-type": JSON, "host": self._host}
        headers = {
            **self._fixed,
            "X-TC-Action": action,
            "X-TC-Timestamp": str(at),
            "Authorization": authorization(self._id, self._key, headers=signed, body=body, at=at),
        }
        answer = await calling.call(http, "POST", self._url, timeout=self._timeout, headers=headers, data=body)
        said = answer.json().get("Response")
        if not isinstance(said, dict):
            raise calling.unreadable(answer)
        error = said.get("Error")
        if isinstance(error, dict):
            raise self.refused(error.get("Code"), error.get("Message"), messages)
        return said

    def refused(self, code: JsonValue, message: JsonValue, messages: Sequence[Sendable]) -> SendError:
        """What an error says, of the request or of one number; one of a family we do not know is unknown."""
        name = calling.word(code)
        facts = calling.of_family(CODES, name)
        return SendError(
            name or "no_code",
            calling.words(message, *calling.said_in(messages), self._key, self._id),
            **(UNKNOWN if facts is None else facts),
        )


def authorization(
    secret_id: str, secret_key: str, *, headers: Mapping[str, str], body: bytes, at: int, service: str = SERVICE
) -> str:
    """TC3-HMAC-SHA256 (2.2) of a POST to "/". headers: those that are signed, names in lower case. at: Unix seconds."""
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join([f"{name}:{headers[name].strip().lower()}\n" for name in names])
    canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    day = time.strftime("%Y-%m-%d", time.gmtime(at))
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={signed}, Signature={signature}"
