"""Events start, revise and move threads; timers count from what was shown; versions are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flow_world import ITEM, effects, library, notes, offer

from flows.engine import step
from flows.library import SHIPPED, MissingVersion, load_library
from flows.model import load_flow
from flows.state import Conversation, Elapsed, Emit, Happened, Said, Say, SetTimer, Slots
from flows.transcript import START, Player


@pytest.fixture
def player() -> Player:
    return Player(library())


def happened(player: Player, price: int, revision: int) -> Happened:
    return Happened(f"h{revision}", player.now, "offer.made", offer(price=price)["data"], revision)


def test_ids_follow_from_what_caused_them(player: Player) -> None:
    """The same step makes the same ids; they are safe in a URL, a Redis field and a postback."""
    one = step(library(), Conversation("c"), happened(player, 15200, 1), START)
    two = step(library(), Conversation("c"), happened(player, 15200, 1), START)
    assert one == two
    (ask,) = one.conversation.asks
    assert ask.thread.startswith("t")
    assert len(ask.thread) == 17
    assert ask.id == f"{ask.thread}.1"


@pytest.mark.parametrize("revision", [2, 1])
def test_an_event_that_is_not_newer_is_superseded(player: Player, revision: int) -> None:
    """Late and repeated events are journaled and change nothing."""
    player.take(happened(player, 15200, 2))
    turn = player.take(happened(player, 9, revision))
    assert notes(turn) == ["superseded"]
    assert len(turn.effects) == 1


def test_an_ended_key_opens_again_only_with_a_higher_revision(player: Player) -> None:
    """The end of a thread is remembered by its revision; the next one is another thread."""
    player.take(happened(player, 15200, 2))
    first = player.asks[0].thread
    player.play({"event": "offer.withdrawn", "data": {"offer_id": "O-17"}, "revision": 2})
    assert not player.conversation.threads
    assert notes(player.take(happened(player, 15200, 2))) == ["superseded"]
    turn = player.take(happened(player, 15200, 3))
    assert effects(turn, Say)
    assert turn.conversation.threads[0].id != first


def test_ended_keys_are_forgotten_after_a_month(player: Player) -> None:
    """What is remembered of a person stays small: the next end forgets old ones, and there are never too many."""
    player.play(offer("O-1"))
    player.play({"event": "offer.withdrawn", "data": {"offer_id": "O-1"}, "revision": 1})
    player.now += timedelta(days=31)
    for number in range(2, 60):
        player.take(Happened(f"h{number}", player.now, "offer.made", offer(f"O-{number}")["data"], 1))
    assert len(player.conversation.ended) == library().limits.ended_kept
    assert min(at for _, at in player.conversation.ended.values()) == int(player.now.timestamp())


def test_an_event_that_lacks_a_field_is_refused_with_its_name(player: Player) -> None:
    """Nothing starts on half an event."""
    turn = player.take(Happened("h", player.now, "offer.made", {"offer_id": "O-1", "item": {**ITEM}}, 1))
    assert turn.reason == "refused: offer.made: data.price: is missing"


def test_an_event_nobody_takes_is_noted(player: Player) -> None:
    """The journal says so; nothing else happens."""
    assert notes(player.take(Happened("h", player.now, "moon.risen", {}, 1))) == ["no flow"]


def test_a_question_that_is_over_before_it_is_asked_is_not_asked(player: Player) -> None:
    """An offer that arrives after its end lapses at once: the platform is told, the person is not bothered."""
    player.now += timedelta(days=30)
    turn = player.take(happened(player, 15200, 1))
    assert not effects(turn, Say)
    assert [one.type for one in effects(turn, Emit)] == ["offer.lapsed"]


def test_a_question_that_was_never_shown_lapses_silently(player: Player) -> None:
    """Who never saw the offer is not told that it is over."""
    player.play({**offer(), "unseen": True})
    assert player.play({"passes": "3d"}) == {"emit": ["offer.lapsed"], "state": "consignment/offer/lapsed"}


def test_a_reminder_counts_from_when_the_question_was_shown(player: Player) -> None:
    """Held back for the night, the question is reminded of 20 hours after it went out."""
    player.play({**offer(), "unseen": True})
    ask = player.asks[0]
    shown = player.now + timedelta(hours=10)
    player.shown[ask.id] = (shown, None)
    player.now += timedelta(hours=20)
    early = player.take(Elapsed("e", player.now, f"{ask.id}/remind"))
    assert effects(early, SetTimer) == [SetTimer(f"{ask.id}/remind", shown + timedelta(hours=20))]
    player.now = shown + timedelta(hours=20)
    due = player.take(Elapsed("e2", player.now, f"{ask.id}/remind"))
    assert [say.card for say in effects(due, Say)] == ["consignment/offer_reminder"]


def test_a_late_timer_is_refused(player: Player) -> None:
    """A timeout of a question that was answered meanwhile does nothing but say so."""
    player.play(offer())
    player.play({"said": "Y"})
    player.play({"returned": {"deal": "made"}})
    turn = player.take(Elapsed("e", player.now, f"{player.asks[0].id}/timeout"))
    assert notes(turn) == ["late timer"]
    assert len(turn.effects) == 1


def test_nothing_is_sent_after_the_question_is_over(player: Player) -> None:
    """The Say carries the end of what it asks."""
    (said,) = effects(player.take(happened(player, 15200, 1)), Say)
    assert said.expires_at
    assert said.expires_at.isoformat() == "2026-11-24T04:00:00+00:00"


def test_a_bare_date_ends_with_the_day_on_the_contacts_clock(player: Player) -> None:
    """ends_on 2026-11-25 means until midnight in Shanghai."""
    data: Slots = {"listing_id": "L-1", "item": {**ITEM}, "price": 9, "ends_on": "2026-11-25"}
    (said,) = effects(player.take(Happened("h", player.now, "listing.expiring", data, 1)), Say)
    assert said.expires_at
    assert said.expires_at.isoformat() == "2026-11-25T15:59:59+00:00"


# ---------------------------------------------------------------- versions


def test_a_thread_keeps_the_version_it_began_with(player: Player) -> None:
    """The offer's flow changes under way: the open thread goes on by the older file."""
    player.play(offer())
    thread = player.conversation.threads[0]
    source = library().sources[thread.version].replace("deny: {do: decline_offer}", "deny: {go: gone}")
    newest = load_flow(source)
    flows = {**library().flows, "consignment/offer": newest}
    player.library = type(library())(
        flows=flows,
        versions={**library().versions, newest.version: newest},
        sources={},
        choices=library().choices,
        understand=library().understand,
    )
    assert player.play({"said": "2"})["do"] == ["decline_offer"]


