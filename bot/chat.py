"""`bot chat`: a phone in the terminal, over the real path: webhook, store, worker, sender, carrier.

Y, 一万六, 延期3天 …     what the person types
/1                      taps the first button of the newest card (with --rcs)
/quit                   ends (so does Ctrl-D)
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.compose import store_url
from bot.converse.conversations import Mail
from bot.demo import DemoConfig, create_app
from bot.demo.config import SELLERS
from bot.firstrun import DemoSecrets, demo_secrets, demo_settings
from bot.serve import ROLES, running
from flows.state import Conversation, Happened, Returned, Said, Tapped, Turn
from flows.transcript import caused, write

PERSON = SELLERS[0][0]
QUIET_S = 1.0
"""How long the bot must have said nothing before the prompt comes back, in seconds."""


class TerminalPhone:
    """The sandbox carrier's other side: prints what it is sent, posts what is typed."""

    def __init__(self, secrets: DemoSecrets, *, rcs: bool) -> None:
        self._key = secrets.sandbox_key
        self._rcs = rcs
        self._buttons: list[dict[str, Any]] = []
        self.webhook = ""
        self.heard = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/messages", self._shown), web.get("/capabilities", self._capabilities)])
        return app

    async def _capabilities(self, request: web.Request) -> web.Response:
        return web.json_response({"rich": self._rcs, "features": []})

    async def _shown(self, request: web.Request) -> web.Response:
        message = await request.json()
        if message["form"] == "rbm":
            self._buttons = list(_buttons(message["rich"]))
            for line in _lines(message["rich"]):
                _say(f"  │ {line}")
            for number, button in enumerate(self._buttons, 1):
                _say(f"  │ [/{number} {button['text']}]")
        else:
            _say(f"  ◂ {message['text']}")
        self.heard.set()
        await self._post({"type": "receipt", "id": _id(), "message": message["id"], "status": "delivered"})
        return web.json_response({"id": f"t-{message['id']}"})

    async def typed(self, line: str) -> None:
        """What the person did: words, or /n for a button. Raises ValueError when there is no such button."""
        item: dict[str, Any] = {"type": "text", "id": _id(), "from": PERSON, "text": line}
        if line.startswith("/"):
            number = int(line[1:])
            if not 1 <= number <= len(self._buttons):
                raise ValueError(f"there is no button {number}")
            button = self._buttons[number - 1]
            item |= {"type": "tap", "postback": button["postbackData"], "label": button["text"]}
            del item["text"]
        await self._post(item)

    async def _post(self, item: dict[str, Any]) -> None:
        body = json.dumps({"items": [item]}).encode()
        signature = hmac.new(self._key.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Sandbox-Signature": signature, "Content-Type": "application/json"}
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.webhook, data=body, headers=headers, raise_for_status=True),
        ):
            pass


class Scribe:
    """Writes turns down as a transcript."""

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []
        self.flows: set[str] = set()
        self._asks: list[str] = []

    def __call__(self, mail: Mail, turn: Turn) -> None:
        """One committed turn. Timers and receipts are not part of what a person can replay."""
        self._remember(turn.conversation)
        happened = self._happened(mail.stimulus)
        if happened is not None:
            self.turns.append(happened | caused(turn))

    def _remember(self, conversation: Conversation) -> None:
        self.flows |= {thread.flow for thread in conversation.threads}
        self._asks += [ask.id for ask in conversation.asks if ask.id not in self._asks]

    def _happened(self, stimulus: object) -> dict[str, Any] | None:
        match stimulus:
            case Said():
                return {"said": stimulus.text}
            case Tapped():
                number = self._asks.index(stimulus.ask) + 1 if stimulus.ask in self._asks else 1
                return {"tapped": {"ask": number, "choice": stimulus.choice}}
            case Happened():
                return {"event": stimulus.type, "revision": stimulus.revision, "data": dict(stimulus.data)}
            case Returned(error=""):
                slots = {e["name"]: e["value"] for e in stimulus.events if e.get("event") == "slot"}
                return {"returned": {str(name): value for name, value in slots.items()}}
            case Returned():
                return {"returned": {"error": stimulus.error, "retry": stimulus.retry}}
        return None


async def chat(language: str, save: Path | None, *, rcs: bool) -> None:
    """Until /quit or the end of input; then write the transcript, if asked for."""
    scribe = Scribe()
    async with _world(language, scribe, rcs=rcs) as phone:
        await phone.heard.wait()
        while (line := await _typed(phone)) not in ("", "/quit"):
            try:
                await phone.typed(line)
            except ValueError:
                _say("  ? /1, /2 … tap a button of the newest card; /quit ends")
    if save is not None:
        transcript = write("Saved by `bot chat`.", sorted(scribe.flows), scribe.turns)
        await asyncio.to_thread(save.write_text, transcript, encoding="utf-8")
        _say(f"  saved {len(scribe.turns)} turns to {save}")


@asynccontextmanager
async def _world(language: str, scribe: Scribe, *, rcs: bool) -> AsyncIterator[TerminalPhone]:
    """A bot, a platform and a phone that last as long as the chat."""
    async with AsyncExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dingdong-chat-")))
        secrets = demo_secrets(data)
        phone = TerminalPhone(secrets, rcs=rcs)
        phone_url = await _site(stack, phone.app())
        shop_port = _free_port()
        settings = demo_settings(secrets, data, 0, shop_port, phone_url=phone_url, language=language)
        redis_url = await stack.enter_async_context(store_url(settings))
        address = await stack.enter_async_context(running(settings, redis_url, ROLES, asyncio.Event(), scribe))
        phone.webhook = f"{address}/webhooks/sandbox/{secrets.webhook_secret}"
        shop = DemoConfig(
            public_url=settings.platform.url,
            bot_url=address,
            api_key=secrets.api_key,
            platform_key=secrets.platform_key,
            outcome_secret=secrets.outcome_secret,
        )
        await _site(stack, create_app(shop), shop_port)
        yield phone


async def _site(stack: AsyncExitStack, app: web.Application, port: int = 0) -> str:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


async def _typed(phone: TerminalPhone) -> str:
    """The next line, once the bot has been quiet for a moment; "" at the end of input."""
    while True:
        phone.heard.clear()
        try:
            await asyncio.wait_for(phone.heard.wait(), QUIET_S)
        except TimeoutError:
            break
    print("  ▸ ", end="", flush=True)  # noqa: T201 - a conversation in a terminal
    line = await asyncio.to_thread(sys.stdin.readline)
    return line.strip() or ("/?" if line else "")


def _buttons(rich: Any) -> list[dict[str, Any]]:
    """Every reply button in RBM content, in the order shown."""
    if isinstance(rich, dict):
        found = [rich["reply"]] if isinstance(rich.get("reply"), dict) else []
        return found + [button for value in rich.values() for button in _buttons(value)]
    return [button for value in rich for button in _buttons(value)] if isinstance(rich, list) else []


def _lines(rich: Any) -> list[str]:
    """The words of RBM content: titles, descriptions, text."""
    if isinstance(rich, dict):
        own = [
            str(rich[name]) for name in ("title", "description", "text") if name in rich and "postbackData" not in rich
        ]
        return own + [line for name, value in rich.items() if name != "suggestions" for line in _lines(value)]
    return [line for value in rich for line in _lines(value)] if isinstance(rich, list) else []


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a conversation in a terminal


def _id() -> str:
    return uuid.uuid4().hex


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
