"""Every Redis key: its owner, its shape, how long it lives, one sentence.

All keys of one contact carry the hash tag of the contact's shard, so a script touches one slot.
`s` is the shard number, `c` a contact id, both as decimal / hex text.
"""

from __future__ import annotations

from typing import Final

META: Final = "dingdong:meta"
"""hash, for ever. Owner: bot.store. Shard count and key check, written at first start, never changed."""

FLOWS: Final = "dingdong:flows"
"""hash version -> YAML, for ever. Owner: bot.runtime. Every flow version ever used."""

WAKE_WORK: Final = "dingdong:wake:work"
WAKE_SEND: Final = "dingdong:wake:send"
WAKE_POST: Final = "dingdong:wake:post"
"""lists of shard numbers, at most 64 long. Owner: bot.rounds. Wakes another process; losing one costs a poll."""

LOGINS: Final = "dingdong:login:"
"""string per hash of an address, ttl a few minutes. Owner: bot.console. How often somebody tried a password."""

SESSIONS: Final = "dingdong:session:"
"""string per console login token hash, ttl = session length. Owner: bot.console."""


def tag(shard: int) -> str:
    """The hash tag every key of a shard begins with: "{7}:"."""
    return "{%d}:" % shard


def ready(s: int) -> str:
    """zset contact -> due ms. Owner: receive.inbox. Contacts with mail; while claimed the score is the lease."""
    return f"{tag(s)}ready"


def mail(s: int, c: str) -> str:
    """list of "<at ms> <stimulus JSON>". Owner: receive.inbox. What waits for this person, in order."""
    return f"{tag(s)}mail:{c}"


def talk(s: int, c: str) -> str:
    """hash doc, ver, claim, tries, last, left. Owner: converse.conversations. Only a claim holder writes it."""
    return f"{tag(s)}talk:{c}"


def shown(s: int, c: str) -> str:
    """hash ask -> "<attempted ms> <delivered ms|0>". Owner: deliver.outbox. Until the ask is forgotten."""
    return f"{tag(s)}shown:{c}"


def timers(s: int) -> str:
    """zset "<contact> <timer id>" -> due ms. Owner: converse.timers. What elapses when."""
    return f"{tag(s)}timers"


def out(s: int, kind: str) -> str:
    """zset contact -> due ms. Owner: deliver.outbox. Contacts with an outbound of this kind; taken: the lease."""
    return f"{tag(s)}out:{kind}"


def queue(s: int, c: str) -> str:
    """list of message ids in commit order. Owner: deliver.outbox. That person's unsent outbound."""
    return f"{tag(s)}queue:{c}"


def msg(s: int, message: str) -> str:
    """hash, ttl `message_ttl_s`; `messages_kept` finished ones a person. Owner: deliver.outbox. One outbound.

    contact kind thread ask say doc, status, due ms; of its attempts n, since ms (the first), account, form, tok, first,
    pid, void, as_text; of an RCS message awaits (a text may follow it), sent ms, recaller, asked ms, said, said_at ms,
    instead (the text that followed it).
    """
    return f"{tag(s)}msg:{message}"


def done(s: int, c: str) -> str:
    """list of message ids past sending, newest last, at most `messages_kept`. Owner: deliver.outbox."""
    return f"{tag(s)}done:{c}"


def recalls(s: int) -> str:
    """zset contact -> due ms. Owner: deliver.recalls. People with an RCS message whose delivery is awaited."""
    return f"{tag(s)}recalls"


def awaited(s: int, c: str) -> str:
    """list of message ids, oldest first. Owner: deliver.recalls. That person's RCS messages not yet delivered."""
    return f"{tag(s)}awaited:{c}"


def pid(s: int, c: str, account: str, provider_id: str) -> str:
    """string "m<message id>", or list of parked receipts; ttl 72 h. Owner: receive.receipts. Provider id -> message."""
    return f"{tag(s)}pid:{c}:{account}:{provider_id}"


def who(s: int, c: str) -> str:
    """hash number, epoch, held, stop:<topic>, rich:<account>, via, last, sender. Owner: deliver.contacts. For ever.

    `via` is the account they wrote by last, `last` our last attempt: "<account> <form>". `sender` is the lock of one
    attempt at a time: "<token> <until ms>".
    """
    return f"{tag(s)}who:{c}"


def outcomes(s: int, c: str) -> str:
    """list of outcome JSON in order. Owner: deliver.outcomes. Drained by one claim at a time."""
    return f"{tag(s)}outcomes:{c}"


def outcomes_due(s: int) -> str:
    """zset contact -> due ms. Owner: deliver.outcomes. Contacts with outcomes to post; score = lease when taken."""
    return f"{tag(s)}outcomes_due"


def dead(s: int) -> str:
    """list of outcome JSON, at most `dead_kept`. Owner: deliver.outcomes. Outcomes the platform never took."""
    return f"{tag(s)}dead"


def journal(s: int) -> str:
    """stream, field e = JSON list of entries. Owner: record.journal. Trimmed only behind the recorder."""
    return f"{tag(s)}journal"


def seen(s: int, key: str) -> str:
    """string, ttl = the carrier's retry horizon. Owner: receive.inbox. De-duplication of inbound and events."""
    return f"{tag(s)}seen:{key}"


def parked(s: int, c: str) -> str:
    """list of mail, for ever. Owner: converse.worker. A stimulus that failed 5 claims, shown to staff."""
    return f"{tag(s)}parked:{c}"


def token(account: str) -> str:
    """string, ttl = the token's own. Owner: bot.shelf. The access token all processes use, sealed."""
    return "{a:%s}:token" % account


def rate(account: str) -> str:
    """string, ttl a moment. Owner: deliver.sender. When this account may send again; in a slot of its own."""
    return "{a:%s}:rate" % account


def stopped(account: str) -> str:
    """hash code, since ms, probe ms. Owner: deliver.accounts. Why an account is not used, until it takes a message."""
    return "{a:%s}:stopped" % account


def pulled(account: str) -> str:
    """string, ttl about `pull_every_s`. Owner: receive.pulls. Somebody pulled this account a moment ago."""
    return "{a:%s}:pulled" % account


def pages(account: str) -> str:
    """list of sealed pages, for ever. Owner: receive.pages. Pulled from the provider, and not yet all taken in."""
    return "{a:%s}:pages" % account


def once(account: str, mark: str) -> str:
    """string body digest, ttl = the signature's own. Owner: receive.webhook. Which body a signature was used for."""
    return "{a:%s}:once:%s" % (account, mark)


def templates(account: str) -> str:
    """hash code -> JSON review, for ever. Owner: deliver.templates. What the provider said of each template."""
    return "{a:%s}:templates" % account
