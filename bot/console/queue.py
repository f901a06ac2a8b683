"""The queue of replies nobody understood: staff read each and say what it meant.

What they say becomes a case for the grammar (`bot understand --export-unclear`); it moves nothing in the conversation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from bot.pages import Face, language_of, same_origin
from bot.record.ledger import Ledger
from flows.understand import labels

SHOWN: Final = 50
"""Replies on the page; the next come as these are labelled."""
BY: Final = "console"
"""Who labelled: the console has one password for all."""


class Queue:
    """The page /console/unclear, and what is sent from it."""

    def __init__(self, ledger: Ledger, face: Face) -> None:
        self._ledger = ledger
        self._face = face

    async def show(self, request: web.Request) -> web.Response:
        return await self._page(request)

    async def label(self, request: web.Request) -> web.StreamResponse:
        """Keep what the reply meant, and show the queue again; what cannot be kept is said beside the reply."""
        same_origin(request)
        form = await request.post()
        stimulus, intent, value = (str(form.get(name, "")).strip() for name in ("reply", "intent", "value"))
        reply = await self._ledger.unclear_reply(stimulus)
        if reply is None:
            raise web.HTTPNotFound(text=self._face.say(language_of(request), "unknown_reply"))
        if intent not in labels.intents(reply.context):
            return await self._page(request, stimulus, self._face.say(language_of(request), "pick_intent"))
        try:
            slots = labels.slots(intent, value)
        except ValueError:
            return await self._page(request, stimulus, self._face.say(language_of(request), "wrong_value"))
        await self._ledger.label(stimulus, intent, slots, BY, datetime.now(UTC))
        raise web.HTTPSeeOther(f"{self._face.prefix}/unclear?lang={language_of(request)}")

    async def _page(self, request: web.Request, wrong: str = "", problem: str = "") -> web.Response:
        replies = await self._ledger.unlabelled(SHOWN)
        return self._face.page(
            request,
            "unclear.html",
            status=400 if wrong else 200,
            replies=[(reply, labels.intents(reply.context)) for reply in replies],
            wrong=wrong,
            problem=problem,
        )
