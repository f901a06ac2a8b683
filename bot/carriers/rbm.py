"""What an RBM contentMessage says, for carriers that say it in their provider's JSON (providers-rcs.md 2.2). Pure.

What a provider's dialect has no word for is `Unsayable`; such a message goes as its text form, which offers the same
choices by number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pydantic import JsonValue

from bot.messages import Sendable


class Unsayable(Exception):
    """What there is no word for; never a person's words."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A chip or a card's button. action: "reply", or RBM's name of what a tap does; about: that action's fields."""

    label: str
    postback: str
    action: str
    about: Mapping[str, Any]
    fallback_url: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """height: SHORT, MEDIUM or TALL; "" outside a card."""

    url: str
    height: str = ""
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One card's content; at least one of title, description and media."""

    title: str
    description: str
    media: Media | None
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Words:
    text: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class File:
    media: Media
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """orientation: VERTICAL or HORIZONTAL. alignment: LEFT or RIGHT, "" for a vertical card. suggestions: under it."""

    panel: Panel
    orientation: str
    alignment: str
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class Carousel:
    """width: SMALL or MEDIUM. suggestions: under it."""

    panels: tuple[Panel, ...]
    width: str
    suggestions: tuple[Suggestion, ...]


T = TypeVar("T")
Message: TypeAlias = Words | File | Card | Carousel


def said(sendable: Sendable, translate: Callable[[Message], T]) -> T:
    """What a Sendable of form "rbm" is in a provider's JSON; its text form where the dialect cannot say it."""
    try:
        return translate(read(sendable.rich or {}))
    except Unsayable:
        return translate(Words(sendable.text, ()))


def read(rich: Mapping[str, JsonValue]) -> Message:
    """A contentMessage as values. Raises Unsayable for one of another shape, or with a file that is at Google alone."""
    message: Mapping[str, Any] = rich
    try:
        suggestions = _suggestions(message)
        if "text" in message:
            return Words(message["text"], suggestions)
        if "contentInfo" in message:
            return File(_file(message["contentInfo"]), suggestions)
        card = message["richCard"]
        if "carouselCard" in card:
            carousel = card["carouselCard"]
            panels = tuple(map(_panel, carousel["cardContents"]))
            return Carousel(panels, carousel["cardWidth"], suggestions)
        single = card["standaloneCard"]
        alignment = single.get("thumbnailImageAlignment", "")
        return Card(_panel(single["cardContent"]), single["cardOrientation"], alignment, suggestions)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Unsayable("a contentMessage of another shape, or a file without a URL") from None


def _panel(content: Mapping[str, Any]) -> Panel:
    media = content.get("media")
    shown = _file(media["contentInfo"], media["height"]) if media else None
    return Panel(content.get("title", ""), content.get("description", ""), shown, _suggestions(content))


def _file(info: Mapping[str, str], height: str = "") -> Media:
    return Media(info["fileUrl"], height, info.get("thumbnailUrl", ""))


def _suggestions(of: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Suggestion, ...]:
    return tuple(map(_suggestion, of.get("suggestions", ())))


def _suggestion(given: Mapping[str, Any]) -> Suggestion:
    if reply := given.get("reply"):
        return Suggestion(reply["text"], reply["postbackData"], "reply", {})
    action = given["action"]
    [kind] = [name for name in action if name.endswith("Action")]
    return Suggestion(action["text"], action["postbackData"], kind, action[kind], action.get("fallbackUrl", ""))
