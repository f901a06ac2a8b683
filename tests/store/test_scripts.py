"""The scripts, each against a real store: what they guard, and that a refused one wrote nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from store.scripts import (
    TAG,
    C,
    accept,
    attempt,
    claim,
    commit,
    journal,
    offered,
    receipt,
    sent,
    status,
    take,
    with_outbound,
)

from bot import keys
from bot.store import Store


async def test_a_repeated_delivery_is_taken_once(store: Store) -> None:
    """The same id is queued once however often the carrier repeats it."""
    assert [await accept(store), await accept(store), await accept(store, "2")] == [1, 0, 1]
    assert await store.command("LLEN", keys.mail(0, C)) == 2


async def mailed(store: Store) -> list[dict[str, Any]]:
    """What lies in the mailbox."""
    return [json.loads(item.split(b" ", 1)[1]) for item in await store.command("LRANGE", keys.mail(0, C), 0, -1)]


async def test_the_same_words_after_the_same_question_are_a_repeat(store: Store) -> None:
    """Where nothing else tells them apart: dropped within the window, whatever was shown before that."""
    await store.command("HSET", keys.shown(0, C), "t1.1", "1000 0", "t2.1", "2000 1500")
    assert [await accept(store, window=60) for _ in range(3)] == [1, 0, 0]
    await store.command("HSET", keys.shown(0, C), "t0.1", "900 0")  # not shown last
    assert await accept(store, window=60) == 0
    (only,) = await mailed(store)
    assert only["id"].startswith("1.")
    assert "again" not in only


async def test_the_same_words_after_another_question_are_taken_and_marked(store: Store) -> None:
    """Also where none was shown before, for the first time they may have answered nothing."""
    assert await accept(store, window=60) == 1
    for ask, at in (("t1.1", 1000), ("t2.1", 2000)):
        await store.command("HSET", keys.shown(0, C), ask, f"{at} 0")
        assert [await accept(store, window=60) for _ in range(2)] == [1, 0]
    mail = await mailed(store)
    assert [one.get("again", False) for one in mail] == [False, True, True]
    assert len({one["id"] for one in mail}) == 3


async def test_the_window_ends(store: Store) -> None:
    """Then the same words are the person's own again."""
    await accept(store, window=60)
    assert 0 < await store.command("TTL", keys.seen(0, "1")) <= 60
    await store.command("DEL", keys.seen(0, "1"))
    assert await accept(store, window=60) == 1
    assert all("again" not in one for one in await mailed(store))


async def test_a_full_mailbox_refuses_and_remembers_nothing(store: Store) -> None:
    """A refused delivery is not marked as seen, so the carrier's repeat is taken later."""
    await accept(store, "1", limit=1)
    assert await accept(store, "2", limit=1) == -1
    assert await accept(store, "2", limit=2) == 1


async def test_the_number_is_kept_at_first_sight_only(store: Store) -> None:
    """A contact's sealed number is written and journaled once."""
    await accept(store, "1", sealed="first")
    await accept(store, "2", sealed="second")
    assert await store.command("HGET", keys.who(0, C), "number") == b"first"
    assert [e["t"] for e in await journal(store)] == ["contact"]


async def test_a_claim_is_exclusive_until_its_lease_ends(store: Store) -> None:
    """Two workers never hold the same contact; mail that arrives meanwhile does not break the lease."""
    await accept(store)
    assert len(await claim(store)) == 1
    await accept(store, "2")
    assert await claim(store, "other") == []


async def test_a_dead_workers_contact_is_taken_over_and_its_late_commit_lost(store: Store) -> None:
    """After the lease another worker gets the mail; the first one's commit touches nothing."""
    await accept(store)
    await claim(store, "dead", lease_ms=0)
    (row,) = await claim(store, "alive")
    assert row[3][0].endswith(b'"text": "Y"}')
    assert await commit(store, "dead") == "lost"
    assert await commit(store, "alive") == "done"
    assert await commit(store, "dead") == "lost"
    assert await store.command("HGET", keys.talk(0, C), "doc") == b"doc1"


