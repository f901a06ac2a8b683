"""Vonage's own ways: its JWT and ours, its codes, capabilities, and messages taken back by its own id."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from standins.base import Fault
from standins.google_rbm import service_key
from standins.kit import NUMBER, pushed, sendable, webhook_request
from standins.vonage import VonageStandin, hs256, problem

from bot.carriers import build
from bot.carriers.http import Http
from bot.carriers.vonage import CATEGORY, Vonage
from bot.carriers.vonage_events import CODES
from bot.carriers.vonage_jwt import EARLY_S, ApplicationJwt, verify
from bot.errors import FACTS, ConfigError, Refused, SendError
from bot.messages import AccountName, Inbound, Kind, Tap
from flows.values import replace

VECTOR = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJWb25hZ2UiLCJhcGlfa2V5IjoiYWJjZDEyMzQiLCJpYXQiOjE3MDAwMDAwMDAsInBh"
    "eWxvYWRfaGFzaCI6IjAxNWFiZDdmNWNjNTdhMmRkOTRiNzU5MGYwNGFkODA4NDI3MzkwNWVlMzNlYzVjZWJlYWU2MjI3NmE5N2Y4NjIifQ.Zyy_V_"
    "PIzx-aEc7AnczehGfMrnKqEewYrl2gmGoZJl0"
)
SDK_VECTOR = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJTaW5hIiwibmFtZSI6IkphdmFfU0RLIiwiaWF0IjoxNjk4NjgwMzkyfQ."
    "4qJpi46NSYURiLI1xoLIfGRygA8IUI2QSG9P2Kus1Oo"
)
SECRETS = ["demoSignatureSecret"]
WHEN = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.fixture
async def provider() -> AsyncIterator[VonageStandin]:
    async with VonageStandin() as standin:
        yield standin


@pytest.fixture
def vonage(provider: VonageStandin) -> Vonage:
    return account(provider)


def account(provider: VonageStandin, **extra: object) -> Vonage:
    carrier = build(AccountName("acc"), provider.table(**extra))
    assert isinstance(carrier, Vonage)
    return carrier


# ---------------------------------------------------------------- its JWT


def bearer(token: str, body: bytes = b'{"a":1}', at: datetime = WHEN, scheme: str = "Bearer") -> None:
    """Raise Refused unless it is believed."""
    asked = webhook_request({"Authorization": f"{scheme} {token}"}, body, at=at)
    verify(asked, SECRETS, within_s=600, hashed=True)


def test_the_published_jwt() -> None:
    """The vector of the fact sheet (providers-rcs.md 4.3) is believed, for its body and a while."""
    bearer(VECTOR)
    bearer(VECTOR, at=WHEN + timedelta(seconds=599), scheme="bearer")
    with pytest.raises(Refused, match="payload_hash"):
        bearer(VECTOR, body=b'{"a":2}')
    with pytest.raises(Refused, match="stale"):
        bearer(VECTOR, at=WHEN + timedelta(seconds=601))


@pytest.mark.parametrize("token", ["", "a.b.c", "€.€.€", "\udc80.a.b", "..", VECTOR[:-2] + "xx", VECTOR[:-44] + "."])
def test_a_jwt_that_is_none_is_refused(token: str) -> None:
    """Damaged, foreign or unsigned."""
    with pytest.raises(Refused, match="bad_signature"):
        bearer(token)


@pytest.mark.parametrize("claims", ["", "!", "MQ", "W10", "bnVsbA"])
def test_a_signed_token_that_says_nothing_is_refused(claims: str) -> None:
    """What is signed rightly but is no JWT."""
    signed = f"{VECTOR.partition('.')[0]}.{claims}"
    digest = hmac.digest(SECRETS[0].encode(), signed.encode(), hashlib.sha256)
    with pytest.raises(Refused):
        bearer(f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}")


def test_only_hs256_and_the_scheme_it_has_are_believed() -> None:
    """Neither "none" nor another algorithm in the header, and no other scheme."""
    with pytest.raises(Refused):
        bearer(VECTOR, scheme="Basic")
    for alg in ("none", "HS512", "RS256"):
        with pytest.raises(Refused):
            bearer(hs256({"iat": 1_700_000_000}, "demoSignatureSecret", alg))


def test_the_jwt_of_its_sdk_says_no_digest() -> None:
    """The vector of Vonage's own SDK tests: believed only where the account says that bodies are not hashed."""
    keys = ["XsA09z2MhUxYcdbXaUX3aTT7TzGmnCLfkdILf0NIyC9hN9criTEUdlI3OZ5hRjR"]
    asked = webhook_request({"Authorization": f"Bearer {SDK_VECTOR}"}, b"", at=WHEN)
    verify(asked, keys, within_s=10_000_000, hashed=False)
    with pytest.raises(Refused, match="payload_hash"):
        verify(asked, keys, within_s=10_000_000, hashed=True)


