"""Card → the form one renderer gives it: words, cards or a file, and the chips under them; and what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import msgspec
from msgspec import structs
from pydantic import JsonValue

from cards.actions import Compose, Dial, ShowPlace
from cards.limits import Limits
from cards.model import Button, Card, FieldPath, Media, Panel
from cards.text import numbered

Json: TypeAlias = dict[str, JsonValue]


class Form(msgspec.Struct, frozen=True):
    """Exactly one of words, panels (several = a carousel) and file; chips: the suggestions under it.

    at: where the words are said in the file.
    """

    words: str = ""
    panels: tuple[Panel, ...] = ()
    file: Media | None = None
    chips: tuple[Button, ...] = ()
    at: FieldPath = ()


class Fault(NamedTuple):
    """at: where in the file. problem: what, the actual length and the limit; whose limit it is the finder knows."""

    at: FieldPath
    problem: str


def arranged(card: Card, limits: Limits) -> Form:
    """The form that is sent. Raises CardError for the first thing in it that is more than the wire takes."""
    form = form_of(card, limits)
    for fault in faults(form, limits):
        raise card.place.at(*fault.at).error(f"{fault.problem} ({limits.renderer})")
    return form


def form_of(card: Card, limits: Limits) -> Form:
    """The form the card should have, whether it fits or not.

    Words alone go as text, and so does a card whose choices fit no button or no carousel: a label is never cut, they
    are written out, and chips carry their numbers. What the wire has no form for is left out; suggestions beyond
    those of a card become chips under it.
    """
    panel = _known(card.panel, limits)
    if _too_much(card, panel, limits):
        return _by_number(card, limits)
    if card.file:
        return Form(file=card.file, chips=panel.buttons)
    if card.carousel:
        return Form(panels=tuple(_known(each, limits) for each in card.carousel), chips=panel.buttons)
    if not panel.media and not (panel.title and panel.buttons):
        words = said(panel) or card.text  # a file that is missing is told in words
        if len(words) <= limits.text:
            return Form(words=words, chips=panel.buttons, at=(_speaker(panel),))
    under = panel.buttons[limits.alone :]
    if len(under) > limits.chips:
        return _by_number(card, limits)
    return Form(
        panels=(structs.replace(panel, buttons=panel.buttons[: limits.alone]) if under else panel,), chips=under
    )


def said(panel: Panel) -> str:
    """Its title and body as words."""
    return "\n".join(part for part in (panel.title, panel.body) if part)


def content(panel: Panel, media: Callable[[Media], JsonValue], suggestion: Callable[[Button], JsonValue]) -> Json:
    """What one card shows, in the fields that RBM and GSMA call alike. media, suggestion: these in the wire's own."""
    shown: Json = {}
    if panel.media:
        shown["media"] = media(panel.media)
    if panel.title:
        shown["title"] = panel.title
    if panel.body:
        shown["description"] = panel.body
    if panel.buttons:
        shown["suggestions"] = [suggestion(button) for button in panel.buttons]
    return shown


def faults(form: Form, limits: Limits) -> Iterator[Fault]:
    """Everything in the form that is more, or less, than the wire takes."""
    if not (form.words or form.panels or form.file):
        yield Fault(form.at, "says nothing with this data")
    if len(form.words) > limits.text:
        yield _over(form.at, len(form.words), limits.text, "characters of text")
    for panel in form.panels:
        yield from _panel(panel, limits)
        most = limits.each if len(form.panels) > 1 else limits.alone
        if len(panel.buttons) > most:
            yield _over((*panel.at, "buttons"), len(panel.buttons), most, "buttons on a card")
    if len(form.chips) > limits.chips:
        yield _over(("buttons",), len(form.chips), limits.chips, "chips")
    if form.file and len(form.file.alt) > limits.alt:
        yield _over(("file", "alt"), len(form.file.alt), limits.alt)
    for button in form.chips:
        yield from _button(button, limits)


def _panel(panel: Panel, limits: Limits) -> Iterator[Fault]:
    if not (panel.title or panel.body or panel.media):
        yield Fault(panel.at, "shows nothing with this data: a card needs a title, a body or media")
    if panel.media and limits.media and not panel.media.type.startswith(limits.media):
        yield Fault((*panel.at, "media"), f"is {panel.media.type}: a card shows {', '.join(limits.media)}")
    for name, words, most in (("title", panel.title, limits.title), ("body", panel.body, limits.body)):
        if len(words) > most:
            yield _over((*panel.at, name), len(words), most)
    if panel.media and len(panel.media.alt) > limits.alt:
        yield _over((*panel.at, "media", "alt"), len(panel.media.alt), limits.alt)
    for button in panel.buttons:
        yield from _button(button, limits)


def _button(button: Button, limits: Limits) -> Iterator[Fault]:
    if not button.label:
        yield Fault(button.at, "is empty with this data: a button needs a label")
    if len(button.label) > limits.label:
        yield _over(button.at, len(button.label), limits.label, f"characters ({button.label!r})")
    if len(button.postback) > limits.postback:
        yield _over(button.at, len(button.postback), limits.postback, "characters of postback")
    if button.action is None:
        return
    for name, words, most in _sizes(button, limits):
        if len(words) > most:
            yield _over((*button.at[:-1], name), len(words), most)


def _sizes(button: Button, limits: Limits) -> Iterator[tuple[str, str, int]]:
    match button.action:
        case ShowPlace(label=label, query=query):
            yield "place", label, limits.place
            yield "query", query, limits.query
        case Dial(subject=subject):
            yield "subject", subject, limits.subject
        case Compose(words=words):
            yield "words", words, limits.words


def _over(at: FieldPath, actual: int, limit: int, what: str = "characters") -> Fault:
    return Fault(at, f"has {actual} {what}, the limit is {limit}")


def _known(panel: Panel, limits: Limits) -> Panel:
    """The panel without suggestions this wire has no form for."""
    if all(button.action is None or type(button.action) in limits.kinds for button in panel.buttons):
        return panel
    kept = [button for button in panel.buttons if button.action is None or type(button.action) in limits.kinds]
    return structs.replace(panel, buttons=tuple(kept))


def _too_much(card: Card, panel: Panel, limits: Limits) -> bool:
    """Whether there are more cards, answers or words in an answer than this wire can show as such."""
    buttons = [button for each in (panel, *card.carousel) for button in each.buttons]
    long = any(button.action is None and len(button.label) > limits.label for button in buttons)
    return long or len(card.carousel) > limits.panels[1] or len(panel.buttons) > limits.chips + limits.alone


def _by_number(card: Card, limits: Limits) -> Form:
    """The options written out as text numbers them; of more chips than there is room for, the first ones."""
    buttons = [button for panel in (*card.carousel, _known(card.panel, limits)) for button in panel.buttons]
    chips = tuple(
        structs.replace(button, label=str(button.number)) if button.number else button
        for button in buttons
        if button.number or len(button.label) <= limits.label
    )
    words = said(card.panel) or card.text
    return Form(words=f"{words}\n{numbered(card.options)}", chips=chips[: limits.chips], at=("buttons",))


def _speaker(panel: Panel) -> str:
    return "body" if panel.body else "title"