async def test_a_stimulus_that_fails_every_claim_is_parked_and_the_next_goes_on(store: Store) -> None:
    """After the fifth failed claim the first item is set aside, journaled, and the second is served alone no more."""
    await accept(store, "poison")
    await accept(store, "good")
    for _ in range(5):
        (row,) = await claim(store, lease_ms=0, tries=5)
    assert len(row[3]) == 1
    (row,) = await claim(store, tries=5)
    assert [json.loads(item.split(b" ", 1)[1])["id"] for item in row[3]] == ["good"]
    assert await store.command("LLEN", keys.parked(0, C)) == 1
    assert [e["t"] for e in await journal(store)] == ["parked"]


async def test_a_repeated_commit_returns_its_first_answer(store: Store) -> None:
    """A commit whose answer was lost is repeated with its token and changes nothing the second time."""
    await accept(store)
    await accept(store, "2")
    await claim(store)
    args: dict[str, Any] = {"outbound": [("m1", "conversation", "t", "")], "outcomes": ["{}"]}
    assert await commit(store, **args) == "more"
    assert await commit(store, **args) == "more"
    assert await store.command("LLEN", keys.queue(0, C)) == 1
    assert await store.command("LLEN", keys.outcomes(0, C)) == 1
    assert await store.command("LLEN", keys.mail(0, C)) == 1


async def test_a_commit_of_another_version_writes_nothing(store: Store) -> None:
    """The version guards even a valid claim."""
    await accept(store)
    await claim(store)
    before = sorted(await store.command("KEYS", "*"))
    assert await commit(store, version=7, timers=[("t/x", 1)], consent=[("*", "")]) == "lost"
    assert sorted(await store.command("KEYS", "*")) == before


async def test_a_closed_ask_cancels_what_it_left_unsent(store: Store) -> None:
    """The commit that closes an ask drops its queued outbound, and leaves an attempted one alone."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"), ("m2", "conversation", "u", "u.1"))
    await take(store)
    await attempt(store, "m1")
    await accept(store, "close")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), closed=["t.1", "u.1"])
    assert [await status(store, "m1"), await status(store, "m2")] == ["attempted", "dropped"]


async def test_a_claim_that_asks_and_closes_sends_only_what_is_still_asked(store: Store) -> None:
    """Two prices in one claim: the older question is cancelled by the very commit that says both."""
    await accept(store)
    await claim(store)
    both = [("m1", "conversation", "t", "t.1"), ("m2", "conversation", "t", "t.2")]
    await commit(store, outbound=both, closed=["t.1"])
    assert [await status(store, "m1"), await status(store, "m2")] == ["dropped", "queued"]
    assert [row[1] for row in await take(store)] == [b"m2"]
    assert [entry["t"] for entry in await journal(store)] == ["turn", "status"]


async def closed_while_attempted(store: Store) -> None:
    """A question is closed while its first attempt is under way."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1")
    await accept(store, "close")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), closed=["t.1"])


@pytest.mark.parametrize(("verdict", "becomes"), [("queued", "dropped"), ("again", "unknown"), ("sent", "sent")])
async def test_an_attempt_under_way_when_its_question_closes_is_the_last(
    store: Store, verdict: str, becomes: str
) -> None:
    """What failed is not tried again once its question is closed, and the next message of its thread is free."""
    await closed_while_attempted(store)
    assert await sent(store, "m1", verdict, due=1_000) == ""
    assert await status(store, "m1") == becomes
    assert await take(store) == []


