"""Outcomes to the platform, as Standard Webhooks says: signed, in order per person, at least once.

The first outcome of a person is leased, posted, and only then dropped from the store: a poster that dies in between
repeats it with the same webhook-id. What the platform does not take waits in the store and is tried again; what it
never takes goes to the shard's dead letters, and the next one goes on.

Spec: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

import asyncio
import base64
import email.utils
import hashlib
import hmac
import json
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NotRequired, TypedDict

import aiohttp
import structlog
from pydantic import JsonValue

from bot import keys
from bot.errors import ConfigError, StoreDown
from bot.pipe import Arg
from bot.record.journal import OutcomeEntry, encode
from bot.rounds import Rounds
from bot.settings import OutcomeSettings
from bot.store import Store

log = structlog.get_logger()

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what a secret begins with, not one
SECRET_BYTES: Final = range(24, 65)
"""Spec, "Signature scheme": a symmetric secret has 24 to 64 bytes."""

JITTER: Final = 0.2
"""A pause is up to this share longer or shorter, so that an outage's backlog does not return all at once."""


class Outcome(TypedDict):
    """As it lies in the store. at: when it was emitted, ISO 8601 UTC. attempts: posts that failed so far."""

    id: str
    type: str
    contact: str
    thread: str
    sequence: int
    data: Mapping[str, JsonValue]
    at: str
    attempts: NotRequired[int]


