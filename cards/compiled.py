"""A card file made ready: every templated value a `Value`, compiled at its first use and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from cards.model import FieldPath, Layout, Place
from cards.reading import read_card
from cards.source import (
    KINDS,
    ButtonKind,
    ButtonSource,
    CardSource,
    CarouselSource,
    MediaSource,
    RichSmsSource,
    TemplateSource,
)
from cards.templates import Value

_FIXED: Final = frozenset({"view", "call", "media", "change"})
"""Fields of a button that are one of a few words, not templates."""
_PLAIN: Final = frozenset({"means", "id", "slots", "text"})
"""Fields of a reply, which have places of their own."""


@dataclass(frozen=True, slots=True)
class ButtonTemplate:
    """A button of a file. values, fixed: fields of its action, templated and not. id: None = what it means."""

    kind: ButtonKind
    label: Value
    values: Mapping[str, Value]
    fixed: Mapping[str, str]
    id: Value | None
    means: str
    slots: Mapping[str, JsonValue | Value]
    hidden: bool
    place: Place


@dataclass(frozen=True, slots=True)
class MediaTemplate:
    source: MediaSource
    url: Value
    size: Value | None
    thumbnail: Value | None
    thumbnail_size: Value | None
    alt: Value | None


@dataclass(frozen=True, slots=True)
class PanelTemplate:
    title: Value | None
    body: Value | None
    media: MediaTemplate | None
    replies: tuple[ButtonTemplate, ...]
    actions: tuple[ButtonTemplate, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class CarouselTemplate:
    """each: name of the list in the data. label: what an entry is called."""

    each: str
    place: Place
    label: Value
    panel: PanelTemplate


@dataclass(frozen=True, slots=True)
class RegisteredTemplate:
    """A text registered with a carrier. values: placeholder -> what fills it."""

    source: TemplateSource
    values: Mapping[str, Value]
    place: Place


@dataclass(frozen=True, slots=True)
class RichSmsTemplate:
    """The card as rich SMS: the text as registered, and what only this kind has."""

    source: RichSmsSource
    registered: RegisteredTemplate
    link: Value | None


@dataclass(frozen=True, slots=True)
class CardTemplate:
    """One card in one language. replies: id of a choice whose id is fixed -> where the file says it."""

    name: str
    language: str
    source: CardSource
    place: Place
    panel: PanelTemplate
    carousel: CarouselTemplate | None
    file: MediaTemplate | None
    layout: Layout
    text: Value | None
    also: Value | None
    templates: Mapping[str, RegisteredTemplate]
    rich_sms: Mapping[str, RichSmsTemplate]
    replies: Mapping[str, FieldPath]


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
        panel = self._panel(source, place)
        return CardTemplate(
            name=source.card,
            language=self._language,
            source=source,
            place=place,
            panel=panel,
            carousel=self._carousel(source.carousel, place.at("carousel")) if source.carousel else None,
            file=self._media(source.file, place.at("file")) if source.file else None,
            layout=_layout(source),
            text=self._maybe(source.text, place.at("text")),
            also=self._maybe(source.also, place.at("also")),
            templates={
                account: self._registered(template, place.at("templates", account))
                for account, template in source.templates.items()
            },
            rich_sms={
                account: self._rich_sms(rich, place.at("rich_sms", account))
                for account, rich in source.rich_sms.items()
            },
            replies=_places(panel.replies),
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
            place=place,
        )

    def _media(self, source: MediaSource, place: Place) -> MediaTemplate:
        return MediaTemplate(
            source=source,
            url=self._value(source.url, place.at("url"), optional=True),
            size=self._maybe(source.size, place.at("size"), optional=True),
            thumbnail=self._maybe(source.thumbnail, place.at("thumbnail"), optional=True),
            thumbnail_size=self._maybe(source.thumbnail_size, place.at("thumbnail_size"), optional=True),
            alt=self._maybe(source.alt, place.at("alt")),
        )

    def _buttons(self, sources: Sequence[ButtonSource], place: Place) -> list[ButtonTemplate]:
        return [self._button(source, place.at(index)) for index, source in enumerate(sources)]

    def _button(self, source: ButtonSource, place: Place) -> ButtonTemplate:
        kind = source.kind
        written = [name for name in (*KINDS[kind].needs, *KINDS[kind].may) if getattr(source, name) is not None]
        return ButtonTemplate(
            kind=kind,
            label=self._value(source.label, place.at(kind)),
            values={
                name: self._value(getattr(source, name), place.at(name), optional=True)
                for name in written
                if name not in _FIXED | _PLAIN
            },
            fixed={name: getattr(source, name) for name in written if name in _FIXED},
            id=self._maybe(source.id, place.at("id")),
            means=source.means or "",
            slots={
                name: self._value(value, place.at("slots", name)) if isinstance(value, str) else value
                for name, value in source.slots.items()
            },
            hidden=source.text == "hidden",
            place=place.at(kind),
        )

    def _registered(self, source: TemplateSource, place: Place) -> RegisteredTemplate:
        values = {name: self._value(words, place.at("params", name)) for name, words in source.params.items()}
        return RegisteredTemplate(source, values, place)

    def _rich_sms(self, source: RichSmsSource, place: Place) -> RichSmsTemplate:
        link = self._maybe(source.link, place.at("link"), optional=True)
        return RichSmsTemplate(source, self._registered(source, place), link)


def _layout(source: CardSource) -> Layout:
    if source.carousel:
        return Layout(width=source.carousel.width)
    return Layout(source.layout.orientation, source.layout.image) if source.layout else Layout()


def _places(replies: Sequence[ButtonTemplate]) -> dict[str, FieldPath]:
    return {
        reply.id.source if reply.id else reply.means: reply.place.path
        for reply in replies
        if reply.id is None or reply.id.static
    }
