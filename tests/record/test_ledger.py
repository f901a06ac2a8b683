"""The ledger on SQLite and on PostgreSQL: what is written, and what staff are told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, select
from support.entries import ANNE, BO, T0, attempt, out, recall, receipt, status, streamed, turn

from bot.messages import Status
from bot.record import ledger as module
from bot.record import tables
from bot.record.journal import Entry, OutcomeEntry, encode
from bot.record.ledger import Ledger, Overtaken
from bot.record.projection import Progress, StreamEntry

HANG_S = 60
"""Long enough for any machine: what takes longer hangs."""


def at(ms: int) -> datetime:
    return datetime.fromtimestamp((T0 + ms) / 1000, UTC)


async def record(ledger: Ledger, entries: Sequence[StreamEntry]) -> Progress:
    return await ledger.record(entries, await ledger.progress())


async def rows(ledger: Ledger, table: Table) -> list[dict[str, Any]]:
    async with ledger._engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(table))).mappings()]


# ---------------------------------------------------------------- writing


async def test_what_was_said_and_what_it_caused(ledger: Ledger) -> None:
    """A turn of the person's words is one row of turns and one inbound message; Chinese is kept as it is."""
    await record(ledger, streamed([turn(), out()]))
    (told,) = await rows(ledger, tables.turns)
    assert (told["stimulus"], told["before"], told["after"], told["reason"]) == (
        "in-1",
        "asked",
        "countered",
        "counter_offer",
    )
    assert '"说了一个价"' in told["readings"]
    inbound, outbound = await rows(ledger, tables.messages)
    assert (inbound["id"], inbound["direction"], inbound["text"]) == ("in-1", "in", "一万六")
    assert (inbound["account"], inbound["provider_id"], inbound["at"]) == ("yunpian", "9527", T0)
    assert (outbound["id"], outbound["direction"], outbound["card"]) == ("m-1", "out", "consignment/offer")


async def test_only_words_and_taps_are_messages(ledger: Ledger) -> None:
    """A timer or an event is a turn, and nobody said it."""
    await record(ledger, streamed(turn(kind="elapsed"), turn(name="e-1", kind="happened", event="offer.made")))
    assert len(await rows(ledger, tables.turns)) == 2
    assert await rows(ledger, tables.messages) == []


async def test_the_life_of_an_outbound(ledger: Ledger) -> None:
    """Queued, attempted, sent, delivered and read, each in a batch of its own: one message with all its times."""
    pieces: list[Entry] = [
        out(),
        status("queued", until="2026-11-23T08:00:00+08:00"),
        attempt(form="rbm"),
        status("sent", provider_id="9527", response='{"code":0}'),
        receipt("delivered", ms=70),
        receipt("read", ms=80),
    ]
    for n, piece in enumerate(pieces):
        await record(ledger, streamed(piece, start=n * 10))
    message = await ledger.message("m-1")
    assert message is not None
    assert (message.at, message.attempted_at, message.sent_at) == (at(0), at(20), at(30))
    assert (message.delivered_at, message.read_at, message.failed_at) == (at(70), at(80), None)
    assert message.due_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert (message.status, message.why, message.provider_id) == (Status.READ, "READ", "9527")
    assert (message.form, message.rich, message.segments) == ("rbm", {"richCard": {"title": "有人出价"}}, 1)
    assert message.response == '{"code":0}'
    assert message.expires_at == at(86_400_000)


async def test_a_second_attempt_as_text_is_no_longer_rich(ledger: Ledger) -> None:
    """The message shows what was sent last."""
    await record(ledger, streamed(out(), attempt(form="rbm"), status("queued", code="not_rcs")))
    await record(ledger, streamed(attempt(n=2), start=10))
    message = await ledger.message("m-1")
    assert message is not None
    assert (message.form, message.rich, message.attempts) == ("text", None, 2)
    assert [row["n"] for row in await rows(ledger, tables.attempts)] == [1, 2]


async def test_a_failure_says_why(ledger: Ledger) -> None:
    """Status, reason and the carrier's code stand together; a delivery that was seen after all wins."""
    await record(ledger, streamed(out(), attempt(), status("failed", code="53")))
    message = await ledger.message("m-1")
    assert message is not None
    assert (message.status, message.why, message.code) == (Status.FAILED, "because failed", "53")
    await record(ledger, streamed(receipt("delivered"), start=10))
    message = await ledger.message("m-1")
    assert message is not None
    assert (message.status, message.code) == (Status.DELIVERED, None)


