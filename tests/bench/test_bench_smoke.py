"""The benchmark still runs; what it measures here says nothing."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANG_S = 300
"""Long enough for any machine: what takes longer hangs."""


async def test_the_benchmark_prints_its_table() -> None:
    """Every turn is answered exactly once (it ends with an error otherwise), and every row is told."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--smoke"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(HANG_S):
        out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    told = re.findall(r"^\| (.+?) \|", out.decode(), re.MULTILINE)
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
