"""Advertisements that meet on their way to one account go in one call, each with its own attempt and outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from deliver.test_sender import QUICK, World, sending, world
from pydantic import SecretStr
from standins.base import CUT
from standins.smsbao import SmsBaoStandin
from standins.yunpian import YunpianStandin
from support.bot import commit, telling

from bot.carriers.base import AccountSettings
from bot.carriers.http import Http
from bot.deliver.together import Together
from bot.errors import SendError
from bot.messages import Accepted, AccountName, Kind, PhoneNumber, Sendable
from flows.state import Say

PEOPLE = [PhoneNumber(f"+86138001380{n:02}") for n in range(5)]
PATIENT = {**QUICK, "gather_ms": 10_000}
"""Longer than any test waits: a call is made when it is full, or not at all."""


def news(**more: Any) -> Say:
    return telling("service/plain", data={"text": "上新"}, kind="marketing", topic="promotions", **more)


@pytest.fixture
async def yunpian() -> AsyncIterator[YunpianStandin]:
    async with YunpianStandin() as standin:
        yield standin


async def committed(made: World, say: Any) -> list[str]:
    return [(await commit(made.rt, number, say()))[0] for number in PEOPLE]


async def test_advertisements_go_in_one_call(tmp_path: Path, store_url: str, yunpian: YunpianStandin) -> None:
    """Each attempt is recorded before it, by itself; each gets its own outcome, and an opt-out is its person's own."""
    yunpian.blacklist.add(PEOPLE[2].removeprefix("+86"))
    async with world(tmp_path, store_url, yunpian, sender=PATIENT, store={"shards": 1}) as made:
        carrier: Any = made.rt.carriers[AccountName("yunpian")]
        carrier.batch = len(PEOPLE)
        sent = await committed(made, news)
        async with sending(made.rt):
            ended = [await made.journal.of("status", id=message) for message in sent]
        entries = await made.journal.now()
        stops = [item for number in PEOPLE for item in await made.mail(number) if b'"unsubscribed"' in item]
    assert yunpian.asked == ["sms/batch_send"]
    assert [one["status"] for one in ended] == ["sent", "sent", "failed", "sent", "sent"]
    ids = {one["provider_id"] for one in ended if one["status"] == "sent"}
    assert ids == {one.provider_id for one in yunpian.sent}
    assert len(ids) == 4
    first_outcome = min(n for n, entry in enumerate(entries) if entry["t"] == "status")
    assert {entry["id"] for entry in entries[:first_outcome] if entry["t"] == "attempt"} == set(sent)
    assert len(stops) == 1


async def test_a_lost_answer_is_unknown_for_all_of_them(tmp_path: Path, store_url: str) -> None:
    """And no advertisement is sent twice."""
    async with SmsBaoStandin() as smsbao:
        smsbao.faults.append(CUT)
        async with world(tmp_path, store_url, smsbao, sender=PATIENT, store={"shards": 1}) as made:
            carrier: Any = made.rt.carriers[AccountName("smsbao")]
            carrier.batch = len(PEOPLE)
            sent = await committed(made, news)
            async with sending(made.rt):
                for message in sent:
                    await made.ended(message, "unknown")
            attempts = [await made.attempts(message) for message in sent]
        assert [len(numbers) for numbers in smsbao.calls] == [5]
        assert [len(one) for one in attempts] == [1] * 5


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.MARKETING])
async def test_what_somebody_waits_for_goes_alone_and_at_once(
    tmp_path: Path, store_url: str, yunpian: YunpianStandin, kind: Kind
) -> None:
    """Whatever else is on its way there."""
    async with world(tmp_path, store_url, yunpian, sender=PATIENT) as made:
        sent = await committed(made, lambda: telling(kind=kind.value))
        async with sending(made.rt):
            for message in sent:
                await made.ended(message, "sent")
    assert yunpian.asked == ["sms/single_send"] * len(PEOPLE)


@pytest.mark.parametrize("gather_ms", [0, 20])
async def test_a_lone_advertisement_does_not_wait_for_ever(
    tmp_path: Path, store_url: str, yunpian: YunpianStandin, gather_ms: int
) -> None:
    """It goes when its time is over, by itself."""
    async with world(tmp_path, store_url, yunpian, sender={**QUICK, "gather_ms": gather_ms}) as made:
        (message,) = await commit(made.rt, PEOPLE[0], news())
        async with sending(made.rt):
            await made.ended(message, "sent")
    assert yunpian.asked == ["sms/single_send"]


class Odd:
    """A carrier whose call for many goes wrong in a way of its own."""

    account = AccountName("odd")
    batch = 2
    settings = AccountSettings(carrier="odd", base_url="http://127.0.0.1", webhook_secrets=(SecretStr("s" * 16),))

    def __init__(self, answer: list[Accepted] | SendError | ValueError) -> None:
        self._answer = answer

    async def send_many(self, http: Http, messages: list[Sendable]) -> list[Accepted]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "code", "unknown"),
    [
        (SendError("no_answer", unknown=True), "no_answer", True),
        (SendError("22", throttled=True, retryable=True), "22", False),
        (ValueError("a bug"), "ValueError", True),
        ([Accepted("1")], "ValueError", True),
    ],
)
async def test_what_befalls_the_call_befalls_each_of_them(answer: Any, code: str, unknown: bool) -> None:
    """A failure of the whole call is everybody's; one that nobody foresaw may have been sent."""
    together, odd = Together(Http(), 10), Odd(answer)
    two = [Sendable(to=number, **NEWS) for number in PEOPLE[:2]]
    outcomes = await asyncio.gather(*[together.send(odd, one) for one in two])  # type: ignore[arg-type]
    assert [(one.code, one.unknown) for one in outcomes if isinstance(one, SendError)] == [(code, unknown)] * 2


NEWS: dict[str, Any] = {"id": "m", "kind": Kind.MARKETING, "form": "text", "text": "上新"}
