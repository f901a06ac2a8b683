"""Sinch's own ways: its signature and its age, the access token, one channel a message, opt-outs it took itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from standins.base import Fault
from standins.kit import NUMBER, pushed, sendable
from standins.sinch import SinchStandin

from bot.carriers import build
from bot.carriers.base import Carrier
from bot.carriers.http import Http
from bot.carriers.sinch import sign
from bot.errors import FACTS, Refused, SendError
from bot.messages import AccountName, Inbound, Receipt, Signal, Tap
from flows.values import replace

NONCE, AT = "01FJA8B4A7BM43YGWSG9GBV067", "1634579353"
SDK_BODY = (
    b'{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4",'
    b'"contact_create_notification":{"contact":{"id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":'
    b'"SMS","identity":"48123456789","app_id":""}],"display_name":"New Test Contact","email":"new.contact@email.com",'
    b'"external_id":"","metadata":"","language":"EN_US"}},"message_metadata":""}'
)


@pytest.fixture
async def sinch() -> AsyncIterator[SinchStandin]:
    async with SinchStandin() as standin:
        yield standin


@pytest.fixture
def carrier(sinch: SinchStandin) -> Carrier:
    return build(AccountName("acc"), sinch.table())


# ---------------------------------------------------------------- the signature


@pytest.mark.parametrize(
    ("body", "key", "signature"),
    [
        (b'{"a":1}', "demoSecret", "dLQ93Ye4akiL+wcGzrPvcCc9SKJk9c8KHZ7MipaieLw="),
        (SDK_BODY, "foo_secret1234", "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE="),
    ],
    ids=["sheet", "SDK"],
)
def test_the_published_signatures(body: bytes, key: str, signature: str) -> None:
    """The vectors of the fact sheet (providers-rcs.md 4.1) and of Sinch's own SDK tests."""
    assert sign(body, NONCE, AT, key) == signature


def test_a_signature_is_believed_for_a_while(sinch: SinchStandin) -> None:
    """As long as the account says, from the time that it covers."""
    carrier = build(AccountName("acc"), sinch.table(signed_within_s=600))
    push = sinch.event({"message": {}}, at=time.time())
    now = datetime.now(UTC)
    carrier.verify(pushed(push, at=now + timedelta(seconds=590)))
    with pytest.raises(Refused) as refused:
        carrier.verify(pushed(push, at=now + timedelta(seconds=610)))
    assert (refused.value.status, refused.value.reason) == (401, "stale")


@pytest.mark.parametrize("part", ["nonce", "timestamp"])
def test_what_the_signature_covers_cannot_be_changed(sinch: SinchStandin, carrier: Carrier, part: str) -> None:
    """A newer time under an old signature is a forgery, whatever it is written as."""
    push = sinch.reply_push(NUMBER, "Y")
    for forged in ("1999999999", "", "never", "９"):
        headers = {**push.headers, f"x-sinch-webhook-signature-{part}": forged}
        with pytest.raises(Refused):
            carrier.verify(pushed(replace(push, headers=headers)))


def test_a_signature_without_a_time_is_of_long_ago(sinch: SinchStandin, carrier: Carrier) -> None:
    """Even where the signature is right: Sinch always says when."""
    push = sinch.reply_push(NUMBER, "Y")
    for at in ("", "soon"):
        signed = sign(push.body, "n", at, sinch.key)
        headers = {"x-sinch-webhook-signature": signed, "x-sinch-webhook-signature-nonce": "n"}
        with pytest.raises(Refused, match="stale"):
            carrier.verify(pushed(replace(push, headers={**headers, "x-sinch-webhook-signature-timestamp": at})))


# ---------------------------------------------------------------- what is sent


async def test_one_channel_is_named(sinch: SinchStandin, http: Http) -> None:
    """A text goes by SMS from the account's number, a card by RCS; Sinch is never asked to fall back."""
    carrier = build(AccountName("acc"), sinch.table(sender="15559990000"))
    accepted = await carrier.send(http, replace(sendable(), ttl_s=600))
    await carrier.send(http, replace(sendable(), form="rbm", rich={"text": "hi"}))
    text, card = sinch.asked
    assert text["channel_priority_order"] == ["SMS"]
    assert (text["channel_properties"], text["ttl"]) == ({"SMS_SENDER": "15559990000"}, "600s")
    assert card["channel_priority_order"] == ["RCS"]
    assert "channel_properties" not in card
    assert list(json.loads(accepted.response)) == ["accepted_time"]


