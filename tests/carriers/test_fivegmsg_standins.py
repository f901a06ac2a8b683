"""The 5G消息 stand-ins themselves: as strict as the operators' documents."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from standins.base import Standin
from standins.fivegmsg import FivegmsgStandin
from standins.fivegmsg_xml import FivegmsgXmlStandin
from standins.kit import sendable
from support import gsma
from yarl import URL

from bot.carriers import build
from bot.carriers.http import Answer, Http, Timeouts
from bot.messages import AccountName
from flows.values import replace

CARD = gsma.card([gsma.REPLY], title="T", media=gsma.media("https://f.example/a.jpg", height="SHORT"))


class Recorder(Http):
    """Keeps the last request."""

    async def request(self, method: str, url: URL, headers: Any, body: bytes | None, timeouts: Timeouts) -> Answer:
        self.asked = url, dict(headers), (body or b"").decode()
        return await super().request(method, url, headers, body, timeouts)


async def in_order(standin: Standin) -> tuple[URL, dict[str, str], str]:
    """The address, headers and body of a card that the stand-in took, to be spoilt."""
    async with Recorder() as http:
        message = replace(sendable(), form="rbm", rich=CARD)
        await build(AccountName("acc"), standin.table()).send(http, message)
        standin.sent.clear()
        return http.asked


def spoilt(body: Any, path: str, value: Any) -> str:
    """The body with another value at messageList.0.contentType, or without it where the value is None."""
    *way, last = [int(name) if name.isdigit() else name for name in path.split(".")]
    place = body
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(body)


CONTENT = "messageList.0.contentText.message.generalPurposeCard"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("colour", "red", 20002),
        ("messageId", None, 20002),
        ("messageId", "not-a-uuid", 20002),
        ("destinationAddress", ["tel:+8613800138000", "tel:+8613800138001"], 20002),
        ("destinationAddress", ["13800138000"], 20002),
        ("senderAddress", "sip:another@botplatform.rcs.domain.cn", 30008),
        ("serviceCapability", [], 20002),
        ("smsSupported", "false", 20002),
        ("smsSupported", True, 20002),
        ("storeSupported", None, 20002),
        ("reportRequest", ["read"], 20002),
        ("trafficType", "gossip", 20002),
        ("messageList", [], 20002),
        ("messageList.0.contentType", "x/y", 60003),
        ("messageList.0", {"contentType": "text/plain", "contentText": "x" * 2_001}, 40021),
        (f"{CONTENT}.content.media.mediaFileSize", "51200", 40008),
        (f"{CONTENT}.content.title", "", 40008),
        (f"{CONTENT}.layout.imageAlignment", "LEFT", 40008),
        ("messageList.1.contentText.suggestions.0.reply.displayText", "x" * 26, 40008),
    ],
)
async def test_json_that_is_not_as_documented(session: aiohttp.ClientSession, path: str, value: Any, code: int) -> None:
    """A field that is unknown, missing or wrong is the platform's error, and nothing is taken."""
    async with FivegmsgStandin() as standin:
        url, headers, body = await in_order(standin)
        async with session.post(url, headers=headers, data=spoilt(json.loads(body), path, value)) as answer:
            assert (await answer.json())["errorCode"] == code
        assert not standin.sent


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("authorization", None, 41001),
        ("authorization", "accessToken another", 40014),
        ("accept", "text/html", 20003),
        ("date", None, 41001),
        ("date", "Tue, 15 Nov 2022 08:12:31 GMT", 41001),
        ("content-type", "text/plain", 20003),
    ],
)
async def test_headers_that_are_not_as_documented(
    session: aiohttp.ClientSession, header: str, value: str | None, code: int
) -> None:
    """Every request carries them all (1b.1)."""
    async with FivegmsgStandin() as standin:
        url, headers, body = await in_order(standin)
        given = {name: text for name, text in {**headers, header: value}.items() if text is not None}
        async with session.post(url, headers=given, data=body) as answer:
            assert (await answer.json())["errorCode"] == code
        assert not standin.sent


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<address>tel:+86138", "<address>tel:+86139", "POL0003"),
        ("<destinationAddress>", "<destinationAddress>tel:1</destinationAddress><destinationAddress>", "POL0003"),
        ("<senderAddress>sip:106500", "<senderAddress>sip:1", "SVC0002"),
        ("<clientCorrelator>", "<clientCorrelator>x", "SVC0002"),
        ("<clientCorrelator>", "<colour>red</colour><clientCorrelator>", "SVC0002"),
        ("<storeSupported>", "<colour>red</colour><storeSupported>", "SVC0002"),
        ("<capabilityId>ChatbotSA</capabilityId><version>", "<version>x", "SVC0002"),
        ("<reportRequest>Sent", "<reportRequest>Read", "SVC0002"),
        ("Content-Length: ", "Content-Length: 1", "SVC0002"),
        ("SHORT_HEIGHT", "TINY_HEIGHT", "SVC0002"),
        ("--next--", "", "SVC0002"),
        ("</msg:outboundMessageRequest>", "", "SVC0002"),
    ],
)
async def test_xml_that_is_not_as_documented(session: aiohttp.ClientSession, old: str, new: str, code: str) -> None:
    """An element or part that is unknown, missing or wrong is the gateway's error, and nothing is taken."""
    async with FivegmsgXmlStandin() as standin:
        url, headers, body = await in_order(standin)
        assert old in body
        async with session.post(url, headers=headers, data=body.replace(old, new, 1).encode()) as answer:
            assert f">{code}</" in await answer.text()
        assert not standin.sent


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Authorization", "Basic ZGVtb0FwcDp4", 401),
        ("Date", "Tue, 15 Nov 2022 08:12:31 GMT", 401),
        ("Content-Type", "application/json", 415),
        ("Address", "+8613900139000", 400),
    ],
)
async def test_xml_headers_that_are_not_as_documented(
    session: aiohttp.ClientSession, header: str, value: str, status: int
) -> None:
    """The digest belongs to the Date beside it (1c.1)."""
    async with FivegmsgXmlStandin() as standin:
        url, headers, body = await in_order(standin)
        async with session.post(url, headers={**headers, header: value}, data=body.encode()) as answer:
            assert answer.status == status
        assert not standin.sent
