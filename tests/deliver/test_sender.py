"""The sender on a real store, with carriers played over HTTP: where a message goes, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standins.base import TIME_OUT, Fault, Standin
from standins.google_rbm import GoogleRbmStandin
from standins.sandbox import SandboxStandin
from standins.yunpian import YunpianStandin
from support.bot import ANNE, BO, Journal, asking, commit, matching, settings, telling, until

from bot import keys
from bot.compose import runtime
from bot.deliver.contacts import person
from bot.deliver.phones import remembered
from bot.deliver.sender import Sender
from bot.errors import ConfigError
from bot.messages import Accepted, AccountName, Capability, PhoneNumber
from bot.runtime import Runtime
from flows.state import Consent

QUICK = {"backoff_ms": 1, "backoff_max_ms": 2, "poll_ms": 20}
STOP = Consent("*", granted=False, evidence="TD")


class Phone(SandboxStandin):
    """Counts who asked what it can do; says RCS although it is off for `deceived` phones; waits at the `gate`."""

    def __init__(self, **base: Any) -> None:
        super().__init__(**base)
        self.asked: list[str] = []
        self.deceived: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def _capabilities(self, request: web.Request) -> web.Response:
        number = request.query["number"]
        self.asked.append(number)
        if number in self.deceived:
            return web.json_response({"rich": True, "features": []})
        return await super()._capabilities(request)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        await self.gate.wait()
        return await super()._send(request)


@dataclass(frozen=True, slots=True)
class World:
    rt: Runtime
    journal: Journal

    async def mail(self, number: PhoneNumber = ANNE) -> list[bytes]:
        contact, shard = self.rt.contact(number)
        items: list[bytes] = await self.rt.store.command("LRANGE", keys.mail(shard, contact), 0, -1)
        return items

    async def ended(self, message: str, status: str) -> Any:
        return await self.journal.of("status", id=message, status=status)

    async def attempts(self, message: str) -> list[Any]:
        return matching(await self.journal.now(), "attempt", id=message)


@asynccontextmanager
async def world(tmp_path: Path, store_url: str, *standins: Standin, **given: Any) -> AsyncIterator[World]:
    made = settings(tmp_path, *standins, **{"sender": QUICK, "store": {"shards": 2}, **given})
    async with runtime(made, store_url) as rt:
        yield World(rt, Journal(rt.store))


@asynccontextmanager
async def sending(rt: Runtime) -> AsyncIterator[Sender]:
    sender, stopping = Sender(rt), asyncio.Event()
    running = asyncio.create_task(sender.run(stopping))
    try:
        yield sender
    finally:
        stopping.set()
        await running


@pytest.fixture
async def phone() -> AsyncIterator[Phone]:
    async with Phone() as phone:
        yield phone


@pytest.fixture
async def one(tmp_path: Path, store_url: str, phone: Phone) -> AsyncIterator[World]:
    """A world with the sandbox as its only account."""
    async with world(tmp_path, store_url, phone) as made:
        yield made


# ---------------------------------------------------------------- which way


async def test_a_card_goes_by_rcs_where_the_phone_shows_it(one: World, phone: Phone) -> None:
    """The attempt is journaled before with all that is sent, the outcome after; the phone is asked only once."""
    first, second = [(await commit(one.rt, ANNE, asking(f"t{n}.1")))[0] for n in (1, 2)]
    async with sending(one.rt):
        sent = await one.ended(first, "sent")
        await one.ended(second, "sent")
    (attempt,) = await one.attempts(first)
    taken = {one.id: one for one in phone.sent}
    assert (attempt["form"], attempt["account"], attempt["n"]) == ("rbm", "sandbox", 1)
    assert attempt["rich"] == taken[first].content
    assert "15,200" in attempt["text"]
    assert (sent["account"], sent["provider_id"]) == ("sandbox", f"sb-{first}")
    assert phone.asked == [ANNE]
    order = [entry["t"] for entry in await one.journal.now() if entry.get("id") == first]
    assert order == ["out", "attempt", "status"]


async def test_what_rcs_shows_no_better_goes_as_text_without_asking(one: World, phone: Phone) -> None:
    """A notice in words needs no card."""
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        await one.ended(message, "sent")
    assert phone.sent[0].content.startswith("【叮咚】")
    assert phone.asked == []


async def test_a_phone_without_rcs_gets_the_text(one: World, phone: Phone) -> None:
    """With the choices numbered as the ask froze them."""
    phone.no_rcs.add(ANNE)
    (message,) = await commit(one.rt, ANNE, asking())
    async with sending(one.rt):
        await one.ended(message, "sent")
    (attempt,) = await one.attempts(message)
    assert (attempt["form"], phone.sent[0].content) == ("text", attempt["text"])
    assert "1接受" in attempt["text"]
    assert "2拒绝" in attempt["text"]


async def test_rcs_that_is_off_after_all_is_text_at_once_and_remembered(one: World, phone: Phone) -> None:
    """The refused attempt was not sent; the next message does not try again."""
    phone.no_rcs.add(ANNE)
    phone.deceived.add(ANNE)
    (first,) = await commit(one.rt, ANNE, asking())
    async with sending(one.rt):
        await one.ended(first, "sent")
        (second,) = await commit(one.rt, ANNE, asking("t2.1"))
        await one.ended(second, "sent")
    assert [attempt["form"] for attempt in await one.attempts(first)] == ["rbm", "text"]
    assert [attempt["form"] for attempt in await one.attempts(second)] == ["text"]
    assert len(phone.sent) == 2
    assert phone.asked == [ANNE]


async def test_the_rcs_account_carries_cards_and_the_other_one_texts(tmp_path: Path, store_url: str) -> None:
    """Two accounts at two providers: each phone is reached the way it can show more."""
    async with GoogleRbmStandin() as google, YunpianStandin() as yunpian:
        google.no_rcs.add(BO)
        async with world(tmp_path, store_url, google, yunpian) as both, sending(both.rt):
            (card,) = await commit(both.rt, ANNE, asking())
            (text,) = await commit(both.rt, BO, asking())
            await both.ended(card, "sent")
            await both.ended(text, "sent")
        assert [(one.id, one.to) for one in google.sent] == [(card, ANNE)]
        assert [(one.id, one.to) for one in yunpian.sent] == [(text, BO)]
        assert google.refused == ["404 NOT_FOUND"]  # what the phone can do, asked once


@pytest.mark.parametrize(("rule", "form", "asked"), [("ask", "rbm", 1), ("rich", "rbm", 0), ("text", "text", 0)])
async def test_an_unknown_phone_is_met_by_the_accounts_rule(
    tmp_path: Path, store_url: str, phone: Phone, rule: str, form: str, asked: int
) -> None:
    """Asked, tried, or left in peace."""
    accounts = {"sandbox": phone.table(unknown_phones=rule)}
    async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt):
        (message,) = await commit(made.rt, ANNE, asking())
        await made.ended(message, "sent")
        assert [attempt["form"] for attempt in await made.attempts(message)] == [form]
    assert len(phone.asked) == asked


async def test_a_phone_nobody_answers_for_in_time_gets_the_text(
    tmp_path: Path, store_url: str, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A carrier that is slow to say what a phone can do holds up no message."""
    async with world(tmp_path, store_url, phone, sender={**QUICK, "capability_wait_ms": 50}) as made:

        async def hangs(*_: object) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(made.rt.carriers[AccountName("sandbox")], "capability", hangs)
        (message,) = await commit(made.rt, ANNE, asking())
        async with sending(made.rt):
            await made.ended(message, "sent")
        assert [attempt["form"] for attempt in await made.attempts(message)] == ["text"]


