"""Google's own ways: the service account's token, cards, expiry, capabilities, recall, agent events."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from pydantic import JsonValue
from standins.base import Fault
from standins.google_rbm import GoogleRbmStandin, error
from standins.kit import NUMBER, pushed, sendable
from yarl import URL

from bot.carriers import build
from bot.carriers.base import AsksMany
from bot.carriers.calling import timeouts
from bot.carriers.google_rbm import SCOPE, TTL_MAX_S, GoogleRbm, GoogleRbmSettings
from bot.carriers.google_token import service_account
from bot.carriers.http import Http
from bot.errors import FACTS, ConfigError, SendError
from bot.messages import AccountName, Inbound, Kind, PhoneNumber, Tap
from flows.values import replace

CARD: dict[str, JsonValue] = {
    "richCard": {
        "standaloneCard": {
            "cardOrientation": "VERTICAL",
            "cardContent": {
                "title": "有人出价 ¥15,200",
                "suggestions": [{"reply": {"text": "接受", "postbackData": "ask:a1:affirm"}}],
            },
        }
    }
}


# ---------------------------------------------------------------- what is sent


async def test_a_card_is_taken(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A contentMessage arrives as it is; the answer is kept without the number."""
    accepted = await rbm.send(http, replace(sendable(), form="rbm", rich=CARD, ttl_s=600))
    assert google.sent[0].content == CARD
    assert NUMBER not in accepted.response
    assert "138" not in accepted.provider_id


async def test_a_label_too_long_is_refused(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A shape Google does not take is a permanent fault of the content."""
    rich: dict[str, JsonValue] = {"text": "?", "suggestions": [{"reply": {"text": "x" * 26, "postbackData": "p"}}]}
    with pytest.raises(SendError) as failed:
        await rbm.send(http, replace(sendable(), form="rbm", rich=rich))
    assert (failed.value.content, failed.value.code) == (True, "INVALID_ARGUMENT")


@pytest.mark.parametrize("ttl_s", [0, 5, 600, TTL_MAX_S * 2, None])
@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_and_expiry_is_within_its_rules(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, kind: Kind, ttl_s: int | None
) -> None:
    """Each kind has a traffic type, and any ttl is brought within Google's bounds."""
    await rbm.send(http, replace(sendable(), kind=kind, ttl_s=ttl_s))
    assert len(google.sent) == 1


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ((400, "INVALID_ARGUMENT"), "content"),
        ((403, "PERMISSION_DENIED"), "not_rcs"),
        ((404, "NOT_FOUND"), "not_rcs"),
        ((429, "RESOURCE_EXHAUSTED"), "retryable throttled"),
        ((500, "INTERNAL"), "unknown"),
        ((503, "UNAVAILABLE"), "unknown"),
    ],
)
async def test_an_error_becomes_facts(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, said: tuple[int, str], facts: str
) -> None:
    """Google's errors say what is at fault, under its own word."""
    google.faults.append(Fault(said[0], body=json.dumps(error(*said, "because"))))
    with pytest.raises(SendError) as failed:
        await rbm.send(http, sendable())
    assert " ".join(fact for fact in FACTS if getattr(failed.value, fact)) == facts
    assert (failed.value.code, failed.value.detail) == (said[1], "because")


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


