"""Infobip, played after providers-rcs.md 4.2: RCS and SMS, capability checks, logs, reports, signed webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from aiohttp import web
from pydantic import ValidationError

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id
from standins.infobip_rules import Query, RcsRequest, SmsRequest

API_KEY = "0123456789abcdef0123456789abcdef-01234567-89ab-cdef-0123-456789abcdef"
GROUPS = {"PENDING": 1, "UNDELIVERABLE": 2, "DELIVERED": 3, "EXPIRED": 4, "REJECTED": 5}
WHEN = "2026-03-03T14:22:30.000+0000"


class InfobipStandin(Standin):
    """`key` signs its webhooks.

    `no_rcs` are the phones without RCS, `untold` those it cannot tell of, `rejects` what it says of a number instead of
    taking a message to it, `no_inbox` that replies cannot be fetched, `calls` how often messages were posted.
    """

    carrier = "infobip"
    key_field = "webhook_keys"
    words: ClassVar = {"delivered": "DELIVERED_TO_HANDSET", "read": "SEEN", "failed": "UNDELIVERABLE_NOT_DELIVERED"}

    def __init__(self, *, key: str = "demo-webhook-key", **base: Any) -> None:
        super().__init__(key=key, **base)
        self.no_rcs: set[str] = set()
        self.untold: set[str] = set()
        self.rejects: dict[str, str] = {}
        self.reports: dict[str, list[dict[str, Any]]] = {"rcs": [], "sms": [], "inbox": []}
        self.no_inbox = False
        self.calls = 0
        self._taken: dict[str, Sent] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        mine = {"carrier": "infobip", "base_url": self.url, "api_key": API_KEY, "webhook_keys": [self.key]}
        senders = {"sender": "InfoSMS", "rcs_sender": "DemoSender", "webhook_secrets": [WEBHOOK_SECRET]}
        return {**mine, **senders, **extra}

    def wrong_credentials(self) -> dict[str, Any]:
        return {"api_key": "nobody"}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/rcs/2/messages", self._rcs),
            web.post("/sms/3/messages", self._sms),
            web.post("/rcs/2/capability-check/query", self._capabilities),
            web.get("/rcs/2/logs", self._logs),
            web.get("/sms/3/logs", self._logs),
            web.get("/rcs/2/reports", self._reports),
            web.get("/sms/3/reports", self._reports),
            web.get("/sms/1/inbox/reports", self._reports),
        ]

    # ------------------------------------------------------------ in

    async def _rcs(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, RcsRequest)

    async def _sms(self, request: web.Request) -> web.StreamResponse:
        return await self._send(request, SmsRequest)

    async def _send(self, request: web.Request, rules: type[RcsRequest | SmsRequest]) -> web.StreamResponse:
        try:
            said = self._checked(request, await request.read(), rules)
        except Refusal as no:
            return self._no(no)
        self.calls += 1
        return await self.sending(request, lambda: self._take(said))

    def _take(self, said: dict[str, Any]) -> web.Response:
        answers = []
        for message in said["messages"]:
            for destination in message["destinations"]:
                ours, to = destination.get("messageId") or fresh_id(), destination["to"]
                word = self.rejects.get(to, "PENDING_ACCEPTED")
                if ours in self._taken:
                    word = "REJECTED_DUPLICATE_MESSAGE_ID"
                elif to not in self.rejects:
                    content = message["content"]
                    plain = content["text"] if content.keys() <= {"text", "type"} else content
                    self._taken[ours] = Sent(ours, f"+{to}", plain, ours)
                    self.take(self._taken[ours])
                counted = {"details": {"messageCount": 1}} if "type" not in message["content"] else {}
                answers.append({"messageId": ours, "status": status(word), "destination": to, **counted})
        return web.json_response({"bulkId": fresh_id(), "messages": answers})

    async def _capabilities(self, request: web.Request) -> web.Response:
        try:
            said = self._checked(request, await request.read(), Query)
        except Refusal as no:
            return self._no(no)
        results = []
        for number in said["phoneNumbers"]:
            code = (
                "UNREACHABLE" if number in self.no_rcs else "PROCESSING_ERROR" if number in self.untold else "ENABLED"
            )
            results.append({"messageId": fresh_id(), "phoneNumber": number, "code": code})
        return web.json_response({"capabilityCheckResults": results})

    async def _logs(self, request: web.Request) -> web.Response:
        try:
            self._known(request)
        except Refusal as no:
            return self._no(no)
        asked = request.query.get("messageId", "").split(",")
        found = [self._taken[one] for one in asked if one in self._taken]
        logs = [
            {**self.report_of(one, "DELIVERED_TO_HANDSET"), "destination": one.to.removeprefix("+")} for one in found
        ]
        for log in logs:
            del log["to"]
        return web.json_response({"results": logs})

    async def _reports(self, request: web.Request) -> web.Response:
        """What is handed out is forgotten."""
        try:
            self._known(request)
        except Refusal as no:
            return self._no(no)
        if self.no_inbox and "inbox" in request.path:
            return web.Response(status=503)
        kind = "inbox" if "inbox" in request.path else request.path.split("/")[1]
        told, self.reports[kind] = self.reports[kind], []
        return web.json_response({"results": told})

    def _known(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"App {API_KEY}":
            raise Refusal(401, "E401", "Request cannot be authenticated.")

    def _checked(
        self, request: web.Request, body: bytes, rules: type[RcsRequest | SmsRequest | Query]
    ) -> dict[str, Any]:
        self._known(request)
        if request.content_type != "application/json":
            raise Refusal(415, "E415", "Unsupported media type.")
        try:
            rules.model_validate_json(body)
        except ValidationError as flaws:
            why = "; ".join(f"{'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in flaws.errors())
            raise Refusal(400, "E400", f"Request cannot be processed. {why}") from None
        said: dict[str, Any] = json.loads(body)
        return said

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(str(no))
        told: dict[str, Any] = {"errorCode": no.code, "description": no.why, "action": "", "violations": []}
        return web.json_response(told, status=no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self.results(self.said(number, {"text": text, "type": "TEXT"}, reply_id), signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a suggestion."""
        return self.results(self.said(number, {"text": label, "postbackData": postback, "type": "SUGGESTION"}))

    def said(self, number: str, content: Mapping[str, Any], reply_id: str = "") -> dict[str, Any]:
        """A person's message over RCS."""
        about = {"sender": number.removeprefix("+"), "to": "DemoSender", "integrationType": "RCS", "receivedAt": WHEN}
        return {**about, "messageId": reply_id or fresh_id(), "pairedMessageId": None, "message": content}

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        if word == "SEEN":
            seen = [{"messageId": one.id, "from": "DemoSender", "to": one.to, "seenAt": WHEN} for one in sent]
            return [self.results(*seen)]
        return [self.results(*(self.report_of(one, word) for one in sent))] if sent else []

    def report_of(self, one: Sent, word: str) -> dict[str, Any]:
        error = {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": False}
        about = {"bulkId": "b", "messageId": one.id, "to": one.to.removeprefix("+"), "doneAt": WHEN}
        return {**about, "status": status(word), "error": error}

    def results(self, *results: Mapping[str, Any], signed: bool = True) -> Push:
        """Results as they are posted, signed by HMAC-SHA256 over the body."""
        body = json.dumps({"results": results}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if signed:
            headers["X-Infobip-Signature"] = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Push(headers, body)


def status(word: str) -> dict[str, Any]:
    """A status object, its group from its name."""
    group = word.partition("_")[0]
    return {"groupId": GROUPS.get(group, 9), "groupName": group, "id": 7, "name": word, "description": "because"}


if __name__ == "__main__":
    from standins.process import main

    main(InfobipStandin)
