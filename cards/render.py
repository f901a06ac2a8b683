"""A card and data → `Card`, the value that the renderers print."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue

from cards.buttons import action, address, media
from cards.choices import entries, offered
from cards.compiled import ButtonTemplate, CardTemplate, PanelTemplate
from cards.filters import FILTERS, ZONE
from cards.limits import ALL, BODY_MAX, TITLE_MAX
from cards.model import Button, Card, ChoiceLike, FieldPath, Panel, label_of, postback
from cards.shorten import fit
from cards.templates import Scope, Value

_INLINE_MAX: Final = 14
"""Characters of a label that still reads well in "回复1接受 2拒绝"; a longer one gives each option its own line."""
_PANELS_MAX: Final = max(limits.panels[1] for limits in ALL)
_REPLIES: Final[FieldPath] = ("buttons",)
_NAME: Final = re.compile(r"\bname\b")


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
    """One card being rendered: what its parts share, and the words of the fields that had to be cut."""

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
        self._whole: dict[str, str] = {}

    def card(self) -> Card:
        template, scope = self._template, self._scope
        carousel = self._carousel()
        shown = {button.postback for panel in carousel for button in panel.buttons}
        replies = [
            self._reply(choice.id, label_of(choice, template.language), template.replies.get(choice.id, _REPLIES))
            for choice in self._choices
        ]
        panel = self._panel(template.panel, scope, [button for button in replies if button.postback not in shown])
        says = template.panel, scope
        if template.carousel and len(carousel) == 1:  # a carousel has at least two: one entry is a card of its own
            (only,) = carousel
            panel = Panel(only.title, only.body, only.media, (*only.buttons, *panel.buttons), only.at)
            carousel, says = (), (template.carousel.panel, next(entries(template, scope)))
        return Card(
            name=template.name,
            language=template.language,
            place=template.place,
            panel=panel,
            carousel=carousel,
            file=media(template.file, scope) if template.file else None,
            layout=template.layout,
            text=template.text.render(scope) if template.text else self._sentence(panel, *says),
            options=self._options,
            listed=template.carousel is not None or any(len(option) > _INLINE_MAX for option in self._options),
            also=template.also.render(scope) if template.also else "",
            segments=template.source.segments,
            data=self._data,
            zone=str(scope[ZONE]),
            shortened=tuple(self._whole),
        )

    def _carousel(self) -> tuple[Panel, ...]:
        """A panel for each entry; none when there are more than any carousel holds: then their choices are listed."""
        template = self._template.carousel
        scopes = list(entries(self._template, self._scope))
        if template is None or len(scopes) > _PANELS_MAX:
            return ()
        frozen = {choice.id for choice in self._choices}
        replies: list[list[Button]] = [[] for _ in scopes]
        for offer in offered(self._template, self._scope) if frozen else ():
            if offer.entry is not None and offer.id in frozen:
                label = offer.button.label.render(offer.scope)
                replies[offer.entry].append(self._reply(offer.id, label, offer.button.place.path))
        return tuple(self._panel(template.panel, scope, own) for scope, own in zip(scopes, replies, strict=True))

    def _reply(self, choice: str, label: str, at: FieldPath) -> Button:
        return Button(label, postback(self._ask or "", choice), number=self._numbers.get(choice, 0), at=at)

    def _panel(self, template: PanelTemplate, scope: Scope, replies: Sequence[Button]) -> Panel:
        return Panel(
            title=self._fitted(template.title, scope, TITLE_MAX) if template.title else "",
            body=self._fitted(template.body, scope, BODY_MAX) if template.body else "",
            media=media(template.media, scope) if template.media else None,
            buttons=(*replies, *filter(None, [self._action(button, scope) for button in template.actions])),
            at=template.place.path,
        )

    def _action(self, button: ButtonTemplate, scope: Scope) -> Button | None:
        """None when the data lacks what it needs."""
        self._actions += 1
        does = action(button, scope, self._fitted)
        if does is None:
            return None
        return Button(
            label=button.label.render(scope),
            postback=f"open:{self._ask or self._template.name}:{self._actions}",
            action=does,
            fallback=address(button.values.get("fallback"), scope) if "fallback" in button.values else "",
            at=button.place.path,
        )

    def _fitted(self, value: Value, scope: Scope, limit: int) -> str:
        words = value.render(scope)
        if len(words) <= limit:
            return words
        shorter = fit(words, self._data, lambda cut: len(cut) <= limit)
        if shorter is None:
            raise value.place.error(f"is {len(words)} characters long, the limit is {limit}")
        self._whole[value.place.field] = words
        return shorter

    def _sentence(self, panel: Panel, template: PanelTemplate, scope: Scope) -> str:
        """Title and body of the panel as running text, uncut, in which an item is discreet about its name."""
        if any(value and _NAME.search(value.source) for value in (template.title, template.body)):
            say = FILTERS[self._template.language]["discreet"]
            inner = {name: discreet(value, say) for name, value in scope.items()}
            title, body = (value.render(inner) if value else "" for value in (template.title, template.body))
        else:
            title, body = (
                self._whole.get(value.place.field, words) if value else words
                for value, words in ((template.title, panel.title), (template.body, panel.body))
            )
        return _sentence(title, body, self._template.language)


def discreet(data: Any, say: Callable[..., str]) -> Any:
    """The data with the name of every item in it replaced by what it is and its number."""
    if isinstance(data, Mapping):
        inner = {name: discreet(value, say) for name, value in data.items()}
        return {**inner, "name": say(data)} if "name" in data and "code" in data else inner
    if isinstance(data, list):
        return [discreet(value, say) for value in data]
    return data


def _sentence(title: str, body: str, language: str) -> str:
    """Title and body as running text."""
    if not title or not body:
        return title or body
    stop = "" if title[-1] in "。！？!?." else "。" if language == "zh" else "."
    return f"{title}{stop}{'' if language == 'zh' else ' '}{body}"