def test_a_digest_that_is_there_counts_even_where_none_is_asked_for(provider: VonageStandin) -> None:
    """`body_hashed = false` believes a JWT without one, not one with another."""
    push = provider.posted({"message_uuid": "u"})
    lenient = account(provider, body_hashed=False)
    token = hs256({"iat": 2_000_000_000}, provider.key)
    lenient.verify(pushed(replace(push, headers={"Authorization": f"Bearer {token}"})))
    with pytest.raises(Refused):
        lenient.verify(pushed(replace(push, body=b"{}")))


# ---------------------------------------------------------------- our JWT


def test_our_jwt_is_kept_and_renewed() -> None:
    """One for many calls, until shortly before its end."""
    now = 1_000.0
    ours = ApplicationJwt("app", service_key(), 900, clock=lambda: now)
    first = ours.token()
    claims = jwt.decode(first, service_key(), algorithms=["RS256"]).claims
    assert (claims["application_id"], claims["iat"], claims["exp"]) == ("app", 1_000, 1_900)
    now += 900 - EARLY_S - 1
    assert ours.token() == first
    now += 2
    assert ours.token() != first


async def test_many_sends_share_one_jwt(provider: VonageStandin, vonage: Vonage, http: Http) -> None:
    """Signing is dear."""
    for _ in range(5):
        await vonage.send(http, sendable())
    assert (len(provider.sent), len(provider.jwts)) == (5, 1)


def test_a_key_that_is_none_stops_the_start(provider: VonageStandin) -> None:
    """It is named, and not quoted."""
    with pytest.raises(ConfigError, match=r"accounts\.acc\.private_key.*PEM"):
        account(provider, private_key="nonsense")


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize("kind", Kind)
async def test_what_is_sent(provider: VonageStandin, vonage: Vonage, http: Http, kind: Kind) -> None:
    """A text by SMS, a card by RCS with its category; never with a failover."""
    accepted = await vonage.send(http, replace(sendable(), kind=kind))
    await vonage.send(http, replace(sendable(), kind=kind, form="rbm", rich={"text": "hi"}))
    text, card = provider.asked
    assert (text["channel"], text["from"]) == ("sms", "Vonage")
    assert (card["channel"], card["from"], card["rcs"]) == ("rcs", "DemoAgent", {"category": CATEGORY[kind]})
    assert accepted.provider_id == provider.sent[0].provider_id


@pytest.mark.parametrize(("ttl_s", "sent"), [(1, 20), (600, 600), (999_999, 259_200)])
async def test_any_expiry_is_within_its_rules(
    provider: VonageStandin, vonage: Vonage, http: Http, ttl_s: int, sent: int
) -> None:
    """Its shortest life is a setting: its documents differ."""
    await vonage.send(http, replace(sendable(), ttl_s=ttl_s))
    await account(provider, ttl_min_s=300).send(http, replace(sendable(), ttl_s=ttl_s))
    assert [asked["ttl"] for asked in provider.asked] == [sent, max(sent, 300)]


