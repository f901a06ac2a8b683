"""A button of a file and data → what it does on the phone, or nothing when the data lacks what it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

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
from cards.compiled import ButtonTemplate, MediaTemplate
from cards.filters import ZONE
from cards.limits import EVENT_DETAILS_MAX, EVENT_TITLE_MAX, URL_MAX
from cards.model import Media
from cards.templates import Scope, Value

_WEB: Final = re.compile(r"https?://[^\s<>\"]+")
_NUMBER: Final = re.compile(r"\+[0-9]{3,15}")
_SIZE: Final = re.compile(r"[0-9]{1,12}")

_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mpeg": "video/mpeg",
    "webm": "video/webm",
    "3gp": "video/3gpp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "amr": "audio/amr",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
}
_ENDING: Final = re.compile(r"\.([A-Za-z0-9]{2,4})(?:[?#]|$)")

Fit = Callable[[Value, Scope, int], str]
"""(value, data, limit) -> the words, cut to the limit where that is safe."""


def action(button: ButtonTemplate, scope: Scope, fit: Fit) -> Action | None:
    """What the button does; None when an address, number, time or place it needs is missing or is none."""
    if button.kind == "open":  # the one that nearly every card has, without a detour
        url = address(button.values["url"], scope)
        return OpenUrl(url, button.fixed.get("view", "")) if url else None  # type: ignore[arg-type] # the file's model
    made: Action | None = _MAKERS[button.kind](_Filled(button, scope, fit))
    return made


def address(value: Value | None, scope: Scope) -> str:
    """A URL a phone can open; "" when it is missing or no such thing."""
    words = value.render(scope) if value else ""
    return words if len(words) <= URL_MAX and _WEB.fullmatch(words) else ""


def media(template: MediaTemplate, scope: Scope) -> Media | None:
    """None when there is no address to fetch it from."""
    url = address(template.url, scope)
    if not url:
        return None
    return Media(
        url=url,
        height=template.source.height,
        type=template.source.type or type_of(url),
        size=_size(template.size, scope),
        thumbnail=address(template.thumbnail, scope) if template.thumbnail else "",
        thumbnail_size=_size(template.thumbnail_size, scope),
        alt=template.alt.render(scope) if template.alt else "",
        rcs_only=template.source.only == "rcs",
    )


def type_of(url: str) -> str:
    """The MIME type its ending says; a card's media is a picture otherwise."""
    ending = _ENDING.search(url)
    return _TYPES.get(ending[1].lower(), "image/jpeg") if ending else "image/jpeg"


def _size(value: Value | None, scope: Scope) -> int:
    words = value.render(scope) if value else ""
    return int(words) if _SIZE.fullmatch(words) else 0


class _Filled:
    """The fields of one button with the data in them."""

    def __init__(self, button: ButtonTemplate, scope: Scope, fit: Fit) -> None:
        self._button = button
        self._scope = scope
        self._fit = fit
        self.fixed: Mapping[str, Any] = button.fixed

    def words(self, name: str) -> str:
        value = self._button.values.get(name)
        return value.render(self._scope) if value else ""

    def fitted(self, name: str, limit: int) -> str:
        value = self._button.values.get(name)
        return self._fit(value, self._scope, limit) if value else ""

    def number(self) -> str:
        words = self.words("number")
        return words if _NUMBER.fullmatch(words) else ""

    def degrees(self, name: str, most: int) -> float | None:
        try:
            found = float(self.words(name))
        except ValueError:
            return None
        return found if abs(found) <= most else None

    def instant(self, name: str) -> str:
        """RFC 3339 in UTC; a time without offset is hers."""
        try:
            at = datetime.fromisoformat(self.words(name))
        except ValueError:
            return ""
        aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(str(self._scope.get(ZONE, "UTC"))))
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dial(filled: _Filled) -> Dial | None:
    number = filled.number()
    return Dial(number, filled.fixed.get("call", "voice"), filled.words("subject")) if number else None


def _show(filled: _Filled) -> ShowPlace | None:
    if query := filled.words("query"):
        return ShowPlace(query=query)
    latitude, longitude = filled.degrees("latitude", 90), filled.degrees("longitude", 180)
    if latitude is None or longitude is None:
        return None
    return ShowPlace(latitude, longitude, filled.words("place"))


def _event(filled: _Filled) -> AddEvent | None:
    starts, ends = filled.instant("starts"), filled.instant("ends")
    title = filled.fitted("event", EVENT_TITLE_MAX)
    if not (starts and ends and title) or ends < starts:
        return None
    return AddEvent(starts, ends, title, filled.fitted("details", EVENT_DETAILS_MAX))


def _compose(filled: _Filled) -> Compose | None:
    number, words = filled.number(), filled.words("words")
    return Compose(number, words) if number and words else None


def _record(filled: _Filled) -> Record | None:
    number = filled.number()
    return Record(number, filled.fixed.get("media", "audio")) if number else None


_MAKERS: Final[Mapping[str, Callable[[_Filled], Action | None]]] = {
    "dial": _dial,
    "show": _show,
    "locate": lambda _: AskPlace(),
    "calendar": _event,
    "compose": _compose,
    "record": _record,
    "device": lambda _: AskDevice(),
    "setting": lambda filled: ChangeSetting(filled.fixed["change"]),
}
