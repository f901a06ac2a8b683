"""What the store keeps of RCS messages that do not arrive: each step alone, and what comes between two of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.scripts import (
    C,
    accept,
    attempt,
    claim,
    commit,
    journal,
    offered,
    recall,
    recall_take,
    receipt,
    sent,
    status,
    take,
    with_outbound,
)

from bot import keys
from bot.store import Store

TEXT = "m1-text"


async def sent_by_rcs(store: Store, message: str = "m1", ask: str = "t.1", patience: int | str = 0) -> None:
    """A question that went by RCS, and that is waited for as long."""
    await with_outbound(store, (message, "conversation", "t", ask))
    await take(store)
    assert await attempt(store, message, ask=ask, form="rbm", awaits="1") == "go"
    await sent(store, message, patience=patience)


async def close(store: Store, ask: str = "t.1") -> None:
    await accept(store, f"close-{ask}")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), closed=[ask])


async def told(store: Store) -> list[str]:
    """The kinds of mail that wait."""
    items = await store.command("LRANGE", keys.mail(0, C), 0, -1)
    return [json.loads(item.split(b" ", 1)[1])["kind"] for item in items]


async def shown(store: Store, ask: str = "t.1") -> bool:
    return bool(await store.command("HEXISTS", keys.shown(0, C), ask))


async def mark(store: Store, ask: str = "t.1") -> bytes:
    """What `shown` says of its delivery: "?" while it is awaited, b"0" where no receipt says anything."""
    value: bytes = await store.command("HGET", keys.shown(0, C), ask)
    return value.split(b" ")[1]


async def outcomes(store: Store) -> list[str]:
    return [entry["outcome"] for entry in await journal(store) if entry["t"] == "recall"]


async def test_what_is_not_delivered_in_time_is_looked_at(store: Store) -> None:
    """Not before its patience ends; with all that the decision needs; and by one at a time."""
    await sent_by_rcs(store, patience=60_000)
    assert await recall_take(store) == []
    assert int(await store.command("ZSCORE", keys.recalls(0), C)) > 0
    await store.redis.hset(keys.msg(0, "m1"), "due", 1)
    await store.redis.zadd(keys.recalls(0), {C: 1})
    [row] = await recall_take(store)
    assert (row[1], row[2], row[3], row[5], row[6], row[7]) == (b"m1", b"sent", b"acc", b"", b"", b"")
    assert int(row[4]) > 0
    assert await recall_take(store, "other") == []


async def test_what_is_delivered_in_time_is_forgotten_about(store: Store) -> None:
    """No look at it costs anything; what the phone can do is known anew."""
    await sent_by_rcs(store, patience=60_000)
    assert await receipt(store, "delivered", "m1") == "moved"
    assert await store.command("EXISTS", keys.recalls(0), keys.awaited(0, C)) == 0
    assert await store.command("LRANGE", keys.done(0, C), 0, -1) == [b"m1"]
    assert (await store.command("HGET", keys.who(0, C), "rich:acc")).startswith(b"1 ")


async def test_a_card_attempted_with_its_commit_is_awaited_too(store: Store) -> None:
    """The short way, where the sender is at hand."""
    await offered(store, token="tok")
    asked = [("m1", "conversation", "t", "t.1")]
    assert await commit(store, outbound=asked, epoch="0", form="rbm", awaits="1") == "done go"
    assert await store.command("HGET", keys.who(0, C), "last") == b"acc rbm"
    await sent(store, "m1", token="tok", patience=0)
    assert [row[1] for row in await recall_take(store)] == [b"m1"]


async def test_a_delivery_that_was_faster_than_its_send_is_not_waited_for(store: Store) -> None:
    """The receipt came before the carrier's answer."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1", form="rbm", awaits="1")
    await receipt(store, "delivered", "m1")
    await sent(store, "m1", patience=0)
    assert await store.command("EXISTS", keys.recalls(0)) == 0
    assert await store.command("LRANGE", keys.done(0, C), 0, -1) == [b"m1"]


async def test_taken_back_and_its_text_queued_is_one_step(store: Store) -> None:
    """The text is in the outbox the moment the card is revoked; the question was not shown by what nobody got."""
    await sent_by_rcs(store)
    await recall_take(store)
    assert await recall(store, "m1", "asked") == "done"
    assert await shown(store)
    assert await recall(store, "m1", "text", said="revoked") == "done"
    assert [await status(store, "m1"), await status(store, TEXT)] == ["revoked", "queued"]
    assert await store.command("HGET", keys.who(0, C), "rich:acc") == b"0 9999999999"
    assert not await shown(store)
    assert [row[1] for row in await take(store)] == [TEXT.encode()]
    await attempt(store, TEXT, ask="t.1")
    assert await shown(store)
    assert await outcomes(store) == ["asked", "revoked"]
    assert await store.command("EXISTS", keys.recalls(0)) == 0


