"""The platform's HTTP API, as the actions see it.

PLATFORM_URL and PLATFORM_KEY come from the environment, because the same package runs inside the bot and under
``python -m rasa_sdk``. Every call carries ``Idempotency-Key``: the id of the decision, the same on every attempt.
"""

from __future__ import annotations

import os
from typing import Any

import aiohttp
from rasa_sdk.interfaces import ActionExecutionRejection, Tracker

TIMEOUT_SECONDS = 10.0
"""Of one call. Less than `Limits.retry_after[0]`, so that an attempt is over before the next one starts."""
CONFLICT = 409
NOT_FOUND = 404
TOO_MANY = 429


class Retry(Exception):
    """The platform was slow, busy or down: the same call may be tried again. Says nothing personal."""


class Refused(ActionExecutionRejection):
    """The platform will not do it, now or later. Says nothing personal. An action server answers it with 400."""

    def __init__(self, message: str) -> None:
        super().__init__("platform", message)


_session: aiohttp.ClientSession | None = None


def _open() -> aiohttp.ClientSession:
    """The session, opened when first needed: importing this module does nothing."""
    global _session  # noqa: PLW0603 - one session per process, under two hosts that share nothing else
    if _session is None or _session.closed:
        url = os.environ.get("PLATFORM_URL")
        if not url:
            raise Refused("PLATFORM_URL is not set; it is the address of the platform's API")
        key = os.environ.get("PLATFORM_KEY", "")
        _session = aiohttp.ClientSession(
            base_url=url.rstrip("/") + "/",
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
        )
    return _session


async def aclose() -> None:
    """Close the session, if one was opened."""
    global _session  # noqa: PLW0603 - see _open
    if _session is not None:
        await _session.close()
        _session = None


def idempotency_key(tracker: Tracker) -> str:
    """The id of the decision this call carries out."""
    return str(tracker.latest_message["metadata"]["idempotency_key"])


async def get(path: str, **query: str) -> dict[str, Any]:
    """GET. Raises Retry or Refused."""
    return await _call("GET", path, params=query)


async def post(tracker: Tracker, path: str, **body: Any) -> dict[str, Any]:
    """POST with the decision's idempotency key. A 409, and a 404 as {"status": "gone"}, are answers.

    Raises Retry or Refused.
    """
    headers = {"Idempotency-Key": idempotency_key(tracker)}
    return await _call("POST", path, json=body, headers=headers)


async def _call(method: str, path: str, **options: Any) -> dict[str, Any]:
    try:
        async with _open().request(method, path, **options) as response:
            if response.status >= 500 or response.status == TOO_MANY:
                raise Retry(f"the platform answered {response.status}")
            if response.status == NOT_FOUND:
                return {"status": "gone"}
            if response.status >= 400 and response.status != CONFLICT:
                raise Refused(f"the platform answered {response.status}")
            answer = await response.json()
    except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
        raise Retry(f"the platform could not be reached: {type(error).__name__}") from error
    except (aiohttp.ContentTypeError, ValueError) as error:
        raise Refused("the platform's answer is not JSON") from error
    if not isinstance(answer, dict):
        raise Refused("the platform's answer is not a JSON object")
    return answer
