"""5G消息 of China Mobile: XML in the style of OMA's NetAPI for messaging (providers-rcs.md 1c).

No official text was at hand: this is what several programs that talk to real gateways agree on, and what provinces
do differently is a setting. Elements are found by their local names, whatever their prefixes and nesting.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Sequence
from datetime import UTC
from email.utils import formatdate
from typing import Final
from urllib.parse import quote

from yarl import URL

from bot.carriers import calling, gsma, gsma_inbound, xml_tree
from bot.carriers.base import Media, RecallOutcome, Uploaded
from bot.carriers.fivegmsg_account import CODES, FivegmsgSettings, conversation
from bot.carriers.fivegmsg_xml_pushed import items
from bot.carriers.fivegmsg_xml_written import outbound, revocation
from bot.carriers.http import Answer, Http
from bot.carriers.reading import one_of, reveal, time_in, unsigned
from bot.carriers.tokens import Shelf
from bot.carriers.xml_tree import Element
from bot.errors import Refused, SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    MessageId,
    Parsed,
    PhoneNumber,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack(status=204)
TAKEN: Final = frozenset(("", "00000", "SVC1000"))
"""No code, or one that says so: some gateways answer a code in JSON (1c.3)."""

_CREDENTIALS = re.compile(r'\s*Username="([^"]*)"\s*,\s*Password="([^"]*)"\s*')


class XmlDialect:
    """One account's side of the interface. See `bot.carriers.fivegmsg.Dialect`."""

    def __init__(self, account: AccountName, settings: FivegmsgSettings) -> None:
        self._account, self._settings = account, settings
        self._keys, self._callback_tokens = reveal(settings.app_keys), reveal(settings.callback_tokens)
        self._timeout = calling.timeouts(settings)
        self._hashed = self._keys[0] if settings.cm_password_hashed else _sha256(self._keys[0])

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """`Authorization: Username="…",Password="…"`, where the platform sends one (1c.4)."""
        if not self._settings.callbacks_signed:
            return
        found = _CREDENTIALS.fullmatch(request.headers.get("authorization", ""))
        name, password = found.groups() if found else ("", "")
        if not (one_of(name, [self._settings.app_id]) & one_of(password, self._callback_tokens)):
            raise unsigned("Authorization")

    def parse(self, request: WebhookRequest) -> Parsed:
        """A message, receipts, what became of a recall, or a file's audit (1c.4, 1c.5)."""
        return Parsed(items(self._account, self._settings, request), ACK)

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable, parts: Sequence[gsma.Part]) -> Accepted:
        """A group of one (1c.2), under our id wherever it has a place: a tap names our contributionID."""
        return calling.alone(await self.send_group(http, [message], parts))

    async def send_group(
        self, http: Http, messages: Sequence[Sendable], parts: Sequence[gsma.Part]
    ) -> list[Accepted | SendError]:
        """One content for many. What they share cannot bear the id of one: receipts tell them apart by number."""
        first, alone = messages[0], len(messages) == 1
        shared = first.id if alone else str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(one.id for one in messages)))
        talk = conversation(self._settings.chatbot, first.to) if alone else shared
        data = outbound(self._settings, messages, parts, shared=shared, talk=talk)
        headers = {"Address": first.to, "Content-Type": "application/xml"}
        url = self._url(self._settings.base_url, self._settings.cm_send_path)
        code, said = await self._call(http, "POST", url, data, headers, private=first.text)
        taken = next((child.text for child in said.children if child.name == "messageId"), "")
        if not (code or taken or said.name.startswith("outboundMessage")):
            raise SendError("bad_answer", "the answer is not in the provider's shape", unknown=True)
        told = {gsma_inbound.person(info.first("address")): info for info in said.all("deliveryInfo")}
        accepted = Accepted(taken or shared, response=calling.json_text({"code": code}))
        return [self._refused(told.get(one.to), one.text) or accepted for one in messages]

    def _refused(self, told: Element | None, private: str) -> SendError | None:
        """What an answer says of one recipient, if it is a no (1c.3)."""
        if told is None or told.first("deliveryStatus") != "DeliveryImpossible":
            return None
        code = told.first("exceptionId", "messageId")
        detail = calling.words(told.first("text"), private, *self._keys, *self._callback_tokens)
        return SendError(calling.word(code) or "DeliveryImpossible", detail, **CODES.get(code, {}))

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome:
        """Asked for only: what became of it comes as a receipt, Revoked or RevokeFailed (1c.4)."""
        url = self._url(self._settings.base_url, self._settings.cm_recall_path, message)
        headers = {"Address": number, "Content-Type": "application/xml"}
        try:
            await self._call(http, "PUT", url, revocation(number), headers, answered=False)
        except SendError as error:
            if error.code != "http_404":
                raise
        return "not_found"

    async def upload(self, http: Http, media: Media) -> Uploaded:
        """Kept under an address of the platform's, once its audit has passed (1c.2, 1c.5)."""
        content_type, data = calling.multipart_body("File", media.file_name, media.content_type, media.data)
        bot = self._settings.chatbot
        headers = {
            **self._settings.cm_file_headers,
            "Content-Type": content_type,
            "User-Agent": f"SP/{bot}",
            "X-3GPP-Intended-Identity": bot,
            "tid": str(uuid.uuid4()),
        }
        url = self._url(self._settings.cm_file_url or self._settings.base_url, self._settings.cm_file_path)
        _, said = await self._call(http, "POST", url, data, headers)
        kept = [
            one for info in said.all("file-info") if info.attributes.get("type") == "file" for one in info.all("data")
        ]
        if not kept or not kept[0].attributes.get("url"):
            raise SendError("bad_answer", "the answer names no file", unknown=True)
        until = time_in(kept[0].attributes.get("until"), UTC)
        return Uploaded(kept[0].attributes["url"], media.content_type, len(media.data), until)

    def share(self, shelf: Shelf) -> None:
        """There is no token: every call carries the password's digest."""

    def _url(self, root: str, path: str, message: str = "") -> URL:
        bot = quote(self._settings.chatbot, safe="")
        filled = path.format(version=self._settings.api_version, chatbot=bot, message=message)
        return URL(f"{root}/{filled}", encoded=True)

    async def _call(
        self,
        http: Http,
        method: str,
        url: URL,
        data: bytes,
        headers: dict[str, str],
        *,
        private: str = "",
        answered: bool = True,
    ) -> tuple[str, Element]:
        """One call: its code and what it answered, if it was taken. answered: an empty answer says nothing."""
        date = formatdate(usegmt=True)
        given = {"Authorization": authorization(self._settings.app_id, self._hashed, date), "Date": date, **headers}
        answer = await calling.call(http, method, url, timeout=self._timeout, headers=given, data=data)
        said = _answered(answer)
        if said is None:
            if answer.status < 300 and not answered:
                return "", Element("", {})
            raise calling.unreadable(answer)
        code, why, root = said
        if code in TAKEN and answer.status < 300:
            return code, root
        detail = calling.words(why, private, *self._keys, *self._callback_tokens)
        if code in TAKEN:
            raise calling.by_status(answer, "", detail)
        raise SendError(calling.word(code) or "refused", detail, **CODES.get(code, {}))


def authorization(app_id: str, hashed: str, date: str) -> str:
    """The Authorization of a call made at that Date; hashed: hex SHA-256 of the password (1c.1)."""
    return "Basic " + base64.b64encode(f"{app_id}:{_sha256(hashed + date)}".encode()).decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _answered(answer: Answer) -> tuple[str, str, Element] | None:
    """Code, words and whole of an answer in XML or JSON (1c.3); None when it is neither."""
    if "code" in (said := answer.json()):
        return str(said["code"]), str(said.get("msg", "")), Element("", {})
    try:
        root = xml_tree.read(answer.body)
    except Refused:
        return None
    if root.name != "requestError" and any(root.all("deliveryInfo")):
        return "", "", root  # each recipient has an outcome of its own
    for name in ("policyException", "serviceException"):
        for exception in root.all(name):
            return exception.first("exceptionId", "messageId") or name, exception.first("text"), root
    return ("requestError" if root.name == "requestError" else ""), "", root
