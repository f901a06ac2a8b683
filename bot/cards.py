"""`bot cards preview`: a card with the data of its sample, as each wire carries it and as a phone shows it."""

from __future__ import annotations

import json
import shutil
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

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

Renderer = Literal["rbm", "gsma", "twilio", "text", "png"]

_WIDTH: Final = 390
"""CSS pixels of the phone in the picture; twice as many real ones."""
_PICTURE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><rect width="4" height="3" fill="#9aa4b2"/>'
    '<path d="M0 3 1.4 1.5l.9.8.7-.6L4 2.6V3z" fill="#6b7789"/><circle cx="3.1" cy=".8" r=".35" fill="#dfe4ea"/></svg>'
)
"""In place of every picture a card names: a preview fetches nothing."""


def preview(name: str, language: str, renderer: Renderer) -> str:
    """What to print of the card; of a picture, where it was written. Raises ConfigError."""
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
            case "png":
                file = Path(f"{name.replace('/', '-')}.{language}.png")
                _picture(card, file)
                return str(file)
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


def _picture(card: Card, file: Path) -> None:
    """The handset's view of the card as RBM carries it. Raises ConfigError where no browser is."""
    from bot.handset import document  # noqa: PLC0415 - and all that its page is made of

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import Route, sync_playwright  # noqa: PLC0415 - a tool of developers, not of a server
    except ImportError:
        chromium = None
    if chromium is None:
        raise ConfigError("png needs playwright and Chromium: pip install playwright, and Debian's package chromium")

    def drawn(route: Route) -> None:
        route.fulfill(body=_PICTURE, content_type="image/svg+xml")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport={"width": _WIDTH, "height": 844}, device_scale_factor=2)
            page.route("**/*", drawn)
            page.set_content(document(to_rbm(card), "en" if card.language == "en" else "zh"))
            page.locator("#shot").screenshot(path=file)
        finally:
            browser.close()
