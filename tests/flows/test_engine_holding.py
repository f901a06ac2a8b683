"""A person who holds the conversation silences the bot; commands hold everywhere; loops are guarded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import ITEM, effects, library, notes, offer

from flows.limits import Limits
from flows.state import Consent, Do, Emit, HandOver, Said, Say, Settled, Staffed, Tapped, Turn
from flows.transcript import Player
from flows.values import replace


@pytest.fixture
def player() -> Player:
    """An offer is open."""
    player = Player(library())
    player.play(offer())
    player.now += timedelta(seconds=10)
    return player


def staff(player: Player, act: str, *, text: str = "", item: str = "") -> Turn:
    return player.take(Staffed("f" + act + item, player.now, "anna", act, text, item))  # type: ignore[arg-type]


def said(player: Player, text: str, id_: str = "m") -> Turn:
    return player.take(Said(id_, player.now, text))


# ---------------------------------------------------------------- held by a colleague


def test_taking_holds_the_conversation(player: Player) -> None:
    """The turn says who holds it, so that the sender can hold back what is queued."""
    turn = staff(player, "take")
    assert effects(turn, HandOver) == [HandOver("taken", by="anna")]
    assert turn.conversation.held_by == "anna"


def test_while_held_words_and_taps_bind_to_nothing_and_are_listed(player: Player) -> None:
    """A yes is shown to staff; it accepts nothing by itself."""
    staff(player, "take")
    turns = [said(player, "Y"), player.take(Tapped("m2", player.now, player.asks[0].id, "affirm", "接受"))]
    assert not any(effects(turn, kind) for turn in turns for kind in (Do, Say))
    assert [(item.what, item.text) for item in turns[1].conversation.listed] == [("said", "Y"), ("tapped", "接受")]


def test_while_held_time_moves_on_and_what_it_would_say_is_listed(player: Player) -> None:
    """The offer lapses and the platform is told; the person hears nothing."""
    staff(player, "take")
    assert player.play({"passes": "3d"}) == {
        "emit": ["offer.lapsed"],
        "listed": True,
        "state": "consignment/offer/lapsed",
    }


def test_while_held_an_opt_out_acts_with_its_one_confirmation(player: Player) -> None:
    """The law does not wait for a colleague."""
    staff(player, "take")
    turn = said(player, "TD")
    assert effects(turn, Consent) == [Consent("*", granted=False, evidence="m fake.word")]
    (confirmation,) = effects(turn, Say)
    assert (confirmation.card, confirmation.to_opted_out, confirmation.through_hold) == ("service/stopped", True, True)


def test_staff_speak_in_their_own_words(player: Player) -> None:
    """What a colleague types goes out through the hold."""
    staff(player, "take")
    (own,) = effects(staff(player, "say", text="您好，我是小安"), Say)
    assert (own.card, own.data, own.through_hold) == ("service/plain", {"text": "您好，我是小安"}, True)


def test_staff_apply_what_was_listed(player: Player) -> None:
    """An applied yes decides as it would have, for the revision it was said about."""
    staff(player, "take")
    (item,) = said(player, "Y").conversation.listed
    turn = staff(player, "apply", item=item.id)
    assert [call.slots["price"] for call in effects(turn, Do)] == ["15200"]
    assert not turn.conversation.listed
    assert notes(staff(player, "apply", item=item.id)) == ["refused"], "once"


def test_an_applied_answer_to_an_old_price_accepts_nothing(player: Player) -> None:
    """Staff cannot bind her to a price she did not see either."""
    staff(player, "take")
    (item,) = said(player, "Y").conversation.listed
    player.play(offer(price=15800, revision=2))
    assert not effects(staff(player, "apply", item=item.id), Do)


def test_what_the_bot_would_have_said_can_be_applied(player: Player) -> None:
    """Applied, it goes out through the hold."""
    staff(player, "take")
    player.play(offer("O-18", 8800))
    (item,) = player.conversation.listed
    (sent,) = effects(staff(player, "apply", item=item.id), Say)
    assert (sent.card, sent.through_hold) == ("consignment/offer", True)


def test_on_hand_back_only_open_questions_are_asked(player: Player) -> None:
    """What was held back is said, except questions that are closed by now; and none of them twice."""
    staff(player, "take")
    player.play(offer("O-18", 8800))
    player.play(offer("O-18", 9900, 2))
    player.play(offer("O-19", 5000))
    player.play({"passes": "21h"})
    turn = staff(player, "hand_back")
    assert [(one.card, one.data["price"]) for one in effects(turn, Say)] == [
        ("consignment/offer", "9900"),
        ("consignment/offer", "5000"),
        ("consignment/offer_reminder", "15200"),
    ]
    assert not turn.conversation.held_by
    assert not turn.conversation.listed


def test_a_question_said_on_hand_back_that_is_lost_ends_its_thread(player: Player) -> None:
    """What counts is the message that put it to the person, not the one that was held back."""
    staff(player, "take")
    player.play(offer("O-18", 8800))
    (asked,) = effects(staff(player, "hand_back"), Say)
    assert asked.ask is not None
    player.shown[asked.ask.id] = (player.now, None)
    turn = player.take(Settled("d", player.now, asked.ask.id, "failed", "number does not exist", say=asked.id))
    assert [outcome.type for outcome in effects(turn, Emit)] == ["offer.undelivered"]


# ---------------------------------------------------------------- waiting for anyone


def test_asking_for_a_person_does_not_stop_clear_answers(player: Player) -> None:
    """Until a colleague has taken it the bot goes on; what it does not understand is listed instead of asked back."""
    asked = said(player, "人工")
    assert effects(asked, HandOver) == [HandOver("asked for a person")]
    assert [one.card for one in effects(asked, Say)] == ["service/human"]
    unclear = said(player, "在吗", "m2")
    assert not effects(unclear, Say)
    assert [item.text for item in unclear.conversation.listed] == ["在吗"]
    assert effects(said(player, "Y", "m3"), Do)


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("words", "card"),
    [("TD", "stopped"), ("START", "resumed"), ("帮助", "help"), ("人工", "human"), ("谢谢", "thanks")],
)
def test_commands_hold_with_and_without_a_question(words: str, card: str) -> None:
    """Before a flow sees the words, in every state."""
    player = Player(library())
    assert player.play({"said": words})["say"] == [f"service/{card}"]
    player.play(offer())
    player.play({"said": "还价"})
    assert player.conversation.threads[0].state == "naming_price"
    again = player.play({"said": words})
    assert again.get("say", []) == ([] if words == "TD" else [f"service/{card}"])
    assert player.conversation.threads[0].state == "naming_price"


def test_an_opt_out_is_confirmed_once_a_day(player: Player) -> None:
    """A repeated TD is recorded again but not answered again, until a day has passed."""
    assert len(effects(said(player, "TD"), Say)) == 1
    again = said(player, "TD", "m2")
    assert (len(effects(again, Consent)), effects(again, Say)) == (1, [])
    player.now += timedelta(hours=25)
    assert len(effects(said(player, "TD", "m3"), Say)) == 1


def test_an_answer_does_not_undo_an_opt_out(player: Player) -> None:
    """Only opting in does."""
    said(player, "TD")
    turn = said(player, "Y", "m2")
    assert not effects(turn, Consent)
    assert turn.conversation.stopped_at


def test_how_it_stands_is_for_a_person_where_no_flow_can_tell(player: Player) -> None:
    """A question the bot cannot answer is not answered with "I did not understand"."""
    turn = said(player, "进度")
    assert [say.card for say in effects(turn, Say)] == ["service/human"]
    assert effects(turn, HandOver)


# ---------------------------------------------------------------- not understood


def test_nothing_is_asked_back_about_a_notice() -> None:
    """A parcel's notice takes a return, but words that fit nothing are not an answer to it."""
    player = Player(library())
    data = {"order_id": "A-9", "item": ITEM, "carrier_name": "顺丰", "tracking": "SF1"}
    player.play({"event": "order.shipped", "data": data})
    assert player.play({"said": "想想"})["say"] == ["service/unclear_nothing"]


