"""Why something is answered changes nothing of the answer, whether it is said before or behind it.

reasons.txt: "context: answers", below it, indented, reasons for giving one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from flows.understand.contexts import read

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")


def _groups() -> Iterator[tuple[str, list[str], list[str]]]:
    """Context, answers, reasons."""
    for line in (Path(__file__).parent / "reasons.txt").read_text("utf-8").splitlines():
        if not line.startswith(" "):
            context, _, answers = line.partition(": ")
            group: tuple[str, list[str], list[str]] = (context, answers.split(), [])
            yield group
        else:
            group[2].extend(line.split())


@pytest.mark.parametrize("group", list(_groups()), ids=lambda group: f"{group[0]} {group[1][0]}")
def test_a_reason_beside_an_answer_leaves_it(group: tuple[str, list[str], list[str]]) -> None:
    """Each reason before and behind each answer."""
    context, answers, reasons = group
    assert reasons
    for answer in answers:
        bare = read(context, answer, NOW)
        texts = [text for why in reasons for text in (f"{why}，{answer}", f"{answer}，{why}")]
        said = [(text, read(context, text, NOW)) for text in texts]
        assert [text for text, got in said if (got.intent, got.slots) != (bare.intent, bare.slots)] == []