@dataclass(frozen=True, slots=True)
class _Taken:
    """An outcome that is ours until its lease ends. deadline: loop time by which the post must be over."""

    shard: int
    contact: bytes
    lease: bytes
    stored: bytes
    deadline: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the platform made of a post. why: for journal and log, never its body."""

    taken: bool
    why: str
    gone: bool = False
    retry_after_s: float = 0.0


class OutcomePoster:
    """The role that posts outcomes. Raises ConfigError when a secret is not one."""

    def __init__(self, store: Store, http: aiohttp.ClientSession, settings: OutcomeSettings) -> None:
        self._store = store
        self._http = http
        self._settings = settings
        self._signing_keys = signing_keys([secret.get_secret_value() for secret in settings.secrets])
        if settings.lease_ms <= settings.timeout_s * 1000:
            raise ConfigError("outcomes: lease_ms must exceed timeout_s, or two processes may post for one person")
        self._rounds = Rounds("outcomes", store, settings.poll_ms, keys.WAKE_POST, self._visit)
        self._posts: defaultdict[int, set[asyncio.Task[None]]] = defaultdict(set)

    def wake(self, shard: int) -> None:
        """There is an outcome in this shard, now."""
        self._rounds.wake(shard)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; then finish the posts under way."""
        await self._rounds.run(stopping)
        await asyncio.gather(*(post for posts in self._posts.values() for post in posts), return_exceptions=True)

    async def _visit(self, shard: int) -> bool:
        """Start what is due, as far as there is room; a post that ends wakes the shard again."""
        room = self._settings.parallel - len(self._posts[shard])
        if room <= 0:
            return False
        # Counted from before the lease begins, so a post is over before another process may take its outcome.
        deadline = asyncio.get_running_loop().time() + self._settings.timeout_s
        args: list[Arg] = [keys.tag(shard), self._settings.lease_ms, room]
        answer: Sequence[bytes] = await self._store.run("outcomes_take", [keys.outcomes_due(shard)], args)
        for contact, lease, stored in zip(answer[::3], answer[1::3], answer[2::3], strict=True):
            post = asyncio.create_task(self._deliver(_Taken(shard, contact, lease, stored, deadline)))
            self._posts[shard].add(post)
        return False

    async def _deliver(self, taken: _Taken) -> None:
        try:
            outcome: Outcome = json.loads(taken.stored)
            answer = await self._post(outcome, taken.deadline)
            attempts = outcome.get("attempts", 0) + 1
            if answer.taken:
                await self._done(taken, outcome, "posted")
            elif answer.gone or attempts > len(self._settings.retry_s):
                log.error("outcome_dead", id=outcome["id"], attempts=attempts, why=answer.why)
                await self._done(taken, {**outcome, "attempts": attempts}, "dead", answer.why)
            else:
                log.warning("outcome_not_taken", id=outcome["id"], attempts=attempts, why=answer.why)
                await self._again(taken, {**outcome, "attempts": attempts}, answer.retry_after_s)
        except StoreDown as error:
            log.warning("store_down", role="outcomes", error=str(error))  # the lease ends and it is posted again
        except Exception:
            log.exception("outcome_failed", shard=taken.shard)
        finally:
            task = asyncio.current_task()
            assert task is not None
            self._posts[taken.shard].discard(task)
            self.wake(taken.shard)

    async def _post(self, outcome: Outcome, deadline: float) -> _Answer:
        body = body_of(outcome)
        now = time.time()
        headers = {"Content-Type": "application/json", **signed(self._signing_keys, outcome["id"], int(now), body)}
        try:
            async with (
                asyncio.timeout_at(deadline),
                self._http.post(self._settings.url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                taken = 200 <= response.status < 300
                wait = retry_after_s(response.headers.get("Retry-After", ""), now)
                return _Answer(taken, f"HTTP {response.status}", gone=response.status == 410, retry_after_s=wait)
        except (aiohttp.ClientError, TimeoutError) as error:
            return _Answer(taken=False, why=type(error).__name__)

    async def _done(self, taken: _Taken, outcome: Outcome, state: Literal["posted", "dead"], why: str = "") -> None:
        script_keys = [
            keys.outcomes_due(taken.shard),
            keys.outcomes(taken.shard, taken.contact.decode()),
            keys.dead(taken.shard),
        ]
        dead = dump({**outcome, "why": why}) if state == "dead" else ""
        entry = encode([_entry(outcome, state, why)])
        args: list[Arg] = [
            keys.tag(taken.shard),
            taken.contact,
            taken.lease,
            taken.stored,
            entry,
            dead,
            self._settings.dead_kept,
        ]
        await self._store.until_done("outcomes_done", script_keys, args)

    async def _again(self, taken: _Taken, outcome: Outcome, at_least_s: float) -> None:
        script_keys = [keys.outcomes_due(taken.shard), keys.outcomes(taken.shard, taken.contact.decode())]
        pauses = self._settings.retry_s
        pause = pauses[outcome.get("attempts", 1) - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        delay_ms = round(max(pause, min(at_least_s, max(pauses))) * 1000)
        args: list[Arg] = [taken.contact, taken.lease, taken.stored, dump(outcome), delay_ms]
        await self._store.until_done("outcomes_again", script_keys, args)


def dump(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def body_of(outcome: Outcome) -> bytes:
    """What is posted and signed: the same bytes on every attempt."""
    where = {"contact": outcome["contact"], "thread": outcome["thread"], "sequence": outcome["sequence"]}
    return dump({"type": outcome["type"], "timestamp": outcome["at"], "data": {**outcome["data"], **where}}).encode()


def signed(signing_keys: Sequence[bytes], outcome: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three webhook-… headers. timestamp: of this attempt, in epoch seconds."""
    content = f"{outcome}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in signing_keys)
    return {
        "webhook-id": outcome,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def signing_keys(secrets: Sequence[str]) -> list[bytes]:
    """The bytes behind "whsec_…" secrets. Raises ConfigError when there is none, or one is malformed."""
    if not secrets:
        raise ConfigError("outcomes: no signing secret; make one with: echo whsec_$(openssl rand -base64 32)")
    return [_signing_key(secret) for secret in secrets]


def _signing_key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise ConfigError(
            f"outcomes: a signing secret must be {SECRET_PREFIX} and base64 of {SECRET_BYTES.start} to "
            f"{SECRET_BYTES.stop - 1} bytes; make one with: echo whsec_$(openssl rand -base64 32)"
        )
    return key


def retry_after_s(header: str, now: float) -> float:
    """Seconds a Retry-After header asks for (RFC 9110 10.2.3: seconds or a date); 0 when it says nothing readable."""
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - now)
    except ValueError:
        return 0.0


def _entry(outcome: Outcome, state: Literal["posted", "dead"], why: str) -> OutcomeEntry:
    entry: OutcomeEntry = {
        "t": "outcome",
        "contact": outcome["contact"],
        "id": outcome["id"],
        "state": state,
        "type": outcome["type"],
        "thread": outcome["thread"],
        "sequence": outcome["sequence"],
    }
    if why:
        entry["why"] = why
    return entry
