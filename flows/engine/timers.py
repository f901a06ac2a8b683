"""What elapses: a reminder, a timeout, a call's timers; and an ask that will not reach the person."""

from __future__ import annotations

from flows.engine.answers import answer, fits
from flows.engine.calls import call_elapsed
from flows.engine.decisions import DEADLINE, RETRY, wait
from flows.engine.draft import Draft
from flows.engine.replies import REMINDER
from flows.engine.states import end, enter, enter_quietly, send_outcome, show
from flows.state import Ask, Elapsed, Reading, Settled, Thread


def elapsed(draft: Draft, stimulus: Elapsed) -> None:
    """Act on a timer, if what it guards is still there."""
    draft.reply_to = ""
    guarded, _, what = stimulus.timer.partition("/")
    if what in {RETRY, DEADLINE}:
        call_elapsed(draft, stimulus, guarded, what)
        return
    if what.startswith(REMINDER):
        _intent_due(draft, stimulus, guarded, what.split(".")[1])
        return
    ask = draft.asks.get(guarded)
    thread = draft.threads.get(ask.thread) if ask else None
    if thread and thread.pending:
        wait(draft, thread, stimulus)
    elif ask is None or thread is None or ask.closed_at is not None:
        why = f"closed: {ask.closed_by}" if ask and ask.closed_by else "not there any more"
        draft.note("late timer", f"{stimulus.timer}: its question is {why}", thread.id if thread else "")
    elif what == "remind":
        _remind(draft, thread, ask)
    else:
        _time_out(draft, thread, ask)


def _remind(draft: Draft, thread: Thread, ask: Ask) -> None:
    """Reminders count from the first send attempt: one that is early is set again."""
    remind = draft.flow(thread).states[thread.state].remind
    if remind is None:
        draft.note("late timer", "the state has no reminder any more", thread.id)
        return
    due = (ask.shown_at or draft.now) + remind.after
    if due > draft.now:
        draft.set_timer(f"{ask.id}/remind", due - draft.now)
        draft.note("reminder moved", "it counts from when the question was sent", thread.id)
    else:
        draft.note("reminded", "", thread.id)
        show(draft, thread, ask, remind.say)


def _time_out(draft: Draft, thread: Thread, ask: Ask) -> None:
    timeout = draft.flow(thread).states[thread.state].timeout
    if timeout is None:
        draft.note("late timer", "the state has no timeout any more", thread.id)
    elif ask.shown_at is None:
        draft.because("time ran out on a question that was not shown")
        enter_quietly(draft, thread, timeout.go)
    else:
        draft.because("time ran out")
        enter(draft, thread, timeout.go, "lapsed")


def _intent_due(draft: Draft, stimulus: Elapsed, thread_id: str, intent: str) -> None:
    """A reminder an action set: it states its intent to the thread's open ask."""
    thread = draft.threads.get(thread_id)
    ask = draft.open_ask(thread_id) if thread else None
    reading = Reading(intent, "reminder.due", "a reminder an action had set")
    if thread and thread.pending:
        wait(draft, thread, stimulus)
    elif ask and fits(draft, ask, reading):
        draft.readings.append(reading)
        answer(draft, ask, reading, "")
    else:
        draft.note("late timer", f"{intent!r} is not expected any more", thread_id)


# ---------------------------------------------------------------- an ask that was not delivered


def settled(draft: Draft, stimulus: Settled) -> None:
    """An ask's message is lost. If it was the one that asks, its thread does not wait for an answer any longer."""
    draft.reply_to = ""
    ask = draft.asks.get(stimulus.ask)
    thread = draft.threads.get(ask.thread) if ask else None
    if ask is None or thread is None or ask.closed_at is not None:
        draft.note("not delivered", f"{stimulus.outcome}: {stimulus.reason}; its question is closed already")
    elif ask.delivered_at is not None or (stimulus.say and stimulus.say != ask.said):
        draft.note("not delivered", f"{stimulus.outcome}: {stimulus.reason}; the question itself was", thread.id)
    else:
        draft.note("not delivered", f"{stimulus.outcome}: {stimulus.reason}", thread.id)
        _undelivered(draft, thread, stimulus)


def _undelivered(draft: Draft, thread: Thread, stimulus: Settled) -> None:
    """Where the state says, else the end, telling the platform that the person was not reached."""
    flow = draft.flow(thread)
    state = flow.states[thread.state]
    if state.undelivered:
        enter(draft, thread, state.undelivered, "failed")
        return
    draft.moved(thread, thread.state, "undelivered")
    thread = send_outcome(draft, thread, f"{flow.stem}.undelivered", {"reason": stimulus.outcome})
    end(draft, thread, "failed")
