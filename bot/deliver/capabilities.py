"""What phones can do, asked of carriers: those that wait at the same moment are asked about together."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

import structlog

from bot.carriers.base import Asks, AsksMany, Carrier
from bot.carriers.http import Http
from bot.errors import SendError
from bot.messages import AccountName, Capability, PhoneNumber

log = structlog.get_logger()

_Waiting = dict[PhoneNumber, "asyncio.Future[Capability | None]"]


class Capabilities:
    """The questions of one process. wait_s: how long an answer is waited for."""

    def __init__(self, carriers: Mapping[AccountName, Carrier], http: Http, wait_s: float) -> None:
        self._carriers = carriers
        self._http = http
        self._wait_s = wait_s
        self._waiting: defaultdict[AccountName, _Waiting] = defaultdict(dict)
        self._asking: set[asyncio.Task[None]] = set()

    async def of(self, account: AccountName, number: PhoneNumber) -> Capability | None:
        """None: the carrier cannot tell, or did not in time."""
        waiting = self._waiting[account]
        if number not in waiting:
            loop = asyncio.get_running_loop()
            if not waiting:  # the others of this tick come along
                loop.call_soon(self._ask, account)
            waiting[number] = loop.create_future()
        try:
            return await asyncio.wait_for(asyncio.shield(waiting[number]), self._wait_s)
        except TimeoutError:
            log.warning("capability_unknown", account=account, code="no_answer_yet")
            return None

    def _ask(self, account: AccountName) -> None:
        task = asyncio.create_task(self._answer(self._carriers[account], self._waiting.pop(account)))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _answer(self, carrier: Carrier, waiting: _Waiting) -> None:
        if len(waiting) > 1 and isinstance(carrier, AsksMany):
            able: Mapping[PhoneNumber, Capability | None] = await self._all(carrier, carrier.account, list(waiting))
        else:
            able = dict(zip(waiting, await asyncio.gather(*(self._one(carrier, n) for n in waiting)), strict=True))
        for number, future in waiting.items():
            if not future.done():
                future.set_result(able.get(number))

    async def _all(
        self, carrier: AsksMany, account: AccountName, numbers: Sequence[PhoneNumber]
    ) -> Mapping[PhoneNumber, Capability | None]:
        try:
            return await carrier.capabilities(self._http, numbers)
        except Exception as error:  # noqa: BLE001 - whatever it was, the messages go as text
            _unknown(account, error)
            return {}

    async def _one(self, carrier: Carrier, number: PhoneNumber) -> Capability | None:
        try:
            return await carrier.capability(self._http, number) if isinstance(carrier, Asks) else None
        except Exception as error:  # noqa: BLE001 - as above
            _unknown(carrier.account, error)
            return None


def _unknown(account: AccountName, error: Exception) -> None:
    code = error.code if isinstance(error, SendError) else type(error).__name__
    log.warning("capability_unknown", account=account, code=code)