async def test_a_text_is_queued_once_however_often_it_is_recorded(store: Store) -> None:
    """Its answer was lost, or a second sender comes too late."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="revoked")
    assert await recall(store, "m1", "text", said="revoked") == "lost"
    assert await store.command("LRANGE", keys.queue(0, C), 0, -1) == [TEXT.encode()]


async def test_who_died_after_asking_is_followed_by_one_who_knows(store: Store) -> None:
    """The lease ends; that it was asked before is in the store; the dead one's answer is lost."""
    await sent_by_rcs(store)
    await recall_take(store, "dead", lease_ms=1)
    assert await recall(store, "m1", "asked", token="dead", lease_ms=1) == "done"
    rows: list[Any] = []
    while not rows:  # until the lease ended, by the store's own clock
        rows = await recall_take(store, "alive")
        await asyncio.sleep(0)
    assert int(rows[0][5]) > 0
    assert await recall(store, "m1", "text", said="revoked", token="dead") == "lost"
    assert await store.command("LLEN", keys.queue(0, C)) == 0


@pytest.mark.parametrize("when", ["before it is asked", "after it is asked"])
async def test_a_delivery_that_comes_between_needs_no_text(store: Store, when: str) -> None:
    """Whatever the recall said: what arrived, arrived."""
    await sent_by_rcs(store)
    await recall_take(store)
    if when == "before it is asked":
        await receipt(store, "delivered", "m1")
        assert await recall(store, "m1", "asked") == "over"
    else:
        await recall(store, "m1", "asked")
        await receipt(store, "delivered", "m1")
        assert await recall(store, "m1", "text", said="not_found") == "over"
    assert await status(store, "m1") == "delivered"
    assert await store.command("LLEN", keys.queue(0, C)) == 0


@pytest.mark.parametrize("when", ["before it is looked at", "after it is asked"])
async def test_a_closed_question_needs_no_text(store: Store, when: str) -> None:
    """Answered, replaced or lapsed meanwhile; that it was taken back is on record."""
    await sent_by_rcs(store)
    if when == "before it is looked at":
        await close(store)
        assert await recall_take(store) == []
    else:
        await recall_take(store)
        await recall(store, "m1", "asked")
        await close(store)
        assert await recall(store, "m1", "text", said="revoked") == "over"
        assert await status(store, "m1") == "revoked"
        assert await outcomes(store) == ["asked", "revoked"]
        assert "closed" in (await journal(store))[-1]["why"]
    assert await store.command("LLEN", keys.queue(0, C)) == 0
    assert await receipt(store, "failed", "m1") in ("moved", "kept")
    assert await store.command("EXISTS", keys.recalls(0)) == 0


async def test_a_question_closed_while_its_attempt_is_under_way_gets_no_text(store: Store) -> None:
    """The card may arrive; nothing follows it."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1", form="rbm", awaits="1")
    await close(store)
    await sent(store, "m1", patience=0)
    assert await recall_take(store) == []


@pytest.mark.parametrize("first", ["sent", "failed"])
async def test_what_the_network_failed_is_followed_by_its_text_at_once(store: Store, first: str) -> None:
    """Patience is over; its conversation is told nothing, for the question still gets there."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1", form="rbm", awaits="1")
    if first == "sent":
        await sent(store, "m1", patience=60_000)
    assert await receipt(store, "failed", "m1") == "moved"
    if first == "failed":
        await sent(store, "m1", patience=60_000)
    assert await told(store) == []
    [row] = await recall_take(store)
    assert row[2] == b"failed"
    assert await recall(store, "m1", "text") == "done"
    assert [await status(store, "m1"), await status(store, TEXT)] == ["failed", "queued"]
    assert not await shown(store)


@pytest.mark.parametrize(("not_rcs", "known"), [(True, b"0"), (False, None)])
async def test_a_failure_tells_what_the_phone_can_do(store: Store, not_rcs: bool, known: bytes | None) -> None:
    """That it shows no cards; or nothing, and then what was thought of it need not hold any more."""
    await store.redis.hset(keys.who(0, C), "rich:acc", "1 99999999999")
    await sent_by_rcs(store, patience=60_000)
    await receipt(store, "failed", "m1", not_rcs=not_rcs)
    told = await store.command("HGET", keys.who(0, C), "rich:acc")
    assert (told and told[:1]) == known


