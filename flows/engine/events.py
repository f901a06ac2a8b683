"""The platform's events, and intents out of the blue: what starts a thread, revises it or moves it."""

from __future__ import annotations

from flows.engine.decisions import say_being_confirmed, wait
from flows.engine.draft import Draft, token
from flows.engine.states import end, ended_key, enter, title
from flows.expressions import Values
from flows.fields import FieldError, read
from flows.library import key_fields
from flows.model import Flow
from flows.state import Happened, Reading, Thread
from flows.values import replace


def happened(draft: Draft, stimulus: Happened) -> None:
    """Act on an event of the platform: for each flow it concerns, start, revise, move or refuse."""
    draft.reply_to = ""
    starting = draft.library.by_event.get(stimulus.type, ())
    moving = draft.library.moves.get(stimulus.type, ())
    if not starting and not moving:
        draft.note("no flow", f"none takes {stimulus.type}")
    for flow in starting:
        _handled(draft, flow, stimulus, moves=False)
    for flow in moving:
        _handled(draft, flow, stimulus, moves=True)


def _handled(draft: Draft, flow: Flow, stimulus: Happened, *, moves: bool) -> None:
    try:
        data = read(flow.data, stimulus.data, only=key_fields(flow) if moves else None)
    except FieldError as error:
        draft.note("refused", f"{stimulus.type}: {error}")
        return
    key = key_of(flow, data, stimulus.id)
    thread = draft.find(flow.flow, key)
    if thread and thread.pending:
        wait(draft, thread, stimulus)
    elif moves:
        _move(draft, flow, thread, stimulus)
    elif thread is None:
        _start(draft, flow, key, data, stimulus.revision)
    elif stimulus.revision <= thread.revision:
        _superseded(draft, stimulus.revision, thread.revision, thread.id)
    else:
        draft.because(f"revision {stimulus.revision} replaces {thread.revision}")
        enter(draft, replace(thread, revision=stimulus.revision, slots=data), draft.flow(thread).first, "replaced")


def key_of(flow: Flow, data: Values, otherwise: str) -> str:
    """The platform's word for the thread; what started it, where the flow has no key."""
    return str(flow.key(data)) if flow.key else otherwise


def _move(draft: Draft, flow: Flow, thread: Thread | None, stimulus: Happened) -> None:
    """An event that moves an open thread; it may name the revision it is about, but not an older one."""
    if thread is None:
        draft.note("no thread", f"{stimulus.type} concerns nothing that is open")
    elif stimulus.revision < thread.revision:
        _superseded(draft, stimulus.revision, thread.revision, thread.id)
    else:
        running = draft.flow(thread)
        target = running.events.get(stimulus.type, flow.events[stimulus.type])
        if target not in running.states:
            draft.note("refused", f"{stimulus.type}: the thread's version has no state {target!r}", thread.id)
            return
        draft.because(f"{stimulus.type} moves the thread to {target!r}")
        enter(draft, replace(thread, revision=stimulus.revision), target, "ended")


def _start(draft: Draft, flow: Flow, key: str, data: Values, revision: int) -> None:
    known = draft.ended.get(ended_key(flow.flow, key)) if flow.key else None
    if known and revision <= known[0]:
        _superseded(draft, revision, known[0], "")
        return
    draft.because(f"starts {flow.flow}")
    enter(draft, draft.put(_thread(draft, flow, key, data, revision)), flow.first, "started")


def _thread(draft: Draft, flow: Flow, key: str, data: Values, revision: int) -> Thread:
    return Thread(
        id=f"t{token(flow.flow, key, revision)}",
        flow=flow.flow,
        version=flow.version,
        key=key,
        revision=revision,
        state=flow.first,
        slots=data,
        entered_at=draft.now,
    )


def _superseded(draft: Draft, revision: int, known: int, thread: str) -> None:
    draft.note("superseded", f"revision {revision} is not newer than {known}", thread)


def start_on_intent(draft: Draft, flow: Flow, reading: Reading) -> None:
    """The person stated out of the blue what a flow is for. Said again, it starts over; its call is waited for."""
    draft.because(f"{flow.flow} starts on {reading.intent}: {reading.why}")
    for thread in [one for one in draft.threads.values() if one.flow == flow.flow and flow.key is None]:
        if thread.pending:
            say_being_confirmed(draft, thread.id, title(draft, thread))
            return
        end(draft, thread, "replaced")
    reply = {**reading.slots, "intent": reading.intent}
    slots = {slot: template({"reply": reply}) for slot, template in flow.starts_on.set.items()}
    _start(draft, flow, draft.stimulus.id, slots, 0)
