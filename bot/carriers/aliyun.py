"""Aliyun 阿里云短信: registered templates as text, digital and card SMS. Facts: providers-cn.md 1.

It sends nothing but an approved template with its variables filled, has no idempotency key (a send whose answer was
lost is looked up by our id, its OutId), and signs no push: those are believed behind the secret path.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from pydantic import Field, JsonValue, SecretStr

from bot.carriers.aliyun_api import Api
from bot.carriers.aliyun_reports import NEAR, looked_up, read
from bot.carriers.base import CarrierFactory, HttpUrl, RichTemplate, TemplateReview, TemplateState
from bot.carriers.calling import given, in_groups, json_text
from bot.carriers.http import Http
from bot.carriers.mainland import MainlandSettings
from bot.carriers.reading import digits, json_items
from bot.errors import SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Capability,
    Form,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    TemplateUse,
    WebhookRequest,
)

ACK: Final = Ack('{"code":0,"msg":"OK"}', "application/json")
"""Its code must be a number; anything else is pushed again after 1, 5 and 10 minutes (1.13)."""
REVIEW: Final[Mapping[str, TemplateState]] = {"0": "submitted", "1": "approved", "2": "rejected", "10": "draft"}
"""TemplateStatus and SignStatus; 10: the review was cancelled."""


class AliyunSettings(MainlandSettings):
    """An account at Aliyun."""

    base_url: HttpUrl = Field(
        "https://dysmsapi.aliyuncs.com", description="Abroad: https://dysmsapi.<region>.aliyuncs.com."
    )
    signature: str = Field(min_length=1, description="The approved 【签名】 (SignName), without brackets.")
    access_key_id: str = Field(min_length=1, description="Of a RAM user that may call Dysmsapi.")
    access_key_secret: SecretStr = Field(description="Its secret: signs every call.")
    extend_code: str = Field(
        "", pattern="^[0-9]{0,7}$", description="Digits put after the sender's number; come back in replies."
    )
    rich_templates: Mapping[str, str] = Field(
        {}, description="Text template → the CARD_SMS_… or DIGITAL_SMS_… shown in its place, with the same variables."
    )
    card_check: Literal["QueryMobilesCardSupport", "CheckMobilesCardSupport"] = Field(
        "QueryMobilesCardSupport", description="How it is asked what draws cards; Check… is the older call."
    )
    digital_signature: str = Field("", description="The signature of DIGITAL_SMS_… templates, if it is another one.")
    template_type: int = Field(
        1, ge=0, le=3, description="Of submitted templates: 0 code, 1 notice, 2 marketing, 3 abroad."
    )


class Aliyun:
    """One account at Aliyun. See `bot.carriers.base.Carrier`."""

    name = "aliyun"
    idempotent_send = False
    receipts = True
    templates_only: Literal[True] = True
    batch = 100

    def __init__(self, account: AccountName, settings: AliyunSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms: frozenset[Form] = frozenset({"text", "rbm"} if settings.rich_templates else {"text"})
        self._api = Api(settings, settings.access_key_id, settings.access_key_secret.get_secret_value())
        self._cards = [code for code in settings.rich_templates.values() if _is_card(code)]

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """Nothing is signed (1.13): the secret path has to do."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """Replies, receipts and drawn cards, in any number."""
        items = [read(self.account, self.settings, item) for item in json_items(request)]
        return Parsed(tuple(itertools.chain(*items)), ACK)

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """SendSms (1.4), or SendCardSms (1.7) where a card is registered for the template. OutId is our id."""
        template, rich = _template(message), self._rich(message)
        if _is_card(rich):
            return await self._send_card(http, message, template, rich)
        query = {
            "PhoneNumbers": _bare(message.to),
            "SignName": (rich and self.settings.digital_signature) or self.settings.signature,
            "TemplateCode": rich or template.code,
            "TemplateParam": _variables(template),
            "SmsUpExtendCode": self.settings.extend_code,
            "OutId": message.id,
        }
        return _accepted(await self._api.call(http, "SendSms", given(query), messages=[message]))

    async def _send_card(self, http: Http, message: Sendable, template: TemplateUse, card: str) -> Accepted:
        """A phone that cannot draw it gets the text template, sent by Aliyun in the same call."""
        mobile, variables = _bare(message.to), _variables(template)
        query = {
            "CardObjects.1.mobile": mobile,
            "CardObjects.1.dyncParams": variables,
            "CardTemplateCode": card,
            "SignName": self.settings.signature,
            "FallbackType": "SMS",
            "SmsTemplateCode": template.code,
            "SmsTemplateParam": variables,
            "SmsUpExtendCode": self.settings.extend_code,
            "OutId": message.id,
        }
        said = await self._api.call(http, "SendCardSms", given(query), messages=[message])
        data = said.get("Data")
        became = data if isinstance(data, dict) else {}
        drawn = mobile in str(became.get("MediaMobiles") or "")
        return _accepted({**said, "BizId": became.get("BizCardId" if drawn else "BizSmsId")})

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """SendBatchSms (1.5): one template, each with its own variables."""

        async def send(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            return [await self.send(http, group[0])] if len(group) == 1 else await self._send_batch(http, group)

        return await in_groups(messages, self._group, self.batch, send)

    def _group(self, message: Sendable) -> str:
        _bare(message.to)  # a number it would misread is nobody else's trouble
        abroad = "" if message.to.startswith("+86") else "+"
        return message.id if self._rich(message) else _template(message).code + abroad

    async def _send_batch(self, http: Http, group: Sequence[Sendable]) -> Sequence[Accepted]:
        """Without OutId, of which a batch has but one: its receipts are told apart by BizId and number."""
        count, template = len(group), _template(group[0])
        variables = [_template(message).params for message in group]
        form = {
            "PhoneNumberJson": json_text([_bare(message.to) for message in group]),
            "SignNameJson": json_text([self.settings.signature] * count),
            "TemplateParamJson": json_text(variables) if any(variables) else "",
            "SmsUpExtendCodeJson": json_text([self.settings.extend_code] * count) if self.settings.extend_code else "",
        }
        said = await self._api.call(http, "SendBatchSms", {"TemplateCode": template.code}, given(form), group)
        return [_accepted(said)] * count

    def _rich(self, message: Sendable) -> str:
        """The card or digital template shown in place of the message's own; "" for a text, and for phones abroad."""
        if message.form == "text" or not message.to.startswith("+86"):
            return ""
        return self.settings.rich_templates.get(_template(message).code, "")

    # ------------------------------------------------------------ asking

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """Whether the phone draws cards; digital SMS any phone shows."""
        if not self.settings.rich_templates:
            return None
        return (await self.capabilities(http, [number])).get(number)

    async def capabilities(self, http: Http, numbers: Sequence[PhoneNumber]) -> Mapping[PhoneNumber, Capability]:
        """Asked of the first card template, 100 at a time, for they go into the URL. Abroad no phone draws cards."""
        known = {number: Capability(rich=False) for number in numbers if not number.startswith("+86")}
        ours = [number for number in numbers if number not in known]
        if not self._cards:
            return known | {number: Capability(rich=True) for number in ours}
        for first in range(0, len(ours), self.batch):
            known |= await self._drawing(http, ours[first : first + self.batch])
        return known

    async def _drawing(self, http: Http, numbers: Sequence[PhoneNumber]) -> dict[PhoneNumber, Capability]:
        """QueryMobilesCardSupport, or CheckMobilesCardSupport before it, in words of its own (1.7)."""
        mobiles = [_bare(number) for number in numbers]
        asked = {"Mobiles": json_text(mobiles), "EncryptType": "NORMAL"}
        listed, mobile, support = "QueryResult", "Mobile", "Support"
        if self.settings.card_check == "CheckMobilesCardSupport":
            asked = {f"Mobiles.{n}.mobile": one for n, one in enumerate(mobiles, 1)}
            listed, mobile, support = "queryResult", "mobile", "support"
        query = {"TemplateCode": self._cards[0], **asked}
        data = (await self._api.call(http, self.settings.card_check, query)).get("Data")
        found = data.get(listed) if isinstance(data, dict) else None
        told = {
            digits(str(one.get(mobile))): one.get(support) is True
            for one in (found if isinstance(found, list) else [])
            if isinstance(one, dict)
        }
        return {number: Capability(rich=told[number]) for number in numbers if number in told}

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """QuerySendDetails (1.6), then GetCardSmsDetails where there are cards, by number and Beijing day."""
        days = {f"{moment.astimezone(self.settings.zone):%Y%m%d}" for moment in (at, at + NEAR)}
        for action in ("QuerySendDetails", "GetCardSmsDetails") if self._cards else ("QuerySendDetails",):
            for day in sorted(days):
                query = {"PhoneNumber": _bare(number), "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
                if provider_id:
                    query["BizId" if action == "QuerySendDetails" else "BizCardId"] = provider_id
                said = await self._api.call(http, action, query)
                if told := looked_up(self.account, self.settings, said, message, number, provider_id, at):
                    return told
        return None

    async def template(self, http: Http, code: str) -> TemplateReview:
        """QuerySmsTemplate."""
        said = await self._api.call(http, "QuerySmsTemplate", {"TemplateCode": code})
        return _review(said.get("TemplateStatus"), said.get("Reason"))

    async def signature(self, http: Http, code: str = "") -> TemplateReview:
        """QuerySmsSign, by its name."""
        said = await self._api.call(http, "QuerySmsSign", {"SignName": code or self.settings.signature})
        return _review(said.get("SignStatus"), said.get("Reason"))

    async def submit_template(self, http: Http, name: str, text: str, about: str) -> str:
        """AddSmsTemplate; variables are written ${name}."""
        query = {"TemplateName": name, "TemplateContent": text, "Remark": about}
        query["TemplateType"] = str(self.settings.template_type)
        return str((await self._api.call(http, "AddSmsTemplate", query)).get("TemplateCode") or "")

    async def submit_rich_template(self, http: Http, template: RichTemplate, about: str) -> str:
        """CreateDigitalSmsTemplate (1.8): the files as base64 in a form body, for no URL takes a picture."""
        signature = self.settings.digital_signature or self.settings.signature
        query = {"TemplateName": template.subject, "SignName": signature, "Remark": about}
        form: dict[str, str] = {}
        for n, file in enumerate(template.files, 1):
            name, _, suffix = file.file_name.rpartition(".")
            form |= {
                f"TemplateContents.{n}.FileName": name,
                f"TemplateContents.{n}.FileSuffix": suffix,
                f"TemplateContents.{n}.FileSize": str(len(file.data)),
                f"TemplateContents.{n}.FileContents": base64.b64encode(file.data).decode(),
            }
        said = await self._api.call(http, "CreateDigitalSmsTemplate", query, form)
        return str(said.get("TemplateCode") or "")

    async def submit_signature(self, http: Http, name: str, source: int, qualification: int, about: str) -> str:
        """CreateSmsSign: submit a 【签名】; the number of its order. Raise `SendError` on failure.

        source: 0 a company, 2 an app, 5 a trade mark. qualification: the id of the approved papers (资质).
        """
        query = {"SignName": name, "SignSource": str(source), "QualificationId": str(qualification), "Remark": about}
        return str((await self._api.call(http, "CreateSmsSign", query)).get("OrderId") or "")


def _template(message: Sendable) -> TemplateUse:
    if message.template is None:
        raise SendError("no_template", "Aliyun sends registered templates only: name one in the card", template=True)
    return message.template


def _bare(number: PhoneNumber) -> str:
    """11 digits for the mainland, else country code and number (1.4). Raises SendError where one reads as the other."""
    if mainland := re.fullmatch(r"\+86(1[3-9][0-9]{9})", number):
        return mainland[1]
    if digits(number[1:]) != number:
        raise SendError("ambiguous_number", "Aliyun would take it for a mainland number", bad_number=True)
    return number[1:]


def _accepted(said: Mapping[str, JsonValue]) -> Accepted:
    kept = {name: said[name] for name in ("BizId", "RequestId") if name in said}
    return Accepted(str(said.get("BizId") or ""), response=json_text(kept))


def _is_card(code: str) -> bool:
    return code.startswith("CARD_SMS_")


def _variables(template: TemplateUse) -> str:
    """JSON; "" for a template without any."""
    return json_text(template.params) if template.params else ""


def _review(state: JsonValue, why: JsonValue) -> TemplateReview:
    known = REVIEW.get(str(state), "unknown")
    return TemplateReview(known, str(why or "") if known == "rejected" else "")


CARRIER: Final = CarrierFactory(AliyunSettings, Aliyun)
