"""Every short answer of the labelled files, put in doubt in the ways people do: then it acts no more."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from flows.understand import score
from flows.understand.contexts import read

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
LONGEST = 10
DOUBTS = (
    "如果{}",
    "要是降价就{}",
    "{}的话再说",
    "他说{}",
    "让他{}",
    "下辈子{}",
    "岂能{}",
    "{}就怪了",
    "谁说{}",
    "我没说{}",
    "昨天说的{}",
    "{}才怪",
    "可能{}",
    "考虑一下再{}",
    "{}，等等",
    "{}，不对",
    "{}还是算了",
    "{}，看情况",
    "{}是什么意思",
    "为什么要{}",
    "{}，我再想想",
    "只要你们先付款就{}",
    "等我回来再{}",
    "是不是{}",
    "{}{{{{x}}}}",
)


def _answers() -> list[score.Labelled]:
    """Short answers in one piece that act, of every labelled file."""
    files = sorted(Path(__file__).parent.glob("*.jsonl"))
    rows = [row for path in files for row in score.labelled(path.read_text("utf-8").splitlines())]
    return [
        row for row in rows if row.expect["intent"] in score.MONEY and row.text.isalnum() and len(row.text) <= LONGEST
    ]


@pytest.mark.parametrize("doubt", DOUBTS)
def test_an_answer_in_doubt_does_not_act(doubt: str) -> None:
    """Conditions, reports, delays, corrections and questions round an answer make it none."""
    rows = _answers()
    assert len(rows) > 500
    acted = [
        (row.context, text)
        for row in rows
        if read(row.context, text := doubt.format(row.text), NOW).intent in score.MONEY
    ]
    assert not acted
