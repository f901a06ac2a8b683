"""/healthz, /readyz, /metrics: for operations."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.errors import StoreDown
from bot.runtime import Runtime


class Health:
    """What an operator's probes ask."""

    def __init__(self, runtime: Runtime, actions: frozenset[str]) -> None:
        self._runtime = runtime
        self._actions = actions

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.healthz), web.get("/readyz", self.readyz), web.get("/metrics", self.metrics)]

    async def healthz(self, request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """200 when messages can be taken and answered; else 503 with every reason."""
        reasons = sorted(self._runtime.unhealthy)
        library = self._runtime.library
        reasons += [f"card missing: {name}" for name in sorted(library.cards - self._runtime.cards.names())]
        reasons += [f"action missing: {name}" for name in sorted(library.actions - self._actions)]
        try:
            await self._runtime.store.ping()
        except StoreDown as error:
            reasons.append(f"store: {error}")
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text format; of this process only."""
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
