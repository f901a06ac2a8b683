"""An answer is bound to the ask and revision the person has seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import effects, library, notes, offer, shipped, shipped_cards

from cards.text import to_text
from flows.engine import step
from flows.state import Do, Said, Say, Tapped, with_shown
from flows.transcript import Player

SECOND = timedelta(seconds=1)


@pytest.fixture
def player() -> Player:
    return Player(library())


def say(player: Player, text: str, after: timedelta) -> dict[str, object]:
    """Words that arrive this long after the turn before."""
    player.now += after - timedelta(seconds=10)
    return player.play({"said": text})


def test_a_question_that_was_not_shown_is_not_answered_by_words(player: Player) -> None:
    """Words before the first send attempt mean something else."""
    player.play(offer(unseen=True))
    assert player.play({"said": "Y"}) == {"say": ["service/unclear_nothing"]}


def test_a_tap_proves_that_the_question_was_seen(player: Player) -> None:
    """A tap carries its ask, also when the send is not recorded yet."""
    player.play(offer(unseen=True))
    assert player.play({"tapped": "affirm"})["do"] == ["accept_offer"]


@pytest.mark.parametrize(("seconds", "accepted"), [(3, False), (4, True)])
def test_a_new_price_counts_three_seconds_after_its_receipt(player: Player, seconds: int, accepted: bool) -> None:
    """The receipt comes one second after the send; words less than three seconds later are for the old price."""
    player.play(offer())
    player.play(offer(price=15800, revision=2))
    caused = say(player, "Y", seconds * SECOND)
    assert caused.get("do") == (["accept_offer"] if accepted else None)


@pytest.mark.parametrize(("seconds", "accepted"), [(59, False), (60, True)])
def test_without_receipts_a_new_price_counts_after_a_minute(player: Player, seconds: int, accepted: bool) -> None:
    """A carrier without receipts leaves only the time of the send."""
    player.play(offer())
    player.play(offer(price=15800, revision=2))
    newest = player.asks[-1].id
    player.shown[newest] = (player.now, None)
    caused = say(player, "Y", seconds * SECOND)
    assert caused.get("do") == (["accept_offer"] if accepted else None)


@pytest.mark.parametrize("awaited", [False, True])
def test_a_new_price_whose_delivery_is_awaited_does_not_count_by_time(player: Player, awaited: bool) -> None:
    """It went by RCS and did not arrive: she answers the old price, by SMS, however late."""
    player.play(offer())
    player.play(offer(price=15800, revision=2))
    newest = player.asks[-1].id
    shown = player.shown | {newest: (player.now, None)}
    before = with_shown(player.conversation, shown, [newest] if awaited else [])
    turn = step(player.library, before, Said("m", player.now + timedelta(minutes=4), "Y"), player.now)
    assert bool(effects(turn, Do)) is not awaited
    assert [one.data["price"] for one in effects(turn, Say)] == (["15800"] if awaited else [])


def test_an_answer_to_the_old_price_shows_the_new_one_and_asks_again(player: Player) -> None:
    """The yes that crossed the change is not lost: the question comes again, with its new terms."""
    player.play(offer())
    player.play(offer(price=15800, revision=2, unseen=True))
    turn = player.take(Said("m", player.now + SECOND, "Y"))
    (again,) = effects(turn, Say)
    assert again.card == "consignment/offer_changed"
    assert again.data["price"] == "15800"
    assert turn.closed == (player.asks[1].id,), "the copy that was not sent yet is cancelled"


def test_the_revision_the_person_saw_goes_with_the_decision(player: Player) -> None:
    """The platform is told at which price and revision she accepted."""
    player.play(offer())
    player.play(offer(price=15800, revision=2))
    turn = player.take(Said("m", player.now + timedelta(minutes=2), "Y"))
    (call,) = effects(turn, Do)
    assert (call.slots["price"], call.slots["revision"]) == ("15800", 2)


def test_a_tap_on_the_old_price_is_refused_and_the_new_one_shown(player: Player) -> None:
    """A stale button never accepts; where its question lives on with other terms it is put again."""
    player.play(offer())
    player.play(offer(price=15800, revision=2))
    turn = player.take(Tapped("m", player.now + timedelta(hours=1), player.asks[0].id, "affirm"))
    assert not effects(turn, Do)
    assert [one.card for one in effects(turn, Say)] == ["consignment/offer_changed"]


def test_a_tap_on_a_copy_of_the_same_question_counts(player: Player) -> None:
    """When the very same question was put twice, the older card's button is as good as the newer one's."""
    player.play(offer())
    player.play(offer(price=15800, revision=2, unseen=True))
    player.play({"said": "Y"})
    first_copy = player.asks[1]
    turn = player.take(Tapped("m", player.now, first_copy.id, "affirm"))
    assert [call.slots["price"] for call in effects(turn, Do)] == ["15800"]


def test_a_forgotten_button_is_told_so(player: Player) -> None:
    """A tap on a question that is not remembered any more is refused with a reason."""
    player.play(offer())
    turn = player.take(Tapped("m", player.now, "tdeadbeefdeadbeef.1", "affirm"))
    assert notes(turn) == ["stale tap"]
    assert [one.card for one in effects(turn, Say)] == ["service/stale"]


def test_two_open_asks_that_fit_are_listed_to_choose_from(player: Player) -> None:
    """Which one is asked with a title each; an amount only one accepts needs no question."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    turn = player.take(Said("m", player.now + SECOND * 10, "Y"))
    (which,) = effects(turn, Say)
    assert which.card == "service/which"
    assert which.ask is not None
    assert [choice.labels["zh"] for choice in which.ask.question.choices] == [
        "腕表（编号#3287） ¥8,800",
        "腕表（编号#3287） ¥15,200",
    ]