QUOTA = {"reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}


@pytest.mark.parametrize(
    ("details", "headers", "wait_s"),
    [
        ([], {}, None),
        ([detail("RetryInfo", retryDelay="30s")], {}, 30.0),
        ([detail("ErrorInfo", **QUOTA), detail("RetryInfo", retryDelay="1.500s")], {"Retry-After": "9"}, 1.5),
        ([detail("RetryInfo", retryDelay="soon")], {"Retry-After": "9"}, 9.0),
        ([detail("ErrorInfo", **QUOTA, metadata={"quota_limit": "MessagesPerDayPerAgent"})], {}, 3600.0),
        ([detail("ErrorInfo", **QUOTA, metadata={"quota_limit": "RequestsPerMinutePerProject"})], {}, None),
        (["nonsense", None, {"@type": 7}], {}, None),
    ],
)
async def test_a_quota_says_when_it_is_free_again(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, details: list[Any], headers: dict[str, str], wait_s: float
) -> None:
    """A rate or quota that is used up is throttled, for as long as Google says in whichever way it says so."""
    said = error(429, "RESOURCE_EXHAUSTED", "Quota exceeded", *details)
    google.faults.append(Fault(429, body=json.dumps(said), headers=headers))
    with pytest.raises(SendError) as failed:
        await rbm.send(http, sendable())
    assert (failed.value.throttled, failed.value.retryable, failed.value.unknown) == (True, True, False)
    assert (failed.value.code, failed.value.retry_after_s) == ("RESOURCE_EXHAUSTED", wait_s)


@pytest.mark.parametrize("reason", ["SERVICE_DISABLED", "BILLING_DISABLED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"])
async def test_a_project_that_may_not_send_is_the_account(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, reason: str
) -> None:
    """403 is a phone the agent cannot reach, unless its reason says that it is the project."""
    info = detail("ErrorInfo", reason=reason, domain="googleapis.com")
    google.faults.append(Fault(403, body=json.dumps(error(403, "PERMISSION_DENIED", "no", info))))
    with pytest.raises(SendError) as failed:
        await rbm.send(http, sendable())
    assert (failed.value.account, failed.value.not_rcs) == (True, False)


# ---------------------------------------------------------------- the token


async def test_many_sends_share_one_token(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """Sends that meet without a token fetch it once for all of them."""
    await asyncio.gather(*(rbm.send(http, sendable()) for _ in range(20)))
    await rbm.send(http, sendable())
    assert (len(google.sent), google.tokens_given) == (21, 1)


async def test_a_refused_token_is_fetched_anew(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A token that Google does not take any more is replaced within the same send."""
    await rbm.send(http, sendable())
    google.tokens.clear()
    await rbm.send(http, sendable())
    assert (len(google.sent), google.tokens_given) == (2, 2)


async def test_a_token_is_renewed_before_it_ends(google: GoogleRbmStandin, http: Http) -> None:
    """A token is used until 60 s before its end, and not after."""
    now = 1_000.0
    settings = GoogleRbmSettings.model_validate(google.table())
    account = service_account(
        email=settings.client_email,
        key=RSAKey.import_key(settings.private_key.get_secret_value()),
        key_id="k1",
        scope=SCOPE,
        token_url=settings.token_url,
        timeout=timeouts(settings),
        clock=lambda: now,
    )
    first = await account.token(http)
    now += 3_539
    assert await account.token(http) == first
    now += 2
    assert await account.token(http) != first


async def test_a_send_that_gives_up_takes_no_other_with_it(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http
) -> None:
    """One cancelled send does not cancel the token that others wait for."""
    first = asyncio.create_task(rbm.send(http, sendable()))
    second = asyncio.create_task(rbm.send(http, sendable()))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert (len(google.sent), google.tokens_given) == (1, 1)


async def test_no_token_means_nothing_was_sent(google: GoogleRbmStandin, http: Http, unused_tcp_port: int) -> None:
    """A token endpoint that is away is retryable, never unknown."""
    away = build(AccountName("acc"), google.table(token_url=f"http://127.0.0.1:{unused_tcp_port}/token"))
    with pytest.raises(SendError) as failed:
        await away.send(http, sendable())
    assert (failed.value.retryable, failed.value.unknown, failed.value.code) == (True, False, "no_token")


# ---------------------------------------------------------------- what a phone can do


async def test_capabilities(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A reachable phone is rich, with its features; one that is not says why."""
    able = await rbm.capability(http, NUMBER)
    assert able is not None
    assert able.rich
    assert "RICHCARD_CAROUSEL" in able.features
    google.no_rcs.add(NUMBER)
    assert (unable := await rbm.capability(http, NUMBER)) is not None
    assert (unable.rich, unable.note) == (False, "NOT_FOUND")
    google.no_rcs.clear()
    google.no_testers.add(NUMBER)
    assert (untold := await rbm.capability(http, NUMBER)) is not None
    assert (untold.rich, untold.note) == (False, "PERMISSION_DENIED")


@pytest.mark.parametrize(("count", "asked"), [(499, []), (500, [500]), (1000, [1000]), (2100, [700, 700, 700])])
async def test_many_phones_are_asked_together(
    google: GoogleRbmStandin, rbm: GoogleRbm, http: Http, count: int, asked: list[int]
) -> None:
    """As few calls as Google's bounds allow, whatever their number; a number given twice is asked once."""
    numbers = [PhoneNumber(f"+86138{n:08d}") for n in range(count)]
    google.no_rcs.update(numbers[::3])
    able = await rbm.capabilities(http, [*numbers, *numbers[:7]])
    assert [number for number in numbers if not able[number].rich] == numbers[::3]
    assert (len(able), google.asked) == (count, asked)
    assert isinstance(rbm, AsksMany)


async def test_a_bulk_question_that_is_refused_says_so(google: GoogleRbmStandin, http: Http) -> None:
    """Nobody is taken for unreachable because the question was refused."""
    numbers = [PhoneNumber(f"+86138{n:08d}") for n in range(500)]
    wrong = build(AccountName("acc"), google.table(agent_id="another"))
    assert isinstance(wrong, AsksMany)
    with pytest.raises(SendError, match="PERMISSION_DENIED"):
        await wrong.capabilities(http, numbers)


async def test_recall(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """A pending message is revoked; a delivered or unknown one is not found."""
    message = sendable()
    await rbm.send(http, message)
    assert await rbm.recall(http, NUMBER, message.id) == "revoked"
    google.delivered.add(message.id)
    assert await rbm.recall(http, NUMBER, message.id) == "not_found"
    assert await rbm.recall(http, NUMBER, sendable().id) == "not_found"
    google.no_testers.add(NUMBER)
    with pytest.raises(SendError, match="PERMISSION_DENIED"):
        await rbm.recall(http, NUMBER, message.id)


async def test_agent_events(google: GoogleRbmStandin, rbm: GoogleRbm, http: Http) -> None:
    """The person can be shown that we type, and that we read."""
    await rbm.tell(http, NUMBER, "IS_TYPING")
    await rbm.tell(http, NUMBER, "READ", "their-message")
    assert google.events == [(NUMBER, "IS_TYPING"), (NUMBER, "READ")]


def test_a_region_is_an_address(google_table: dict[str, Any]) -> None:
    """A regional endpoint is a base_url, kept path and all."""
    carrier = build(AccountName("acc"), {**google_table, "base_url": "https://asia-rcs.example.com/v1/"})
    assert carrier.settings.base_url == "https://asia-rcs.example.com/v1"
    assert URL(carrier.settings.base_url).path == "/v1"


# ---------------------------------------------------------------- what comes in


@pytest.fixture
def google_table() -> dict[str, Any]:
    return GoogleRbmStandin().table()


def test_a_tap_carries_its_ask(google_table: dict[str, Any]) -> None:
    """A tapped reply button gives ask and choice, with its label as the words."""
    push = GoogleRbmStandin().tap_push(NUMBER, "ask:O-17.2:affirm", "接受")
    [tapped] = build(AccountName("acc"), google_table).parse(pushed(push)).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "affirm"), "接受")


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"])
def test_a_key_that_is_none_stops_the_start(google_table: dict[str, Any], pem: str) -> None:
    """A private key that cannot be read is named at start, and not quoted."""
    with pytest.raises(ConfigError, match=r"accounts\.acc\.private_key.*PEM") as error:
        build(AccountName("acc"), {**google_table, "private_key": pem})
    assert not pem or pem not in str(error.value)


def test_a_public_key_is_not_enough(google_table: dict[str, Any]) -> None:
    """The public half of a key cannot sign."""
    public = RSAKey.import_key(google_table["private_key"]).as_pem(private=False).decode()
    with pytest.raises(ConfigError, match="private_key"):
        build(AccountName("acc"), {**google_table, "private_key": public})
