"""The labelled replies and our own wording of the same rules, line by line."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from flows.understand import score
from flows.understand.contexts import read

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.jsonl"))
NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_is_read_as_labelled(path: Path) -> None:
    """Each line's intent and slots are the label's."""
    rows = score.labelled(path.read_text("utf-8").splitlines())
    assert rows
    wrong = [
        (row.text, row.expect, reading)
        for row in rows
        if not score.right(row.expect, reading := read(row.context, row.text, NOW))
    ]
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_line_acts_against_its_label(path: Path) -> None:
    """Nothing is taken for an act of money that is not the labelled one."""
    rows = score.labelled(path.read_text("utf-8").splitlines())
    assert score.report(rows, NOW).unsafe == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_has_its_own_id_and_text(path: Path) -> None:
    """A file holds no line twice."""
    rows = score.labelled(path.read_text("utf-8").splitlines())
    assert max(Counter(row.id for row in rows).values()) == 1
    assert max(Counter((row.context, row.text) for row in rows).values()) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_reading_says_why(path: Path) -> None:
    """The rule is named as module and rule, and the reason is a sentence."""
    for row in score.labelled(path.read_text("utf-8").splitlines()):
        reading = read(row.context, row.text, NOW)
        module, _, rule = reading.rule.partition(".")
        assert module
        assert rule
        assert len(reading.why) > len("no")
