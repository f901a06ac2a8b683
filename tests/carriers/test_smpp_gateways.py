"""Kannel and Jasmin: what is their own beside the contract (providers-rcs.md 5)."""

from __future__ import annotations

import pytest
from standins.base import Fault
from standins.jasmin import JasminStandin
from standins.kannel import KannelStandin
from standins.kit import NUMBER, sendable

from bot.carriers import build
from bot.carriers.calling import callback_url
from bot.carriers.http import Http
from bot.carriers.smpp import GSM
from bot.errors import SendError
from bot.messages import AccountName
from cards.segments import GSM_BASIC, GSM_EXTENSION
from flows.values import replace

GATEWAYS = (KannelStandin, JasminStandin)
Gateway = type[KannelStandin] | type[JasminStandin]


def test_the_alphabet_is_the_one_segments_are_counted_in() -> None:
    """Or a text that was counted as one part would be sent as two."""
    assert GSM == GSM_BASIC | GSM_EXTENSION


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("text", ["Hi {you} @ 5?", "【叮咚】一万六", "👌"])
async def test_a_text_goes_in_the_alphabet_it_needs(http: Http, gateway: Gateway, text: str) -> None:
    """The GSM alphabet where it can, UCS-2 where it must; the stand-ins refuse anything else."""
    async with gateway() as standin:
        await build(AccountName("acc"), standin.table()).send(http, sendable(text))
        assert [sent.content for sent in standin.sent] == [text]


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_reports_go_to_an_address_with_our_id(http: Http, gateway: Gateway) -> None:
    """Under the address we are known by, with the account's secret."""
    async with gateway() as standin:
        carrier = build(AccountName("acc"), standin.table(public_url="https://bot.example.com"))
        message = sendable()
        await carrier.send(http, message)
        wanted = f"https://bot.example.com/webhooks/acc/standin-webhook-secret?message={message.id}"
        assert callback_url(AccountName("acc"), carrier.settings, message.id) == wanted
        assert standin._report_to[message.id].startswith(wanted)


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_a_message_that_expires_is_not_kept_longer(http: Http, gateway: Gateway) -> None:
    """Whole minutes, at least one."""
    async with gateway() as standin:
        for ttl in (1, 60, 3_599):
            await build(AccountName("acc"), standin.table()).send(http, replace(sendable(), ttl_s=ttl))
        assert standin.validities == ["1", "1", "59"]


@pytest.mark.parametrize(
    ("gateway", "fault", "facts"),
    [
        (KannelStandin, Fault(503, "Temporal failure, try again later."), {"retryable"}),
        (KannelStandin, Fault(503, "<html>"), {"unknown"}),
        (KannelStandin, Fault(400, "Number(s) has/have been denied by white- and/or black-lists."), {"bad_number"}),
        (KannelStandin, Fault(404, "Not routable. Do not try again."), set()),
        (KannelStandin, Fault(403, "Authorization failed for sendsms"), {"account"}),
        (KannelStandin, Fault(200, "0: Accepted for delivery"), {"unknown"}),
        (JasminStandin, Fault(400, 'Error "Argument [to] has an invalid value."'), set()),
        (
            JasminStandin,
            Fault(403, 'Error "Cannot charge submit_sm, check RouterPB log file for details"'),
            {"account"},
        ),
        (JasminStandin, Fault(412, 'Error "No route found"'), set()),
        (JasminStandin, Fault(500, 'Error "Cannot send submit_sm"'), {"unknown"}),
        (JasminStandin, Fault(200, "OK"), {"unknown"}),
    ],
)
async def test_what_it_answers_means(http: Http, gateway: Gateway, fault: Fault, facts: set[str]) -> None:
    """Certainly not sent, perhaps sent, the account, the number; each from its own words."""
    async with gateway() as standin:
        standin.faults.append(fault)
        with pytest.raises(SendError) as error:
            await build(AccountName("acc"), standin.table()).send(http, sendable(to=NUMBER))
        told = {name for name in ("retryable", "unknown", "bad_number", "account") if getattr(error.value, name)}
        assert told == facts
