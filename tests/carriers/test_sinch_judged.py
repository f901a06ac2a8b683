"""What we send to Sinch and believe of it, judged by its SDK."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from judges import Recorder, ask
from standins.base import Push, Sent
from standins.kit import NUMBER, pushed, sendable
from standins.sinch import SinchStandin

from bot.carriers import build
from bot.carriers.sinch import sign
from bot.errors import SendError
from bot.messages import AccountName
from flows.values import replace

FEATURES = Path(__file__).parent.parent / "golden/rcs/features.rbm.json"
SINCH = SinchStandin()
PREFIX = "x-sinch-webhook-signature"


def resigned(push: Push) -> dict[str, Any]:
    """A push under the signature that we compute."""
    asked = pushed(push).headers
    signature = sign(push.body, asked[f"{PREFIX}-nonce"], asked[f"{PREFIX}-timestamp"], SINCH.key)
    return {"headers": {**asked, PREFIX: signature}, "body": push.body.decode(), "secret": SINCH.key}


@pytest.mark.judges
def test_the_sdk_believes_our_signatures() -> None:
    """And reads the events of the stand-in; it does not believe an altered one."""
    pushes = [
        SINCH.reply_push(NUMBER, "你好"),
        SINCH.tap_push(NUMBER, "ask:O-17.2:affirm", "接受"),
        *SINCH.receipt_pushes([Sent(sendable().id, NUMBER, "", "m")], "DELIVERED"),
    ]
    cases = [resigned(push) for push in pushes]
    altered = {**cases[0], "body": cases[0]["body"].replace("你好", "您好")}
    read = ["MessageInboundEvent", "MessageInboundEvent", "MessageDeliveryReceiptEvent"]
    assert ask("sinch_sdk", [*cases, altered]) == [*read, ""]


@pytest.mark.judges
async def test_the_sdk_takes_what_we_send() -> None:
    """Its models take every feature of a card, and write it as we do."""
    carrier = build(AccountName("acc"), SINCH.table())
    http = Recorder(answer=b'{"access_token": "t", "expires_in": 3600, "message_id": "m"}')
    riches = json.loads(FEATURES.read_text()).values()
    for message in (sendable(), *(replace(sendable(), form="rbm", rich=rich, ttl_s=600) for rich in riches)):
        with contextlib.suppress(SendError):
            await carrier.send(http, message)
    sends = [json.loads(request.body) for request in http.requests if request.url.path.endswith(":send")]
    assert len(sends) == 1 + len(riches)
    for ours, theirs in zip(sends, ask("sinch_sdk", [{"send": send} for send in sends]), strict=True):
        assert theirs["message"] == ours["message"]
        assert theirs["recipient"] == ours["recipient"]
