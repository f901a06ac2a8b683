"""5G消息 of China Mobile: the published Authorization, what is sent, what answers mean, recall, files, odd XML."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue
from standins.base import Fault
from standins.fivegmsg_xml import PASSWORD, FivegmsgXmlStandin, refused
from standins.kit import NUMBER, pushed, sendable
from support import gsma

from bot.carriers import build
from bot.carriers.base import Media, SendsMany
from bot.carriers.fivegmsg import Fivegmsg
from bot.carriers.fivegmsg_account import CODES
from bot.carriers.fivegmsg_xml import authorization
from bot.carriers.http import Http
from bot.carriers.reading import our_id
from bot.carriers.xml_tree import DEPTH_MAX, element, read
from bot.errors import FACTS, ConfigError, Refused, SendError
from bot.messages import Accepted, AccountName, Inbound, Kind, PhoneNumber, Receipt, Sendable, Tap
from flows.values import replace

IMPOSSIBLE = (
    f"<deliveryInfo><address>tel:{NUMBER}</address><deliveryStatus>DeliveryImpossible</deliveryStatus></deliveryInfo>"
)
HASHED = "97be5489b2a85434ab8499a0b098d81430a4bf3405299d4bd65bd99eb2788ea3"
CHIP: JsonValue = {"reply": {"text": "接受", "postbackData": "ask:a1:affirm"}}


@pytest.fixture
async def mobile() -> AsyncIterator[FivegmsgXmlStandin]:
    async with FivegmsgXmlStandin() as standin:
        yield standin


def bot_of(mobile: FivegmsgXmlStandin, **extra: object) -> Fivegmsg:
    carrier = build(AccountName("acc"), mobile.table(**extra))
    assert isinstance(carrier, Fivegmsg)
    return carrier


@pytest.fixture
def bot(mobile: FivegmsgXmlStandin) -> Fivegmsg:
    return bot_of(mobile)


def test_the_published_authorization() -> None:
    """The sheet's vector (1c.1): digest and header, from the password's own digest."""
    made = authorization("demoApp", HASHED, "Tue, 15 Nov 2022 08:12:31 GMT")
    assert made == (
        "Basic ZGVtb0FwcDpjNzY5ZTY0NTE0Yjk3OTRiY2E3ZTQ0ZDE5ZmMyODZiNDRmMzE5NDlkZGI0OGU4YmYxMmJjNjIyYmMwMjQ4MDdh"
    )
    digest = "c769e64514b9794bca7e44d19fc286b44f31949ddb48e8bf12bc622bc024807a"
    assert base64.b64decode(made.removeprefix("Basic ")).decode() == f"demoApp:{digest}"


async def test_a_password_may_be_handed_out_hashed(mobile: FivegmsgXmlStandin, http: Http) -> None:
    """In one province what is given is the digest already; the first of two is used."""
    assert mobile.table()["app_keys"] == [PASSWORD]
    await bot_of(mobile, app_keys=[HASHED, "the-old-one"], cm_password_hashed=True).send(http, sendable())
    with pytest.raises(SendError) as failed:
        await bot_of(mobile, app_keys=[HASHED]).send(http, sendable())
    assert (failed.value.code, failed.value.account) == ("http_401", True)


# ---------------------------------------------------------------- what is sent


@pytest.mark.parametrize(
    "text", ["a ]]> b", "<b>&amp;</b>", "1 < 2", "a\x00b\x1bc\ud83d", "--next\n--nextx", "a\r\nb\n"]
)
async def test_any_words_arrive(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http, text: str) -> None:
    """Markup and delimiters are words; what XML cannot carry is replaced."""
    await bot.send(http, replace(sendable(), form="rbm", rich=gsma.words(text, [gsma.REPLY])))
    [sent] = mobile.sent
    assert sent.content[0] == re.sub("[\x00\x1b\ud83d]", "�", text).replace("\r\n", "\n")
    assert sent.content[1]["suggestions"] == [{"reply": {"displayText": "接受", "postback": {"data": "ask:a1:affirm"}}}]


async def test_a_card_is_taken(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """A card alone is its own content type, its numbers numbers."""
    media = gsma.media("https://shop.example/3287.png", content_type="image/png", height="TALL")
    rich = gsma.card(title="有人出价", media=media)
    message = replace(sendable(), form="rbm", rich=rich, kind=Kind.MARKETING)
    accepted = await bot.send(http, message)
    [sent] = mobile.sent
    shown = sent.content["message"]["generalPurposeCard"]["content"]["media"]
    assert (shown["mediaFileSize"], shown["mediaContentType"]) == (204_800, "image/png")
    assert (sent.id, accepted.provider_id) == (message.id, message.id)


async def test_the_platform_may_send_a_text_instead(mobile: FivegmsgXmlStandin, http: Http) -> None:
    """Only where the account says so."""
    for fallback, said in ((False, ("false", "")), (True, ("true", "【叮咚】您好"))):
        await bot_of(mobile, sms_fallback=fallback).send(http, sendable())
        assert tuple(mobile.asked[-1].get(name, "") for name in ("shortMessageSupported", "smsBodyText")) == said


async def test_a_file_is_xml(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """With its thumbnail first, and what the XML requires of both (1.7)."""
    rich = gsma.file('https://f.example/a.pdf?a=1&b="2"', "https://f.example/t.jpg", "application/pdf")
    await bot.send(http, replace(sendable(), form="rbm", rich=rich))
    thumbnail, file = mobile.sent[0].content
    assert (thumbnail["type"], thumbnail["url"]) == ("thumbnail", "https://f.example/t.jpg")
    assert (file["type"], file["url"]) == ("file", 'https://f.example/a.pdf?a=1&b="2"')
    assert datetime.fromisoformat(file["until"]) > datetime.now(UTC)


async def test_where_a_gateway_gives_ids_of_its_own(http: Http) -> None:
    """Its id is kept, and a receipt under it names the number that finds our message."""
    async with FivegmsgXmlStandin(ids=False) as mobile:
        bot = bot_of(mobile)
        accepted = await bot.send(http, sendable())
        [push] = mobile.receipt_pushes(mobile.sent, "DeliveredToTerminal")
        [told] = bot.parse(pushed(push)).items
    assert isinstance(told, Receipt)
    assert accepted.provider_id == mobile.sent[0].provider_id != mobile.sent[0].id
    assert (told.provider_id, told.number, told.message) == (accepted.provider_id, NUMBER, None)


async def test_paths_are_settings(mobile: FivegmsgXmlStandin, http: Http) -> None:
    """Provinces differ; a path that cannot be filled in stops the start."""
    early = bot_of(mobile, cm_send_path="messaging/{version}/outbound/{chatbot}/requests")
    with pytest.raises(SendError, match="http_404"):
        await early.send(http, sendable())
    with pytest.raises(ConfigError, match="cm_send_path"):
        bot_of(mobile, cm_send_path="messaging/{bot}/requests")


# ---------------------------------------------------------------- one content for many


def crowd(count: int, text: str = "【叮咚】今晚八点上新") -> list[Sendable]:
    return [replace(sendable(text, to=PhoneNumber(f"+86138{n:08d}")), kind=Kind.MARKETING) for n in range(count)]


async def test_those_who_are_told_the_same_go_into_one_call(
    mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http
) -> None:
    """A hundred at most; under an id that is none of ours, so that nobody's receipt is another's."""
    assert isinstance(bot, SendsMany)
    messages = [*crowd(150), *crowd(3, "【叮咚】别的")]
    outcomes = await bot.send_many(http, messages)
    assert [len(mobile.asked), len(mobile.sent)] == [3, 153]
    by_number = {(sent.to, sent.content): sent.provider_id for sent in mobile.sent}
    for message, outcome in zip(messages, outcomes, strict=True):
        assert isinstance(outcome, Accepted)
        assert outcome.provider_id == by_number[message.to, message.text]
        assert our_id(outcome.provider_id) is None
    [told] = bot.parse(pushed(mobile.receipt_pushes(mobile.sent[5:6], "DeliveredToTerminal")[0])).items
    assert isinstance(told, Receipt)
    assert (told.message, told.number, told.provider_id) == (None, mobile.sent[5].to, mobile.sent[5].provider_id)


async def test_each_has_an_outcome_of_its_own(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """A repeat of the same group is taken once; who cannot be reached is named in the answer."""
    assert isinstance(bot, SendsMany)
    messages = crowd(4)
    mobile.impossible.add(messages[2].to)
    first, again = await bot.send_many(http, messages), await bot.send_many(http, messages)
    for outcomes in (first, again):
        assert [isinstance(one, Accepted) for one in outcomes] == [True, True, False, True]
    assert isinstance(first[2], SendError)
    assert (first[2].code, first[2].content) == ("SVC0002", True)
    assert len(mobile.sent) == 3
    mobile.faults.append(Fault(429))
    failed = await bot.send_many(http, crowd(2))
    assert [isinstance(one, SendError) and one.throttled for one in failed] == [True, True]


# ---------------------------------------------------------------- what an answer means


@pytest.mark.parametrize("code", [code for code in CODES if code[:3] in ("SVC", "POL")] + ["POL9999"])
async def test_a_code_becomes_facts(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http, code: str) -> None:
    """In a policyException or a serviceException, or in JSON, whatever the HTTP status; others are permanent."""
    wanted = {fact for fact in FACTS if CODES.get(code, {}).get(fact)}
    bodies = [refused(code, "no", kind) for kind in ("policyException", "serviceException")]
    for body in [*bodies, json.dumps({"code": code, "msg": "no"})]:
        for status in (200, 400):
            mobile.faults.append(Fault(status, body=body))
            with pytest.raises(SendError) as failed:
                await bot.send(http, sendable())
            assert {fact for fact in FACTS if getattr(failed.value, fact)} == wanted
            assert (failed.value.code, failed.value.detail) == (code, "no")


async def test_a_success_in_json(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """Some gateways answer so."""
    mobile.faults.append(Fault(200, body='{"code": "00000", "msg": "success"}'))
    message = sendable()
    assert (await bot.send(http, message)).provider_id == message.id


@pytest.mark.parametrize("body", ["", "OK", "[]", "{}", "<a>", "<!DOCTYPE a><a/>", "<html><body/></html>"])
async def test_a_success_that_cannot_be_read_is_unknown(
    mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http, body: str
) -> None:
    """200 with another body than any seen may mean that it was sent."""
    mobile.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as failed:
        await bot.send(http, sendable())
    assert (failed.value.unknown, failed.value.retryable) == (True, False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            f"<outboundMessageRequest>{IMPOSSIBLE}</outboundMessageRequest>",
            "DeliveryImpossible",
        ),
        ("<requestError/>", "requestError"),
        ('{"code": "no such bot", "msg": "x"}', "refused"),
    ],
)
async def test_a_no_without_a_code_is_permanent(
    mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http, body: str, code: str
) -> None:
    """It says that it was not taken, and not why."""
    mobile.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as failed:
        await bot.send(http, sendable())
    assert (failed.value.code, failed.value.unknown, failed.value.retryable) == (code, False, False)


# ---------------------------------------------------------------- what comes in


def test_a_tap_carries_its_ask() -> None:
    """A tapped reply gives ask and choice, in base64 or not."""
    standin = FivegmsgXmlStandin()
    [tapped] = bot_of(standin).parse(pushed(standin.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"))).items
    assert isinstance(tapped, Inbound)
    assert (tapped.tap, tapped.text) == (Tap("O-17.2", "affirm"), "接受")


def test_an_account_whose_calls_carry_no_password_says_so() -> None:
    """The open interface's own authentication is not known: the secret path may be all there is."""
    standin = FivegmsgXmlStandin()
    asked = pushed(standin.reply_push(NUMBER, "Y", signed=False))
    bot_of(standin, callbacks_signed=False, callback_tokens=[]).verify(asked)
    with pytest.raises(Refused, match="bad_signature"):
        bot_of(standin).verify(asked)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
        b"<a/><b/>",
        "<a>\ud83d</a>",
        b"<a>\x00</a>",
    ],
)
def test_xml_that_is_more_than_a_message_is_refused(body: bytes | str) -> None:
    """A document type above all: entities make much of little."""
    with pytest.raises(Refused, match="bad_body"):
        read(body)


