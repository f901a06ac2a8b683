"""A Rasa server's POST /model/parse, as its HTTP API answers: what a text is taken for, by the text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


def parsed(intent: str | None, confidence: float = 0.98, text: str = "?") -> dict[str, Any]:
    """The answer of a model with DIETClassifier, a fallback and a response selector."""
    rest = round((1 - confidence) / 2, 6)
    return {
        "text": text,
        "intent": {"name": intent, "confidence": confidence},
        "entities": [
            {
                "entity": "price",
                "start": 0,
                "end": 3,
                "confidence_entity": 0.93,
                "value": "16000",
                "extractor": "DIETClassifier",
            }
        ],
        "text_tokens": [[0, 2], [2, 3]],
        "intent_ranking": [
            {"name": intent, "confidence": confidence},
            {"name": "affirm", "confidence": rest},
            {"name": "nlu_fallback", "confidence": rest},
        ],
        "response_selector": {"all_retrieval_intents": [], "default": {"response": {}, "ranking": []}},
    }


@dataclass
class Rasa:
    """answer: what every text is taken for, or (status, body). While `held` is set nothing is answered."""

    answer: dict[str, Any] | tuple[int, bytes]
    url: str = ""
    asked: list[Any] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Event = field(default_factory=asyncio.Event)

    def hold(self) -> None:
        """Answer nothing until `free` is set."""
        self.free.clear()

    async def parse(self, request: web.Request) -> web.Response:
        """POST /model/parse."""
        self.asked.append(await request.json())
        self.was_asked.set()
        await self.free.wait()
        if isinstance(self.answer, tuple):
            status, body = self.answer
            return web.Response(status=status, body=body, content_type="application/json")
        return web.json_response(self.answer)


@asynccontextmanager
async def rasa(answer: dict[str, Any] | tuple[int, bytes]) -> AsyncIterator[Rasa]:
    """A server on a free port, while this lasts."""
    standin = Rasa(answer)
    standin.free.set()
    app = web.Application()
    app.router.add_post("/model/parse", standin.parse)
    async with TestServer(app, host="127.0.0.1") as server:
        standin.url = str(server.make_url("/model/parse"))
        yield standin
        standin.free.set()
