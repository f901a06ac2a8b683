"""Every shipped card is the same by both ways to the GSMA's words: its own renderer, and RBM's JSON translated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.carriers.gsma import Unsaid, parts

GOLDEN = Path(__file__).parent.parent / "golden" / "cards"
CARDS = sorted(GOLDEN.rglob("*.gsma.json"))
UNTOLD = frozenset(("mediaFileSize", "thumbnailFileSize", "fileSize", "contentDescription"))
"""What RBM does not tell of a file."""


def test_both_ways_are_one() -> None:
    """But for what only one of them knows."""
    assert CARDS
    for golden in CARDS:
        rich = json.loads(golden.with_name(golden.name.replace(".gsma.", ".rbm.")).read_text())
        made = [
            {"contentType": part.content_type, "content": told(part.content)}
            for part in parts(rich, "", Unsaid(0, 0, "image/jpeg"))
        ]
        assert made == told(json.loads(golden.read_text())), golden.relative_to(GOLDEN)


def told(value: Any) -> Any:
    """The value without what is untold."""
    if isinstance(value, dict):
        return {name: told(inner) for name, inner in value.items() if name not in UNTOLD}
    return [told(inner) for inner in value] if isinstance(value, list) else value
