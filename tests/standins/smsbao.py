"""SMSBao, played after providers-cn.md 4: GET with the credentials, a code in plain text, replies by GET."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from aiohttp import web

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin

USER = "tom"
BATCH = 99
NUMBERS = {"sms": r"1[3-9]\d{9}", "wsms": r"\+(?!86)[1-9]\d{6,14}"}


class SmsBaoStandin(Standin):
    """`key` is the login password; `api_key` does as well. `calls`: the numbers of each call that was taken."""

    carrier = "smsbao"
    key_field = "password"
    words: ClassVar = {}
    signs = False
    reply_ids = False
    posts = False
    keeps_ids = False
    api_key = "0123456789abcdef0123456789abcdef"

    def __init__(self, *, key: str = "test-password", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.calls: list[list[str]] = []

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "smsbao", "base_url": self.url, "user": USER, "password": self.key}
        return {**mine, "webhook_secrets": [WEBHOOK_SECRET], **extra}

    def wrong_credentials(self) -> dict[str, Any]:
        return {"password": "nobody"}

    def routes(self) -> list[web.RouteDef]:
        return [web.get(r"/{path:(sms|wsms)}", self._send)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body == b"0"

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            fields = self._checked(path, dict(parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True)))
        except Refusal as no:
            self.refused.append(str(no))
            return web.Response(text=str(no.code))
        return await self.sending(request, lambda: self._take(fields))

    def _checked(self, path: str, fields: dict[str, str]) -> dict[str, str]:
        allowed = {"u", "p", "m", "c"} | ({"g"} if path == "sms" else set())
        if {"u", "p", "m", "c"} - fields.keys() or fields.keys() - allowed:
            raise Refusal(200, -1, "参数不全")
        if fields["u"] != USER:
            raise Refusal(200, 40, "账号不存在")
        if fields["p"].lower() not in (hashlib.md5(self.key.encode()).hexdigest(), self.api_key):
            raise Refusal(200, 30, "密码错误")
        numbers = fields["m"].split(",")
        if len(numbers) > BATCH or not all(re.fullmatch(NUMBERS[path], number) for number in numbers):
            raise Refusal(200, 51, "手机号码不正确")
        if not re.search(r"【[^】]+】", fields["c"]):
            raise Refusal(200, 50, "内容含有敏感词")
        return fields

    def _take(self, fields: dict[str, str]) -> web.Response:
        self.calls.append(fields["m"].split(","))
        for number in self.calls[-1]:
            self.take(Sent("", number if number.startswith("+") else f"+86{number}", fields["c"], ""))
        return web.Response(text="0")

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return Push({}, method="GET", query={"m": number.removeprefix("+86"), "c": text})

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        return []


if __name__ == "__main__":
    from standins.process import main

    main(SmsBaoStandin)
