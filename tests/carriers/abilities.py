"""What a carrier can do, found out by asking it to: nothing of this is declared twice.

A form it carries is one it writes into a request; what it cannot do it says without asking its provider.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from standins.base import Standin
from standins.kit import NUMBER, pushed, sendable
from support import gsma
from yarl import URL

from bot.carriers import build
from bot.carriers.base import (
    Asks,
    AsksMany,
    Carrier,
    LooksUp,
    Pulls,
    RegistersTemplates,
    SendsMany,
    TakesBack,
    TakesGsma,
    Uploads,
)
from bot.carriers.http import Answer, Http, Timeouts
from bot.errors import SendError
from bot.messages import AccountName, Inbound, TemplateUse
from flows.values import JsonValue, replace

PROTOCOLS: Mapping[str, type[object]] = {
    "recall": TakesBack,
    "many in a call": SendsMany,
    "asks many": AsksMany,
    "look-up": LooksUp,
    "pulls": Pulls,
    "keeps media": Uploads,
    "template review": RegistersTemplates,
}
MARK = "Zq7mark"
"""Stands in what is to be carried: a request that holds it carries it."""
TOKEN = (
    b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600,'
    b' "accessToken": "token", "expires": 7200, "errorCode": 0}'
)
TEMPLATE = TemplateUse("HX0", {"1": MARK})
"""For a provider that shows a card by a template of the card's shape."""
_CHIP = {"reply": {"text": MARK, "postbackData": "ask:t1.1:affirm"}}
_MEDIA = {"height": "MEDIUM", "contentInfo": {"fileUrl": f"https://img.example.com/{MARK}.jpg"}}
_CARD = {"title": "t", "description": "d"}
CONTENTS: Mapping[str, dict[str, Any]] = {
    "cards": {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": {**_CARD, "title": MARK}}}},
    "media": {
        "richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": {**_CARD, "media": _MEDIA}}}
    },
    "carousel": {
        "richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": [{**_CARD, "title": MARK}, _CARD]}}
    },
    "suggestions": {"text": "t", "suggestions": [_CHIP]},
}
_GSMA_CHIP: JsonValue = {"reply": {"displayText": MARK, "postback": {"data": "ask:t1.1:affirm"}}}
GSMA_CONTENTS: Mapping[str, dict[str, Any]] = {
    "cards": gsma.card(title=MARK, description="d"),
    "media": gsma.card(title="t", media=gsma.media(f"https://img.example.com/{MARK}.jpg")),
    "carousel": gsma.carousel({"title": MARK}, {"title": "t"}),
    "suggestions": gsma.words("t", [_GSMA_CHIP]),
}
"""The same for a carrier that takes the GSMA's JSON."""


class Wire(Http):
    """HTTP that is written down and leads nowhere; what it answers is the token that some providers want first."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Answer:
        self.written.append(f"{url} {headers} {(body or b'').decode(errors='replace')}")
        return Answer(200, {}, TOKEN)


async def abilities(standin: Standin) -> dict[str, bool]:
    """Name -> whether it can, in the order of the table."""
    carrier = build(AccountName("acc"), standin.table())
    contents = GSMA_CONTENTS if isinstance(carrier, TakesGsma) else CONTENTS
    carried = {name: await _carries(carrier, standin, content) for name, content in contents.items()}
    asked = {"capability check": await _asks(carrier)}
    protocols = {name: isinstance(carrier, protocol) for name, protocol in PROTOCOLS.items()}
    return {
        "text": "text" in carrier.forms,
        **carried,
        **asked,
        "replies": _reads_replies(carrier, standin),
        "receipts": carrier.receipts,
        "signed pushes": standin.signs,
        **protocols,
    }


async def _carries(carrier: Carrier, standin: Standin, content: dict[str, Any]) -> bool:
    if "rbm" not in carrier.forms:
        return False
    registered = standin.registered(sendable())
    wire, message = Wire(), replace(registered, form="rbm", rich=content, template=registered.template or TEMPLATE)
    with contextlib.suppress(SendError):  # whatever it made of the answer
        await carrier.send(wire, message)
    return any(MARK in written for written in wire.written)


async def _asks(carrier: Carrier) -> bool:
    """What it knows without asking is no check."""
    wire = Wire()
    if isinstance(carrier, Asks):
        with contextlib.suppress(SendError):
            await carrier.capability(wire, NUMBER)
    return bool(wire.written)


def _reads_replies(carrier: Carrier, standin: Standin) -> bool:
    items = carrier.parse(pushed(standin.reply_push(NUMBER, "Y"))).items
    return any(isinstance(item, Inbound) for item in items)
