"""An RBM contentMessage in the GSMA's words (providers-rcs.md 1). Pure and total: whatever comes, nothing is raised.

What GSMA cannot say is left out:

- a file that is a name at Google (`uploadedRbmFile`) instead of an address, and `forceRefresh`;
- an action of a kind not in `_ACTIONS`, with its button; `description` and `fallbackUrl` of a link;
- what is beyond a limit: chips after the 11th, buttons of a card after the 4th, cards after the 12th, and the end of
  a text, title, description or place's name (marked "…");
- TALL media in a small carousel become MEDIUM (1.3).

A message of which nothing is left is said as its text form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue
from yarl import URL

from bot.carriers.base import Uploaded
from flows import values
from flows.values import Value

TEXT: Final = "text/plain"
CARD: Final = "application/vnd.gsma.botmessage.v1.0+json"
CHIPS: Final = "application/vnd.gsma.botsuggestion.v1.0+json"
FILE: Final = "application/vnd.gsma.rcs-ft-http"
"""As the CT/CU JSON has it (1.1)."""
FILE_XML: Final = "application/vnd.gsma.rcs-ft-http+xml"
RESPONSE: Final = "application/vnd.gsma.botsuggestion.response.v1.0+json"
SHARED: Final = "application/vnd.gsma.botsharedclientdata.v1.0+json"
SPAM: Final = "application/vnd.gsma.rcsspam-report+xml"

TEXT_MAX: Final = 2000
TITLE_MAX: Final = 200
DESCRIPTION_MAX: Final = 2000
PLACE_MAX: Final = 100
QUERY_MAX: Final = 200
CHIPS_MAX: Final = 11
BUTTONS_MAX: Final = 4
CARDS_MIN: Final = 2
CARDS_MAX: Final = 12

TYPES: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "amr": "audio/amr",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "pdf": "application/pdf",
}
"""Content types by the ending of an address."""

_SCHEME = re.compile("[a-z][a-z0-9+.-]*:.")

_Object = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message: words, or the JSON of its content type."""

    content_type: str
    content: JsonValue


class Unsaid(Value, frozen=True):
    """What GSMA requires of every file and RBM does not tell: bytes, and the type where the address has no ending.

    uploads: what the platform made of some of them, by the address in the card: of these it is known.
    """

    media_size: int
    thumbnail_size: int
    content_type: str
    uploads: Mapping[str, Uploaded] = values.field(default_factory=dict)

    def said(self, url: str, size: int) -> tuple[str, str, int]:
        """Address, type and size that are said of a file; `size` unless it is known."""
        if file := self.uploads.get(url):
            return file.name, file.content_type, file.size
        return url, content_type(url) or self.content_type, size


def parts(rich: Mapping[str, JsonValue], text: str, unsaid: Unsaid) -> tuple[Part, ...]:
    """The content, then its chips. text: the message's text form, said where nothing else can be."""
    content = _content(rich, unsaid) or Part(TEXT, _cut(text, TEXT_MAX))
    chips = list(_suggestions(rich.get("suggestions"), CHIPS_MAX))
    return (content, Part(CHIPS, {"suggestions": chips})) if chips else (content,)


def _content(rich: Mapping[str, JsonValue], unsaid: Unsaid) -> Part | None:
    if text := _text(rich.get("text")):
        return Part(TEXT, _cut(text, TEXT_MAX))
    if file := _file(_object(rich.get("contentInfo")), unsaid):
        return Part(FILE, file)
    card = _object(rich.get("richCard"))
    standalone = _object(card.get("standaloneCard"))
    if content := _panel(_object(standalone.get("cardContent")), unsaid):
        return _standalone(standalone, content)
    carousel = _object(card.get("carouselCard"))
    return _carousel(carousel, unsaid) if carousel else None


def _standalone(card: _Object, content: _Object) -> Part:
    layout: _Object = {"cardOrientation": "VERTICAL"}
    if card.get("cardOrientation") == "HORIZONTAL":
        right = card.get("thumbnailImageAlignment") == "RIGHT"
        layout = {"cardOrientation": "HORIZONTAL", "imageAlignment": "RIGHT" if right else "LEFT"}
    return Part(CARD, {"message": {"generalPurposeCard": {"layout": layout, "content": content}}})


def _carousel(carousel: _Object, unsaid: Unsaid) -> Part | None:
    small = carousel.get("cardWidth") == "SMALL"
    panels = [_panel(_object(one), unsaid, tall=not small) for one in _list(carousel.get("cardContents"))]
    said = [panel for panel in panels if panel][:CARDS_MAX]
    if len(said) < CARDS_MIN:
        return _standalone({}, said[0]) if said else None
    layout: _Object = {"cardWidth": "SMALL_WIDTH" if small else "MEDIUM_WIDTH"}
    return Part(CARD, {"message": {"generalPurposeCardCarousel": {"layout": layout, "content": [*said]}}})


def _panel(panel: _Object, unsaid: Unsaid, *, tall: bool = True) -> _Object:
    """One card; empty when it has neither media, title nor description."""
    content: _Object = {}
    if media := _media(_object(panel.get("media")), unsaid, tall=tall):
        content["media"] = media
    if title := _text(panel.get("title")):
        content["title"] = _cut(title, TITLE_MAX)
    if description := _text(panel.get("description")):
        content["description"] = _cut(description, DESCRIPTION_MAX)
    buttons = list(_suggestions(panel.get("suggestions"), BUTTONS_MAX))
    if content and buttons:
        content["suggestions"] = [*buttons]
    return content


