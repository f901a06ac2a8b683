"""What RCS says, in the JSON of Vonage's Messages API (providers-rcs.md 4.3). Pure.

Its own words cover most; what they do not, such as a card without a picture, goes through it as RBM, as `custom`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from pydantic import JsonValue

from bot.carriers.rbm import Card, Carousel, File, Message, Panel, Suggestion, Unsayable, Words, read

Json: TypeAlias = dict[str, JsonValue]

FILES: Final = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif"), "image"),
    **dict.fromkeys(("mp4", "mpeg", "m4v", "webm", "3gp"), "video"),
}
"""The type of a file by the end of its URL; any other is a "file"."""


def content(rich: Mapping[str, JsonValue], category: str) -> Json:
    """`message_type`, what goes with it, and the `rcs` options."""
    try:
        return _said(read(rich), {"category": category})
    except Unsayable:
        return {"message_type": "custom", "custom": {"contentMessage": dict(rich)}, "rcs": {"category": category}}


def _said(message: Message, options: Json) -> Json:
    match message:
        case Words():
            text: Json = {"message_type": "text", "text": message.text}
            return text | _suggestions(message.suggestions) | {"rcs": options}
        case File(suggestions=()):
            kind = FILES.get(message.media.url.rpartition(".")[2].lower(), "file")
            return {"message_type": kind, kind: {"url": message.media.url}, "rcs": options}
        case Card(suggestions=()):
            options |= {"card_orientation": message.orientation}
            options |= {"image_alignment": message.alignment} if message.alignment else {}
            return {"message_type": "card", "card": _panel(message.panel), "rcs": options}
        case Carousel():
            cards: list[JsonValue] = [_panel(panel) for panel in message.panels]
            said: Json = {"message_type": "carousel", "carousel": {"cards": cards}}
            return said | _suggestions(message.suggestions) | {"rcs": options | {"card_width": message.width}}
        case _:
            raise Unsayable("chips under a file or a card")


def _panel(panel: Panel) -> Json:
    media = panel.media
    if not (panel.title and panel.description and media):
        raise Unsayable("a card without title, text or media")
    said: Json = {"title": panel.title, "text": panel.description}
    said |= {"media_url": media.url, "media_height": media.height}
    said |= {"thumbnail_url": media.thumbnail} if media.thumbnail else {}
    return said | _suggestions(panel.suggestions)


def _suggestions(suggestions: tuple[Suggestion, ...]) -> Json:
    return {"suggestions": [_suggestion(one) for one in suggestions]} if suggestions else {}


def _suggestion(one: Suggestion) -> Json:
    about = one.about
    match one.action:
        case "reply":
            said: Json = {"type": "reply"}
        case "openUrlAction":
            said = {"type": "open_url", "url": about["url"], "description": about.get("description") or one.label}
            if about.get("application") == "WEBVIEW":
                said["type"] = "open_url_in_webview"
                said |= {"view_mode": about["webviewViewMode"]} if "webviewViewMode" in about else {}
        case "dialAction":
            said = {"type": "dial", "phone_number": about["phoneNumber"].removeprefix("+")}
        case "viewLocationAction" if "latLong" in about:
            place = {name: str(about["latLong"][name]) for name in ("latitude", "longitude")}
            said = {"type": "view_location", **place, "pin_label": about.get("label") or one.label}
        case "shareLocationAction":
            said = {"type": "share_location"}
        case "createCalendarEventAction":
            said = {"type": "create_calendar_event", "start_time": about["startTime"], "end_time": about["endTime"]}
            said |= {"title": about["title"], "description": about.get("description") or about["title"]}
        case action:
            raise Unsayable(action)
    falls_back = one.fallback_url and one.action in ("dialAction", "viewLocationAction", "createCalendarEventAction")
    return {**said, "text": one.label, "postback_data": one.postback} | (
        {"fallback_url": one.fallback_url} if falls_back else {}
    )
