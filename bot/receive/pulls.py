"""Fetching what a provider keeps for us: for accounts whose webhook it cannot reach.

Any number of processes may run it; of all of them one at a time pulls an account. The provider forgets what it handed
out, so what came is not let go of before it is stored: a process that is killed in that moment loses it, which is why a
webhook is better.
"""

from __future__ import annotations

import asyncio

import structlog
from prometheus_client import Counter

from bot import keys
from bot.carriers.base import Carrier, Pulls
from bot.errors import SendError, StoreDown
from bot.messages import Item
from bot.receive.inbox import Inbox
from bot.receive.intake import Intake
from bot.runtime import Runtime

log = structlog.get_logger()

PULLED = Counter("dingdong_pulls_total", "Pulls by what came of them: items, nothing, failed", ["account", "result"])
STORE_AGAIN_S = 1.0
"""Pause before what was pulled is offered to a store that was away, in seconds."""


class Puller:
    """The role. One loop for each account that says `pull_every_s`."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._intake = Intake(runtime, inbox)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; what was pulled is stored before it ends."""
        accounts = [carrier for carrier in self._runtime.carriers.values() if carrier.settings.pull_every_s]
        await asyncio.gather(*(self._keep(carrier, stopping) for carrier in accounts))

    async def _keep(self, carrier: Carrier, stopping: asyncio.Event) -> None:
        if not isinstance(carrier, Pulls):
            log.error("nothing_to_pull", account=carrier.account)
            return
        every_s = carrier.settings.pull_every_s
        while not stopping.is_set():
            try:
                if await self._is_our_turn(carrier.account, every_s):
                    while await self._pulled(carrier.account, carrier) and not stopping.is_set():
                        pass  # there may be more
            except StoreDown as error:
                log.warning("store_down", role="puller", error=str(error))
            try:
                await asyncio.wait_for(stopping.wait(), every_s)
            except TimeoutError:
                continue

    async def _is_our_turn(self, account: str, every_s: float) -> bool:
        """Has nobody pulled this account for so long? Raises StoreDown."""
        turn_ms = max(1, int(every_s * 900))  # a little less, or a lone process would miss every second turn
        return bool(await self._runtime.store.command("SET", keys.pulled(account), "1", "NX", "PX", turn_ms))

    async def _pulled(self, account: str, carrier: Pulls) -> bool:
        """Pull once; did anything come?"""
        try:
            parsed = await carrier.pull(self._runtime.providers)
        except SendError as error:
            PULLED.labels(account, "failed").inc()
            log.warning("pull_failed", account=account, code=error.code)
            return False
        PULLED.labels(account, "items" if parsed.items else "nothing").inc()
        for item in parsed.items:
            await self._stored(item)
        return bool(parsed.items)

    async def _stored(self, item: Item) -> None:
        """However long it takes: there is no second copy. A repeat changes nothing."""
        while True:
            try:
                await self._intake.take([item])
            except StoreDown as error:
                log.warning("pulled_not_stored", account=item.account, error=str(error))
                await asyncio.sleep(STORE_AGAIN_S)
            else:
                return
