"""`bot understand`: reads replies as JSON lines, writes what they are taken for; scores and makes labelled files.

    bot understand [--now 2026-11-22T10:00:00+08:00] < replies.jsonl
    bot understand --score labelled.jsonl
    bot understand --export-unclear [FILE]
    bot understand --label ID INTENT [slot=value …]

A line in: {"id", "context", "text"}. A line out: {"id", "intent", its slots, "why", "candidates"}, in order, as
they come.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from flows.understand import score
from flows.understand.contexts import CONTEXTS, read

_ZONE = ZoneInfo("Asia/Shanghai")
_ASSUMED_NOW = "2026-11-22T10:00:00+08:00"


def main(argv: Sequence[str], stdin: Iterable[str], stdout: TextIO) -> int:
    """Exit status: 1 when a score finds an unsafe reading, 2 when a line or an option cannot be taken, else 0."""
    options = _options(argv)
    if options.score:
        with Path(options.score).open(encoding="utf-8") as lines:
            report = score.report(score.labelled(lines), options.now)
        stdout.write(report.text)
        return 1 if report.unsafe else 0
    if options.label or options.export_unclear:
        from bot import unclear  # noqa: PLC0415 - readings need neither settings nor SQL, which are slow to load

        return unclear.main(options.label, options.export_unclear, stdout)
    status = 0
    for number, line in enumerate(stdin, 1):
        if line.strip():
            answer = _answer(number, line, options.now)
            status = 2 if "error" in answer else status
            stdout.write(_one_line(answer))
            stdout.flush()
    return status


def _answer(number: int, line: str, now: datetime) -> score.Flat:
    """The line's reading with its id, or what is wrong with the line and what one must hold."""
    try:
        asked = json.loads(line)
        return {"id": asked.get("id"), **score.flat(read(asked["context"], asked["text"], now))}
    except KeyError as trouble:
        reason = f"{trouble.args[0]!r} is missing or unknown"
    except (ValueError, TypeError, AttributeError):
        reason = "is no JSON object with a text"
    return {"line": number, "error": f"{reason}; a line holds id, context ({', '.join(CONTEXTS)}) and text"}


def _one_line(answer: score.Flat) -> str:
    """JSON as people read it; half a surrogate pair, which no encoding takes, stays escaped."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bot understand", description="What replies are taken for.")
    parser.add_argument(
        "--now",
        type=_time,
        default=_ASSUMED_NOW,
        help="the contact's time, ISO 8601 with offset (default: %(default)s)",
    )
    parser.add_argument("--score", metavar="FILE", help="labelled JSON lines; prints accuracy and the unsafe count")
    parser.add_argument(
        "--export-unclear",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write the replies nobody understood as JSON lines, labelled ones with what they meant",
    )
    parser.add_argument(
        "--label",
        nargs="+",
        metavar=("ID", "INTENT slot=value"),
        help="say what one of them meant, e.g. --label 17 counter_offer price=16000",
    )
    options = parser.parse_args(argv)
    if options.label and len(options.label) < 2:
        parser.error("--label needs the reply's id and its intent")
    return options


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(_ZONE)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:], sys.stdin, sys.stdout))