async def test_a_doubtful_attempt_waiting_for_its_repeat_is_not_repeated_once_closed(store: Store) -> None:
    """Closed while it backs off, it is due at once, to be settled without another attempt."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1")
    await sent(store, "m1", "again", due=600_000)
    await accept(store, "close")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), closed=["t.1"])
    assert [row[1] for row in await take(store, "s2")] == [b"m1"]
    assert await attempt(store, "m1", "s2", again="1") == "void"


async def test_timers_come_due_as_mail(store: Store) -> None:
    """A timer that is due becomes one stimulus naming it; a cleared one never does."""
    await accept(store)
    await claim(store)
    await commit(store, timers=[("t.1/remind", 1), ("t.1/gone", 1), ("t.1/later", 10**14)])
    await accept(store, "2")
    await claim(store)
    await commit(store, version=1, cleared=["t.1/gone"])
    assert await store.run("due", [keys.timers(0)], [TAG, 10]) == 1
    (row,) = await claim(store)
    assert json.loads(row[3][0].split(b" ", 1)[1])["timer"] == "t.1/remind"


async def test_one_attempt_at_a_time_per_person(store: Store) -> None:
    """While one message of a person is under way nothing else of theirs is taken, of whatever kind."""
    await with_outbound(store, ("m1", "marketing", "t", ""))
    assert len(await take(store)) == 1
    await with_outbound(store, ("m2", "verification", "u", ""))
    assert await take(store, "s2") == []
    await attempt(store, "m1")
    assert await sent(store, "m1") == "0"
    assert [row[1] for row in await take(store, "s2")] == [b"m2"]


async def test_order_holds_within_a_thread_and_a_higher_kind_passes(store: Store) -> None:
    """A backing-off message blocks its own thread only; the highest kind that may go goes first."""
    await with_outbound(
        store, ("m1", "transactional", "t", ""), ("m2", "transactional", "t", ""), ("m3", "conversation", "u", "")
    )
    assert [row[1] for row in await take(store)] == [b"m3"]
    await sent(store, "m3")
    assert [row[1] for row in await take(store)] == [b"m1"]
    await sent(store, "m1", "queued", due=60_000)
    assert await take(store) == []


async def test_an_attempt_whose_sender_died_comes_back_as_an_orphan(store: Store) -> None:
    """After the lease the message is taken with status attempted, and the dead sender's outcome is fenced."""
    await with_outbound(store, ("m1", "conversation", "t", ""))
    await take(store, "dead")
    assert await attempt(store, "m1", "dead", lease_ms=50) == "go"
    rows: list[Any] = []
    while not rows:  # until the lease ended, by the store's own clock
        rows = await take(store, "alive")
        await asyncio.sleep(0)
    assert rows[0][2] == b"attempted"
    assert await sent(store, "m1", token="dead") == "lost"
    assert await sent(store, "m1", "unknown", token="alive") == ""
    assert await status(store, "m1") == "unknown"


async def test_the_carrier_has_the_whole_lease(store: Store) -> None:
    """What a sender looked up before its attempt does not shorten the lease of the attempt."""
    await with_outbound(store, ("m1", "conversation", "t", ""))
    await take(store, lease_ms=10_000)
    taken_until = int((await store.command("HGET", keys.who(0, C), "sender")).split()[1])
    await attempt(store, "m1", lease_ms=60_000)
    assert int((await store.command("HGET", keys.who(0, C), "sender")).split()[1]) >= taken_until + 40_000


async def test_an_opt_out_wins_the_race_with_a_send(store: Store) -> None:
    """A TD committed after policy looked refuses the attempt; decided again, the new epoch is accepted."""
    await with_outbound(store, ("m1", "transactional", "t", ""))
    await take(store)
    await accept(store, "TD")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), consent=[("*", "")])
    assert await attempt(store, "m1") == "epoch"
    assert await status(store, "m1") == "queued"
    assert await attempt(store, "m1", epoch="1") == "go"


async def test_marketing_waits_while_the_person_has_unread_mail(store: Store) -> None:
    """A promotion must not cross an answer that may be a TD."""
    await with_outbound(store, ("m1", "marketing", "t", ""))
    await take(store)
    await accept(store, "maybe TD")
    assert await attempt(store, "m1", marketing="1") == "mail"


async def test_an_attempt_repeated_after_a_lost_answer_goes(store: Store) -> None:
    """The same sender may repeat the record of one attempt; another may not."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    assert [await attempt(store, "m1"), await attempt(store, "m1")] == ["go", "go"]
    assert await store.command("HGET", keys.msg(0, "m1"), "n") == b"1"
    assert await attempt(store, "m1", "other") == "lost"


async def test_an_ask_is_shown_with_its_first_attempt(store: Store) -> None:
    """Shown is the first attempt; a reminder's later attempt does not move it."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"), ("m2", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1")
    first = await store.command("HGET", keys.shown(0, C), "t.1")
    await sent(store, "m1")
    await take(store)
    await attempt(store, "m2", ask="t.1")
    assert await store.command("HGET", keys.shown(0, C), "t.1") == first


