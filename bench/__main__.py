"""`python -m bench`: the table of bench/README.md, measured here and now."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import uvloop

from bench import report, rig
from bench.measures import QUICK, SMOKE, Bench, Plan, Row
from bench.world import World


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measures turns against a bare aiohttp handler."
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", const=QUICK, dest="plan", help="two short rounds")
    size.add_argument("--smoke", action="store_const", const=SMOKE, dest="plan", help="only whether it still runs")
    parser.add_argument("--folder", type=Path, help="where store and ledger are put (default: a temporary folder)")
    options = parser.parse_args()
    uvloop.run(_bench(options.plan or Plan(), options.folder))


async def _bench(plan: Plan, parent: Path | None) -> None:
    os.sched_setaffinity(0, rig.THEIRS)
    rows: list[Row] = []

    def tell(row: Row) -> None:
        rows.append(row)
        print(report.line(row), flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-", dir=parent) as folder:
        where = report.machine(Path(folder))
        print("  ".join(f"{name} {value}" for name, value in where.items()))
        print(report.HEAD, flush=True)
        async with World() as world, rig.bare() as bare:
            await Bench(plan, Path(folder), world, bare, tell).run()
    print(f"written to {report.write(plan, where, rows)}")


if __name__ == "__main__":
    main()
