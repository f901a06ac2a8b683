"""All cards of a folder: `<language>/<flow's folder>/<card>.yml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from cards.choices import choice, label, offered
from cards.compiled import CardTemplate, load_card
from cards.filters import FILTERS, ZONE
from cards.model import FALLBACK_LANGUAGE, Card, CardChoice, CardError, ChoiceLike
from cards.registered import Registered, registered
from cards.render import render
from cards.rich_sms import RichSms, rich_sms

LABEL_ZONE = "Asia/Shanghai"
"""Zone of times in labels: a choice is frozen for all languages, before it is known where it will be read."""


class Cards:
    """The cards, by name and language. `load_cards` makes one."""

    def __init__(self, templates: Mapping[str, Mapping[str, CardTemplate]]) -> None:
        self._templates = templates

    def names(self) -> frozenset[str]:
        return frozenset(self._templates)

    def languages(self, name: str) -> tuple[str, ...]:
        """The languages the card is written in. Raises CardError when there is no such card."""
        return tuple(self._of(name))

    def template(self, name: str, language: str) -> CardTemplate:
        """The card in `language`, or else in the fallback language. Raises CardError when there is no such card."""
        of = self._of(name)
        return of.get(language) or of.get(FALLBACK_LANGUAGE) or next(iter(of.values()))

    def choices(self, name: str, data: Mapping[str, JsonValue]) -> tuple[CardChoice, ...]:
        """The answers the card offers, in the order text numbers them (hidden ones too). Raises CardError."""
        scope = {**data, ZONE: LABEL_ZONE}
        main = self.template(name, FALLBACK_LANGUAGE)
        offers = {language: offered(of, scope) for language, of in self._of(name).items()}
        labels = {
            language: [label(self._templates[name][language], offer) for offer in found]
            for language, found in offers.items()
        }
        return tuple(
            choice(offer, {language: of[index] for language, of in labels.items() if index < len(of)})
            for index, offer in enumerate(offers[main.language])
        )

    def render(
        self,
        name: str,
        language: str,
        data: Mapping[str, JsonValue],
        *,
        zone: str,
        ask: str | None = None,
        choices: Sequence[ChoiceLike] | None = None,
    ) -> Card:
        """The card as it is sent.

        data: JSON; money as decimal strings of yuan, times in ISO 8601. zone: of the person ("Asia/Shanghai").
        ask: id its reply buttons answer; without one there are none.
        choices: as frozen in the ask; None = the card's own.
        Raises CardError: no such card, missing data, or too long to be made to fit.
        """
        if ask is None:
            choices = ()
        elif choices is None:
            choices = self.choices(name, data)
        return render(self.template(name, language), data, zone, ask, choices)

    def registered(self, card: Card, account: str, *, marketing: bool = False) -> Registered | None:
        """The card by the template it names for the account; None when it names none.

        Raises CardError: it does not say what the template does, or a value is one the provider forbids.
        """
        template = self.template(card.name, card.language).templates.get(account)
        return registered(card, account, template, marketing=marketing) if template else None

    def rich_sms(self, card: Card, account: str, *, marketing: bool = False) -> RichSms | None:
        """The card as the rich SMS its file names for the account; None when it names none. Raises CardError."""
        template = self.template(card.name, card.language).rich_sms.get(account)
        return rich_sms(card, account, template, marketing=marketing) if template else None

    def _of(self, name: str) -> Mapping[str, CardTemplate]:
        try:
            return self._templates[name]
        except KeyError:
            raise CardError(name, 0, "", "there is no such card") from None


def load_cards(path: Path) -> Cards:
    """All cards under `path`. Raises CardError (file, line, field) for the first that is none."""
    templates: dict[str, dict[str, CardTemplate]] = {}
    for language in sorted(FILTERS, key=lambda name: name != FALLBACK_LANGUAGE):
        for file in sorted((path / language).rglob("*.yml")):
            template = load_card(file, path, language)
            templates.setdefault(template.name, {})[language] = template
    return Cards(templates)
