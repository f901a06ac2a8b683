"""Kannel's smsbox, played after providers-rcs.md 5.1 and what Kannel 1.4.5 answers: sendsms, replies and reports.

The real one is in tests/carriers/test_kannel_for_real.py.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

HEADERS = frozenset(
    f"x-kannel-{name}"
    for name in (
        *("username", "password", "from", "to", "smsc", "coding", "mclass", "udh", "validity", "deferred"),
        *("priority", "dlr-mask", "dlr-url", "pid", "mwi", "alt-dcs", "account", "binfo", "meta-data", "charset"),
    )
)
REPORT = "status=%d&fid=%F&answer=%A&at=%T"


class KannelStandin(Standin):
    """`key` is the password of its sendsms-user."""

    carrier = "kannel"
    key_field = "passwords"
    words: ClassVar = {"delivered": "1", "failed": "2"}
    signs = False
    posts = False

    def __init__(self, *, key: str = "kannel-password", **base: Any) -> None:
        super().__init__(key=key, **base)
        self._ids = itertools.count(1)
        self._report_to: dict[str, str] = {}
        self.validities: list[str] = []

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "kannel", "base_url": f"{self.url}/cgi-bin", "username": "dingdong", "passwords": [self.key]}
        here = {"sender": "1069", "public_url": "http://127.0.0.1:8080", "webhook_secrets": [WEBHOOK_SECRET]}
        return {**mine, **here, **extra}

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/cgi-bin/sendsms", self._sendsms)]

    # ------------------------------------------------------------ in

    async def _sendsms(self, request: web.Request) -> web.StreamResponse:
        try:
            sent = self._checked(request, await request.read())
        except Refusal as no:
            self.refused.append(str(no))
            return web.Response(status=no.status, text=no.why)
        return await self.sending(request, lambda: self._take(sent, request.headers))

    def _take(self, sent: Sent, headers: Mapping[str, str]) -> web.Response:
        self._report_to[sent.id] = headers.get("X-Kannel-DLR-Url", "")
        self.validities.append(headers.get("X-Kannel-Validity", ""))
        self.take(sent)
        return web.Response(status=202, text="0: Accepted for delivery")

    def _checked(self, request: web.Request, body: bytes) -> Sent:
        headers = request.headers
        if (request.content_type, (request.charset or "").upper()) != ("text/plain", "UTF-8"):
            raise Refusal(400, "", "Unsupported content-type, rejected")
        if unknown := {n.lower() for n in headers if n.lower().startswith("x-kannel-")} - HEADERS:
            raise Refusal(400, "", f"it does not know {sorted(unknown)}")
        if (headers.get("X-Kannel-Username"), headers.get("X-Kannel-Password")) != ("dingdong", self.key):
            raise Refusal(403, "", "Authorization failed for sendsms")
        to, text, coding = headers.get("X-Kannel-To", ""), body.decode(), headers.get("X-Kannel-Coding", "0")
        if not re.fullmatch(r"\+?[0-9]{5,15}", to):
            raise Refusal(400, "", "Number(s) has/have been denied by white- and/or black-lists.")
        if coding not in ("0", "1", "2"):
            raise Refusal(400, "", "Coding field misformed, rejected")
        if coding == "0" and re.search(r"[^\x00-\x7fà-üÀ-Ü£¥€¡¿§ΓΔΘΛΞΠΣΦΨΩ]", text):
            raise Refusal(400, "", "what is not in the GSM alphabet would arrive as question marks")
        for name in ("DLR-Mask", "Validity"):
            if not re.fullmatch(r"[0-9]*", headers.get(f"X-Kannel-{name}", "")):
                raise Refusal(400, "", f"{name} field misformed, rejected")
        ours = URL(headers.get("X-Kannel-DLR-Url", ""), encoded=True).query.get("message", "")
        return Sent(ours, to, text, "")

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        query = {"from": number.removeprefix("+"), "to": "1069", "text": text, "charset": "UTF-8"}
        query |= {"id": reply_id or fresh_id(), "at": f"{time.time():.0f}"}
        return Push({"User-Agent": "Kannel/1.4.5"}, method="GET", query=query)

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        return [self._report_of(one, word) for one in sent]

    def _report_of(self, sent: Sent, word: str) -> Push:
        """The address it was given for the message, its escapes filled in."""
        given = self._report_to.get(sent.id) or f"/?message={sent.id}&{REPORT}"
        answer = "" if word == "1" else "NACK/0x00000045/Submit failed"
        for escape, value in {"%d": word, "%F": fresh_id(), "%A": answer, "%T": f"{time.time():.0f}"}.items():
            given = given.replace(escape, quote(value, safe=""))
        return Push({"User-Agent": "Kannel/1.4.5"}, method="GET", query=dict(URL(given, encoded=True).query))


if __name__ == "__main__":
    from standins.process import main

    main(KannelStandin)
