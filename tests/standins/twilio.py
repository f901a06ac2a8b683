"""Twilio, played after providers-rcs.md 3: messages, signed webhooks, status callbacks as each message names them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id

FIELDS = {
    *("To", "From", "MessagingServiceSid", "FallbackFrom", "Body", "MediaUrl", "ContentSid", "ContentVariables"),
    *("StatusCallback", "ValidityPeriod", "ScheduleType", "SendAt", "SmartEncoded", "ShortenUrls", "RiskCheck"),
    *("ProvideFeedback", "Attempt", "SendAsMms", "PersistentAction", "ContentRetention", "AddressRetention"),
    *("TrafficType", "MessageIntent", "ForceDelivery"),
}
ACCOUNT = "AC" + "0123456789abcdef" * 2
SENDER = "+15550001111"
AGENT = "demo_agent"
BODY_LIMIT = 1600
VALIDITY_MAX_S = 36_000
WEBHOOK = f"https://bot.example.com/webhooks/sms/{WEBHOOK_SECRET}"
FORM = "application/x-www-form-urlencoded"


class TwilioStandin(Standin):
    """`key` is the account's auth token.

    `opted_out` are the numbers that said STOP (21610), `templates` the content that is there.
    """

    carrier = "twilio"
    key_field = "auth_tokens"
    words: ClassVar = {"delivered": "delivered", "read": "read", "failed": "undelivered"}

    def __init__(self, *, key: str = "0123456789abcdef0123456789abcdef", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.opted_out: set[str] = set()
        self.templates: set[str] = set()
        self.became: dict[str, tuple[str, int | None]] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "twilio",
            "base_url": f"{self.url}/2010-04-01",
            "account_sid": ACCOUNT,
            "auth_tokens": [self.key],
            "sender": SENDER,
            "rcs_sender": AGENT,
            "webhook_urls": [WEBHOOK],
            "webhook_secrets": [WEBHOOK_SECRET],
            **extra,
        }

    def routes(self) -> list[web.RouteDef]:
        messages = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
        return [web.post(f"{messages}.json", self._send), web.get(messages + "/{sid}.json", self._read)]

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            self._known(request)
            fields = self._checked(request.content_type, await request.read())
        except Refusal as no:
            return self._no(no)
        return await self.sending(request, lambda: self._take(fields))

    def _take(self, fields: Mapping[str, str]) -> web.Response:
        sid = f"SM{fresh_id()}"
        ours = URL(fields.get("StatusCallback", "")).query.get("message", "")
        content = fields.get("Body") or {"content": fields["ContentSid"], "variables": fields.get("ContentVariables")}
        self.became[sid] = ("queued", None)
        self.take(Sent(ours, fields["To"].removeprefix("rcs:"), content, sid))
        said = {"sid": sid, "status": "queued", "error_code": None, "error_message": None, "num_segments": "1"}
        said |= {"to": fields["To"], "from": fields.get("From"), "body": fields.get("Body", "")}
        return web.json_response({**said, "account_sid": ACCOUNT, "direction": "outbound-api"}, status=201)

    async def _read(self, request: web.Request) -> web.Response:
        try:
            self._known(request)
            sid = request.match_info["sid"]
            if sid not in self.became:
                raise Refusal(404, 20404, f"The requested resource /Messages/{sid}.json was not found")
        except Refusal as no:
            return self._no(no)
        status, error = self.became[sid]
        return web.json_response({"sid": sid, "status": status, "error_code": error})

    def _known(self, request: web.Request) -> None:
        basic = base64.b64encode(f"{ACCOUNT}:{self.key}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            raise Refusal(401, 20003, "Authenticate")

    def _checked(self, content_type: str, body: bytes) -> Mapping[str, str]:
        """The fields of a send; Refusal with Twilio's code if anything is not as documented (3.1)."""
        if content_type != FORM:
            raise Refusal(400, 20001, "a form is expected")
        fields = URL.build(query_string=body.decode(), encoded=True).query
        if unknown := set(fields) - FIELDS:
            raise Refusal(400, 20001, f"unknown field {sorted(unknown)}")
        to, sender = fields.get("To", ""), fields.get("From", fields.get("MessagingServiceSid", ""))
        rcs = sender.startswith("rcs:")
        if not re.fullmatch(r"rcs:\+[1-9]\d{6,14}" if rcs else r"\+[1-9]\d{6,14}", to):
            raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if sender not in (SENDER, f"rcs:{AGENT}") and not re.fullmatch(r"MG[0-9a-f]{32}", sender):
            raise Refusal(400, 21606, f"The 'From' number {sender} is not yours")
        if to.removeprefix("rcs:") in self.opted_out:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        self._content(fields)
        if not 1 <= int(fields.get("ValidityPeriod", "1")) <= VALIDITY_MAX_S:
            raise Refusal(400, 21604, "ValidityPeriod is 1 to 36000")
        if not re.fullmatch(r"https?://[^/]+/.*", fields.get("StatusCallback", "http://x/")):
            raise Refusal(400, 21609, "The StatusCallback URL is not valid")
        return fields

    def _content(self, fields: Mapping[str, str]) -> None:
        if "ContentSid" in fields:
            variables = json.loads(fields.get("ContentVariables", "{}"))
            if fields["ContentSid"] not in self.templates:
                raise Refusal(400, 21655, "The ContentSid is invalid")
            if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
                raise Refusal(400, 21656, "The ContentVariables are invalid")
        elif not fields.get("Body"):
            raise Refusal(400, 21602, "Message body is required")
        elif len(fields["Body"]) > BODY_LIMIT:
            raise Refusal(400, 21617, "The message body exceeds the 1600 character limit")

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(str(no))
        more = f"https://www.twilio.com/docs/errors/{no.code}"
        said = {"code": no.code, "message": no.why, "more_info": more, "status": no.status}
        return web.json_response(said, status=no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self.form_push({**self._from(number, reply_id), "Body": text, "NumMedia": "0"}, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a reply button."""
        tapped = {"Body": label, "ButtonText": label, "ButtonPayload": postback}
        return self.form_push({**self._from(f"rcs:{number}"), **tapped, "NumMedia": "0"})

    def opt_out_push(self, number: str, word: str, kind: str) -> Push:
        """What is posted when Advanced Opt-Out took and answered that word itself."""
        return self.form_push({**self._from(number), "Body": word, "OptOutType": kind, "NumMedia": "0"})

    def receipt_pushes(self, sent: Sequence[Sent], word: str, code: str = "30003") -> list[Push]:
        pushes = []
        for one in sent:
            fields = {"MessageSid": one.provider_id, "MessageStatus": word, "SmsStatus": word, "To": one.to}
            fields |= {"From": SENDER, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
            fields |= {"ErrorCode": code} if word in ("undelivered", "failed") else {}
            pushes.append(self.form_push(fields, {"message": one.id} if one.id else {}))
        return pushes

    def form_push(
        self, fields: Mapping[str, str], query: Mapping[str, str] | None = None, *, signed: bool = True
    ) -> Push:
        """Fields as Twilio posts them."""
        query = query or {}
        headers = {"Content-Type": f"{FORM}; charset=UTF-8"}
        if signed:
            url = f"{WEBHOOK}?{urlencode(query)}" if query else WEBHOOK
            headers["X-Twilio-Signature"] = signature(self.key, url, fields.items())
        return Push(headers, urlencode(fields).encode(), query=query)

    def json_push(self, said: Mapping[str, str]) -> Push:
        """The same as JSON, with its digest in the URL (3.4)."""
        body = json.dumps(said, ensure_ascii=False).encode()
        query = {"bodySHA256": hashlib.sha256(body).hexdigest()}
        signed = signature(self.key, f"{WEBHOOK}?{urlencode(query)}", ())
        return Push({"Content-Type": "application/json", "X-Twilio-Signature": signed}, body, query=query)

    def _from(self, address: str, reply_id: str = "") -> dict[str, str]:
        to = f"rcs:{AGENT}" if address.startswith("rcs:") else SENDER
        said = {"MessageSid": reply_id or f"SM{fresh_id()}", "AccountSid": ACCOUNT, "From": address, "To": to}
        return {**said, "SmsStatus": "received", "NumSegments": "1", "ApiVersion": "2010-04-01"}


def signature(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """As the SDK has it (3.4): each name of the sorted ones with each of its sorted values."""
    values: dict[str, set[str]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    text = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


if __name__ == "__main__":
    from standins.process import main

    main(TwilioStandin)
