"""A push as the request that our webhook makes of it, for tests that need no server."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from yarl import URL

from bot.carriers.base import Pulls
from bot.carriers.http import Http
from bot.messages import Item, Kind, MessageId, PhoneNumber, Sendable, WebhookRequest
from standins.base import Push

NUMBER = PhoneNumber("+8613800138000")
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def webhook_request(
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str = "POST",
    query: Mapping[str, str] = MappingProxyType({}),
    remote: str = "127.0.0.1",
    at: datetime | None = None,
    tail: str = "",
) -> WebhookRequest:
    """As `bot.receive.webhook` makes one."""
    lower = {name.lower(): value for name, value in headers.items()}
    return WebhookRequest(method, lower, query, body, remote, at or NOW, tail)


def pushed(push: Push, **request: Any) -> WebhookRequest:
    """What arrives when a provider makes this call; `request`: who called, and when."""
    query = {**URL(push.url).query, **push.query}
    tail = push.path.removeprefix("/")
    return webhook_request(push.headers, push.body, method=push.method, query=query, tail=tail, **request)


async def pulled(carrier: Pulls, http: Http) -> list[Item]:
    """All that one pull brings. Raises SendError."""
    return [item async for page in carrier.pull(http) for item in page]


def sendable(text: str = "【叮咚】您好", *, to: PhoneNumber = NUMBER) -> Sendable:
    """A text with a fresh id of ours."""
    digits = uuid.uuid4().hex
    ours = str(uuid.UUID(digits[:12] + "8" + digits[13:16] + "a" + digits[17:]))
    return Sendable(MessageId(ours), to, Kind.CONVERSATION, "text", text)
