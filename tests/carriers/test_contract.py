"""What every carrier must hold, whoever its provider is: who it believes, what it survives, what it never tells."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standins.all import POSTING, REPORTING, SIGNING, STANDINS
from standins.base import Push, Sent, Standin
from standins.kit import NOW, NUMBER, pushed, sendable, webhook_request
from standins.sinch_rules import APP

from bot.carriers import CARRIERS, authentic, build
from bot.carriers.base import Asks, Carrier
from bot.errors import ConfigError, Refused
from bot.messages import AccountName, Bad, Inbound, Parsed, Receipt, Status, WebhookRequest
from flows.values import replace

KEY = "the-key-that-must-not-be-told"
OLD_KEY = "the-old-key-that-still-is-valid"

SIGNATURES = (
    "X-Goog-Signature",
    "X-Sandbox-Signature",
    "X-Twilio-Signature",
    "X-Infobip-Signature",
    "x-sinch-webhook-signature",
    "x-sinch-webhook-signature-nonce",
    "x-sinch-webhook-signature-timestamp",
    "Authorization",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(params=sorted(STANDINS))
def standin(request: pytest.FixtureRequest) -> Standin:
    """The stand-in of each carrier, and of each of its dialects, in turn, not serving: only its pushes are used."""
    return STANDINS[request.param](key=KEY)


@pytest.fixture
def carrier(standin: Standin) -> Carrier:
    return carrier_for(standin)


def carrier_for(standin: Standin, *keys: str, **extra: object) -> Carrier:
    table = standin.table(**{standin.key_field: list(keys)} if keys else {}, **extra)
    return build(AccountName("acc"), table)


def of(names: list[str]) -> pytest.MarkDecorator:
    """Only for the carriers of these names."""
    return pytest.mark.parametrize("standin", names, indirect=True)


def read(carrier: Carrier, asked: WebhookRequest) -> Parsed:
    carrier.verify(asked)
    return carrier.parse(asked)


def a_receipt(standin: Standin, word: str) -> Push:
    [push] = standin.receipt_pushes([Sent(sendable().id, NUMBER, "", "3310228064")], word)
    return push


# ---------------------------------------------------------------- whom it believes


def test_a_signed_reply_is_read(standin: Standin, carrier: Carrier) -> None:
    """A reply signed as the provider signs becomes one Inbound with its number, its words and its id, if it has one."""
    [said] = read(carrier, pushed(standin.reply_push(NUMBER, "一万六", reply_id="r-1"))).items
    assert isinstance(said, Inbound)
    assert (said.number, said.text, said.account) == (NUMBER, "一万六", "acc")
    assert said.id == ("r-1" if standin.reply_ids else "")


@of(SIGNING)
def test_an_unsigned_reply_is_refused(standin: Standin, carrier: Carrier) -> None:
    """A reply without signature is 401, whatever it says."""
    with pytest.raises(Refused) as refused:
        carrier.verify(pushed(standin.reply_push(NUMBER, "Y", signed=False)))
    assert refused.value.status == 401


@of(SIGNING)
def test_a_reply_signed_with_another_key_is_refused(standin: Standin, carrier: Carrier) -> None:
    """A forged signature is 401."""
    standin.key = "a-guess"
    with pytest.raises(Refused) as refused:
        carrier.verify(pushed(standin.reply_push(NUMBER, "Y")))
    assert refused.value.status == 401


@of(SIGNING)
def test_an_altered_reply_is_refused(standin: Standin, carrier: Carrier) -> None:
    """A reply whose words were changed under its signature is 401, or no longer readable."""
    if not standin.signs_the_body:
        pytest.skip("this provider signs its call, not what it says")
    push = standin.reply_push(NUMBER, "AAAAAA")
    for spelling in (b"AAAAAA", base64.b64encode(b'"AAAAAA"')[4:8]):
        altered = replace(push, body=push.body.replace(spelling, spelling.swapcase()))
        if altered != push:
            with pytest.raises(Refused):
                carrier.verify(pushed(altered))


@of(SIGNING)
def test_the_old_key_is_believed_while_it_rotates_out(standin: Standin) -> None:
    """Two keys are valid at once; one that was taken out is not."""
    push = standin.reply_push(NUMBER, "Y")
    carrier_for(standin, OLD_KEY, KEY).verify(pushed(push))
    carrier_for(standin, KEY, OLD_KEY).verify(pushed(push))
    with pytest.raises(Refused):
        carrier_for(standin, OLD_KEY).verify(pushed(push))


def test_a_repeated_push_reads_the_same(standin: Standin, carrier: Carrier) -> None:
    """A replayed or repeated call gives the very same items and ids, so that it can be told for one."""
    asked = pushed(standin.reply_push(NUMBER, "Y"))
    first, again = read(carrier, asked), read(carrier, asked)
    assert first == again
    assert isinstance(first.items[0], Inbound)
    assert bool(first.items[0].id) is standin.reply_ids


LISTED = ["10.1.0.0/16", "2001:db8::/32"]


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7"])
def test_a_call_from_a_listed_address_is_believed(standin: Standin, address: str) -> None:
    """Where an account names addresses, a call from within them is read."""
    carrier = carrier_for(standin, addresses=LISTED)
    parsed, waived = authentic.read(carrier, pushed(standin.reply_push(NUMBER, "Y"), remote=address))
    assert [type(item) for item in parsed.items] == [Inbound]
    assert waived == ()


@pytest.mark.parametrize("address", ["10.2.0.1", "2001:db9::7", "::ffff:10.2.0.1", "", "unknown", "10.1.2.3, 10.2.0.1"])
def test_a_call_from_another_address_is_refused(standin: Standin, address: str) -> None:
    """Also one that is no address at all; the signature does not make up for it."""
    carrier = carrier_for(standin, addresses=LISTED)
    with pytest.raises(Refused) as refused:
        authentic.read(carrier, pushed(standin.reply_push(NUMBER, "Y"), remote=address))
    assert (refused.value.status, refused.value.reason) == (403, "bad_address")


@pytest.mark.parametrize("off_s", [-601, -599, 599, 601])
def test_words_of_long_ago_are_not_taken(standin: Standin, off_s: int) -> None:
    """Nor of a time to come, where they say their time and the account says how old they may be."""
    push = standin.reply_push(NUMBER, "Y")
    [said] = read(carrier_for(standin), pushed(push)).items
    assert isinstance(said, Inbound)
    now = (said.at or NOW) - timedelta(seconds=off_s)
    parsed, _ = authentic.read(carrier_for(standin, freshness_s=600), pushed(push, at=now))
    stale = said.at is not None and abs(off_s) > 600
    assert parsed.items == ((Bad(AccountName("acc"), "stale"),) if stale else (said,))
    assert parsed.ack == carrier_for(standin).parse(pushed(push)).ack


def test_report_only_takes_what_it_would_refuse_and_says_why(standin: Standin) -> None:
    """The address, the signature and the age; in reasons, without anything of what was said."""
    forged = type(standin)(key="a-guess").reply_push(NUMBER, "Y")
    carrier = carrier_for(standin, addresses=LISTED, freshness_s=1, report_only=True)
    parsed, waived = authentic.read(carrier, pushed(forged, at=NOW + timedelta(days=9_000)))
    [said] = parsed.items
    assert isinstance(said, Inbound)
    reasons = {"bad_address"} | ({"bad_signature"} if standin.signs else set()) | ({"stale"} if said.at else set())
    assert set(waived) == reasons


def test_report_only_does_not_take_what_cannot_be_read(standin: Standin) -> None:
    """A body of another shape is no reply, whoever sent it."""
    push = standin.reply_push(NUMBER, "Y")
    with pytest.raises(Refused) as refused:
        authentic.read(carrier_for(standin, report_only=True), pushed(replace(push, body=b"{", query={})))
    assert refused.value.status == 400


# ---------------------------------------------------------------- what it reads


@of(REPORTING)
@pytest.mark.parametrize("became", ["delivered", "failed"])
def test_a_receipt_is_read(standin: Standin, carrier: Carrier, became: str) -> None:
    """What became of a message arrives in our words, with our id, or the provider's and a number, that find it."""
    [told] = read(carrier, pushed(a_receipt(standin, standin.words[became]))).items
    assert isinstance(told, Receipt)
    assert told.status == became
    assert told.message is not None or (told.provider_id and told.number)


