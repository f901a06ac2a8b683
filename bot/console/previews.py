"""What was sent → how it looked, for a person who was not there. Pure, and forgiving: it draws what it can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue


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
    """Of an RBM contentMessage (RBM reference, AgentContentMessage)."""
    content = _object(rich)
    card = _object(content.get("richCard"))
    single = _object(card.get("standaloneCard")).get("cardContent")
    several = _object(card.get("carouselCard")).get("cardContents")
    contents = [single] if single else several if isinstance(several, list) else []
    return Preview(_text(content, "text"), tuple(map(_card, contents)), tuple(_labels(content)))


def _card(raw: JsonValue) -> CardView:
    card = _object(raw)
    image = _text(_object(_object(card.get("media")).get("contentInfo")), "fileUrl")
    safe = image if image.startswith(("https://", "http://")) else ""
    return CardView(_text(card, "title"), _text(card, "description"), safe, tuple(_labels(card)))


def _labels(holder: dict[str, Any]) -> Iterator[str]:
    suggestions = holder.get("suggestions")
    for one in suggestions if isinstance(suggestions, list) else ():
        suggestion = _object(one)
        yield _text(_object(suggestion.get("reply") or suggestion.get("action")), "text")


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
