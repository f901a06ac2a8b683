"""What was sent → how it looked, for a person who was not there. Pure, and forgiving: it draws what it can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue

PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp")
"""Endings of addresses that a browser draws."""


@dataclass(frozen=True, slots=True)
class CardView:
    """image: an http(s) address or "". buttons: their labels."""

    title: str
    text: str
    image: str
    buttons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Words, or cards, and the chips below."""

    text: str = ""
    cards: tuple[CardView, ...] = ()
    chips: tuple[str, ...] = ()


def preview(rich: JsonValue) -> Preview:
    """Of an RBM contentMessage (RBM reference, AgentContentMessage), or of the parts of a GSMA chatbot message."""
    content = _object(rich)
    if "parts" in content:
        return _gsma([_object(part) for part in _list(content["parts"])])
    card = _object(content.get("richCard"))
    single = _object(card.get("standaloneCard")).get("cardContent")
    contents = [single] if single else _list(_object(card.get("carouselCard")).get("cardContents"))
    file = _object(content.get("contentInfo"))
    files = (_file(_text(file, "fileUrl"), _text(file, "thumbnailUrl")),) if file else ()
    cards = (*map(_card, contents), *files)
    return Preview(_text(content, "text"), cards, tuple(_labels(content, "text")))


def _card(raw: JsonValue) -> CardView:
    card = _object(raw)
    image = _text(_object(_object(card.get("media")).get("contentInfo")), "fileUrl")
    return CardView(_text(card, "title"), _text(card, "description"), _safe(image), tuple(_labels(card, "text")))


def _file(url: str, thumbnail: str) -> CardView:
    """A picture, film, sound or document: its name, and what it looks like if that is a picture."""
    image = thumbnail or (url if url.lower().endswith(PICTURES) else "")
    return CardView(url.rpartition("/")[2], "", _safe(image), ())


def _gsma(parts: Sequence[Mapping[str, Any]]) -> Preview:
    """Words are text, cards an object with a message, files a list, chips an object of suggestions."""
    text, cards, chips = "", list[CardView](), list[str]()
    for content in (part.get("content") for part in parts):
        if isinstance(content, str):
            text = content
        elif isinstance(content, list):
            told = {_text(_object(one), "type"): _text(_object(one), "url") for one in content}
            cards.append(_file(told.get("file", ""), told.get("thumbnail", "")))
        else:
            chips += _labels(_object(content), "displayText")
            message = _object(_object(content).get("message"))
            single = _object(message.get("generalPurposeCard")).get("content")
            several = _object(message.get("generalPurposeCardCarousel")).get("content")
            cards += map(_gsma_card, [single] if single else _list(several))
    return Preview(text, tuple(cards), tuple(chips))


def _gsma_card(raw: JsonValue) -> CardView:
    card = _object(raw)
    image = _text(_object(card.get("media")), "mediaUrl")
    labels = tuple(_labels(card, "displayText"))
    return CardView(_text(card, "title"), _text(card, "description"), _safe(image), labels)


def _labels(holder: Mapping[str, Any], name: str) -> Iterator[str]:
    for one in _list(holder.get("suggestions")):
        suggestion = _object(one)
        yield _text(_object(suggestion.get("reply") or suggestion.get("action")), name)


def _safe(image: str) -> str:
    return image if image.startswith(("https://", "http://")) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
