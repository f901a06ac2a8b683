"""Cards for tests: the shipped ones, and single ones written in the test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent

from cards.library import Cards, load_cards

ROOT = Path(__file__).parents[2]


@cache
def shipped() -> Cards:
    return load_cards(ROOT / "cards")


def every_card() -> list[tuple[str, str]]:
    """(language, name) of every shipped card."""
    return [(language, name) for name in sorted(shipped().names()) for language in shipped().languages(name)]


def written(folder: Path, zh: str, name: str = "test/card", **languages: str) -> Cards:
    """The card of these files' texts, the `card:` line added in front."""
    for language, text in {"zh": zh, **languages}.items():
        file = folder / "cards" / language / f"{name}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"card: {name}\n{dedent(text).lstrip()}", encoding="utf-8")
    return load_cards(folder / "cards")
