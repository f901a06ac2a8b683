"""What the carrier says of a person's consent counts like the person's word, and nobody is answered."""

from __future__ import annotations

import pytest
from flow_world import effects, library, notes, offer

from flows.state import Consent, Reported, Say, Turn
from flows.transcript import Player


@pytest.fixture
def player() -> Player:
    return Player(library())


def report(player: Player, what: str = "unsubscribed", topic: str = "*", code: str = "21610") -> Turn:
    return player.take(Reported(f"r{len(player.says)}", player.now, "sms", what, topic, code))  # type: ignore[arg-type]


def test_an_opt_out_is_recorded_with_who_said_so_and_nothing_is_said(player: Player) -> None:
    """Everything a TD covers; the carrier has told the person already."""
    turn = report(player)
    assert effects(turn, Consent) == [Consent("*", granted=False, evidence="reported by sms: 21610")]
    assert effects(turn, Say) == []
    assert turn.conversation.stopped_at == player.now


def test_reported_again_it_changes_nothing(player: Player) -> None:
    """A blacklist answers every send."""
    report(player)
    turn = report(player)
    assert (effects(turn, Consent), notes(turn)) == ([], ["known"])


def test_an_opt_in_takes_it_back(player: Player) -> None:
    """Also one that was said to us; without a stop there is nothing to take back."""
    assert effects(report(player, "subscribed"), Consent) == []
    player.play({"said": "TD"})
    (consent,) = effects(report(player, "subscribed", code=""), Consent)
    assert consent == Consent("*", granted=True, evidence="reported by sms: subscribed")


def test_it_counts_as_the_stop_that_was_confirmed(player: Player) -> None:
    """The law allows one confirmation: who says TD after the carrier took a stop gets none from us."""
    report(player)
    assert player.play({"said": "TD"}) == {"consent": ["-*"]}


def test_an_account_may_stand_for_one_topic(player: Player) -> None:
    """Its opt-out switches that off and nothing else."""
    turn = report(player, topic="promotions")
    assert effects(turn, Consent) == [Consent("promotions", granted=False, evidence="reported by sms: 21610")]
    assert turn.conversation.stopped_at is None


def test_it_acts_while_a_colleague_holds_the_conversation(player: Player) -> None:
    """And closes no question: the deal is under way."""
    player.play(offer())
    player.play({"staff": "take"})
    assert player.play({"reported": "unsubscribed"}) == {"consent": ["-*"]}
    assert player.conversation.asks[0].open
