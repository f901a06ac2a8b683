"""What the demo platform is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SELLERS: Final = (("+8613800138000", "林悦"), ("+8613900139000", "陈凯"))
"""The two sellers everything in the shop belongs to: (E.164, name)."""


@dataclass(frozen=True, slots=True)
class DemoConfig:
    """One shop.

    public_url: where phones and the bot reach it; pictures and item pages are there.
    bot_url, api_key: the bot's address, and the key for its /v1.
    platform_key: the bearer key the bot's actions call /api with. outcome_secret: "whsec_…".
    file: keeps the shop over a restart; None = in memory. faults: offer POST /test/faults.
    links: (key of words, URL) shown on the page.
    """

    public_url: str
    bot_url: str
    api_key: str
    platform_key: str
    outcome_secret: str
    sellers: Sequence[tuple[str, str]] = SELLERS
    file: Path | None = None
    faults: bool = False
    links: Sequence[tuple[str, str]] = ()
