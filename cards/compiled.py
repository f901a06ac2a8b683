"""A card file made ready: every templated value a `Value`, compiled at its first use and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from cards.source import ButtonSource, CardSource, CarouselSource, MediaSource, Place, read_card
from cards.templates import Value


@dataclass(frozen=True, slots=True)
class ButtonTemplate:
    """A button of a file. target: of `open` and `dial`. id: None = what it means."""

    kind: Literal["reply", "open", "dial"]
    label: Value
    target: Value | None
    id: Value | None
    means: str
    slots: Mapping[str, JsonValue | Value]
    hidden: bool


@dataclass(frozen=True, slots=True)
class MediaTemplate:
    url: Value
    height: Literal["short", "medium", "tall"]


@dataclass(frozen=True, slots=True)
class PanelTemplate:
    title: Value | None
    body: Value | None
    media: MediaTemplate | None
    replies: tuple[ButtonTemplate, ...]
    actions: tuple[ButtonTemplate, ...]


@dataclass(frozen=True, slots=True)
class CarouselTemplate:
    """each: name of the list in the data. label: what an entry is called."""

    each: str
    place: Place
    label: Value
    panel: PanelTemplate


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """One card in one language."""

    name: str
    language: str
    source: CardSource
    place: Place
    panel: PanelTemplate
    carousel: CarouselTemplate | None
    text: Value | None
    also: Value | None
    templates: Mapping[str, Mapping[str, Value]]


def load_card(file: Path, root: Path, language: str) -> CardTemplate:
    """The card in `file` under `root`/`language`. Raises CardError when it is none."""
    source, place = read_card(file, file.relative_to(root.parent).as_posix())
    name = file.relative_to(root / language).with_suffix("").as_posix()
    if source.card != name:
        raise place.at("card").error(f"is {source.card!r}, but the file's address says {name!r}: make them agree")
    return _Compiler(language).card(source, place)


class _Compiler:
    """Turns the parts of a source into templates of one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def card(self, source: CardSource, place: Place) -> CardTemplate:
        templates = {
            account: {
                name: self._value(words, place.at("templates", account, "params", name))
                for name, words in template.params.items()
            }
            for account, template in source.templates.items()
        }
        return CardTemplate(
            name=source.card,
            language=self._language,
            source=source,
            place=place,
            panel=self._panel(source, place),
            carousel=self._carousel(source.carousel, place.at("carousel")) if source.carousel else None,
            text=self._maybe(source.text, place.at("text")),
            also=self._maybe(source.also, place.at("also")),
            templates=templates,
        )

    def _value(self, source: str, place: Place, *, optional: bool = False) -> Value:
        return Value(source, place, self._language, optional=optional)

    def _maybe(self, source: str | None, place: Place, *, optional: bool = False) -> Value | None:
        return None if source is None else self._value(source, place, optional=optional)

    def _carousel(self, source: CarouselSource, place: Place) -> CarouselTemplate:
        label = self._value(source.label, place.at("label"))
        return CarouselTemplate(source.each, place, label, self._panel(source, place))

    def _panel(self, source: CardSource | CarouselSource, place: Place) -> PanelTemplate:
        buttons = self._buttons(source.buttons, place.at("buttons"))
        return PanelTemplate(
            title=self._maybe(source.title, place.at("title")),
            body=self._maybe(source.body, place.at("body")),
            media=self._media(source.media, place.at("media")) if source.media else None,
            replies=tuple(button for button in buttons if button.kind == "reply"),
            actions=tuple(button for button in buttons if button.kind != "reply"),
        )

    def _media(self, source: MediaSource, place: Place) -> MediaTemplate:
        return MediaTemplate(self._value(source.url, place.at("url"), optional=True), source.height)

    def _buttons(self, sources: Sequence[ButtonSource], place: Place) -> list[ButtonTemplate]:
        return [self._button(source, place.at(index)) for index, source in enumerate(sources)]

    def _button(self, source: ButtonSource, place: Place) -> ButtonTemplate:
        kind = source.kind
        target, field = (source.number, "number") if kind == "dial" else (source.url, "url")
        return ButtonTemplate(
            kind=kind,
            label=self._value(source.label, place.at(kind)),
            target=self._maybe(target, place.at(field), optional=True),
            id=self._maybe(source.id, place.at("id")),
            means=source.means or "",
            slots={
                name: self._value(value, place.at("slots", name)) if isinstance(value, str) else value
                for name, value in source.slots.items()
            },
            hidden=source.text == "hidden",
        )
