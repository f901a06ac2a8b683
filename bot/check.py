"""`bot check` and `bot graph`: what can be proved about flows and cards before a customer meets them."""

from __future__ import annotations

import sys

from bot.compose import shipped_cards, shipped_library
from bot.errors import ConfigError
from cards.check import check as check_cards
from flows.actions import ACTIONS
from flows.graph import mermaid
from flows.lint import lint


def check() -> int:
    """Print every finding; 1 when one of them is an error."""
    cards = shipped_cards()
    library = shipped_library(cards)
    actions = [action().name() for action in ACTIONS]
    flaws = [f"error: {where}: {what}" for where, what in lint(library, cards.names(), actions)]
    marketing = {card for flow in library.flows.values() if flow.kind == "marketing" for card in flow.cards}
    looks = check_cards(cards, marketing=marketing)
    for line in (*flaws, *looks):
        print(line, file=sys.stderr)  # noqa: T201 - the command's answer
    wrong = len(flaws) + sum(look.level == "error" for look in looks)
    print(f"{len(library.flows)} flows, {len(cards.names())} cards: {wrong} errors", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


def graph(flow: str) -> str:
    """The flow as Mermaid text. Raises ConfigError when there is none of this name."""
    library = shipped_library(shipped_cards())
    if flow not in library.flows:
        raise ConfigError(f"there is no flow {flow}; there are {', '.join(sorted(library.flows))}")
    return mermaid(library.flows[flow])
