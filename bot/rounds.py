"""Visiting shards: at once when woken, in turn otherwise, never twice at the same time.

The worker, the sender and the poster of outcomes each are one `Rounds` with a `visit` of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import StoreDown
from bot.store import Store

log = structlog.get_logger()

WAKES_KEPT = 64
"""Wake-ups another process may have waiting; more would only repeat themselves."""


class Rounds:
    """Calls `visit(shard)` until it says that nothing is left.

    name: for logs. poll_ms: how often all shards are visited without a wake.
    wake_key: list through which other processes wake this one.
    visit: works on one shard; returns True when it should be visited again at once.
    """

    def __init__(
        self, name: str, store: Store, poll_ms: int, wake_key: str, visit: Callable[[int], Awaitable[bool]]
    ) -> None:
        self._name = name
        self._store = store
        self._poll_s = poll_ms / 1000
        self._wake_key = wake_key
        self._visit = visit
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._stopping = False
        self._down = False

    def wake(self, shard: int) -> None:
        """There is work in this shard, now."""
        if shard in self._busy:
            self._again.add(shard)
        elif not self._stopping:
            self._busy[shard] = asyncio.create_task(self._stay(shard))

    def down(self, error: StoreDown) -> None:
        """Tell it once an outage, not once a shard, poll and person."""
        if not self._down:
            log.warning("store_down", role=self._name, error=str(error))
        self._down = True

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; then finish the visits under way."""
        listener = asyncio.create_task(self._listen())
        try:
            while not stopping.is_set():
                for shard in range(self._store.shards):
                    self.wake(shard)
                try:
                    await asyncio.wait_for(stopping.wait(), self._poll_s)
                except TimeoutError:
                    continue
        finally:
            self._stopping = True
            await _end(listener)
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _stay(self, shard: int) -> None:
        try:
            more = True
            while more and not self._stopping:
                self._again.discard(shard)
                more = await self._visit(shard) or shard in self._again
                self._down = False
        except StoreDown as error:
            self.down(error)
        except Exception:
            log.exception("visit_failed", role=self._name, shard=shard)
        finally:
            del self._busy[shard]
            self._again.discard(shard)

    async def _listen(self) -> None:
        """Wakes from other processes. One blocking read on one key, whatever the number of shards."""
        while True:
            try:
                popped = await self._store.redis.blmpop(5, 1, self._wake_key, direction="RIGHT", count=WAKES_KEPT)
            except Exception as error:  # noqa: BLE001 - whatever it was, polling goes on and we try again
                log.warning("wake_listener_down", role=self._name, error=type(error).__name__)
                await asyncio.sleep(1)
                continue
            for shard in popped[1] if popped else ():
                self.wake(int(shard))


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it has ended: redis-py loses a cancellation that comes while it connects."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.1)


class Elsewhere:
    """Wakes a role in other processes; the shards of one tick in one go. Best effort: a lost wake costs one poll."""

    def __init__(self, store: Store, wake_key: str) -> None:
        self._store = store
        self._wake_key = wake_key
        self._shards: set[int] = set()

    def __call__(self, shard: int) -> None:
        if not self._shards:
            asyncio.get_running_loop().call_soon(self._tell)
        self._shards.add(shard)

    def _tell(self) -> None:
        shards, self._shards = self._shards, set()
        self._store.command("LPUSH", self._wake_key, *shards)
        self._store.command("LTRIM", self._wake_key, 0, WAKES_KEPT - 1)
