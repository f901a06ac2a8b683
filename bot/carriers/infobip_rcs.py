"""What RCS says, in Infobip's JSON (providers-rcs.md 4.2). Pure."""

from __future__ import annotations

from datetime import UTC
from typing import TypeAlias

from pydantic import JsonValue

from bot.carriers.rbm import Card, Carousel, File, Media, Message, Panel, Suggestion, Unsayable, Words
from bot.carriers.reading import time_in

Json: TypeAlias = dict[str, JsonValue]


def content(message: Message) -> Json:
    """The `content` of a message. Raises Unsayable: it shows places by their coordinates alone."""
    match message:
        case Words():
            said: Json = {"type": "TEXT", "text": message.text}
        case File():
            said = {"type": "FILE", **_file(message.media)}
        case Card():
            said = {
                "type": "CARD",
                "orientation": message.orientation,
                "alignment": message.alignment or "LEFT",  # required, also where nothing is aligned
                "content": _panel(message.panel),
            }
        case Carousel():
            said = {"type": "CAROUSEL", "cardWidth": message.width, "contents": [_panel(one) for one in message.panels]}
    return said | _suggestions(message.suggestions)


def _panel(panel: Panel) -> Json:
    said: Json = {}
    if panel.title:
        said["title"] = panel.title
    if panel.description:
        said["description"] = panel.description
    if panel.media:
        said["media"] = {**_file(panel.media), "height": panel.media.height}
    return said | _suggestions(panel.suggestions)


def _file(media: Media) -> Json:
    return {"file": {"url": media.url}, **({"thumbnail": {"url": media.thumbnail}} if media.thumbnail else {})}


def _suggestions(suggestions: tuple[Suggestion, ...]) -> Json:
    return {"suggestions": [_suggestion(one) for one in suggestions]} if suggestions else {}


def _suggestion(one: Suggestion) -> Json:
    about = one.about
    match one.action:
        case "reply":
            said: Json = {"type": "REPLY"}
        case "openUrlAction":
            said = {"type": "OPEN_URL", "url": about["url"]}
            said |= {name: about[name] for name in ("application", "webviewViewMode") if name in about}
        case "dialAction":
            said = {"type": "DIAL_PHONE", "phoneNumber": about["phoneNumber"]}
        case "viewLocationAction" if "latLong" in about:
            place = about["latLong"]
            said = {"type": "SHOW_LOCATION", "latitude": place["latitude"], "longitude": place["longitude"]}
            said |= {"label": about["label"]} if "label" in about else {}
        case "shareLocationAction":
            said = {"type": "REQUEST_LOCATION"}
        case "createCalendarEventAction":
            said = {"type": "CREATE_CALENDAR_EVENT", "title": about["title"]}
            said |= {name: _time(about[name]) for name in ("startTime", "endTime")}
            said |= {"description": about["description"]} if "description" in about else {}
        case action:
            raise Unsayable(action)
    return {**said, "text": one.label, "postbackData": one.postback}


def _time(rfc3339: str) -> str:
    """As `yyyy-MM-dd'T'HH:mm:ss.SSSZ`."""
    at = time_in(rfc3339, UTC)
    if at is None:
        raise Unsayable("a calendar event without a time")
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"