def test_unclear_words_are_asked_back_twice_then_a_person_is_offered(player: Player) -> None:
    """In words fitted to the question: its title and what it offers, with its buttons again."""
    turns = [said(player, f"想想{n}", f"m{n}") for n in range(4)]
    says = [say for turn in turns for say in effects(turn, Say)]
    assert [say.card.removeprefix("service/") for say in says] == ["unclear"] * 2 + ["unclear_person"] * 2
    assert says[0].data == {
        "title": "腕表（编号#3287） ¥15,200",
        "options": ["接受", "拒绝"],
        "subject": "offer",
        "accepts": ["affirm", "deny", "counter_offer"],
        "price": "15200",
        "meant": "",
    }
    assert says[0].ask
    assert says[0].ask.id == player.asks[0].id


def test_the_count_starts_again_with_the_next_question(player: Player) -> None:
    """Being asked for the price is a new question."""
    said(player, "想想")
    said(player, "还价", "m2")
    assert player.conversation.threads[0].unclear == 0


def test_an_answer_without_what_it_needs_is_unclear(player: Player) -> None:
    """还价 where the price is asked for names none: it is asked back, and no action runs on nothing."""
    said(player, "还价")
    player.now += timedelta(minutes=2)
    turn = said(player, "还价", "m2")
    assert not effects(turn, Do)
    assert [say.card for say in effects(turn, Say)] == ["service/unclear"]


