"""Card → the parts of a GSMA chatbot message (chatbot_message_schema.json; 5G消息 of Telecom, Unicom and Mobile)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from pydantic import JsonValue

from cards.actions import (
    Action,
    AddEvent,
    AskDevice,
    AskPlace,
    ChangeSetting,
    Compose,
    Dial,
    OpenUrl,
    Record,
    ShowPlace,
)
from cards.form import arranged, content
from cards.limits import GSMA
from cards.model import Button, Card, Layout, Media

GsmaJson = dict[str, JsonValue]

TEXT: Final = "text/plain"
MESSAGE: Final = "application/vnd.gsma.botmessage.v1.0+json"
SUGGESTIONS: Final = "application/vnd.gsma.botsuggestion.v1.0+json"
FILE: Final = "application/vnd.gsma.rcs-ft-http"
"""As the Telecom-Unicom interface has it, in JSON; `file_xml` is what China Mobile and other MaaP take."""
FILE_XML: Final = "application/vnd.gsma.rcs-ft-http+xml"


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of `messageList`, or one part of a multipart/mixed body. content: words, or JSON."""

    type: str
    content: JsonValue


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a carrier made of a file that was uploaded to it. size: bytes."""

    url: str
    type: str
    size: int


def to_gsma(card: Card, uploads: Mapping[str, Uploaded] | None = None) -> tuple[Part, ...]:
    """The content, then the chips under it.

    uploads: address in the card -> what the carrier made of it: these carriers fetch nothing from elsewhere, and want
    sizes. What is not there goes out as the card says it. Raises CardError when it is more than the schema takes.
    """
    form = arranged(card, GSMA)
    known = uploads or {}

    def media(shown: Media) -> JsonValue:
        return _media(_uploaded(shown, known))

    if form.file:
        part = Part(FILE, _file(_uploaded(form.file, known)))
    elif len(form.panels) > 1:
        contents: list[JsonValue] = [content(panel, media, _suggestion) for panel in form.panels]
        layout: GsmaJson = {"cardWidth": f"{card.layout.width.upper()}_WIDTH"}
        part = Part(MESSAGE, {"message": {"generalPurposeCardCarousel": {"layout": layout, "content": contents}}})
    elif form.panels:
        one: GsmaJson = {"layout": _layout(card.layout), "content": content(form.panels[0], media, _suggestion)}
        part = Part(MESSAGE, {"message": {"generalPurposeCard": one}})
    else:
        part = Part(TEXT, form.words)
    if not form.chips:
        return (part,)
    return (part, Part(SUGGESTIONS, {"suggestions": [_suggestion(button) for button in form.chips]}))


def file_xml(part: Part) -> str:
    """The XML of a FILE part (urn:gsma:params:xml:ns:rcs:rcs:fthttp). Raises TypeError for another part."""
    if not isinstance(part.content, list):
        raise TypeError(f"{part.type} is no file")
    infos = []
    for info in part.content:
        assert isinstance(info, dict)
        infos.append(
            f"<file-info type={quoteattr(str(info['type']))}><file-size>{info['fileSize']}</file-size>"
            f"<content-type>{escape(str(info['contentType']))}</content-type>"
            f"<data url={quoteattr(str(info['url']))}/></file-info>"
        )
    return f'<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp">{"".join(infos)}</file>'


def _uploaded(media: Media, uploads: Mapping[str, Uploaded]) -> Media:
    if file := uploads.get(media.url):
        media = replace(media, url=file.url, type=file.type, size=file.size)
    if small := uploads.get(media.thumbnail):
        media = replace(media, thumbnail=small.url, thumbnail_size=small.size)
    return media


def _file(media: Media) -> list[JsonValue]:
    file: GsmaJson = {"type": "file", "fileSize": media.size, "contentType": media.type, "url": media.url}
    if not media.thumbnail:
        return [file]
    small: GsmaJson = {"type": "thumbnail", "fileSize": media.thumbnail_size, "contentType": "image/jpeg"}
    return [{**small, "url": media.thumbnail}, file]


def _layout(layout: Layout) -> GsmaJson:
    if layout.orientation == "vertical":
        return {"cardOrientation": "VERTICAL"}
    return {"cardOrientation": "HORIZONTAL", "imageAlignment": layout.image.upper()}


def _media(media: Media) -> GsmaJson:
    shown: GsmaJson = {"mediaUrl": media.url, "mediaContentType": media.type, "mediaFileSize": media.size}
    if media.thumbnail:
        shown["thumbnailUrl"] = media.thumbnail
        shown["thumbnailContentType"] = "image/jpeg"
        shown["thumbnailFileSize"] = media.thumbnail_size
    shown["height"] = f"{media.height.upper()}_HEIGHT"
    if media.alt:
        shown["contentDescription"] = media.alt
    return shown


def _suggestion(button: Button) -> GsmaJson:
    told: GsmaJson = {"displayText": button.label, "postback": {"data": button.postback}}
    if button.action is None:
        return {"reply": told}
    family, member, fields, falls_back = _ACTIONS[type(button.action)](button.action)
    if falls_back and button.fallback:
        fields["fallbackUrl"] = button.fallback
    told[family] = {member: fields}
    return {"action": told}


_Made = tuple[str, str, GsmaJson, bool]
"""The action's family, its member, its fields, and whether these may name a page to fall back on."""


def _open(action: OpenUrl) -> _Made:
    fields: GsmaJson = {"url": action.url, "application": "webview" if action.view else "browser"}
    return "urlAction", "openUrl", {**fields, "viewMode": action.view} if action.view else fields, False


def _dial(action: Dial) -> _Made:
    member = {"voice": "dialPhoneNumber", "video": "dialVideoCall", "enriched": "dialEnrichedCall"}[action.call]
    fields: GsmaJson = {"phoneNumber": action.number}
    if action.call == "enriched" and action.subject:
        fields["subject"] = action.subject
    return "dialerAction", member, fields, True


def _show(action: ShowPlace) -> _Made:
    if action.query:
        return "mapAction", "showLocation", {"location": {"query": action.query}}, True
    place: GsmaJson = {"latitude": action.latitude, "longitude": action.longitude}
    return "mapAction", "showLocation", {"location": {**place, "label": action.label} if action.label else place}, True


def _event(action: AddEvent) -> _Made:
    event: GsmaJson = {"startTime": action.starts, "endTime": action.ends, "title": action.title}
    if action.details:
        event["description"] = action.details
    return "calendarAction", "createCalendarEvent", event, True


def _setting(action: ChangeSetting) -> _Made:
    first, *rest = action.setting.split("_")
    return "settingsAction", first + "".join(word.capitalize() for word in rest), {}, False


_ACTIONS: Final[dict[type[Action], Callable[[Any], _Made]]] = {
    OpenUrl: _open,
    Dial: _dial,
    ShowPlace: _show,
    AskPlace: lambda _: ("mapAction", "requestLocationPush", {}, False),
    AddEvent: _event,
    Compose: lambda action: (
        "composeAction",
        "composeTextMessage",
        {"phoneNumber": action.number, "text": action.words},
        False,
    ),
    Record: lambda action: (
        "composeAction",
        "composeRecordingMessage",
        {"phoneNumber": action.number, "type": action.media.upper()},
        False,
    ),
    AskDevice: lambda _: ("deviceAction", "requestDeviceSpecifics", {}, False),
    ChangeSetting: _setting,
}
