"""Yunpian 云片: SMS and super SMS over its API v2. Facts: providers-cn.md 3.

It has no idempotency key (a timed-out send is looked up by our id, its uid), signs replies with MD5 over their values
and the API key, and does not sign receipts: those are believed behind the secret path.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus

from pydantic import Field, JsonValue

from bot.carriers.base import CarrierFactory, HttpUrl, RichTemplate, Secrets, TemplateReview, TemplateState
from bot.carriers.calling import alone, given, in_groups, json_text
from bot.carriers.http import Http
from bot.carriers.mainland import MainlandSettings
from bot.carriers.reading import national, one_of, reveal, unsigned
from bot.carriers.yunpian_api import Api
from bot.carriers.yunpian_reports import payload, read_receipt, read_reply, recorded, sign
from bot.errors import SendError
from bot.messages import (
    Accepted,
    AccountName,
    Ack,
    Capability,
    Form,
    Item,
    MessageId,
    Parsed,
    PhoneNumber,
    Receipt,
    Sendable,
    WebhookRequest,
)

ACK: Final = Ack("SUCCESS")
"""Anything else is repeated: receipts 3 times 5 minutes apart, replies 5 times 1 minute apart (3.4, 3.5)."""
REVIEW: Final[Mapping[str, TemplateState]] = {
    "CHECKING": "submitted",
    "SUCCESS": "approved",
    "FAIL": "rejected",
    "0": "draft",  # from here on those of a super SMS
    "1": "submitted",
    "2": "approved",
    "3": "rejected",
    "4": "rejected",  # its 30 days are over
}
KEPT = ("code", "msg", "count", "fee", "unit", "sid")
"""What of an answer is worth keeping; the rest is the number."""
MATERIAL_BYTES: Final = 1_800_000
MATERIAL_FILES: Final = 10
"""What the zip of a super SMS may hold (3.6)."""
PULL_LIMIT: Final = "100"
NEAR: Final = timedelta(minutes=5)
"""How far a record's time is from its attempt, at most."""


class YunpianSettings(MainlandSettings):
    """An account at Yunpian."""

    base_url: HttpUrl = Field("https://sms.yunpian.com/v2", description="Overseas mirror: https://us.yunpian.com/v2.")
    apikeys: Secrets = Field(description="API keys; the first sends, all verify replies.")
    extend: str = Field("", pattern="^[0-9]*$", description="Extension digits, once Yunpian enabled them.")
    callback_url: str = Field("", description="Where receipts go, instead of the console's URL.")
    replies_signed: bool = Field(True, description="False believes replies without _sign, behind the secret path.")
    sign_skips_empty: bool = Field(False, description="True if _sign leaves out empty fields with their comma (3.5).")
    video_status_field: str = Field("sms_status", description="The field that receipts of super SMS are posted in.")
    video_url: HttpUrl = Field("https://vsms.yunpian.com/v2", description="Where super SMS are sent.")
    rich_templates: Mapping[str, str] = Field(
        {}, description="Text template → the super SMS template shown in its place, with the same variables."
    )


