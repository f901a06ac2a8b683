"""What rendering a card costs: `python -m bench.cards`. Prints the median of several rounds, in microseconds.

The offer card takes ten values from its data; its templates are compiled once and kept.
"""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from cards import Card, CardChoice, Cards, load_cards
from cards.rbm import to_rbm
from cards.text import to_text

ROUNDS = 31
RENDERS = 300
SOAK = 50_000

DATA: dict[str, JsonValue] = {
    "offer_id": "O-17",
    "item": {
        "code": "3287",
        "category": "腕表",
        "name": "潜航者",
        "photo": "https://img.example.com/3287.jpg",
        "url": "https://shop.example.com/items/3287",
    },
    "price": "15200",
    "expires_at": "2026-11-25T10:00:00+00:00",
    "counter": "16000",
    "revision": 2,
}


def main() -> None:
    started = time.perf_counter()
    cards = load_cards(Path(__file__).parents[1] / "cards")
    print(f"load {len(cards.names())} cards           {(time.perf_counter() - started) * 1e3:8.1f} ms")
    choices = cards.choices("consignment/offer", DATA)
    render = _renderer(cards, choices)
    card = render()
    for name, job in {
        "choices": lambda: cards.choices("consignment/offer", DATA),
        "card": render,
        "card and RBM JSON": lambda: to_rbm(render()),
        "RBM JSON of a card": lambda: to_rbm(card),
        "text of a card": lambda: to_text(card, "叮咚寄售"),
    }.items():
        print(f"{name:24}{_median_us(job):8.1f} µs")
    _soak(lambda: to_text(render(), "叮咚寄售"))


def _renderer(cards: Cards, choices: tuple[CardChoice, ...]) -> Callable[[], Card]:
    return lambda: cards.render("consignment/offer", "zh", DATA, zone="Asia/Shanghai", ask="t1.1", choices=choices)


def _median_us(job: Callable[[], object]) -> float:
    job()
    gc.collect()
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(RENDERS):
            job()
        rounds.append((time.perf_counter() - started) / RENDERS * 1e6)
    return statistics.median(rounds)


def _soak(job: Callable[[], object]) -> None:
    for _ in range(SOAK // 10):
        job()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(SOAK):
        job()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{SOAK:,} renders: {after - before:+,} KiB of {after:,}")


if __name__ == "__main__":
    main()
