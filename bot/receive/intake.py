"""What a carrier told, each item to where it belongs: a mailbox, its message, the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import structlog
from prometheus_client import Counter

from bot import keys
from bot.messages import Bad, Inbound, Item, Receipt, Signal
from bot.receive.inbox import Inbox
from bot.receive.receipts import receipt
from bot.record.journal import SignalEntry, encode
from bot.runtime import Runtime

log = structlog.get_logger()

REFUSED = Counter("dingdong_webhooks_refused_total", "Webhook calls that changed nothing", ["account", "reason"])


class Intake:
    """Takes the items of a webhook's body, or of a pull."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox

    async def take(self, items: Sequence[Item]) -> None:
        """Returns once all are durable. Raises StoreDown when one may not be: the carrier repeats them all."""
        if len(items) == 1:
            await self._take(items[0])
        else:
            await asyncio.gather(*map(self._take, items))

    def _take(self, item: Item) -> Awaitable[object]:
        match item:
            case Inbound():
                return self._inbox.inbound(item)
            case Receipt():
                return receipt(self._runtime, item)
            case Signal(what="subscribed" | "unsubscribed"):
                return self._inbox.reported(item)
            case Signal():
                return self._signal(item)
            case Bad():
                return self._bad(item)

    async def _signal(self, item: Signal) -> None:
        contact, shard = self._runtime.contact(item.number)
        entry = SignalEntry(t="signal", contact=contact, account=item.account, what=item.what)
        await self._runtime.store.command("XADD", keys.journal(shard), "*", "e", encode([entry]))

    async def _bad(self, item: Bad) -> None:
        REFUSED.labels(item.account, "bad_item").inc()
        log.warning("webhook_item_refused", account=item.account, reason=item.reason)