class Yunpian:
    """One account at Yunpian. See `bot.carriers.base.Carrier`."""

    name = "yunpian"
    idempotent_send = False
    receipts = True
    batch = 200
    """As recommended; 1000 at most (3.2)."""

    def __init__(self, account: AccountName, settings: YunpianSettings) -> None:
        self.account = account
        self.settings = settings
        self.forms: frozenset[Form] = frozenset({"text", "rbm"} if settings.rich_templates else {"text"})
        self._keys = reveal(settings.apikeys)
        self._api = Api(settings, settings.base_url, self._keys)
        self._video = Api(settings, settings.video_url, self._keys)

    # ------------------------------------------------------------ in

    def verify(self, request: WebhookRequest) -> None:
        """A reply carries `_sign` (3.5); a receipt nothing (3.4)."""
        told = payload(request, self.settings.video_status_field)
        if isinstance(told, list) or not self.settings.replies_signed:
            return
        wanted = [sign(told, key, skip_empty=self.settings.sign_skips_empty) for key in self._keys]
        if not one_of(_text(told.get("_sign")), wanted):
            raise unsigned("_sign")

    def parse(self, request: WebhookRequest) -> Parsed:
        """One reply, or up to 100 receipts."""
        told = payload(request, self.settings.video_status_field)
        if isinstance(told, list):
            return Parsed(self._receipts(told), ACK)
        return Parsed(read_reply(self.account, self.settings, told), ACK)

    def _receipts(self, told: Sequence[JsonValue]) -> tuple[Item, ...]:
        read = [read_receipt(self.account, self.settings, one) for one in told]
        return tuple(itertools.chain(*read))

    async def pull(self, http: Http) -> AsyncIterator[Sequence[Item]]:
        """Replies, then receipts (3.3); each is handed out once."""
        query = {"page_size": PULL_LIMIT}
        replies = await self._api.listed(http, "sms/pull_reply", query)
        yield [item for reply in replies for item in read_reply(self.account, self.settings, reply)]
        yield self._receipts(await self._api.listed(http, "sms/pull_status", query))

    # ------------------------------------------------------------ out

    async def send(self, http: Http, message: Sendable) -> Accepted:
        """To one number (3.2). `uid` is our id, echoed in the receipt; a text brings its own 【签名】."""
        if video := self._rich(message):
            return alone(await self._send_video(http, video, [message]))
        fields = {"mobile": national(message.to), **self._fields(message), "uid": message.id}
        path = "sms/tpl_single_send" if message.template else "sms/single_send"
        said = await self._api.call(http, path, fields, messages=[message])
        return alone([self._outcome(said if isinstance(said, dict) else None, message)])

    async def send_many(self, http: Http, messages: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """One call for those with the same words, else for up to 200 texts; abroad one by one (3.2)."""

        async def send(group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
            if len(group) == 1:
                return [await self.send(http, group[0])]
            if video := self._rich(group[0]):
                return await self._send_video(http, video, group)
            return await self._send_batch(http, group)

        return await in_groups(messages, self._group, self.batch, send)

    def _group(self, message: Sendable) -> tuple[str, ...]:
        if not message.to.startswith("+86"):
            return ("alone", message.id)
        if video := self._rich(message):
            return ("video", video)
        if message.template:
            return ("template", *self._fields(message).values())
        return ("text",)

    async def _send_batch(self, http: Http, group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """Without uid, of which a batch has but one: its receipts go by sid."""
        fields, texts = self._fields(group[0]), [message.text for message in group]
        if group[0].template:
            path = "sms/tpl_batch_send"
        elif len(set(texts)) == 1:
            path = "sms/batch_send"
        else:
            path, fields = "sms/multi_send", {**fields, "text": ",".join(map(quote_plus, texts))}
        fields = {"mobile": ",".join([national(message.to) for message in group]), **fields}
        return self._outcomes(await self._api.call(http, path, fields, messages=group), group)

    async def _send_video(self, http: Http, template: str, group: Sequence[Sendable]) -> Sequence[Accepted | SendError]:
        """A super SMS (3.6)."""
        params = [message.template.params if message.template else {} for message in group]
        fields = {
            "tpl_id": template,
            "mobile": ",".join([national(message.to) for message in group]),
            "uid": group[0].id if len(group) == 1 else "",
            "tpl_param_json": json_text(params) if any(params) else "",
            "callback_url": self.settings.callback_url,
        }
        return self._outcomes(await self._video.call(http, "vsms/tpl_batch_send", given(fields), messages=group), group)

    def _fields(self, message: Sendable) -> dict[str, str]:
        """What is said, and what the account adds to every SMS."""
        own = given({"extend": self.settings.extend, "callback_url": self.settings.callback_url})
        if message.template is None:
            return {"text": message.text, **own}
        params = message.template.params.items()
        value = "&".join([f"{quote_plus(f'#{name}#')}={quote_plus(value)}" for name, value in params])
        return {"tpl_id": message.template.code, "tpl_value": value, **own}

    def _rich(self, message: Sendable) -> str:
        """The super SMS shown in place of the message's own template; "" for a text, and for phones abroad."""
        if message.form == "text" or message.template is None or not message.to.startswith("+86"):
            return ""
        return self.settings.rich_templates.get(message.template.code, "")

    def _outcomes(
        self, said: Mapping[str, JsonValue] | list[JsonValue], group: Sequence[Sendable]
    ) -> list[Accepted | SendError]:
        """Of each message, by its number; of a single one whatever is said."""
        data = said.get("data") if isinstance(said, dict) else None
        items = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
        if len(group) == len(items) == 1:
            return [self._outcome(items[0], group[0])]
        told = {_text(one.get("mobile")): one for one in items}
        return [self._outcome(told.get(national(message.to)), message) for message in group]

    def _outcome(self, said: Mapping[str, JsonValue] | None, message: Sendable) -> Accepted | SendError:
        """What an answer says of one message."""
        if said is None or "code" not in said:
            return SendError("bad_answer", "the answer says nothing of the message", unknown=True)
        if error := self._api.refused(said, [message]):
            return error
        count = said.get("count")
        kept = json_text({name: said[name] for name in KEPT if name in said})
        return Accepted(_text(said.get("sid")), count if isinstance(count, int) else 1, kept)

    # ------------------------------------------------------------ asking

    async def capability(self, http: Http, number: PhoneNumber) -> Capability | None:
        """Nothing to ask: every phone of the mainland shows a super SMS."""
        return Capability(rich=number.startswith("+86")) if self.settings.rich_templates else None

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        """get_record (3.3): by our id, by Yunpian's or, sent in a batch, which has no uid, by its time."""
        begin, end = (moment.astimezone(self.settings.zone) for moment in (at - NEAR, at + NEAR))
        window = {"start_time": f"{begin:%Y-%m-%d %H:%M:%S}", "end_time": f"{end:%Y-%m-%d %H:%M:%S}"}
        query = {**window, "mobile": national(number), "page_num": "1", "page_size": PULL_LIMIT, "type": "all"}
        records = await self._api.listed(http, "sms/get_record", query)
        return recorded(self.account, self.settings, records, message, provider_id)

    async def template(self, http: Http, code: str) -> TemplateReview:
        """tpl/get, or vsms/get_tpl for a super SMS of `rich_templates`."""
        if code in self.settings.rich_templates.values():
            said = await self._video.call(http, "vsms/get_tpl", {"tpl_id": code})
            found = said.get("data") if isinstance(said, dict) else None
        else:
            found = await self._api.call(http, "tpl/get", {"tpl_id": code})
        if not isinstance(found, dict):
            return TemplateReview("unknown")
        state = REVIEW.get(_text(found.get("check_status")), "unknown")
        return TemplateReview(state, _text(found.get("reason")) if state == "rejected" else "")

    async def submit_template(self, http: Http, name: str, text: str, about: str) -> str:
        """tpl/add; variables are written #name#, the 【签名】 stands in front. Yunpian takes no name and no reason."""
        said = await self._api.call(http, "tpl/add", {"tpl_content": text, "notify_type": "3"})
        return _text(said.get("tpl_id")) if isinstance(said, dict) else ""

    async def submit_rich_template(self, http: Http, template: RichTemplate, about: str) -> str:
        """vsms/add_tpl (3.6): a layout of one frame, and the files in a flat zip. Yunpian takes no reason."""
        total = sum(len(file.data) for file in template.files)
        if total > MATERIAL_BYTES or len(template.files) > MATERIAL_FILES:
            limits = f"{MATERIAL_FILES} files of {MATERIAL_BYTES:,} bytes together"
            raise SendError("too_large", f"Yunpian takes {limits}; these have {total:,}", content=True)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as material:
            for file in template.files:
                material.writestr(file.file_name, file.data)
        attachments = [{"index": n, "fileName": file.file_name} for n, file in enumerate(template.files, 1)]
        frame = {"index": 1, "playTimes": "1", "attachments": attachments}
        layout = json_text({"vlVersion": "0.0.1", "subject": template.subject, "frames": [frame]})
        fields = {"sign": f"【{self.settings.signature}】", "layout": layout}
        said = await self._video.upload(http, "vsms/add_tpl", fields, "material", packed.getvalue())
        data = said.get("data")
        found = data if isinstance(data, dict) else said
        return _text(found.get("tpl_id"))


def _text(value: JsonValue) -> str:
    return "" if value is None else str(value)


CARRIER: Final = CarrierFactory(YunpianSettings, Yunpian)
