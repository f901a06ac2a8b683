"""Card → the parts of a GSMA chatbot message (chatbot_message_schema.json; 5G消息 of Telecom, Unicom and Mobile)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

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
"""As the Telecom-Unicom interface has it, in JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of `messageList`, or one part of a multipart/mixed body. content: words, or JSON."""

    type: str
    content: JsonValue


def to_gsma(card: Card) -> tuple[Part, ...]:
    """The content, then the chips under it. Raises CardError when it is more than the schema takes."""
    form = arranged(card, GSMA)
    if form.file:
        part = Part(FILE, _file(form.file))
    elif len(form.panels) > 1:
        contents: list[JsonValue] = [content(panel, _media, _suggestion) for panel in form.panels]
        layout: GsmaJson = {"cardWidth": f"{card.layout.width.upper()}_WIDTH"}
        part = Part(MESSAGE, {"message": {"generalPurposeCardCarousel": {"layout": layout, "content": contents}}})
    elif form.panels:
        one: GsmaJson = {"layout": _layout(card.layout), "content": content(form.panels[0], _media, _suggestion)}
        part = Part(MESSAGE, {"message": {"generalPurposeCard": one}})
    else:
        part = Part(TEXT, form.words)
    if not form.chips:
        return (part,)
    return (part, Part(SUGGESTIONS, {"suggestions": [_suggestion(button) for button in form.chips]}))


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
