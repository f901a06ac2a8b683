"""5G消息 of China Telecom and Unicom: the published signature, tokens, codes, what is sent, recall, files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue
from standins.base import CUT, Fault
from standins.fivegmsg import APP_KEY, FivegmsgStandin
from standins.kit import NUMBER, pushed, sendable, webhook_request
from support import gsma

from bot.carriers import build
from bot.carriers.base import Media, SharesToken, Uploads
from bot.carriers.fivegmsg import Fivegmsg
from bot.carriers.fivegmsg_account import CODES, MEDIA_CODES, TOKEN_CODES, FivegmsgSettings
from bot.carriers.fivegmsg_json import signature
from bot.carriers.http import Http
from bot.carriers.tokens import Grant
from bot.errors import FACTS, ConfigError, Refused, SendError
from bot.messages import AccountName, Kind, Receipt
from flows.values import replace

SEEN = "11111111-2222-3333-4444-555555555555"
VECTOR = "eed95034a00cad2cd386978851df45db091ec9ba4edf31afc6a374373442007c"
COUNTER: JsonValue = {"reply": {"displayText": "还价", "postback": {"data": "ask:a1:counter_offer"}}}
CARD = gsma.card(
    [COUNTER],
    title="有人出价 ¥15,200",
    media=gsma.media("https://shop.example/3287"),
    suggestions=[gsma.REPLY],
)


@pytest.fixture
async def platform() -> AsyncIterator[FivegmsgStandin]:
    async with FivegmsgStandin() as standin:
        yield standin


@pytest.fixture
def bot(platform: FivegmsgStandin) -> Fivegmsg:
    return bot_of(platform)


def bot_of(platform: FivegmsgStandin, **extra: object) -> Fivegmsg:
    carrier = build(AccountName("acc"), platform.table(**extra))
    assert isinstance(carrier, Fivegmsg)
    return carrier


# ---------------------------------------------------------------- whom it believes


def test_the_published_signature() -> None:
    """The sheet's vector (1b.6), by itself and through a call whose time is not looked at."""
    assert signature("demoToken", "1600000000", SEEN) == VECTOR
    headers = {"signature": VECTOR, "timestamp": "1600000000", "nonce": SEEN}
    asked = webhook_request(headers, b"")
    bot_of(FivegmsgStandin()).verify(asked)
    bot_of(FivegmsgStandin(), callback_tokens=["next", "demoToken"]).verify(asked)
    with pytest.raises(Refused, match="stale"):
        bot_of(FivegmsgStandin(), callback_window_s=300).verify(asked)


@pytest.mark.parametrize(("off_s", "believed"), [(-299, True), (299, True), (-302, False), (302, False)])
def test_a_call_is_believed_for_as_long_as_it_is_fresh(off_s: int, believed: bool) -> None:
    """Its signature says nothing of the body: it is worth nothing to who finds it later."""
    push = FivegmsgStandin().reply_push(NUMBER, "Y")
    asked = pushed(push, at=datetime.now(UTC) + timedelta(seconds=off_s))
    bot = bot_of(FivegmsgStandin(), callback_window_s=FivegmsgSettings.model_fields["callback_window_s"].default)
    if believed:
        bot.verify(asked)
    else:
        with pytest.raises(Refused, match="stale"):
            bot.verify(asked)


@pytest.mark.parametrize("at", ["", "soon", "-1600000000", "1e9", "٣", "9" * 400])
def test_a_time_that_is_none_is_stale(at: str) -> None:
    """However well it is signed."""
    headers = {"signature": signature("demoToken", at, SEEN), "timestamp": at, "nonce": SEEN}
    with pytest.raises(Refused, match="stale"):
        bot_of(FivegmsgStandin(), callback_window_s=300).verify(webhook_request(headers, b""))


def test_an_account_whose_calls_are_not_signed_says_so() -> None:
    """`callbacks_signed = false` believes what comes by the secret path; without tokens it has to be said."""
    standin = FivegmsgStandin()
    asked = pushed(standin.reply_push(NUMBER, "Y", signed=False))
    bot_of(standin, callbacks_signed=False, callback_tokens=[]).verify(asked)
    with pytest.raises(ConfigError, match="callback_tokens"):
        bot_of(standin, callback_tokens=[])


# ---------------------------------------------------------------- what is sent