async def test_what_was_taken_back_and_the_text_that_went_for_it(ledger: Ledger) -> None:
    """Each step, the link between the two, and that the network may say something else later."""
    steps: list[Entry | list[Entry]] = [
        recall("asked"),
        [recall("revoked", instead="m-2"), out("m-2", instead_of="m-1")],
    ]
    await record(ledger, streamed(out(), attempt(form="rbm"), status("sent"), *steps))
    card, text = await ledger.message("m-1"), await ledger.message("m-2")
    assert card is not None
    assert text is not None
    assert (card.status, card.why, card.failed_at) == (Status.REVOKED, "so revoked", at(4))
    assert (card.instead_of, text.instead_of) == (None, "m-1")
    told = [(row["outcome"], row["instead"]) for row in await rows(ledger, tables.recalls)]
    assert told == [("asked", None), ("revoked", "m-2")]
    await record(ledger, streamed(receipt("delivered"), start=10))
    card = await ledger.message("m-1")
    assert card is not None
    assert card.status is Status.DELIVERED


async def test_a_receipt_that_moved_nothing_is_kept_and_moves_nothing(ledger: Ledger) -> None:
    """A word nobody knows, or a receipt the store did not apply, is in receipts only."""
    unknown = receipt("sent", status="", raw="MAYBE", applied=False)
    await record(ledger, streamed(out(), unknown, receipt("delivered", applied=False)))
    assert [(row["raw"], bool(row["applied"])) for row in await rows(ledger, tables.receipts)] == [
        ("MAYBE", False),
        ("DELIVERED", False),
    ]
    message = await ledger.message("m-1")
    assert message is not None
    assert message.status is Status.QUEUED


async def test_everything_else_has_a_table(ledger: Ledger) -> None:
    """Contacts, consents, outcomes, parked mail and signals."""
    outcome: OutcomeEntry = {
        "t": "outcome",
        "contact": ANNE,
        "id": "o-1",
        "state": "emitted",
        "type": "offer.accepted",
        "thread": "o17",
        "sequence": 1,
    }
    await record(
        ledger,
        streamed(
            {"t": "contact", "contact": ANNE, "number": "sealed"},
            {"t": "contact", "contact": ANNE, "number": "again"},
            {"t": "consent", "contact": ANNE, "topic": "*", "granted": False, "evidence": "TD", "stimulus": "in-1"},
            outcome | {"data": {"price": "15200"}},
            {"t": "parked", "contact": ANNE, "mail": "1 {}"},
            {"t": "signal", "contact": ANNE, "account": "rbm", "what": "typing"},
        ),
    )
    await record(ledger, streamed(outcome | {"state": "posted"}, start=10))
    contact = await ledger.contact(ANNE)
    assert contact is not None
    assert (contact.number, contact.first_seen_at) == ("sealed", at(0))
    (consent,) = await rows(ledger, tables.consents)
    assert (consent["topic"], bool(consent["granted"]), consent["evidence"]) == ("*", False, "TD")
    (kept,) = await rows(ledger, tables.outcomes)
    assert (kept["state"], kept["data"], kept["at"], kept["settled_at"]) == (
        "posted",
        '{"price":"15200"}',
        T0 + 3,
        T0 + 10,
    )
    assert len(await rows(ledger, tables.parked)) == len(await rows(ledger, tables.signals)) == 1


async def test_what_cannot_be_read_is_kept_beside(ledger: Ledger) -> None:
    """A bad entry ends in the table dead, as it stood in the stream, and is counted."""
    await record(ledger, [StreamEntry(5, f"{T0}-0", b"\xffnot\0json"), *streamed(turn(), start=1)])
    (dead,) = await rows(ledger, tables.dead)
    assert (dead["shard"], dead["entry"], dead["body"]) == (5, f"{T0}-0", "\ufffdnot\ufffdjson")
    assert (await ledger.counts()).dead == 1


# ---------------------------------------------------------------- once, and in whatever pieces

PIECES: list[Entry] = [
    out(),
    status("queued", until="2026-11-23T08:00:00+08:00"),
    attempt(),
    status("sent", provider_id="9527", response='{"code":0}'),
    status("failed", code="53"),
    receipt("delivered", ms=70),
    receipt("read", ms=80),
]
EXAMPLE = count()


