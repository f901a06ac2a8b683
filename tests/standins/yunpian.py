"""Yunpian, played after providers-cn.md 3: single_send, signed replies, receipts in batches of 100."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

FIELDS = {"apikey", "mobile", "text", "extend", "uid", "callback_url", "register", "mobile_stat"}
TEXT_LIMIT = 500
UID_LIMIT = 256
BATCH = 100
FORM = "application/x-www-form-urlencoded;charset=utf-8"
JSON_TYPE = {"Content-Type": "application/json;charset=utf-8"}
BEIJING = timezone(timedelta(hours=8))


class YunpianStandin(Standin):
    """`key` is the account's apikey."""

    carrier = "yunpian"
    key_field = "apikeys"
    words: ClassVar = {"delivered": "SUCCESS", "failed": "FAIL"}

    def __init__(self, *, key: str = "0123456789abcdef0123456789abcdef", **base: Any) -> None:
        super().__init__(key=key, **base)
        self._sids = itertools.count(3_310_228_064)

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "yunpian", "base_url": f"{self.url}/v2", "apikeys": [self.key]}
        return {**mine, "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v2/sms/single_send.json", self._single_send)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body in (b"SUCCESS", b"0")

    # ------------------------------------------------------------ in

    async def _single_send(self, request: web.Request) -> web.StreamResponse:
        try:
            fields = _checked(request.content_type, await request.read(), self.key)
        except Refusal as no:
            self.refused.append(str(no))
            said = {"http_status_code": no.status, "code": no.code, "msg": no.why, "detail": no.why}
            return web.json_response(said, status=no.status)
        return await self.sending(request, lambda: self._take(fields))

    def _take(self, fields: dict[str, str]) -> web.Response:
        sid, mobile, text = next(self._sids), fields["mobile"], fields["text"]
        to = mobile if mobile.startswith("+") else f"+86{mobile}"
        self.take(Sent(fields.get("uid", ""), to, text, str(sid)))
        count = 1 if len(text) <= 70 else math.ceil(len(text) / 67)
        said = {"code": 0, "msg": "发送成功", "count": count, "fee": 0.05 * count, "unit": "RMB"}
        return web.Response(body=json.dumps({**said, "mobile": mobile, "sid": sid}).encode(), headers=JSON_TYPE)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        fields = {
            "id": reply_id or fresh_id(),
            "mobile": _mobile(number),
            "text": text,
            "reply_time": _now(),
            "extend": "01",
            "base_extend": "8888",
        }
        if signed:
            fields["_sign"] = signature(fields, self.key)
        return _form("sms_reply", fields)

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        items = [
            {
                "sid": int(one.provider_id),
                "uid": one.id or None,
                "user_receive_time": _now(),
                "error_msg": "" if word == "SUCCESS" else "DB:0103",
                "mobile": _mobile(one.to),
                "report_status": word,
            }
            for one in sent
        ]
        return [_form("sms_status", items[first : first + BATCH]) for first in range(0, len(items), BATCH)]


def signature(fields: dict[str, str], key: str) -> str:
    """MD5 of the values by field name and the key, joined by commas (3.5)."""
    values = [value for name, value in sorted(fields.items()) if name != "_sign"]
    return hashlib.md5(",".join([*values, key]).encode()).hexdigest()


def _checked(content_type: str, body: bytes, key: str) -> dict[str, str]:
    """The fields of a send; Refusal with Yunpian's code (3.7) if anything is not as documented (3.2)."""
    if content_type != "application/x-www-form-urlencoded":
        raise Refusal(400, 1, "请求参数缺失")
    fields = dict(URL.build(query_string=body.decode(), encoded=True).query)  # thousands a second: decoded in C
    if unknown := fields.keys() - FIELDS:
        raise Refusal(400, 2, f"unknown field {sorted(unknown)}")
    if fields.get("apikey") != key:
        raise Refusal(400, -1, "非法的apikey")
    if not re.fullmatch(r"1[3-9]\d{9}|\+(?!86)[1-9]\d{6,14}", fields.get("mobile", "")):
        raise Refusal(400, 56, "手机号格式不正确")
    text = fields.get("text", "")
    if not re.match(r"【[^】]+】.", text, re.DOTALL):
        raise Refusal(400, 16, "签名格式不正确")
    if len(text) > TEXT_LIMIT or len(fields.get("uid", "")) > UID_LIMIT:
        raise Refusal(400, 48, "参数长度超限")
    if not re.fullmatch(r"\d*", fields.get("extend", "")):
        raise Refusal(400, 2, "extend 格式不正确")
    return fields


def _form(name: str, value: object) -> Push:
    body = urlencode({name: json.dumps(value, ensure_ascii=False, separators=(",", ":"))}).encode()
    return Push({"Content-Type": FORM}, body)


def _mobile(number: str) -> str:
    return number.removeprefix("+86")


def _now() -> str:
    return datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


if __name__ == "__main__":
    from standins.process import main

    main(YunpianStandin)
