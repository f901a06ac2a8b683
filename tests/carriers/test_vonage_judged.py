"""What we send to Vonage and believe of it, judged by its SDK."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from judges import Recorder, ask
from standins.kit import NUMBER, pushed, sendable
from standins.vonage import VonageStandin

from bot.carriers import build
from bot.errors import Refused, SendError
from bot.messages import AccountName
from flows.values import replace

FEATURES = Path(__file__).parent.parent / "golden/rcs/features.rbm.json"
VONAGE = VonageStandin()
UNTYPED = ("share_location", "share_location_with_fallback")
"""The SDK's models tell these from a reply by their class alone, and write a reply."""


@pytest.mark.judges
def test_the_sdk_and_we_believe_the_same() -> None:
    """A JWT of the signature secret is believed by both, one of another by neither."""
    carrier = build(AccountName("acc"), VONAGE.table())
    for key in (VONAGE.key, "another-secret-of-somebody"):
        push = VonageStandin(key=key).reply_push(NUMBER, "你好")
        believed = True
        try:
            carrier.verify(pushed(push))
        except Refused:
            believed = False
        token = push.headers["Authorization"].removeprefix("Bearer ")
        assert ask("vonage_sdk", [{"jwt": token, "secret": VONAGE.key}]) == [believed]
        assert believed is (key == VONAGE.key)


@pytest.mark.judges
async def test_the_sdk_takes_what_we_send() -> None:
    """Its models take every feature of a card, and write it as we do."""
    carrier = build(AccountName("acc"), VONAGE.table())
    features: dict[str, Any] = json.loads(FEATURES.read_text())
    riches = [rich for feature, rich in features.items() if feature not in UNTYPED]
    http = Recorder()
    for message in (sendable(), *(replace(sendable(), form="rbm", rich=rich, ttl_s=600) for rich in riches)):
        with contextlib.suppress(SendError):  # what is answered is of no interest here
            await carrier.send(http, message)
    sends = [json.loads(request.body) for request in http.requests]
    assert ask("vonage_sdk", [{"send": send} for send in sends]) == sends
