"""5G消息: China Telecom and China Unicom over HTTP JSON, China Mobile over XML, as the account's `dialect` says.

What is sent is the GSMA's JSON. Whether a phone can show it cannot be asked: it is presumed,
until a receipt says that it cannot. The platforms' own fallback to SMS is a setting, since what goes is decided here
and what a person answers to their SMS may go nowhere. Facts: providers-rcs.md 1, 1b, 1c.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from bot.carriers import calling, gsma
from bot.carriers.base import CarrierFactory, Media, RecallOutcome, Uploaded
from bot.carriers.fivegmsg_account import MEDIA_CODES, FivegmsgSettings
from bot.carriers.fivegmsg_json import JsonDialect
from bot.carriers.fivegmsg_xml import XmlDialect
from bot.carriers.http import Http
from bot.carriers.staging import Staging
from bot.carriers.tokens import Shelf
from bot.errors import SendError
from bot.messages import (
    Accepted,
    AccountName,
    Form,
    MessageId,
    Parsed,
    PhoneNumber,
    Sendable,
    WebhookRequest,
)
from flows.values import replace

MEDIA_MAX_BYTES: Final = 10_485_760
"""Of the largest file a platform takes, a video; it refuses other kinds earlier (1b.3)."""


class Dialect(Protocol):
    """An operator's interface, for one account. Its methods owe what those of `bot.carriers.base.Carrier` do."""

    def verify(self, request: WebhookRequest) -> None: ...

    def parse(self, request: WebhookRequest) -> Parsed: ...

    async def send(self, http: Http, message: Sendable, parts: Sequence[gsma.Part]) -> Accepted: ...

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId) -> RecallOutcome: ...

    async def upload(self, http: Http, media: Media) -> Uploaded: ...

    def share(self, shelf: Shelf) -> None: ...


class Fivegmsg:
    """One bot on a 5G消息 platform. See `bot.carriers.base.Carrier`."""

    name = "fivegmsg"
    forms: frozenset[Form] = frozenset({"rbm"})  # its plain text is 5G消息 too: another phone gets nothing
    receipts = True
    takes_gsma = True

    def __init__(self, account: AccountName, settings: FivegmsgSettings, dialect: Dialect) -> None:
        self.account = account
        self.settings = settings
        self.idempotent_send = settings.repeats_ignored
        self._dialect = dialect
        self._files = gsma.Files(settings.media_size, settings.thumbnail_size)
        self._staging = Staging(
            self._dialect.upload,
            timeouts=calling.timeouts(settings),
            limit_bytes=MEDIA_MAX_BYTES,
            wait_s=settings.media_wait_s,
            kept_s=settings.media_kept_s,
        )
        self._stages = settings.upload_media and settings.dialect == "ct_cu"  # Mobile audits a file first (1c.5)

    def verify(self, request: WebhookRequest) -> None:
        self._dialect.verify(request)

    def parse(self, request: WebhookRequest) -> Parsed:
        return self._dialect.parse(request)

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """A text, or a card; without its picture if the platform refuses that."""
        parts = gsma.parts(message)
        try:
            return await self._said(http, message, parts)
        except SendError as error:
            bare = gsma.without_media(parts, message.text)
            if error.code not in MEDIA_CODES or bare == parts:
                raise
            refused = error.code
        accepted = await self._said(http, message, bare)
        return replace(accepted, response=f'{{"without_media":"{refused}"}}')

    async def _said(self, http: Http, message: Sendable, parts: Sequence[gsma.Part]) -> Accepted:
        uploads = await self._staging.uploads(http, gsma.addresses(parts)) if self._stages else {}
        return await self._dialect.send(http, message, replace(self._files, uploads=uploads).told(parts))

    async def recall(self, http: Http, number: PhoneNumber, message: MessageId, provider_id: str = "") -> RecallOutcome:
        """Only asked for: "not_found" until a receipt says what became of it."""
        return await self._dialect.recall(http, number, message)

    def share(self, shelf: Shelf) -> None:
        self._dialect.share(shelf)

    async def upload(self, http: Http, media: Media) -> Uploaded:
        return await self._dialect.upload(http, media)


class MobileFivegmsg(Fivegmsg):
    """One bot on a platform of China Mobile, which takes one content for many people (1c.2)."""

    def __init__(self, account: AccountName, settings: FivegmsgSettings) -> None:
        self.batch = settings.cm_batch
        self._xml = XmlDialect(account, settings)
        super().__init__(account, settings, self._xml)

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """Those who are told the same go into one call; a receipt finds its message by the platform's id and number."""

        async def together(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            if len(group) == 1:
                return [await self.send(http, group[0])]
            try:
                return await self._xml.send_group(http, group, self._parts(group[0]))
            except SendError as error:
                if error.code not in MEDIA_CODES:
                    raise
            return await asyncio.gather(*[calling.outcome(self.send(http, message)) for message in group])

        def told(message: Sendable) -> str:
            said = [[part.content_type, part.content] for part in self._parts(message)]
            return calling.json_text([message.kind, message.text if self.settings.sms_fallback else "", said])

        return await calling.in_groups(messages, told, self.batch, together)

    def _parts(self, message: Sendable) -> Sequence[gsma.Part]:
        return self._files.told(gsma.parts(message))


def fivegmsg(account: AccountName, settings: FivegmsgSettings) -> Fivegmsg:
    """The carrier that speaks the account's dialect."""
    if settings.dialect == "cm":
        return MobileFivegmsg(account, settings)
    return Fivegmsg(account, settings, JsonDialect(account, settings))


CARRIER: Final = CarrierFactory(FivegmsgSettings, fivegmsg)
