"""The sender: outbox → may it go, and where → rendered → recorded → the carrier → settled.

What is decided before the attempt is in `readying`, what follows from its outcome in `verdicts`; this file carries
their decisions out. The attempt is in the store before the carrier is called, its outcome after.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import Counter

from bot import keys
from bot.deliver import verdicts
from bot.deliver.accounts import Accounts
from bot.deliver.lookups import what_became
from bot.deliver.outbox import Outbound, Outbox, Ready, Settlement, Taken
from bot.deliver.phones import Phones
from bot.deliver.readying import Readying
from bot.deliver.recalls import Recalls
from bot.deliver.together import Together
from bot.errors import ConfigError, SendError, StoreDown
from bot.messages import AccountName, Kind, Signal
from bot.receive.inbox import Inbox
from bot.rounds import Rounds
from bot.runtime import Runtime

log = structlog.get_logger()

SENT = Counter("dingdong_sends_total", "What became of taken messages", ["account", "kind", "verdict"])


class Sender:
    """The role that sends. Any number of processes may run it.

    Raises ConfigError for an account that may keep an attempt waiting for longer than its lease.
    """

    def __init__(self, runtime: Runtime) -> None:
        _check_leases(runtime)
        self._runtime = runtime
        self._settings = runtime.settings.sender
        self._inbox = Inbox(runtime)
        self._outbox = Outbox(runtime.store, self._settings)
        self._rounds = Rounds("sender", runtime.store, self._settings.poll_ms, keys.WAKE_SEND, self._visit)
        self._phones = Phones(runtime)
        self._recalls = Recalls(runtime, self.wake, self._rounds.down)
        self._accounts = Accounts(runtime.store, runtime.carriers, self._settings)
        self._readying = Readying(runtime, self._phones, self._recalls, self._accounts)
        self._together = Together(runtime.providers, self._settings.gather_ms / 1000)
        self._sending: set[asyncio.Task[None]] = set()
        self._starved: set[int] = set()

    def wake(self, shard: int) -> None:
        """There is something to send in this shard, now."""
        self._rounds.wake(shard)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; finishes the sends under way."""
        with suppress(StoreDown):
            await self._readying.begin()
        await asyncio.gather(self._rounds.run(stopping), self._recalls.run(stopping), self._accounts.run(stopping))
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _visit(self, shard: int) -> bool:
        room = self._settings.parallel - len(self._sending)
        if room <= 0:
            self._starved.add(shard)
            return False
        taken = await self._outbox.take(shard, uuid.uuid4().hex, room)
        for one in taken:
            task = asyncio.create_task(self._send(one, self._settlement(one)))
            self._sending.add(task)
        return len(taken) >= min(self._settings.take, room)

    # ------------------------------------------------------------ what a commit of this process attempts

    async def at_once(
        self, shard: int, token: str, messages: Sequence[Outbound], who: Mapping[str, str]
    ) -> Ready | None:
        """The attempt that a commit may record itself, if this is all it says and nothing stands against sending it.

        who: the fields of `keys.who` as claimed; the commit sees to it that they still hold. None: the outbox has it.
        """
        if len(messages) != 1 or len(self._sending) >= self._settings.parallel:
            return None
        [message] = messages
        if message.kind is Kind.MARKETING:  # it waits while the person has unread mail
            return None
        taken = Taken(message, shard, token, attempts=0, account="", orphan=False, who=who)
        try:
            ready = await self._readying.ready(taken, may_ask=False)
        except Exception as error:  # noqa: BLE001 - the outbox tries it again, and puts off what fails
            log.warning("not_at_once", message=message.id, error=type(error).__name__)
            return None
        return ready if isinstance(ready, Ready) else None

    async def carry(self, ready: Ready) -> None:
        """Send what a commit recorded the attempt of."""
        await self._send(ready.taken, self._sent(ready))

    # ------------------------------------------------------------ one message

    async def _send(self, taken: Taken, deciding: Coroutine[Any, Any, Settlement | None]) -> None:
        """One taken message, to its settlement. What is lost here, its lease gives back."""
        task = asyncio.current_task()
        assert task is not None
        self._sending.add(task)
        task.add_done_callback(self._ended)
        try:
            settlement = await self._decided(taken, deciding)
            if settlement is None:
                return
            due_in = await self._outbox.settle(taken, settlement)
            SENT.labels(settlement.account, taken.message.kind.value, settlement.verdict).inc()
            if settlement.settled:
                self._runtime.wakes.work(taken.shard)
            if due_in == 0:
                self._rounds.wake(taken.shard)
        except StoreDown as error:
            self._rounds.down(error)
        except Exception:
            log.exception("settlement_failed", message=taken.message.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        while self._starved:
            self._rounds.wake(self._starved.pop())

    async def _decided(self, taken: Taken, deciding: Coroutine[Any, Any, Settlement | None]) -> Settlement | None:
        """What is decided; what nobody foresaw puts the message off, so that the person's others can go."""
        try:
            return await deciding
        except StoreDown:
            raise
        except Exception as error:
            log.exception("send_failed", message=taken.message.id)
            return verdicts.troubled(taken, error, self._settings)

    async def _settlement(self, taken: Taken) -> Settlement | None:
        """What became of it; None when somebody else settles it."""
        last = self._runtime.carriers.get(AccountName(taken.account))
        if taken.orphan and (last is None or not last.idempotent_send):
            settlement = await what_became(self._runtime, taken, last)
            if settlement is not None:
                return settlement
        ready = await self._readying.ready(taken)
        if isinstance(ready, Settlement):
            return ready
        refusal = await self._outbox.attempt(ready)
        if refusal is not None:
            return verdicts.refused(taken, refusal)
        return await self._sent(ready)

    async def _sent(self, ready: Ready) -> Settlement:
        """Call the carrier; its attempt is recorded."""
        result = await self._together.send(ready.carrier, ready.sendable)
        if isinstance(result, SendError):
            await self._learn_from(ready, result)
        else:
            self._accounts.took(ready.carrier.account)
        return verdicts.of(ready, result, self._settings, self._recalls.patience_ms(ready.taken.message.kind))

    async def _learn_from(self, ready: Ready, error: SendError) -> None:
        taken, carrier = ready.taken, ready.carrier
        if error.opted_out:
            await self._opted_out(ready, error)
        if error.not_rcs:
            await self._phones.remember(taken.shard, taken.message.contact, carrier.account, rich=False)
        if error.account:
            self._accounts.stop(carrier.account, error.code)

    async def _opted_out(self, ready: Ready, error: SendError) -> None:
        """The provider refuses on the person's behalf: a consent record. Lost, it comes again with the next send."""
        mark = f"{ready.sendable.id}.{ready.taken.attempts}"
        report = Signal(ready.carrier.account, ready.sendable.to, "unsubscribed", id=mark, code=error.code)
        try:
            await self._inbox.reported(report)
        except StoreDown as down:
            log.warning("opt_out_not_stored", account=ready.carrier.account, error=str(down))


def _check_leases(runtime: Runtime) -> None:
    """Beyond its lease an attempt is another sender's. Raises ConfigError."""
    lease_ms, gather_ms = runtime.settings.sender.lease_ms, runtime.settings.sender.gather_ms
    for name, carrier in runtime.carriers.items():
        longest_s = carrier.settings.connect_timeout_s + carrier.settings.read_timeout_s
        if longest_s * 1000 + gather_ms >= lease_ms:
            raise ConfigError(
                f"accounts.{name}: connect_timeout_s + read_timeout_s ({longest_s:g} s) and sender.gather_ms "
                f"({gather_ms} ms) must be less than sender.lease_ms ({lease_ms} ms), or a message may be sent twice"
            )