@pytest.mark.parametrize(
    ("status", "kind", "facts"),
    [
        (401, "unauthorized", "account"),
        (402, "low-balance", "account"),
        (422, "messages#1000", "retryable throttled"),
        (422, "messages#1022", "template"),
        (422, "messages#1050", "opted_out"),
        (422, "messages#1060", "account"),
        (422, "messages#1100", "retryable"),
        (422, "messages#1120", "account"),
        (422, "messages#1150", "content"),
        (422, "messages#1170", "bad_number"),
        (422, "messages#9999", ""),
        (429, "messages#1010", "retryable throttled"),
        (500, "messages#1030", "unknown"),
    ],
)
async def test_a_code_becomes_facts(
    provider: VonageStandin, vonage: Vonage, http: Http, status: int, kind: str, facts: str
) -> None:
    """By the HTTP status where that says it, else by the code at the end of its type."""
    provider.faults.append(Fault(status, body=json.dumps(problem(kind, "because"))))
    with pytest.raises(SendError) as error:
        await vonage.send(http, sendable())
    assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
    assert (error.value.code, error.value.detail) == (kind.rpartition("#")[2], "because")


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [one for one in CODES.values() if one.get("unknown") and one.get("retryable")]


@pytest.mark.parametrize("body", ["", "[]", '{"message_uuid": 1}'])
async def test_a_success_that_cannot_be_read_is_unknown(
    provider: VonageStandin, vonage: Vonage, http: Http, body: str
) -> None:
    """202 with another body than documented may mean that it was sent."""
    provider.faults.append(Fault(202, body=body))
    with pytest.raises(SendError) as error:
        await vonage.send(http, sendable())
    assert (error.value.unknown, error.value.retryable) == (True, False)


# ---------------------------------------------------------------- what can be asked


async def test_capabilities(provider: VonageStandin, vonage: Vonage, http: Http) -> None:
    """As Google says through it; a phone that is not reached is not rich."""
    able = await vonage.capability(http, NUMBER)
    assert able is not None
    assert able.rich
    assert "ACTION_DIAL" in able.features
    provider.no_rcs.add(NUMBER)
    unable = await vonage.capability(http, NUMBER)
    assert unable is not None
    assert (unable.rich, unable.note) == (False, "not_found")
    with pytest.raises(SendError) as error:
        await account(provider, application_id="nobody").capability(http, NUMBER)
    assert error.value.account


async def test_recall(provider: VonageStandin, vonage: Vonage, http: Http) -> None:
    """By its own id; what was delivered, or is not known, is not found."""
    message = replace(sendable(), form="rbm", rich={"text": "hi"})
    its = (await vonage.send(http, message)).provider_id
    assert await vonage.recall(http, NUMBER, message.id, its) == "revoked"
    provider.delivered.add(its)
    assert await vonage.recall(http, NUMBER, message.id, its) == "not_found"
    assert await vonage.recall(http, NUMBER, message.id, "another") == "not_found"
    with pytest.raises(SendError, match="no_recall"):
        await vonage.recall(http, NUMBER, message.id)
    with pytest.raises(SendError, match="unauthorized"):
        await account(provider, application_id="nobody").recall(http, NUMBER, message.id, its)


# ---------------------------------------------------------------- what comes in


def test_a_tap_carries_its_ask(provider: VonageStandin, vonage: Vonage) -> None:
    """A tapped reply gives ask and choice, with its label as the words."""
    [tapped] = vonage.parse(pushed(provider.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"))).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "affirm"), "接受")


def test_a_tap_told_as_a_button_is_a_tap(provider: VonageStandin, vonage: Vonage) -> None:
    """Its guides are not of one mind which of our suggestions come as what."""
    button = {"message_type": "button", "button": {"payload": "ask:O-17.2:deny", "text": "拒绝"}}
    [tapped] = vonage.parse(pushed(provider.posted(provider.said(NUMBER, button)))).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "deny"), "拒绝")


def test_a_webhook_is_believed_for_a_while(provider: VonageStandin) -> None:
    """As long as the account says."""
    carrier = account(provider, signed_within_s=600)
    push = provider.posted({"message_uuid": "u"}, at=time.time())
    carrier.verify(pushed(push, at=datetime.now(UTC) + timedelta(seconds=590)))
    with pytest.raises(Refused, match="stale"):
        carrier.verify(pushed(push, at=datetime.now(UTC) + timedelta(seconds=610)))
