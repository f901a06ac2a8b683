"""What a rendered card is: frozen values that the renderers turn into RBM JSON or text.

Card files are described by `cards.source`; `cards.render` makes a `Card` of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from pydantic import JsonValue

# ---------------------------------------------------------------- limits
# Characters or counts. RBM: RCS for Business reference, `ContentMessage` and `RichCard`; GSMA:
# chatbot_message_schema.json (RCC.07). Where both have a limit it is the same one, unless said.

TITLE_MAX: Final = 200
BODY_MAX: Final = 2000
LABEL_MAX: Final = 25
PANEL_BUTTONS_MAX: Final = 4
"""Suggestions inside one card."""
CHIPS_MAX: Final = 11
"""Suggestions under a message."""
CAROUSEL_MIN: Final = 2
CAROUSEL_MAX: Final = 10
"""RBM; GSMA allows 12."""
URL_MAX: Final = 2048
RBM_TEXT_MAX: Final = 3072

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


@dataclass(frozen=True, slots=True)
class CardChoice:
    """One answer a card offers.

    id: stable within the card, what a tap carries. means: the intent it stands for.
    labels: language -> what it is called. slots: what picking it says besides ("days": 7).
    hidden: text does not number it (`text: hidden`): a tap only.
    """

    id: str
    means: str
    labels: Mapping[str, str]
    slots: Mapping[str, JsonValue] = field(default_factory=dict)
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
class Media:
    """A picture. url: absolute, http or https."""

    url: str
    height: Literal["short", "medium", "tall"] = "medium"


@dataclass(frozen=True, slots=True)
class Button:
    """A suggestion.

    target: the URL of `open`, the E.164 number of `dial`, "" for `reply`.
    number: what text calls this choice, from 1; 0 = text does not offer it.
    """

    kind: Literal["reply", "open", "dial"]
    label: str
    postback: str
    target: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """What one card shows: a standalone one, or one of a carousel."""

    title: str = ""
    body: str = ""
    media: Media | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One message, ready for a renderer.

    name: "consignment/offer". file: where it came from, for errors.
    panel: what it shows; of a carousel, what text puts before it and the chips under it.
    carousel: 2-10 panels, or empty.
    text: the words of its text form, without signature and options.
    options: labels text numbers from 1, in order. listed: each option gets a line of its own.
    also: what may be typed instead of a number ("直接回复价格").
    segments: the most its text form may take.
    data: what it was rendered with. shortened: fields in which a value was cut to fit.
    """

    name: str
    language: str
    file: str
    panel: Panel
    carousel: tuple[Panel, ...]
    text: str
    options: tuple[str, ...]
    listed: bool
    also: str
    segments: int
    data: Mapping[str, JsonValue]
    shortened: tuple[str, ...] = ()

    @property
    def gains(self) -> bool:
        """Whether RCS shows anything that its text cannot."""
        return bool(self.panel.buttons or self.panel.media or self.carousel)
