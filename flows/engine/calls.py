"""What becomes of a call: its answer, another attempt, its deadline."""

from __future__ import annotations

from flows.engine.decisions import DEADLINE, RETRY, decide, run, say_being_confirmed
from flows.engine.draft import Draft
from flows.engine.replies import Replies, heard
from flows.engine.states import enter, give_up, offer_buttons, pick, title
from flows.model import HAND_OVER
from flows.state import ClearTimer, Elapsed, Pending, Returned, Stimulus, Thread
from flows.values import replace


def returned(draft: Draft, stimulus: Returned) -> tuple[Stimulus, ...]:
    """Act on a call's answer. Returns what waited for it, to be handled now, in order."""
    thread = _caller(draft, stimulus.call_id)
    if thread is None or thread.pending is None:
        draft.note("late answer", f"{stimulus.call_id} does not wait for one (attempt {stimulus.attempt})")
        return ()
    pending = thread.pending
    draft.reply_to = pending.reply_to
    if pending.unknown:
        text = f"{pending.action}: {stimulus.error or 'done'}, after the deadline"
        draft.list_for_staff("returned", text, stimulus=stimulus)
        return ()
    if stimulus.error and stimulus.attempt < pending.attempt:
        draft.note(
            "older attempt", f"attempt {stimulus.attempt} failed; attempt {pending.attempt} is under way", thread.id
        )
        return ()
    if stimulus.retry:
        draft.note("tried again", f"{pending.action}: {stimulus.error}", thread.id)
        draft.set_timer(f"{pending.call_id}/{RETRY}", draft.limits.retry_delay(pending.attempt))
        _tell(draft, thread)
        return ()
    _settle(draft, thread, pending, stimulus)
    return thread.waiting


def _caller(draft: Draft, call_id: str) -> Thread | None:
    return next((one for one in draft.threads.values() if one.pending and one.pending.call_id == call_id), None)


def _tell(draft: Draft, thread: Thread) -> None:
    """Whoever's words wait for the call is told, once, that it takes longer."""
    if thread.pending and thread.pending.reply_to and not thread.pending.told:
        say_being_confirmed(draft, thread.id, title(draft, thread))


def _settle(draft: Draft, thread: Thread, pending: Pending, stimulus: Returned) -> None:
    """The call is over: thaw the thread and go where its answer leads."""
    draft.effects += [ClearTimer(f"{pending.call_id}/{what}") for what in (RETRY, DEADLINE)]
    thread = draft.put(replace(thread, pending=None, waiting=()))
    draft.because(f"{pending.action} returned")
    state = draft.flow(thread).states[thread.state]
    if stimulus.error:
        draft.note("failed", f"{pending.action}: {stimulus.error}", thread.id)
        if state.failed == HAND_OVER:
            give_up(draft, thread, f"{pending.action} failed: {stimulus.error}")
        else:
            enter(draft, thread, state.failed)
        return
    replies = heard(draft, thread, stimulus)
    thread = draft.put(replies.thread)
    if replies.followup:
        decide(draft, thread, replies.followup, go=pending.go)
    else:
        enter(draft, thread, pending.go or pick(state.then, thread.slots))
        _offer(draft, thread, replies)


def _offer(draft: Draft, thread: Thread, replies: Replies) -> None:
    """The action's buttons belong to the question the thread now asks."""
    for text, choices in replies.buttons:
        now = draft.threads.get(thread.id)
        if now is None or now.pending:
            draft.service("plain", {"text": text})
        else:
            offer_buttons(draft, now, text, choices)


# ---------------------------------------------------------------- its timers


def call_elapsed(draft: Draft, stimulus: Elapsed, call_id: str, what: str) -> None:
    """A call did not return in time: try again, or past its deadline give it to staff as unknown."""
    thread = _caller(draft, call_id)
    pending = thread.pending if thread else None
    if thread is None or pending is None or pending.unknown:
        draft.note("late timer", f"{stimulus.timer}: the call is over", thread.id if thread else "")
        return
    draft.reply_to = pending.reply_to
    if what == DEADLINE or draft.now >= pending.deadline:
        _unknown(draft, thread, pending)
        return
    draft.note("tried again", f"{pending.action} did not return", thread.id)
    _tell(draft, thread)
    thread = draft.threads[thread.id]
    if thread.pending:
        run(draft, thread, replace(thread.pending, attempt=pending.attempt + 1))


def _unknown(draft: Draft, thread: Thread, pending: Pending) -> None:
    """Nobody knows whether it was done: never ask again; a person finds out. The thread stays frozen for them."""
    draft.effects += [ClearTimer(f"{pending.call_id}/{what}") for what in (RETRY, DEADLINE)]
    draft.put(replace(thread, pending=replace(pending, unknown=True)))
    draft.moved(thread, thread.state, "unknown")
    draft.note("unknown", f"{pending.action} has not returned in {draft.limits.call_deadline}", thread.id)
    draft.service("held", {"title": title(draft, thread)})
    draft.hand_over(f"{pending.action} for {thread.flow} {thread.key}: its result is unknown")
