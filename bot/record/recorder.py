"""The recorder: every shard's journal stream → the ledger, in order, exactly once.

How far it came stands in the ledger, moved in the transaction that writes what was read. So there is nothing to
acknowledge: killed before the commit it reads the same again, killed after it goes on behind. A stream is trimmed
behind what is recorded. Any number of recorders may run: one records; the others, overtaken, stand by and look now
and then whether it still does.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence

import structlog
from prometheus_client import Counter, Gauge

from bot import keys
from bot.record.ledger import Ledger, Overtaken
from bot.record.projection import Progress, StreamEntry
from bot.settings import RecorderSettings
from bot.store import Store

log = structlog.get_logger()

STANDBY_S = 2.0
"""How often a recorder that stands by looks whether another one still records."""
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses after failures in a row; the last one repeats."""

RECORDED = Counter("dingdong_recorder_entries_total", "Stream entries recorded in the ledger")
LAG = Gauge("dingdong_recorder_lag_seconds", "Age of the oldest entry that is not recorded yet")
FAILURES = Counter("dingdong_recorder_failures_total", "Times the journal could not be recorded", ["error"])


class Recorder:
    """A role; see `bot.serve`."""

    def __init__(self, store: Store, ledger: Ledger, settings: RecorderSettings) -> None:
        self._store = store
        self._ledger = ledger
        self._poll_s = settings.poll_ms / 1000
        self._per_shard = max(1, settings.batch // store.shards)
        self._progress: Progress | None = None
        self._standing_by = False
        self._failures = 0

    @property
    def healthy(self) -> bool:
        """False while the journal can't be recorded. Nothing is lost meanwhile: the streams keep it."""
        return self._failures == 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; then finish the batch in hand."""
        while not stopping.is_set():
            pause = await self._attempt()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)

    async def _attempt(self) -> float:
        """One round; how long to pause after it, in seconds."""
        try:
            pause = await self._round()
        except Overtaken:
            self._standing_by, self._progress, pause = True, None, STANDBY_S
        except Exception as error:  # noqa: BLE001 - whatever it is, the streams keep everything until it is mended
            self._progress = None  # the commit may have come through
            return self._failed(error)
        self._failures = 0
        return pause

    def _failed(self, error: Exception) -> float:
        name = type(error).__name__
        FAILURES.labels(name).inc()
        log.warning("recording_failed", error=name, in_a_row=self._failures + 1)
        pause = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        return pause

    async def _round(self) -> float:
        """Record what the streams have; how long to pause then, in seconds. Raises Overtaken."""
        since = await self._since()
        if since is None:
            return STANDBY_S
        entries, full = await self._read(since)
        LAG.set(_age_s(entries))
        if not entries:
            return STANDBY_S if self._standing_by else self._poll_s
        self._progress = await self._ledger.record(entries, since)
        self._standing_by = False
        RECORDED.inc(len(entries))
        await self._trim(self._progress, {entry.shard for entry in entries})
        return 0 if full else self._poll_s

    async def _since(self) -> Progress | None:
        """Where to go on from; None while another recorder moves on."""
        known = self._progress
        if known is not None and not self._standing_by:
            return known
        now = self._progress = await self._ledger.progress()
        if self._standing_by:
            return now if now == known else None
        await self._trim(now, now.upto)  # a predecessor may have died before it did
        return now

    async def _read(self, since: Progress) -> tuple[list[StreamEntry], bool]:
        """What comes next in every shard, in one trip; whether some shard has more."""
        calls = [  # one command a shard: on a cluster a command reads one slot
            self._store.command("XREAD", "COUNT", self._per_shard, "STREAMS", keys.journal(s), since.upto.get(s, "0-0"))
            for s in range(self._store.shards)
        ]
        entries: list[StreamEntry] = []
        full = False
        for shard, call in enumerate(calls):
            for found in dict(await call or ()).values():  # RESP2 gives pairs, RESP3 a map
                entries += [StreamEntry(shard, name.decode(), _field(fields)) for name, fields in found]
                full = full or len(found) == self._per_shard
        return entries, full

    async def _trim(self, recorded: Progress, shards: Iterable[int]) -> None:
        """Take out of the streams what is recorded, and nothing else."""
        calls = []
        for shard in shards:
            ms, _, seq = recorded.upto[shard].partition("-")
            calls.append(self._store.command("XTRIM", keys.journal(shard), "MINID", f"{ms}-{int(seq) + 1}"))
        for call in calls:
            await call


def _field(fields: Sequence[bytes]) -> bytes:
    """The field `e` of a stream entry, b"" (which is no JSON) where there is none."""
    return fields[1] if fields[0] == b"e" else b""


def _age_s(entries: Sequence[StreamEntry]) -> float:
    """Of the oldest entry, by our clock, in seconds."""
    oldest = min((int(entry.id.partition("-")[0]) for entry in entries), default=None)
    return max(0.0, time.time() - oldest / 1000) if oldest is not None else 0.0
