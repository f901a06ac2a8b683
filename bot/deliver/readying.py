"""From a taken message to what is sent where, or why nothing is: every decision before the attempt, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from bot import keys
from bot.carriers.base import Carrier, TakesGsma
from bot.deliver import verdicts
from bot.deliver.accounts import Accounts
from bot.deliver.contacts import person
from bot.deliver.outbox import Outbound, Ready, Settlement, Taken
from bot.deliver.phones import Phones, Rich
from bot.deliver.policy import Drop, Hold, Message, decide
from bot.deliver.recalls import Recalls
from bot.deliver.rendering import prepare, render, segments
from bot.deliver.routing import AccountView, NoRoute, Route, Shape, channel, choose
from bot.deliver.templates import Registration, Registrations
from bot.messages import AccountName, Form, Kind, PhoneNumber, TemplateUse
from bot.record.journal import AttemptEntry
from bot.runtime import Runtime
from cards import Card, CardError

log = structlog.get_logger()


class Readying:
    """May it go, where, as what."""

    def __init__(self, runtime: Runtime, phones: Phones, recalls: Recalls, accounts: Accounts) -> None:
        self._runtime = runtime
        self._settings = runtime.settings.sender
        self._phones = phones
        self._recalls = recalls
        self._texts = [carrier for carrier in runtime.carriers.values() if "text" in carrier.forms]
        self._priced = any(carrier.settings.rcs_cost is not None for carrier in runtime.carriers.values())
        # Asked once: a protocol's isinstance costs as much as a rendering.
        self._gsma = frozenset(name for name, one in runtime.carriers.items() if isinstance(one, TakesGsma))
        self._accounts = accounts
        self._registrations = Registrations(runtime)

    async def begin(self) -> None:
        """Read what the store knows of templates before a message asks. Raises StoreDown: then it asks itself."""
        await self._registrations.read()

    async def ready(self, taken: Taken, *, may_ask: bool = True) -> Ready | Settlement:
        """What goes to which account, or why nothing goes now. may_ask: there is time to ask what the phone can do.

        "released" where that would have to be asked and may not be.
        """
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
        known = await self._believed(taken, number, by_rcs=card.gains or not self._texts, may_ask=may_ask)
        if known is None:
            return Settlement("released", [])
        shape = Shape(card.gains, self._segments(card, message), text_only=taken.as_text, stick=self._stick(taken))
        registered = await self._registrations.of(card, marketing=message.kind is Kind.MARKETING)
        route = await self._route(taken, shape, known, registered)
        if isinstance(route, NoRoute):
            return verdicts.unroutable(taken, route, bool(self._accounts.stopped), self._settings)
        wait_ms = await self._permit(self._runtime.carriers[route.account])
        if wait_ms:
            return verdicts.unpermitted(wait_ms)
        now = datetime.now(UTC)
        if message.expires_at is not None and now >= message.expires_at:  # asking what the phone can do took long
            return verdicts.dropped(taken, "expired")
        template = registered[route.account].use if route.account in registered else None
        return self._prepared(taken, number, card, route, template, exception, now)

    async def _route(
        self, taken: Taken, shape: Shape, known: Rich, registered: Mapping[AccountName, Registration]
    ) -> Route | NoRoute:
        """Where it goes. A stopped account whose probe is due takes part; who does not get the probe chooses again."""
        while True:
            tried, views = self._tried(taken), self._views(taken, registered)
            route = choose(taken.message.id, shape, rich=known, tried=tried, accounts=views)
            if isinstance(route, NoRoute) or await self._accounts.may_send(route.account):
                return route

    async def _believed(self, taken: Taken, number: PhoneNumber, *, by_rcs: bool, may_ask: bool) -> Rich | None:
        """Which RCS the phone shows, asked where it matters. None: it would have to be asked, and may not be."""
        known = self._phones.known(taken.who)
        last = self._runtime.carriers.get(AccountName(taken.account))
        if taken.orphan and last is not None and "text" not in last.forms:
            known[last.account] = True  # what may have been sent by RCS is repeated by RCS, whatever was learnt since
        unasked = [name for name, rich in known.items() if rich is None]
        if not unasked or not by_rcs or taken.as_text:
            return known
        if not may_ask:
            return None
        return known | await self._phones.ask(taken.shard, taken.message.contact, number, unasked)

    def _prepared(
        self,
        taken: Taken,
        number: PhoneNumber,
        card: Card,
        route: Route,
        template: TemplateUse | None,
        exception: str,
        now: datetime,
    ) -> Ready:
        message, carrier = taken.message, self._runtime.carriers[route.account]
        sendable, segments, shortened = prepare(
            card,
            message,
            number,
            form=route.form,
            gsma=route.account in self._gsma,
            signature=carrier.settings.signature,
            template=template,
            now=now,
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

    def _views(self, taken: Taken, registered: Mapping[AccountName, Registration]) -> list[AccountView]:
        """All; but an attempt that may have been sent is repeated by its own account alone, under the same id."""
        return [
            AccountView(
                name,
                carrier.forms,
                carrier.settings.weight,
                self._accounts.usable(name),
                carrier.settings.text_cost,
                carrier.settings.rcs_cost,
                registered[name].barred if name in registered else "",
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
