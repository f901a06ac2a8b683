"""`bot cards preview`: a card with the data of its sample, as each wire carries it."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Any, Literal

from bot.compose import shipped_cards
from bot.errors import ConfigError
from cards import Card, CardError, Cards
from cards.check import SAMPLE_SIGNATURE, sample
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.segments import count
from cards.text import to_text
from cards.twilio import to_twilio
from cards.wording import capacity

Renderer = Literal["rbm", "gsma", "twilio", "text"]


def preview(name: str, language: str, renderer: Renderer) -> str:
    """What to print of the card. Raises ConfigError."""
    cards = shipped_cards()
    try:
        card = _sampled(cards, name, language)
        match renderer:
            case "rbm":
                return _json(to_rbm(card))
            case "gsma":
                return _json([{"contentType": part.type, "content": part.content} for part in to_gsma(card)])
            case "twilio":
                return _json(to_twilio(card, to_text(card, SAMPLE_SIGNATURE).body).template)
            case "text":
                return _text(card)
    except CardError as error:
        raise ConfigError(str(error)) from None


def _sampled(cards: Cards, name: str, language: str) -> Card:
    if name not in cards.names():
        near = get_close_matches(name, cards.names()) or sorted(cards.names())
        raise ConfigError(f"there is no card {name}; there are {', '.join(near)}")
    if language not in cards.languages(name):
        raise ConfigError(f"{name} is written in {', '.join(cards.languages(name))}, not in {language}")
    return sample(cards, name, language)


def _text(card: Card) -> str:
    """The text, and what it takes."""
    text = to_text(card, SAMPLE_SIGNATURE)
    units = count(text.body).units
    left = capacity(text.encoding, card.segments) - units
    return (
        f"{text.body}\n---\n{text.segments} of {card.segments} segments: {units} units of {text.encoding}, {left} left"
    )


def _json(message: Any) -> str:
    return json.dumps(message, ensure_ascii=False, indent=2)
