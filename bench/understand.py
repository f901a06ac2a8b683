"""How long a reply takes to understand, beside a bare `re.fullmatch` of one keyword.

    python -m bench.understand

Over the labelled replies of the tests, as they are and padded to 200 characters with what people say beside an answer,
each with other words, so that nothing was seen before; and how much each further character of a long text costs.
Prints a table; a number is the best of several runs.
"""

from __future__ import annotations

import random
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
CHATTER = (
    "，谢谢你们 ，麻烦了 ，辛苦了 ，打扰了 ，这块表是我爸以前在友谊商店买的 ，戴了好多年 ，表带去年换过一次"
    " ，盒子还在家里 ，我女儿在外地上班 ，平时就我一个人 ，这几天下雨 ，腿脚不太好 ，你们店里的小姑娘态度很好"
    " ，发票一时找不着 ，上个月刚保养过 ，邻居介绍我来的 ，身体还行 ，今天赶集去了 ，看到短信有点晚"
    " ，字太小看不清 ，老伴也是这么想 ，有空来家里坐坐 ，祝生意兴隆 ，天冷注意保暖"
).split()
ENGLISH = (
    " thank you very much",
    " have a nice day",
    " the box is still here",
    " my father bought it in 1998",
    " sorry for the delay",
)
COPIES = 3
RUNS = 7


def main() -> None:
    rows = [row for row in score.labelled(LABELLED.read_text("utf-8").splitlines()) if len(row.text) <= UP_TO]
    keyword = re.compile("同意")
    bare = statistics.median(_best(partial(keyword.fullmatch, row.text)) for row in rows)
    plain = [_best(_call(row.text, CONTEXTS[row.context])) for row in rows]
    chance = random.Random(4)
    padded = [_best(_call(_padded(row.text, chance), CONTEXTS[row.context])) for row in rows for _ in range(COPIES)]
    print(f"{'replies':28}{'lines':>7}{'median µs':>11}{'p99 µs':>9}{'× fullmatch':>13}")
    for name, times in (("as labelled", plain), ("padded to 200 characters", padded), ("both", plain + padded)):
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[-1]
        print(f"{name:28}{len(times):7}{median:11.1f}{p99:9.1f}{median / bare:13.0f}")
    print(f"{'bare fullmatch':28}{len(rows):7}{bare:11.2f}")
    for size in (500, 4_000, 100_000):
        text = ("".join(CHATTER) * size)[:size]
        shorter = text[:UP_TO]
        further = (_best(_call(text, CONTEXTS["offer"])) - _best(_call(shorter, CONTEXTS["offer"]))) / (size - UP_TO)
        print(f"{size:7} characters: {further:.3f} µs per character beyond {UP_TO}")


def _padded(text: str, chance: random.Random) -> str:
    """The text with words behind it that no other text has in that order; English behind an English one."""
    words = ENGLISH if text.isascii() and text.count(" ") else CHATTER
    while len(text) < UP_TO:
        text += chance.choice(words)
    return text[:UP_TO]


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