async def test_what_was_certainly_not_sent_was_not_shown(store: Store) -> None:
    """A question nobody was sent cannot be answered; one that may have been sent can, until its next attempt."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    for token, verdict, shown in (("s1", "queued", False), ("s2", "again", True), ("s3", "queued", True)):
        await take(store, token)
        again = "1" if await status(store, "m1") == "attempted" else ""
        assert await attempt(store, "m1", token, ask="t.1", again=again) == "go"
        await sent(store, "m1", verdict, token=token)
        assert (await store.command("HGET", keys.shown(0, C), "t.1") is not None) == shown


async def test_putting_back_another_senders_attempt_does_not_make_it_unsent(store: Store) -> None:
    """A doubtful attempt stays one when whoever took it over could not even try."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1")
    await sent(store, "m1", "again")
    await take(store, "s2")
    await sent(store, "m1", "queued", token="s2")
    assert await status(store, "m1") == "attempted"
    assert await store.command("HEXISTS", keys.shown(0, C), "t.1") == 1


async def test_a_receipt_settles_what_its_dead_sender_left(store: Store) -> None:
    """A message delivered while its sender was dead leaves the queue, and what is behind it goes."""
    await with_outbound(store, ("m1", "conversation", "t", ""), ("m2", "conversation", "t", ""))
    await take(store, "dead")
    assert await attempt(store, "m1", "dead", lease_ms=1) == "go"
    assert await receipt(store, "delivered", "m1") == "moved"
    rows: list[Any] = []
    while not rows:  # until the lease ended, by the store's own clock
        rows = await take(store, "alive")
        await asyncio.sleep(0)
    assert rows[0][1] == b"m2"
    assert await status(store, "m1") == "delivered"


async def test_a_receipt_before_its_id_waits_for_it(store: Store) -> None:
    """A receipt under a provider id that is not recorded yet is applied the moment it is."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1", ask="t.1")
    assert await receipt(store, "delivered", pid="p1") == "parked"
    await sent(store, "m1", pid="p1")
    assert await status(store, "m1") == "delivered"
    assert not (await store.command("HGET", keys.shown(0, C), "t.1")).endswith(b" 0")
    assert await receipt(store, "read", pid="p1") == "moved"


@pytest.mark.parametrize("order", [("delivered", "sent"), ("read", "delivered"), ("delivered", "failed")])
async def test_a_status_never_moves_back(store: Store, order: tuple[str, str]) -> None:
    """Late and contradicting receipts are journaled and change nothing."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1")
    await sent(store, "m1")
    assert [await receipt(store, word, "m1") for word in order] == ["moved", "kept"]
    assert await status(store, "m1") == order[0]
    assert [e["applied"] for e in await journal(store) if e["t"] == "receipt"] == [True, False]


async def test_a_failed_receipt_tells_the_conversation(store: Store) -> None:
    """The ask that will not be seen comes back as a stimulus."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1")
    await sent(store, "m1")
    await receipt(store, "failed", "m1")
    (row,) = await claim(store)
    stimulus = json.loads(row[3][0].split(b" ", 1)[1])
    assert stimulus | {"kind": "settled", "ask": "t.1", "say": "say-m1", "outcome": "failed"} == stimulus


async def test_a_failure_elsewhere_is_no_failure_of_what_another_account_sent(store: Store) -> None:
    """The first account did not take it, the second did: the first one's late report fails nothing."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await attempt(store, "m1")
    await sent(store, "m1")
    assert await receipt(store, "failed", "m1", account="tried-before") == "kept"
    assert await status(store, "m1") == "sent"
    assert not (await journal(store))[-1]["applied"]
    assert await store.command("EXISTS", keys.mail(0, C)) == 0
    assert await receipt(store, "delivered", "m1", account="tried-before") == "moved", "but arrived is arrived"