async def test_a_failure_long_after_all_was_left_alone_is_still_followed_by_the_text(store: Store) -> None:
    """Nobody knew whether it arrived; now somebody says that it did not."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    assert await recall(store, "m1", "leave", said="not_found") == "done"
    assert await recall_take(store) == []
    await receipt(store, "failed", "m1")
    assert [row[1] for row in await recall_take(store)] == [b"m1"]


async def test_a_card_that_arrives_after_all_cancels_its_waiting_text(store: Store) -> None:
    """The network lied about it; as long as nobody sent the text, nobody gets both. Both are in the journal."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="revoked")
    assert await receipt(store, "delivered", "m1") == "moved"
    assert [await status(store, "m1"), await status(store, TEXT)] == ["delivered", "dropped"]
    assert await take(store) == []
    kinds = [(entry["t"], entry.get("status")) for entry in await journal(store)][-2:]
    assert kinds == [("status", "dropped"), ("receipt", "delivered")]


async def test_a_text_under_way_is_not_cancelled(store: Store) -> None:
    """The person gets both, and the journal shows it."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="revoked")
    await take(store)
    await attempt(store, TEXT, ask="t.1")
    assert await receipt(store, "delivered", "m1") == "moved"
    assert [await status(store, "m1"), await status(store, TEXT)] == ["delivered", "attempted"]


async def test_a_question_that_something_else_showed_stays_shown(store: Store) -> None:
    """The card was repeated, and the repeat may have arrived."""
    await sent_by_rcs(store)
    await sent_by_rcs(store, "m2", patience=60_000)
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="revoked")
    assert await shown(store)


async def test_what_may_have_arrived_stays_shown(store: Store) -> None:
    """Its kind rather comes twice than never; who answers the card is understood."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="not_found", certain="")
    assert await status(store, "m1") == "sent"
    assert await shown(store)


async def test_texts_of_a_thread_keep_the_order_of_their_cards(store: Store) -> None:
    """While the first is under way the second waits; another person's does not come into it."""
    await sent_by_rcs(store, "m1")
    await sent_by_rcs(store, "m2", "t.2")
    assert [row[1] for row in await recall_take(store)] == [b"m1"]
    assert await recall_take(store, "r2") == []
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="revoked")
    assert [row[1] for row in await recall_take(store, "r2")] == [b"m2"]


async def test_what_waits_for_a_receipt_is_looked_at_when_it_should_have_come(store: Store) -> None:
    """And what was said is remembered until then."""
    await sent_by_rcs(store)
    await recall_take(store)
    await recall(store, "m1", "asked")
    assert await recall(store, "m1", "wait", said="not_found", due=60_000) == "done"
    assert await recall_take(store) == []
    await store.redis.hset(keys.msg(0, "m1"), "due", 1)
    await store.redis.zadd(keys.recalls(0), {C: 1})
    [row] = await recall_take(store)
    assert (row[6], bool(row[7])) == (b"not_found", True)


async def test_finished_messages_leave_the_store_but_not_what_is_awaited(store: Store) -> None:
    """However much is said meanwhile."""
    await sent_by_rcs(store, patience=60_000)
    for n in range(4):
        await with_outbound(store, (f"n{n}", "conversation", "u", ""))
        await take(store)
        await attempt(store, f"n{n}")
        await sent(store, f"n{n}", kept=2)
    assert await status(store, "m1") == "sent"


