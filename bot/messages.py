"""The vocabulary that everything at the rim shares: what comes in, what goes out, who it is.

Vendor words end at the carrier that knows them; from there on only these values travel.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NewType, TypeAlias

from flows.values import JsonValue, Value, field

ContactId = NewType("ContactId", str)
"""Keyed hash of an E.164 number, 32 hex digits. Safe in keys, logs and URLs."""

MessageId = NewType("MessageId", str)
"""Id of one outbound: a UUIDv8 that carries its shard (`bot.ids`)."""

AccountName = NewType("AccountName", str)
"""Name of one configured instance of a carrier, as in bot.toml and the webhook path."""

PhoneNumber = NewType("PhoneNumber", str)
"""E.164 with "+". Never logged, never in a key or URL of ours."""


class Kind(enum.StrEnum):
    """Who goes first, who may be held, who may be dropped; in order of precedence."""

    VERIFICATION = "verification"
    CONVERSATION = "conversation"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Status(enum.StrEnum):
    """Where an outbound is. Moves forward only, in the order of `RANK`."""

    QUEUED = "queued"
    ATTEMPTED = "attempted"
    UNKNOWN = "unknown"  # the attempt's outcome is not known: it may have been sent
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    DROPPED = "dropped"  # policy refused it, or its ask was closed: never attempted
    REVOKED = "revoked"  # taken back before it arrived; its text goes instead


RANK: Mapping[Status, int] = {
    Status.QUEUED: 0,
    Status.ATTEMPTED: 10,
    Status.UNKNOWN: 15,
    Status.SENT: 20,
    Status.FAILED: 25,
    Status.DROPPED: 25,
    Status.REVOKED: 25,
    Status.DELIVERED: 30,
    Status.READ: 40,
}
"""A status replaces one of lower rank. FAILED is below DELIVERED: a delivery that was seen wins."""


# ---------------------------------------------------------------- in


class Tap(Value, frozen=True):
    """What a reply button's postback carries ("ask:<ask>:<choice>")."""

    ask: str
    choice: str

    @classmethod
    def of(cls, postback: str) -> Tap | None:
        """Read a postback of ours; None when it is not one (an action button, another agent's)."""
        parts = postback.split(":")
        if len(parts) != 3 or parts[0] != "ask" or not parts[1] or not parts[2]:
            return None
        return cls(ask=parts[1], choice=parts[2])


class Inbound(Value, frozen=True):
    """A person's words or tap, as a carrier delivered it.

    id: the carrier's id, or "" when it has none (then `bot.receive.inbox` hashes).
    text: the words, or the label of the tapped button. tap: set when a reply button was tapped.
    at: the carrier's own time in UTC, None when it gives none. Order is by arrival, never by this.
    to: the carrier's extension or sender the person wrote to; part of the hash when there is no id.
    """

    account: AccountName
    number: PhoneNumber
    text: str
    id: str = ""
    tap: Tap | None = None
    at: datetime | None = None
    to: str = ""


class Receipt(Value, frozen=True):
    """What became of one of our messages.

    message: our id, when the carrier echoes it. provider_id: the carrier's, when it gives one.
    number: given by carriers that echo no id of ours; finds the shard.
    status: the carrier's word in ours. None = a word that is not in its table; `raw` has it.
    not_rcs: cards do not reach that phone: it is remembered, and the next message is a text.
    """

    account: AccountName
    status: Status | None
    raw: str
    message: MessageId | None = None
    provider_id: str = ""
    number: PhoneNumber | None = None
    at: datetime | None = None
    error: str = ""
    not_rcs: bool = False


class Signal(Value, frozen=True):
    """Something else a carrier tells.

    what: typing, "acted": an action button (a link, a call) was tapped, or "helped": the provider answered a call for
    help itself: journaled, they move nothing.
    "unsubscribed" and "subscribed": the provider itself took an opt-out or an opt-in, or says that the number is on
    its blacklist: the person's consent is changed by it. code: the provider's word for that, kept as evidence.
    """

    account: AccountName
    number: PhoneNumber
    what: Literal["typing", "subscribed", "unsubscribed", "acted", "helped"]
    id: str = ""
    code: str = ""


class Bad(Value, frozen=True):
    """One item of a webhook's body that could not be read. Its good neighbours go on."""

    account: AccountName
    reason: str


Item: TypeAlias = Inbound | Receipt | Signal | Bad


class Ack(Value, frozen=True):
    """The answer a carrier expects to a webhook it delivered. headers: beside the usual ones."""

    body: str = ""
    content_type: str = "text/plain"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Once(Value, frozen=True):
    """The mark of a call whose signature leaves its body out: with another body, it is somebody else's.

    for_s: how long the signature is good, in seconds.
    """

    mark: str
    for_s: int


class Parsed(Value, frozen=True):
    """A webhook's body, read: its items in order and what to answer once they are durable."""

    items: tuple[Item, ...]
    ack: Ack
    once: Once | None = None


class WebhookRequest(Value, frozen=True):
    """All a carrier may look at. headers: asked for in lower case. remote: the trusted proxy hop's view.

    tail: what the carrier's platform put behind the account's own path, without a slash in front.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    remote: str
    received_at: datetime
    tail: str = ""


# ---------------------------------------------------------------- out

Form: TypeAlias = Literal["text", "rbm"]
"""What a message is given to a carrier as: words, or a card for RCS. That is an RBM contentMessage, which carriers of
other RCS dialects translate into their provider's JSON, but for those that take the GSMA's."""


class TemplateUse(Value, frozen=True):
    """A registered template (报备) with its variables filled, for providers that take nothing else."""

    code: str
    params: Mapping[str, str]


class Sendable(Value, frozen=True):
    """One attempt, rendered: what a carrier's `send` gets.

    form: "text" (then `text`), "rbm" (then `rich` is an RBM contentMessage, and `text` its text form).
    rich: for a carrier that takes the GSMA's JSON {"parts": [{"contentType", "content"}, …]} (`cards.gsma`).
    ttl_s: seconds until it expires, None = the carrier's default.
    template: what the card registered with this account; its words are `text` without the signature.
    """

    id: MessageId
    to: PhoneNumber
    kind: Kind
    form: Literal["text", "rbm"]
    text: str
    rich: Mapping[str, JsonValue] | None = None
    ttl_s: int | None = None
    template: TemplateUse | None = None


class Accepted(Value, frozen=True):
    """The carrier took it. response: its answer, cut to what is worth keeping, without the number."""

    provider_id: str = ""
    segments: int = 1
    response: str = ""


class Capability(Value, frozen=True):
    """What a carrier said a phone can do. note: its word for why it is not rich, if it gave one."""

    rich: bool
    features: frozenset[str] = field(default_factory=frozenset)
    note: str = ""
