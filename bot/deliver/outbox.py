"""The outbox: one entry, and the scripts that take it, record its attempt and settle it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import structlog

from bot import keys
from bot.carriers.base import Carrier
from bot.messages import ContactId, Kind, MessageId, Sendable
from bot.receive.receipts import PID_TTL_S
from bot.record.journal import AttemptEntry, Entry, OutEntry, encode
from bot.settings import SenderSettings
from bot.store import Store
from cards.model import CardChoice
from flows.values import JsonValue, Value, to_json, to_plain

log = structlog.get_logger()

KINDS = tuple(kind.value for kind in Kind)
"""In order of precedence, as `take.lua` and `sent.lua` get them."""


class Outbound(Value, frozen=True):
    """One message for one contact, as committed with its turn. Rendered when it is sent.

    say: id of the `Say` it carries out. through_hold: a colleague's words, or what the law asks for.
    choices: of its ask, frozen: what "2" means cannot change any more. at: when it was committed (UTC).
    instead_of: the RCS message that did not arrive and that this is the text of; "" = it is nobody's text.
    """

    id: MessageId
    contact: ContactId
    say: str
    card: str
    data: Mapping[str, JsonValue]
    thread: str
    kind: Kind
    topic: str
    at: datetime
    ask: str = ""
    choices: tuple[CardChoice, ...] = ()
    essential: bool = False
    to_opted_out: bool = False
    through_hold: bool = False
    expires_at: datetime | None = None
    reply_to: str = ""
    language: str = "zh"
    zone: str = "Asia/Shanghai"
    instead_of: str = ""


_read = msgspec.json.Decoder(Outbound).decode


def dump_outbound(message: Outbound) -> bytes:
    """The form the store keeps."""
    return to_json(message)


def load_outbound(document: bytes) -> Outbound:
    """What `dump_outbound` made. Raises ValueError."""
    return _read(document)


def lane(message: Outbound) -> str:
    """Within what it keeps its order: a colleague's words do not wait behind what the hold keeps back."""
    return "staff" if message.through_hold else message.thread


def kept_s(outbound: Sequence[Outbound], settings: SenderSettings) -> int:
    """How long the store keeps these: what waits until it expires must still be there, and its receipts after it."""
    waits = [(one.expires_at - one.at).total_seconds() for one in outbound if one.expires_at is not None]
    return settings.message_ttl_s + int(max(waits, default=0.0))


def out_entry(message: Outbound) -> OutEntry:
    """The journal's entry of its being queued."""
    entry = OutEntry(
        t="out",
        contact=message.contact,
        id=message.id,
        at=message.at.isoformat(),
        card=message.card,
        data=to_plain(message.data),
        thread=message.thread,
        ask=message.ask,
        kind=message.kind.value,
        topic=message.topic,
        reply_to=message.reply_to,
    )
    if message.expires_at is not None:
        entry["expires_at"] = message.expires_at.isoformat()
    if message.instead_of:
        entry["instead_of"] = message.instead_of
    return entry


class Taken(Value, frozen=True):
    """A message that may go now, and all that is known of its person; nobody else sends to them meanwhile.

    attempts: made before. account: of the last one, "" when none. orphan: nobody knows what became of that one.
    since: of the first one (UTC), tried: of the last one. provider_id: of the last one, "" where none is known.
    who: the fields of `keys.who`. as_text: RCS did not take it, or lost it.
    """

    message: Outbound
    shard: int
    token: str
    attempts: int
    account: str
    orphan: bool
    who: Mapping[str, str]
    since: datetime | None = None
    as_text: bool = False
    tried: datetime | None = None
    provider_id: str = ""

    @property
    def tried_for_s(self) -> float:
        """Seconds since the first attempt."""
        return (datetime.now(UTC) - self.since).total_seconds() if self.since else 0.0


class Ready(Value, frozen=True):
    """A taken message, rendered for one account: what `send` gets, and the journal's entry of the attempt.

    awaits: it goes by RCS, its delivery is reported, and a text could go instead.
    """

    taken: Taken
    carrier: Carrier
    sendable: Sendable
    entry: AttemptEntry
    awaits: bool = False


Refusal = Literal["lost", "status", "void", "epoch", "mail"]


