"""Every shipped card in every language and form, as it was last looked at; `--update` writes them anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import judges
from support.cards import every_card, shipped

from cards import Card
from cards.check import SAMPLE_SIGNATURE, sample
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.text import to_text
from cards.twilio import TwilioContent, to_twilio

GOLDEN = Path(__file__).parents[1] / "golden" / "cards"


def as_text(card: Card) -> str:
    text = to_text(card, SAMPLE_SIGNATURE)
    return f"{text.body}\n---\n{text.segments} of {card.segments} segments, {text.encoding}\n"


def as_rbm(card: Card) -> str:
    return json.dumps(to_rbm(card), ensure_ascii=False, indent=2) + "\n"


def as_gsma(card: Card) -> str:
    parts = [{"contentType": part.type, "content": part.content} for part in to_gsma(card)]
    return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"


def content(card: Card) -> TwilioContent:
    return to_twilio(card, to_text(card, SAMPLE_SIGNATURE).body)


def as_twilio(card: Card) -> str:
    return json.dumps(content(card).template, ensure_ascii=False, indent=2) + "\n"


RENDERERS: dict[str, Callable[[Card], str]] = {
    "text.txt": as_text,
    "rbm.json": as_rbm,
    "gsma.json": as_gsma,
    "twilio.json": as_twilio,
}


def golden(language: str, name: str, renderer: str) -> Path:
    return GOLDEN / language / f"{name}.{renderer}"


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize(("language", "name"), every_card())
def test_looks_as_it_did(language: str, name: str, renderer: str, update: bool) -> None:
    """Every card × renderer × language has a golden, and it is what comes out."""
    shown = RENDERERS[renderer](sample(shipped(), name, language))
    file = golden(language, name, renderer)
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert file.exists(), f"{file} is missing: look at what `pytest tests/cards --update` writes, and commit it"
    assert shown == file.read_text(encoding="utf-8")


def test_no_golden_without_a_card() -> None:
    """A golden whose card is gone is deleted with it."""
    wanted = {golden(language, name, renderer) for language, name in every_card() for renderer in RENDERERS}
    assert {file for file in GOLDEN.rglob("*") if file.is_file()} == wanted


@pytest.mark.parametrize(("language", "name"), every_card())
def test_every_wire_takes_it(language: str, name: str) -> None:
    """Every card keeps the limits each wire publishes, judged by schemas that know nothing of the renderers."""
    card = sample(shipped(), name, language)
    assert judges.rbm(to_rbm(card)) == []
    assert judges.gsma(to_gsma(card)) == []
    assert judges.twilio(content(card)) == []
