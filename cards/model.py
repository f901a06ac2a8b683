"""What a rendered card is: frozen values that the renderers turn into RBM JSON or text.

Card files are described by `cards.source`; `cards.render` makes a `Card` of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

import msgspec
from pydantic import JsonValue

from cards.actions import Action

FieldPath: TypeAlias = tuple[str | int, ...]
"""Where in a card file something stands: ("buttons", 2, "reply")."""

FALLBACK_LANGUAGE: Final = "zh"
"""Shown to a person whose language a card is not written in."""


class CardError(Exception):
    """A card file, or what it was given, cannot be shown.

    file: path of the card file. line: 1-based, 0 when the problem is not on one line.
    field: path within it ("buttons.2.reply"). problem: what is wrong and what to do.
    """

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        super().__init__(file, line, field, problem)
        self.file, self.line, self.field, self.problem = file, line, field, problem

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.problem}" if self.field else f"{where}: {self.problem}"


# ---------------------------------------------------------------- choices


class ChoiceLike(Protocol):
    """What a renderer needs of a frozen choice: `CardChoice`, or the flows' own `Choice`."""

    @property
    def id(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def hidden(self) -> bool: ...


class CardChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer a card offers; kept in the store with what asks it.

    id: stable within the card, what a tap carries. means: the intent it stands for.
    labels: language -> what it is called. slots: what picking it says besides ("days": 7).
    hidden: text does not number it (`text: hidden`): a tap only.
    """

    id: str
    means: str
    labels: Mapping[str, str]
    slots: Mapping[str, Any] = msgspec.field(default_factory=dict)  # it reads no recursive alias such as JsonValue
    hidden: bool = False


def label_of(choice: ChoiceLike, language: str) -> str:
    """The choice's label in `language`, else in the fallback language, else in any."""
    labels = choice.labels
    return labels.get(language) or labels.get(FALLBACK_LANGUAGE) or next(iter(labels.values()), choice.id)


def postback(ask_id: str, choice_id: str) -> str:
    """What a reply button sends back when tapped; `bot.messages.Tap.of` reads it."""
    return f"ask:{ask_id}:{choice_id}"


# ---------------------------------------------------------------- what is shown


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file something stands. lines: path -> its line; () -> 1."""

    file: str
    lines: Mapping[FieldPath, int]
    path: FieldPath = ()

    def at(self, *parts: str | int) -> Place:
        return Place(self.file, self.lines, (*self.path, *parts))

    @property
    def field(self) -> str:
        return ".".join(map(str, self.path))

    def error(self, problem: str) -> CardError:
        known = self.path
        while known not in self.lines:
            known = known[:-1]
        return CardError(self.file, self.lines[known], self.field, problem)


class Media(msgspec.Struct, frozen=True):
    """A picture, film, sound or document.

    url: absolute, http or https. type: MIME type. size, thumbnail_size: bytes, 0 = not known.
    thumbnail: address of its small picture, "" = none. alt: what it shows, in words.
    rcs_only: no text form shows it, MMS and rich SMS neither.
    """

    url: str
    height: Literal["short", "medium", "tall"] = "medium"
    type: str = "image/jpeg"
    size: int = 0
    thumbnail: str = ""
    thumbnail_size: int = 0
    alt: str = ""
    rcs_only: bool = False


class Button(msgspec.Struct, frozen=True):
    """A suggestion.

    action: what it does; None = it answers. fallback: page for a phone that cannot do it, "" = none.
    number: what text calls this choice, from 1; 0 = text does not offer it. at: where its file says it.
    """

    label: str
    postback: str
    action: Action | None = None
    number: int = 0
    fallback: str = ""
    at: FieldPath = ("buttons",)


class Panel(msgspec.Struct, frozen=True):
    """What one card shows: a standalone one, or one of a carousel. at: where its file says it."""

    title: str = ""
    body: str = ""
    media: Media | None = None
    buttons: tuple[Button, ...] = ()
    at: FieldPath = ()


class Layout(msgspec.Struct, frozen=True):
    """How panels lie. image: the side of a horizontal card it is on. width: of a carousel's cards."""

    orientation: Literal["vertical", "horizontal"] = "vertical"
    image: Literal["left", "right"] = "left"
    width: Literal["small", "medium"] = "medium"


class Card(msgspec.Struct, frozen=True):
    """One message, ready for a renderer.

    name: "consignment/offer". place: the file it came from, for errors.
    panel: what it shows; of a carousel, what text puts before it and the chips under it.
    carousel: one panel for each entry, or empty. file: the one file it is, or None.
    text: the words of its text form, without signature and options.
    options: labels text numbers from 1, in order. listed: each option gets a line of its own.
    also: what may be typed instead of a number ("直接回复价格").
    segments: the most its text form may take.
    data, zone: what it was rendered with. shortened: fields in which a value was cut to fit.
    """

    name: str
    language: str
    place: Place
    panel: Panel
    carousel: tuple[Panel, ...]
    file: Media | None
    layout: Layout
    text: str
    options: tuple[str, ...]
    listed: bool
    also: str
    segments: int
    data: Mapping[str, JsonValue]
    zone: str
    shortened: tuple[str, ...] = ()

    @property
    def gains(self) -> bool:
        """Whether RCS shows anything that its text cannot."""
        return bool(self.panel.buttons or self.panel.media or self.carousel or self.file)
