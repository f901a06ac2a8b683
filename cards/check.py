"""What is wrong with a set of cards, found with the sample data each file carries. Pure; `bot check` prints it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import JsonValue

from cards.buttons import action, media
from cards.choices import entries
from cards.compiled import ButtonTemplate, CardTemplate, PanelTemplate
from cards.filters import FILTERS, ZONE
from cards.form import faults, form_of
from cards.library import LABEL_ZONE, Cards
from cards.limits import ALL, GSMA, RBM, TWILIO
from cards.model import FALLBACK_LANGUAGE, Button, Card, CardChoice, CardError, FieldPath
from cards.privacy import exposed
from cards.registered import check_template
from cards.templates import Scope
from cards.text import speaker, to_text, worded
from cards.wording import advice

SAMPLE_ASK: Final = "sample.1"
SAMPLE_SIGNATURE: Final = "叮咚寄售"


Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """file, line (0 = none), field: where. An error must be mended; a warning should be looked at."""

    file: str
    line: int
    field: str
    problem: str
    level: Level = "error"

    def __str__(self) -> str:
        return f"{self.level}: {CardError(self.file, self.line, self.field, self.problem)}"


def check(cards: Cards, signature: str = SAMPLE_SIGNATURE, marketing: Collection[str] = ()) -> list[Finding]:
    """What is wrong with every card in every language. marketing: names of cards that are sent as such."""
    findings: list[Finding] = []
    for name in sorted(cards.names()):
        findings += _missing(cards, name)
        for language in cards.languages(name):
            template = cards.template(name, language)
            try:
                findings += _card(cards, template, signature, marketing=name in marketing)
            except CardError as error:
                findings.append(_finding(error))
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


def _card(cards: Cards, template: CardTemplate, signature: str, *, marketing: bool) -> Iterator[Finding]:
    card = sample(cards, template.name, template.language)
    yield from _same_choices(cards, template)
    yield from _left_out(template, {**card.data, ZONE: LABEL_ZONE})
    yield from _looks(template, card)
    yield from _labels(template, card)
    yield from _cut(template, card)
    yield from _text(template, card, signature, marketing=marketing)
    yield from _registered(cards, template, card, marketing=marketing)


def _registered(cards: Cards, template: CardTemplate, card: Card, *, marketing: bool) -> Iterator[Finding]:
    """What a provider would turn down of the registered texts, and where the card says something else."""
    for account, registered in template.templates.items():
        flaws = list(check_template(account, registered, marketing=marketing))
        yield from map(_finding, flaws)
        if not flaws:
            cards.registered(card, account, marketing=marketing)
    for account, rich in template.rich_sms.items():
        flaws = list(check_template(account, rich.registered, marketing=marketing))
        yield from map(_finding, flaws)
        if not flaws:
            cards.rich_sms(card, account, marketing=marketing)


def _left_out(template: CardTemplate, scope: Scope) -> Iterator[Finding]:
    """What the sample does not show, because it lacks what that needs: then nobody has ever looked at it."""
    panels = [(template.panel, scope)]
    if template.carousel:
        panels += [(template.carousel.panel, inner) for inner in entries(template, scope)]
    for panel, inner in panels:
        for button in panel.actions:
            if _does(button, inner) is None:
                problem = f"is left out with the sample: {', '.join(button.values)} are missing or no such thing"
                yield _finding(button.place.error(problem))
        yield from _no_media(panel, inner)
    if template.file and media(template.file, scope) is None:
        yield _at(template, "is left out with the sample: it has no http(s) address", "file", "url")


def _does(button: ButtonTemplate, scope: Scope) -> object:
    return action(button, scope, lambda value, scope, _: value.render(scope))


def _no_media(panel: PanelTemplate, scope: Scope) -> Iterator[Finding]:
    if panel.media and media(panel.media, scope) is None:
        error = panel.media.url.place.error("is left out with the sample: it has no http(s) address")
        yield _finding(error)


def _looks(template: CardTemplate, card: Card) -> Iterator[Finding]:
    """What is more than a wire takes, each thing once, with the wires it is too much for."""
    found: dict[tuple[FieldPath, str], list[str]] = {}
    level: Level
    for limits in ALL:
        for fault in dict.fromkeys(faults(form_of(card, limits), limits)):
            found.setdefault(fault, []).append(limits.renderer)
    for (at, problem), renderers in found.items():
        level = "warning" if renderers == [TWILIO.renderer] else "error"  # the one that is not asked for everywhere
        yield _at(template, f"{problem} ({', '.join(renderers)})", *at, level=level)
    if len(card.panel.buttons) > RBM.alone and (card.panel.media or card.panel.title) and not card.carousel:
        problem = f"has {len(card.panel.buttons)} buttons, a card holds {RBM.alone}; words alone hold more"
        yield _at(template, problem, "buttons")
    panels = len(list(entries(template, dict(card.data))))
    fewest, most = RBM.panels
    if template.carousel and not fewest <= panels <= most:
        yield _at(template, f"the sample makes {panels} panels, a carousel has {fewest} to {most}", "carousel")


def _labels(template: CardTemplate, card: Card) -> Iterator[Finding]:
    """Answers that fit no button: they would be written out by number, which is not what the file shows."""
    for button in _buttons(card):
        size = len(button.label.encode())
        if button.action is None and len(button.label) > RBM.label:
            problem = f"{button.label!r} has {len(button.label)} characters, a button holds {RBM.label}"
            yield _at(template, problem, *button.at)
        elif button.at[-1] != "buttons" and size > GSMA.label_bytes:
            problem = f"{button.label!r} has {size} bytes; some 5G消息 platforms may take only {GSMA.label_bytes}"
            yield _at(template, problem, *button.at, level="warning")


def _buttons(card: Card) -> Iterator[Button]:
    for panel in (card.panel, *card.carousel):
        yield from panel.buttons


def _cut(template: CardTemplate, card: Card) -> Iterator[Finding]:
    for field in dict.fromkeys(card.shortened):
        yield _at(template, "is cut to fit with the sample: shorten the sample or the words", *field.split("."))


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


def _text(template: CardTemplate, card: Card, signature: str, *, marketing: bool) -> Iterator[Finding]:
    field = speaker(card)
    try:
        text = to_text(card, signature, marketing=marketing)
    except CardError as error:
        yield _finding(error)
        return
    if text.shortened:
        wording = worded(card, signature, marketing=marketing)
        yield _at(template, f"values had to be cut: {advice(wording, card.segments)}", field)
    for problem in dict.fromkeys(exposed(text.body, card.data)):
        yield _at(template, problem, field, level="warning")


def _at(template: CardTemplate, problem: str, *field: str | int, level: Level = "error") -> Finding:
    return _finding(template.place.at(*field).error(problem), level)


def _finding(error: CardError, level: Level = "error") -> Finding:
    return Finding(error.file, error.line, error.field, error.problem, level)
