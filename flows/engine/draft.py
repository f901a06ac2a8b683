"""The turn being built: the one thing in the engine that changes, and nothing outside a step sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from flows.library import Library
from flows.model import Flow
from flows.state import (
    Ask,
    ClearTimer,
    Conversation,
    Effect,
    HandOver,
    Kept,
    Kind,
    Listed,
    Note,
    Reading,
    Said,
    Say,
    SetTimer,
    Slots,
    Stimulus,
    Tapped,
    Thread,
    Turn,
)
from flows.values import replace

ANYONE = "*"
"""`held_by` while no colleague has taken the conversation yet."""
What = Literal["said", "tapped", "say", "returned"]
LISTED = "listed for staff"
"""The note that something waits for a colleague."""
SERVICE = "service"
"""Topic of what the engine itself says."""


def token(*parts: object) -> str:
    """16 hexadecimal digits that follow from the parts: ids are derived, so a step repeated makes the same ones."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).hexdigest()


class Draft:
    """A conversation in the making, and the effects so far.

    heard: the words or the tap this part of the turn is about.
    reply_to: the mail whose words it answers; "" while events and timers are handled.
    quiet: what would be said is only noted (the person never saw what it would be about).
    """

    def __init__(self, library: Library, conversation: Conversation, stimulus: Stimulus, now: datetime) -> None:
        self.library = library
        self.limits = library.limits
        self.was = conversation
        self.stimulus = stimulus
        self.now = now
        self.threads: dict[str, Thread] = {thread.id: thread for thread in conversation.threads}
        self.asks: dict[str, Ask] = {ask.id: ask for ask in conversation.asks}
        self.asks = {name: ask for name, ask in self.asks.items() if self._remembered(ask)}
        self.ended: Mapping[str, tuple[int, int]] = conversation.ended
        self.listed: list[Listed] = list(conversation.listed)
        self.kept: Kept | None = conversation.kept
        self.held_by = conversation.held_by
        self.unclear = conversation.unclear
        self.stopped_at = conversation.stopped_at
        self.guard = conversation.guard
        self.effects: list[Effect] = []
        self.readings: list[Reading] = []
        self.closed: list[str] = []
        self.before = self.after = self.thread = self.reason = self.reply_to = self.context = ""
        self.heard: Said | Tapped | None = None
        self.quiet = False
        self.steps = self.ids = 0

    # ------------------------------------------------------------ looking up

    @property
    def held(self) -> bool:
        """A colleague holds the conversation: the bot is silent."""
        return self.held_by not in {"", ANYONE}

    @property
    def language(self) -> str:
        return self.was.language

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.was.zone)

    def flow(self, thread: Thread) -> Flow:
        """The version of its flow the thread began with. Raises MissingVersion."""
        return self.library.version(thread.version)

    def find(self, flow: str, key: str) -> Thread | None:
        return next((thread for thread in self.threads.values() if thread.flow == flow and thread.key == key), None)

    def open_ask(self, thread: str) -> Ask | None:
        return next((ask for ask in self.asks.values() if ask.thread == thread and ask.closed_at is None), None)

    def open_asks(self) -> Iterator[Ask]:
        """The open questions of threads (not the bot's own "which one?")."""
        return (ask for ask in self.asks.values() if ask.thread and ask.closed_at is None)

    # ------------------------------------------------------------ changing

    def put(self, thread: Thread) -> Thread:
        self.threads[thread.id] = thread
        return thread

    def moved(self, thread: Thread, before: str, after: str) -> None:
        """Remember for the journal that a thread went from one state to another; the first move names the turn."""
        if not self.thread:
            self.thread, self.before = thread.id, before and f"{thread.flow}/{before}"
        if self.thread == thread.id:
            self.after = f"{thread.flow}/{after}"

    def close(self, ask: Ask, why: str) -> None:
        if ask.closed_at is None:
            self.asks[ask.id] = replace(ask, closed_at=self.now, closed_by=why)
            self.closed.append(ask.id)

    def leave(self, thread: Thread, because: str) -> None:
        """Close what the thread has open and clear its timers."""
        self.effects += [ClearTimer(timer) for timer in thread.timers]
        asked = self.open_ask(thread.id)
        if asked:
            self.close(asked, because)

    def hear(self, stimulus: Said | Tapped) -> None:
        """From here on the turn answers these words or this tap."""
        self.heard = stimulus
        self.reply_to = stimulus.id

    def next_id(self) -> str:
        """An id for something this stimulus causes: derived from it and the number of such things before."""
        self.ids += 1
        return f"{token(self.stimulus.id)}.{self.ids}"

    # ------------------------------------------------------------ effects

    def because(self, reason: str) -> None:
        """Why this turn is what it is, in one sentence for staff; the first reason counts."""
        self.reason = self.reason or reason

    def note(self, reason: str, detail: str = "", thread: str = "") -> None:
        self.effects.append(Note(reason, detail, thread))
        self.because(f"{reason}: {detail}" if detail else reason)

    def set_timer(self, timer: str, after: timedelta) -> None:
        self.effects.append(SetTimer(timer, self.now + after))

    def service(self, name: str, data: Slots | None = None, ask: Ask | None = None, *, legal: bool = False) -> None:
        """Say one of the engine's own cards. legal: the confirmation of an opt-out, which nothing holds back."""
        self.say(f"service/{name}", data or {}, ask=ask, kind="conversation", legal=legal)

    def say(
        self,
        card: str,
        data: Slots,
        *,
        thread: str = "",
        kind: Kind,
        topic: str = SERVICE,
        ask: Ask | None = None,
        essential: bool = False,
        expires_at: datetime | None = None,
        legal: bool = False,
        by_staff: bool = False,
    ) -> str:
        """Say a card, or list it while a colleague holds the conversation. Returns the id of the Say."""
        say = Say(
            id=self.next_id(),
            card=card,
            data=data,
            thread=thread or (ask.thread if ask else ""),
            kind=kind,
            topic=topic,
            ask=ask,
            essential=essential,
            to_opted_out=legal,
            expires_at=expires_at,
            reply_to=self.reply_to,
            through_hold=legal or by_staff,
        )
        if self.quiet:
            self.note("not said", f"{card}: the person never saw the question", thread)
        elif self.held and not say.through_hold:
            self.list_for_staff("say", card, say=say)
        else:
            self.effects.append(say)
        return say.id

    def list_for_staff(self, what: What, text: str, say: Say | None = None, stimulus: Stimulus | None = None) -> None:
        """Put something on the list that staff see; the oldest go when there are too many."""
        item = Listed(say.id if say else self.next_id(), self.now, what, text, say, stimulus)
        self.listed = [*self.listed, item][-self.limits.listed_kept :]
        self.note(LISTED, what, say.thread if say else "")

    def hand_over(self, reason: str) -> None:
        """Ask for a person; whoever holds the conversation already keeps it."""
        if not self.held_by:
            self.held_by = ANYONE
        self.effects.append(HandOver(reason))

    # ------------------------------------------------------------ the end of the step

    def turn(self) -> Turn:
        was = self.was
        conversation = Conversation(
            contact=was.contact,
            language=was.language,
            zone=was.zone,
            threads=tuple(self.threads.values()),
            asks=tuple(self.asks.values()),
            ended=self.ended,
            kept=self.kept,
            held_by=self.held_by,
            listed=tuple(self.listed),
            unclear=self.unclear,
            stopped_at=self.stopped_at,
            guard=self.guard,
        )
        return Turn(
            conversation,
            tuple(effect for effect in self.effects if not self._void(effect)),
            tuple(self.readings),
            self.before,
            self.after,
            self.thread,
            self.reason,
            tuple(self.closed),
            self.context,
        )

    def _void(self, effect: Effect) -> bool:
        """A question that was put and closed again within the turn is not sent."""
        return isinstance(effect, Say) and effect.ask is not None and effect.ask.id in self.closed

    def _remembered(self, ask: Ask) -> bool:
        """A closed ask stays a candidate for a while; longer when the person may not have seen what replaced it."""
        if not ask.thread:
            return self.now - ask.asked_at < self.limits.ask_memory or self._unsettled(ask)
        if ask.closed_at is None or self.now - ask.closed_at < self.limits.ask_memory:
            return True
        newer = self.open_ask(ask.thread) if ask.thread in self.threads else None
        return newer is not None and (newer.shown_at is None or self.now - newer.shown_at < self.limits.ask_memory)

    def _unsettled(self, own: Ask) -> bool:
        """Is what the bot's own question is about still open? Its 2 must not become the 2 of an older question."""
        kept = self.was.kept
        if kept is None or kept.which != own.id:
            return False
        about = {one.ask for one in kept.answers}
        return any(ask.id in about and ask.open for ask in self.was.asks)
