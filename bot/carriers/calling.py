"""Calling a provider: one HTTP request, its answer within bounds, and what its failures mean.

A transport error becomes `SendError` here and nowhere else: not connected → retryable (nothing was
written); anything after that → unknown (it may have been sent). The two exclude each other.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypedDict

from pydantic_core import to_json
from yarl import URL

from bot.carriers.base import AccountSettings
from bot.carriers.http import Answer, Http, NoAnswer, NotConnected, Timeouts
from bot.carriers.reading import OURS
from bot.errors import SendError
from bot.messages import Accepted, AccountName, MessageId, PhoneNumber, Sendable

DETAIL_LIMIT = 200
"""Characters of a provider's words that are kept."""


class Facts(TypedDict, total=False):
    """The facts of a `SendError`, for a carrier's table of codes."""

    retryable: bool
    retry_after_s: float
    throttled: bool
    unknown: bool
    opted_out: bool
    bad_number: bool
    not_rcs: bool
    template: bool
    content: bool
    account: bool


PERMANENT: Final[Facts] = {}
RETRY: Final[Facts] = {"retryable": True}
UNKNOWN: Final[Facts] = {"unknown": True}
OPTED_OUT: Final[Facts] = {"opted_out": True}
BAD_NUMBER: Final[Facts] = {"bad_number": True}
NOT_RCS: Final[Facts] = {"not_rcs": True}
TEMPLATE: Final[Facts] = {"template": True}
CONTENT: Final[Facts] = {"content": True}
ACCOUNT: Final[Facts] = {"account": True}


def throttled(after_s: float | None) -> Facts:
    """Too many; after_s: when the same attempt may be made again, None = the sender's own back-off."""
    facts: Facts = {"throttled": True, "retryable": True}
    return facts if after_s is None else {**facts, "retry_after_s": after_s}


def of_family(table: Mapping[str, Facts], code: str) -> Facts | None:
    """What a table says of a code, or of the family before its first dot ("Throttling" of "Throttling.User")."""
    return table.get(code, table.get(code.partition(".")[0]))


def timeouts(settings: AccountSettings) -> Timeouts:
    """The account's time-outs."""
    return Timeouts(settings.connect_timeout_s, settings.read_timeout_s)


async def call(
    http: Http, method: str, url: URL, *, timeout: Timeouts, headers: Mapping[str, str], data: bytes | None = None
) -> Answer:
    """One request, no redirects. Raises SendError for a failed transport."""
    try:
        return await http.request(method, url, headers, data, timeout)
    except NotConnected as error:
        raise SendError("not_connected", f"{url.host}: {error}", retryable=True) from None
    except NoAnswer as error:
        raise SendError("no_answer", f"{url.host}: {error}", unknown=True) from None


def given(fields: Mapping[str, str]) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value}


def json_text(value: object) -> str:
    """Compact JSON; Chinese stays as it is."""
    return to_json(value).decode()


def callback_url(account: AccountName, settings: AccountSettings, message: MessageId) -> str:
    """Our webhook with our id in it, for a provider whose receipts carry neither that nor a number.

    It holds the secret of the path: it goes to the provider and nowhere else. `reading.called_back` reads it.
    """
    return f"{webhook_urls(account, settings)[0]}?{OURS}={message}"


def webhook_urls(account: AccountName, settings: AccountSettings) -> tuple[str, ...]:
    """Our webhook as the provider reaches it: one address for each secret of the path."""
    root = f"{settings.public_url.rstrip('/')}/webhooks/{account}"
    return tuple(f"{root}/{secret.get_secret_value()}" for secret in settings.webhook_secrets)


def form_body(fields: Mapping[str, str]) -> bytes:
    """The body of a form post. yarl encodes in C: 3 µs for a Chinese text that costs urllib 10."""
    return URL.build(query=fields).raw_query_string.replace(",", "%2C").encode()


def multipart_body(
    name: str, file_name: str, content_type: str, data: bytes, fields: Mapping[str, str] | None = None
) -> tuple[str, bytes]:
    """The content type and body of a form with one file in it, behind its fields."""
    boundary = uuid.uuid4().hex
    file_name = re.sub(r'[\r\n"\\]', "_", file_name)
    told = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in (fields or {}).items()
    ]
    head = "".join(told)
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
    whole = f"{head}Content-Type: {content_type}\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", whole


def by_status(answer: Answer, code: str = "", detail: str = "") -> SendError:
    """What an HTTP status alone says: 429 throttled, 401 and 403 the account, 5xx unknown, others permanent."""
    facts: Facts = PERMANENT
    if answer.status == 429:
        facts = throttled(retry_after_s(answer.headers))
    elif answer.status in (401, 403):
        facts = ACCOUNT
    elif answer.status >= 500:
        facts = UNKNOWN
    return SendError(code or f"http_{answer.status}", detail, **facts)


def unreadable(answer: Answer) -> SendError:
    """What an answer means that is not in the provider's shape: a success that cannot be read is unknown."""
    if answer.status < 300:
        return SendError("bad_answer", "the answer is not in the provider's shape", unknown=True)
    return by_status(answer)


async def outcome(sending: Awaitable[Accepted]) -> Accepted | SendError:
    """What became of one message among many."""
    try:
        return await sending
    except SendError as error:
        return error


def alone(outcomes: Sequence[Accepted | SendError]) -> Accepted:
    """The outcome of a message that had a call for many to itself. Raises SendError."""
    [one] = outcomes
    if isinstance(one, SendError):
        raise one
    return one


async def in_groups(
    messages: Sequence[Sendable],
    key: Callable[[Sendable], Hashable],
    limit: int,
    send: Callable[[Sequence[Sendable]], Awaitable[Sequence[Accepted | SendError]]],
) -> list[Accepted | SendError]:
    """Send messages in calls that take those of one key only, `limit` at most and no number twice.

    One outcome for each message, in their order. A SendError of `key` is that message's, one of `send` its group's.
    """
    outcomes: dict[MessageId, Accepted | SendError] = {}
    groups: defaultdict[Hashable, list[dict[PhoneNumber, Sendable]]] = defaultdict(list)
    for message in messages:
        try:
            open_ = groups[key(message)]
        except SendError as error:
            outcomes[message.id] = error
            continue
        if not open_ or len(open_[-1]) == limit or message.to in open_[-1]:
            open_.append({})
        open_[-1][message.to] = message

    async def one(group: list[Sendable]) -> None:
        try:
            became: Sequence[Accepted | SendError] = await send(group)
        except SendError as error:
            became = [error] * len(group)
        outcomes.update(zip([message.id for message in group], became, strict=True))

    await asyncio.gather(*[one(list(group.values())) for group in itertools.chain(*groups.values())])
    return [outcomes[message.id] for message in messages]


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds, from a number or an HTTP date; None when it is neither."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # TypeError: a date without zone
        return None


def word(value: object) -> str:
    """A provider's own name for an error; empty when it is not one word."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.:-]{1,80}", value) else ""


def said_in(messages: Sequence[Sendable]) -> list[str]:
    """What a provider may quote of these: their texts and, of templates, the values; the longest first."""
    quoted = [message.text for message in messages]
    quoted += [value for message in messages if message.template for value in message.template.params.values()]
    return sorted((text for text in quoted if len(text) > 1), key=len, reverse=True)


def words(text: object, *private: str) -> str:
    """A provider's words, fit to keep: without these private texts, without long digits, and cut."""
    kept = str(text or "")
    for one in filter(None, private):
        kept = kept.replace(one, "…")
    return re.sub(r"[0-9]{5,}", "…", kept)[:DETAIL_LIMIT]
