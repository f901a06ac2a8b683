"""A decision is durable before it acts, and acts once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flow_world import effects, library, notes, offer
from pydantic import JsonValue

from flows.state import ClearTimer, Do, Elapsed, Emit, HandOver, Happened, Returned, Said, Say, SetTimer, Slots, Turn
from flows.transcript import Player


@pytest.fixture
def player() -> Player:
    """She has just accepted an offer; the call is under way."""
    player = Player(library())
    player.play(offer())
    player.play({"said": "Y"})
    return player


def call_id(player: Player) -> str:
    pending = player.conversation.threads[0].pending
    assert pending
    return pending.call_id


def returned(player: Player, *, attempt: int = 1, error: str = "", retry: bool = False, **slots: str | int) -> Turn:
    events = tuple({"event": "slot", "name": name, "value": value} for name, value in slots.items())
    answer = Returned("r", player.now, call_id(player), attempt, events, error=error, retry=retry)
    return player.take(answer)


def test_the_call_is_written_down_before_it_runs() -> None:
    """The deciding turn closes the ask, keeps the call as pending, and sets its timers."""
    player = Player(library())
    player.play(offer())
    turn = player.take(Said("m", player.now + timedelta(seconds=10), "Y"))
    (call,) = effects(turn, Do)
    (thread,) = turn.conversation.threads
    assert thread.pending
    assert (thread.pending.call_id, thread.pending.attempt) == (call.call_id, 1)
    assert call.call_id == f"{player.asks[0].id}.r1", "it follows from the ask and its revision"
    assert turn.closed == (player.asks[0].id,)
    assert {timer.id for timer in effects(turn, SetTimer)} == {f"{call.call_id}/retry", f"{call.call_id}/deadline"}


def test_its_answer_ends_the_thread_once(player: Player) -> None:
    """The outcome knows what the platform knows it by; the same answer again changes nothing."""
    answer = Returned("r", player.now, call_id(player), 1, ({"event": "slot", "name": "deal", "value": "made"},))
    turn = player.take(answer)
    (outcome,) = effects(turn, Emit)
    assert outcome.type == "offer.accepted"
    assert outcome.sequence == 1
    assert {"offer_id": "O-17", "price": "15200", "revision": 1, "deal": "made"}.items() <= outcome.data.items()
    again = player.take(answer)
    assert notes(again) == ["late answer"]
    assert len(again.effects) == 1


def test_no_answer_runs_the_record_again(player: Player) -> None:
    """The retry timer repeats the same call with the next attempt, and tells her once that it takes longer."""
    first = player.take(Elapsed("e1", player.now + timedelta(seconds=15), f"{call_id(player)}/retry"))
    second = player.take(Elapsed("e2", player.now + timedelta(seconds=45), f"{call_id(player)}/retry"))
    assert [call.attempt for turn in (first, second) for call in effects(turn, Do)] == [2, 3]
    assert len({call.call_id for turn in (first, second) for call in effects(turn, Do)}) == 1
    assert [one.card for one in effects(first, Say)] == ["service/being_confirmed"]
    assert not effects(second, Say)


def test_a_slow_platform_is_tried_again_from_a_timer(player: Player) -> None:
    """A retryable failure runs nothing now; it moves the timer."""
    turn = returned(player, error="the platform answered 503", retry=True)
    assert not effects(turn, Do)
    assert [timer.id for timer in effects(turn, SetTimer)] == [f"{call_id(player)}/retry"]


def test_an_older_attempt_may_bring_the_answer_but_not_the_failure(player: Player) -> None:
    """Success of any attempt counts; the failure of one that was overtaken does not."""
    player.take(Elapsed("e1", player.now, f"{call_id(player)}/retry"))
    assert notes(returned(player, attempt=1, error="broken")) == ["older attempt"]
    assert effects(returned(player, attempt=1, deal="made"), Emit)


def test_a_failure_for_good_calls_a_person(player: Player) -> None:
    """`failed: hand_over` is what a flow does that says nothing else."""
    turn = returned(player, error="the platform answered 400")
    assert [one.card for one in effects(turn, Say)] == ["service/failed"]
    assert effects(turn, HandOver)
    assert not turn.conversation.threads


def test_past_the_deadline_it_is_unknown_and_never_asked_again(player: Player) -> None:
    """Nobody knows whether the deal was made: a person finds out; a late answer is shown to them, not acted on."""
    turn = player.take(Elapsed("e", player.now + timedelta(minutes=30), f"{call_id(player)}/deadline"))
    assert [one.card for one in effects(turn, Say)] == ["service/held"]
    assert effects(turn, HandOver)
    late = returned(player, deal="made")
    assert not effects(late, Emit)
    assert [item.what for item in late.conversation.listed] == ["returned"]
    again = player.take(Elapsed("e2", player.now, f"{call_id(player)}/retry"))
    assert notes(again) == ["late timer"]


def test_a_new_price_waits_for_the_call(player: Player) -> None:
    """The thread is frozen: the event is handled after the answer, in order."""
    waiting = player.take(Happened("h", player.now, "offer.made", offer(price=15800)["data"], 2))
    assert notes(waiting) == ["waits"]
    turn = returned(player, deal="changed", price="15500", revision=2)
    assert [one.data["price"] for one in effects(turn, Say)] == ["15500"], "revision 2 is what the platform said"
    assert "superseded" in notes(turn)


def test_a_newer_price_that_waited_is_what_is_asked(player: Player) -> None:
    """Only the question that holds after the turn is sent."""
    player.take(Happened("h", player.now, "offer.made", offer(price=15900)["data"], 3))
    turn = returned(player, deal="changed", price="15500", revision=2)
    assert [one.data["price"] for one in effects(turn, Say)] == ["15900"]


def test_other_threads_go_on_while_one_is_frozen(player: Player) -> None:
    """A second offer is asked and answered meanwhile."""
    player.play(offer("O-18", 8800))
    assert player.play({"said": "2"})["do"] == ["decline_offer"]
    assert player.play({"said": "TD"})["consent"] == ["-*"]


def test_a_second_yes_is_told_once_and_never_decides_again(player: Player) -> None:
    """While the call is under way every further answer waits; afterwards it is too late."""
    first, second = player.play({"said": "Y"}), player.play({"tapped": "affirm"})
    assert first == {"say": ["service/being_confirmed"]}
    assert second == {}
    turn = returned(player, deal="made")
    assert not effects(turn, Do)
    assert notes(turn).count("too late") == 2


def test_the_answer_is_a_reply_to_her_words(player: Player) -> None:
    """What comes of her own words goes out as conversation, whatever the flow's kind, and names them."""
    (said,) = effects(returned(player, deal="made"), Say)
    assert (said.kind, said.reply_to, said.essential) == ("conversation", "s2", True)


