"""The same words once more, and nobody knows whose: they never answer a second question about money by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import effects, library, notes, offer, shipped

from flows.state import Do, Said, Say, Staffed, Tapped, Turn
from flows.transcript import Player


@pytest.fixture
def player() -> Player:
    """Two offers, the second made after she answered the first with 1."""
    player = Player(library())
    player.play(offer())
    assert player.play({"said": "1"})["do"] == ["accept_offer"]
    player.play({"returned": {"deal": "made"}})
    player.play(offer("O-18", 8600, 2))
    return player


def says(player: Player, words: str, *, again: bool = False) -> Turn:
    player.now += timedelta(seconds=10)
    return player.take(Said(f"m{player.now:%H%M%S}", player.now, words, again=again))


def cards(turn: Turn) -> list[str]:
    return [say.card for say in effects(turn, Say)]


def calls(turn: Turn) -> list[str]:
    return [call.action for call in effects(turn, Do)]


def test_a_repeat_does_not_answer_the_next_offer(player: Player) -> None:
    """It is asked whether it was meant, with the question it would have answered and how to say so."""
    turn = says(player, "1", again=True)
    assert (cards(turn), calls(turn), notes(turn)) == (["service/again"], [], ["may be a repeat"])
    (say,) = effects(turn, Say)
    assert dict(say.data) == {"text": "1", "title": player.asks[1].title, "word": "确认"}


@pytest.mark.parametrize("words", ["确认", "yes"])
def test_confirmed_it_counts(player: Player, words: str) -> None:
    """In other words or by a tap; then the answer that was kept is acted on."""
    says(player, "1", again=True)
    if words == "yes":
        turn = player.take(Tapped("t", player.now, player.asks[-1].id, "yes", "确认"))
    else:
        turn = says(player, words)
    (call,) = effects(turn, Do)
    assert (call.action, call.slots["offer_id"]) == ("accept_offer", "O-18")


def test_denied_its_question_is_put_again(player: Player) -> None:
    """Nothing was answered; the offer stands."""
    says(player, "1", again=True)
    turn = says(player, "不是")
    assert (cards(turn), calls(turn)) == (["consignment/offer"], [])
    assert calls(says(player, "2")) == ["decline_offer"]


def test_however_often_it_is_repeated_nothing_is_decided(player: Player) -> None:
    """Each is asked about; the last question that was asked is the one that counts."""
    for _ in range(3):
        turn = says(player, "1", again=True)
        assert (cards(turn), calls(turn)) == (["service/again"], [])
    assert calls(says(player, "确认")) == ["accept_offer"]


def test_the_word_for_yes_is_another_than_the_one_in_doubt(player: Player) -> None:
    """Who said 确认 before is asked for 是的."""
    (say,) = effects(says(player, "确认", again=True), Say)
    assert say.data["word"] == "是的"


def test_other_words_are_not_doubted(player: Player) -> None:
    """Words nobody said just before are taken."""
    assert calls(says(player, "Y")) == ["accept_offer"]


def test_a_question_that_binds_nobody_is_answered(player: Player) -> None:
    """A person may say 1 to two questions: a rating is taken as it comes."""
    player.play({"event": "rating.asked", "data": {"rating_id": "R-1", "about": "寄售服务"}})
    assert player.asks[-1].question.subject == "rating"
    assert cards(says(player, "5", again=True)) == ["service/rated"]


def test_which_of_several_is_not_picked_by_a_repeat(player: Player) -> None:
    """The digit that picks may be the digit that answered: what it would decide is confirmed first."""
    player.play(offer("O-19", 7000, 3))
    assert cards(says(player, "1")) == ["service/which"]
    turn = says(player, "1", again=True)
    assert (cards(turn), calls(turn)) == (["service/again"], [])
    (call,) = effects(says(player, "确认"), Do)
    assert call.slots["offer_id"] == "O-19"  # the newest stands first


def test_an_answer_with_a_stop_is_not_picked_by_a_repeat(player: Player) -> None:
    """Which of the two is asked once more."""
    assert cards(says(player, "Y，TD")) == ["service/both"]
    turn = says(player, "1", again=True)
    assert (cards(turn), calls(turn)) == (["service/unclear"], [])
    assert calls(says(player, "只接受")) == ["accept_offer"]


def test_a_repeat_starts_nothing_twice() -> None:
    """延期7天 out of the blue, repeated after another question was shown, extends once."""
    player = Player(library())
    assert calls(says(player, "延期7天")) == ["find_listings"]
    player.play(offer())
    turn = says(player, "延期7天", again=True)
    assert (cards(turn), calls(turn)) == (["service/repeated"], [])


def test_a_stop_is_a_stop_however_often_it_comes(player: Player) -> None:
    """Commands are not doubted."""
    assert cards(says(player, "TD", again=True)) == ["service/stopped"]


def test_a_colleague_may_apply_it(player: Player) -> None:
    """Listed while somebody holds the conversation; who applies it has seen that it is meant."""
    player.play({"staff": "take"})
    says(player, "1", again=True)
    item = player.conversation.listed[-1].id
    turn = player.take(Staffed("s", player.now, "anna", "apply", item=item))
    assert calls(turn) == ["accept_offer"]


@pytest.mark.parametrize("yes", ["确认", "是的", "confirm", "yes"])
@pytest.mark.parametrize("no", ["不是", "no"])
def test_the_shipped_grammar_reads_what_the_card_asks_for(yes: str, no: str) -> None:
    """In both languages."""
    for words, action in ((yes, ["accept_offer"]), (no, [])):
        player = Player(shipped())
        player.play(offer())
        turn = says(player, "1", again=True)
        assert (cards(turn), calls(turn)) == (["service/again"], [])
        assert calls(says(player, words)) == action