def test_no_more_questions_are_listed_than_a_text_holds() -> None:
    """A seller with twenty open offers is asked which of the newest is meant, in a card that can be sent."""
    player = Player(shipped())
    for number in range(20):
        player.play(offer(f"O-{number}", 88_000 + number))
    turn = player.take(Said("m", player.now + SECOND * 10, "Y"))
    (which,) = effects(turn, Say)
    assert which.ask is not None
    card = shipped_cards().render(which.card, "zh", which.data, zone="UTC", ask="w", choices=which.ask.question.choices)
    assert to_text(card, "叮咚", marketing=False).segments <= card.segments


def test_the_kept_answer_is_checked_again_when_picked(player: Player) -> None:
    """The price changed while she was asked which: the new one is shown, nothing is accepted."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"said": "Y"})
    player.play(offer("O-18", 9900, 2))
    assert player.play({"tapped": {"ask": 3, "choice": "ask-1"}}) == {"say": ["consignment/offer_changed"]}


def test_the_kept_answer_is_forgotten_after_ten_minutes(player: Player) -> None:
    """Picked too late, the question itself is put again."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"said": "Y"})
    player.play({"passes": "11m"})
    assert player.play({"said": "1"}) == {"say": ["consignment/offer"]}


def test_a_pick_hours_later_is_not_taken_for_the_offers_own_digit(player: Player) -> None:
    """2 meant the second of the list; it must not decline an offer."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"said": "Y"})
    player.play({"passes": "5h"})
    assert player.play({"said": "2"}) == {"say": ["consignment/offer"]}


def test_a_new_answer_instead_of_a_pick_is_kept_in_its_place(player: Player) -> None:
    """Asked which, she names a price: it is asked again, for the price."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"said": "Y"})
    assert player.play({"said": "16000"}) == {"say": ["service/which"]}
    assert player.play({"said": "2"})["do"] == ["counter_offer"]


@pytest.mark.parametrize("words", ["Y", "1", "16000"])
def test_a_bare_answer_never_falls_through_to_an_older_question(player: Player, words: str) -> None:
    """The newest question that fits is closed: she is told, and asked which is meant."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"event": "offer.withdrawn", "data": {"offer_id": "O-18"}, "revision": 1})
    turn = player.take(Said("m", player.now + SECOND * 10, words))
    assert not effects(turn, Do)
    (told,) = effects(turn, Say)
    assert told.card == "service/closed"
    assert told.data["reason"] == "ended"
    assert told.data["asks"] == [{"id": player.asks[0].id, "title": "腕表（编号#3287） ¥15,200"}]


def test_after_half_an_hour_a_closed_question_is_no_candidate_any_more(player: Player) -> None:
    """Then a bare yes is for the one that is open."""
    player.play(offer())
    player.play(offer("O-18", 8800))
    player.play({"event": "offer.withdrawn", "data": {"offer_id": "O-18"}, "revision": 1})
    player.play({"passes": "31m"})
    assert player.play({"said": "Y"})["do"] == ["accept_offer"]


def test_words_are_taken_as_of_when_they_arrived(player: Player) -> None:
    """A question shown while the words waited in the mailbox is not what they answer."""
    player.play(offer())
    arrived = player.now + SECOND
    player.play(offer("O-18", 8800))
    turn = player.take(Said("m", arrived, "Y"))
    assert [call.slots["offer_id"] for call in effects(turn, Do)] == ["O-17"]
