"""What is wrong with a set of cards, found with the sample data each file carries. Pure; `bot check` prints it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import JsonValue

from cards.choices import entries
from cards.compiled import CardTemplate
from cards.filters import FILTERS, ZONE
from cards.library import LABEL_ZONE, Cards
from cards.model import (
    CAROUSEL_MAX,
    CAROUSEL_MIN,
    FALLBACK_LANGUAGE,
    LABEL_MAX,
    PANEL_BUTTONS_MAX,
    Card,
    CardChoice,
    CardError,
    Panel,
)
from cards.text import to_text

SAMPLE_ASK: Final = "sample.1"
SAMPLE_SIGNATURE: Final = "叮咚寄售"


@dataclass(frozen=True, slots=True)
class Finding:
    """file, line (0 = none), field: where. An error must be mended; a warning should be looked at."""

    file: str
    line: int
    field: str
    problem: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.level}: {CardError(self.file, self.line, self.field, self.problem)}"


def check(cards: Cards, signature: str = SAMPLE_SIGNATURE) -> list[Finding]:
    """What is wrong with every card in every language."""
    findings: list[Finding] = []
    for name in sorted(cards.names()):
        findings += _missing(cards, name)
        for language in cards.languages(name):
            template = cards.template(name, language)
            try:
                findings += _card(cards, template, signature)
            except CardError as error:
                findings.append(Finding(error.file, error.line, error.field, error.problem))
    return findings


def sample(cards: Cards, name: str, language: str) -> Card:
    """The card with its sample data, asked if it has choices. Raises CardError."""
    template = cards.template(name, language)
    choices = sample_choices(cards, template)
    ask = SAMPLE_ASK if choices else None
    return cards.render(name, language, sample_data(cards, template), zone=LABEL_ZONE, ask=ask, choices=choices)


def sample_data(cards: Cards, template: CardTemplate) -> Mapping[str, JsonValue]:
    """The file's sample; where it has none, that of the fallback language."""
    return template.source.sample or cards.template(template.name, FALLBACK_LANGUAGE).source.sample


def sample_choices(cards: Cards, template: CardTemplate) -> tuple[CardChoice, ...]:
    """The card's own choices; where it has none, those its file says it may be shown with. Raises CardError."""
    given = tuple(
        CardChoice(f"choice-{n}", "choose", {template.language: label})
        for n, label in enumerate(template.source.sample_choices, 1)
    )
    return cards.choices(template.name, sample_data(cards, template)) or given


def _missing(cards: Cards, name: str) -> Iterator[Finding]:
    have = cards.languages(name)
    for language in FILTERS:
        if language not in have:
            yield _at(cards.template(name, have[0]), f"is written in {', '.join(have)}, not in {language}", "card")


def _card(cards: Cards, template: CardTemplate, signature: str) -> Iterator[Finding]:
    card = sample(cards, template.name, template.language)
    yield from _same_choices(cards, template)
    yield from _buttons(template, card.panel)
    for panel in card.carousel:
        yield from _buttons(template, panel)
    panels = len(list(entries(template, dict(card.data))))
    if template.carousel and not CAROUSEL_MIN <= panels <= CAROUSEL_MAX:
        problem = f"the sample makes {panels} panels, a carousel has {CAROUSEL_MIN} to {CAROUSEL_MAX}"
        yield _at(template, problem, "carousel")
    yield from _text(template, card, signature)
    scope = {**card.data, ZONE: LABEL_ZONE}
    for params in template.templates.values():
        for value in params.values():
            value.render(scope)


def _buttons(template: CardTemplate, panel: Panel) -> Iterator[Finding]:
    for button in panel.buttons:
        if len(button.label) > LABEL_MAX:
            problem = f"{button.label!r} has {len(button.label)} characters, a button holds {LABEL_MAX}"
            yield _at(template, problem, "buttons")
    if len(panel.buttons) > PANEL_BUTTONS_MAX and (panel.media or panel.title):
        problem = f"has {len(panel.buttons)} buttons, a card holds {PANEL_BUTTONS_MAX}; words alone hold more"
        yield _at(template, problem, "buttons")


def _same_choices(cards: Cards, template: CardTemplate) -> Iterator[Finding]:
    main = cards.template(template.name, FALLBACK_LANGUAGE)
    for path, ours, theirs in _pairs(template, main):
        if [_meaning(button) for button in ours] != [_meaning(button) for button in theirs]:
            problem = f"the replies differ in id, means, slots, text or order from those in {main.place.file}"
            yield _at(template, problem, *path)


def _pairs(template: CardTemplate, main: CardTemplate) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    yield ("buttons",), template.panel.replies, main.panel.replies
    ours = template.carousel.panel.replies if template.carousel else ()
    theirs = main.carousel.panel.replies if main.carousel else ()
    yield ("carousel", "buttons"), ours, theirs


def _meaning(button: Any) -> tuple[object, ...]:
    slots = {name: getattr(value, "source", value) for name, value in button.slots.items()}
    return button.id.source if button.id else None, button.means, slots, button.hidden


def _text(template: CardTemplate, card: Card, signature: str) -> Iterator[Finding]:
    field = "text" if template.text else "body" if template.panel.body else "title"
    try:
        text = to_text(card, signature)
    except CardError as error:
        yield _at(template, error.problem, field)
        return
    if text.shortened:
        yield _at(template, f"values were cut to stay within {card.segments} segments", field)
    for name in _names(card.data):
        if name in text.body:
            yield _at(template, "shows an item's name in text; say `| discreet`", field, level="warning")


def _names(data: object) -> Iterator[str]:
    """Names of items anywhere in the data."""
    if isinstance(data, Mapping):
        if "code" in data and isinstance(data.get("name"), str):
            yield data["name"]
        for value in data.values():
            yield from _names(value)
    elif isinstance(data, list):
        for value in data:
            yield from _names(value)


def _at(template: CardTemplate, problem: str, *field: str, level: Literal["error", "warning"] = "error") -> Finding:
    error = template.place.at(*field).error(problem)
    return Finding(error.file, error.line, error.field, error.problem, level)
