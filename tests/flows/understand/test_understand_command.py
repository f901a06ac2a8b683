from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.understand import main

LINES = [
    {"id": "a", "context": "offer", "text": "一万六"},
    {"id": "b", "context": "expiring", "text": "延期3天"},
    {"id": "c", "context": "appointment", "text": "改期"},
    {"id": "d", "context": "offer", "text": "Y/N"},
]


def _run(argv: list[str], lines: str = "") -> tuple[int, str]:
    out = io.StringIO()
    return main(argv, io.StringIO(lines), out), out.getvalue()


def test_lines_are_read_in_order_with_slots_beside_the_intent() -> None:
    """Prices are numbers, an absent value is null."""
    status, out = _run([], "".join(json.dumps(line) + "\n" for line in LINES))
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [row["id"] for row in rows] == ["a", "b", "c", "d"]
    assert rows[0]["intent"] == "counter_offer"
    assert rows[0]["price"] == 16000
    assert rows[1]["days"] == 3
    assert rows[2]["when"] is None
    assert rows[3]["intent"] == "unclear"
    assert {candidate["intent"] for candidate in rows[3]["candidates"]} == {"affirm", "deny"}
    assert all(row["why"] for row in rows)


def test_a_line_is_answered_before_the_next_is_read() -> None:
    """A pipe sees each reading as it comes."""
    out = io.StringIO()
    seen: list[int] = []

    def typed() -> Iterator[str]:
        for line in LINES:
            seen.append(len(out.getvalue().splitlines()))
            yield json.dumps(line) + "\n"

    main([], typed(), out)
    assert seen == [0, 1, 2, 3]


def test_now_is_the_contacts_time() -> None:
    """Relative days count from --now."""
    line = json.dumps({"id": "a", "context": "appointment", "text": "改到明天"})
    _, out = _run(["--now", "2026-12-30T23:00:00+00:00"], line)
    assert json.loads(out)["when"] == "2027-01-01"


@pytest.mark.parametrize("line", ["no json", '{"id": "a"}', '{"id": "a", "context": "moon", "text": "Y"}', "[]", "5"])
def test_a_broken_line_is_named_and_its_neighbours_are_read(line: str) -> None:
    """What cannot be read is said with its number; the lines after it count, the exit status tells."""
    status, out = _run([], line + "\n" + json.dumps(LINES[0]))
    broken, good = (json.loads(answer) for answer in out.splitlines())
    assert status == 2
    assert broken["line"] == 1
    assert "context" in broken["error"]
    assert good["intent"] == "counter_offer"


def test_half_a_surrogate_pair_is_written_as_it_came() -> None:
    """No text breaks the output."""
    status, out = _run([], '{"id": "\\ud800", "context": "offer", "text": "Y\\ud800"}')
    assert status == 0
    out.encode("utf-8")
    assert json.loads(out)["intent"] == "unclear"


def _labelled(tmp_path: Path, intent: str) -> str:
    path = tmp_path / "labelled.jsonl"
    path.write_text(json.dumps({"id": "x", "context": "offer", "text": "可以", "expect": {"intent": intent}}), "utf-8")
    return str(path)


def test_score_reports_and_fails_on_an_unsafe_reading(tmp_path: Path) -> None:
    """A yes that is labelled unclear would have acted: exit 1."""
    status, out = _run(["--score", _labelled(tmp_path, "unclear")])
    assert status == 1
    assert "0 of 1 right (0.0 %), 1 unsafe" in out
    assert "unclear taken for affirm" in out
    assert "UNSAFE x offer" in out


def test_score_passes_when_all_is_as_labelled(tmp_path: Path) -> None:
    """Accuracy per context and intent, exit 0."""
    status, out = _run(["--score", _labelled(tmp_path, "affirm")])
    assert status == 0
    assert "1 of 1 right (100.0 %), 0 unsafe" in out
    assert "offer              1  100.0 %" in out
