"""A claimed conversation and its commit: what the scripts take and give, in the engine's values.

Pure but for the two calls at the end; the guard is in `bot/lua/commit.lua`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot import keys
from bot.deliver.outbox import Outbound, Ready, dump_outbound, fields, kept_s, lane, out_entry
from bot.deliver.phones import RICH
from bot.ids import message_id
from bot.messages import ContactId, Kind
from bot.pipe import Arg
from bot.record.journal import ConsentEntry, Entry, OutcomeEntry, TurnEntry, encode
from bot.runtime import Runtime
from bot.settings import SenderSettings
from cards.model import CardChoice
from flows.state import (
    ClearTimer,
    Consent,
    Conversation,
    Do,
    Effect,
    Emit,
    HandOver,
    Happened,
    Note,
    Said,
    Say,
    SetTimer,
    Staffed,
    Stimulus,
    Tapped,
    Turn,
    dump,
    load,
    to_stimulus,
    with_shown,
)
from flows.values import Value, to_json, to_plain


class Mail(Value, frozen=True):
    """One item of a mailbox: the stimulus, and where words came from."""

    stimulus: Stimulus
    account: str
    provider_id: str


class Claimed(Value, frozen=True):
    """What `claim.lua` or `accept.lua` returned for one contact. who: the fields of `keys.who`."""

    contact: ContactId
    version: str
    conversation: Conversation
    mail: tuple[Mail, ...]
    who: Mapping[str, str]


def claimed(row: Sequence[Any], language: str, zone: str) -> Claimed:
    """Read one row of `claim.lua`. Raises ValueError (pydantic) when a document is not what we wrote."""
    contact = ContactId(row[0].decode())
    conversation = load(row[1]) if row[1] else Conversation(contact=contact, language=language, zone=zone)
    marks = {row[4][i].decode(): row[4][i + 1].split(b" ") for i in range(0, len(row[4]), 2)}
    shown = {ask: (_moment(at), None if seen in (b"0", b"?") else _moment(seen)) for ask, (at, seen) in marks.items()}
    awaited = [ask for ask, (_, seen) in marks.items() if seen == b"?"]
    mail = tuple(map(_mail, row[3]))
    return Claimed(contact, row[2].decode(), with_shown(conversation, shown, awaited), mail, fields(row[5]))


def _moment(milliseconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _mail(item: bytes) -> Mail:
    """Of "<at ms> <JSON object>": the store's stamp becomes the stimulus's `at`."""
    at, body = item.split(b" ", 1)
    given = msgspec.json.decode(body)
    account, provider_id = given.pop("account", ""), given.pop("pid", "")
    return Mail(to_stimulus(given | {"at": _moment(at)}), account, provider_id)


def outbounds(settings: SenderSettings, shard: int, turns: Sequence[tuple[Mail, Turn]]) -> list[Outbound]:
    """What the turns of one claim say, in order."""
    after = turns[-1][1].conversation
    return [
        _outbound(settings, shard, after, effect, mail.stimulus.at)
        for mail, turn in turns
        for effect in turn.effects
        if isinstance(effect, Say)
    ]


def wrote_by(who: Mapping[str, str], turns: Sequence[tuple[Mail, Turn]]) -> str:
    """The account the person wrote by in these turns, if that is news: another one than before, or one that was
    thought not to reach them by RCS. Else ""."""
    account = next((mail.account for mail, _ in reversed(turns) if mail.account), "")
    news = account and (account != who.get("via") or who.get(RICH + account, "").startswith("0"))
    return account if news else ""


def heard(who: Mapping[str, str], via: str) -> Mapping[str, str]:
    """The fields of `keys.who` once it is news that they wrote by this account, as `commit.lua` leaves them."""
    return {name: value for name, value in {**who, "via": via}.items() if name != RICH + via} if via else who


def commit_args(
    runtime: Runtime,
    shard: int,
    token: str,
    claim: Claimed,
    turns: Sequence[tuple[Mail, Turn]],
    outbound: Sequence[Outbound],
    ready: Ready | None,
) -> list[Arg]:
    """ARGV of `commit.lua` for the turns of one claim, in order. ready: what is attempted with it, if anything."""
    after = turns[-1][1].conversation
    effects = [effect for _, turn in turns for effect in turn.effects]
    outcomes = [
        _outcome(claim.contact, effect, mail.stimulus.at)
        for mail, turn in turns
        for effect in turn.effects
        if isinstance(effect, Emit)
    ]
    posted = outcomes if runtime.settings.outcomes.url else []
    held = after.held_by if after.held_by != claim.conversation.held_by else "="
    known = {ask.id for ask in after.asks}
    return [
        keys.tag(shard),
        claim.contact,
        token,
        claim.version,
        dump(after),
        len(turns),
        encode(_entries(claim.contact, turns, outbound, outcomes)),
        kept_s(outbound, runtime.settings.sender),
        held,
        *_attempt(ready, runtime.settings.sender),
        wrote_by(claim.who, turns),
        *_timers(effects),
        *_listed([ask] for _, turn in turns for ask in turn.closed),
        *_listed([ask.id] for ask in claim.conversation.asks if ask.id not in known),
        *_listed([e.topic, "1" if e.granted else ""] for e in effects if isinstance(e, Consent)),
        *_listed((o.id, o.kind.value, lane(o), o.ask, o.say, dump_outbound(o)) for o in outbound),
        *_listed([to_json(outcome)] for outcome in posted),
    ]


def _attempt(ready: Ready | None, settings: SenderSettings) -> tuple[Arg, ...]:
    if ready is None:
        return "", "", "", 0, "", ""
    epoch, form, awaits = ready.taken.who.get("epoch", "0"), ready.sendable.form, "1" if ready.awaits else ""
    return epoch, ready.carrier.account, encode([ready.entry]), settings.lease_ms, form, awaits


def _timers(effects: Iterable[Effect]) -> list[Arg]:
    """The last word on each timer wins: the lists of those set and those cleared."""
    last: dict[str, datetime | None] = {}
    for effect in effects:
        if isinstance(effect, SetTimer):
            last[effect.id] = effect.at
        elif isinstance(effect, ClearTimer):
            last[effect.id] = None
    later: list[list[Arg]] = [[timer, int(at.timestamp() * 1000)] for timer, at in last.items() if at is not None]
    return [*_listed(later), *_listed([timer] for timer, at in last.items() if at is None)]


def _listed(rows: Iterable[Sequence[Arg]]) -> list[Arg]:
    """A counted list, flat, as the script reads it."""
    flat: list[Arg] = [0]
    count = 0
    for row in rows:
        flat.extend(row)
        count += 1
    flat[0] = count
    return flat


def _outbound(settings: SenderSettings, shard: int, after: Conversation, say: Say, now: datetime) -> Outbound:
    contact = ContactId(after.contact)
    ask = say.ask
    return Outbound(
        id=message_id(shard, contact, say.id),
        contact=contact,
        say=say.id,
        card=say.card,
        data=say.data,
        thread=say.thread,
        ask=ask.id if ask else "",
        choices=tuple(CardChoice(c.id, c.means, c.labels, c.slots, c.hidden) for c in ask.question.choices)
        if ask
        else (),
        kind=Kind(say.kind),
        topic=say.topic,
        essential=say.essential,
        to_opted_out=say.to_opted_out,
        through_hold=say.through_hold,
        expires_at=say.expires_at or now + timedelta(seconds=settings.default_ttl_s),
        reply_to=say.reply_to,
        language=after.language,
        zone=after.zone,
        at=now,
    )


def _outcome(contact: ContactId, emit: Emit, at: datetime) -> dict[str, Any]:
    return {
        "id": "msg_" + hashlib.sha256(f"{contact}\n{emit.id}".encode()).hexdigest()[:32],
        "type": emit.type,
        "contact": contact,
        "thread": emit.thread,
        "sequence": emit.sequence,
        "data": to_plain(emit.data),
        "at": at.isoformat(),
    }


def _entries(
    contact: ContactId,
    turns: Sequence[tuple[Mail, Turn]],
    outbound: Sequence[Outbound],
    outcomes: Sequence[Mapping[str, Any]],
) -> list[Entry]:
    entries: list[Entry] = [_turn_entry(contact, mail, turn) for mail, turn in turns]
    entries += [
        ConsentEntry(
            t="consent",
            contact=contact,
            topic=e.topic,
            granted=e.granted,
            evidence=e.evidence,
            stimulus=mail.stimulus.id,
        )
        for mail, turn in turns
        for e in turn.effects
        if isinstance(e, Consent)
    ]
    entries += [out_entry(message) for message in outbound]
    entries += [
        OutcomeEntry(
            t="outcome",
            contact=contact,
            id=o["id"],
            state="emitted",
            type=o["type"],
            thread=o["thread"],
            sequence=o["sequence"],
            data=o["data"],
        )
        for o in outcomes
    ]
    return entries


def _turn_entry(contact: ContactId, mail: Mail, turn: Turn) -> TurnEntry:
    stimulus = mail.stimulus
    entry = TurnEntry(
        t="turn",
        contact=contact,
        id=stimulus.id,
        kind=stimulus.kind,
        at=stimulus.at.isoformat(),
        before=turn.before,
        after=turn.after,
        thread=turn.thread,
        reason=turn.reason,
    )
    match stimulus:
        case Said():
            entry["text"] = stimulus.text
        case Tapped():
            entry["text"] = stimulus.label
            entry["tap"] = [stimulus.ask, stimulus.choice]
        case Happened():
            entry["event"] = stimulus.type
        case Staffed():
            entry["by"] = stimulus.by
            entry["text"] = stimulus.text
    if mail.account:
        entry["account"] = mail.account
        entry["provider_id"] = mail.provider_id
    if turn.readings:
        entry["readings"] = to_plain(turn.readings)
    if turn.context:
        entry["context"] = turn.context
    notes = [[e.reason, e.detail] for e in turn.effects if isinstance(e, Note)]
    if notes:
        entry["notes"] = notes
    effects = [_told(e) for e in turn.effects if not isinstance(e, Note)]
    if effects:
        entry["effects"] = effects
    return entry


def _told(effect: Effect) -> list[str]:
    """An effect in two words for the timeline."""
    match effect:
        case Say():
            what = effect.card
        case Do():
            what = f"{effect.action} #{effect.attempt}"
        case SetTimer() | ClearTimer():
            what = effect.id
        case Emit():
            what = effect.type
        case Consent():
            what = f"{effect.topic} {'on' if effect.granted else 'off'}"
        case HandOver():
            what = effect.reason
        case Note():
            what = effect.reason
    return [effect.effect, what]
