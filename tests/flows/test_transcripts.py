"""Plays every transcript on the shipped flows; `--update` rewrites what each turn causes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flow_world import TRANSCRIPTS, read, shipped, shipped_cards

from flows.state import Question, Say
from flows.transcript import EXPECTED, Player, caused, write


@cache
def played(path: Path) -> tuple[list[dict[str, Any]], tuple[Say, ...]]:
    """The transcript as it goes now, and everything that was said in it."""
    player = Player(shipped())
    turns = []
    for turn in read(path)["turns"]:
        happens = {key: value for key, value in turn.items() if key not in EXPECTED}
        turns.append({**happens, **player.play(happens)})
    return turns, tuple(player.says)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_goes_as_written(path: Path, update: bool) -> None:
    """Each turn causes what the transcript says: cards, calls, outcomes, consent, hand-over and state."""
    document = read(path)
    turns, _ = played(path)
    if update:
        path.write_text(write(document["about"], document["flows"], turns), "utf-8")
        return
    for number, (now, wanted) in enumerate(zip(turns, document["turns"], strict=True), 1):
        assert now == wanted, f"turn {number} of {path.name}; pytest --update rewrites it"


@pytest.mark.parametrize("name", sorted(shipped().flows))
def test_every_card_of_every_flow_is_said_in_a_transcript(name: str) -> None:
    """A flow without a transcript fails, and so does one with a card that none of its transcripts says."""
    mine = [path for path in TRANSCRIPTS if name in read(path)["flows"]]
    assert mine, f"write a transcript for {name} under tests/transcripts/"
    said = {say.card for path in mine for say in played(path)[1]}
    assert shipped().flows[name].cards <= said


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_said_can_be_shown(path: Path, language: str) -> None:
    """Each card gets the data it needs, in every language."""
    cards = shipped_cards()
    for say in played(path)[1]:
        ask, choices = (say.ask.id, say.ask.question.choices) if say.ask else (None, ())
        cards.render(say.card, language, say.data, zone="Asia/Shanghai", ask=ask, choices=choices)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_every_button_is_an_answer(path: Path) -> None:
    """What a card offers, the state that says it expects; and a digit is enough to choose it in words."""
    for say in played(path)[1]:
        question = say.ask.question if say.ask else Question()
        assert {choice.means for choice in question.choices} <= set(question.accepts), say.card
        assert sum(not choice.hidden for choice in question.choices) <= 9, say.card


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    """The writer that `bot chat --save` uses makes files the player takes."""
    player = Player(shipped())
    turn = {"said": "帮助"}
    path = tmp_path / "saved.yml"
    path.write_text(write("Help.", ["consignment/offer"], [{**turn, **player.play(turn)}]), "utf-8")
    assert read(path)["turns"] == [{"said": "帮助", "say": ["service/help"]}]
    assert caused() == {}
