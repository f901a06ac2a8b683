"""A second opinion on unclear words: it may tell, help or fetch a person, and never decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import library, offer

from flows.engine import step
from flows.state import Conversation, HandOver, Note, Said, Say, Staffed, Turn, with_shown
from flows.transcript import Player
from flows.understand.contexts import CONTEXTS

BINDING = sorted({intent for question in CONTEXTS.values() for intent in question.accepts})


@pytest.fixture
def player() -> Player:
    """An offer is open."""
    player = Player(library())
    player.play(offer())
    player.now += timedelta(seconds=10)
    return player


def hinted(player: Player, text: str, hint: str) -> Turn:
    """What the words would cause; nothing is changed."""
    return step(player.library, seen(player), Said("m", player.now, text, hint), player.now)


def seen(player: Player) -> Conversation:
    """The conversation as a worker claims it: with what was shown."""
    return with_shown(player.conversation, player.shown)


@pytest.mark.parametrize(
    ("hint", "card", "person"),
    [("help", "service/help", False), ("human", "service/human", True), ("status", "service/human", True)],
)
def test_unclear_words_with_a_hint_are_told_helped_or_handed_over(
    player: Player, hint: str, card: str, person: bool
) -> None:
    """As if the grammar had read it; where no flow tells how things stand, a person does. The offer stays open."""
    turn = hinted(player, "想想", hint)
    assert [effect.card for effect in turn.effects if isinstance(effect, Say)] == [card]
    assert any(isinstance(effect, HandOver) for effect in turn.effects) is person
    assert [reading.intent for reading in turn.readings] == ["unclear", hint]
    assert (turn.conversation.threads, turn.conversation.asks) == (seen(player).threads, seen(player).asks)


@pytest.mark.parametrize("hint", ["affirm", "deny"])
def test_what_a_choice_stands_for_is_asked_about_and_never_done(player: Player, hint: str) -> None:
    """The question names it; everything else is as without a hint."""
    turn, plain = hinted(player, "想想", hint), hinted(player, "想想", "")
    (say,) = [effect for effect in turn.effects if isinstance(effect, Say)]
    assert say.data["meant"] in ("接受", "拒绝")
    assert turn.conversation == plain.conversation
    assert turn.readings == plain.readings
    assert [type(effect) for effect in turn.effects if not isinstance(effect, Note)] == [
        type(effect) for effect in plain.effects if not isinstance(effect, Note)
    ]


OTHERS = sorted({*BINDING, "unsubscribe", "resubscribe", "thanks", "unclear", "HELP", "{{ 1 }}"} - {"affirm", "deny"})


@pytest.mark.parametrize("hint", OTHERS)
def test_no_other_hint_changes_anything(player: Player, hint: str) -> None:
    """Above all none that moves money or consent: the turn is the one without a hint."""
    assert hinted(player, "想想", hint) == hinted(player, "想想", "")


@pytest.mark.parametrize("words", ["Y", "N", "16000", "TD", "人工"])
@pytest.mark.parametrize("hint", ["help", "human", "status"])
def test_what_the_grammar_reads_needs_no_opinion(player: Player, words: str, hint: str) -> None:
    """A clear answer or command is acted on, whatever the hint."""
    assert hinted(player, words, hint) == hinted(player, words, "")


@pytest.mark.parametrize("by", ["anna", "*"])
def test_words_for_a_person_are_not_answered_by_a_hint(player: Player, by: str) -> None:
    """While somebody holds the conversation, or is waited for, unclear words are listed for them."""
    if by == "*":
        player.play({"said": "人工"})
    else:
        player.take(Staffed("f", player.now, by, "take"))
    turn = hinted(player, "想想", "help")
    assert not [effect for effect in turn.effects if isinstance(effect, Say)]
    assert [item.text for item in turn.conversation.listed][-1] == "想想"


def test_the_turn_says_what_the_words_were_read_against(player: Player) -> None:
    """The subject of the newest question; nothing while a colleague holds the conversation."""
    assert hinted(player, "想想", "").context == "offer"
    player.take(Staffed("f", player.now, "anna", "take"))
    assert hinted(player, "想想", "").context == ""
