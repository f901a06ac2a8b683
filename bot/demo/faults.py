"""Ways for a platform to fail, switched on by tests: slow, down, or the answer lost after the effect."""

from __future__ import annotations

import asyncio
from typing import Annotated

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """slow_s: seconds every API call waits first. down: 503 before any effect.
    lose_answers: how many calls take effect and then break the connection."""

    model_config = ConfigDict(extra="forbid")

    slow_s: Annotated[float, Field(ge=0)] = 0.0
    down: bool = False
    lose_answers: Annotated[int, Field(ge=0)] = 0

    def set(self, other: Faults) -> None:
        self.slow_s, self.down, self.lose_answers = other.slow_s, other.down, other.lose_answers

    def around(self, handler: Handler) -> Handler:
        """The handler as it fails now."""

        async def failing(request: web.Request) -> web.StreamResponse:
            if self.slow_s:
                await asyncio.sleep(self.slow_s)
            if self.down:
                raise web.HTTPServiceUnavailable(text="down, as told by /test/faults")
            response = await handler(request)
            if self.lose_answers and request.method == "POST":
                self.lose_answers -= 1
                assert request.transport is not None
                request.transport.abort()
            return response

        return failing