def test_a_newer_version_may_say_where_older_states_move(player: Player) -> None:
    """`moved` takes waiting threads along."""
    player.play(offer())
    source = library().sources[player.conversation.threads[0].version]
    newest = load_flow(source.replace("states:\n", "moved: {asked: naming_price}\nstates:\n", 1))
    player.library = type(library())(
        flows={**library().flows, "consignment/offer": newest},
        versions={**library().versions, newest.version: newest},
        sources={},
        choices=library().choices,
        understand=library().understand,
    )
    turn = player.take(Said("m", player.now + timedelta(seconds=10), "还价"))
    assert "moved" in notes(turn)
    assert [say.card for say in effects(turn, Say)] == ["service/unclear"], "naming_price needs a price"


def test_a_version_that_is_not_loaded_is_an_error_for_the_worker(player: Player) -> None:
    """It loads the version from the store and steps again; nothing is guessed."""
    player.play(offer())
    other = library().sources[player.conversation.threads[0].version] + "# another\n"
    only = load_flow(other)
    player.library = type(library())({only.flow: only}, {only.version: only}, {}, library().choices)
    with pytest.raises(MissingVersion, match="is not in the library"):
        player.play({"said": "Y"})


def test_a_thread_whose_flow_cannot_be_read_ends_with_a_person(player: Player) -> None:
    """Its version is refused by today's schema: staff get it, and the person's next words are heard."""
    player.play(offer())
    version = player.conversation.threads[0].version
    player.library = replace(library(), versions={}, unreadable={version: "old.yml:1: no such field"})
    assert player.play({"said": "Y"})["hand_over"]
    assert not player.conversation.threads
    assert player.play({"said": "TD"})["consent"] == ["-*"]


def test_stored_versions_are_read_back_and_broken_ones_named() -> None:
    """A version of last year that today's schema refuses does not stop the start."""
    text = next(iter(library().sources.values()))
    loaded = load_library(SHIPPED, library().choices, {"0" * 16: "flow: [", "1" * 16: text})
    assert list(loaded.unreadable) == ["0" * 16]
    assert loaded.versions["1" * 16].flow
