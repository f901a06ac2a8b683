"""RCS messages that do not arrive: taken back when their kind's patience ends, and sent as text.

What to do is decided by `patience`; this file carries it out. Each step is in the store before the next: that a carrier
is asked, before it is; what it said, together with the text that goes out for it (`lua/recall`). The waiting is a score
in the store. A text is an outbound of its own, with a new id: consent, hold and expiry are decided again for it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from prometheus_client import Counter

from bot import keys
from bot.carriers.base import Carrier, TakesBack
from bot.deliver.outbox import Outbound, dump_outbound, kept_s, lane, load_outbound, out_entry
from bot.deliver.patience import Awaited, Leave, Patience, Recall, Said, Step, Text, Wait, decide
from bot.deliver.phones import RICH, fact
from bot.errors import SendError, StoreDown
from bot.ids import message_id
from bot.messages import AccountName, Kind, Status
from bot.pipe import Arg
from bot.record.journal import Entry, RecallEntry, encode
from bot.runtime import Runtime
from bot.settings import RecallSettings
from flows.values import Value, replace

log = structlog.get_logger()

RECALLS = Counter("dingdong_recalls_total", "Steps taken with RCS messages that do not arrive", ["account", "did"])


class _Taken(Value, frozen=True):
    """A message that is ours to look at until its lease ends. number: sealed. provider_id: "" = not known."""

    message: Outbound
    shard: int
    token: str
    account: AccountName
    number: str
    provider_id: str
    awaited: Awaited


class Recalls:
    """The sender's second hand. Any number of processes may have one.

    wake: tells of a text in a shard's outbox. down: of a store that is away.
    """

    def __init__(self, runtime: Runtime, wake: Callable[[int], None], down: Callable[[StoreDown], None]) -> None:
        self._runtime = runtime
        self._settings = runtime.settings.recall
        self._patience = patience(self._settings)
        self._wake = wake
        self._down = down
        carriers = runtime.carriers.values()
        self._has_texts = any("text" in one.forms and one.settings.weight > 0 for one in carriers)
        self._wanted = any("rbm" in one.forms and self.may_fall_back(one) for one in carriers)
        self._following: set[asyncio.Task[None]] = set()

    def may_fall_back(self, carrier: Carrier) -> bool:
        """Whether a text can follow what this account sends by RCS: it reports deliveries, and somebody sends texts."""
        return carrier.receipts and self._has_texts

    def patience_ms(self, kind: Kind) -> int | None:
        """How long a kind waits to be delivered; None = for ever."""
        waits = self._patience.of.get(kind)
        return int(waits.total_seconds() * 1000) if waits else None

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; finishes the recalls under way. Does nothing where no account could fall back on text."""
        while self._wanted and not stopping.is_set():
            try:
                if await self._look():
                    continue
            except StoreDown as error:
                self._down(error)
            except Exception:
                log.exception("recalls_failed")
            try:
                await asyncio.wait_for(stopping.wait(), self._settings.poll_ms / 1000)
            except TimeoutError:
                continue
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _look(self) -> bool:
        """Follow up what is due, of every shard, as far as there is room. True when there is more."""
        store, token, lease_ms = self._runtime.store, uuid.uuid4().hex, self._runtime.settings.sender.lease_ms
        room = self._settings.parallel - len(self._following)
        if room <= 0:
            return False
        each = max(1, room // store.shards)
        found = await asyncio.gather(
            *(
                store.run("recall_take", [keys.recalls(s)], [keys.tag(s), each, lease_ms, token])
                for s in range(store.shards)
            )
        )
        for shard, rows in enumerate(found):
            for row in rows:
                task = asyncio.create_task(self._followed(row, shard, token))
                self._following.add(task)
                task.add_done_callback(self._following.discard)
        return any(len(rows) == each for rows in found)

    # ------------------------------------------------------------ one message

    async def _followed(self, row: Sequence[bytes], shard: int, token: str) -> None:
        """What fails here is taken again when its lease ends."""
        try:
            await self._follow(_taken(row, shard, token))
        except StoreDown as error:
            self._down(error)
        except Exception:
            log.exception("recall_failed", message=row[1].decode())

    async def _follow(self, taken: _Taken) -> None:
        """Its next step; after a recall the one after it, too."""
        step = decide(taken.awaited, self._patience, datetime.now(UTC))
        if isinstance(step, Recall):
            if await self._record(taken, step) != b"done":
                return
            now = datetime.now(UTC)
            said, detail = await self._recalled(taken)
            asked_at = taken.awaited.asked_at or now
            taken = replace(taken, awaited=replace(taken.awaited, asked_at=asked_at, said=said, said_at=now))
            step = decide(taken.awaited, self._patience, now)
            did = await self._record(taken, step, said, detail)
        else:
            did = await self._record(taken, step)
        if isinstance(step, Text) and did == b"done":
            self._wake(taken.shard)

    async def _recalled(self, taken: _Taken) -> tuple[Said, str]:
        """What the carrier makes of it, and its words where it could not."""
        carrier = self._runtime.carriers.get(taken.account)
        if carrier is None:
            return "refused", "the account is gone from the settings"
        if not isinstance(carrier, TakesBack):
            return "refused", "its provider takes nothing back"
        try:
            number = self._runtime.sealer.open(taken.message.contact, taken.number)
            said = await carrier.recall(self._runtime.providers, number, taken.message.id, taken.provider_id)
        except SendError as error:
            passing = error.retryable or error.unknown or error.throttled or error.account
            return "error" if passing else "refused", str(error)
        except Exception as error:
            log.exception("recall_failed", account=taken.account)
            return "error", type(error).__name__
        return said, ""

    async def _record(self, taken: _Taken, step: Step, said: Said = "", detail: str = "") -> bytes:
        """In the store and the journal, with the text if one goes out."""
        message, shard = taken.message, taken.shard
        text = _text_of(message, shard) if isinstance(step, Text) else None
        entry = _entry(taken, step, said, detail)
        entries: list[Entry] = [] if isinstance(step, Wait) and not said else [entry]
        if text is not None:
            entry["instead"] = text.id
            entries.append(out_entry(text))
        due_in = step.until - datetime.now(UTC) if isinstance(step, Wait) else timedelta()
        args: list[Arg] = [
            keys.tag(shard),
            message.contact,
            message.id,
            taken.token,
            _VERBS[type(step)],
            max(0, int(due_in.total_seconds() * 1000)),
            said,
            encode(entries),
            taken.account,
            self._runtime.settings.sender.lease_ms,
        ]
        if text is not None:
            args += self._text_args(taken, text, certain=isinstance(step, Text) and step.certain)
        did: bytes = await self._runtime.store.until_done(
            "recall", [keys.msg(shard, message.id), keys.who(shard, message.contact)], args
        )
        RECALLS.labels(taken.account, entry["outcome"] if did == b"done" else did.decode()).inc()
        return did

    def _text_args(self, taken: _Taken, text: Outbound, *, certain: bool) -> list[Arg]:
        return [
            "1" if certain else "",
            RICH + taken.account,
            fact(rich=False, ttl_s=self._settings.unreached_ttl_s),
            kept_s([text], self._runtime.settings.sender),
            text.id,
            text.kind.value,
            lane(text),
            text.ask,
            text.say,
            dump_outbound(text),
        ]


_VERBS: Final[dict[type[Step], str]] = {Recall: "asked", Wait: "wait", Text: "text", Leave: "leave"}


def patience(settings: RecallSettings) -> Patience:
    """The settings as the decision takes them."""
    waits = {
        Kind.VERIFICATION: settings.verification_s,
        Kind.CONVERSATION: settings.conversation_s,
        Kind.TRANSACTIONAL: settings.transactional_s,
        Kind.MARKETING: settings.marketing_s,
    }
    return Patience(
        of={kind: timedelta(seconds=s) for kind, s in waits.items() if s},
        receipt=timedelta(seconds=settings.receipt_s),
        again=timedelta(milliseconds=settings.again_ms),
        unclear_as_text=frozenset(map(Kind, settings.unclear_as_text)),
    )


def _text_of(message: Outbound, shard: int) -> Outbound:
    """The same words and the same question with the same choices, under an id of its own; made again, the same id."""
    return replace(message, id=message_id(shard, message.contact, f"instead of {message.id}"), instead_of=message.id)


def _entry(taken: _Taken, step: Step, said: Said, detail: str) -> RecallEntry:
    outcome: Any = said or ("asked" if isinstance(step, Recall) else "unclear")
    if not said and taken.awaited.status is Status.FAILED:
        outcome = "failed"
    return RecallEntry(
        t="recall",
        contact=taken.message.contact,
        id=taken.message.id,
        account=taken.account,
        outcome=outcome,
        why=f"{step.why}: {detail}" if detail else step.why,
    )


def _taken(row: Sequence[bytes], shard: int, token: str) -> _Taken:
    """One row of `recall_take.lua`. Raises ValueError when its document is not one of ours."""
    _, _, status, account, sent, asked, said, said_at, number, provider_id, document = row
    message = load_outbound(document)
    heard: Any = said.decode()
    return _Taken(
        message=message,
        shard=shard,
        token=token,
        account=AccountName(account.decode()),
        number=number.decode(),
        provider_id=provider_id.decode(),
        awaited=Awaited(
            kind=message.kind,
            status=Status(status.decode()),
            sent_at=_moment(sent),
            asked_at=_moment(asked) if asked else None,
            said=heard,
            said_at=_moment(said_at) if said_at else None,
        ),
    )


def _moment(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