# ---------------------------------------------------------------- loops


def test_the_same_exchange_is_not_repeated_for_ever(player: Player) -> None:
    """A phone that answers by itself gets the same answer three times, then none; a real answer still counts."""
    turns = [said(player, "谢谢", f"m{n}") for n in range(5)]
    assert [len(effects(turn, Say)) for turn in turns] == [1, 1, 1, 0, 0]
    assert effects(said(player, "Y", "m9"), Do)


def test_too_many_words_in_an_hour_are_left_to_staff() -> None:
    """Beyond the limit nothing is answered, a colleague is asked once, and an opt-out still acts."""
    player = Player(library(Limits(turns_per_hour=3)))
    turns = [said(player, f"想想{n}", f"m{n}") for n in range(5)]
    assert [len(effects(turn, Say)) for turn in turns] == [1, 1, 1, 0, 0]
    assert [len(effects(turn, HandOver)) for turn in turns] == [0, 0, 0, 1, 0]
    assert effects(said(player, "TD", "m9"), Consent)
    player.now += timedelta(hours=1)
    assert effects(said(player, "谢谢", "m10"), Say)


# ---------------------------------------------------------------- not delivered


def test_a_question_that_did_not_arrive_ends_its_thread(player: Player) -> None:
    """Nobody waits for an answer to what was not seen: the platform is told why."""
    ask = player.asks[0].id
    player.shown[ask] = (player.now, None)
    turn = player.take(Settled("d", player.now, ask, "failed", "number does not exist"))
    (outcome,) = effects(turn, Emit)
    assert (outcome.type, outcome.data["reason"], outcome.data["offer_id"]) == ("offer.undelivered", "failed", "O-17")
    assert turn.closed == (ask,)


def test_a_lost_reminder_does_not_close_the_question(player: Player) -> None:
    """The question itself was delivered, or it was another message that is lost."""
    ask = player.asks[0].id
    assert not player.take(Settled("d", player.now, ask, "failed", "busy")).closed, "it has a delivery receipt"
    player.shown[ask] = (player.now, None)
    said_first = replace(player.conversation.asks[0]).said
    assert not player.take(Settled("d2", player.now, ask, "expired", "late", say="another")).closed
    assert player.take(Settled("d3", player.now, ask, "expired", "late", say=said_first)).closed
