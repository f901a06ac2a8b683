"""What Aliyun documents about a call, held strictly: signature, fields, numbers, templates. providers-cn.md 1."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote

from aiohttp import web

from standins.base import Refusal

SIGN = "叮咚"
SKEW = timedelta(minutes=15)
NUMBER = re.compile(r"(?:\+?86|0086)?1[3-9]\d{9}|[1-9]\d{6,14}")
VARIABLE = re.compile(r"\$\{(\w+)\}")
VALUE_LIMIT = 35

TEMPLATED = {"SignName", "TemplateCode", "TemplateParam", "SmsUpExtendCode", "OutId"}
FIELDS: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "SendSms": ({"PhoneNumbers", *TEMPLATED}, set(), {"PhoneNumbers", "SignName", "TemplateCode"}),
    "SendBatchSms": (
        {"TemplateCode", "OutId"},
        {"PhoneNumberJson", "SignNameJson", "TemplateParamJson", "SmsUpExtendCodeJson"},
        {"TemplateCode", "PhoneNumberJson", "SignNameJson"},
    ),
    "SendCardSms": (
        {
            "CardObjects.1.mobile",
            "CardObjects.1.dyncParams",
            "CardObjects.1.customUrl",
            "CardTemplateCode",
            "FallbackType",
            "SmsTemplateCode",
            "SmsTemplateParam",
            *TEMPLATED,
        },
        set(),
        {"CardObjects.1.mobile", "CardTemplateCode", "SignName", "FallbackType"},
    ),
    "CheckMobilesCardSupport": (
        {"TemplateCode", *(f"Mobiles.{n}.mobile" for n in range(1, 101))},
        set(),
        {"TemplateCode", "Mobiles.1.mobile"},
    ),
    "QueryMobilesCardSupport": ({"TemplateCode", "Mobiles", "EncryptType"}, set(), {"TemplateCode", "Mobiles"}),
    "QuerySendDetails": (
        {"PhoneNumber", "BizId", "SendDate", "PageSize", "CurrentPage"},
        set(),
        {"PhoneNumber", "SendDate", "PageSize", "CurrentPage"},
    ),
    "GetCardSmsDetails": (
        {"PhoneNumber", "BizCardId", "BizSmsId", "SendDate", "PageSize", "CurrentPage"},
        set(),
        {"PhoneNumber", "SendDate"},
    ),
    "QuerySmsTemplate": ({"TemplateCode"}, set(), {"TemplateCode"}),
    "QuerySmsSign": ({"SignName"}, set(), {"SignName"}),
    "CreateSmsSign": (
        {"SignName", "SignSource", "QualificationId", "SignType", "ThirdParty", "Remark"},
        set(),
        {"SignName", "SignSource", "QualificationId"},
    ),
    "CreateDigitalSmsTemplate": (
        {"TemplateName", "SignName", "Remark"},
        {
            f"TemplateContents.{n}.{name}"
            for n in range(1, 11)
            for name in ("FileName", "FileSuffix", "FileSize", "FileContents")
        },
        {"TemplateName", "SignName", "TemplateContents.1.FileContents"},
    ),
    "AddSmsTemplate": (
        {"TemplateType", "TemplateName", "TemplateContent", "Remark"},
        set(),
        {"TemplateType", "TemplateName", "TemplateContent", "Remark"},
    ),
}
"""Of each action: fields in the query, fields in a form body, and which of them it needs."""


def checked(
    request: web.Request, body: bytes, key_id: str, secret: str, nonces: set[str]
) -> tuple[str, dict[str, str]]:
    """Action and fields of a call that is signed and shaped as documented. Raises Refusal with Aliyun's code."""
    query = request.raw_path.partition("?")[2]
    _signed(request, query, body, key_id, secret, nonces)
    action = request.headers["x-acs-action"]
    if request.headers.get("x-acs-version") != "2017-05-25":
        raise Refusal(404, "InvalidVersion", "Specified parameter Version is not valid.")
    if action not in FIELDS:
        raise Refusal(404, "InvalidAction.NotFound", "Specified api is not found.")
    in_query, in_form, needed = FIELDS[action]
    asked = dict(parse_qsl(query, keep_blank_values=True))
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if unknown := (asked.keys() - in_query) | (form.keys() - in_form):
        raise Refusal(400, "isv.INVALID_PARAMETERS", f"unknown {sorted(unknown)}")
    fields = asked | form
    if missing := needed - fields.keys():
        raise Refusal(400, f"MissingParameter.{min(missing)}", "a parameter is missing")
    return action, fields


def _signed(request: web.Request, query: str, body: bytes, key_id: str, secret: str, nonces: set[str]) -> None:
    given = request.headers.get("Authorization", "")
    found = re.fullmatch(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})", given)
    if not found:
        raise Refusal(400, "IncompleteSignature", "the Authorization header is not ACS3-HMAC-SHA256")
    if found[1] != key_id:
        raise Refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    names = found[2].split(";")
    must = {"host"} | {name.lower() for name in request.headers if name.lower().startswith("x-acs-")}
    must |= {"content-type"} if body else set()
    digest = hashlib.sha256(body).hexdigest()
    if must - set(names) or request.headers.get("x-acs-content-sha256") != digest:
        raise Refusal(400, "IncompleteSignature", "a header is not signed, or the digest is not the body's")
    at = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - at) > SKEW:
        raise Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{quote(k, safe='~')}={quote(v, safe='~')}" for k, v in pairs)
    lines = "".join(f"{name}:{request.headers[name].strip()}\n" for name in sorted(names))
    canonical = "\n".join([request.method, request.path, canonical_query, lines, ";".join(sorted(names)), digest])
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    if hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest() != found[3]:
        raise Refusal(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
    nonce = request.headers["x-acs-signature-nonce"]
    if nonce in nonces:
        raise Refusal(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    nonces.add(nonce)


def number(text: str) -> str:
    """E.164 of a number as it may be given (1.4)."""
    if not NUMBER.fullmatch(text):
        raise Refusal(200, "isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
    mainland = re.fullmatch(r"(?:\+?86|0086)?(1[3-9]\d{9})", text)
    return f"+86{mainland[1]}" if mainland else f"+{text}"


def filled(templates: Mapping[str, str], code: str, sign: str, param: str) -> str:
    """The text that goes out: an approved signature, and an approved template with exactly its variables."""
    if sign != SIGN:
        raise Refusal(200, "isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")
    if code not in templates:
        raise Refusal(200, "isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
    values = parsed(param or "{}", dict)
    wanted = set(VARIABLE.findall(templates[code]))
    if missing := wanted - values.keys():
        raise Refusal(200, "isv.TEMPLATE_MISSING_PARAMETERS", f"模板缺少变量 {sorted(missing)}")
    if any(not isinstance(value, str) or not 1 <= len(value) <= VALUE_LIMIT for value in values.values()):
        raise Refusal(200, "isv.PARAM_LENGTH_LIMIT", "参数超出长度限制")
    return f"【{sign}】" + VARIABLE.sub(lambda found: values[found[1]], templates[code])


def parsed(text: str, kind: type[Any]) -> Any:
    """JSON of that kind."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise Refusal(200, "isv.INVALID_JSON_PARAM", "JSON参数不合法")
    return value
