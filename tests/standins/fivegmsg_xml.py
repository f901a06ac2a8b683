"""5G消息 of China Mobile, played after providers-rcs.md 1c: hashed passwords, XML messages, recall, files, receipts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web
from pydantic import ValidationError

from standins.base import WEBHOOK_SECRET, Push, Refusal, Sent, Standin, fresh_id
from standins.gsma_rules import RULES

BEIJING = timezone(timedelta(hours=8))
APP, PASSWORD = "demoApp", "demoPassword"
MESSAGING = "{urn:oma:xml:rest:netapi:messaging:1}"
FILES = "{urn:gsma:params:xml:ns:rcs:rcs:fthttp}"

REQUEST = {"address", "destinationAddress", "senderAddress", "clientCorrelator", "outboundIMMessage"}
IM = {
    *("messageId", "contentType", "contentEncoding", "conversationID", "contributionID", "serviceCapability"),
    *("bodyText", "reportRequest", "storeSupported", "shortMessageSupported", "smsBodyText", "trafficType"),
    *("senderName", "subject", "imFormat", "inReplyToContributionID", "multimediaMessageSupported"),
}
REPORTS = {"Sent", "Delivered", "Displayed", "Failed", "SMS", "Interworking"}
PART = re.compile(r"Content-Type: (.+)\nContent-Length: (\d+)\n\n(.*)", re.DOTALL)


class FivegmsgXmlStandin(Standin):
    """`key` is the password in its calls' Authorization.

    `revoking` are the messages a recall was asked for, `files` what was uploaded, by address, `asked` the fields of the
    messages that were in order, `ids` whether it takes our id as the message's own, `impossible` the numbers of whom
    its answer says at once that they cannot be reached.
    """

    carrier = "fivegmsg"
    name = "fivegmsg_xml"
    key_field = "callback_tokens"
    words: ClassVar = {"delivered": "DeliveredToTerminal", "failed": "DeliveryImpossible", "read": "MessageDisplayed"}
    signs_the_body = False
    also_posts_as = frozenset({"text/xml"})

    def __init__(
        self,
        *,
        key: str = "demo-callback-password",
        chatbot: str = "sip:106500@botplatform.rcs.chinamobile.com",
        ids: bool = True,
        **base: Any,
    ) -> None:
        super().__init__(key=key, **base)
        self.chatbot, self.ids = chatbot, ids
        self.asked: list[dict[str, str]] = []
        self.revoking: list[str] = []
        self.files: dict[str, bytes] = {}
        self.impossible: set[str] = set()
        self._taken: dict[str, str] = {}

    def table(self, **extra: Any) -> dict[str, Any]:
        return {
            "carrier": "fivegmsg",
            "dialect": "cm",
            "base_url": self.url,
            "chatbot": self.chatbot,
            "app_id": APP,
            "app_keys": [PASSWORD],
            "callback_tokens": [self.key],
            "webhook_secrets": [WEBHOOK_SECRET],
            "upload_media": False,  # the pictures of tests lie nowhere
            **extra,
        }

    def wrong_credentials(self) -> dict[str, Any]:
        return {"app_keys": ["nobody"]}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/messaging/group/v1/outbound/{chatbot}/requests", self._send),
            web.put("/messaging/v1/outbound/{chatbot}/requests/{id}/status", self._recall),
            web.post("/Content", self._upload),
        ]

    def acknowledged(self, status: int, body: bytes) -> bool:
        return status in (200, 204)

    # ------------------------------------------------------------ in

    async def _send(self, request: web.Request) -> web.StreamResponse:
        try:
            self._allowed(request)
            root = _root(await request.read(), f"{MESSAGING}outboundMessageRequest", REQUEST)
            message = _fields(root.find("outboundIMMessage"), IM)
            numbers = self._recipients(request, root)
            content = _contents(message["contentType"], message["bodyText"])
            if not set(_texts(root, "reportRequest")) <= REPORTS:
                raise Refusal(400, "SVC0002", "reportRequest")
            if not (message["conversationID"] and message["contributionID"]):
                raise Refusal(400, "SVC0002", "conversationID and contributionID")
            ours = str(uuid.UUID(root.findtext("clientCorrelator", "")))
            self.asked.append(message)
        except (Refusal, KeyError, ValueError) as no:
            return self._no(no if isinstance(no, Refusal) else Refusal(400, "SVC0002", f"{type(no).__name__} {no}"))
        return await self.sending(request, lambda: self._take(ours, numbers, content))

    def _recipients(self, request: web.Request, root: ET.Element) -> list[str]:
        to = _texts(root, "destinationAddress")
        if not 1 <= len(to) <= 100 or root.findtext("address") != to[0]:
            raise Refusal(400, "POL0003", "address is the first of at most 100 recipients")
        if root.findtext("senderAddress") != request.match_info["chatbot"]:
            raise Refusal(403, "SVC0002", "senderAddress is another bot")
        numbers = [one.removeprefix("tel:") for one in to]
        if request.headers.get("Address") != numbers[0]:
            raise Refusal(400, "SVC0002", "the header Address names the first recipient")
        if len(set(to)) != len(to) or not all(re.fullmatch(r"tel:\+[1-9]\d{6,14}", one) for one in to):
            raise Refusal(400, "SVC0002", "destinationAddress")
        return numbers

    def _take(self, ours: str, numbers: Sequence[str], content: Any) -> web.Response:
        if ours not in self._taken:  # the same correlator is the same request
            self._taken[ours] = ours if self.ids else fresh_id()
            for number in numbers:
                if number not in self.impossible:
                    self.take(Sent(ours, number, content, self._taken[ours]))
        body = f"<messageId>{self._taken[ours]}</messageId>"
        for number in numbers:
            no = number in self.impossible
            body += f"<deliveryInfo><address>tel:{number}</address>"
            body += f"<deliveryStatus>{'DeliveryImpossible' if no else 'MessageWaiting'}</deliveryStatus>"
            why = "<policyException><exceptionId>SVC0002</exceptionId><text>no</text></policyException>"
            body += f"{why if no else ''}</deliveryInfo>"
        return _xml(f'<msg:outboundMessageRequest xmlns:msg="{MESSAGING[1:-1]}">{body}</msg:outboundMessageRequest>')

    async def _recall(self, request: web.Request) -> web.Response:
        try:
            self._allowed(request)
            root = _root(await request.read(), f"{MESSAGING}messageStatusReport", {"status", "address"})
            if root.findtext("status") != "RevokeRequested":
                raise Refusal(400, "SVC0002", "status")
            if request.match_info["id"] not in {sent.provider_id for sent in self.sent}:
                return web.Response(status=404)
        except Refusal as no:
            return self._no(no)
        self.revoking.append(request.match_info["id"])
        return web.Response(status=204)

    async def _upload(self, request: web.Request) -> web.Response:
        try:
            self._allowed(request, content_type="multipart/form-data")
            wanted = {"Terminal-type": "Chatbot", "User-Agent": f"SP/{self.chatbot}"}
            wanted["X-3GPP-Intended-Identity"] = self.chatbot
            given = {name: request.headers.get(name) for name in wanted}
            if given != wanted or "tid" not in request.headers:
                raise Refusal(400, "SVC0002", "headers of a file")
            part = await (await request.multipart()).next()
            if part is None or part.name != "File":  # type: ignore[union-attr]
                raise Refusal(400, "SVC0002", "expected a part called File")
        except Refusal as no:
            return self._no(no)
        data = bytes(await part.read())  # type: ignore[union-attr]
        url = f"https://files.example/{fresh_id()}?a=1&b=2"
        self.files[url] = data
        info = f"<file-size>{len(data)}</file-size><content-type>{part.headers['Content-Type']}</content-type>"
        info += f'<data url="{escape(url)}" until="2030-01-01T00:00:00Z"/>'
        return _xml(f'<file xmlns="{FILES[1:-1]}"><file-info type="file">{info}</file-info></file>')

    def _allowed(self, request: web.Request, content_type: str = "application/xml") -> None:
        """Authorization over the Date that stands beside it (1c.1)."""
        date = request.headers.get("Date", "")
        if not date.endswith("GMT") or abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()) > 300:
            raise Refusal(401, "SVC0001", "no Date of now")
        hashed = hashlib.sha256(PASSWORD.encode()).hexdigest()
        proof = hashlib.sha256((hashed + date).encode()).hexdigest()
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"{APP}:{proof}".encode()).decode():
            raise Refusal(401, "SVC0001", "not authorised")
        if request.content_type != content_type:
            raise Refusal(415, "SVC0002", "content type")

    def _no(self, no: Refusal) -> web.Response:
        self.refused.append(f"{no.status} {no.code}")
        if no.status == 401:
            return web.Response(status=401)
        kind = "policyException" if str(no.code).startswith("POL") else "serviceException"
        return _xml(refused(str(no.code), no.why, kind), no.status)

    # ------------------------------------------------------------ out

    def reply_push(self, number: str, text: str, *, reply_id: str = "", signed: bool = True) -> Push:
        return self.said_push(number, "text/plain", text, reply_id=reply_id, signed=signed)

    def tap_push(self, number: str, postback: str, label: str) -> Push:
        """What is posted when a person taps a reply; the body in base64, as gateways were seen to."""
        tapped = {"response": {"reply": {"displayText": label, "postback": {"data": postback}}}}
        body = base64.b64encode(json.dumps(tapped, ensure_ascii=False).encode()).decode()
        kind = "application/vnd.gsma.botsuggestion.response.v1.0+json"
        return self.said_push(number, kind, body, encoding="base64")

    def said_push(
        self, number: str, kind: str, text: str, *, encoding: str = "utf8", reply_id: str = "", signed: bool = True
    ) -> Push:
        """What is posted when a phone sends this content."""
        fields = {
            "destinationAddress": self.chatbot,
            "senderAddress": f"tel:{number}",
            "dateTime": datetime.now(BEIJING).isoformat(timespec="milliseconds"),
            "messageId": reply_id or fresh_id(),
            "contentType": kind,
            "contentEncoding": encoding,
            "bodyText": text,
            "conversationID": fresh_id(),
            "contributionID": fresh_id(),
        }
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        return self._posted("InboundMessageNotification", f"<inboundMessage>{body}</inboundMessage>", signed=signed)

    def receipt_pushes(self, sent: Sequence[Sent], word: str) -> list[Push]:
        why = "<description>SVC1004</description>" if word == "DeliveryImpossible" else ""
        infos = [
            f"<deliveryInfo><address>tel:{one.to}</address><messageId>{one.provider_id}</messageId>"
            f"<deliveryStatus>{word}</deliveryStatus>{why}</deliveryInfo>"
            for one in sent
        ]
        if word.startswith("Revoke"):
            fields = [f"<address>tel:{one.to}</address><messageId>{one.provider_id}</messageId>" for one in sent]
            told = [f"{body}<status>{word}</status>" for body in fields]
            return [self._posted("MessageStatusNotification", body) for body in told]
        return [self._posted("DeliveryInfoNotification", "".join(infos))] if infos else []

    def _posted(self, name: str, inner: str, *, signed: bool = True) -> Push:
        root = name[0].lower() + name[1:]
        body = f'<?xml version="1.0" encoding="UTF-8"?><msg:{root} xmlns:msg="{MESSAGING[1:-1]}">{inner}</msg:{root}>'
        headers = {"Content-Type": "application/xml"}
        if signed:
            headers["Authorization"] = f'Username="{APP}",Password="{self.key}"'
        return Push(headers, body.encode(), path=f"/{name}/{quote(self.chatbot, safe='')}")


def refused(code: str, why: str, kind: str = "serviceException") -> str:
    """A refusal in OMA's shape (1c.3)."""
    name = "exceptionId" if kind == "policyException" else "messageId"
    inner = f"<{kind}><{name}>{code}</{name}><text>{escape(why)}</text></{kind}>"
    return f'<common:requestError xmlns:common="urn:oma:xml:rest:netapi:common:1">{inner}</common:requestError>'