def test_what_is_written_is_read() -> None:
    """Words come back as they went, by whatever name and prefix."""
    for words in ("a ]]> b", "<b>&amp;</b>", "一 & 二", "plain"):
        [found] = read(f"<m:a xmlns:m='x'>{element('m:b', words)}</m:a>").all("b")
        assert found.text == words
    assert read("<a><b/></a>").first("c", "b") == ""


# ---------------------------------------------------------------- recall, files


async def test_a_recall_is_asked_for(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """Its outcome is a receipt; a message nobody knows there is not found either."""
    message = sendable()
    await bot.send(http, message)
    assert await bot.recall(http, NUMBER, message.id) == "not_found"
    assert await bot.recall(http, NUMBER, sendable().id) == "not_found"
    assert mobile.revoking == [message.id]
    pushes = [mobile.receipt_pushes(mobile.sent, word)[0] for word in ("Revoked", "RevokeFailed")]
    told = [bot.parse(pushed(push)).items[0] for push in pushes]
    assert [item.status for item in told if isinstance(item, Receipt)] == ["failed", "unknown"]
    with pytest.raises(SendError, match="http_401"):
        await bot_of(mobile, app_keys=["nobody"]).recall(http, NUMBER, message.id)


async def test_a_file_is_kept(mobile: FivegmsgXmlStandin, bot: Fivegmsg, http: Http) -> None:
    """Its address there is what a card may show; files may be taken elsewhere than messages."""
    picture = Media("a.jpg", "image/jpeg", b"\xff\xd8\xff")
    kept = await bot_of(mobile, base_url="http://127.0.0.1:9", cm_file_url=mobile.url).upload(http, picture)
    assert mobile.files == {kept.name: picture.data}
    assert (kept.size, kept.until) == (3, datetime(2030, 1, 1, tzinfo=UTC))
    assert (await bot.upload(http, picture)).name in mobile.files
