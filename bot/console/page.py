"""The console's pages and their live updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.console.access import Access, TooOften
from bot.console.config import ConsoleConfig
from bot.console.queue import Queue
from bot.console.reasons import reason, why
from bot.console.timeline import Timeline
from bot.console.words import INTENTS, WORDS
from bot.deliver.accounts import Stopped
from bot.messages import AccountName
from bot.pages import HEARTBEAT_S, Face, Language, Live, language_of, same_origin, setup_live, stream
from bot.receive.webhook import remote
from bot.record.ledger import Ledger

CONVERSATIONS: Final = 60
"""People in the list."""
PAGES: Final = 100
"""Pages of the journal a timeline begins with."""
REST_S: Final = 0.2
"""Pause between two looks of one open page, however much happens."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
AskStopped = Callable[[], Awaitable[Mapping[AccountName, Stopped]]]
"""The accounts that are stopped now."""


class Page:
    """What is under /console."""

    def __init__(self, access: Access, ledger: Ledger, stopped: AskStopped, config: ConsoleConfig) -> None:
        self._access = access
        self._ledger = ledger
        self._stopped = stopped
        self._config = config
        self._zone = ZoneInfo(config.zone)
        self._face = Face(Path(__file__).parent, "/console", WORDS, config.images)
        self._face.filter("clock", lambda at: at.astimezone(self._zone).strftime("%H:%M:%S"))
        self._face.filter("when", self._when)
        self._face.filter("moment", lambda ms, lang: self._when(datetime.fromtimestamp(ms / 1000, UTC), lang))
        self._face.filter("intent", lambda intent, lang: INTENTS.get(intent, (intent, intent))[lang == "en"])
        self._face.filter("why", why)
        self._queue = Queue(ledger, self._face)
        self._face.filter("reason", reason)
        self._face.filter("short", lambda contact: f"{contact[:4]} {contact[4:8]}")
        self._face.filter("tone", lambda contact: int(contact[:2], 16) % 8)

    def mount(self, app: web.Application) -> None:
        setup_live(app)
        contact = "/console/{contact:[0-9a-f]{32}}"
        app.add_routes(
            [
                web.get("/console/login", self._login_page),
                web.post("/console/login", self._log_in),
                web.post("/console/logout", self._log_out),
                web.get("/console", self._for_staff(self._list)),
                web.get("/console/unclear", self._for_staff(self._queue.show)),
                web.post("/console/unclear", self._for_staff(self._queue.label)),
                web.get(contact, self._for_staff(self._conversation)),
                web.get("/console/events", self._for_staff(self._events)),
                self._face.static_route(),
            ]
        )

    # ---------------------------------------------------------------- logging in

    def _for_staff(self, handler: Handler) -> Handler:
        """The handler, for those who are logged in. Others are sent to the login page; an event stream gets 401."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if await self._access.known(request):
                return await handler(request)
            if request.path == "/console/events":
                raise web.HTTPUnauthorized(text="log in first")
            raise web.HTTPSeeOther("/console/login")

        return guarded

    async def _login_page(self, request: web.Request) -> web.Response:
        return self._face.page(request, "login.html", problem="")

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        same_origin(request)
        password = str((await request.post()).get("password", ""))
        language = language_of(request)
        try:
            token = await self._access.log_in(password, remote(request, self._config.trusted_proxies))
        except TooOften as error:
            problem = self._face.say(language, "too_often", minutes=-(-error.after_s // 60))
            response = self._face.page(request, "login.html", status=429, problem=problem)
            response.headers["Retry-After"] = str(error.after_s)
            return response
        if token is None:
            return self._face.page(request, "login.html", status=401, problem=self._face.say(language, "wrong"))
        answer = web.Response(status=303, headers={"Location": "/console"})
        self._access.remember(answer, token, secure=request.secure)
        return answer

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        same_origin(request)
        await self._access.log_out(request)
        raise web.HTTPSeeOther("/console/login")

    # ---------------------------------------------------------------- looking

    async def _list(self, request: web.Request) -> web.Response:
        position = (await self._ledger.progress()).position
        listed = await self._listed()
        return self._face.page(request, "console.html", **listed, contact="", steps=(), earlier=0, position=position)

    async def _conversation(self, request: web.Request) -> web.Response:
        contact = request.match_info["contact"]
        before = request.query.get("before", "")
        position = (await self._ledger.progress()).position
        entries = await self._ledger.history(contact, int(before) if before.isdigit() else None, PAGES)
        if not entries and not await self._ledger.contact(contact):
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "unknown_contact"))
        pages = {one.position for one in entries}
        return self._face.page(
            request,
            "console.html",
            **await self._listed(),
            contact=contact,
            steps=Timeline(entries).steps,
            earlier=min(pages) if len(pages) == PAGES else 0,
            position=0 if before else position,
        )

    async def _listed(self) -> dict[str, Any]:
        """What stands beside every conversation: all of them, and the accounts that are stopped."""
        people, stopped = await asyncio.gather(self._ledger.conversations(CONVERSATIONS), self._stopped())
        return {"people": people, "stopped": stopped}

    # ---------------------------------------------------------------- live

    async def _events(self, request: web.Request) -> web.StreamResponse:
        after = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        position = int(after) if after.isascii() and after.isdigit() else 0
        return await stream(request, self._updates(request, position, language_of(request)))

    async def _updates(self, request: web.Request, after: int, language: Language) -> AsyncIterator[Live | None]:
        """The list, and the steps of the open conversation, as they change; ends with the session."""
        contact = request.query.get("contact", "")
        timeline = Timeline([one for one in await self._ledger.history(contact, limit=PAGES) if one.position <= after])
        while await self._access.known(request):
            try:
                newest = await asyncio.wait_for(self._ledger.changed(after), HEARTBEAT_S)
            except TimeoutError:
                yield None
                continue
            if contact:
                for step in timeline.add(await self._ledger.timeline(contact, after)):
                    yield self._draw("step", "step.html", language, step=step)
            listed = await self._listed()
            after = newest
            yield self._draw("list", "list.html", language, str(after), **listed, contact=contact)
            await asyncio.sleep(REST_S)

    def _draw(self, name: str, template: str, language: Language, cursor: str = "", **data: Any) -> Live:
        return Live(name, {"html": self._face.fragment(template, language, **data)}, cursor)

    def _when(self, at: datetime, language: Language) -> str:
        """The time today, the day before."""
        local = at.astimezone(self._zone)
        if local.date() == datetime.now(self._zone).date():
            return f"{local:%H:%M}"
        return f"{local.month}月{local.day}日" if language == "zh" else f"{local.day} {local:%b}"
