"""Card → rich SMS of a provider: Aliyun card SMS (卡片短信) and digital SMS (数字短信), Yunpian super SMS (超级短信).

All three send a template that was reviewed with its pictures in it; a message brings values only. So a card gives two
things: the parts to submit once, made of its sample, and the fields of each send. Pure; fetching and uploading files
is the carrier's. Limits: Aliyun CreateDigitalSmsTemplate and SendCardSms, Yunpian vsms add_tpl.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue

from cards.buttons import address
from cards.compiled import RichSmsTemplate
from cards.filters import ZONE
from cards.model import Card, Place
from cards.registered import Registered, registered

SUFFIXES: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
}
"""What they take besides text (Aliyun's list; Yunpian gives none)."""
YUNPIAN_BYTES: Final = 1_800_000
CARD_OBJECTS: Final = 1000
"""People one SendCardSms reaches."""


@dataclass(frozen=True, slots=True)
class RichPart:
    """One file of a template. text: what is in it; else `url` is where its bytes are."""

    name: str
    suffix: str
    text: str = ""
    url: str = ""

    @property
    def file(self) -> str:
        return f"{self.name}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class RichSms:
    """kind, code, subject: as the card's file says. message: its values, and the text they make.

    parts: of the template, media first. link: opened where a card cannot be shown, "" = none.
    place: where the card's file says so, for errors.
    """

    kind: Literal["card", "digital", "video"]
    code: str
    subject: str
    message: Registered
    parts: tuple[RichPart, ...]
    link: str = ""
    place: Place = field(default=Place("", {(): 0}), compare=False)


def rich_sms(card: Card, account: str, template: RichSmsTemplate, *, marketing: bool = False) -> RichSms:
    """The card as rich SMS. Raises CardError: its text or a value is not as registered, or its media has no form."""
    source = template.source
    media = [media for media in (card.panel.media, card.file) if media and not media.rcs_only]
    parts = []
    for n, one in enumerate(media, 1):
        if one.type not in SUFFIXES:
            raise template.registered.place.at("kind").error(f"shows {one.type}; it takes {', '.join(SUFFIXES)}")
        parts.append(RichPart(str(n), SUFFIXES[one.type], url=one.url))
    parts.append(RichPart(str(len(media) + 1), "txt", text=source.text))
    if source.kind != "card" and not media:
        problem = "has no picture or film to show (`media`, and not `only: rcs`): send it as text"
        raise template.registered.place.at("kind").error(problem)
    link = address(template.link, {**card.data, ZONE: card.zone}) if template.link else ""
    message = registered(card, account, template.registered, marketing=marketing)
    return RichSms(source.kind, source.code, source.subject, message, tuple(parts), link, template.registered.place)


def send_card_sms(
    people: Mapping[str, RichSms], signature: str, fallback: Registered | None, out_id: str
) -> dict[str, str]:
    """The query of Aliyun's SendCardSms. people: mobile -> its message, all of one template.

    fallback: what numbers without card support get as text; None = nothing. Raises ValueError for too many people.
    """
    if not 0 < len(people) <= CARD_OBJECTS:
        raise ValueError(f"{len(people)} people; one call reaches 1 to {CARD_OBJECTS}")
    query: dict[str, str] = {}
    for n, (mobile, sms) in enumerate(people.items(), 1):
        query[f"CardObjects.{n}.mobile"] = mobile
        query[f"CardObjects.{n}.dyncParams"] = _json(dict(sms.message.params))  # so spelled
        if sms.link:
            query[f"CardObjects.{n}.customUrl"] = sms.link
    query |= {"CardTemplateCode": next(iter(people.values())).code, "SignName": signature, "OutId": out_id}
    if fallback is None:
        return {**query, "FallbackType": "NONE"}
    text = {"SmsTemplateCode": fallback.code, "SmsTemplateParam": _json(dict(fallback.params))}
    return {**query, "FallbackType": "SMS", **text}


def digital_template(sms: RichSms, signature: str, files: Mapping[str, bytes], remark: str) -> dict[str, str]:
    """The query of Aliyun's CreateDigitalSmsTemplate. files: address of a part -> its bytes.

    Raises KeyError for a file that is missing.
    """
    query = {"TemplateName": sms.subject, "SignName": signature, "Remark": remark}
    for n, part in enumerate(sms.parts, 1):
        content = part.text.encode() if part.text else files[part.url]
        query |= {
            f"TemplateContents.{n}.FileName": part.name,
            f"TemplateContents.{n}.FileSuffix": part.suffix,
            f"TemplateContents.{n}.FileSize": str(len(content)),
            f"TemplateContents.{n}.FileContents": base64.b64encode(content).decode(),
        }
    return query


def yunpian_layout(sms: RichSms) -> dict[str, JsonValue]:
    """The `layout` of Yunpian's add_tpl: one frame that shows the parts in order."""
    attachments: list[JsonValue] = [{"index": n, "fileName": part.file} for n, part in enumerate(sms.parts, 1)]
    frame: JsonValue = {"index": 1, "playTimes": "1", "attachments": attachments}
    return {"vlVersion": "0.0.1", "subject": sms.subject, "frames": [frame]}


def yunpian_material(sms: RichSms, files: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The flat content of its `material` zip. files: address of a part -> its bytes.

    Raises CardError when it is more than Yunpian takes, KeyError for a file that is missing.
    """
    material = [(part.file, part.text.encode() if part.text else files[part.url]) for part in sms.parts]
    total = sum(len(content) for _, content in material)
    if total > YUNPIAN_BYTES:
        raise sms.place.error(f"has files of {total:,} bytes, Yunpian takes {YUNPIAN_BYTES:,} together")
    return material


def yunpian_params(messages: Sequence[RichSms]) -> str:
    """`tpl_param_json` of Yunpian's tpl_batch_send: one object for each number, in their order."""
    return _json([dict(sms.message.params) for sms in messages])


def _json(value: JsonValue | list[dict[str, str]] | dict[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