async def test_phones_that_wait_together_are_asked_about_together(
    tmp_path: Path, store_url: str, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call for all that were taken at once; a number that is left out is not known."""
    calls: list[list[PhoneNumber]] = []
    numbers = [PhoneNumber(f"+86138001380{n:02}") for n in range(5)]

    async def many(_: object, asked: list[PhoneNumber]) -> dict[PhoneNumber, Capability]:
        calls.append(asked)
        return {number: Capability(rich=True) for number in asked[:3]}

    async with world(tmp_path, store_url, phone, store={"shards": 1}) as made:
        carrier = made.rt.carriers[AccountName("sandbox")]
        monkeypatch.setattr(carrier, "capabilities", many, raising=False)
        sent = [(await commit(made.rt, number, asking()))[0] for number in numbers]
        async with sending(made.rt):
            for message in sent:
                await made.ended(message, "sent")
        forms = [(await made.attempts(message))[0]["form"] for message in sent]
    assert [sorted(asked) for asked in calls] == [numbers]
    assert sorted(forms) == ["rbm", "rbm", "rbm", "text", "text"]
    assert phone.asked == []


@pytest.mark.parametrize(("sticky", "form"), [(True, "rbm"), (False, "text")])
async def test_words_that_answer_go_back_by_rcs(
    tmp_path: Path, store_url: str, phone: Phone, sticky: bool, form: str
) -> None:
    """Who got the question as a card reads the answer on the same sender, unless the account says otherwise."""
    accounts = {"sandbox": phone.table(sticky=sticky)}
    async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt):
        (card,) = await commit(made.rt, ANNE, asking())
        await made.ended(card, "sent")
        (answer,) = await commit(made.rt, ANNE, telling(reply_to="in-1"), account="sandbox")
        (notice,) = await commit(made.rt, ANNE, telling(thread="t2"))
        await made.ended(answer, "sent")
        await made.ended(notice, "sent")
        assert [attempt["form"] for attempt in await made.attempts(answer)] == [form]
        assert [attempt["form"] for attempt in await made.attempts(notice)] == ["text"]


async def test_an_account_that_is_refused_is_routed_around(tmp_path: Path, store_url: str, phone: Phone) -> None:
    """A wrong key or no balance: another account sends it, and the next ones, once each."""
    async with YunpianStandin() as yunpian:
        broken = yunpian.table(signature="叮咚", weight=10_000, apikeys=["a-key-that-was-revoked"])
        accounts = {"yunpian": broken, "sandbox": phone.table(signature="叮咚")}
        async with world(tmp_path, store_url, accounts=accounts) as both, sending(both.rt):
            (first,) = await commit(both.rt, ANNE, telling())
            await both.ended(first, "sent")
            (second,) = await commit(both.rt, BO, telling())
            await both.ended(second, "sent")
            assert [attempt["account"] for attempt in await both.attempts(first)] == ["yunpian", "sandbox"]
            assert [attempt["account"] for attempt in await both.attempts(second)] == ["sandbox"]
        assert yunpian.sent == []


@pytest.mark.parametrize(("codes", "stopped"), [({}, True), ({"10": "content"}, False)])
async def test_a_code_means_what_the_account_says(
    tmp_path: Path, store_url: str, codes: dict[str, str], stopped: bool
) -> None:
    """A blacklist that is none takes back nobody's consent."""
    async with YunpianStandin() as yunpian:
        yunpian.blacklist.add(ANNE.removeprefix("+86"))
        accounts = {"yunpian": yunpian.table(signature="叮咚", error_codes=codes)}
        async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt):
            (message,) = await commit(made.rt, ANNE, telling())
            failed = await made.ended(message, "failed")
            assert failed["code"] == "10"
            assert any(b"unsubscribed" in item for item in await made.mail()) is stopped


