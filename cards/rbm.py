"""Card → contentMessage of Google's RCS for Business (reference: `AgentContentMessage`, `RichCard`, `Suggestion`)."""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from cards.model import CHIPS_MAX, LABEL_MAX, PANEL_BUTTONS_MAX, RBM_TEXT_MAX, Button, Card, CardError, Panel
from cards.text import numbered

RbmJson = dict[str, JsonValue]


def to_rbm(card: Card) -> RbmJson:
    """Text with chips, a standalone card or a carousel.

    A card of words alone, or one whose choices fit no button, goes as text. Suggestions beyond a card's four
    become chips under it. Raises CardError when the choices, written out, are more than a message holds.
    """
    panel = card.panel
    if card.carousel:
        contents: list[JsonValue] = [_content(each, each.buttons[:PANEL_BUTTONS_MAX]) for each in card.carousel]
        carousel: RbmJson = {"cardWidth": "MEDIUM", "cardContents": contents}
        return _message({"richCard": {"carouselCard": carousel}}, panel.buttons)
    words_alone = not panel.media and not (panel.title and panel.buttons)
    on_card, under = ((), panel.buttons) if words_alone else _split(panel.buttons)
    if len(under) > CHIPS_MAX or any(len(button.label) > LABEL_MAX for button in panel.buttons):
        return _by_number(card)
    if words_alone:
        return _message({"text": _words(card)}, under)
    standalone: RbmJson = {"cardOrientation": "VERTICAL", "cardContent": _content(panel, on_card)}
    return _message({"richCard": {"standaloneCard": standalone}}, under)


def _message(message: RbmJson, chips: tuple[Button, ...]) -> RbmJson:
    if chips:
        message["suggestions"] = [_suggestion(button) for button in chips[:CHIPS_MAX]]
    return message


def _content(panel: Panel, buttons: tuple[Button, ...]) -> RbmJson:
    content: RbmJson = {}
    if panel.media:
        content["media"] = {"height": panel.media.height.upper(), "contentInfo": {"fileUrl": panel.media.url}}
    if panel.title:
        content["title"] = panel.title
    if panel.body:
        content["description"] = panel.body
    if buttons:
        content["suggestions"] = [_suggestion(button) for button in buttons]
    return content


def _suggestion(button: Button) -> RbmJson:
    if button.kind == "reply":
        return {"reply": {"text": button.label, "postbackData": button.postback}}
    action: RbmJson = {"text": button.label, "postbackData": button.postback}
    if button.kind == "open":
        action["openUrlAction"] = {"url": button.target}
    else:
        action["dialAction"] = {"phoneNumber": button.target}
    return {"action": action}


def _split(buttons: tuple[Button, ...]) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
    return buttons[:PANEL_BUTTONS_MAX], buttons[PANEL_BUTTONS_MAX:]


def _by_number(card: Card) -> RbmJson:
    """A label is never cut: choices too long for a button are written out, and the chips carry their numbers."""
    chips = tuple(
        replace(button, label=str(button.number)) if button.number else button
        for button in card.panel.buttons
        if button.number or len(button.label) <= LABEL_MAX
    )
    text = f"{_words(card)}\n{numbered(card.options)}"
    if len(text) > RBM_TEXT_MAX:
        raise CardError(card.file, 0, "buttons", f"written out are {len(text)} characters, RBM takes {RBM_TEXT_MAX}")
    return _message({"text": text}, chips)


def _words(card: Card) -> str:
    return "\n".join(part for part in (card.panel.title, card.panel.body) if part)
