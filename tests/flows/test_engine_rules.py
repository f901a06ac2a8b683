"""The rules of conversations, held under random interleavings of everything that can happen to one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flow_world import AND_STOP, ITEM, library
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import JsonValue

from flows.engine import step
from flows.state import (
    Ask,
    ClearTimer,
    Consent,
    Conversation,
    Do,
    Elapsed,
    Emit,
    HandOver,
    Happened,
    Note,
    Returned,
    Said,
    Say,
    SetTimer,
    Settled,
    Slots,
    Staffed,
    Stimulus,
    Tapped,
    Turn,
    dump,
    load,
    with_shown,
)
from flows.transcript import START

SAFE = re.compile(r"[A-Za-z0-9._/-]+")
OFFERS = ("O-1", "O-2")
WORDS = tuple("Y Y Y N 1 2 3 16000 还价 延期3天 TD START 人工 帮助 谢谢 想想 收到 Y，TD 16000，TD".split())
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 61, 700, 2400, 80_000))
LIMITS = library().limits


class Offer:
    """The platform's side of one offer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.revision = 0
        self.price = 15000
        self.open = False
        self.made = 0


RECEIPTS = st.sampled_from(("delivered", "awaited", "none"))


class Life(RuleBasedStateMachine):
    """One person, two offers, a platform, a phone, a colleague and a clock."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation("c1")
        self.now: datetime = START
        self.count = 0
        self.offers = {name: Offer(name) for name in OFFERS}
        self.asks: dict[str, Ask] = {}
        self.shown: dict[str, tuple[datetime, datetime | None]] = {}
        self.awaited: set[str] = set()
        self.unsent: list[str] = []
        self.timers: dict[str, datetime] = {}
        self.old_timers: list[str] = []
        self.calls: dict[str, Do] = {}
        self.returned: dict[str, Returned] = {}
        self.done: set[str] = set()
        self.says: set[str] = set()
        self.sequences: dict[str, int] = {}

    # ------------------------------------------------------------ one step, and what must hold of every one

    def take(self, stimulus: Stimulus) -> Turn:
        before = with_shown(load(dump(self.conversation)), self.shown, self.awaited)
        turn = step(library(), before, stimulus, self.now)
        assert turn == step(library(), before, stimulus, self.now), "a repeated step must make the same turn"
        assert load(dump(turn.conversation)) == turn.conversation
        assert turn.reason, "a turn that staff could not explain"
        self.conversation = turn.conversation
        self.check_both(before, turn)
        for effect in turn.effects:
            self.check(before, stimulus, turn, effect)
        self.unsent = [ask for ask in self.unsent if ask not in turn.closed]
        return turn

    def check(self, before: Conversation, stimulus: Stimulus, turn: Turn, effect: object) -> None:
        match effect:
            case Say():
                assert SAFE.fullmatch(effect.id)
                assert effect.id not in self.says, "ids are never used twice"
                self.says.add(effect.id)
                self.check_silence(before, turn, effect)
                if effect.ask and effect.ask.id not in self.asks:
                    assert SAFE.fullmatch(effect.ask.id)
                    self.asks[effect.ask.id] = effect.ask
                if effect.ask and effect.ask.id not in self.shown:
                    self.unsent.append(effect.ask.id)
            case Do():
                self.check_call(before, stimulus, effect)
            case SetTimer():
                assert SAFE.fullmatch(effect.id)
                self.timers[effect.id] = effect.at
                self.old_timers.append(effect.id)
            case ClearTimer():
                self.timers.pop(effect.id, None)
            case Emit():
                assert effect.sequence == self.sequences.get(effect.thread, 0) + 1
                self.sequences[effect.thread] = effect.sequence
            case Consent():
                assert isinstance(stimulus, Said | Tapped | Staffed), "only the person's words change consent"

    def check_silence(self, before: Conversation, turn: Turn, say: Say) -> None:
        held = before.held_by not in {"", "*"} and turn.conversation.held_by not in {"", "*"}
        assert not held or say.through_hold, "the bot speaks while a colleague holds the conversation"
        assert not say.to_opted_out or any(isinstance(effect, Consent) for effect in turn.effects)

    def check_both(self, before: Conversation, turn: Turn) -> None:
        kinds = {type(effect) for effect in turn.effects}
        if Consent in kinds and Do in kinds:
            assert before.kept, "money and consent in one turn"
            assert self.asks[before.kept.which].state == "both", "both, and nobody picked both"

    def check_call(self, before: Conversation, stimulus: Stimulus, call: Do) -> None:
        first = self.calls.get(call.call_id)
        assert SAFE.fullmatch(call.call_id)
        assert call.call_id not in self.done, "a call that has returned is run again"
        if first:
            assert (first.action, first.slots) == (call.action, call.slots), "a retry is another decision"
            assert call.attempt == first.attempt + 1
        elif isinstance(stimulus, Said | Tapped | Staffed) and call.action in {"accept_offer", "counter_offer"}:
            self.check_decision(before, stimulus, call)
        self.calls[call.call_id] = call

    def check_decision(self, before: Conversation, stimulus: Stimulus, call: Do) -> None:
        """A yes to money binds to terms the person has seen, and had time to read if they had changed."""
        mine = [ask for ask in self.asks.values() if ask.thread == call.thread]
        agreed = (call.slots["revision"], call.slots["price"])
        seen = [ask for ask in mine if ask.id in self.shown and self.terms(ask) == agreed]
        pressed = isinstance(stimulus, Tapped) and self.terms(self.asks[stimulus.ask]) == agreed
        by_staff = isinstance(stimulus, Staffed)
        assert seen or pressed or by_staff or before.kept, "a yes to a price that was not shown"
        assert not any(ask.revision > call.slots["revision"] for ask in mine), "a yes to a superseded revision"  # type: ignore[operator]
        others = [ask for ask in mine if ask.id in self.shown and self.terms(ask) != agreed]
        recent = [ask for ask in others if self.now - (ask.closed_at or self.now) < LIMITS.ask_memory]
        if recent and isinstance(stimulus, Said) and before.kept is None:
            assert any(self.settled(ask) for ask in seen), "a yes that may have been meant for the older price"

    @staticmethod
    def terms(ask: Ask) -> tuple[int, object]:
        return ask.revision, ask.question.facts.get("price")

    def settled(self, ask: Ask) -> bool:
        shown, delivered = self.shown[ask.id]
        if delivered:
            return self.now >= delivered + LIMITS.settle_delivered
        return ask.id not in self.awaited and self.now >= shown + LIMITS.settle_shown

    def id(self) -> str:
        self.count += 1
        return f"s{self.count}"

    # ------------------------------------------------------------ what can happen

    @rule(name=st.sampled_from(OFFERS), price=st.sampled_from((15000, 15800, 14000)), older=st.booleans())
    def offer(self, name: str, price: int, older: bool) -> None:
        """The platform makes an offer, changes its price, or an old event of it arrives late."""
        offer = self.offers[name]
        if not older:
            offer.revision, offer.price, offer.open = offer.revision + 1, price, True
        expires = (self.now + timedelta(days=2)).isoformat()
        data: Slots = {"offer_id": name, "item": {**ITEM}, "price": price, "expires_at": expires}
        turn = self.take(Happened(self.id(), self.now, "offer.made", data, max(offer.revision - older, 0)))
        if older and offer.revision:
            assert all(isinstance(effect, Note) for effect in turn.effects), "an older revision changes something"

    @rule(name=st.sampled_from(OFFERS), price=st.sampled_from((15000, 15800, 14000)), receipt=RECEIPTS)
    def crossing(self, name: str, price: int, receipt: str) -> None:
        """A new price is sent just before her answer to the old one arrives."""
        if not self.offers[name].open:
            self.offer(name=name, price=15000, older=False)
        self.sent(count=9, receipt="delivered")
        self.passes(timedelta(seconds=61))
        self.offer(name=name, price=price, older=False)
        self.sent(count=9, receipt=receipt)
        self.said(text="Y")

    @rule(name=st.sampled_from(OFFERS))
    def withdrawn(self, name: str) -> None:
        offer = self.offers[name]
        offer.open = False
        self.take(Happened(self.id(), self.now, "offer.withdrawn", {"offer_id": name}, offer.revision))

    @rule(count=st.integers(1, 3), receipt=RECEIPTS)
    def sent(self, count: int, receipt: str) -> None:
        """The sender gets to the next messages; some carriers send receipts, and some of those are late."""
        for ask in self.unsent[:count]:
            if ask not in self.shown and receipt == "awaited":
                self.awaited.add(ask)
            self.shown.setdefault(ask, (self.now, self.now if receipt == "delivered" else None))
        self.unsent = self.unsent[count:]

    @rule(arrived=st.booleans())
    def waited_for(self, arrived: bool) -> None:
        """What was awaited arrives, or nothing comes and it counts by time."""
        for ask in self.awaited if arrived else ():
            self.shown[ask] = (self.shown[ask][0], self.now)
        self.awaited.clear()

    @rule(pause=st.sampled_from(PAUSES))
    def passes(self, pause: timedelta) -> None:
        """Time passes; what comes due elapses."""
        until = self.now + pause
        while due := min(((at, timer) for timer, at in self.timers.items() if at <= until), default=None):
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            self.take(Elapsed(self.id(), self.now, due[1]))
        self.now = until

    @rule(text=st.sampled_from(WORDS))
    def said(self, text: str) -> None:
        self.now += timedelta(seconds=1)
        held = self.conversation.held_by not in {"", "*"}
        turn = self.take(Said(self.id(), self.now, text))
        assert turn.effects, "words that leave no trace"
        if held:
            assert not any(isinstance(effect, Do) for effect in turn.effects), "words act while a colleague holds"
        if text == "TD":
            assert Consent in map(type, turn.effects)
        if text.endswith(AND_STOP):
            assert not any(isinstance(effect, Do | Consent) for effect in turn.effects), "acted without a pick"

    @precondition(lambda self: self.asks)
    @rule(data=st.data())
    def tapped(self, data: st.DataObject) -> None:
        """Any button ever shown, however old."""
        ask = self.asks[data.draw(st.sampled_from(sorted(self.asks)))]
        if not ask.question.choices:
            return
        choice = data.draw(st.sampled_from(ask.question.choices))
        self.now += timedelta(seconds=1)
        known = next((one for one in self.conversation.asks if one.id == ask.id), None)
        turn = self.take(Tapped(self.id(), self.now, ask.id, choice.id, "button"))
        newer = [one for one in self.conversation.asks if one.thread == ask.thread and one.revision > ask.revision]
        if known is None or newer:
            assert not any(isinstance(effect, Do) for effect in turn.effects), "a stale button acts"

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), how=st.sampled_from(("answer", "answer", "down", "refused")))
    def call_returns(self, data: st.DataObject, how: str) -> None:
        """An attempt of any call returns: in time, late, or once more."""
        call = self.calls[data.draw(st.sampled_from(sorted(self.calls)))]
        attempt = data.draw(st.integers(1, call.attempt))
        waiting = {one.pending.call_id: one for one in self.conversation.threads if one.pending}
        held_unknown = any(one.pending and one.pending.unknown for one in self.conversation.threads)
        answer = Returned(self.id(), self.now, call.call_id, attempt, *self.answer(call, how))
        turn = self.take(answer)
        if call.call_id not in waiting:
            assert not any(isinstance(effect, Do | Say | Emit) for effect in turn.effects), "a late answer acts"
        elif how == "answer" and not held_unknown:
            self.done.add(call.call_id)

    def answer(self, call: Do, how: str) -> tuple[tuple[Slots, ...], tuple[Slots, ...], str, bool]:
        """What the platform says; the same call always gets the same answer once it was decided."""
        if how != "answer":
            return (), (), how, how == "down"
        if call.call_id not in self.returned:
            self.returned[call.call_id] = Returned("", self.now, call.call_id, 1, tuple(self.decided(call)))
        return self.returned[call.call_id].events, (), "", False

    def decided(self, call: Do) -> list[Slots]:
        if call.action == "find_listings":
            return [slot("listings", [{"id": "L-1", "code": "1"}, {"id": "L-2", "code": "2"}])]
        if call.action == "extend_listing":
            return [slot("listing", "extended")]
        offer = self.offers[str(call.slots["offer_id"])]
        if not offer.open:
            return [slot("deal", "gone")]
        if offer.revision != call.slots["revision"]:
            return [slot("deal", "changed"), slot("price", str(offer.price)), slot("revision", offer.revision)]
        offer.open = False
        offer.made += call.action == "accept_offer"
        deals = {"accept_offer": "made", "decline_offer": "declined", "counter_offer": "countered"}
        return [slot("deal", deals[call.action])]

    @precondition(lambda self: self.old_timers)
    @rule(data=st.data())
    def late_timer(self, data: st.DataObject) -> None:
        """A timer that was cleared, or has elapsed, fires all the same."""
        timer = data.draw(st.sampled_from(self.old_timers))
        if timer in self.timers:
            return
        turn = self.take(Elapsed(self.id(), self.now, timer))
        asked = self.asks.get(timer.partition("/")[0])
        if asked and timer.endswith("timeout") and not any(one.id == asked.id and one.open for one in self.was_open):
            assert not any(isinstance(effect, Say | Do | Emit) for effect in turn.effects), "a late timer acts"

    @property
    def was_open(self) -> tuple[Ask, ...]:
        return tuple(ask for ask in self.conversation.asks if ask.open)

    @precondition(lambda self: self.asks)
    @rule(data=st.data(), outcome=st.sampled_from(("dropped", "failed", "expired")))
    def lost(self, data: st.DataObject, outcome: str) -> None:
        ask = data.draw(st.sampled_from(sorted(self.asks)))
        self.take(Settled(self.id(), self.now, ask, outcome, "carrier said so"))  # type: ignore[arg-type]

    @rule(act=st.sampled_from(("take", "hand_back", "say", "apply")), data=st.data())
    def staffed(self, act: str, data: st.DataObject) -> None:
        listed = [item.id for item in self.conversation.listed]
        item = data.draw(st.sampled_from(listed)) if listed else "none"
        turn = self.take(Staffed(self.id(), self.now, "anna", act, text="您好", item=item))  # type: ignore[arg-type]
        if act == "hand_back":
            assert HandOver("handed back by anna", back=True) in turn.effects
            closed = {ask.id for ask in turn.conversation.asks if not ask.open}
            assert not any(isinstance(one, Say) and one.ask and one.ask.id in closed for one in turn.effects)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def a_thread_waits_for_one_thing(self) -> None:
        """An open thread has one open ask or one pending call, never both, never neither."""
        for thread in self.conversation.threads:
            asks = [ask for ask in self.conversation.asks if ask.thread == thread.id and ask.open]
            assert len(asks) + (thread.pending is not None) == 1, thread
            if asks:
                assert f"{asks[0].id}/timeout" in self.timers, "a state that waits for ever"

    @invariant()
    def an_open_ask_has_its_thread(self) -> None:
        threads = {thread.id for thread in self.conversation.threads}
        assert all(ask.thread in threads for ask in self.conversation.asks if ask.open and ask.thread)

    @invariant()
    def what_is_remembered_is_bounded(self) -> None:
        assert len(self.conversation.listed) <= LIMITS.listed_kept
        assert len(self.conversation.ended) <= LIMITS.ended_kept


def slot(name: str, value: JsonValue) -> Slots:
    return {"event": "slot", "name": name, "value": value}


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
