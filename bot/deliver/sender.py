"""The sender: outbox → may it go, and where → rendered → recorded → the carrier → settled.

Every step is decided by pure functions (`policy`, `routing`, `verdicts`); this file only carries their
decisions out. The attempt is in the store before the carrier is called, its outcome after.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import Counter

from bot import keys
from bot.carriers.base import Carrier
from bot.deliver import verdicts
from bot.deliver.contacts import person
from bot.deliver.outbox import Outbound, Outbox, Ready, Settlement, Taken
from bot.deliver.phones import Phones
from bot.deliver.policy import Drop, Hold, Message, decide
from bot.deliver.recalls import Recalls
from bot.deliver.rendering import prepare, render, segments
from bot.deliver.routing import AccountView, NoRoute, Route, Shape, channel, choose
from bot.errors import ConfigError, SendError, StoreDown
from bot.messages import Accepted, AccountName, Form, Kind, PhoneNumber, Sendable
from bot.record.journal import AttemptEntry
from bot.rounds import Rounds
from bot.runtime import Runtime
from cards import Card, CardError

log = structlog.get_logger()

SENT = Counter("dingdong_sends_total", "What became of taken messages", ["account", "kind", "verdict"])

SICK_S = 30.0
"""How long an account with an account error is routed around before it is tried again, in seconds."""


class Sender:
    """The role that sends. Any number of processes may run it.

    Raises ConfigError for an account that may keep an attempt waiting for longer than its lease.
    """

    def __init__(self, runtime: Runtime) -> None:
        _check_leases(runtime)
        self._runtime = runtime
        self._settings = runtime.settings.sender
        self._outbox = Outbox(runtime.store, self._settings)
        self._rounds = Rounds("sender", runtime.store, self._settings.poll_ms, keys.WAKE_SEND, self._visit)
        self._phones = Phones(runtime)
        self._recalls = Recalls(runtime, self.wake)
        self._texts = [carrier for carrier in runtime.carriers.values() if "text" in carrier.forms]
        self._priced = any(carrier.settings.rcs_cost is not None for carrier in runtime.carriers.values())
        self._sending: set[asyncio.Task[None]] = set()
        self._starved: set[int] = set()
        self._sick: dict[AccountName, float] = {}

    def wake(self, shard: int) -> None:
        """There is something to send in this shard, now."""
        self._rounds.wake(shard)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; finishes the sends under way."""
        await asyncio.gather(self._rounds.run(stopping), self._recalls.run(stopping))
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _visit(self, shard: int) -> bool:
        room = self._settings.parallel - len(self._sending)
        if room <= 0:
            self._starved.add(shard)
            return False
        taken = await self._outbox.take(shard, uuid.uuid4().hex, room)
        for one in taken:
            task = asyncio.create_task(self._send(one, self._settlement(one)))
            self._sending.add(task)
        return len(taken) >= min(self._settings.take, room)

    # ------------------------------------------------------------ what a commit of this process attempts

    async def at_once(
        self, shard: int, token: str, messages: Sequence[Outbound], who: Mapping[str, str]
    ) -> Ready | None:
        """The attempt that a commit may record itself, if this is all it says and nothing stands against sending it.

        who: the fields of `keys.who` as claimed; the commit sees to it that they still hold. None: the outbox has it.
        """
        if len(messages) != 1 or len(self._sending) >= self._settings.parallel:
            return None
        [message] = messages
        if message.kind is Kind.MARKETING:  # it waits while the person has unread mail
            return None
        taken = Taken(message, shard, token, attempts=0, account="", orphan=False, who=who)
        try:
            ready = await self._readied(taken, may_ask=False)
        except Exception as error:  # noqa: BLE001 - the outbox tries it again, and puts off what fails
            log.warning("not_at_once", message=message.id, error=type(error).__name__)
            return None
        return ready if isinstance(ready, Ready) else None

    async def carry(self, ready: Ready) -> None:
        """Send what a commit recorded the attempt of."""
        await self._send(ready.taken, self._sent(ready))

    # ------------------------------------------------------------ one message

    async def _send(self, taken: Taken, deciding: Coroutine[Any, Any, Settlement | None]) -> None:
        """One taken message, to its settlement. What is lost here, its lease gives back."""
        task = asyncio.current_task()
        assert task is not None
        self._sending.add(task)
        task.add_done_callback(self._ended)
        try:
            settlement = await self._decided(taken, deciding)
            if settlement is None:
                return
            due_in = await self._outbox.settle(taken, settlement)
            SENT.labels(settlement.account, taken.message.kind.value, settlement.verdict).inc()
            if settlement.settled:
                self._runtime.wakes.work(taken.shard)
            if due_in == 0:
                self._rounds.wake(taken.shard)
        except StoreDown as error:
            self._rounds.down(error)
        except Exception:
            log.exception("settlement_failed", message=taken.message.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        while self._starved:
            self._rounds.wake(self._starved.pop())

    async def _decided(self, taken: Taken, deciding: Coroutine[Any, Any, Settlement | None]) -> Settlement | None:
        """What is decided; what nobody foresaw puts the message off, so that the person's others can go."""
        try:
            return await deciding
        except StoreDown:
            raise
        except Exception as error:
            log.exception("send_failed", message=taken.message.id)
            return verdicts.troubled(taken, error, self._settings)

    async def _settlement(self, taken: Taken) -> Settlement | None:
        """What became of it; None when somebody else settles it."""
        last = self._runtime.carriers.get(AccountName(taken.account))
        if taken.orphan and (last is None or not last.idempotent_send):
            return verdicts.orphaned(taken, "this account does not know a repeat")
        ready = await self._readied(taken)
        if isinstance(ready, Settlement):
            return ready
        refusal = await self._outbox.attempt(ready)
        if refusal is not None:
            return verdicts.refused(taken, refusal)
        return await self._sent(ready)

    async def _readied(self, taken: Taken, *, may_ask: bool = True) -> Ready | Settlement:
        """What goes to which account, or why nothing goes now. may_ask: there is time to ask what the phone can do."""
        message = taken.message
        verdict = decide(
            Message(
                kind=message.kind,
                topic=message.topic,
                essential=message.essential,
                to_opted_out=message.to_opted_out,
                through_hold=message.through_hold,
                reply=bool(message.reply_to) or message.through_hold,
                expires_at=message.expires_at,
                ask=message.ask,
            ),
            person(taken.who, message.zone),
            datetime.now(UTC),
        )
        if isinstance(verdict, Drop):
            return verdicts.dropped(taken, verdict.why)
        if isinstance(verdict, Hold):
            return verdicts.held(taken, verdict, self._settings)
        if "number" not in taken.who:
            return verdicts.failed(taken, "no number is known for this contact: send its first event with E.164")
        number = self._runtime.sealer.open(message.contact, taken.who["number"])
        try:
            return await self._routed(taken, number, verdict.why, may_ask=may_ask)
        except CardError as error:
            # Not its problem: that may quote what the card was given. Staff read it in the journal.
            log.error("card_failed", card=message.card, message=message.id, field=error.field, line=error.line)
            return verdicts.failed(taken, str(error))

    async def _routed(self, taken: Taken, number: PhoneNumber, exception: str, *, may_ask: bool) -> Ready | Settlement:
        message = taken.message
        card = render(self._runtime.cards, message)
        known = self._phones.known(taken.who)
        by_rcs = (card.gains or not self._texts) and not taken.as_text
        if by_rcs and (unasked := [name for name, rich in known.items() if rich is None]):
            if not may_ask:
                return Settlement("released", [])
            known |= await self._phones.ask(taken.shard, message.contact, number, unasked)
        route = choose(
            message.id,
            Shape(card.gains, self._segments(card, message), text_only=taken.as_text, stick=self._stick(taken)),
            rich=known,
            tried=self._tried(taken),
            accounts=self._accounts(taken),
        )
        if isinstance(route, NoRoute):
            return verdicts.unroutable(taken, route, bool(self._sick), self._settings)
        wait_ms = await self._permit(self._runtime.carriers[route.account])
        if wait_ms:
            return verdicts.unpermitted(wait_ms)
        now = datetime.now(UTC)
        if message.expires_at is not None and now >= message.expires_at:  # asking what the phone can do took long
            return verdicts.dropped(taken, "expired")
        return self._prepared(taken, number, card, route, exception, now)

    def _prepared(
        self, taken: Taken, number: PhoneNumber, card: Card, route: Route, exception: str, now: datetime
    ) -> Ready:
        message, carrier = taken.message, self._runtime.carriers[route.account]
        sendable, segments, shortened = prepare(
            card, message, number, form=route.form, signature=carrier.settings.signature, now=now
        )
        entry = AttemptEntry(
            t="attempt",
            contact=message.contact,
            id=message.id,
            n=taken.attempts + 1,
            account=route.account,
            form=route.form,
            text=sendable.text,
            segments=segments,
            why="; ".join(filter(None, (route.why, exception, *shortened))),
        )
        if sendable.rich is not None:
            entry["rich"] = dict(sendable.rich)
        return Ready(
            taken, carrier, sendable, entry, awaits=route.form == "rbm" and self._recalls.may_fall_back(carrier)
        )

    async def _sent(self, ready: Ready) -> Settlement:
        """Call the carrier; its attempt is recorded."""
        result = await self._call(ready.carrier, ready.sendable)
        if isinstance(result, SendError):
            await self._learn_from(ready.taken, ready.carrier, result)
        return verdicts.of(ready, result, self._settings, self._recalls.patience_ms(ready.taken.message.kind))

    async def _call(self, carrier: Carrier, sendable: Sendable) -> Accepted | SendError:
        try:
            return await carrier.send(self._runtime.providers, sendable)
        except SendError as error:
            return error
        except Exception as error:
            # A bug in an adapter after the attempt was recorded: it may have been sent.
            log.exception("carrier_failed", account=carrier.account)
            return SendError(code=type(error).__name__, detail="the adapter failed", unknown=True)

    async def _learn_from(self, taken: Taken, carrier: Carrier, error: SendError) -> None:
        if error.not_rcs:
            await self._phones.remember(taken.shard, taken.message.contact, carrier.account, rich=False)
        if error.account:
            self._sick[carrier.account] = time.monotonic() + SICK_S
            log.error("account_unhealthy", account=carrier.account, code=error.code)

    def _segments(self, card: Card, message: Outbound) -> int:
        """Of the text form, where it decides: counting them is as dear as the rest of a choice."""
        if card.gains or not self._priced or not self._texts:
            return 1
        return segments(card, message, self._texts[0].settings.signature)

    def _stick(self, taken: Taken) -> tuple[AccountName, Form] | None:
        """Where the person wrote last, for what answers them."""
        via = AccountName(taken.who.get("via", ""))
        carrier = self._runtime.carriers.get(via)
        answers = taken.message.reply_to or taken.message.through_hold
        if carrier is None or not answers or not carrier.settings.sticky:
            return None
        form = channel(via, taken.who.get("last", ""), carrier.forms)
        return (via, form) if form else None

    def _tried(self, taken: Taken) -> tuple[AccountName, ...]:
        """Where it is known not to have been sent; an account that takes a repeat for one is asked again first."""
        last = self._runtime.carriers.get(AccountName(taken.account))
        return (last.account,) if last is not None and not last.idempotent_send else ()

    def _accounts(self, taken: Taken) -> list[AccountView]:
        """All; but an attempt that may have been sent is repeated by its own account alone, under the same id."""
        now = time.monotonic()
        self._sick = {account: until for account, until in self._sick.items() if until > now}
        return [
            AccountView(
                name,
                carrier.forms,
                carrier.settings.weight,
                name not in self._sick,
                carrier.settings.text_cost,
                carrier.settings.rcs_cost,
            )
            for name, carrier in self._runtime.carriers.items()
            if not taken.orphan or name == taken.account
        ]

    async def _permit(self, carrier: Carrier) -> int:
        """0, or ms to wait: the account's rate is shared by all processes."""
        rate = carrier.settings.rate_per_s
        if not rate:
            return 0
        interval = int(1_000_000 / rate)
        return int(await self._runtime.store.run("permit", [keys.rate(carrier.account)], [interval, 1_000_000]))


def _check_leases(runtime: Runtime) -> None:
    """Beyond its lease an attempt is another sender's. Raises ConfigError."""
    lease_ms = runtime.settings.sender.lease_ms
    for name, carrier in runtime.carriers.items():
        longest_s = carrier.settings.connect_timeout_s + carrier.settings.read_timeout_s
        if longest_s * 1000 >= lease_ms:
            raise ConfigError(
                f"accounts.{name}: connect_timeout_s + read_timeout_s ({longest_s:g} s) must be less than "
                f"sender.lease_ms ({lease_ms} ms), or a message may be sent twice"
            )