async def test_a_stopped_account_is_tried_again_and_used_once_it_takes(tmp_path: Path, store_url: str) -> None:
    """The only account: what waits for it goes as soon as a probe is taken, in whichever process."""
    async with YunpianStandin(key="the-new-key") as yunpian:
        yunpian.key, key = "another-one", yunpian.key
        accounts = {"yunpian": yunpian.table(signature="叮咚", apikeys=[key])}
        given = {"sender": {**QUICK, "probe_after_ms": 50, "backoff_max_ms": 50}}
        async with world(tmp_path, store_url, accounts=accounts, **given) as made, sending(made.rt), sending(made.rt):
            messages = [(await commit(made.rt, number, telling()))[0] for number in (ANNE, BO)]
            await made.journal.of("status", id=messages[0], code="-1")
            yunpian.key = key
            for message in messages:
                await made.ended(message, "sent")
            assert await made.rt.store.command("EXISTS", keys.stopped("yunpian")) == 0
        assert len(yunpian.sent) == 2


# ---------------------------------------------------------------- again, or not


async def test_what_was_not_taken_is_sent_again_under_its_id(one: World, phone: Phone) -> None:
    """A busy carrier: repeated until it takes it, each attempt journaled."""
    phone.faults.extend([Fault(503)] * 3)
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        await one.ended(message, "sent")
    assert [attempt["n"] for attempt in await one.attempts(message)] == [1, 2, 3, 4]
    assert [sent.id for sent in phone.sent] == [message]


