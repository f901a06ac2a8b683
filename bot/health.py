"""/healthz, /readyz, /metrics: for operations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import keys
from bot.deliver.accounts import Accounts
from bot.errors import DingdongError, StoreDown
from bot.runtime import Runtime

ActionNames = Callable[[], Awaitable[frozenset[str]]]
"""The actions there are now. Raises DingdongError when their server does not say."""

RECORDER_LAG_S = 60.0
"""Seconds the ledger may be behind before this is not ready: long enough for a restart of the recorder."""


class Health:
    """What an operator's probes ask."""

    def __init__(self, runtime: Runtime, actions: ActionNames) -> None:
        self._runtime = runtime
        self._actions = actions
        self.accounts = Accounts(runtime.store, runtime.carriers, runtime.settings.sender)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.healthz), web.get("/readyz", self.readyz), web.get("/metrics", self.metrics)]

    async def healthz(self, request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """200 when messages can be taken and answered; else 503 with every reason."""
        library = self._runtime.library
        reasons = [f"card missing: {name}" for name in sorted(library.cards - self._runtime.cards.names())]
        reasons += [f"flow version {version}: {why}" for version, why in sorted(library.unreadable.items())]
        try:
            reasons += [f"action missing: {name}" for name in sorted(library.actions - await self._actions())]
        except DingdongError as error:
            reasons.append(f"actions: {error}")
        try:
            lag = await self._lag_s()
            if lag > RECORDER_LAG_S:
                reasons.append(f"recorder: the journal is {lag:.0f} s behind")
        except StoreDown as error:
            reasons.append(f"store: {error}")
        return web.json_response({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _lag_s(self) -> float:
        """Age of the oldest journal entry: what is recorded has been trimmed. Raises StoreDown."""
        store = self._runtime.store
        oldest = await asyncio.gather(
            *(store.command("XRANGE", keys.journal(s), "-", "+", "COUNT", 1) for s in range(store.shards))
        )
        times = [int(entries[0][0].split(b"-")[0]) for entries in oldest if entries]
        return max(0.0, time.time() - min(times) / 1000) if times else 0.0

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text format; of this process only, but for the accounts, which all processes share."""
        with suppress(StoreDown):  # /readyz says so
            await self.accounts.refresh()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
