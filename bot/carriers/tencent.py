"""Tencent 腾讯云短信: registered templates over its SMS API 2021-01-11. Facts: providers-cn.md 2.

It sends nothing but an approved template with its variables in order, has no idempotency key, and signs no push: those
are believed behind the secret path. A reply has no id and says not what it answers.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import Field, JsonValue, SecretStr

from bot.carriers.base import CarrierFactory, HttpUrl, TemplateReview, TemplateState
from bot.carriers.calling import alone, given, in_groups, json_text
from bot.carriers.http import Http
from bot.carriers.mainland import MainlandSettings
from bot.carriers.reading import json_items
from bot.carriers.tencent_api import Api
from bot.carriers.tencent_reports import read, read_pulled
from bot.errors import SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Form,
    Item,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack('{"result":0,"errmsg":"OK"}', "application/json")
"""Anything else is pushed twice more (2.5)."""
REVIEW: Final[Mapping[str, TemplateState]] = {"0": "approved", "1": "submitted", "2": "submitted", "-1": "rejected"}
"""StatusCode of a template or signature; 2: approved, and not in force yet."""
PULL_LIMIT: Final = 100
NEAR, KEPT = timedelta(minutes=5), timedelta(days=7)
"""How far before an attempt its report can be, and how long reports are kept."""


class TencentSettings(MainlandSettings):
    """An application at Tencent Cloud SMS."""

    base_url: HttpUrl = Field("https://sms.tencentcloudapi.com", description="The same for the international site.")
    signature: str = Field(min_length=1, description="The approved 【签名】 (SignName), without brackets.")
    sign_id: str = Field("", pattern="^[0-9]*$", description="Its SignId, for `bot templates status` to ask about it.")
    secret_id: str = Field(min_length=1, description="SecretId of an access key that may use SMS.")
    secret_key: SecretStr = Field(description="Its SecretKey: signs every call.")
    app_id: str = Field(pattern="^[0-9]+$", description="SmsSdkAppId of the application, 1400….")
    region: str = Field("ap-guangzhou", description="ap-guangzhou, ap-beijing or ap-nanjing.")
    extend_code: str = Field("", pattern="^[0-9]*$", description="Digits after the sender's number, once enabled.")
    sender_id: str = Field("", description="Sender for numbers abroad, where their country wants one.")
    opt_out_words: tuple[str, ...] = Field(
        ("QX", "0000"),
        description="Replies that Tencent takes as an opt-out, besides TD and its like; it may take N too, a no to us.",
    )
    template_type: int = Field(2, ge=1, le=3, description="Of submitted templates: 1 marketing, 2 notice, 3 code.")


class Tencent:
    """One application at Tencent. See `bot.carriers.base.Carrier`."""

    name = "tencent"
    forms: frozenset[Form] = frozenset({"text"})
    idempotent_send = False
    receipts = True
    templates_only: Literal[True] = True
    batch = 200

    def __init__(self, account: AccountName, settings: TencentSettings) -> None:
        self.account = account
        self.settings = settings
        self._api = Api(settings, settings.secret_id, settings.secret_key.get_secret_value(), settings.region)
        self._app = {"SmsSdkAppId": settings.app_id}

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """Nothing is signed (2.5): the secret path has to do."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply, or up to 100 receipts; either may come as an array or alone."""
        items = [read(self.account, self.settings, item) for item in json_items(request)]
        return Parsed(tuple(itertools.chain(*items)), ACK)

    async def pull(self, http: Http) -> AsyncIterator[Sequence[Item]]:
        """Replies, then receipts (2.4); each is handed out once."""
        for action in ("PullSmsReplyStatus", "PullSmsSendStatus"):
            said = await self._api.call(http, action, {"Limit": PULL_LIMIT, **self._app})
            yield self._pulled(said, f"{action}Set")

    def _pulled(self, said: Mapping[str, JsonValue], name: str) -> list[Item]:
        items = [read_pulled(self.account, self.settings, item) for item in _listed(said, name)]
        return list(itertools.chain(*items))

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """SendSms to one number (2.3); SessionContext is our id."""
        return alone(await self._send(http, [message]))

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """SendSms to many: one template with the same variables, all of the mainland or none."""

        async def send(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            return await self._send(http, group)

        return await in_groups(messages, _group, self.batch, send)

    async def _send(self, http: Http, group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """A call has one SessionContext: the id of its message if there is but one, else receipts go by SerialNo."""
        code, variables, mainland = _group(group[0])
        settings = self.settings
        optional = {
            "SignName": settings.signature,
            "ExtendCode": settings.extend_code,
            "SenderId": "" if mainland else settings.sender_id,
            "SessionContext": group[0].id if len(group) == 1 else "",
        }
        fields = {
            "PhoneNumberSet": [message.to for message in group],
            **self._app,
            "TemplateId": code,
            **({"TemplateParamSet": variables} if variables else {}),
            **given(optional),
        }
        said = await self._api.call(http, "SendSms", fields, messages=group)
        told = {one.get("PhoneNumber"): one for one in _listed(said, "SendStatusSet")}
        return [self._outcome(message, told.get(message.to)) for message in group]

    def _outcome(self, message: Sendable, status: Mapping[str, JsonValue] | None) -> Accepted | SendError:
        if status is None:
            return SendError("bad_answer", "SendStatusSet says nothing of the number", unknown=True)
        if status.get("Code") != "Ok":
            return self._api.refused(status.get("Code"), status.get("Message"), [message])
        fee = status.get("Fee")
        kept = {name: status[name] for name in ("SerialNo", "Fee", "IsoCode") if name in status}
        return Accepted(str(status.get("SerialNo") or ""), fee if isinstance(fee, int) else 1, json_text(kept))

    # ------------------------------------------------------------ asking

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """PullSmsSendStatusByPhoneNumber (2.4); our id is in it where Tencent enabled SessionContext for reports."""
        window = {"BeginTime": int((at - NEAR).timestamp()), "EndTime": int((at + KEPT).timestamp())}
        query = {**window, "Offset": 0, "Limit": PULL_LIMIT, "PhoneNumber": number, **self._app}
        said = await self._api.call(http, "PullSmsSendStatusByPhoneNumber", query)
        for item in self._pulled(said, "PullSmsSendStatusSet"):
            if isinstance(item, Receipt) and (
                item.message == message or (provider_id and item.provider_id == provider_id)
            ):
                return item
        return None

    async def template(self, http: Http, code: str) -> TemplateReview:
        """DescribeSmsTemplateList."""
        query = {"International": 0, "TemplateIdSet": [_id(code)]}
        return _review(await self._api.call(http, "DescribeSmsTemplateList", query), "DescribeTemplateStatusSet")

    async def signature(self, http: Http, code: str = "") -> TemplateReview:
        """DescribeSmsSignList, by its SignId."""
        code = code or self.settings.sign_id
        if not code:
            return TemplateReview("unknown", "set sign_id, by which Tencent knows it")
        query = {"International": 0, "SignIdSet": [_id(code)]}
        return _review(await self._api.call(http, "DescribeSmsSignList", query), "DescribeSignListStatusSet")

    async def submit_template(self, http: Http, name: str, text: str, about: str) -> str:
        """AddSmsTemplate; variables are written {1}, {2}."""
        fields = {"TemplateName": name, "TemplateContent": text, "Remark": about, "International": 0}
        said = await self._api.call(http, "AddSmsTemplate", {**fields, "SmsType": self.settings.template_type})
        added = said.get("AddTemplateStatus")
        return str(added.get("TemplateId") or "") if isinstance(added, dict) else ""


def _group(message: Sendable) -> tuple[str, tuple[str, ...], bool]:
    """Template, variables in order, and whether it stays in the mainland."""
    if message.template is None:
        raise SendError("no_template", "Tencent sends registered templates only: name one in the card", template=True)
    params = message.template.params
    if params.keys() != {str(n + 1) for n in range(len(params))}:
        raise SendError("bad_params", "variables of a Tencent template are named 1, 2, … without a gap", template=True)
    variables = tuple(params[str(n + 1)] for n in range(len(params)))
    return message.template.code, variables, message.to.startswith("+86")


def _listed(said: Mapping[str, JsonValue], name: str) -> list[dict[str, JsonValue]]:
    found = said.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _id(code: str) -> int:
    if not (code.isascii() and code.isdigit()):
        raise SendError("bad_id", "ids of templates and signatures are numbers at Tencent", template=True)
    return int(code)


def _review(said: Mapping[str, JsonValue], name: str) -> TemplateReview:
    found = _listed(said, name)
    if not found:
        return TemplateReview("unknown")
    state = REVIEW.get(str(found[0].get("StatusCode")), "unknown")
    return TemplateReview(state, str(found[0].get("ReviewReply") or "") if state == "rejected" else "")


CARRIER: Final = CarrierFactory(TencentSettings, Tencent)