async def test_a_code_passes_any_number_of_held_messages(store: Store) -> None:
    """Order holds within each thread; what may go finds its way past a hundred that may not."""
    held = [(f"m{n}", "transactional", f"t{n}", "") for n in range(100)]
    await with_outbound(store, *held)
    for n in range(100):
        assert [row[1] for row in await take(store)] == [f"m{n}".encode()]
        await sent(store, f"m{n}", "queued", due=3_600_000)
    await with_outbound(store, ("again", "conversation", "t7", ""))
    await with_outbound(store, ("late", "conversation", "u", ""))
    await with_outbound(store, ("code", "verification", "v", ""))
    for next_one in ("code", "late"):
        assert [row[1].decode() for row in await take(store)] == [next_one]
        await attempt(store, next_one)
        await sent(store, next_one)
    assert await take(store) == [], "the rest waits behind its thread or for its time"


async def test_a_receipt_for_a_forgotten_message_is_still_journaled(store: Store) -> None:
    """The ledger may know what the store no longer does."""
    assert await receipt(store, "delivered", "gone") == "kept"
    assert (await journal(store))[-1]["id"] == "gone"


async def test_finished_messages_leave_the_store(store: Store) -> None:
    """A person keeps at most `kept` finished messages, with their provider ids."""
    for n in range(4):
        await with_outbound(store, (f"m{n}", "conversation", "t", ""))
        await take(store)
        await attempt(store, f"m{n}")
        await sent(store, f"m{n}", pid=f"p{n}", kept=2)
    assert sorted(k.decode().rsplit(":", 1)[1] for k in await store.command("KEYS", "*msg:*")) == ["m2", "m3"]
    assert len(await store.command("KEYS", "*pid:*")) == 2


async def test_a_hold_that_ends_lets_what_it_kept_back_be_decided_again(store: Store) -> None:
    """Taking and handing back raise the epoch and make held messages due."""
    await with_outbound(store, ("m1", "transactional", "t", ""))
    await take(store)
    await sent(store, "m1", "queued", due=3_600_000)
    assert await take(store) == []
    await accept(store, "back")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), held="")
    assert [row[1] for row in await take(store)] == [b"m1"]
    assert await store.command("HGET", keys.who(0, C), "epoch") == b"1"


async def test_a_hold_that_ended_while_it_was_decided_keeps_nothing_back(store: Store) -> None:
    """The sender saw the hold, the colleague gave back, and only then was the message put off: it is due at once."""
    await with_outbound(store, ("m1", "transactional", "t", ""))
    await take(store)
    await accept(store, "hand back")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), held="")
    assert await sent(store, "m1", "queued", due=3_600_000) == "0"
    assert [row[1] for row in await take(store, "s2")] == [b"m1"]
    assert await sent(store, "m1", "queued", token="s2", due=3_600_000, epoch="1") != "0"


async def test_a_message_cancelled_while_taken_is_released(store: Store) -> None:
    """The sender that finds its message cancelled lets the person go at once."""
    await with_outbound(store, ("m1", "conversation", "t", "t.1"))
    await take(store)
    await accept(store, "close")
    (row,) = await claim(store)
    await commit(store, version=int(row[2]), closed=["t.1"])
    assert await attempt(store, "m1") == "status"
    assert await sent(store, "m1", "released") == ""
    assert await store.command("HGET", keys.who(0, C), "sender") is None


