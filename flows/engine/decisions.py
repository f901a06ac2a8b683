"""A decision is durable before it acts: the call is written down as pending, and only then run."""

from __future__ import annotations

from flows.engine.draft import Draft
from flows.state import Ask, Do, Pending, Reading, Stimulus, Thread
from flows.values import replace

RETRY = "retry"
DEADLINE = "deadline"


def decide(
    draft: Draft,
    thread: Thread,
    action: str,
    *,
    answers: Ask | None = None,
    reading: Reading | None = None,
    text: str = "",
    go: str = "",
) -> None:
    """Run an action for the thread, and freeze the thread until it returned.

    answers: the ask whose answer decided it. Its id and revision make the call's id, so an ask decides once.
    """
    draft.leave(thread, "answered")
    pending = Pending(
        call_id=f"{answers.id}.r{answers.revision}" if answers else draft.next_id(),
        action=action,
        slots={**thread.slots, "revision": thread.revision},
        ask=answers.id if answers else "",
        revision=thread.revision,
        attempt=1,
        since=draft.now,
        deadline=draft.now + draft.limits.call_deadline,
        go=go,
        text=text,
        intent=reading.intent if reading else "",
        entities=reading.slots if reading else {},
        reply_to=draft.reply_to,
    )
    draft.set_timer(f"{pending.call_id}/{DEADLINE}", draft.limits.call_deadline)
    run(draft, thread, pending)


def run(draft: Draft, thread: Thread, pending: Pending) -> None:
    """One attempt, from the record alone, and the timer that makes the next one."""
    draft.put(replace(thread, pending=pending, timers=(), unclear=0))
    draft.effects.append(
        Do(
            call_id=pending.call_id,
            action=pending.action,
            attempt=pending.attempt,
            thread=thread.id,
            slots=pending.slots,
            text=pending.text,
            intent=pending.intent,
            entities=pending.entities,
        )
    )
    draft.set_timer(f"{pending.call_id}/{RETRY}", draft.limits.retry_delay(pending.attempt))


def wait(draft: Draft, thread: Thread, stimulus: Stimulus) -> None:
    """Keep a stimulus for the thread until its call has returned."""
    if len(thread.waiting) >= draft.limits.waiting_kept:
        draft.list_for_staff("said", f"{stimulus.kind}: too much waits for a call", stimulus=stimulus)
        return
    draft.put(replace(thread, waiting=(*thread.waiting, stimulus)))
    action = thread.pending.action if thread.pending else ""
    draft.note("waits", f"{stimulus.kind} until {action} has returned", thread.id)


def say_being_confirmed(draft: Draft, thread_id: str, title: str) -> None:
    """Tell the person, once per call, that their answer is being confirmed."""
    thread = draft.threads[thread_id]
    pending = thread.pending
    if pending is None or pending.told or pending.unknown:
        draft.note("already told", "being confirmed", thread_id)
        return
    draft.say("service/being_confirmed", {"title": title}, thread=thread_id, kind="conversation")
    draft.put(replace(thread, pending=replace(pending, told=True)))
