"""What a refusal of Google's means (providers-rcs.md 2.8; its details: google.rpc, AIP-193). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from bot.carriers import calling
from bot.carriers.calling import ACCOUNT, CONTENT, NOT_RCS, Facts, throttled
from bot.carriers.http import Answer
from bot.errors import SendError

FACTS: Final[Mapping[int | str, Facts]] = {
    # By the reason of its ErrorInfo, which says more than the status
    "SERVICE_DISABLED": ACCOUNT,
    "BILLING_DISABLED": ACCOUNT,
    "CONSUMER_INVALID": ACCOUNT,
    "CONSUMER_SUSPENDED": ACCOUNT,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": ACCOUNT,
    "RESOURCE_PROJECT_INVALID": ACCOUNT,
    # By HTTP status; 5xx are read by `calling.by_status`
    400: CONTENT,  # a shape or feature this phone does not take
    401: ACCOUNT,
    403: NOT_RCS,  # an agent that is not launched, and not a tester's phone: a text reaches it
    404: NOT_RCS,
}
DAY_S: Final = 3600.0
"""How long a quota by the day is waited for, where Google does not say: it may be nearly over, or be raised."""


def refusal(answer: Answer, *private: str) -> SendError:
    """Google's error as facts, under its status word. private: what may not be in its words."""
    error = answer.json().get("error")
    said = error if isinstance(error, dict) else {}
    code, detail = calling.word(said.get("status")), calling.words(said.get("message"), *private)
    details = _details(said)
    reason = calling.word(details.get("ErrorInfo", {}).get("reason"))
    if answer.status == 429:
        facts: Facts | None = throttled(_wait_s(answer, details))
    else:
        facts = FACTS.get(reason) or FACTS.get(answer.status)
    if facts is None:
        return calling.by_status(answer, code, detail)
    return SendError(code or f"http_{answer.status}", detail, **facts)


def _details(error: Mapping[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    """Its details by the last word of their type: ErrorInfo, RetryInfo, QuotaFailure, …"""
    details = error.get("details")
    found = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    return {str(one.get("@type", "")).rpartition(".")[2]: one for one in found}


def _wait_s(answer: Answer, details: Mapping[str, Mapping[str, JsonValue]]) -> float | None:
    """RetryInfo's "30s" or "1.5s", else Retry-After, else by the quota that is used up; None: not said."""
    delay = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)s", str(details.get("RetryInfo", {}).get("retryDelay")))
    if delay:
        return float(delay[1])
    after = calling.retry_after_s(answer.headers)
    if after is None and "PerDay" in str(details.get("ErrorInfo", {}).get("metadata")):
        return DAY_S
    return after
