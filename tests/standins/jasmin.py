"""Jasmin's HTTP API, played after providers-rcs.md 5.2: send, replies and reports with their exact acknowledgement."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

FIELDS = frozenset(
    (
        *("username", "password", "to", "from", "content", "hex-content", "coding", "priority", "validity-period"),
        *("sdt", "tags", "dlr", "dlr-url", "dlr-level", "dlr-method"),
    )
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class JasminStandin(Standin):
    """`key` is the password of its user."""

    carrier = "jasmin"
    key_field = "passwords"
    words: ClassVar = {"delivered": "DELIVRD", "failed": "UNDELIV"}
    signs = False

    def __init__(self, *, key: str = "jasmin-password", **base: Any) -> None:
        super().__init__(key=key, **base)
        self._report_to: dict[str, str] = {}
        self.validities: list[str] = []

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "jasmin", "base_url": self.url, "username": "dingdong", "passwords": [self.key]}
        here = {"sender": "1069", "public_url": "http://127.0.0.1:8080", "webhook_secrets": [WEBHOOK_SECRET]}
        return {**mine, **here, **extra}

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/send", self._send)]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status == 200 and body == b"ACK/Jasmin"

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        fields = dict(URL.build(query_string=(await request.read()).decode(), encoded=True).query)
        try:
            text = self._checked(fields)
        except Refusal as no:
            self.refused.append(str(no))
            return web.Response(status=no.status, text=f'Error "{no.why}"')
        return await self.sending(request, lambda: self._take(fields, text))

    def _take(self, fields: Mapping[str, str], text: str) -> web.Response:
        ours = URL(fields["dlr-url"], encoded=True).query.get("message", "")
        self._report_to[ours] = fields["dlr-url"]
        sent = Sent(ours, fields["to"], text, str(uuid.uuid4()))
        self.validities.append(fields.get("validity-period", ""))
        self.take(sent)
        return web.Response(text=f'Success "{sent.provider_id}"')

    def _checked(self, fields: Mapping[str, str]) -> str:
        """The text of a send; Refusal if anything is not as documented."""
        if unknown := fields.keys() - FIELDS:
            raise Refusal(400, "", f"Argument {sorted(unknown)} is unknown.")
        if (fields.get("username"), fields.get("password")) != ("dingdong", self.key):
            raise Refusal(403, "", "Authentication failure for username:dingdong")
        if not re.fullmatch(r"\+?[0-9]{5,15}", fields.get("to", "")):
            raise Refusal(400, "", "Argument [to] has an invalid value.")
        if fields.get("dlr") == "yes" and not re.match(r"https?://", fields.get("dlr-url", "")):
            raise Refusal(400, "", "Mandatory argument [dlr-url] is not found.")
        if fields.get("dlr-level") not in ("1", "2", "3") or fields.get("dlr-method") not in ("GET", "POST"):
            raise Refusal(400, "", "Argument [dlr-level] has an invalid value.")
        if ("content" in fields) == ("hex-content" in fields):
            raise Refusal(400, "", "content and hex-content cannot be used both in same request.")
        if fields.get("coding") == "8":
            return bytes.fromhex(fields.get("hex-content", "")).decode("utf-16-be")
        if not fields.get("content", "").isascii():
            raise Refusal(400, "", "what is not in the GSM alphabet needs coding 8")
        return fields.get("content", "")

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        words = {"content": text} if text.isascii() else {"content": "", "binary": text.encode("utf-16-be").hex()}
        fields = {
            "id": reply_id or fresh_id(),
            "from": number.removeprefix("+"),
            "to": "1069",
            "origin-connector": "smsc-1",
            "coding": "0" if text.isascii() else "8",
            **words,
        }
        return Push(FORM, urlencode(fields).encode())

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        return [self._report_of(one, word) for one in sent]

    def _report_of(self, sent: Sent, word: str) -> Push:
        done = datetime.now(UTC).strftime("%y%m%d%H%M")
        states = {
            "id_smsc": "7",
            "subdate": done,
            "donedate": done,
            "sub": "001",
            "dlvrd": "001",
            "err": "000",
            "text": "",
        }
        fields = {"id": sent.provider_id, "message_status": word, "level": "2", "connector": "smsc-1", **states}
        given = URL(self._report_to.get(sent.id) or f"/?message={sent.id}", encoded=True)
        return Push(FORM, urlencode(fields).encode(), query=dict(given.query))


if __name__ == "__main__":
    from standins.process import main

    main(JasminStandin)
