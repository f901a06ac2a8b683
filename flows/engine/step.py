"""One stimulus, one turn. Pure: no I/O, no clock, no chance; the same arguments make the same turn."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from flows.engine.calls import returned
from flows.engine.commands import reported
from flows.engine.draft import Draft
from flows.engine.events import happened
from flows.engine.guard import silence_echo, too_many
from flows.engine.staff import staffed
from flows.engine.taps import tapped
from flows.engine.timers import elapsed, settled
from flows.engine.words import only_consent, said
from flows.library import Library
from flows.state import (
    Conversation,
    Elapsed,
    Happened,
    Reported,
    Returned,
    Said,
    Settled,
    Staffed,
    Stimulus,
    Tapped,
    Thread,
    Turn,
)
from flows.values import replace


def step(library: Library, conversation: Conversation, stimulus: Stimulus, now: datetime) -> Turn:
    """What the stimulus causes.

    now: aware, the time the store stamped on the stimulus at arrival. Raises MissingVersion when a thread it touches
    began with a flow version the library does not hold, and ExpressionError for an author's mistake in a flow file.
    """
    draft = Draft(library, conversation, stimulus, now)
    _adopt(draft)
    match stimulus:
        case Said():
            if too_many(draft):
                only_consent(draft, stimulus)
            else:
                said(draft, stimulus)
                silence_echo(draft, stimulus)
        case Tapped():
            tapped(draft, stimulus)
        case Happened():
            happened(draft, stimulus)
        case Elapsed():
            elapsed(draft, stimulus)
        case Settled():
            settled(draft, stimulus)
        case Returned():
            _replay(draft, returned(draft, stimulus))
        case Reported():
            reported(draft, stimulus)
        case Staffed():
            _replay(draft, staffed(draft, stimulus))
    return draft.turn()


def _replay(draft: Draft, waiting: tuple[Stimulus, ...]) -> None:
    """Handle what waited, in order. When the thread is frozen again meanwhile, the handlers make it wait once more."""
    queue = deque(waiting)
    while queue:
        stimulus = queue.popleft()
        match stimulus:
            case Happened():
                happened(draft, stimulus)
            case Elapsed():
                elapsed(draft, stimulus)
            case Said() | Tapped():
                # Only what was asked can be answered: the question was decided, and the person was told so.
                draft.note("too late", f"{stimulus.kind} while a call was under way")
            case other:
                raise AssertionError(f"a {other.kind} does not wait")


def _adopt(draft: Draft) -> None:
    """A newer version of a flow may say where threads that wait in states of older ones go on."""
    for thread in draft.was.threads:
        if thread.version in draft.library.unreadable:
            _strand(draft, thread)
            continue
        newest = draft.library.flows.get(thread.flow)
        if newest is None or newest is draft.library.versions.get(thread.version):
            continue
        if thread.state in newest.moved and not thread.pending:
            state = newest.moved[thread.state]
            draft.put(replace(thread, version=newest.version, state=state))
            draft.note("moved", f"from version {thread.version} to {newest.version}, state {state!r}", thread.id)


def _strand(draft: Draft, thread: Thread) -> None:
    """Nobody can read this thread's flow any more: it ends with a person, and everything else goes on."""
    asked = draft.open_ask(thread.id)
    draft.leave(thread, "failed")
    draft.threads.pop(thread.id)
    draft.moved(thread, thread.state, "handed_over")
    draft.service("failed", {"title": asked.title if asked else ""})
    call = f"; {thread.pending.action} was under way" if thread.pending else ""
    draft.hand_over(f"version {thread.version} of {thread.flow} cannot be read: {thread.key}{call}")
