"""The way into a mailbox: one script that de-duplicates, stamps, appends and marks the contact ready."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from prometheus_client import Counter

from bot import keys
from bot.errors import StoreDown
from bot.messages import ContactId, Inbound, PhoneNumber, Signal
from bot.record.journal import ContactEntry, encode
from bot.runtime import Runtime
from flows.values import to_json

ACCEPTED = Counter("dingdong_mail_total", "Stimuli offered to a mailbox", ["kind", "result"])


INTRODUCTIONS_KEPT = 10_000
"""People whose seal is remembered: every mail brings it, nearly none needs it, and making it costs 5 µs and the GIL."""


class Inbox:
    """Puts stimuli into mailboxes and wakes the worker; one in this process is handed the person in the same trip."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._settings = runtime.settings.receive
        self._lease_ms = runtime.settings.worker.lease_ms
        self._introduction = lru_cache(maxsize=INTRODUCTIONS_KEPT)(self._introduce)

    async def inbound(self, item: Inbound) -> bool:
        """A person's words or tap. False when it was seen before. Raises StoreDown: the carrier repeats."""
        contact, shard = self._runtime.contact(item.number)
        stimulus = inbound_stimulus(item)
        nameless = not item.id and item.at is None and item.tap is None
        window_s = self._runtime.carriers[item.account].settings.retry_window_s if nameless else None
        return await self.put(contact, shard, stimulus, number=item.number, window_s=window_s)

    async def reported(self, item: Signal) -> bool:
        """An opt-out or opt-in the provider itself took: mail, in order with the person's own. Raises StoreDown."""
        contact, shard = self._runtime.contact(item.number)
        stimulus = {
            "kind": "reported",
            "id": f"rp-{_digest(item.account, item.id) if item.id else uuid.uuid4().hex}",
            "account": item.account,
            "pid": item.id,
            "by": item.account,
            "what": item.what,
            "topic": self._runtime.carriers[item.account].settings.opt_out_topic,
            "code": item.code,
        }
        return await self.put(contact, shard, stimulus, number=item.number)

    async def put(
        self,
        contact: ContactId,
        shard: int,
        stimulus: Mapping[str, Any],
        number: PhoneNumber | None = None,
        window_s: int | None = None,
    ) -> bool:
        """Any stimulus (JSON form of `flows.state.Stimulus` without `at`, which the store stamps).

        Its id is what de-duplicates it; with `window_s` only for so long, and only while no other ask was shown
        (bot/lua/accept.lua). Raises StoreDown when it is not certain to be durable.
        """
        sealed, entry = self._introduction(contact, number) if number else ("", "")
        wakes = self._runtime.wakes
        token = wakes.hands.token() if wakes.hands else ""
        result = await self._runtime.store.run(
            "accept",
            [keys.seen(shard, f"{contact}:{stimulus['id']}")],
            [
                keys.tag(shard),
                contact,
                to_json(stimulus),
                self._settings.seen_ttl_s,
                self._settings.mailbox_limit,
                sealed,
                entry,
                token,
                self._lease_ms,
                "" if window_s is None else window_s,
            ],
        )
        if wakes.hands and isinstance(result, list):
            _accepted(stimulus["kind"], 1).inc()
            wakes.hands.take(shard, token, result)
            return True
        _accepted(stimulus["kind"], result).inc()
        if result < 0:
            raise StoreDown("mailbox full")
        if result:
            wakes.work(shard)
        return bool(result)

    def _introduce(self, contact: ContactId, number: PhoneNumber) -> tuple[str, str]:
        """The sealed number and the journal entry that the store keeps of a person it does not know yet."""
        sealed = self._runtime.sealer.seal(contact, number)
        return sealed, encode([ContactEntry(t="contact", contact=contact, number=sealed)])


@cache
def _accepted(kind: str, result: int) -> Counter:
    return ACCEPTED.labels(kind, {1: "taken", 0: "repeated"}.get(result, "full"))


def _storable(text: str) -> str:
    """No database keeps U+0000 in a text; the replacement character shows that something stood there."""
    return text.replace("\0", "\ufffd")


def inbound_stimulus(item: Inbound) -> dict[str, Any]:
    """The stimulus of an inbound. Without a carrier's id one is made of what the carrier repeats alike.

    The ask shown last is no part of it: the script compares it, and where the carrier gives a time, a repeat is told by
    that alone, whatever was shown meanwhile.
    """
    told = item.id or "\n".join((item.number, item.text, item.to, item.at.isoformat() if item.at else ""))
    stimulus = {"kind": "said", "id": f"in-{_digest(item.account, told)}", "account": item.account, "pid": item.id}
    if item.tap is None:
        return stimulus | {"text": _storable(item.text)}
    return stimulus | {"kind": "tapped", "ask": item.tap.ask, "choice": item.tap.choice, "label": _storable(item.text)}


def _digest(account: str, told: str) -> str:
    return hashlib.sha256(f"{account}\n{told}".encode()).hexdigest()[:24]