def _media(media: _Object, unsaid: Unsaid, *, tall: bool) -> _Object:
    info = _object(media.get("contentInfo"))
    url, thumbnail = _uri(info.get("fileUrl")), _uri(info.get("thumbnailUrl"))
    if not url:
        return {}
    height = media.get("height")
    if height not in ("SHORT", "MEDIUM", "TALL") or (height == "TALL" and not tall):
        height = "MEDIUM"
    url, kind, size = unsaid.said(url, unsaid.media_size)
    said: _Object = {"mediaUrl": url, "mediaContentType": kind, "mediaFileSize": size}
    if thumbnail:
        url, kind, size = unsaid.said(thumbnail, unsaid.thumbnail_size)
        said |= {"thumbnailUrl": url, "thumbnailContentType": kind, "thumbnailFileSize": size}
    return {**said, "height": f"{height}_HEIGHT"}


def _file(info: _Object, unsaid: Unsaid) -> list[JsonValue]:
    """A thumbnail, if there is one, and the file (1.7), of which only what is known is said; empty without address."""
    if not _uri(info.get("fileUrl")):
        return []
    found = (("thumbnail", _uri(info.get("thumbnailUrl"))), ("file", _uri(info.get("fileUrl"))))
    files: list[JsonValue] = []
    for kind, url in found:
        if url and (file := unsaid.uploads.get(url)):
            files.append({"type": kind, "fileSize": file.size, "contentType": file.content_type, "url": file.name})
        elif url:
            known = content_type(url)
            files.append({"type": kind, **({"contentType": known} if known else {}), "url": url})
    return files


def addresses(rich: JsonValue) -> Iterator[str]:
    """Of all pictures and files in an RBM contentMessage."""
    if isinstance(rich, dict):
        info = _object(rich.get("contentInfo"))
        yield from filter(None, (_uri(info.get("fileUrl")), _uri(info.get("thumbnailUrl"))))
        for inner in rich.values():
            yield from addresses(inner)
    elif isinstance(rich, list):
        for inner in rich:
            yield from addresses(inner)


def without_media(rich: JsonValue) -> JsonValue:
    """An RBM contentMessage without its pictures and files."""
    if isinstance(rich, dict):
        return {name: without_media(inner) for name, inner in rich.items() if name not in ("media", "contentInfo")}
    return [without_media(inner) for inner in rich] if isinstance(rich, list) else rich


def content_type(url: str) -> str:
    """By the ending of an address; empty when that says nothing."""
    try:
        name = URL(url).name
    except ValueError:
        return ""
    return TYPES.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def _suggestions(suggestions: JsonValue, most: int) -> Iterator[JsonValue]:
    said = (_suggestion(_object(one)) for one in _list(suggestions))
    for suggestion, _ in zip(filter(None, said), range(most), strict=False):
        yield suggestion


def _suggestion(suggestion: _Object) -> _Object:
    """Empty when GSMA has no such button."""
    reply, action = _object(suggestion.get("reply")), _object(suggestion.get("action"))
    if reply:
        label = _label(reply)
        return {"reply": label} if label else {}
    label = _label(action)
    for name, said in _ACTIONS.items():
        if label and name in action and (told := said(_object(action[name]), _fallback(action))):
            return {"action": {**label, **told}}
    return {}


def _label(button: _Object) -> _Object:
    """The label is no longer in RBM than in GSMA, and never cut: it is what a person agrees to."""
    text = _text(button.get("text"))
    return {"displayText": text, "postback": {"data": _text(button.get("postbackData"))}} if text else {}


def _fallback(action: _Object) -> _Object:
    url = _uri(action.get("fallbackUrl"))
    return {"fallbackUrl": url} if url else {}


def _open_url(action: _Object, _: _Object) -> _Object:
    url = _uri(action.get("url"))
    said: _Object = {"url": url, "application": "browser"}
    if action.get("application") == "WEBVIEW":
        said["application"] = "webview"
        if (mode := action.get("webviewViewMode")) in ("FULL", "HALF", "TALL"):
            said["viewMode"] = str(mode).lower()
    return {"urlAction": {"openUrl": said}} if url else {}


def _dial(action: _Object, fallback: _Object) -> _Object:
    number = _text(action.get("phoneNumber"))
    return {"dialerAction": {"dialPhoneNumber": {"phoneNumber": number, **fallback}}} if number else {}


def _view_location(action: _Object, fallback: _Object) -> _Object:
    at, query, label = _object(action.get("latLong")), _text(action.get("query")), _text(action.get("label"))
    place: _Object = {}
    if isinstance(at.get("latitude"), int | float) and isinstance(at.get("longitude"), int | float):
        place = {"latitude": at["latitude"], "longitude": at["longitude"]}
        if label:
            place["label"] = _cut(label, PLACE_MAX)
    elif query:
        place = {"query": _cut(query, QUERY_MAX)}
    return {"mapAction": {"showLocation": {"location": place, **fallback}}} if place else {}


def _share_location(_action: _Object, _: _Object) -> _Object:
    return {"mapAction": {"requestLocationPush": {}}}


def _calendar(action: _Object, fallback: _Object) -> _Object:
    names = ("startTime", "endTime", "title", "description")
    said: _Object = {name: text for name in names if (text := _text(action.get(name)))}
    complete = said.keys() >= {"startTime", "endTime", "title"}
    return {"calendarAction": {"createCalendarEvent": {**said, **fallback}}} if complete else {}


_ACTIONS: Final[Mapping[str, Callable[[_Object, _Object], _Object]]] = {
    "openUrlAction": _open_url,
    "dialAction": _dial,
    "viewLocationAction": _view_location,
    "shareLocationAction": _share_location,
    "createCalendarEventAction": _calendar,
}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _uri(value: JsonValue) -> str:
    """An address, of whatever scheme: a link may open an app."""
    text = _text(value)
    return text if _SCHEME.match(text) else ""


def _object(value: JsonValue) -> _Object:
    return value if isinstance(value, dict) else {}


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
