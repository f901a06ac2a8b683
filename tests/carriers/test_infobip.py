"""Infobip's own ways: repeated ids, batches, its words, capability checks, logs and reports, its webhooks' proof."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from standins.base import CUT, Fault
from standins.infobip import WHEN, InfobipStandin, status
from standins.kit import NUMBER, pulled, pushed, sendable

from bot.carriers import build
from bot.carriers.base import AsksMany, LooksUp, Pulls, SendsMany
from bot.carriers.http import Http
from bot.carriers.infobip import Infobip
from bot.carriers.infobip_results import FACTS as WORDS
from bot.errors import FACTS, Refused, SendError
from bot.messages import Accepted, AccountName, Bad, Capability, Inbound, PhoneNumber, Receipt, Status, Tap
from flows.values import replace

OTHER, THIRD = PhoneNumber("+447700900000"), PhoneNumber("+447700900001")
NOW = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
async def provider() -> AsyncIterator[InfobipStandin]:
    async with InfobipStandin() as standin:
        yield standin


@pytest.fixture
def infobip(provider: InfobipStandin) -> Infobip:
    return account(provider)


def account(provider: InfobipStandin, **extra: object) -> Infobip:
    carrier = build(AccountName("acc"), provider.table(**extra))
    assert isinstance(carrier, Infobip)
    return carrier


def facts(error: SendError) -> str:
    return " ".join(fact for fact in FACTS if getattr(error, fact))


# ---------------------------------------------------------------- what is sent


def test_what_it_can_do_besides(infobip: Infobip) -> None:
    """One call for many, both ways; lost answers can be asked for; reports can be fetched."""
    for ability in (SendsMany, AsksMany, LooksUp, Pulls):
        assert isinstance(infobip, ability)


async def test_a_repeat_was_taken(provider: InfobipStandin, infobip: Infobip, http: Http) -> None:
    """Its refusal of a duplicate id says that the first was taken."""
    message = sendable()
    provider.faults.append(CUT)
    with pytest.raises(SendError):
        await infobip.send(http, message)
    again = await infobip.send(http, message)
    assert json.loads(again.response) == {"status": "REJECTED_DUPLICATE_MESSAGE_ID"}
    assert (again.provider_id, len(provider.sent)) == (message.id, 1)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("REJECTED_DESTINATION", "bad_number"),
        ("REJECTED_DND", "opted_out"),
        ("REJECTED_DESTINATION_BLOCKLISTED", "opted_out"),
        ("REJECTED_NOT_ENOUGH_CREDITS", "account"),
        ("REJECTED_SENDER", "account"),
        ("REJECTED_FLOODING_FILTER", "retryable throttled"),
        ("REJECTED_SYSTEM_ERROR", "retryable"),
        ("REJECTED_MESSAGE_TOO_LONG", "content"),
        ("REJECTED_NETWORK", ""),
        ("REJECTED_SOMETHING_NEW", ""),
        ("UNDELIVERABLE_NOT_SENT", ""),
        ("EXPIRED_DLR_UNKNOWN", None),
        ("DELIVERED_TO_OPERATOR", None),
        ("ASTONISHED", "unknown"),
    ],
)
async def test_a_status_becomes_facts(
    provider: InfobipStandin, infobip: Infobip, http: Http, word: str, said: str | None
) -> None:
    """A status that says no tells what is at fault; one of no known group may mean anything; the others took it."""
    provider.rejects[NUMBER.removeprefix("+")] = word
    [outcome] = await infobip.send_many(http, [sendable()])
    if said is None:
        assert isinstance(outcome, Accepted)
        return
    assert isinstance(outcome, SendError)
    assert (facts(outcome), outcome.code) == (said, word)


def test_no_word_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [one for one in WORDS.values() if one.get("unknown") and one.get("retryable")]


def older(word: str) -> object:
    """An error in the shape of its older API."""
    return {"requestError": {"serviceException": {"messageId": word, "text": "because"}}}


@pytest.mark.parametrize(
    ("http_status", "body", "code", "said"),
    [
        (400, {"errorCode": "E400", "description": "because"}, "E400", "content"),
        (401, {"errorCode": "E401", "description": "because"}, "E401", "account"),
        (403, older("FORBIDDEN"), "FORBIDDEN", "account"),
        (429, older("TOO_MANY"), "TOO_MANY", "retryable throttled"),
        (500, {"errorCode": "E500", "description": "because"}, "E500", "unknown"),
    ],
)
async def test_an_error_of_the_call(
    provider: InfobipStandin, infobip: Infobip, http: Http, http_status: int, body: object, code: str, said: str
) -> None:
    """In either of its two shapes, under its own word."""
    provider.faults.append(Fault(http_status, body=json.dumps(body)))
    with pytest.raises(SendError) as error:
        await infobip.send(http, sendable())
    assert (facts(error.value), error.value.code, error.value.detail) == (said, code, "because")


@pytest.mark.parametrize(
    "body", ["", "[]", '{"messages": 7}', '{"messages": []}', '{"messages": [{"messageId": "x"}]}']
)
async def test_a_success_that_cannot_be_read_is_unknown(
    provider: InfobipStandin, infobip: Infobip, http: Http, body: str
) -> None:
    """200 that does not mention the message may mean that it was sent."""
    provider.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await infobip.send(http, sendable())
    assert facts(error.value) == "unknown"


# ---------------------------------------------------------------- many in a call


async def test_many_go_in_one_call_each_with_its_outcome(
    provider: InfobipStandin, infobip: Infobip, http: Http
) -> None:
    """Texts in one, cards in another; outcomes in the order of the messages."""
    provider.rejects[OTHER.removeprefix("+")] = "REJECTED_DESTINATION"
    card = replace(sendable(), form="rbm", rich={"text": "hi"})
    messages = [sendable("a"), card, sendable("b", to=OTHER), sendable("c", to=THIRD)]
    outcomes = await infobip.send_many(http, messages)
    assert [type(one) for one in outcomes] == [Accepted, Accepted, SendError, Accepted]
    assert provider.calls == 2
    assert {one.id for one in provider.sent} == {messages[0].id, messages[3].id, card.id}


async def test_a_batch_has_its_size(provider: InfobipStandin, http: Http) -> None:
    """Five messages by two are three calls."""
    phones = [PhoneNumber(f"+44770090010{n}") for n in range(5)]
    await account(provider, batch=2).send_many(http, [sendable(to=phone) for phone in phones])
    assert (provider.calls, len(provider.sent)) == (3, 5)


async def test_one_bad_message_loses_no_other(provider: InfobipStandin, infobip: Infobip, http: Http) -> None:
    """Infobip refuses the whole call; the others are sent alone."""
    outcomes = await infobip.send_many(http, [sendable("a"), sendable("x" * 4_001, to=OTHER), sendable("b", to=THIRD)])
    assert [type(one) for one in outcomes] == [Accepted, SendError, Accepted]
    assert [one.content for one in provider.sent] == ["a", "b"]


async def test_a_failed_call_is_everybodys(provider: InfobipStandin, infobip: Infobip, http: Http) -> None:
    """And is not made again here: it may have been taken."""
    provider.faults.append(CUT)
    outcomes = await infobip.send_many(http, [sendable("a"), sendable("b", to=OTHER)])
    assert [isinstance(one, SendError) and one.unknown for one in outcomes] == [True, True]
    assert provider.calls == 1


# ---------------------------------------------------------------- what can be asked


async def test_capabilities(provider: InfobipStandin, http: Http) -> None:
    """Of many phones in as few calls as it allows; of those it cannot tell of, nothing is said."""
    phones = [PhoneNumber(f"+44770090000{n}") for n in range(7)]
    provider.no_rcs.add(phones[1].removeprefix("+"))
    provider.untold.add(phones[2].removeprefix("+"))
    infobip = account(provider, ask_batch=3)
    known = await infobip.capabilities(http, phones)
    assert {phone: told.rich for phone, told in known.items()} == {
        phone: phone != phones[1] for phone in phones if phone != phones[2]
    }
    assert await infobip.capability(http, phones[1]) == Capability(rich=False, note="UNREACHABLE")
    assert await infobip.capability(http, phones[2]) is None


@pytest.mark.parametrize("form", ["text", "rbm"])
async def test_what_became_of_it_can_be_asked(
    provider: InfobipStandin, infobip: Infobip, http: Http, form: str
) -> None:
    """By our id, in the logs of either channel; of a message it never had there is nothing."""
    message = sendable() if form == "text" else replace(sendable(), form="rbm", rich={"text": "hi"})
    provider.faults.append(CUT)
    with pytest.raises(SendError):
        await infobip.send(http, message)
    told = await infobip.look_up(http, message.id, NUMBER, "", NOW)
    assert isinstance(told, Receipt)
    assert (told.status, told.message) == (Status.DELIVERED, message.id)
    assert await infobip.look_up(http, sendable().id, NUMBER, "", NOW) is None


async def test_reports_and_replies_are_fetched(provider: InfobipStandin, infobip: Infobip, http: Http) -> None:
    """Of both channels, and replies to texts; each once."""
    await infobip.send_many(http, [sendable(), replace(sendable(), form="rbm", rich={"text": "hi"})])
    provider.reports["sms"] = [provider.report_of(provider.sent[0], "DELIVERED_TO_HANDSET")]
    provider.reports["rcs"] = [provider.report_of(provider.sent[1], "EXPIRED_EXPIRED")]
    provider.reports["inbox"] = [
        {"messageId": "8177", "from": "385916242493", "to": "385921004026", "text": "Y", "receivedAt": WHEN}
    ]
    items = await pulled(infobip, http)
    assert {one.status for one in items if isinstance(one, Receipt)} == {Status.DELIVERED, Status.FAILED}
    assert [one.text for one in items if isinstance(one, Inbound)] == ["Y"]
    assert await pulled(infobip, http) == []


async def test_what_was_handed_out_survives_a_failure_behind_it(provider: InfobipStandin, http: Http) -> None:
    """Reports that Infobip has forgotten are there before replies are asked for."""
    infobip = account(provider, rcs_sender="")
    await infobip.send(http, sendable())
    provider.reports["sms"] = [provider.report_of(provider.sent[0], "DELIVERED_TO_HANDSET")]
    provider.no_inbox = True
    pages = infobip.pull(http)
    assert len(await anext(pages)) == 1
    with pytest.raises(SendError):
        await anext(pages)


# ---------------------------------------------------------------- what comes in


def test_a_tap_carries_its_ask(provider: InfobipStandin, infobip: Infobip) -> None:
    """A tapped suggestion gives ask and choice, with its label as the words."""
    [tapped] = infobip.parse(pushed(provider.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"))).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "affirm"), "接受")


def test_one_bad_result_loses_no_other(provider: InfobipStandin, infobip: Infobip) -> None:
    """Each result stands for itself."""
    good = provider.said(NUMBER, {"type": "TEXT", "text": "Y"})
    bad = {**good, "sender": "InfoSMS"}
    items = infobip.parse(pushed(provider.results(bad, good, {"status": status("DELIVERED_TO_HANDSET")}))).items
    assert [type(item) for item in items] == [Bad, Inbound, Bad]


def test_a_digest_may_be_written_either_way(provider: InfobipStandin, infobip: Infobip) -> None:
    """Hexadecimal or base64: which is not documented."""
    push = provider.reply_push(NUMBER, "Y")
    digest = base64.b64encode(hmac.digest(provider.key.encode(), push.body, hashlib.sha256)).decode()
    infobip.verify(pushed(replace(push, headers={**push.headers, "X-Infobip-Signature": digest})))


def test_a_webhook_may_prove_itself_with_a_header(provider: InfobipStandin) -> None:
    """Where the subscription says so: a header that is the key itself, such as a basic Authorization."""
    infobip = account(
        provider, webhook_auth="header", webhook_header="Authorization", webhook_keys=["Basic new", "Basic old"]
    )
    push = provider.reply_push(NUMBER, "Y")
    for value in ("Basic new", "Basic old"):
        infobip.verify(pushed(replace(push, headers={"Authorization": value})))
    for value in ("Basic", ""):
        with pytest.raises(Refused):
            infobip.verify(pushed(replace(push, headers={"Authorization": value})))