@of(REPORTING)
def test_an_unknown_word_keeps_its_spelling(standin: Standin, carrier: Carrier) -> None:
    """A status that is in no table has no status of ours, and the raw word is kept."""
    [told] = read(carrier, pushed(a_receipt(standin, "ASTONISHED"))).items
    assert isinstance(told, Receipt)
    assert (told.status, told.raw) == (None, "ASTONISHED")


@of(REPORTING)
@pytest.mark.parametrize(("word", "status"), [("read", Status.READ), ("failed", Status.FAILED), ("ignored", None)])
def test_an_account_may_know_a_word_better(standin: Standin, word: str, status: Status | None) -> None:
    """What it says of a word of its provider stands above the table, whether that has the word or not."""
    for said in (standin.words["delivered"], "ASTONISHED"):
        carrier = carrier_for(standin, status_words={said: word})
        parsed, _ = authentic.read(carrier, pushed(a_receipt(standin, said)))
        [told] = parsed.items
        assert isinstance(told, Receipt)
        assert (told.status, told.raw) == (status, said)


def test_an_account_asks_about_phones_only_where_it_can(standin: Standin, carrier: Carrier) -> None:
    """Where RCS cannot be asked for, it is tried or let be."""
    if "rbm" not in carrier.forms or isinstance(carrier, Asks):
        assert carrier_for(standin, unknown_phones="ask").settings.unknown_phones == "ask"
        return
    assert carrier.settings.unknown_phones == "rich"
    assert carrier_for(standin, unknown_phones="text").settings.unknown_phones == "text"
    with pytest.raises(ConfigError, match=r"accounts\.acc\.unknown_phones"):
        carrier_for(standin, unknown_phones="ask")


