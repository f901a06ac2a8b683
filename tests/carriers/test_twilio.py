"""Twilio's own ways: its signature over the public URL, its codes, templates over RCS, opt-outs it took itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from standins.base import Fault, Sent
from standins.kit import NUMBER, pushed, sendable
from standins.twilio import WEBHOOK, TwilioStandin

from bot.carriers import build
from bot.carriers.base import Carrier, LooksUp
from bot.carriers.http import Http
from bot.carriers.twilio_events import CODES
from bot.carriers.twilio_signing import sign, spellings
from bot.errors import FACTS, ConfigError, Refused, SendError
from bot.messages import AccountName, Receipt, Signal, Status, Tap, TemplateUse
from flows.values import replace

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
)
REPEATED = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"))
BODY = b'{"property": "value", "boolean": true}'
DIGEST = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
TEMPLATE = "HX" + "0" * 32


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioStandin]:
    async with TwilioStandin() as standin:
        standin.templates.add(TEMPLATE)
        yield standin


@pytest.fixture
def carrier(twilio: TwilioStandin) -> Carrier:
    return build(AccountName("acc"), twilio.table())


# ---------------------------------------------------------------- the signature


@pytest.mark.parametrize(
    ("url", "fields", "signature"),
    [
        (URL, CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (URL.replace(".com", ".com:443"), CALL, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (URL.replace(".com", ".com:80").replace("https", "http"), CALL, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        (URL, REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (f"{URL}&bodySHA256={DIGEST}", (), "a9nBmqA0ju/hNViExpshrM61xv4="),
    ],
    ids=["form", "port 443", "port 80", "repeated names", "JSON"],
)
def test_the_published_signatures(url: str, fields: tuple[tuple[str, str], ...], signature: str) -> None:
    """The vectors of Twilio's own SDK (providers-rcs.md 3.4)."""
    assert sign(url, fields, "12345") == signature


def test_the_published_digest() -> None:
    """What stands in the URL of a JSON body."""
    assert hashlib.sha256(BODY).hexdigest() == DIGEST


@pytest.mark.parametrize(
    ("url", "both"),
    [
        ("https://a.example/x", ("https://a.example:443/x", "https://a.example/x")),
        ("http://a.example/x", ("http://a.example:80/x", "http://a.example/x")),
        ("https://a.example:8443/x", ("https://a.example:8443/x", "https://a.example/x")),
    ],
)
def test_a_url_is_signed_with_its_port_or_without(url: str, both: tuple[str, str]) -> None:
    """Proxies differ in what they say; both are tried."""
    assert spellings(url) == both


def test_two_urls_are_believed_while_the_path_secret_rotates(twilio: TwilioStandin) -> None:
    """The old URL's signature holds as long as the account names it."""
    new = "https://bot.example.com/webhooks/sms/another-path-secret"
    asked = pushed(twilio.reply_push(NUMBER, "Y"))
    build(AccountName("acc"), twilio.table(webhook_urls=[new, WEBHOOK])).verify(asked)
    with pytest.raises(Refused):
        build(AccountName("acc"), twilio.table(webhook_urls=[new])).verify(asked)


@pytest.mark.parametrize("url", ["", "bot.example.com/x", "https:///x", "https://bot.example.com/x?y=1"])
def test_a_webhook_that_is_no_url_stops_the_start(url: str) -> None:
    """It is named, and its secret is not quoted."""
    with pytest.raises(ConfigError, match=r"accounts\.acc\.webhook_urls.*must be a URL") as error:
        build(AccountName("acc"), TwilioStandin().table(webhook_urls=[url]))
    assert not url or url not in str(error.value)


def test_json_is_signed_by_its_digest(twilio: TwilioStandin, carrier: Carrier) -> None:
    """A body that was changed no longer has the digest in its URL, and the URL cannot be changed."""
    push = twilio.json_push({"MessageSid": "SM1", "From": NUMBER, "Body": "AAA"})
    carrier.verify(pushed(push))
    altered = push.body.replace(b"AAA", b"BBB")
    for forged in (
        replace(push, body=altered),
        replace(push, body=altered, query={"bodySHA256": hashlib.sha256(altered).hexdigest()}),
        replace(push, query={}),
    ):
        with pytest.raises(Refused):
            carrier.verify(pushed(forged))


def test_the_query_of_a_status_callback_is_signed(twilio: TwilioStandin, carrier: Carrier) -> None:
    """Our id in the callback's URL cannot be swapped for another's."""
    [push] = twilio.receipt_pushes([Sent(sendable().id, NUMBER, "", "SM1")], "delivered")
    carrier.verify(pushed(push))
    with pytest.raises(Refused):
        carrier.verify(pushed(replace(push, query={"message": sendable().id})))


# ---------------------------------------------------------------- what is sent


