"""How long a reply takes to understand, beside a bare `re.fullmatch` of one keyword.

    python -m bench.understand

Over the labelled replies of the tests, as they are and padded to 200 characters with what people say beside an
answer; and how much each further character of a long text costs. Prints a table; a number is the best of several runs.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from flows.state import Question
from flows.understand import score, understand
from flows.understand.contexts import CONTEXTS

LABELLED = Path(__file__).parent.parent / "tests" / "flows" / "understand" / "replies.jsonl"
NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
UP_TO = 200
PADDINGS = ("，谢谢你们，麻烦了", "，这块表是我爸以前在友谊商店买的，戴了好多年", " thank you very much for your help")
RUNS = 7


def main() -> None:
    rows = [row for row in score.labelled(LABELLED.read_text("utf-8").splitlines()) if len(row.text) <= UP_TO]
    keyword = re.compile("同意")
    bare = statistics.median(_best(partial(keyword.fullmatch, row.text)) for row in rows)
    plain = [_best(_call(row.text, CONTEXTS[row.context])) for row in rows]
    padded = [
        _best(_call((row.text + padding * UP_TO)[:UP_TO], CONTEXTS[row.context]))
        for row in rows
        for padding in PADDINGS
    ]
    print(f"{'replies':28}{'lines':>7}{'median µs':>11}{'p99 µs':>9}{'× fullmatch':>13}")
    for name, times in (("as labelled", plain), ("padded to 200 characters", padded), ("both", plain + padded)):
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[-1]
        print(f"{name:28}{len(times):7}{median:11.1f}{p99:9.1f}{median / bare:13.0f}")
    print(f"{'bare fullmatch':28}{len(rows):7}{bare:11.2f}")
    for size in (500, 4_000, 100_000):
        text = (PADDINGS[1] * size)[:size]
        shorter = (PADDINGS[1] * UP_TO)[:UP_TO]
        further = (_best(_call(text, CONTEXTS["offer"])) - _best(_call(shorter, CONTEXTS["offer"]))) / (size - UP_TO)
        print(f"{size:7} characters: {further:.3f} µs per character beyond {UP_TO}")


def _call(text: str, question: Question) -> Callable[[], object]:
    return partial(understand, text, question, NOW)


def _best(call: Callable[[], object]) -> float:
    """Microseconds of the fastest run: the others had the machine to share."""
    best = float("inf")
    for _ in range(RUNS):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    return best * 1e6


if __name__ == "__main__":
    main()