# ---------------------------------------------------------------- what it survives


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"a":' * 2_000, b"\xff\xfe", b"a=b", b'{"text":"\\ud83d"}']
)
def test_a_body_of_another_shape_is_refused(standin: Standin, carrier: Carrier, body: bytes) -> None:
    """Empty, broken, foreign or absurdly deep bodies are a 4xx, never another exception."""
    push = standin.reply_push(NUMBER, "Y")
    with pytest.raises(Refused) as refused:
        carrier.parse(pushed(replace(push, body=body, query={})))
    assert 400 <= refused.value.status < 500


@of(POSTING)
@pytest.mark.parametrize("content_type", ["", "text/html", "multipart/form-data; boundary=x", "application/xml"])
def test_a_body_of_another_type_is_refused(standin: Standin, carrier: Carrier, content_type: str) -> None:
    """The right bytes under the wrong content type are 415."""
    push = standin.reply_push(NUMBER, "Y")
    if content_type.partition(";")[0] in {push.headers["Content-Type"].partition(";")[0], *standin.also_posts_as}:
        pytest.skip("this provider posts so")
    with pytest.raises(Refused) as refused:
        carrier.parse(pushed(Push({**push.headers, "Content-Type": content_type}, push.body)))
    assert refused.value.status == 415


@pytest.mark.parametrize("name", sorted(STANDINS))
@settings(deadline=None)  # the machine may be busy
@given(body=st.binary(max_size=400), header=st.text(max_size=40))
def test_garbage_is_refused(name: str, body: bytes, header: str) -> None:
    """Any bytes under any header are refused or read as flawed; nothing else is ever raised."""
    told = dict.fromkeys(SIGNATURES, header)
    for content_type in ("application/json", "application/x-www-form-urlencoded", "application/xml"):
        survive(one(name), webhook_request({"Content-Type": content_type, **told}, body))


@pytest.mark.parametrize("name", sorted(STANDINS))
@settings(deadline=None)  # the machine may be busy
@given(value=JSON, slot=st.text(max_size=12))
def test_json_of_any_shape_is_survived(name: str, value: Any, slot: str) -> None:
    """JSON that is not the documented shape, wherever in the body it stands, is refused or Bad."""
    for asked in bodies_with(value, slot):
        survive(one(name), asked)


@functools.cache
def one(name: str) -> Carrier:
    """An account of that carrier: values only, so one serves all examples."""
    return carrier_for(STANDINS[name](key=KEY))


def survive(carrier: Carrier, asked: WebhookRequest) -> None:
    """Ask both questions; an answer or a 4xx is well, anything else fails the test."""
    for question in (carrier.verify, carrier.parse):
        with contextlib.suppress(Refused):
            question(asked)


