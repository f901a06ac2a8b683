"""An answer and a stop in one breath: asked once, and exactly what is picked is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import effects, library, notes, offer

from flows.state import Consent, Do, Said, Say, Staffed, Tapped, Turn
from flows.transcript import Player

SECOND = timedelta(seconds=1)


@pytest.fixture
def player() -> Player:
    """She accepted an offer and opted out, in one text."""
    player = Player(library())
    player.play(offer())
    assert player.play({"said": "Y，TD"}) == {"say": ["service/both"]}
    return player


def pick(player: Player, words: str) -> Turn:
    player.now += SECOND * 10
    return player.take(Said(f"p{player.now:%H%M%S}", player.now, words))


def acted(turn: Turn) -> tuple[list[str], list[bool]]:
    """What was run, and which consents were set."""
    return [call.action for call in effects(turn, Do)], [consent.granted for consent in effects(turn, Consent)]


@pytest.mark.parametrize(
    ("words", "runs", "consents"),
    [
        ("1", ["accept_offer"], [False]),
        ("2", [], [False]),
        ("3", ["accept_offer"], []),
        ("接受并停发广告", ["accept_offer"], [False]),
        ("只停发广告", [], [False]),
        ("只接受", ["accept_offer"], []),
    ],
)
def test_exactly_what_is_picked_is_done(player: Player, words: str, runs: list[str], consents: list[bool]) -> None:
    """By number or label: both, the stop, or the answer."""
    assert acted(pick(player, words)) == (runs, consents)


@pytest.mark.parametrize(("choice", "runs", "consents"), [("both", 1, 1), ("stop", 0, 1), ("answer", 1, 0)])
def test_a_tap_picks_too(player: Player, choice: str, runs: int, consents: int) -> None:
    """The buttons do the same."""
    turn = player.take(Tapped("t", player.now, player.asks[-1].id, choice))
    assert (len(effects(turn, Do)), len(effects(turn, Consent))) == (runs, consents)


def test_a_stop_is_confirmed_as_the_law_allows(player: Player) -> None:
    """The one message after an opt-out goes out whichever way it was picked."""
    (confirmation,) = effects(pick(player, "1"), Say)
    assert (confirmation.card, confirmation.to_opted_out) == ("service/stopped", True)


def test_the_price_changed_meanwhile(player: Player) -> None:
    """The stop counts; the answer was to other terms, which are shown."""
    player.play(offer(price=15800, revision=2))
    player.play({"passes": "2m"})
    turn = player.take(Tapped("t", player.now, player.asks[1].id, "both"))
    assert acted(turn) == ([], [False])
    assert [say.card for say in effects(turn, Say)] == ["service/stopped", "consignment/offer_changed"]


def test_picked_after_ten_minutes_the_stop_counts_and_the_answer_is_asked_again(player: Player) -> None:
    """What was said about money is too old; that no more is wanted never is."""
    player.play({"passes": "11m"})
    turn = pick(player, "1")
    assert acted(turn) == ([], [False])
    assert [say.card for say in effects(turn, Say)] == ["service/stopped", "consignment/offer"]


def test_not_picked_nothing_is_done(player: Player) -> None:
    """Silence answers nothing and stops nothing; plain words still do either."""
    player.play({"passes": "31m"})
    assert not player.conversation.stopped_at
    assert acted(pick(player, "Y")) == (["accept_offer"], [])
    assert acted(pick(player, "TD")) == ([], [False])


def test_hours_later_its_2_is_still_the_stop(player: Player) -> None:
    """The last question on her phone is the one her digit answers, not the offer above it."""
    player.play({"passes": "5h"})
    assert acted(pick(player, "2")) == ([], [False])


def test_an_opt_out_instead_of_a_pick_settles_it(player: Player) -> None:
    """Then 2 is the offer's own second choice again, not another stop."""
    assert acted(pick(player, "TD")) == ([], [False])
    assert acted(pick(player, "2")) == (["decline_offer"], [])


def test_said_again_it_is_asked_again(player: Player) -> None:
    """The newer words take the place of the older ones."""
    assert player.play({"said": "16000，TD"}) == {"say": ["service/both"]}
    (call,) = effects(pick(player, "3"), Do)
    assert (call.action, call.slots["counter"]) == ("counter_offer", "16000")


def test_with_two_offers_open_the_answer_is_asked_which() -> None:
    """The pick says what, not for which: nothing is accepted before that is said too."""
    player = Player(library())
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"said": "Y，TD"})
    turn = pick(player, "1")
    assert acted(turn) == ([], [False])
    assert [say.card for say in effects(turn, Say)] == ["service/stopped", "service/which"]
    (call,) = effects(pick(player, "2"), Do)
    assert call.slots["offer_id"] == "O-17"


def test_an_answer_nobody_asked_for_is_not_offered_with_a_stop() -> None:
    """Without a question that takes it there is nothing to pick: it is asked back."""
    player = Player(library())
    assert player.play({"said": "Y，TD"}) == {"say": ["service/unclear_nothing"]}


def test_a_stop_picked_while_a_colleague_holds_the_conversation_acts(player: Player) -> None:
    """A stop is never left on a list; an answer is."""
    player.take(Staffed("s", player.now, "anna", "take"))
    answered = player.take(Tapped("t1", player.now, player.asks[-1].id, "answer"))
    assert (acted(answered), notes(answered)) == (([], []), ["listed for staff"])
    assert acted(player.take(Tapped("t2", player.now, player.asks[-1].id, "stop"))) == ([], [False])