async def test_an_accounts_rate_is_shared_and_tells_the_wait(store: Store) -> None:
    """GCRA: a burst is let through, then the script says how long to wait."""
    waits = [await store.run("permit", [keys.rate("acc")], [100_000, 200_000]) for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert all(0 < wait <= 200 for wait in waits[3:])


# ---------------------------------------------------------------- in one go


async def test_a_worker_at_hand_gets_the_person_with_the_mail(store: Store) -> None:
    """One trip: taken and claimed, with all a turn needs; the commit goes by that claim."""
    row = await offered(store, "1", sealed="sealed", token="tok")
    assert (row[0], row[1], row[2], row[4]) == (C.encode(), b"", b"0", [])
    assert [json.loads(item.split(b" ", 1)[1])["id"] for item in row[3]] == ["1"]
    assert row[5] == [b"number", b"sealed"]
    assert await claim(store, "other") == [], "it is claimed"
    assert await commit(store) == "done"


async def test_a_person_somebody_has_is_not_handed_out(store: Store) -> None:
    """More mail waits for the one who has them; order is kept."""
    assert isinstance(await offered(store, "1", token="tok"), list)
    assert await offered(store, "2", token="other") == 1
    assert await commit(store) == "more"
    assert await offered(store, "3", token="third") == 1, "something waits already: it goes first"
    [row] = await claim(store, "fourth")
    assert [json.loads(item.split(b" ", 1)[1])["id"] for item in row[3]] == ["2", "3"]


async def test_a_handed_claim_that_dies_is_taken_over(store: Store) -> None:
    """Its lease ends, the try counts."""
    await offered(store, "1", token="tok")
    await store.redis.zadd(keys.ready(0), {C: 1})
    [row] = await claim(store, "other")
    assert len(row[3]) == 1
    assert await store.redis.hget(keys.talk(0, C), "tries") == b"2"
    assert await commit(store, "tok") == "lost"


MESSAGE: Any = [("m1", "transactional", "t", "t.1")]


async def test_a_commit_attempts_its_only_message(store: Store) -> None:
    """Queued, taken and attempted in one go: nobody else gets it, and its ask is shown."""
    await offered(store, token="tok")
    assert await commit(store, outbound=MESSAGE, epoch="0") == "done go"
    assert await commit(store, outbound=MESSAGE, epoch="0") == "done go", "a repeat gets the same answer"
    assert await store.redis.hmget(keys.msg(0, "m1"), "status", "account", "n", "tok") == [
        b"attempted",
        b"acc",
        b"1",
        b"tok",
    ]
    shown: Any = await store.redis.hget(keys.shown(0, C), "t.1")
    assert shown.endswith(b" 0")
    assert await take(store) == []
    told: Any = await store.redis.xrange(keys.journal(0))
    assert [json.loads(entry[b"e"]) for _, entry in told] == [[{"t": "turn"}, {"t": "attempt"}]]


async def test_where_they_wrote_last_is_kept_when_it_changes(store: Store) -> None:
    """An answer goes back there, whatever was thought of the phone; consent does not hang on it: the epoch stays."""
    await store.redis.hset(keys.who(0, C), "rich:rbm", "0 99999999999")
    await offered(store, "1", token="tok")
    await commit(store, via="rbm")
    assert await store.redis.hmget(keys.who(0, C), "via", "rich:rbm", "epoch") == [b"rbm", None, None]
    await offered(store, "2", token="tok2")
    await commit(store, "tok2", version=1)
    assert await store.redis.hget(keys.who(0, C), "via") == b"rbm"


@pytest.mark.parametrize("why", ["queue", "lock", "epoch", "consent", "hold"])
async def test_what_the_outbox_must_decide_is_not_attempted(store: Store, why: str) -> None:
    """Something of theirs waits or is under way, or consent or hold is not as it was decided with: it is queued."""
    if why == "queue":
        await offered(store, "0", token="tok")
        await commit(store, outbound=[("m0", "marketing", "t0", "")])
    if why == "lock":
        await store.redis.hset(keys.who(0, C), "sender", "s0 99999999999999")
    if why == "epoch":
        await store.redis.hset(keys.who(0, C), "epoch", "1")
    await offered(store, "1", token="tok")
    version = 1 if why == "queue" else 0
    consent, held = ([("*", "")] if why == "consent" else []), ("anna" if why == "hold" else "=")
    answer = await commit(store, version=version, outbound=MESSAGE, epoch="0", consent=consent, held=held)
    assert answer == "done"
    assert await store.redis.hget(keys.msg(0, "m1"), "status") == b"queued"
    assert not await store.redis.exists(keys.shown(0, C))


async def test_an_attempt_of_a_commit_outlives_its_sender_as_any(store: Store) -> None:
    """Its lease ends: somebody else finds it attempted, and knows that nobody knows."""
    await offered(store, token="tok")
    await commit(store, outbound=MESSAGE, epoch="0")
    await store.redis.hset(keys.who(0, C), "sender", "tok 1")
    await store.redis.zadd(keys.out(0, "transactional"), {C: 1})
    [row] = await take(store)
    assert (row[1], row[2], row[4]) == (b"m1", b"attempted", b"acc")