async def test_a_carrier_says_when_to_come_again(one: World, phone: Phone) -> None:
    """Its Retry-After decides, not our own pause."""
    phone.faults.append(Fault(429, headers={"Retry-After": "100"}))
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        again = await one.ended(message, "queued")
    pause = datetime.fromisoformat(again["until"]) - datetime.now(UTC)
    assert timedelta(seconds=60) < pause <= timedelta(seconds=100)


async def test_nothing_waits_beyond_its_expiry(one: World, phone: Phone) -> None:
    """A pause longer than the message lives ends with it, so that the conversation is told in time."""
    phone.no_rcs.add(ANNE)
    phone.faults.append(Fault(429, headers={"Retry-After": "86400"}))
    expires = datetime.now(UTC) + timedelta(seconds=2)
    (message,) = await commit(one.rt, ANNE, asking(expires_at=expires))
    async with sending(one.rt):
        assert (await one.ended(message, "dropped"))["why"] == "expired"
    (told,) = await one.mail()
    assert b'"outcome":"expired"' in told


async def test_a_message_is_tried_until_nobody_took_it_for_long_enough(
    tmp_path: Path, store_url: str, phone: Phone
) -> None:
    """By time, not by count: an outage of an hour is no reason to fail what lives a day. The conversation is told."""
    phone.faults.extend([Fault(503)] * 2_000)
    async with world(tmp_path, store_url, phone, sender={**QUICK, "give_up_s": 600}) as made, sending(made.rt):
        (message,) = await commit(made.rt, ANNE, asking())
        await until(lambda: _attempted(made, message, 12))
        shard = made.rt.contact(ANNE)[1]
        long_ago = datetime.now(UTC) - timedelta(seconds=601)
        await made.rt.store.command("HSET", keys.msg(shard, message), "since", int(long_ago.timestamp() * 1000))
        await made.ended(message, "failed")
        (told,) = await made.mail()
    assert b'"ask":"t1.1"' in told
    assert b'"outcome":"failed"' in told


async def _attempted(made: World, message: str, times: int) -> bool:
    return len(await made.attempts(message)) >= times


async def test_a_refusal_for_good_is_not_repeated(one: World, phone: Phone) -> None:
    """One attempt, its code kept."""
    phone.no_rcs.add(ANNE)
    phone.faults.append(Fault(422, body='{"error":"bad_content"}'))
    (message,) = await commit(one.rt, ANNE, asking())
    async with sending(one.rt):
        failed = await one.ended(message, "failed")
    assert failed["code"] == "bad_content"
    assert len(await one.attempts(message)) == 1
    assert len(await one.mail()) == 1


async def test_silence_is_repeated_where_a_repeat_is_known(tmp_path: Path, store_url: str, phone: Phone) -> None:
    """The same id again: the phone has it once."""
    phone.faults.append(TIME_OUT)
    accounts = {"sandbox": phone.table(read_timeout_s=0.2)}
    async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt):
        (message,) = await commit(made.rt, ANNE, telling())
        await made.ended(message, "sent")
        assert len(await made.attempts(message)) == 2
    assert [sent.id for sent in phone.sent] == [message]


