"""What becomes of a taken message, by what was decided or what the carrier answered: pure, with its journal entry."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.carriers.base import LooksUp
from bot.deliver.outbox import Ready, Refusal, Settlement, Taken
from bot.deliver.policy import Hold
from bot.deliver.routing import NoRoute
from bot.errors import SendError
from bot.messages import Accepted, Receipt, Status
from bot.record.journal import StatusEntry
from bot.settings import SenderSettings
from flows.values import replace

Verdict = Literal["sent", "unknown", "failed", "dropped", "queued"]

NO_RECEIPTS = "accepted: as far as it goes, for no receipts come from this account"
"""Why a message stays at "sent" for good."""
AGAIN_MS = 200
"""Pause before a message is looked at again when the person wrote meanwhile, in milliseconds."""


def of(ready: Ready, result: Accepted | SendError, settings: SenderSettings, patience_ms: int | None) -> Settlement:
    """After the carrier was called: one branch per fact. patience_ms: how long its kind waits to arrive by RCS."""
    taken, account = ready.taken, ready.carrier.account
    if isinstance(result, Accepted):
        why = "accepted" if ready.carrier.receipts else NO_RECEIPTS
        entry = _entry(taken, "sent", why, account=account, response=result.response)
        entry["provider_id"] = result.provider_id
        return Settlement("sent", [entry], provider_id=result.provider_id, account=account, patience_ms=patience_ms)
    if result.not_rcs:
        return _as_text(taken, "not_rcs", account, result)
    unknown = Settlement("unknown", [_entry(taken, "unknown", str(result), account=account)], account=account)
    if result.unknown and not ready.carrier.idempotent_send:
        if not isinstance(ready.carrier, LooksUp) or taken.tried_for_s >= settings.give_up_s:
            return unknown
        return looked_up_later(taken, account, settings, str(result))
    doubt = result.unknown or taken.orphan  # this attempt or the one before it may have been sent
    passing = result.retryable or result.unknown or result.throttled
    pause = int((result.retry_after_s or 0) * 1000) or backoff_ms(taken.attempts, settings)
    left_ms = patience_ms - int(taken.tried_for_s * 1000) if patience_ms is not None and passing else 0
    late = patience_ms is not None and pause >= left_ms
    if result.account:
        back = waiting(taken, "account_error: another account, or this one later", 1_000, account, result)
    elif ready.awaits and (late or not passing) and not (result.opted_out or result.bad_number):
        # A text goes instead: at once, or after the one that may have been sent was taken back.
        if doubt:
            return replace(unknown, patience_ms=max(0, left_ms))
        return _as_text(taken, "not taken by RCS", account, result)
    elif passing and taken.tried_for_s < settings.give_up_s:
        back = waiting(taken, "again", pause, account, result)
    elif passing and doubt:
        return unknown
    else:
        entry = _entry(taken, "failed", str(result), account=account)
        entry["code"] = result.code
        return Settlement("failed", [entry], account=account, settled="failed", reason=str(result))
    return replace(back, verdict="again") if doubt else back


def _as_text(taken: Taken, why: str, account: str, error: SendError) -> Settlement:
    return replace(waiting(taken, f"{why}: goes as text", 0, account, error), as_text=True)


def looked_up_later(taken: Taken, account: str, settings: SenderSettings, why: str) -> Settlement:
    """It may have been sent, and the provider can be asked: that is done when it is taken again. why: nobody knows."""
    later = replace(waiting(taken, "", settings.look_up_after_ms), verdict="again", account=account)
    entry = _entry(taken, "unknown", f"{why}; looked up at the provider", account=account)
    entry["until"] = (datetime.now(UTC) + timedelta(milliseconds=later.due_in_ms)).isoformat()
    return replace(later, entries=[entry])


def looked_up(taken: Taken, found: Receipt) -> Settlement:
    """The provider said what became of it; that is told as a receipt, which moved the status."""
    verdict: Verdict = "failed" if found.status is Status.FAILED else "sent"
    return Settlement(verdict, [], provider_id=found.provider_id, account=taken.account)


def backoff_ms(attempts: int, settings: SenderSettings) -> int:
    """Doubling pause with jitter (half to full), in milliseconds."""
    full = min(settings.backoff_max_ms, settings.backoff_ms * 2 ** min(attempts, 30))
    return int(full * (0.5 + random.random() / 2))  # noqa: S311 - spread, not secrecy


def orphaned(taken: Taken, why: str) -> Settlement:
    """The last attempt may have been sent. why: it is not repeated."""
    why = f"it may have been sent, nobody knows; not again: {why}"
    return Settlement("unknown", [_entry(taken, "unknown", why, account=taken.account)], account=taken.account)


def dropped(taken: Taken, why: str) -> Settlement:
    """Policy said never."""
    if taken.orphan:
        return orphaned(taken, why)
    settled: Literal["expired", "dropped"] = "expired" if why == "expired" else "dropped"
    return Settlement("dropped", [_entry(taken, "dropped", why)], settled=settled, reason=why)


def held(taken: Taken, verdict: Hold, settings: SenderSettings) -> Settlement:
    """Policy said not now. A hold without an end is looked at again in `hold_recheck_ms`."""
    recheck = settings.hold_recheck_ms
    if verdict.until is not None:
        recheck = max(0, int((verdict.until - datetime.now(UTC)).total_seconds() * 1000))
    return waiting(taken, verdict.why, recheck)


def unroutable(taken: Taken, route: NoRoute, hope: bool, settings: SenderSettings) -> Settlement:
    """No account can carry it: wait while one may recover, or the only one that may repeat it; else it failed."""
    if hope or taken.orphan:
        return waiting(taken, route.why, settings.backoff_ms)
    return failed(taken, route.why)


def failed(taken: Taken, why: str) -> Settlement:
    """It cannot be sent at all."""
    if taken.orphan:
        return orphaned(taken, why)
    return Settlement("failed", [_entry(taken, "failed", why)], settled="failed", reason=why)


def troubled(taken: Taken, error: Exception, settings: SenderSettings) -> Settlement:
    """A bug of ours, or what only an operator can mend: as it is, to be looked at again after the longest pause."""
    return replace(waiting(taken, f"our own trouble: {type(error).__name__}", settings.backoff_max_ms), verdict="again")


def refused(taken: Taken, refusal: Refusal) -> Settlement | None:
    """The attempt was not recorded, so nothing was sent. None: it is another sender's now."""
    if refusal == "lost":
        return None
    if refusal == "status":
        return Settlement("released", [])  # cancelled since it was taken
    if refusal == "void":
        return orphaned(taken, "its question was closed")
    if refusal == "epoch":
        return waiting(taken, "consent or hold changed: decided again", 0)
    return waiting(taken, "the person wrote meanwhile", AGAIN_MS)


def unpermitted(wait_ms: int) -> Settlement:
    """The account's rate is used up. Not journaled: a backlog asks many times a second, and says nothing new."""
    return Settlement("queued", [], due_in_ms=wait_ms)


def waiting(taken: Taken, why: str, due_in_ms: int, account: str = "", error: SendError | None = None) -> Settlement:
    """Back into the outbox, due later; at its expiry at the latest, for then its conversation must be told."""
    now = datetime.now(UTC)
    if taken.message.expires_at is not None:
        due_in_ms = min(due_in_ms, max(0, math.ceil((taken.message.expires_at - now).total_seconds() * 1000)))
    entry = _entry(taken, "queued", f"{why}: {error}" if error else why, account=account)
    if error:
        entry["code"] = error.code
    entry["until"] = (now + timedelta(milliseconds=due_in_ms)).isoformat()
    return Settlement("queued", [entry], due_in_ms=due_in_ms, account=account)


def _entry(taken: Taken, status: Verdict, why: str, account: str = "", response: str = "") -> StatusEntry:
    entry = StatusEntry(t="status", contact=taken.message.contact, id=taken.message.id, status=status, why=why)
    if account:
        entry["account"] = account
    if response:
        entry["response"] = response
    return entry
