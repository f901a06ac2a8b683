"""Which accounts are stopped: out of money, keys refused. Known to all processes through the store.

A stopped account is routed around. Every `probe_after_ms` one message may try it, whichever process has one; what it
takes starts it again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog
from prometheus_client import Gauge

from bot import keys
from bot.errors import StoreDown
from bot.messages import AccountName
from bot.settings import SenderSettings
from bot.store import Store

log = structlog.get_logger()

STOPPED = Gauge("dingdong_account_stopped", "1 while an account is stopped by an error of its own", ["account"])


@dataclass(frozen=True, slots=True)
class Stopped:
    """code: the provider's, of the error that stopped it. since / probe: epoch ms; from `probe` on one send may try."""

    code: str
    since: int
    probe: int


class Accounts:
    """What this process knows of its accounts, refreshed while `run` runs."""

    def __init__(self, store: Store, names: Iterable[AccountName], settings: SenderSettings) -> None:
        self._store = store
        self._names = tuple(names)
        self._probe_after_ms = settings.probe_after_ms
        self._refresh_s = settings.poll_ms / 1000
        self._stopped: Mapping[AccountName, Stopped] = {}
        for name in self._names:
            STOPPED.labels(name).set(0)

    @property
    def stopped(self) -> Mapping[AccountName, Stopped]:
        """Those that are, as last seen."""
        return self._stopped

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`. A store that is away leaves what is known as it is."""
        while not stopping.is_set():
            try:
                await self.refresh()
            except StoreDown as error:
                log.warning("store_down", role="accounts", error=str(error))
            try:
                await asyncio.wait_for(stopping.wait(), self._refresh_s)
            except TimeoutError:
                continue

    async def refresh(self) -> Mapping[AccountName, Stopped]:
        """What the store says now. Raises StoreDown."""
        commands = (self._store.command("HMGET", keys.stopped(name), "code", "since", "probe") for name in self._names)
        rows = await asyncio.gather(*commands)
        self._know({n: _stopped(row) for n, row in zip(self._names, rows, strict=True) if row[0] is not None})
        return self._stopped

    def usable(self, account: AccountName) -> bool:
        """May a message be routed to it: it is not stopped, or a probe is due."""
        stopped = self._stopped.get(account)
        return stopped is None or stopped.probe <= time.time() * 1000

    async def may_send(self, account: AccountName) -> bool:
        """Whether this send may go there: of all processes one may try a stopped account. Raises StoreDown."""
        stopped = self._stopped.get(account)
        if stopped is None:
            return True
        answer = await self._store.run("probe", [keys.stopped(account)], [self._probe_after_ms])
        if answer == b"started":
            self._know({name: one for name, one in self._stopped.items() if name != account})
        elif answer == b"wait":
            later = Stopped(stopped.code, stopped.since, int(time.time() * 1000) + self._probe_after_ms)
            self._know({**self._stopped, account: later})
        return bool(answer != b"wait")

    def stop(self, account: AccountName, code: str) -> None:
        """An error of the account's own, not of the message. Best effort: the next such error tells the store again."""
        now = int(time.time() * 1000)
        if account not in self._stopped:
            log.error("account_stopped", account=account, code=code)
        key, probe = keys.stopped(account), now + self._probe_after_ms
        self._store.command("HSETNX", key, "since", now)
        self._store.command("HSET", key, "code", code, "probe", probe)
        self._know({**self._stopped, account: Stopped(code, now, probe)})

    def took(self, account: AccountName) -> None:
        """It took a message: it is not stopped any more. Best effort: so will be what it takes next."""
        if account in self._stopped:
            log.info("account_started", account=account)
            self._store.command("DEL", keys.stopped(account))
            self._know({name: one for name, one in self._stopped.items() if name != account})

    def _know(self, stopped: Mapping[AccountName, Stopped]) -> None:
        self._stopped = stopped
        for name in self._names:
            STOPPED.labels(name).set(name in stopped)


def _stopped(row: list[bytes]) -> Stopped:
    code, since, probe = row
    return Stopped(code.decode(), int(since), int(probe))