def bodies_with(value: Any, slot: str) -> Iterator[WebhookRequest]:
    """That value as the body and in every place where some provider puts its payload."""
    text = json.dumps(value)
    data = base64.b64encode(text.encode()).decode()
    shapes = (
        value,
        {"items": value},
        {"items": [value, {"type": value}]},
        {"message": {"data": data}},
        *rcs_bodies(value),
    )
    for shape in shapes:
        yield webhook_request({"Content-Type": "application/json"}, json.dumps(shape).encode())
    for kind in ("text", "tap", "receipt", "typing"):
        items = {"items": [{"type": kind, "id": value, "from": value, slot: value}]}
        yield webhook_request({"Content-Type": "application/json"}, json.dumps(items).encode())
    for items in ({slot: value, "phone_number": "13800138000"}, {"err_code": value}, {"render_status": value}):
        yield webhook_request({"Content-Type": "application/json"}, json.dumps([items, value]).encode())
    content = {"contentType": "application/vnd.gsma.botsuggestion.response.v1.0+json", "contentText": value}
    said = {"messageId": "m", "senderAddress": "tel:+8613800138000", "messageList": [value, content]}
    for shape in (
        {"clientToken": value, "secret": 1},
        said,
        {**said, slot: value},
        {"deliveryInfoList": [value, {"messageId": "m", "status": "sent", slot: value}]},
        {"spamType": value, "messageId": value},
        {"type": value, "result": value, "remark": value},
    ):
        yield webhook_request({"Content-Type": "application/json"}, json.dumps(shape).encode())
    for root in ("inboundMessageNotification", "deliveryInfoNotification"):
        person = "<senderAddress>tel:+8613800138000</senderAddress><address>tel:+8613800138000</address>"
        inner = f"<contentType>{content['contentType']}</contentType><deliveryInfo><messageId/></deliveryInfo>"
        document = f"<m:{root} xmlns:m='x'>{person}{inner}<bodyText><![CDATA[{text}]]></bodyText></m:{root}>"
        yield webhook_request({"Content-Type": "application/xml"}, document.encode())
    for field in ("MessageSid", "MessageStatus", "NumMedia", "ButtonPayload"):
        fields = {"MessageSid": "SM1", "From": NUMBER, "To": NUMBER, field: text}
        yield webhook_request({"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode())
        yield webhook_request({"Content-Type": "application/json"}, json.dumps({**fields, field: value}).encode())
    for field in ("sms_reply", "sms_status"):
        for encoded in (text, json.dumps([value]), json.dumps({slot: value}), quote_plus(text)):
            body = urlencode({field: encoded}).encode()
            yield webhook_request({"Content-Type": "application/x-www-form-urlencoded"}, body)


def rcs_bodies(value: Any) -> Iterator[Any]:
    """It in the places of what Infobip, Sinch and Vonage post."""
    for field in ("status", "error", "seenAt", "message", "text", "event", "sender", "messageId"):
        message = {"type": value, "text": value, "postbackData": value}
        yield {"results": [value, {"messageId": "m", "sender": NUMBER, "message": message, field: value}]}
    yield {"app_id": value}
    for kind in ("message", "message_delivery_report", "message_submit_notification", "event", "opt_out_notification"):
        told = {"id": "i", "status": value, "channel_identity": {"identity": NUMBER}, "contact_message": value}
        for event in (value, told, {**told, "contact_message": {"text_message": value, "location_message": value}}):
            yield {"app_id": APP, "event_time": value, "message_metadata": value, kind: event}
    for field in ("message_uuid", "from", "to", "text", "reply", "button", "location", "image", "status", "client_ref"):
        yield {"message_uuid": "u", "from": NUMBER, "to": NUMBER, field: value}


# ---------------------------------------------------------------- what it never tells


def test_no_refusal_or_repr_tells_a_key(
    standin: Standin, carrier: Carrier, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a refusal, nor a representation, nor a log line holds a key, a number or somebody's words."""
    caplog.set_level(logging.DEBUG)
    forged = replace(type(standin)(key="a-guess").reply_push(NUMBER, "my secret words"), query={})
    told = [repr(carrier), str(carrier), repr(vars(carrier)["settings"]), str(carrier.settings)]
    for asked in (pushed(forged), webhook_request(forged.headers, b"{" + forged.body)):
        try:
            read(carrier, asked)
        except Refused as refused:
            told += [str(refused), repr(refused)]
    everything = "\n".join([*told, caplog.text, *capsys.readouterr()])
    for private in (KEY, "standin-webhook-secret", NUMBER, NUMBER.removeprefix("+86"), "secret words", "PRIVATE KEY"):
        assert private not in everything


@pytest.mark.parametrize("flaw", [{"weight": "heavy"}, {"webhook_secrets": ["short"]}, {"base_url": "nowhere"}])
def test_a_flawed_account_is_named_without_its_secrets(standin: Standin, flaw: dict[str, object]) -> None:
    """A setting that is wrong stops the start, naming account and field and quoting nothing."""
    with pytest.raises(ConfigError) as error:
        build(AccountName("acc"), standin.table(**flaw))
    [field] = flaw
    assert f"accounts.acc.{field}" in str(error.value)
    for private in (KEY, "standin-webhook-secret", "short"):
        assert private not in str(error.value)


def test_an_unknown_carrier_is_named() -> None:
    """An account of a carrier that does not exist stops the start and lists those that do."""
    with pytest.raises(ConfigError, match=r"accounts\.acc\.carrier: must be one of sandbox, yunpian"):
        build(AccountName("acc"), {"carrier": "pigeon"})


def test_every_carrier_is_listed_under_its_name(carrier: Carrier, standin: Standin) -> None:
    """A carrier's name is its key in CARRIERS, and somebody plays its provider."""
    assert carrier.name == standin.carrier
    assert carrier.forms
    assert CARRIERS.keys() <= STANDINS.keys()
