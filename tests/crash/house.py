"""Dingdong as real processes on one machine: a durable store, and one process for each role or all in one.

Whatever is killed is started again at once, as an engine or a service manager does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
from crash.wire import Wire
from standins.base import WEBHOOK_SECRET
from support.ports import free_port

from bot.launcher import EmbeddedStore, _die_with_parent
from bot.serve import ROLES

ROOT = Path(__file__).parents[2]
APART = {role: role for role in ROLES}
"""A process for each role: everything goes through the store."""
TOGETHER = {"web": ",".join(ROLES), "worker": "worker,sender"}
"""All in one process, where a turn takes the short way, and one that takes over from it."""
HANG_S = 90
"""Long enough for any machine: what takes longer hangs."""
SETTLE_S = 0.3
"""How long a delivered question takes to be read, in seconds."""
ACTION_S = 1.2
"""How long a call of the platform may take, in seconds."""
API_KEY = "platform-api-key"
PLATFORM_KEY = "platform-key"
OUTCOME_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()


def configured(
    folder: Path,
    accounts: Mapping[str, Any],
    shop_url: str,
    action_s: float = ACTION_S,
    recall: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Settings under which what was left by the dead is taken over, and what failed tried again, in test time.

    recall: patience with cards, if it is not the usual one.
    """
    return {
        "data": str(folder),
        "master_key": base64.b64encode(b"k" * 32).decode(),
        "accounts": {name: {"connect_timeout_s": 1, "read_timeout_s": 2, **table} for name, table in accounts.items()},
        "platform": {"api_keys": [API_KEY]},
        "outcomes": {
            "url": f"{shop_url}/outcomes",
            "secrets": [OUTCOME_SECRET],
            "timeout_s": 2,
            "lease_ms": 4_000,
            "retry_s": [0.5] * 20,
        },
        "actions": {"timeout_s": action_s},
        "worker": {"lease_ms": 1_500, "poll_ms": 100},
        "sender": {"lease_ms": 3_500, "poll_ms": 100, "backoff_ms": 500, "messages_kept": 50},
        "recall": dict(recall or {}),
        "limits": {"retry_after": [action_s + 0.3], "settle_delivered": SETTLE_S, "identical_exchanges": 1_000},
    }


def environment(shop_url: str) -> dict[str, str]:
    """What the actions read."""
    return {"PLATFORM_URL": shop_url, "PLATFORM_KEY": PLATFORM_KEY}


def webhook(address: str, account: str) -> str:
    return f"{address}/webhooks/{account}/{WEBHOOK_SECRET}"


class Kept:
    """A process that is started again whenever it ends, until it is told to stop."""

    def __init__(self, roles: str, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.ended: list[int] = []
        """Exit codes of those that ended by themselves."""
        self._words = [sys.executable, "-m", "bot", "serve", "--roles", roles]
        self._environment = {**os.environ, **environment}
        self._killed = self._stopping = False
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """SIGTERM, and wait for the end; one that hangs fails the test and is killed."""
        self._stopping = True
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(HANG_S):
                await asyncio.shield(self._keeper)
        finally:
            self.signal(signal.SIGKILL)
            await self._keeper

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """kill -9, now."""
        self._killed = True
        self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def serving(self) -> None:
        """Wait until the one that was started last does its work."""
        async with asyncio.timeout(HANG_S):
            while b'"serving"' not in self.log.read_bytes()[self._begins :]:  # noqa: ASYNC110 - it is a file
                await asyncio.sleep(0.05)

    async def _start(self) -> None:
        with self.log.open("ab") as log:
            self._begins = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._words,
                env=self._environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    async def _keep(self) -> None:
        while True:
            code = await self._process.wait()
            if self._killed:
                self._killed = False
            else:
                self.ended.append(code)
            if self._stopping:
                return
            await self._start()


class House:
    """The store and the roles, running while the context is open. url: of the web role.

    processes: name -> roles; who has no process of that name lives in "web".
    """

    def __init__(
        self,
        folder: Path,
        accounts: Mapping[str, Any],
        shop_url: str,
        action_s: float = ACTION_S,
        processes: Mapping[str, str] = APART,
        recall: Mapping[str, Any] | None = None,
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._settings = {**configured(folder, accounts, shop_url, action_s, recall), "web": {"port": port}}
        self._environment = environment(shop_url) | {"DINGDONG_CONFIG": str(folder / "bot.toml")}
        self.store = EmbeddedStore(folder / "store", "always")
        self._processes = processes
        self.roles: dict[str, Kept] = {}

    @property
    def ledger(self) -> Path:
        return self._folder / "ledger.db"

    @asynccontextmanager
    async def running(self, wire: Wire | None = None) -> AsyncIterator[None]:
        """wire: between the roles and the store."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.store)
            url = await stack.enter_async_context(wire.to(self.store.url)) if wire else self.store.url
            settings = self._settings | {"redis_url": url}
            (self._folder / "bot.toml").write_text(toml(settings), encoding="utf-8")
            for name, roles in self._processes.items():
                kept = Kept(roles, self._environment, self._folder / f"{name}.log")
                self.roles[name] = await stack.enter_async_context(kept)
            await self.answers()
            yield

    async def answers(self) -> None:
        """Wait until the web role answers."""
        async with asyncio.timeout(HANG_S), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"{self.url}/healthz"):
                        return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)

    async def serving(self, victim: str) -> None:
        """Wait until a role does its work."""
        if victim in ROLES:
            await self._process_of(victim).serving()

    def kill(self, victim: str) -> None:
        """kill -9 a role, or the store."""
        if victim == "store":
            with contextlib.suppress(ProcessLookupError):  # dead already, and not started again yet
                os.kill(self.store.pid, signal.SIGKILL)
        else:
            self._process_of(victim).kill()

    def _process_of(self, role: str) -> Kept:
        return self.roles.get(role) or self.roles["web"]

    def logs(self) -> dict[str, str]:
        """What each role wrote so far."""
        return {role: kept.log.read_text(encoding="utf-8") for role, kept in self.roles.items()}


def toml(table: Mapping[str, Any], path: str = "") -> str:
    """A table as TOML. JSON's strings, numbers and lists are TOML's too."""
    lines = [f"[{path}]"] if path else []
    lines += [f"{name} = {json.dumps(value)}" for name, value in table.items() if not isinstance(value, Mapping)]
    parts = [toml(value, f"{path}.{name}".lstrip(".")) for name, value in table.items() if isinstance(value, Mapping)]
    return "\n".join([*lines, *parts])