class Settlement(Value, frozen=True):
    """What became of a taken message.

    verdict: the status it gets. "queued" and "again" put it back for `due_in_ms`: not sent for certain, or with an
    attempt that may have been sent. "released" leaves it as it is.
    settled: what its conversation is told when the ask will not be seen. entries: for the journal.
    patience_ms: how long an RCS message is given to arrive; None = for ever. as_text: no further attempt goes by RCS.
    """

    verdict: Literal["sent", "unknown", "failed", "dropped", "queued", "again", "released"]
    entries: Sequence[Entry]
    due_in_ms: int = 0
    provider_id: str = ""
    account: str = ""
    settled: Literal["", "dropped", "failed", "expired"] = ""
    reason: str = ""
    patience_ms: int | None = None
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Outbox:
    """The store's side of sending."""

    store: Store
    settings: SenderSettings

    async def take(self, shard: int, token: str, room: int) -> list[Taken]:
        """At most about `room` people of a shard with something to send, one message each, locked for `lease_ms`.

        Higher kinds go first; each kind gets a floor, so that none starves.
        """
        settings = self.settings
        most = min(settings.take, room)
        floor = max(1, most // 8)
        rows = await self.store.run(
            "take",
            [keys.out(shard, kind) for kind in KINDS],
            [keys.tag(shard), most, settings.lease_ms, token, floor],
        )
        return [taken for row in rows if (taken := _taken(row, shard, token))]

    async def attempt(self, ready: Ready) -> Refusal | None:
        """Record an attempt before the carrier is called. A refusal means: do not call it."""
        taken, message = ready.taken, ready.taken.message
        answer = await self.store.until_done(
            "attempt",
            [keys.msg(taken.shard, message.id), keys.who(taken.shard, message.contact)],
            [
                keys.tag(taken.shard),
                message.contact,
                taken.token,
                taken.who.get("epoch", "0"),
                ready.carrier.account,
                message.ask,
                "1" if message.kind is Kind.MARKETING else "",
                "1" if taken.orphan else "",
                encode([ready.entry]),
                self.settings.lease_ms,
                ready.sendable.form,
                "1" if ready.awaits else "",
            ],
        )
        return None if answer == b"go" else answer.decode()

    async def settle(self, taken: Taken, what: Settlement) -> int | None:
        """Settle or put back, and release the person. ms until something else of theirs is due, None = nothing."""
        s, contact, message = taken.shard, taken.message.contact, taken.message.id
        msg_key = keys.msg(s, message)
        pid_key = keys.pid(s, contact, what.account, what.provider_id) if what.provider_id else msg_key
        answer = await self.store.until_done(
            "sent",
            [msg_key, keys.who(s, contact), keys.queue(s, contact), keys.done(s, contact), pid_key],
            [
                keys.tag(s),
                contact,
                message,
                taken.token,
                what.verdict,
                what.due_in_ms,
                what.provider_id,
                encode(what.entries),
                what.settled,
                what.reason,
                self.settings.messages_kept,
                PID_TTL_S,
                taken.who.get("epoch", "0"),
                "" if what.patience_ms is None else what.patience_ms,
                "1" if what.as_text else "",
                *KINDS,
            ],
        )
        return int(answer) if answer not in (b"", b"lost") else None


def _taken(row: Sequence[Any], shard: int, token: str) -> Taken | None:
    """One row of `take.lua`. None: nobody can read its document; it is looked at again when its lease ends."""
    _, message, status, attempts, account, who, document, since, as_text, tried, provider_id = row
    try:
        outbound = load_outbound(document)
    except ValueError:
        log.error("outbound_unreadable", message=message.decode())
        return None
    return Taken(
        message=outbound,
        shard=shard,
        token=token,
        attempts=int(attempts),
        account=account.decode(),
        orphan=status == b"attempted",
        who=fields(who),
        since=datetime.fromtimestamp(int(since) / 1000, UTC) if since else None,
        as_text=as_text == b"1" or bool(outbound.instead_of),
        tried=datetime.fromtimestamp(int(tried) / 1000, UTC) if tried else None,
        provider_id=provider_id.decode(),
    )


def fields(flat: Sequence[bytes]) -> dict[str, str]:
    """A hash as the store's scripts return it."""
    return {flat[i].decode(): flat[i + 1].decode() for i in range(0, len(flat), 2)}
