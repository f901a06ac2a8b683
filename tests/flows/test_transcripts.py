"""Plays every transcript on the shipped flows; `--update` rewrites what each turn causes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from flow_world import library

from flows.transcript import EXPECTED, Player, caused, write

FOLDER = Path(__file__).parent.parent / "transcripts"
FILES = sorted(FOLDER.glob("*.yml"))


@cache
def played(path: Path) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """The transcript as it goes now, and every card that was said in it."""
    player = Player(library())
    turns = []
    for turn in read(path)["turns"]:
        happens = {key: value for key, value in turn.items() if key not in EXPECTED}
        turns.append({**happens, **player.play(happens)})
    return turns, frozenset(player.cards)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return document


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_goes_as_written(path: Path, update: bool) -> None:
    """Each turn causes what the transcript says: cards, calls, outcomes, consent, hand-over and state."""
    document = read(path)
    turns, _ = played(path)
    if update:
        path.write_text(write(document["about"], document["flows"], turns), "utf-8")
        return
    for number, (now, wanted) in enumerate(zip(turns, document["turns"], strict=True), 1):
        assert now == wanted, f"turn {number} of {path.name}; pytest --update rewrites it"


@pytest.mark.parametrize("name", sorted(library().flows))
def test_every_card_of_every_flow_is_said_in_a_transcript(name: str) -> None:
    """A flow without a transcript fails, and so does one with a card that none of its transcripts says."""
    mine = [path for path in FILES if name in read(path)["flows"]]
    assert mine, f"write a transcript for {name} under tests/transcripts/"
    said = frozenset().union(*(played(path)[1] for path in mine))
    assert library().flows[name].cards <= said


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """The writer that `bot chat --save` uses makes files the player takes."""
    player = Player(library())
    turn = {"said": "帮助"}
    path = tmp_path / "saved.yml"
    path.write_text(write("Help.", ["consignment/offer"], [{**turn, **player.play(turn)}]), "utf-8")
    assert read(path)["turns"] == [{"said": "帮助", "say": ["service/help"]}]
    assert caused() == {}
