"""Fetching what a provider keeps for us: for accounts whose webhook it cannot reach.

Any number of processes may run it; of all of them one at a time pulls an account. The provider forgets what it handed
out, so each page is stored whole before any of it is taken in, and before the next is asked for: what a process leaves
that is killed then, another finds. Only what is lost between the provider's answer and that first write is lost for
good, which is why a webhook is better.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog
from prometheus_client import Counter

from bot import keys
from bot.carriers import meanings
from bot.carriers.base import Carrier, Pulls
from bot.errors import SendError, StoreDown
from bot.messages import AccountName, Item
from bot.receive.inbox import Inbox
from bot.receive.intake import Intake
from bot.receive.pages import Pages
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
                    await self._left_over(carrier.account)
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

    async def _pulled(self, account: AccountName, carrier: Pulls) -> bool:
        """Pull once; did anything come?"""
        came = False
        try:
            async for told in carrier.pull(self._runtime.providers):
                if told:
                    came = True
                    await self._kept(account, told)
        except SendError as error:
            PULLED.labels(account, "failed").inc()
            log.warning("pull_failed", account=account, code=error.code)
            return False
        PULLED.labels(account, "items" if came else "nothing").inc()
        return came

    async def _kept(self, account: AccountName, told: Sequence[Item]) -> None:
        items = tuple(meanings.of_items(self._runtime.carriers[account].settings, told))
        page = self._pages(account).page(items)
        await self._surely(account, lambda: self._pages(account).put(page))
        await self._taken_in(account, page, items)

    async def _left_over(self, account: AccountName) -> None:
        """What somebody pulled who did not come to its end. Raises StoreDown."""
        for page, items in await self._pages(account).left():
            await self._taken_in(account, page, items)

    async def _taken_in(self, account: AccountName, page: bytes, items: Sequence[Item]) -> None:
        for item in items:
            await self._surely(account, partial(self._intake.take, [item]))
        await self._surely(account, lambda: self._pages(account).drop(page))

    async def _surely(self, account: AccountName, store: Callable[[], Awaitable[None]]) -> None:
        """However long it takes: there is no second copy. A repeat changes nothing."""
        while True:
            try:
                await store()
            except StoreDown as error:
                log.warning("pulled_not_stored", account=account, error=str(error))
                await asyncio.sleep(STORE_AGAIN_S)
            else:
                return

    def _pages(self, account: AccountName) -> Pages:
        return Pages(self._runtime.store, self._runtime.sealer, account)
