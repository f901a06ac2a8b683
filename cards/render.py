"""A card and data → `Card`, the value that the renderers print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from cards.choices import entries, offered
from cards.compiled import ButtonTemplate, CardTemplate, PanelTemplate
from cards.filters import ZONE
from cards.model import (
    BODY_MAX,
    CAROUSEL_MAX,
    TITLE_MAX,
    URL_MAX,
    Button,
    Card,
    ChoiceLike,
    Media,
    Panel,
    label_of,
    postback,
)
from cards.shorten import fit
from cards.templates import Scope, Value

_WEB: Final = re.compile(r"^https?://[^\s<>\"]+$")
_NUMBER: Final = re.compile(r"^\+[0-9]{3,15}$")

_INLINE_MAX: Final = 14
"""Characters of a label that still reads well in "回复1接受 2拒绝"; a longer one gives each option its own line."""


def render(
    template: CardTemplate,
    data: Mapping[str, JsonValue],
    zone: str,
    ask: str | None,
    choices: Sequence[ChoiceLike],
) -> Card:
    """The card as it is sent. choices: of the ask, in its frozen order. Raises CardError."""
    return _Rendering(template, data, zone, ask, choices).card()


class _Rendering:
    """One card being rendered: what its parts share, and what had to be cut."""

    def __init__(
        self,
        template: CardTemplate,
        data: Mapping[str, JsonValue],
        zone: str,
        ask: str | None,
        choices: Sequence[ChoiceLike],
    ) -> None:
        self._template = template
        self._data = data
        self._scope: Scope = {**data, ZONE: zone}
        self._ask = ask
        self._choices = choices
        visible = [choice for choice in choices if not choice.hidden]
        self._options = tuple(label_of(choice, template.language) for choice in visible)
        self._numbers = {choice.id: number for number, choice in enumerate(visible, 1)}
        self._actions = 0
        self._shortened: list[str] = []

    def card(self) -> Card:
        template, scope = self._template, self._scope
        carousel = self._carousel()
        shown = {button.postback for panel in carousel for button in panel.buttons}
        replies = [self._reply(choice.id, label_of(choice, template.language)) for choice in self._choices]
        panel = self._panel(template.panel, scope, [button for button in replies if button.postback not in shown])
        if len(carousel) == 1:  # a carousel has at least two: one entry is a card of its own
            (only,) = carousel
            panel, carousel = Panel(only.title, only.body, only.media, (*only.buttons, *panel.buttons)), ()
        return Card(
            name=template.name,
            language=template.language,
            file=template.place.file,
            panel=panel,
            carousel=carousel,
            text=template.text.render(scope) if template.text else _sentence(panel, template.language),
            options=self._options,
            listed=template.carousel is not None or any(len(option) > _INLINE_MAX for option in self._options),
            also=template.also.render(scope) if template.also else "",
            segments=template.source.segments,
            data=self._data,
            shortened=tuple(self._shortened),
        )

    def _carousel(self) -> tuple[Panel, ...]:
        """A panel for each entry; none when there are more than a carousel holds: then their choices are listed."""
        template = self._template.carousel
        scopes = list(entries(self._template, self._scope))
        if template is None or len(scopes) > CAROUSEL_MAX:
            return ()
        frozen = {choice.id for choice in self._choices}
        replies: list[list[Button]] = [[] for _ in scopes]
        for offer in offered(self._template, self._scope) if frozen else ():
            if offer.entry is not None and offer.id in frozen:
                replies[offer.entry].append(self._reply(offer.id, offer.button.label.render(offer.scope)))
        return tuple(self._panel(template.panel, scope, own) for scope, own in zip(scopes, replies, strict=True))

    def _reply(self, choice: str, label: str) -> Button:
        return Button("reply", label, postback(self._ask or "", choice), number=self._numbers.get(choice, 0))

    def _panel(self, template: PanelTemplate, scope: Scope, replies: Sequence[Button]) -> Panel:
        url = _address(template.media.url, scope, _WEB) if template.media else ""
        actions = [self._action(button, scope) for button in template.actions]
        return Panel(
            title=self._fitted(template.title, scope, TITLE_MAX),
            body=self._fitted(template.body, scope, BODY_MAX),
            media=Media(url, template.media.height) if template.media and url else None,
            buttons=(*replies, *(action for action in actions if action.target)),
        )

    def _action(self, button: ButtonTemplate, scope: Scope) -> Button:
        self._actions += 1
        target = _address(button.target, scope, _NUMBER if button.kind == "dial" else _WEB)
        tap = f"open:{self._ask or self._template.name}:{self._actions}"
        return Button(button.kind, button.label.render(scope), tap, target)

    def _fitted(self, value: Value | None, scope: Scope, limit: int) -> str:
        words = value.render(scope) if value else ""
        if value is None or len(words) <= limit:
            return words
        shorter = fit(words, self._data, lambda cut: len(cut) <= limit)
        if shorter is None:
            raise value.place.error(f"is {len(words)} characters long, the limit is {limit}")
        self._shortened.append(value.place.field)
        return shorter


def _address(value: Value | None, scope: Scope, pattern: re.Pattern[str]) -> str:
    """A URL or number a phone can use; "" when it is missing or no such thing: then what needs it is left out."""
    address = value.render(scope) if value else ""
    return address if len(address) <= URL_MAX and pattern.match(address) else ""


def _sentence(panel: Panel, language: str) -> str:
    """Title and body as running text."""
    if not panel.title or not panel.body:
        return panel.title or panel.body
    stop = "" if panel.title[-1] in "。！？!?." else "。" if language == "zh" else "."
    return f"{panel.title}{stop}{'' if language == 'zh' else ' '}{panel.body}"
