"""`bot understand`: reads replies as JSON lines, writes what they are taken for; or scores a labelled file.

    bot understand [--now 2026-11-22T10:00:00+08:00] < replies.jsonl
    bot understand --score labelled.jsonl

A line in: {"id", "context", "text"}. A line out: {"id", "intent", its slots, "why", "candidates"}, in order, as they come.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO
from zoneinfo import ZoneInfo

from flows.understand import score
from flows.understand.contexts import CONTEXTS, read

_ZONE = ZoneInfo("Asia/Shanghai")
_ASSUMED_NOW = "2026-11-22T10:00:00+08:00"


def main(argv: Sequence[str], stdin: TextIO, stdout: TextIO) -> int:
    """Exit status: 1 when a score finds an unsafe reading, 2 when a line cannot be read, else 0."""
    options = _options(argv)
    if options.score:
        with open(options.score, encoding="utf-8") as lines:
            report = score.report(score.labelled(lines), options.now)
        stdout.write(report.text)
        return 1 if report.unsafe else 0
    for number, line in enumerate(stdin, 1):
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
            reading = read(asked["context"], asked["text"], options.now)
        except (ValueError, KeyError, TypeError) as trouble:
            stdout.write(
                json.dumps(
                    {"error": f"line {number}: {_said(trouble)}; give id, context ({', '.join(CONTEXTS)}) and text"}
                )
                + "\n"
            )
            return 2
        stdout.write(json.dumps({"id": asked.get("id"), **score.flat(reading)}, ensure_ascii=False) + "\n")
        stdout.flush()
    return 0


def _said(trouble: Exception) -> str:
    return f"{trouble.args[0]!r} is missing or unknown" if isinstance(trouble, KeyError) else "no JSON object"


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bot understand", description="What replies are taken for.")
    parser.add_argument(
        "--now",
        type=_time,
        default=_ASSUMED_NOW,
        help="the contact's time, ISO 8601 with offset (default: %(default)s)",
    )
    parser.add_argument("--score", metavar="FILE", help="labelled JSON lines; prints accuracy and the unsafe count")
    return parser.parse_args(argv)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(_ZONE)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdin, sys.stdout))
