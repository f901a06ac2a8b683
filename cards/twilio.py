"""Card → a Twilio Content template and the variables of one message (Content API, types twilio/card and others).

Twilio sends rich content only by a template that was made beforehand (`ContentSid`), so everything that differs from
message to message is a variable, and messages of the same shape share one template, known by its `name`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from cards.actions import Dial, OpenUrl
from cards.form import Form, arranged, said
from cards.limits import TWILIO
from cards.model import Button, Card, Panel

VARIABLES_MAX: Final = 100
VALUE_MAX: Final = 1600
"""Variables of one template, and characters of one's value. An empty value is refused (error 21656)."""


@dataclass(frozen=True, slots=True)
class TwilioContent:
    """name: of the template; another shape has another. variables: "1" -> its value in this message.

    template: body of POST /v1/Content that makes it, with this message's values as samples.
    """

    name: str
    template: Mapping[str, JsonValue]
    variables: Mapping[str, str]

    @property
    def content_variables(self) -> str:
        """The field `ContentVariables` of a send."""
        return json.dumps(self.variables, ensure_ascii=False)


def to_twilio(card: Card, text: str) -> TwilioContent:
    """The rich content, and `text` (its text form as it is sent) for phones that only take SMS.

    Raises CardError when it is more than Twilio takes.
    """
    form = arranged(card, TWILIO)
    variables = _Variables(card)
    types: dict[str, JsonValue] = {}
    if form.file and form.chips:  # twilio/media has no suggestions
        shown = Panel(body=card.text, media=form.file)
        types["twilio/card"] = _standalone(Form(panels=(shown,), chips=form.chips), variables)
    elif form.file:
        types["twilio/media"] = {"body": variables.add(card.text), "media": [variables.add(form.file.url)]}
    elif len(form.panels) > 1:
        body = variables.add(said(card.panel))
        types["twilio/carousel"] = {"body": body, "cards": [_card(panel, variables) for panel in form.panels]}
    elif form.panels or form.chips:
        types["twilio/card"] = _standalone(form, variables)
    types["twilio/text"] = {"body": variables.add(text)}
    shape = hashlib.sha256(json.dumps(types, sort_keys=True).encode()).hexdigest()[:8]
    name = f"{card.name}.{card.language}.{shape}"
    template: dict[str, JsonValue] = {
        "friendly_name": name,
        "language": card.language,
        "variables": dict(variables.values),
        "types": types,
    }
    return TwilioContent(name, template, variables.values)


class _Variables:
    """Values put aside for one message, each leaving its placeholder."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self.values: dict[str, str] = {}

    def add(self, value: str) -> str:
        if len(self.values) == VARIABLES_MAX or len(value) > VALUE_MAX:
            problem = f"Twilio takes {VARIABLES_MAX} values of {VALUE_MAX} characters; this is more"
            raise self._card.place.error(problem)
        name = str(len(self.values) + 1)
        self.values[name] = value
        return f"{{{{{name}}}}}"


def _standalone(form: Form, variables: _Variables) -> JsonValue:
    """With media it is a card; without, words with chips, which have no title of their own."""
    panel = form.panels[0] if form.panels else Panel(body=form.words)
    if not panel.media:
        panel = Panel(body=said(panel), buttons=panel.buttons)
    card = _card(panel, variables)
    if form.chips:
        card["actions"] = [_action(button, variables) for button in (*panel.buttons, *form.chips)]
    if panel.media:
        card["media"] = [card["media"]]
    return card


def _card(panel: Panel, variables: _Variables) -> dict[str, JsonValue]:
    card: dict[str, JsonValue] = {}
    if panel.title:
        card["title"] = variables.add(panel.title)
    if panel.body:
        card["body"] = variables.add(panel.body)
    if panel.media:
        card["media"] = variables.add(panel.media.url)
    if panel.buttons:
        card["actions"] = [_action(button, variables) for button in panel.buttons]
    return card


def _action(button: Button, variables: _Variables) -> JsonValue:
    title = variables.add(button.label)
    match button.action:
        case OpenUrl(url=url, view=view):
            action: dict[str, JsonValue] = {"type": "URL", "title": title, "url": variables.add(url)}
            return {**action, "webview_size": view.upper()} if view else action
        case Dial(number=number):
            return {"type": "PHONE_NUMBER", "title": title, "phone": variables.add(number)}
        case _:
            return {"type": "QUICK_REPLY", "title": title, "id": variables.add(button.postback)}
