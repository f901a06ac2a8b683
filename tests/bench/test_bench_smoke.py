"""The benchmark still runs; what it measures here says nothing."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANG_S = 300
"""Long enough for any machine: what takes longer hangs."""


async def printed(module: str, *args: str) -> str:
    """What the module prints; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *args),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": "tests"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(HANG_S):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def test_the_benchmark_prints_its_table() -> None:
    """Every turn is answered exactly once (it ends with an error otherwise), and every row is told."""
    told = re.findall(r"^\| (.+?) \|", await printed("bench", "--smoke"), re.MULTILINE)
    for what in (
        "web role alone",
        "no action",
        "in-process action",
        "p50",
        "p99",
        "idle",
        "two processes",
        "RSS",
        "keys",
    ):
        assert any(what in row for row in told), what


async def test_the_smaller_benchmarks_print_theirs() -> None:
    """A card's and a carrier's."""
    assert "bar 120" in await printed("bench.cards", "--renders", "10")
    assert re.search(r"^fivegmsg +[\d.]+", await printed("bench.carriers", "fivegmsg"), re.MULTILINE)