def test_the_call_clears_its_timers(player: Player) -> None:
    """An answered call leaves nothing that could wake it."""
    call = call_id(player)
    turn = returned(player, deal="made")
    assert {timer.id for timer in effects(turn, ClearTimer)} == {f"{call}/retry", f"{call}/deadline"}
    assert not player.timers


# ---------------------------------------------------------------- what an action may answer besides slots


def heard(player: Player, *events: Slots, responses: tuple[Slots, ...] = ()) -> Turn:
    answer = Returned("r", player.now, call_id(player), 1, events, responses)
    return player.take(answer)


def test_a_followup_runs_the_next_action_for_the_same_thread(player: Player) -> None:
    """rasa-sdk's FollowupAction."""
    turn = heard(player, {"event": "followup", "name": "decline_offer"})
    (call,) = effects(turn, Do)
    assert call.action == "decline_offer"
    assert turn.conversation.threads[0].pending


def test_an_action_speaks_by_text_and_by_card(player: Player) -> None:
    """Plain text becomes service/plain; `response` names a card, whose extra keywords are its data."""
    responses = ({"text": "好的"}, {"response": "consignment/offer_reminder", "price": "1", "text": None})
    says = effects(heard(player, responses=responses), Say)
    assert [(one.card, one.data.get("text") or one.data["price"]) for one in says[:2]] == [
        ("service/plain", "好的"),
        ("consignment/offer_reminder", "1"),
    ]


def test_an_actions_buttons_are_choices_of_the_question_that_follows(player: Player) -> None:
    """They carry an intent and slots, and answer the state the thread is in."""
    buttons: list[JsonValue] = [
        {"title": "卖", "payload": "/affirm"},
        {"title": "不卖", "payload": '/deny{"why": "price"}'},
    ]
    changed = {"event": "slot", "name": "deal", "value": "changed"}
    turn = heard(player, changed, responses=({"text": "新的报价，卖吗？", "buttons": buttons},))
    (said,) = effects(turn, Say)
    assert said.card == "service/plain"
    assert said.ask
    assert [choice.means for choice in said.ask.question.choices] == ["affirm", "deny"]
    assert player.play({"tapped": "button-2"})["do"] == ["decline_offer"]


def test_pause_calls_a_person(player: Player) -> None:
    """rasa-sdk's ConversationPaused hands over; the thread goes on where it leads."""
    turn = heard(player, {"event": "pause"}, {"event": "slot", "name": "deal", "value": "made"})
    assert effects(turn, HandOver)
    assert turn.conversation.held_by == "*"


def test_a_reminder_states_its_intent_when_it_is_due(player: Player) -> None:
    """rasa-sdk's ReminderScheduled, with an aware time; the open ask takes its intent or refuses it."""
    when = (player.now + timedelta(hours=1)).isoformat()
    reminder = {"event": "reminder", "intent": "deny", "name": "r", "date_time": when}
    turn = heard(player, reminder, {"event": "slot", "name": "deal", "value": "changed"})
    timer = next(one for one in effects(turn, SetTimer) if "/reminder." in one.id)
    due = player.take(Elapsed("e", timer.at, timer.id))
    assert [call.action for call in effects(due, Do)] == ["decline_offer"]
    late = player.take(Elapsed("e2", timer.at, timer.id))
    assert notes(late) == ["waits"]


@pytest.mark.parametrize(
    "event",
    [
        {"event": "reminder", "intent": "deny", "name": "r", "date_time": "2026-11-25T09:00:00"},
        {"event": "restart"},
    ],
)
def test_what_cannot_be_done_is_noted(player: Player, event: Slots) -> None:
    """A reminder without a zone and events that mean nothing here are journaled, not guessed at."""
    turn = heard(player, event, {"event": "slot", "name": "deal", "value": "made"})
    assert "ignored" in notes(turn)


def test_reset_slots_keeps_what_the_event_told(player: Player) -> None:
    """AllSlotsReset forgets results, not the offer."""
    player_events = ({"event": "slot", "name": "deal", "value": "made"}, {"event": "reset_slots"})
    turn = heard(player, *player_events)
    assert turn.after == "consignment/offer/gone", "without `deal` the flow's else applies"
    assert effects(turn, Say)[0].data["price"] == "15200"
