"""SMSBao's own ways: its URL, its codes, and how little it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from judges import Recorder
from standins.base import CUT, Fault
from standins.kit import NUMBER, sendable, webhook_request
from standins.smsbao import SmsBaoStandin

from bot.carriers import build
from bot.carriers.base import Asks, LooksUp, Pulls, SendsMany, TakesBack
from bot.carriers.http import Http
from bot.errors import FACTS, SendError
from bot.messages import Accepted, AccountName, Inbound, PhoneNumber


@pytest.fixture
async def smsbao() -> AsyncIterator[SmsBaoStandin]:
    async with SmsBaoStandin() as standin:
        yield standin


SECRET = "u=tom&p=dfb450efddbb5387197c84460623675b"
TO_THE_MAINLAND = (
    f"/sms?{SECRET}&m=13800138000&c=%E3%80%90%E6%B5%8B%E8%AF%95%E3%80%91%E6%82%A8%E7%9A%84%E9%AA%8C%E8%AF%81%E7%A0%81"
    "%E6%98%AF1234"
)
ABROAD = f"/wsms?{SECRET}&m=%2B60901234567&c=%E3%80%90%E6%B5%8B%E8%AF%95%E3%80%91hi"


@pytest.mark.parametrize(
    ("to", "text", "line"),
    [
        ("+8613800138000", "【测试】您的验证码是1234", TO_THE_MAINLAND),
        ("+60901234567", "【测试】hi", ABROAD),
    ],
)
async def test_the_published_requests(to: str, text: str, line: str) -> None:
    """The wire samples of providers-cn.md 6.5, byte for byte."""
    http = Recorder(answer=b"0")
    carrier = build(AccountName("acc"), SmsBaoStandin(key="test-password").table())
    await carrier.send(http, sendable(text, to=PhoneNumber(to)))
    [request] = http.requests
    assert (request.method, request.url.raw_path_qs) == ("GET", line)


async def test_an_api_key_is_sent_as_it_is(smsbao: SmsBaoStandin, http: Http) -> None:
    """Only a password is hashed; the account says which of the two it has."""
    table = smsbao.table(password=smsbao.api_key, hashed=False, product="77")
    assert await build(AccountName("acc"), table).send(http, sendable()) == Accepted(response="0")
    with pytest.raises(SendError, match=r"30 \(account\)"):
        await build(AccountName("acc"), smsbao.table(password=smsbao.api_key)).send(http, sendable())


async def test_a_channel_of_ones_own_is_for_the_mainland(smsbao: SmsBaoStandin, http: Http) -> None:
    """g is documented for /sms only."""
    carrier = build(AccountName("acc"), smsbao.table(product="77"))
    await carrier.send(http, sendable(to=PhoneNumber("+60901234567")))
    assert len(smsbao.sent) == 1


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("-1", ""),
        ("30", "account"),
        ("40", "account"),
        ("41", "account"),
        ("42", "account"),
        ("43", "account"),
        ("50", "content"),
        ("51", "bad_number"),
        ("99", ""),
    ],
)
async def test_a_code_becomes_facts(smsbao: SmsBaoStandin, http: Http, code: str, facts: str) -> None:
    """Each code says what is at fault; one that is not documented is at least a no."""
    smsbao.faults.append(Fault(200, body=f" {code}\r\nmore"))
    with pytest.raises(SendError) as error:
        await build(AccountName("acc"), smsbao.table()).send(http, sendable())
    assert " ".join(fact for fact in FACTS if getattr(error.value, fact)) == facts
    assert error.value.code == code


async def test_the_same_words_go_in_one_call(smsbao: SmsBaoStandin, http: Http) -> None:
    """To the mainland, as many as the account says; other words and numbers abroad in calls of their own."""
    carrier = build(AccountName("acc"), smsbao.table(batch=2))
    assert isinstance(carrier, SendsMany)
    phones = [PhoneNumber(f"+861380013800{n}") for n in range(3)]
    abroad = PhoneNumber("+60901234567")
    messages = [*(sendable(to=phone) for phone in phones), sendable(to=abroad), sendable("【叮咚】再见")]
    assert await carrier.send_many(http, messages) == [Accepted(response="0")] * 5
    assert sorted(len(numbers) for numbers in smsbao.calls) == [1, 1, 1, 2]
    assert sorted((sent.to, sent.content) for sent in smsbao.sent) == sorted((one.to, one.text) for one in messages)


async def test_a_bad_number_is_nobody_elses(smsbao: SmsBaoStandin, http: Http) -> None:
    """One code refuses the whole call: then each goes alone, and the others are reached."""
    carrier = build(AccountName("acc"), smsbao.table())
    assert isinstance(carrier, SendsMany)
    good, bad = sendable(), sendable(to=PhoneNumber("+8610012345678"))
    assert smsbao.refused == []
    taken, refused = await carrier.send_many(http, [good, bad])
    assert taken == Accepted(response="0")
    assert isinstance(refused, SendError)
    assert refused.bad_number
    assert [sent.to for sent in smsbao.sent] == [NUMBER]


async def test_a_lost_answer_to_a_call_for_many_is_unknown_for_all(smsbao: SmsBaoStandin, http: Http) -> None:
    """Any of them may have been sent: none is tried again here."""
    carrier = build(AccountName("acc"), smsbao.table())
    assert isinstance(carrier, SendsMany)
    smsbao.faults.append(CUT)
    outcomes = await carrier.send_many(http, [sendable(), sendable(to=PhoneNumber("+8613900139000"))])
    assert [isinstance(one, SendError) and one.unknown for one in outcomes] == [True, True]
    assert len(smsbao.calls) == 1


@pytest.mark.parametrize("body", ["", "\n0", "OK", "<html>", "-", "²"])
async def test_a_success_that_cannot_be_read_is_unknown(smsbao: SmsBaoStandin, http: Http, body: str) -> None:
    """200 without a code may mean that it was sent."""
    smsbao.faults.append(Fault(200, body=body))
    with pytest.raises(SendError) as error:
        await build(AccountName("acc"), smsbao.table()).send(http, sendable())
    assert (error.value.unknown, error.value.retryable) == (True, False)


async def test_a_code_under_another_status_is_nobodys(smsbao: SmsBaoStandin, http: Http) -> None:
    """A gateway's 502 is no acceptance, whatever its body."""
    smsbao.faults.append(Fault(502, body="0"))
    with pytest.raises(SendError) as error:
        await build(AccountName("acc"), smsbao.table()).send(http, sendable())
    assert error.value.unknown


def test_a_reply_may_come_as_a_form() -> None:
    """The same names, posted; the extension of white-label sites is kept."""
    carrier = build(AccountName("acc"), SmsBaoStandin().table())
    body = urlencode({"m": "13800138000", "c": "一万六 100%", "s": "01", "taskid": "7"}).encode()
    asked = webhook_request({"Content-Type": "application/x-www-form-urlencoded"}, body)
    assert carrier.parse(asked).items == (Inbound(AccountName("acc"), NUMBER, "一万六 100%", to="01"),)


def test_accepted_is_as_far_as_it_goes() -> None:
    """No receipts, no look-up, no pull, nothing to ask, nothing to take back."""
    carrier = build(AccountName("acc"), SmsBaoStandin().table())
    assert not carrier.receipts
    assert not isinstance(carrier, (LooksUp, Pulls, Asks, TakesBack))
