"""An attempt whose answer was lost, at a provider that can be asked what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deliver.test_sender import QUICK, World, sending, world
from standins.base import CUT, Fault
from standins.yunpian import YunpianStandin
from support.bot import ANNE, asking, commit, matching, telling

from bot import keys
from bot.carriers.http import Http
from bot.carriers.yunpian import Yunpian, YunpianSettings
from bot.deliver.outbox import Outbox, Ready
from bot.errors import SendError
from bot.messages import AccountName, Kind, MessageId, PhoneNumber, Receipt, Sendable, Status
from bot.record.journal import AttemptEntry

SMS = AccountName("yunpian")
PATIENCE = {**QUICK, "look_up_after_ms": 10, "look_up_for_ms": 400}


class Asked(Yunpian):
    """A Yunpian that can be asked. says: its answers in turn, the last one for ever."""

    def __init__(self, settings: YunpianSettings) -> None:
        super().__init__(SMS, settings)
        self.says: list[Receipt | SendError | None] = [None]
        self.asked: list[tuple[MessageId, PhoneNumber, datetime]] = []

    async def look_up(
        self, http: Http, message: MessageId, number: PhoneNumber, provider_id: str, at: datetime
    ) -> Receipt | None:
        self.asked.append((message, number, at))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, SendError):
            raise said
        return said


@pytest.fixture
async def sms() -> AsyncIterator[YunpianStandin]:
    async with YunpianStandin() as standin:
        yield standin


@pytest.fixture
async def one(tmp_path: Path, store_url: str, sms: YunpianStandin) -> AsyncIterator[World]:
    async with world(tmp_path, store_url, sms, sender=PATIENCE) as made:
        yield made


@pytest.fixture
def carrier(one: World, sms: YunpianStandin) -> Asked:
    """In the place of the account's own."""
    asked = Asked(YunpianSettings.model_validate(sms.table(signature="叮咚")))
    accounts: Any = one.rt.carriers
    accounts[SMS] = asked
    return asked


def became(status: Status | None, raw: str = "X", error: str = "") -> Receipt:
    return Receipt(SMS, status, raw, provider_id="77", error=error)


async def test_what_it_took_is_not_sent_again(one: World, sms: YunpianStandin, carrier: Asked) -> None:
    """It says what became of it, by our id, number and the attempt's time: told as a receipt."""
    sms.faults.append(CUT)
    carrier.says = [None, became(Status.DELIVERED, "DELIVRD")]
    before = datetime.now(UTC)
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        told = await one.journal.of("receipt", id=message)
    assert (told["status"], told["raw"], told["applied"]) == ("delivered", "DELIVRD", True)
    assert [(asked[0], asked[1]) for asked in carrier.asked] == [(message, ANNE)] * 2
    assert before - timedelta(seconds=1) < carrier.asked[0][2] <= datetime.now(UTC)
    assert len(sms.sent) == len(await one.attempts(message)) == 1
    contact, shard = one.rt.contact(ANNE)
    assert await one.rt.store.command("HMGET", keys.msg(shard, message), "status", "pid") == [b"delivered", b"77"]
    assert await one.rt.store.command("LLEN", keys.queue(shard, contact)) == 0


async def test_what_failed_is_told_to_its_conversation(one: World, sms: YunpianStandin, carrier: Asked) -> None:
    """As if its receipt had come."""
    sms.faults.append(CUT)
    carrier.says = [became(Status.FAILED, error="DB:0103")]
    (message,) = await commit(one.rt, ANNE, asking())
    async with sending(one.rt):
        await one.journal.of("receipt", id=message, status="failed")
    (mail,) = [item for item in await one.mail() if b"settled" in item]
    assert b"DB:0103" in mail
    assert len(sms.sent) == 1


@pytest.mark.parametrize("kind", [Kind.CONVERSATION, Kind.TRANSACTIONAL])
async def test_what_never_came_there_is_sent_again(one: World, sms: YunpianStandin, carrier: Asked, kind: Kind) -> None:
    """After it was asked for as long as the settings say."""
    sms.faults.append(Fault(taken=False, silence="cut"))
    (message,) = await commit(one.rt, ANNE, telling(kind=kind.value))
    async with sending(one.rt):
        await one.ended(message, "sent")
    first, again = await one.attempts(message)
    assert (first["n"], again["n"]) == (1, 2)
    assert len(sms.sent) == 1
    assert len(carrier.asked) > 1


@pytest.mark.parametrize("kind", [Kind.VERIFICATION, Kind.MARKETING])
async def test_a_code_and_an_advertisement_are_never_sent_twice(
    one: World, sms: YunpianStandin, carrier: Asked, kind: Kind
) -> None:
    """Though the provider does not know them."""
    sms.faults.append(CUT)
    (message,) = await commit(one.rt, ANNE, telling(kind=kind.value))
    async with sending(one.rt):
        last = await one.journal.until(
            lambda entries: matching_last(entries, message, f"no {kind.value} is sent twice")
        )
    assert last["status"] == "unknown"
    assert len(sms.sent) == len(await one.attempts(message)) == 1


def matching_last(entries: list[Any], message: str, why: str) -> Any:
    told = [one for one in matching(entries, "status", id=message) if why in one["why"]]
    return told[-1] if told else None


@pytest.mark.parametrize("says", [SendError("no_answer", unknown=True), became(None, "HM")])
async def test_who_gives_no_answer_leaves_it_unknown(
    one: World, sms: YunpianStandin, carrier: Asked, says: SendError | Receipt
) -> None:
    """A look-up that fails, or says a word nobody knows, does not mean that it was not sent."""
    sms.faults.append(CUT)
    carrier.says = [says]
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        await one.journal.until(lambda entries: matching_last(entries, message, "not again"))
    assert len(sms.sent) == len(await one.attempts(message)) == 1


async def test_an_attempt_whose_sender_died_is_looked_up(one: World, sms: YunpianStandin, carrier: Asked) -> None:
    """Nobody knows whether the carrier was called; the provider does."""
    (message,) = await commit(one.rt, ANNE, telling())
    contact, shard = one.rt.contact(ANNE)
    outbox = Outbox(one.rt.store, one.rt.settings.sender)
    (taken,) = await outbox.take(shard, "died", 1)
    entry = AttemptEntry(
        t="attempt", contact=contact, id=message, n=1, account=SMS, form="text", text="", segments=1, why=""
    )
    sendable = Sendable(message, ANNE, Kind.TRANSACTIONAL, "text", "")
    assert await outbox.attempt(Ready(taken, carrier, sendable, entry)) is None
    await one.rt.store.command("HDEL", keys.who(shard, contact), "sender")
    await one.rt.store.command("ZADD", keys.out(shard, "transactional"), 1, contact)
    carrier.says = [became(Status.SENT, "ACCEPTD")]
    async with sending(one.rt):
        told = await one.journal.of("receipt", id=message)
    assert (told["status"], told["applied"]) == ("sent", True)
    assert sms.sent == []


async def test_an_opt_out_at_the_provider_becomes_a_consent_record(one: World, sms: YunpianStandin) -> None:
    """Its blacklist refuses the message: mail for the worker, once a message, with the provider's code."""
    sms.faults.append(Fault(400, '{"code": 10, "msg": "手机号防骚扰名单过滤"}'))
    (message,) = await commit(one.rt, ANNE, telling())
    async with sending(one.rt):
        failed = await one.ended(message, "failed")
    assert failed["code"] == "10"
    (mail,) = await one.mail()
    for part in (b'"reported"', b'"unsubscribed"', b'"by":"yunpian"', b'"code":"10"'):
        assert part in mail
