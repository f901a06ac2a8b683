"""Several open asks accept the words: ask which is meant, keep the answer, and take the pick."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import JsonValue

from flows.engine.answers import answer, fits
from flows.engine.binding import same_question, terms
from flows.engine.decisions import say_being_confirmed, wait
from flows.engine.draft import Draft, token
from flows.engine.states import ask_again
from flows.state import Ask, Choice, Kept, KeptAnswer, Question, Reading, Slots, Thread

WHICH = "which"
BOTH = "both"
"""States of the bot's own questions."""
Fit = tuple[Ask, Reading]


def ask_which(draft: Draft, found: list[Fit], text: str, card: str = WHICH, data: Slots | None = None) -> None:
    """List the newest asks the words could be for, as many as a text holds; keep what they would mean to each."""
    found = found[: draft.limits.which_listed]
    choices = tuple(
        Choice(f"ask-{n}", "choose", {draft.language: ask.title}, {"option": n, "ask": ask.id})
        for n, (ask, _) in enumerate(found, 1)
    )
    which = keep(draft, WHICH, Question("plain", ("choose",), choices), found, text)
    draft.service(card, {**(data or {}), "asks": titles(ask for ask, _ in found)}, which)


def keep(draft: Draft, state: str, question: Question, found: list[Fit], text: str) -> Ask:
    """A question of the bot's own, and the answers kept while it is open. There is one at a time."""
    forget(draft)
    own = Ask(
        id=f"w{token(draft.stimulus.id)}.1",
        thread="",
        revision=0,
        state=state,
        question=question,
        title="",
        asked_at=draft.now,
    )
    draft.asks[own.id] = own
    draft.kept = Kept(
        which=own.id,
        answers=tuple(KeptAnswer(ask.id, reading) for ask, reading in found),
        text=text,
        until=draft.now + draft.limits.kept_answer,
    )
    return own


def titles(asks: Iterable[Ask]) -> list[JsonValue]:
    return [{"id": ask.id, "title": ask.title} for ask in asks]


def picked(draft: Draft, which: Ask, reading: Reading) -> None:
    """The person said which ask was meant."""
    kept = draft.kept if draft.kept and draft.kept.which == which.id else None
    chosen = next((choice.slots.get("ask") for choice in which.question.choices if choice.id == reading.choice), None)
    forget(draft)
    take(draft, kept, next((one for one in kept.answers if one.ask == chosen), None) if kept else None)


def take(draft: Draft, kept: Kept | None, found: KeptAnswer | None) -> None:
    """The kept answer counts, if its ask is open with the same terms."""
    ask = draft.asks.get(found.ask) if found else None
    if kept is None or found is None or ask is None:
        draft.note("forgotten", "the question that was picked is not remembered any more")
        draft.service("closed", {"title": "", "reason": "ended", "asks": []})
        return
    now = current(draft, ask)
    if now.closed_at is not None:
        too_late(draft, now, [], kept.text)
    elif draft.now >= kept.until or not fits(draft, now, found.reading):
        draft.note("asked again", "the kept answer is too old", now.thread)
        ask_again(draft, draft.threads[now.thread])
    else:
        draft.readings.append(found.reading)
        answer(draft, now, found.reading, kept.text)


def forget(draft: Draft, state: str = "") -> None:
    """Drop the bot's own question (only one of `state`, when it is given) and the answer kept for it.

    Nothing becomes of it, so it is not remembered."""
    own = draft.open_ask("")
    if own and state and own.state != state:
        return
    draft.kept = None
    if own:
        draft.close(own, "answered")
        del draft.asks[own.id]


# ---------------------------------------------------------------- what became of an ask


def being_confirmed(draft: Draft, thread: Thread, ask: Ask) -> None:
    """A further answer while the call of the first one is under way: it is told so, once, and waits."""
    say_being_confirmed(draft, thread.id, ask.title)
    if draft.heard:
        wait(draft, draft.threads[thread.id], draft.heard)


def current(draft: Draft, ask: Ask) -> Ask:
    """The ask itself, or the open one that puts the very same question again."""
    if ask.closed_at is None:
        return ask
    newer = draft.open_ask(ask.thread) if ask.thread else None
    return newer if newer and same_question(newer, ask) else ask


def too_late(draft: Draft, ask: Ask, others: list[Fit], text: str, card: str = "closed") -> None:
    """The words or the tap were for an ask that is closed: say what became of it; never try an older one.

    others: open asks that would accept the words too, to choose from.
    """
    thread = draft.threads.get(ask.thread)
    newer = draft.open_ask(ask.thread) if thread else None
    if thread and thread.pending:
        being_confirmed(draft, thread, ask)
    elif thread and newer:
        draft.note("asked again", f"the answer was to {ask.id}, which was {ask.closed_by}", thread.id)
        ask_again(draft, thread, changed=terms(newer) != terms(ask))
    else:
        draft.note("too late", f"{ask.id} is closed: {ask.closed_by}", ask.thread)
        about: Slots = {"title": ask.title, "reason": ask.closed_by}
        if others:
            ask_which(draft, others, text, card, about)
        else:
            draft.service(card, {**about, "asks": []})
