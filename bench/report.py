"""The table for people and the JSON for machines."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.measures import Plan, Row
from bot.launcher import find_server

OUT = Path(__file__).parent / "out"
PACKAGES = ("aiohttp", "uvloop", "redis", "hiredis", "pydantic", "rasa-sdk", "SQLAlchemy")
VERDICT = {True: "pass", False: "MISS", None: "–"}


def line(row: Row) -> str:
    """One row as Markdown."""
    bar = "–" if row.bar is None else f"{'≥' if row.at_least else '≤'} {row.bar:g} {row.unit}"
    return f"| {row.name} | {row.value:.3g} {row.unit} | {bar} | {VERDICT[row.met]} | {row.detail} |"


HEAD = "| what | measured | bar | | |\n|---|---|---|---|---|"


def machine(folder: Path) -> dict[str, object]:
    """Where and with what it was measured."""
    cpu = next(
        (
            row.partition(":")[2].strip()
            for row in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in row
        ),
        platform.machine(),
    )
    store = subprocess.run([find_server(), "--version"], capture_output=True, text=True, check=True).stdout.split(
        " sha"
    )[0]
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "store": store.strip(),
        "folder": str(folder),
        "fdatasync_ms": round(_fdatasync_ms(folder), 2),
        "load_average_before": Path("/proc/loadavg").read_text().split()[0],
        **{name: version(name) for name in PACKAGES},
    }


def _fdatasync_ms(folder: Path) -> float:
    """Median of what the disk takes to keep 2 KB: the store waits for it before every answer."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 2_000)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def write(plan: Plan, where: dict[str, object], rows: Sequence[Row]) -> Path:
    """The JSON of one run under bench/out; returns its file."""
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{str(where['date']).replace(':', '')}.json"
    told = {"machine": where, "plan": asdict(plan), "rows": [asdict(row) | {"met": row.met} for row in rows]}
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1))
    return file