def test_an_app_may_have_one_channel(sinch: SinchStandin) -> None:
    """It carries what its channels carry."""
    for channels, forms in ((["SMS"], {"text"}), (["RCS"], {"rbm"}), (["SMS", "RCS"], {"text", "rbm"})):
        assert build(AccountName("acc"), sinch.table(channels=channels)).forms == forms


async def test_many_sends_share_one_token(sinch: SinchStandin, carrier: Carrier, http: Http) -> None:
    """One token for all; one that is refused is replaced within the same send."""
    await asyncio.gather(*(carrier.send(http, sendable()) for _ in range(20)))
    assert (len(sinch.sent), sinch.tokens_given) == (20, 1)
    sinch.tokens.clear()
    await carrier.send(http, sendable())
    assert (len(sinch.sent), sinch.tokens_given) == (21, 2)


@pytest.mark.parametrize(
    ("status", "word", "facts"),
    [
        (400, "INVALID_ARGUMENT", "content"),
        (403, "PERMISSION_DENIED", "account"),
        (404, "NOT_FOUND", "account"),
        (429, "RESOURCE_EXHAUSTED", "retryable throttled"),
        (500, "INTERNAL", "unknown"),
        (503, "UNAVAILABLE", "unknown"),
    ],
)
async def test_an_error_becomes_facts(
    sinch: SinchStandin, carrier: Carrier, http: Http, status: int, word: str, facts: str
) -> None:
    """Its errors say what is at fault, under its own word."""
    body = json.dumps({"error": {"code": status, "message": "because", "status": word, "details": []}})
    sinch.faults.append(Fault(status, body=body))
    with pytest.raises(SendError) as error:
        await carrier.send(http, sendable())
    assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
    assert (error.value.code, error.value.detail) == (word, "because")


@pytest.mark.parametrize("body", ["", "[]", '{"message_id": 1}'])
async def test_a_success_that_cannot_be_read_is_unknown(
    sinch: SinchStandin, carrier: Carrier, http: Http, body: str
) -> None:
    """200 with another body than documented may mean that it was sent."""
    sinch.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await carrier.send(http, sendable())
    assert (error.value.unknown, error.value.retryable) == (True, False)


# ---------------------------------------------------------------- what comes in


def test_a_tap_carries_its_ask_without_a_label(sinch: SinchStandin, carrier: Carrier) -> None:
    """Sinch tells the postback alone."""
    [tapped] = carrier.parse(pushed(sinch.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"))).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "affirm"), "")


def test_an_opt_out_it_took_is_told(sinch: SinchStandin, carrier: Carrier) -> None:
    """One that failed is none."""
    [told] = carrier.parse(pushed(sinch.opt_out_push(NUMBER, "OPT_OUT_SUCCEEDED"))).items
    assert isinstance(told, Signal)
    assert (told.what, told.number) == ("unsubscribed", NUMBER)
    assert carrier.parse(pushed(sinch.opt_out_push(NUMBER, "OPT_OUT_FAILED"))).items == ()


@pytest.mark.parametrize(
    ("channel", "code", "not_rcs"),
    [("RCS", "RECIPIENT_NOT_REACHABLE", True), ("SMS", "RECIPIENT_NOT_REACHABLE", False), ("RCS", "UNKNOWN", False)],
)
def test_a_phone_without_rcs_is_told_by_its_report(
    sinch: SinchStandin, carrier: Carrier, channel: str, code: str, not_rcs: bool
) -> None:
    """What could not be asked before is known after."""
    whose = {"channel": channel, "identity": NUMBER}
    report = {"message_id": "m", "status": "FAILED", "channel_identity": whose, "reason": {"code": code}}
    [told] = carrier.parse(pushed(sinch.event({"message_delivery_report": report}))).items
    assert isinstance(told, Receipt)
    assert told.not_rcs is not_rcs