async def test_what_goes_as_text_stays_text(store: Store) -> None:
    """RCS did not take it; whoever takes the message next knows, also after it waited for other reasons."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1", form="rbm", awaits="1")
    await sent(store, "m1", "queued", as_text="1")
    [row] = await take(store)
    assert row[8] == b"1"
    await sent(store, "m1", "queued")
    [row] = await take(store)
    assert row[8] == b"1"


# ---------------------------------------------------------------- in any order

STEPS = ("delivered", "read", "failed", "close", "time", "asked", "revoked", "not_found", "leave", "attempt", "sent")


class Model:
    """One card on its way, and what may become of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.held = self.asked = self.arrived = self.closed = False
        self.texts = 0
        self.token = ""

    async def take(self, step: str) -> None:
        await getattr(self, f"_{step}", self._report)(step)
        await self.check(step)

    async def _report(self, word: str) -> None:
        await receipt(self.store, word, "m1")
        self.arrived |= word in ("delivered", "read")

    async def _close(self, _: str) -> None:
        if not self.closed:
            await close(self.store)
        self.closed = True

    async def _time(self, _: str) -> None:
        """Whatever was waited for is over; a sender looks, and the one before it is as good as dead."""
        if await self.store.redis.exists(keys.recalls(0)):
            await self.store.redis.hset(keys.msg(0, "m1"), "due", 1)
            await self.store.redis.zadd(keys.recalls(0), {C: 1})
        self.token = f"r{self.token}"
        self.held, self.asked = bool(await recall_take(self.store, self.token)), False

    async def _asked(self, _: str) -> None:
        if self.held and not self.asked:
            did = await recall(self.store, "m1", "asked", token=self.token)
            assert (did == "over") == (self.arrived or self.closed)
            self.held = self.asked = did == "done"

    async def _revoked(self, _: str) -> None:
        if self.asked:
            did = await recall(self.store, "m1", "text", said="revoked", token=self.token)
            assert (did == "over") == (self.arrived or self.closed)
            self.texts += did == "done"
            self.held = self.asked = False

    async def _not_found(self, _: str) -> None:
        if self.asked:
            await recall(self.store, "m1", "wait", said="not_found", token=self.token, due=60_000)
            self.held = self.asked = False

    async def _leave(self, _: str) -> None:
        if self.asked:
            await recall(self.store, "m1", "leave", said="refused", token=self.token)
            self.held = self.asked = False

    async def _attempt(self, _: str) -> None:
        """Somebody sends what is in the outbox."""
        for row in await take(self.store):
            await attempt(self.store, row[1].decode(), ask="t.1")

    async def _sent(self, _: str) -> None:
        if await self.store.redis.hget(keys.msg(0, TEXT), "status") == b"attempted":
            await sent(self.store, TEXT)

    async def check(self, step: str) -> None:
        """One text at most; none waits for what arrived or is asked no more; each message is in one list."""
        assert self.texts <= 1
        lists = [keys.queue(0, C), keys.awaited(0, C), keys.done(0, C)]
        found = [one for name in lists for one in await self.store.command("LRANGE", name, 0, -1)]
        assert sorted(found) == ([b"m1", TEXT.encode()] if self.texts else [b"m1"]), step
        if self.texts and (self.arrived or self.closed):
            assert await status(self.store, TEXT) != "queued", step
        waiting = await self.store.command("LLEN", lists[1])
        assert bool(waiting) == bool(await self.store.command("EXISTS", keys.recalls(0))), step


BEGINNINGS = st.sampled_from(([], ["time"], ["time", "asked"], ["time", "asked", "revoked"], ["failed", "time"]))


@given(BEGINNINGS, st.lists(st.sampled_from(STEPS), max_size=12))
@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_comes_when_there_is_one_text_at_most(
    store: Store, beginning: list[str], steps: list[str]
) -> None:
    """Receipts late, lost, twice and in the wrong order; answers, deaths and closed questions between any two steps."""
    await store.redis.flushall()
    await sent_by_rcs(store, patience=60_000)
    model = Model(store)
    for step in (*beginning, *steps):
        await model.take(step)


# ---------------------------------------------------------------- whether the person can have seen the question


async def test_a_question_is_not_taken_for_seen_while_its_delivery_is_awaited(store: Store) -> None:
    """A receipt says when it was."""
    await sent_by_rcs(store, patience=60_000)
    assert await mark(store) == b"?"
    await receipt(store, "delivered", "m1")
    assert int(await mark(store)) > 0


async def test_a_question_attempted_with_its_commit_is_awaited_too(store: Store) -> None:
    """The short way, where the sender is at hand."""
    await offered(store, token="tok")
    asked = [("m1", "conversation", "t", "t.1")]
    await commit(store, outbound=asked, epoch="0", form="rbm", awaits="1")
    assert await mark(store) == b"?"


@pytest.mark.parametrize("patience", ["", 0])
async def test_a_question_nobody_waits_for_any_more_counts_by_time(store: Store, patience: int | str) -> None:
    """A kind without patience is not waited for; another is until its patience ends and no text goes."""
    await sent_by_rcs(store, patience=patience)
    if patience == 0:
        assert await mark(store) == b"?"
        await recall_take(store)
        await recall(store, "m1", "asked")
        assert await mark(store) == b"?"
        await recall(store, "m1", "leave", said="not_found")
    assert await mark(store) == b"0"


async def test_a_text_beside_a_card_that_may_have_arrived_shows_its_question_anew(store: Store) -> None:
    """Nobody knows whether the card arrived: the time to read begins with the text."""
    await sent_by_rcs(store)
    before = int((await store.command("HGET", keys.shown(0, C), "t.1")).split(b" ")[0])
    await store.command("HSET", keys.shown(0, C), "t.1", f"{before - 60_000} ?")
    await recall_take(store)
    await recall(store, "m1", "asked")
    await recall(store, "m1", "text", said="not_found", certain="")
    at, seen = (await store.command("HGET", keys.shown(0, C), "t.1")).split(b" ")
    assert int(at) >= before
    assert seen == b"0"


async def test_a_question_that_also_went_as_text_counts_by_time(store: Store) -> None:
    """A reminder by SMS arrives whatever became of the card."""
    await sent_by_rcs(store, patience=60_000)
    await with_outbound(store, ("m2", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m2", ask="t.1")
    assert await mark(store) == b"?"
    await sent(store, "m2")
    assert await mark(store) == b"0"
