"""One signed call to Aliyun's Dysmsapi, and what its codes mean. Facts: providers-cn.md 1.1, 1.11."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from yarl import URL

from bot.carriers import calling
from bot.carriers.aliyun_signing import NOTHING, authorization, encoded
from bot.carriers.base import AccountSettings
from bot.carriers.calling import ACCOUNT, BAD_NUMBER, CONTENT, OPTED_OUT, PERMANENT, RETRY, TEMPLATE, UNKNOWN, Facts
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import Sendable

VERSION: Final = "2017-05-25"
FORM: Final = "application/x-www-form-urlencoded"

CODES: Final[Mapping[str, Facts]] = {
    **dict.fromkeys(("isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "ServiceUnavailable"), RETRY),
    "InvalidTimeStamp": RETRY,
    "SignatureNonceUsed": UNKNOWN,  # ours are never used twice: something on the way repeated the call
    "Throttling": calling.throttled(None),
    **dict.fromkeys(("isv.AMOUNT_NOT_ENOUGH", "isv.OUT_OF_SERVICE"), ACCOUNT),
    **dict.fromkeys(("isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL"), ACCOUNT),  # the account's own quota
    **dict.fromkeys(
        ("isv.MOBILE_NUMBER_ILLEGAL", "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "isv.SMS_TEST_NUMBER_LIMIT"), BAD_NUMBER
    ),
    **dict.fromkeys(("isv.BLACK_KEY_CONTROL_LIMIT", "isv.CUSTOMER_REFUSED"), OPTED_OUT),
    **dict.fromkeys(
        (
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_SIGN_ILLEGAL",
            "isv.SIGN_STATE_ILLEGAL",
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.PARAM_LENGTH_LIMIT",
            "isv.SMS_TEST_SIGN_TEMPLATE_LIMIT",
            "isv.SMS_TEST_TEMPLATE_PARAMS_ILLEGAL",
            "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE",
        ),
        TEMPLATE,
    ),
    **dict.fromkeys(("isv.SMS_CONTENT_ILLEGAL", "isv.UNSUPPORTED_CONTENT", "isv.PARAM_NOT_SUPPORT_URL"), CONTENT),
    **dict.fromkeys(
        (
            "isp.RAM_PERMISSION_DENY",
            "isv.PRODUCT_UN_SUBSCRIPT",
            "isv.PRODUCT_UNSUBSCRIBE",
            "isv.ACCOUNT_NOT_EXISTS",
            "isv.ACCOUNT_ABNORMAL",
            "isv.SECURITY_FROZEN_ACCOUNT",
            "isv.DENY_IP_RANGE",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidSecurityToken",
        ),
        ACCOUNT,
    ),
    **dict.fromkeys(("MissingParameter", "InvalidVersion", "InvalidAction", "PARAMS_ILLEGAL", "isv"), PERMANENT),
    **dict.fromkeys(("InternalError", "isp"), UNKNOWN),  # a fault of theirs, which says nothing of the message
}
"""Its codes, or their family before the dot. `isv.BUSINESS_LIMIT_CONTROL` is in `_facts`."""

WINDOWS: Final = {"天级": 86_400, "小时级": 3_600, "分钟级": 60}
"""Which limit of a number was met, in the words of isv.BUSINESS_LIMIT_CONTROL, and its length in seconds."""


class Api:
    """Dysmsapi for one access key."""

    def __init__(self, settings: AccountSettings, key_id: str, secret: str) -> None:
        self._base = settings.base_url
        self._host = URL(settings.base_url).host_port_subcomponent or ""
        self._timeout = calling.timeouts(settings)
        self._key_id, self._secret = key_id, secret

    async def call(
        self,
        http: Http,
        action: str,
        query: Mapping[str, str],
        form: Mapping[str, str] | None = None,
        messages: Sequence[Sendable] = (),
    ) -> dict[str, JsonValue]:
        """The answer of one action whose Code is OK; any other is a SendError, without words of these messages."""
        url, headers, body = self.signed(action, query, form)
        answer = await calling.call(http, "POST", url, timeout=self._timeout, headers=headers, data=body)
        said = answer.json()
        code = said.get("Code")
        if code == "OK":
            return said
        if not isinstance(code, str):
            raise calling.unreadable(answer)
        detail = calling.words(said.get("Message"), *calling.said_in(messages), self._secret, self._key_id)
        facts = _facts(code, detail)
        if facts is None:
            raise calling.by_status(answer, calling.word(code), detail)
        raise SendError(calling.word(code), detail, **facts)

    def signed(
        self, action: str, query: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> tuple[URL, dict[str, str], bytes]:
        """URL, headers and body of one call: parameters in the query, but a batch's in a form body (1.1)."""
        canonical = encoded(query)
        body = encoded(form).encode() if form else b""
        digest = hashlib.sha256(body).hexdigest() if body else NOTHING
        headers = {
            "host": self._host,
            "x-acs-action": action,
            "x-acs-content-sha256": digest,
            "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-version": VERSION,
        }
        if body:
            headers["content-type"] = FORM
        headers["Authorization"] = authorization(
            self._key_id, self._secret, method="POST", query=canonical, headers=headers, digest=digest
        )
        del headers["host"]  # written by `Http`, from the same URL
        return URL(f"{self._base}/?{canonical}", encoded=True), headers, body


def _facts(code: str, detail: str) -> Facts | None:
    if code == "isv.BUSINESS_LIMIT_CONTROL":
        return calling.throttled(next((seconds for word, seconds in WINDOWS.items() if word in detail), 60))
    return calling.of_family(CODES, code)
