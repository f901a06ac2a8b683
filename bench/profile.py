"""Where a turn's time goes: py-spy on one process with all roles under full load. `python -m bench.profile`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import uvloop

from bench import calls, rig
from bench.measures import ROLES, WINDOW, Plan
from bench.world import World

SAMPLES_PER_S = 400
SECONDS = 12
TOP = 10


async def main() -> None:
    """Print the functions of the event loop's thread by their own time, and by that of what they call."""
    os.sched_setaffinity(0, rig.THEIRS)
    people = calls.mobiles(Plan().people)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        async with World() as world, rig.ours(Path(name) / "all", world.port, ROLES) as ours:
            await world.run(ours.port, calls.offers(people), "answered", window=WINDOW)
            await ours.recorded()
            stacks = Path(name) / "stacks"
            command = ["py-spy", "record", "--pid", ours.pids[0], "--format", "raw", "--output", stacks]
            command += ["--rate", SAMPLES_PER_S, "--duration", SECONDS]
            spy = await asyncio.create_subprocess_exec(
                Path(sys.executable).parent / "py-spy", *map(str, command[1:]), stdout=asyncio.subprocess.DEVNULL
            )
            cpu, replies = ours.cpu_s(), calls.replies(people, 60_000, calls.MIX)
            run = await world.run(ours.port, replies, "answered", window=WINDOW, limit_s=SECONDS)
            cpu_us = (ours.cpu_s() - cpu) / len(run.latencies_s) * 1e6
            await spy.wait()
            _print(stacks.read_text(), cpu_us)


def _print(stacks: str, cpu_us: float) -> None:
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, seen = line.rpartition(" ")
        if "threading.py" in stack:
            continue  # the ledger's thread: mostly waits for the disk
        frames = [frame.rpartition(":")[0] for frame in stack.split(";")]
        own[frames[-1]] += int(seen)
        whole.update(dict.fromkeys(frames, int(seen)))
    samples = own.total()
    print(f"{samples:,} samples of the loop's thread; {cpu_us:.0f} µs of CPU per turn")
    for title, counted, top in (("own time", own, TOP), ("with what it calls", whole, 4 * TOP)):
        print(f"\n{title}")
        for frame, count in counted.most_common(top):
            print(f"{count / samples:7.1%}  {frame})")


if __name__ == "__main__":
    uvloop.run(main())