async def test_what_is_sent(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """A text goes from its sender, with our id in the callback's URL; nothing of the person is kept of the answer."""
    accepted = await carrier.send(http, replace(sendable(), ttl_s=90_000))
    assert NUMBER not in accepted.response
    assert json.loads(accepted.response) == {"status": "queued"}
    assert accepted.provider_id == twilio.sent[0].provider_id


async def test_a_card_goes_as_its_template(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """Over RCS, with the variables the card filled."""
    card = replace(sendable(), form="rbm", rich={"text": "?"}, template=TemplateUse(TEMPLATE, {"1": "¥15,200"}))
    await carrier.send(http, card)
    assert twilio.sent[0].content == {"content": TEMPLATE, "variables": '{"1":"¥15,200"}'}


async def test_a_card_without_a_template_goes_as_its_text(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """Over RCS too; it offers the same choices by number."""
    await carrier.send(http, replace(sendable("回复1接受"), form="rbm", rich={"richCard": {}}))
    assert twilio.sent[0].content == "回复1接受"


async def test_a_template_that_is_not_there(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """It is the template's fault."""
    with pytest.raises(SendError) as error:
        await carrier.send(http, replace(sendable(), form="rbm", template=TemplateUse("HX1", {})))
    assert (error.value.template, error.value.code) == (True, "21655")


async def test_a_messaging_service_sends(twilio: TwilioStandin, http: Http) -> None:
    """A sender that is a service is named as one; a text needs no RCS sender."""
    carrier = build(AccountName("acc"), twilio.table(sender="MG" + "0" * 32, rcs_sender=""))
    assert carrier.forms == {"text"}
    await carrier.send(http, sendable())
    assert len(twilio.sent) == 1


def test_an_account_needs_a_sender() -> None:
    """Neither texts nor cards: such an account is of no use."""
    with pytest.raises(ConfigError, match=r"accounts\.acc: Value error, needs a sender, an rcs_sender or both"):
        build(AccountName("acc"), TwilioStandin().table(sender="", rcs_sender=""))


@pytest.mark.parametrize(
    ("code", "status", "facts"),
    [
        (21610, 400, "opted_out"),
        (20003, 401, "account"),
        (20429, 429, "retryable throttled"),
        (21211, 400, "bad_number"),
        (21408, 400, ""),
        (21614, 400, "bad_number"),
        (21617, 400, "content"),
        (21664, 400, "account"),
        (21656, 400, "template"),
        (30001, 400, "retryable throttled"),
        (30002, 400, "account"),
        (30007, 400, "content"),
        (63018, 429, "retryable throttled"),
        (63023, 400, "retryable"),
        (99999, 400, ""),
        (20500, 500, "unknown"),
    ],
)
async def test_a_code_becomes_facts(
    twilio: TwilioStandin, carrier: Carrier, http: Http, code: int, status: int, facts: str
) -> None:
    """Each code says what is at fault; one that is not in the table goes by the HTTP status."""
    body = json.dumps({"code": code, "message": "because", "status": status})
    twilio.faults.append(Fault(status, body=body, headers={"Retry-After": "7"}))
    with pytest.raises(SendError) as error:
        await carrier.send(http, sendable())
    assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
    assert (error.value.code, error.value.detail) == (str(code), "because")
    assert error.value.retry_after_s == (7.0 if "throttled" in facts else None)


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [facts for facts in CODES.values() if facts.get("unknown") and facts.get("retryable")]


async def test_a_number_that_said_stop(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """Twilio sends nothing to it, and says why."""
    twilio.opted_out.add(NUMBER)
    with pytest.raises(SendError) as error:
        await carrier.send(http, sendable())
    assert error.value.opted_out


@pytest.mark.parametrize("body", ["", "OK", "[]", '{"sid": 1}'])
async def test_a_success_that_cannot_be_read_is_unknown(
    twilio: TwilioStandin, carrier: Carrier, http: Http, body: str
) -> None:
    """201 with another body than documented may mean that it was sent."""
    twilio.faults.append(Fault(201, body=body))
    with pytest.raises(SendError) as error:
        await carrier.send(http, sendable())
    assert (error.value.unknown, error.value.retryable) == (True, False)


async def test_what_became_of_it_can_be_asked(twilio: TwilioStandin, carrier: Carrier, http: Http) -> None:
    """By Twilio's id; without one, or of a message it does not have, there is nothing to tell."""
    assert isinstance(carrier, LooksUp)
    message, now = sendable(), datetime.now(UTC)
    sid = (await carrier.send(http, message)).provider_id
    twilio.became[sid] = ("undelivered", 30006)
    told = await carrier.look_up(http, message.id, NUMBER, sid, now)
    assert told == Receipt(AccountName("acc"), Status.FAILED, "undelivered", message.id, sid, NUMBER, error="30006")
    assert await carrier.look_up(http, message.id, NUMBER, "SM0", now) is None
    assert await carrier.look_up(http, message.id, NUMBER, "", now) is None
    stranger = build(AccountName("acc"), twilio.table(auth_tokens=["nobody"]))
    assert isinstance(stranger, LooksUp)
    with pytest.raises(SendError, match="20003"):
        await stranger.look_up(http, message.id, NUMBER, sid, now)


# ---------------------------------------------------------------- what comes in


def test_a_tap_carries_its_ask(twilio: TwilioStandin, carrier: Carrier) -> None:
    """A tapped quick reply gives ask and choice, with its label as the words."""
    [tapped] = carrier.parse(pushed(twilio.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"))).items
    assert getattr(tapped, "tap", None) == Tap("O-17.2", "affirm")


@pytest.mark.parametrize(("kind", "what"), [("STOP", "unsubscribed"), ("START", "subscribed"), ("HELP", "helped")])
def test_what_advanced_opt_out_answered_is_no_reply(
    twilio: TwilioStandin, carrier: Carrier, kind: str, what: str
) -> None:
    """Twilio took it and answered: it is told, and must not be answered again."""
    [told] = carrier.parse(pushed(twilio.opt_out_push(NUMBER, "停", kind))).items
    assert isinstance(told, Signal)
    assert (told.what, told.number) == (what, NUMBER)


def test_a_phone_without_rcs_is_told_by_its_receipt(twilio: TwilioStandin, carrier: Carrier) -> None:
    """What could not be asked before is known after."""
    for code, not_rcs in (("63106", True), ("30003", False)):
        [push] = twilio.receipt_pushes([Sent(sendable().id, NUMBER, "", "SM1")], "undelivered", code)
        [told] = carrier.parse(pushed(push)).items
        assert isinstance(told, Receipt)
        assert (told.not_rcs, told.number) == (not_rcs, NUMBER)
