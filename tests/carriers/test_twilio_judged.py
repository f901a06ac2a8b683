"""What we send to Twilio and believe of it, judged by its SDK: same address and fields, same signatures."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from judges import Recorder, ask
from standins.base import Push, Sent
from standins.kit import NUMBER, sendable
from standins.twilio import ACCOUNT, AGENT, SENDER, WEBHOOK, TwilioStandin

from bot.carriers import build
from bot.carriers.twilio_signing import sign, spellings
from bot.errors import SendError
from bot.messages import AccountName, TemplateUse
from flows.values import replace

TWILIO = TwilioStandin()


def case_of(push: Push, url: str) -> dict[str, Any]:
    """A push and our signature of it, as if it had been made to that URL."""
    signed = f"{url}?{urlencode(push.query)}" if push.query else url
    case: dict[str, Any] = {"url": signed, "token": TWILIO.key}
    if "json" in push.headers["Content-Type"]:
        return {**case, "body": push.body.decode(), "signature": sign(signed, (), TWILIO.key)}
    fields = parse_qsl(push.body.decode(), keep_blank_values=True)
    return {**case, "fields": fields, "signature": sign(signed, fields, TWILIO.key)}


@pytest.mark.judges
def test_the_sdk_believes_our_signatures() -> None:
    """Of words, taps, statuses and JSON, with the port and without; not those of an altered call."""
    pushes = [
        TWILIO.reply_push(NUMBER, "Hello, wörld 你好 & + %"),
        TWILIO.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"),
        TWILIO.form_push({"From": NUMBER, "Body": "", "MediaUrl0": ""}),
        *TWILIO.receipt_pushes([Sent(sendable().id, NUMBER, "", "SM1")], "undelivered"),
        TWILIO.json_push({"MessageSid": "SM1", "Body": "你好"}),
    ]
    right = [case_of(push, url) for push in pushes for url in spellings(WEBHOOK)]
    wrong = [{**case, "url": case["url"] + "x"} for case in right]
    assert ask("twilio_sdk", right + wrong) == [True] * len(right) + [False] * len(wrong)


@pytest.mark.judges
async def test_the_sdk_makes_the_same_calls() -> None:
    """It posts the same fields to the same address, with the same credentials."""
    carrier = build(AccountName("acc"), TWILIO.table(base_url="https://api.twilio.com/2010-04-01"))
    text = replace(sendable("【叮咚】100% 1+1=2 & 👌"), ttl_s=600)
    card = replace(sendable(), form="rbm", template=TemplateUse("HX1", {"1": "¥15,200"}))
    http = Recorder()
    for message in (text, card):
        with contextlib.suppress(SendError):  # what is answered is of no interest here
            await carrier.send(http, message)
    same: list[dict[str, Any]] = [
        {"to": NUMBER, "from_": SENDER, "body": text.text, "validity_period": 600},
        {"to": f"rcs:{NUMBER}", "from_": f"rcs:{AGENT}", "content_sid": "HX1", "content_variables": '{"1":"¥15,200"}'},
    ]
    callbacks = [{"status_callback": f"{WEBHOOK}?message={message.id}"} for message in (text, card)]
    cases = [
        {"call": {**call, **callback}, "sid": ACCOUNT, "token": TWILIO.key}
        for call, callback in zip(same, callbacks, strict=True)
    ]
    for request, made in zip(http.requests, ask("twilio_sdk", cases), strict=True):
        assert (request.method, str(request.url)) == (made["method"], made["url"])
        fields = {name: str(value) for name, value in made["fields"].items() if value is not None}
        assert dict(parse_qsl(request.body.decode())) == fields
        assert made["auth"] == [ACCOUNT, TWILIO.key]
