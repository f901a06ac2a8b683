"""Pictures and files of ours, brought to a platform that shows only what lies with it.

Each is fetched from its address and uploaded once a process, and again shortly before the platform forgets it. A send
waits for it a moment and no longer: what is not there yet goes out as the card says it, and the next send finds it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from yarl import URL

from bot.carriers.base import Media, Uploaded
from bot.carriers.http import Http, NoAnswer, NotConnected, Timeouts
from bot.errors import SendError

KEPT: Final = 2_000
"""Files remembered; the one not asked for longest is forgotten first."""
EARLY_S: Final = 3_600.0
"""Before its end it is uploaded again, so that a message on its way still shows it."""
AGAIN_S: Final = 300.0
"""How long what failed is left alone."""


@dataclass(frozen=True, slots=True)
class _Known:
    file: Uploaded | None
    until: float


class Staging:
    """The files of one account. upload: hands one over; raises SendError. wait_s: how long a send waits for them.

    kept_s: how long an upload is used where the platform does not say until when it keeps it.
    """

    def __init__(
        self,
        upload: Callable[[Http, Media], Awaitable[Uploaded]],
        *,
        timeouts: Timeouts,
        limit_bytes: int,
        wait_s: float,
        kept_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._upload, self._timeouts, self._limit, self._wait_s = upload, timeouts, limit_bytes, wait_s
        self._kept_s = kept_s
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def uploads(self, http: Http, addresses: Iterable[str]) -> Mapping[str, Uploaded]:
        """By address, those that are there. Never raises."""
        wanted = list(dict.fromkeys(addresses))
        missing = [address for address in wanted if not self._settled(address)]
        if missing:
            await asyncio.wait([self._begun(http, address) for address in missing], timeout=self._wait_s)
        return {address: file for address in wanted if (file := self._file(address))}

    def _settled(self, address: str) -> bool:
        known = self._known.get(address)
        return known is not None and known.until > self._clock()

    def _file(self, address: str) -> Uploaded | None:
        known = self._known.get(address)
        if known is None or known.until <= self._clock():
            return None
        self._known.move_to_end(address)
        return known.file

    def _begun(self, http: Http, address: str) -> asyncio.Task[None]:
        """However many sends meet without it, it is brought once; one that gives up takes it from nobody."""
        task = self._under_way.get(address)
        if task is None:
            task = self._under_way[address] = asyncio.create_task(self._bring(http, address))
            task.add_done_callback(lambda _: self._under_way.pop(address, None))
        return task

    async def _bring(self, http: Http, address: str) -> None:
        file = await self._brought(http, address)
        ends = file.until.timestamp() - EARLY_S if file and file.until else self._clock() + self._kept_s
        self._known[address] = _Known(file, ends if file else self._clock() + AGAIN_S)
        self._known.move_to_end(address)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    async def _brought(self, http: Http, address: str) -> Uploaded | None:
        try:
            found = await http.fetch(URL(address), self._timeouts, self._limit)
            content_type = found.headers.get("Content-Type", "").partition(";")[0].strip()
            if found.status != 200 or not content_type:
                return None
            return await self._upload(http, Media(URL(address).name or "file", content_type, found.body))
        except (NotConnected, NoAnswer, SendError, ValueError):
            return None
