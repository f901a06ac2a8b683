"""The calls to carriers; advertisements that meet on their way to one account share a call, where its provider has it.

A text to thousands is ready for many people at the same moment, and nobody waits for it. Everything else goes alone and
at once. Whoever goes together was decided on, and has its attempt in the store, by itself; so it gets its own outcome,
and where a call's answer is lost, each of them may have been sent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import structlog

from bot.carriers import meanings
from bot.carriers.base import Carrier, SendsMany
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import Accepted, AccountName, Kind, Sendable

log = structlog.get_logger()

Outcome: TypeAlias = Accepted | SendError


class Together:
    """The calls of one process. wait_s: how long the first waits for others; 0 = each goes alone."""

    def __init__(self, http: Http, wait_s: float) -> None:
        self._http, self._wait_s = http, wait_s
        self._waiting: defaultdict[AccountName, list[tuple[Sendable, asyncio.Future[Outcome]]]] = defaultdict(list)
        self._calling: set[asyncio.Task[None]] = set()

    async def send(self, carrier: Carrier, sendable: Sendable) -> Outcome:
        """What the carrier makes of one message whose attempt is recorded. Never raises."""
        if sendable.kind is Kind.MARKETING and self._wait_s and isinstance(carrier, SendsMany):
            outcome = await self._joined(carrier, carrier.batch, sendable)
        else:
            [outcome] = await self._called(carrier, [sendable])
        return meanings.of_error(carrier.settings, outcome) if isinstance(outcome, SendError) else outcome

    async def _joined(self, carrier: Carrier, most: int, sendable: Sendable) -> Outcome:
        loop, waiting = asyncio.get_running_loop(), self._waiting[carrier.account]
        if not waiting:
            loop.call_later(self._wait_s, self._go, carrier)
        outcome: asyncio.Future[Outcome] = loop.create_future()
        waiting.append((sendable, outcome))
        if len(waiting) >= most:
            self._go(carrier)
        return await outcome

    def _go(self, carrier: Carrier) -> None:
        if waiting := self._waiting.pop(carrier.account, []):  # none: they were enough before their time
            task = asyncio.create_task(self._shared(carrier, waiting))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)

    async def _shared(self, carrier: Carrier, waiting: Sequence[tuple[Sendable, asyncio.Future[Outcome]]]) -> None:
        outcomes = await self._called(carrier, [sendable for sendable, _ in waiting])
        for (_, future), outcome in zip(waiting, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _called(self, carrier: Carrier, messages: Sequence[Sendable]) -> Sequence[Outcome]:
        """One call, for one or for many. Never raises."""
        try:
            if len(messages) == 1:
                return [await carrier.send(self._http, messages[0])]
            assert isinstance(carrier, SendsMany)
            outcomes = await carrier.send_many(self._http, messages)
            return [outcome for _, outcome in zip(messages, outcomes, strict=True)]
        except SendError as error:
            return [error] * len(messages)
        except Exception as error:
            # A bug in an adapter after the attempts were recorded: they may have been sent.
            log.exception("carrier_failed", account=carrier.account)
            return [SendError(code=type(error).__name__, detail="the adapter failed", unknown=True)] * len(messages)
