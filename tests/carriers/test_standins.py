"""The stand-ins themselves: as strict as the documents, and as unreliable as they are told to be."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from standins.all import REPORTING, STANDINS
from standins.base import Standin
from standins.kit import NUMBER, sendable, webhook_request
from standins.yunpian import YunpianStandin

from bot.carriers import build
from bot.carriers.base import Carrier
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import AccountName, Inbound, Item, Receipt, Status

TESTS = Path(__file__).parent.parent
RIGHT = {"apikey": YunpianStandin().key, "mobile": "13800138000", "text": "【叮咚】您好", "uid": "u"}


@dataclass
class Webhook:
    """A webhook of ours: it verifies and reads what it is posted, and answers as told, else as it must."""

    url: str = ""
    carrier: Carrier | None = None
    read: list[Item] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def receive(self, request: web.Request) -> web.Response:
        assert self.carrier is not None
        asked = webhook_request(
            request.headers,
            await request.read(),
            method=request.method,
            query=request.query,
            tail=request.match_info["tail"].removeprefix("/"),
        )
        self.carrier.verify(asked)
        parsed = self.carrier.parse(asked)
        self.read.extend(parsed.items)
        status = self.answers.pop(0) if self.answers else parsed.ack.status
        return web.Response(status=status, text=parsed.ack.body, headers=parsed.ack.headers)


@pytest.fixture
async def webhook(provider: Standin) -> AsyncIterator[Webhook]:
    hook = Webhook(carrier=build(AccountName("acc"), provider.table()))
    app = web.Application()
    app.router.add_route("*", "/hook{tail:.*}", hook.receive)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


@pytest.mark.parametrize(
    ("flaw", "code"),
    [
        ({"apikey": "x"}, -1),
        ({"mobile": "+8613800138000"}, 56),
        ({"mobile": "12345"}, 56),
        ({"text": "您好"}, 16),
        ({"text": "【叮咚】" + "x" * 500}, 48),
        ({"uid": "u" * 257}, 48),
        ({"extend": "a1"}, 2),
        ({"colour": "red"}, 2),
    ],
)
async def test_yunpian_refuses_what_it_documents(
    session: aiohttp.ClientSession, flaw: dict[str, str], code: int
) -> None:
    """A field that is unknown, missing, too long or wrong is Yunpian's error, and nothing is taken."""
    async with YunpianStandin() as standin:
        data = urlencode({**RIGHT, **flaw})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with session.post(f"{standin.url}/v2/sms/single_send.json", data=data, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (400, code)
        assert not standin.sent


async def test_a_reply_reaches_the_webhook(provider: Standin, webhook: Webhook) -> None:
    """A reply is posted once, rightly signed, and its acknowledgement is told."""
    called = await provider.reply(NUMBER, "一万六", webhook.url)
    assert (called.acknowledged, called.tries) == (True, 1)
    [said] = webhook.read
    assert isinstance(said, Inbound)
    assert (said.number, said.text) == (NUMBER, "一万六")


async def test_a_push_is_repeated_until_it_is_acknowledged(provider: Standin, webhook: Webhook) -> None:
    """An answer that is no acknowledgement is followed by the same call again, as often as allowed."""
    webhook.answers = [503, 500]
    push = provider.reply_push(NUMBER, "Y")
    [called] = await provider.push(push, to=webhook.url, tries=5, pause_s=0)
    assert (called.acknowledged, called.tries, len(webhook.read)) == (True, 3, 3)
    webhook.answers = [503, 503]
    [called] = await provider.push(push, to=webhook.url, tries=2, pause_s=0)
    assert (called.acknowledged, called.tries) == (False, 2)


@pytest.mark.parametrize("provider", REPORTING, indirect=True)
async def test_receipts_are_repeated_and_shuffled(provider: Standin, webhook: Webhook, http: Http) -> None:
    """Receipts come for each message, as often and in as wild an order as asked."""
    assert webhook.carrier is not None
    for _ in range(5):
        await webhook.carrier.send(http, provider.registered(sendable()))
    pushes = [push for sent in provider.sent for push in provider.receipt_pushes([sent], provider.words["delivered"])]
    await provider.push(*pushes, to=webhook.url, copies=2, shuffle=random.Random(7))
    told = [item.message for item in webhook.read if isinstance(item, Receipt)]
    ids = [sent.id for sent in provider.sent]
    assert sorted(map(str, told)) == sorted(ids * 2)
    assert told != [one for one in ids for _ in range(2)]


@pytest.mark.parametrize("provider", REPORTING, indirect=True)
async def test_every_message_is_reported_if_so_told(webhook: Webhook, provider: Standin) -> None:
    """With receipts on, a message taken is followed by its delivery receipt."""
    assert webhook.carrier is not None
    reporting = STANDINS[provider.name or provider.carrier](webhook=webhook.url, receipts=True)
    async with reporting, Http() as http:
        carrier = build(AccountName("acc"), reporting.table())
        await carrier.send(http, reporting.registered(sendable()))
        await reporting.reported(1)
    [told] = webhook.read
    assert isinstance(told, Receipt)
    assert told.status is Status.DELIVERED


async def test_a_stand_in_is_a_process(session: aiohttp.ClientSession, http: Http) -> None:
    """As a process it says where it is and which account speaks to it, takes orders, and ends on SIGTERM."""
    for name, standin in STANDINS.items():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", f"standins.{name}", cwd=TESTS, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        told = json.loads(await process.stdout.readline())
        carrier = build(AccountName("acc"), told["account"])
        async with session.post(f"{told['url']}/standin/faults", json=[{"status": 429}]) as response:
            assert response.status == 200
        message = standin().registered(sendable())
        ours = message.id if standin().keeps_ids else ""
        with pytest.raises(SendError):
            await carrier.send(http, message)
        await carrier.send(http, message)
        async with session.get(f"{told['url']}/standin/sent") as response:
            sent = await response.json()
        assert (sent["count"], sent["sent"][0]["id"]) == (1, ours)
        process.terminate()
        assert await process.wait() == 0


async def test_bot_standins_plays_them_all(http: Http) -> None:
    """What it prints is a bot.toml whose accounts reach them; it ends on SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "standins", "--port", "0", "--webhook", "http://127.0.0.1:1/"),
        cwd=TESTS.parent,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    printed = b""
    while f"[accounts.{list(STANDINS)[-1]}]" not in printed.decode() or b"signature" not in printed.splitlines()[-1]:
        printed += await process.stdout.readline()
    accounts = tomllib.loads(printed.decode())["accounts"]
    assert accounts.keys() == STANDINS.keys()
    carriers = {name: build(AccountName(name), table) for name, table in accounts.items()}
    assert {carrier.settings.public_url for carrier in carriers.values()} == {"http://127.0.0.1:1"}
    await carriers["yunpian"].send(http, sendable())
    process.terminate()
    assert await process.wait() == 0