async def test_a_card_is_taken(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """A card and its chips are two contents; a picture's size that nobody knows is the account's default."""
    message = replace(sendable(), form="rbm", rich=CARD, kind=Kind.MARKETING)
    accepted = await bot_of(platform, media_size=77).send(http, message)
    [sent] = platform.sent
    card, chips = sent.content
    shown = card["message"]["generalPurposeCard"]["content"]
    assert (shown["media"]["mediaFileSize"], shown["media"]["mediaContentType"]) == (77, "image/jpeg")
    assert shown["suggestions"] == [{"reply": {"displayText": "接受", "postback": {"data": "ask:a1:affirm"}}}]
    assert chips["suggestions"][0]["reply"]["displayText"] == "还价"
    assert (sent.id, accepted.provider_id) == (message.id, message.id)
    assert "138" not in accepted.response
    assert not platform.refused


@pytest.mark.parametrize("code", sorted(MEDIA_CODES))
async def test_a_picture_the_platform_does_not_show_is_left_out(
    platform: FivegmsgStandin, bot: Fivegmsg, http: Http, code: str
) -> None:
    """The question is asked all the same, and the answer says what it went without."""
    platform.faults.append(Fault(200, body=json.dumps({"errorCode": int(code), "errorMessage": "no"})))
    accepted = await bot.send(http, replace(sendable(), form="rbm", rich=CARD))
    card, chips = platform.sent[0].content
    shown = card["message"]["generalPurposeCard"]["content"]
    assert (shown.keys(), len(chips["suggestions"])) == ({"title", "suggestions"}, 1)
    assert json.loads(accepted.response) == {"without_media": code}


async def test_what_has_no_picture_is_not_sent_again(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """Nor is what was refused for another reason."""
    for message, code in ((sendable(), 40007), (replace(sendable(), form="rbm", rich=CARD), 40008)):
        platform.faults.append(Fault(200, body=json.dumps({"errorCode": code})))
        with pytest.raises(SendError) as failed:
            await bot.send(http, message)
        assert (failed.value.code, failed.value.content) == (str(code), True)
    assert not platform.sent


async def test_a_conversation_is_always_the_same(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """A bot and a person have one conversation; every message is a contribution of its own, named by our id."""
    for _ in range(2):
        await bot.send(http, sendable())
    first, second = platform.asked
    assert first["conversationId"] == second["conversationId"]
    assert [one["contributionId"] for one in platform.asked] == [sent.id for sent in platform.sent]
    assert [first[name] for name in ("smsSupported", "storeSupported")] == [False, True]
    assert not first.keys() & {"trafficType", "smsContent"}


async def test_the_platform_may_send_a_text_instead(platform: FivegmsgStandin, http: Http) -> None:
    """Only where the account says so; what it says then is the text form, with its signature and choices."""
    message = replace(sendable("【叮咚】回复1接受"), form="rbm", rich=CARD)
    await bot_of(platform, sms_fallback=True).send(http, message)
    assert [platform.asked[0][name] for name in ("smsSupported", "smsContent")] == [True, "【叮咚】回复1接受"]


async def test_a_gateway_of_its_own_ways(platform: FivegmsgStandin, http: Http) -> None:
    """What peers saw differ is a setting: the prefix of the token, storing, repeats."""
    bare = bot_of(platform, token_prefix="", store_offline=False, repeats_ignored=False)
    assert not bare.idempotent_send
    with pytest.raises(SendError) as failed:
        await bare.send(http, sendable())
    assert (failed.value.code, failed.value.account) == ("40014", True)
    platform.prefix = ""
    await bare.send(http, sendable())
    assert platform.asked[-1]["storeSupported"] is False


@pytest.mark.parametrize("code", [*sorted(code for code in CODES.keys() - TOKEN_CODES if code[0] not in "SP"), "99999"])
async def test_a_code_becomes_facts(platform: FivegmsgStandin, bot: Fivegmsg, http: Http, code: str) -> None:
    """Each code says what is at fault, as a number or in a string, whatever the HTTP status; others are permanent."""
    wanted = CODES.get(code, {})
    for status, written in ((200, int(code)), (400, code), (500, code)):
        platform.faults.append(Fault(status, body=json.dumps({"errorCode": written, "errorMessage": "no"})))
        with pytest.raises(SendError) as failed:
            await bot.send(http, sendable())
        assert {fact: True for fact in FACTS if getattr(failed.value, fact)} | (
            {"retry_after_s": failed.value.retry_after_s} if failed.value.retry_after_s else {}
        ) == wanted
        assert (failed.value.code, failed.value.detail) == (code, "no")


def test_no_code_is_both_unknown_and_retryable() -> None:
    """What may have been sent is never said to be safe to send again."""
    assert not [facts for facts in CODES.values() if facts.get("unknown") and facts.get("retryable")]


@pytest.mark.parametrize("body", ["", "OK", "[]", "{}", '{"errorCode": true}', '{"errorCode": "zero"}'])
async def test_a_success_that_cannot_be_read_is_unknown(
    platform: FivegmsgStandin, bot: Fivegmsg, http: Http, body: str
) -> None:
    """200 with another body than documented may mean that it was sent."""
    platform.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as failed:
        await bot.send(http, sendable())
    assert (failed.value.unknown, failed.value.retryable) == (True, False)


@pytest.mark.parametrize("echoed", [{"messageId": ["m-1"]}, {"messageId": ""}, {}])
async def test_an_answer_without_the_id_is_ours(
    platform: FivegmsgStandin, bot: Fivegmsg, http: Http, echoed: dict[str, object]
) -> None:
    """One table says that messageId is a list; our own id stands for what is not a word."""
    platform.faults.append(Fault(200, body=json.dumps({"errorCode": "0", **echoed}), taken=True))
    message = sendable()
    assert (await bot.send(http, message)).provider_id == message.id


# ---------------------------------------------------------------- the token


async def test_many_sends_share_one_token(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """Fetching it again makes the one before worthless: it is fetched once."""
    await asyncio.gather(*(bot.send(http, sendable()) for _ in range(20)))
    assert (len(platform.sent), platform.tokens_given) == (20, 1)


async def test_a_refused_token_is_fetched_anew_once(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """A token that somebody else's fetch made worthless is replaced within the same send."""
    await bot.send(http, sendable())
    await bot_of(platform).send(http, sendable())
    await bot.send(http, sendable())
    assert (len(platform.sent), platform.tokens_given) == (3, 3)


class Memory:
    """A shelf without a store."""

    def __init__(self) -> None:
        self.grant: Grant | None = None

    async def get(self) -> Grant | None:
        return self.grant

    async def put(self, grant: Grant) -> None:
        self.grant = grant


async def test_processes_share_a_token(platform: FivegmsgStandin, http: Http) -> None:
    """Each takes what another fetched; one that was refused, or is about to end, is fetched anew and shared."""
    shelf = Memory()
    one, other = bot_of(platform), bot_of(platform)
    for bot in (one, other):
        assert isinstance(bot, SharesToken)
        bot.share(shelf)
        await bot.send(http, sendable())
    assert platform.tokens_given == 1
    platform.token = "made worthless"
    for bot in (one, other):
        await bot.send(http, sendable())
    assert platform.tokens_given == 2
    late = bot_of(platform)
    late.share(shelf)
    shelf.grant = Grant(platform.token, 59)
    await late.send(http, sendable())
    assert (len(platform.sent), platform.tokens_given) == (5, 3)


async def test_no_token_means_nothing_was_sent(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """A token that cannot be had is never unknown, whatever the reason."""
    for fault, code in (
        (CUT, "no_answer"),
        (Fault(503), "no_token"),
        (Fault(200, body='{"errorCode": -2}'), "no_token"),
    ):
        platform.token_faults.append(fault)
        with pytest.raises(SendError) as failed:
            await bot.send(http, sendable())
        assert (failed.value.code, failed.value.retryable, failed.value.unknown) == (code, True, False)
    assert not platform.sent


async def test_the_first_of_two_app_keys_is_used(platform: FivegmsgStandin, http: Http) -> None:
    """While the key rotates."""
    await bot_of(platform, app_keys=[APP_KEY, "the-old-one"]).send(http, sendable())
    with pytest.raises(SendError, match="40001"):
        await bot_of(platform, app_keys=["another", APP_KEY]).send(http, sendable())


# ---------------------------------------------------------------- what a phone can do, recall, files


async def test_a_recall_is_asked_for(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """Its outcome is a receipt: revokeOk is certainly not delivered, revokeFail may be."""
    message = sendable()
    await bot.send(http, message)
    assert await bot.recall(http, NUMBER, message.id) == "not_found"
    assert platform.revoking == [message.id]
    told = [
        bot.parse(pushed(platform.receipt_pushes(platform.sent, word)[0])).items[0]
        for word in ("revokeOk", "revokeFail")
    ]
    assert [item.status for item in told if isinstance(item, Receipt)] == ["failed", "unknown"]


async def test_a_file_is_kept(platform: FivegmsgStandin, bot: Fivegmsg, http: Http) -> None:
    """Its address there is what a card may show; a temporary one says until when."""
    assert isinstance(bot, Uploads)
    picture = Media('a "b".jpg', "image/jpeg", b"\xff\xd8\xff\r\n--x")
    kept = await bot.upload(http, picture)
    assert platform.files == {kept.name: picture.data}
    assert (kept.size, kept.until) == (len(picture.data), datetime(2030, 4, 25, 12, 17, 7, tzinfo=UTC))
    assert (await bot_of(platform, upload_mode="perm").upload(http, picture)).until is None
    with pytest.raises(SendError) as failed:
        await bot.upload(http, Media("a.exe", "application/x-msdownload", b"MZ"))
    assert (failed.value.code, failed.value.content) == ("40005", True)