@given(
    order=st.lists(st.sampled_from(range(len(PIECES))), max_size=6),
    end=st.permutations(range(len(PIECES))),
    cut=st.randoms(),
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pieces_come_together_in_any_order(ledger: Ledger, order: list[int], end: list[int], cut: Any) -> None:
    """Any order, any repetition and any division into batches of an outbound's entries end in the same row."""

    async def written(name: str, sequence: Sequence[int], batch: int) -> dict[str, Any]:
        entries = [
            StreamEntry(0, f"{T0 + n}-0", encode([PIECES[n] | {"id": name}]).encode())  # type: ignore[list-item]
            for n in sequence
        ]
        while entries:
            size = batch or cut.randint(1, 4)
            await record(ledger, entries[:size])
            entries = entries[size:]
        message = await ledger.message(name)
        assert message is not None
        return asdict(message) | {"id": ""}

    example = next(EXAMPLE)
    straight = await written(f"straight-{example}", range(len(PIECES)), len(PIECES))
    assert await written(f"mixed-{example}", [*order, *end], 0) == straight
    assert straight["status"] is Status.READ


async def test_a_batch_is_recorded_once(ledger: Ledger) -> None:
    """Who records the same again, having missed that it was, is told so and writes nothing."""
    since = await ledger.progress()
    entries = streamed([turn(), out()], attempt())
    now = await ledger.record(entries, since)
    with pytest.raises(Overtaken):
        await ledger.record(entries, since)
    assert await ledger.progress() == now
    assert len(await rows(ledger, tables.turns)) == len(await rows(ledger, tables.attempts)) == 1


async def test_of_two_at_once_one_records(ledger: Ledger, database_url: str) -> None:
    """Two recorders with the same batch: one writes it, the other is overtaken, whatever the database."""
    other = Ledger(database_url)
    since = await ledger.progress()
    entries = streamed(*(turn(name=f"in-{n}") for n in range(50)))
    results = await asyncio.gather(ledger.record(entries, since), other.record(entries, since), return_exceptions=True)
    await other.close()
    assert sorted(type(result).__name__ for result in results) == [Overtaken.__name__, Progress.__name__]
    assert len(await rows(ledger, tables.turns)) == 50


# ---------------------------------------------------------------- reading


async def test_conversations_newest_first(ledger: Ledger) -> None:
    """Each person once, by what happened last, with the last words and how they fare."""
    await record(ledger, streamed([turn(contact=ANNE), out(contact=ANNE)], turn(name="in-2", text="TD", contact=BO)))
    await record(ledger, streamed(attempt(contact=ANNE), status("sent", contact=ANNE), start=10))
    anne, bo = await ledger.conversations()
    assert (anne.contact, anne.at, bo.contact, bo.at) == (ANNE, at(11), BO, at(1))
    assert anne.last is not None
    assert (anne.last.direction, anne.last.text, anne.last.status) == ("out", "【叮咚】有买家出价¥15,200", Status.SENT)
    assert bo.last is not None
    assert (bo.last.direction, bo.last.text, bo.last.status, bo.last.at) == ("in", "TD", None, at(0))
    assert await ledger.conversations(limit=1) == [anne]
    assert await ledger.conversations(before=anne.position) == [bo]


async def test_a_conversation_without_words(ledger: Ledger) -> None:
    """Somebody we only had an event for is listed; a receipt nobody can place is no conversation."""
    await record(ledger, streamed(turn(kind="happened"), receipt("delivered", contact="", applied=False)))
    (line,) = await ledger.conversations()
    assert (line.contact, line.last) == (ANNE, None)


async def test_a_timeline_is_in_order_and_can_be_followed(ledger: Ledger) -> None:
    """Oldest first; what comes later is found with the last position seen; other people's is not in it."""
    await record(ledger, streamed([turn(), out()], turn(name="in-2", contact=BO), attempt()))
    first = await ledger.timeline(ANNE)
    assert [(item.entry["t"], item.at) for item in first] == [("turn", at(0)), ("out", at(0)), ("attempt", at(2))]
    assert len({(item.position, item.index) for item in first}) == 3
    await record(ledger, streamed(status("sent"), start=10))
    (sent,) = await ledger.timeline(ANNE, after=first[-1].position)
    assert sent.entry == status("sent")
    assert await ledger.timeline(ANNE, after=sent.position) == []


async def test_history_goes_back_page_by_page(ledger: Ledger) -> None:
    """The newest come first, each page in order, until there is nothing older."""
    for n in range(5):
        await record(ledger, streamed(turn(name=f"in-{n}"), start=n))
    newest = await ledger.history(ANNE, limit=2)
    assert [item.entry["t"] == "turn" and item.entry["id"] for item in newest] == ["in-3", "in-4"]
    older = await ledger.history(ANNE, before=newest[0].position, limit=3)
    assert [item.entry["t"] == "turn" and item.entry["id"] for item in older] == ["in-0", "in-1", "in-2"]
    assert await ledger.history(ANNE, before=older[0].position) == []


async def test_changes_are_told_in_the_order_of_recording(ledger: Ledger) -> None:
    """Whoever asks with the last position they saw misses nobody and sees nobody twice."""
    now = await record(ledger, streamed(turn(contact=BO), turn(name="in-2", contact=ANNE)))
    changes = await ledger.changes(after=0)
    assert [change.contact for change in changes] == [BO, ANNE]
    assert changes[-1].position == now.position
    assert await ledger.changes(after=now.position) == []


async def test_who_waits_for_news_is_woken_by_the_recorder_beside_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the recorder's own process nobody has to look again and again."""
    monkeypatch.setattr(module, "LOOK_AGAIN_S", None)
    waiting = asyncio.create_task(ledger.changed(0))
    await asyncio.sleep(0)
    now = await record(ledger, streamed(turn()))
    async with asyncio.timeout(HANG_S):
        assert await waiting == now.position


async def test_who_waits_for_news_finds_what_another_process_recorded(ledger: Ledger, database_url: str) -> None:
    """The database is looked at now and then."""
    elsewhere = Ledger(database_url)
    waiting = asyncio.create_task(elsewhere.changed(0))
    await asyncio.sleep(0)
    now = await record(ledger, streamed(turn()))
    async with asyncio.timeout(HANG_S):
        assert await waiting == now.position
    await elsewhere.close()


async def test_counts(ledger: Ledger) -> None:
    """How much there is, by direction and status."""
    await record(ledger, streamed([turn(), out()], out(name="m-2"), status("dropped", name="m-2")))
    counts = await ledger.counts()
    assert (counts.turns, counts.inbound) == (1, 1)
    assert counts.outbound == {Status.QUEUED: 1, Status.DROPPED: 1}


async def test_what_nobody_knows_is_none(ledger: Ledger) -> None:
    """An unknown message or person is no error."""
    assert await ledger.message("m-1") is None
    assert await ledger.contact(ANNE) is None
    assert await ledger.timeline(ANNE) == []


# ---------------------------------------------------------------- what was not understood


UNCLEAR = {"intent": "unclear", "rule": "decide.nothing", "why": "nothing says so", "slots": {}}
EXTEND = {"intent": "extend", "rule": "durations.days", "why": "a length", "slots": {"days": 3}}


def unclear_turn(name: str, **more: Any) -> Entry:
    return turn(name, **{"readings": [UNCLEAR], "context": "offer", **more})


async def test_the_queue_is_what_the_bot_first_took_for_unclear(ledger: Ledger) -> None:
    """Words only, read for the bot to answer, oldest first, from a position on; a later reading changes nothing."""
    await record(
        ledger,
        streamed(
            unclear_turn("u-1", text="那个"),
            turn("clear", context="offer"),
            turn("to staff", readings=[UNCLEAR]),
            unclear_turn("applied", kind="staffed"),
            unclear_turn("u-2", readings=[UNCLEAR, EXTEND], context="none", contact=BO),
            turn("odd", readings=[7], context="offer"),
        ),
    )
    first, second = await ledger.unclear()
    assert (first.stimulus, first.contact, first.context, first.text) == ("u-1", ANNE, "offer", "那个")
    assert (first.at, first.label) == (at(0), None)
    assert (second.stimulus, second.context) == ("u-2", "none")
    assert await ledger.unclear(limit=1) == [first]
    assert await ledger.unclear(after=first.position) == [second]
    assert await ledger.unclear_reply("u-2") == second
    assert await ledger.unclear_reply("clear") is None


async def test_a_label_is_kept_with_who_gave_it_and_replaced_by_the_next(ledger: Ledger) -> None:
    """Staff may change their mind: one label a reply, the last."""
    await record(ledger, streamed(unclear_turn("u-1")))
    await ledger.label("u-1", "deny", {}, "lin", at(1))
    await ledger.label("u-1", "counter_offer", {"price": 16000, "note": "约一万六"}, "mei", at(2))
    (reply,) = await ledger.unclear()
    assert reply.label is not None
    assert asdict(reply.label) == {
        "intent": "counter_offer",
        "slots": {"price": 16000, "note": "约一万六"},
        "by": "mei",
        "at": at(2),
    }


async def test_a_cancelled_query_leaves_nothing_behind(database_url: str) -> None:
    """However often and whenever it is cancelled: what never ends would keep the process from ending."""
    ledger, before = Ledger(database_url), asyncio.all_tasks()
    await ledger.open()
    for steps in range(60):
        query = asyncio.create_task(ledger.progress())
        for _ in range(steps):
            await asyncio.sleep(0)
        while not query.done():
            query.cancel()
            await asyncio.sleep(0)
    async with asyncio.timeout(HANG_S):
        await ledger.close()
    assert asyncio.all_tasks() == before
