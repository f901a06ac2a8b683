"""What rendering a card costs: `python -m bench.cards`. Prints the median of several rounds, in microseconds.

The bar is of a card with ten variables, its templates compiled once and kept; the shipped offer stands beside it.
`--renders 1000000` is how often the soak renders: the memory of the process must not grow.
"""

from __future__ import annotations

import argparse
import gc
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from cards import Card, Cards, load_cards
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.text import to_text
from cards.twilio import to_twilio

ROUNDS = 31
RENDERS = 300
BAR_US = 120.0

TEN = """\
card: bench/ten
media: {url: "https://img.example.com/{{ a }}.jpg"}
title: "{{ b }}出价 {{ c | yuan }}"
body: "{{ d | discreet }}有买家出价，{{ e | when }}前有效，{{ f }}。"
buttons:
  - {reply: 接受, means: affirm}
  - {reply: 拒绝, means: deny}
  - {open: 查看, url: "https://shop.example.com/{{ g }}"}
text: "{{ h }}：{{ i }}，{{ j }}。"
"""
VALUES: dict[str, JsonValue] = {
    **{name: f"值{name}" for name in "abfghij"},
    "c": "15200",
    "d": {"code": "3287", "category": "腕表"},
    "e": "2026-11-25T10:00:00+00:00",
}
OFFER: dict[str, JsonValue] = {
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renders", type=int, default=50_000, help="renders of the soak (default 50,000)")
    options = parser.parse_args()
    started = time.perf_counter()
    cards = load_cards(Path(__file__).parents[1] / "cards")
    print(f"load {len(cards.names())} cards           {(time.perf_counter() - started) * 1e3:8.1f} ms")
    ten, offer = _renderer(_written(TEN), "bench/ten", VALUES), _renderer(cards, "consignment/offer", OFFER)
    card = offer()
    median = 0.0
    for name, job in {
        "ten variables, RBM": lambda: to_rbm(ten()),
        "offer, RBM": lambda: to_rbm(offer()),
        "offer, GSMA": lambda: to_gsma(offer()),
        "offer, text": lambda: to_text(offer(), "叮咚寄售"),
        "of these: its choices": lambda: cards.choices("consignment/offer", OFFER),
        "of these: the card": offer,
        "of these: RBM's JSON": lambda: to_rbm(card),
        "of these: GSMA's JSON": lambda: to_gsma(card),
        "of these: Twilio's": lambda: to_twilio(card, "x"),
        "of these: the text": lambda: to_text(card, "叮咚寄售"),
    }.items():
        took = _median_us(job)
        median = median or took
        print(f"{name:24}{took:8.1f} µs")
    print(f"bar {BAR_US:.0f} µs: {'kept' if median <= BAR_US else 'MISSED'}")
    _soak(lambda: (to_rbm(ten()), to_text(offer(), "叮咚寄售")), options.renders // 2)


def _written(text: str) -> Cards:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cards", "zh", "bench", "ten.yml")
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        return load_cards(Path(folder, "cards"))


def _renderer(cards: Cards, name: str, data: dict[str, JsonValue]) -> Callable[[], Card]:
    choices = cards.choices(name, data)
    return lambda: cards.render(name, "zh", data, zone="Asia/Shanghai", ask="t1.1", choices=choices)


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


def _soak(job: Callable[[], object], times: int) -> None:
    """Each job renders two cards."""
    for _ in range(min(times, 5_000)):
        job()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(times):
        job()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{2 * times:,} renders: {after - before:+,} KiB of {after:,}")


if __name__ == "__main__":
    main()