def _root(body: bytes, name: str, children: set[str]) -> ET.Element:
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise Refusal(400, "SVC0002", f"not XML: {error}") from None
    if root.tag != name or not {child.tag for child in root} <= children:
        raise Refusal(400, "SVC0002", f"unknown elements in {root.tag}")
    return root


def _fields(parent: ET.Element | None, known: set[str]) -> dict[str, str]:
    if parent is None or not {child.tag for child in parent} <= known:
        raise Refusal(400, "SVC0002", "unknown elements in outboundIMMessage")
    capability = parent.find("serviceCapability")
    if capability is None or capability.findtext("version") != '+g.gsma.rcs.botversion="#=1"':
        raise Refusal(400, "SVC0002", "no service capability")
    return {child.tag: child.text or "" for child in parent}


def _texts(root: ET.Element, name: str) -> list[str]:
    return [found.text or "" for found in root.iter(name)]


def _contents(content_type: str, body: str) -> Any:
    """Words, or what was said in each part."""
    if not content_type.startswith("multipart/mixed"):
        return _content(content_type, body)
    boundary = content_type.partition('boundary="')[2].removesuffix('"')
    parts = body.replace("\r\n", "\n").split(f"--{boundary}")
    if parts[0] or parts[-1] != "--\n" or len(parts) < 4:
        raise Refusal(400, "SVC0002", "the parts are not delimited")
    said = []
    for part in parts[1:-1]:
        found = PART.fullmatch(part[1:-1])  # without the ends of line that belong to the delimiters
        if found is None or len(found[3].encode()) != int(found[2]):
            raise Refusal(400, "SVC0002", "a part's headers or length")
        said.append(_content(found[1], found[3]))
    return said


def _content(kind: str, body: str) -> Any:
    if kind == "application/vnd.gsma.rcs-ft-http+xml":
        infos = ET.fromstring(body).findall(f"{FILES}file-info")
        if not infos or any(info.find(f"{FILES}data") is None for info in infos):
            raise Refusal(400, "SVC0002", "no file")
        return [{"type": info.get("type"), **info.find(f"{FILES}data").attrib} for info in infos]  # type: ignore[union-attr]
    if kind not in RULES:
        raise Refusal(400, "SVC0002", "content type")
    said = body if kind == "text/plain" else json.loads(body)
    try:
        RULES[kind].validate_python(said)
    except ValidationError as flaws:
        raise Refusal(400, "SVC0002", str(flaws.errors()[0]["msg"])) from None
    return said


def _xml(body: str, status: int = 200) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{body}'
    return web.Response(status=status, text=text, content_type="application/xml")


if __name__ == "__main__":
    from standins.process import main

    main(FivegmsgXmlStandin)