async def test_silence_is_final_where_a_repeat_is_another_message(tmp_path: Path, store_url: str) -> None:
    """Unknown: not sent again, not failed, the conversation not told; a receipt decides."""
    async with YunpianStandin() as yunpian:
        yunpian.faults.append(TIME_OUT)
        accounts = {"yunpian": yunpian.table(signature="叮咚", read_timeout_s=0.2)}
        async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt):
            (message,) = await commit(made.rt, ANNE, asking())
            await made.ended(message, "unknown")
            (next_one,) = await commit(made.rt, ANNE, telling())
            await made.ended(next_one, "sent")
            assert len(await made.attempts(message)) == 1
            assert await made.mail() == []
        assert [sent.id for sent in yunpian.sent] == [message, next_one]


async def test_a_bug_in_an_adapter_may_have_sent(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it raised is no reason to send again."""
    async with YunpianStandin() as yunpian, world(tmp_path, store_url, yunpian) as made:

        async def fails(*_: object) -> Accepted:
            raise KeyError("sid")

        monkeypatch.setattr(made.rt.carriers[AccountName("yunpian")], "send", fails)
        (message,) = await commit(made.rt, ANNE, asking())
        async with sending(made.rt):
            unknown = await made.ended(message, "unknown")
        assert "KeyError" in unknown["why"]


# ---------------------------------------------------------------- may it go


async def test_someone_who_opted_out_gets_the_one_confirmation(one: World, phone: Phone) -> None:
    """And nothing else that the bot says of itself."""
    (offer,) = await commit(one.rt, ANNE, asking())
    (confirmation,) = await commit(one.rt, ANNE, STOP, telling("service/stopped", to_opted_out=True))
    (reminder,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        await one.ended(confirmation, "sent")
        assert (await one.ended(offer, "dropped"))["why"] == "opted_out"
        assert (await one.ended(reminder, "dropped"))["why"] == "opted_out"
    assert [sent.id for sent in phone.sent] == [confirmation]
    (told,) = await one.mail()
    assert b'"outcome":"dropped"' in told


async def test_while_staff_hold_a_conversation_the_bot_is_silent(one: World, phone: Phone) -> None:
    """Their own words go out; what was held goes when they hand back."""
    (held,) = await commit(one.rt, ANNE, telling(), held_by="anna")
    (theirs,) = await commit(one.rt, ANNE, telling("service/plain", data={"text": "我是小安"}, through_hold=True))
    async with sending(one.rt) as sender:
        await one.ended(theirs, "sent")
        waiting = await one.ended(held, "queued")
        assert waiting["why"] == "held_by_staff"
        assert [sent.id for sent in phone.sent] == [theirs]
        await commit(one.rt, ANNE, held_by="")
        sender.wake(one.rt.contact(ANNE)[1])
        await one.ended(held, "sent")


async def test_what_expired_is_dropped_and_its_conversation_told(one: World, phone: Phone) -> None:
    """No attempt is made."""
    (message,) = await commit(one.rt, ANNE, asking(expires_at=datetime.now(UTC)))
    async with sending(one.rt):
        assert (await one.ended(message, "dropped"))["why"] == "expired"
    assert await one.attempts(message) == []
    (told,) = await one.mail()
    assert b'"outcome":"expired"' in told
    assert phone.sent == []


async def test_a_card_that_cannot_be_shown_fails_with_its_reason(one: World) -> None:
    """The journal says what is wrong; the conversation is told."""
    (message,) = await commit(one.rt, ANNE, telling("no/such_card"))
    async with sending(one.rt):
        assert "there is no such card" in (await one.ended(message, "failed"))["why"]


async def test_what_was_cut_to_fit_is_journaled(one: World, phone: Phone) -> None:
    """A value too long at run time is cut, and the attempt says in which field."""
    (message,) = await commit(one.rt, ANNE, telling("service/plain", data={"text": "很长的话" * 2_000}))
    async with sending(one.rt):
        await one.ended(message, "sent")
    (attempt,) = await one.attempts(message)
    assert attempt["why"].endswith("shortened: body; shortened: text")
    assert phone.sent[0].content == attempt["text"]


async def test_nobody_without_a_number_is_sent_to(one: World) -> None:
    """A contact known only by its id fails with what to do."""
    (message,) = await commit(one.rt, ANNE, asking())
    contact, shard = one.rt.contact(ANNE)
    await one.rt.store.command("HDEL", keys.who(shard, contact), "number")
    async with sending(one.rt):
        assert "E.164" in (await one.ended(message, "failed"))["why"]


# ---------------------------------------------------------------- how many at once


async def test_an_accounts_rate_is_kept(tmp_path: Path, store_url: str, phone: Phone) -> None:
    """What is beyond it waits in the store for as long as the account needs; other people's processes share it."""
    accounts = {"sandbox": phone.table(rate_per_s=0.01)}
    async with world(tmp_path, store_url, accounts=accounts) as made, sending(made.rt), sending(made.rt):
        (first,) = await commit(made.rt, ANNE, telling())
        await made.ended(first, "sent")
        (second,) = await commit(made.rt, BO, telling())
        shard = made.rt.contact(BO)[1]

        async def put_off() -> bool:
            due = int(await made.rt.store.command("HGET", keys.msg(shard, second), "due")) / 1000
            return due > datetime.now(UTC).timestamp() + 60

        await until(put_off)
        assert await made.attempts(second) == []


async def test_more_people_than_may_be_sent_to_at_once_all_get_theirs(
    tmp_path: Path, store_url: str, phone: Phone
) -> None:
    """With one send under way at a time the others follow without waiting for the poll."""
    async with world(tmp_path, store_url, phone, sender={**QUICK, "parallel": 1, "poll_ms": 3_600_000}) as made:
        messages = [(await commit(made.rt, PhoneNumber(f"+86138001380{n:02}"), telling()))[0] for n in range(12)]
        async with sending(made.rt):
            for message in messages:
                await made.ended(message, "sent")


async def test_a_thread_keeps_its_order_and_another_one_passes(one: World, phone: Phone) -> None:
    """While the first message of a thread backs off its second waits; another thread's goes."""
    phone.faults.append(Fault(429, headers={"Retry-After": "1"}))
    first, second, other = await commit(
        one.rt, ANNE, telling(thread="a"), telling(thread="a"), telling("service/thanks", thread="b")
    )
    async with sending(one.rt):
        await one.ended(second, "sent")
    assert [sent.id for sent in phone.sent] == [other, first, second]


async def test_a_send_under_way_is_finished_before_the_role_ends(one: World, phone: Phone) -> None:
    """SIGTERM loses no outcome."""
    phone.gate.clear()
    (message,) = await commit(one.rt, ANNE, telling())
    sender, stopping = Sender(one.rt), asyncio.Event()
    running = asyncio.create_task(sender.run(stopping))
    await one.journal.of("attempt", id=message)
    stopping.set()
    await asyncio.sleep(0)
    assert not running.done()
    phone.gate.set()
    await running
    assert matching(await one.journal.now(), "status", id=message, status="sent")


async def test_an_attempt_must_end_before_its_lease(tmp_path: Path, store_url: str, phone: Phone) -> None:
    """An account whose provider may take longer to answer than the lease lasts is a mistake of the settings."""
    accounts = {"sandbox": phone.table(connect_timeout_s=3, read_timeout_s=27)}
    async with world(tmp_path, store_url, accounts=accounts) as made:
        with pytest.raises(ConfigError, match=r"accounts\.sandbox: .*30000 ms"):
            Sender(made.rt)


# ---------------------------------------------------------------- what is known of a person


def test_what_was_learnt_too_long_ago_is_not_known() -> None:
    """And a stop, a hold and the zone are read from the same record."""
    now = datetime.now(UTC).timestamp()
    who = {"rich:a": f"1 {now + 60:.0f}", "rich:b": f"0 {now + 60:.0f}", "rich:c": f"1 {now - 1:.0f}"}
    assert remembered(who) == {"a": True, "b": False}
    known = person({"stop:offers": "17", "stop:*": "18", "held": "anna", "number": "x"}, "Asia/Shanghai")
    assert (known.stops, known.held_by, known.zone) == (frozenset({"offers", "*"}), "anna", "Asia/Shanghai")
