"""What the person said: a command, an answer to the ask in view, a start, or something to ask back about."""

from __future__ import annotations

from collections.abc import Iterator

from flows.engine.again import AGAIN, ask_whether, confirmed, doubtful, quoted
from flows.engine.answers import answer, fits
from flows.engine.binding import in_view
from flows.engine.both import ask_both, beside_stop, picked_both
from flows.engine.commands import COMMANDS, CONSENT, HINTS, command
from flows.engine.draft import ANYONE, Draft
from flows.engine.events import start_on_intent
from flows.engine.which import BOTH, WHICH, Fit, ask_which, being_confirmed, current, picked, too_late
from flows.model import SUBJECT_OF, Flow
from flows.state import Ask, Question, Reading, Said, Slots
from flows.values import replace

NOTHING = Question()
NOTICES = frozenset({"order"})
"""Subjects that tell something: an answer is taken, but where none is understood nothing is asked back."""


def said(draft: Draft, stimulus: Said) -> None:
    """Act on words. While a colleague holds the conversation only an opt-out or opt-in acts; the rest is listed."""
    draft.hear(stimulus)
    if draft.held:
        only_consent(draft, stimulus)
    else:
        understood(draft, stimulus)


def only_consent(draft: Draft, stimulus: Said) -> None:
    """An opt-out or opt-in acts; anything else is left to staff."""
    views = _views(draft, stimulus)
    reading = _read(draft, stimulus, views[0].question if views else NOTHING)
    draft.readings.append(reading)
    if reading.intent in CONSENT:
        command(draft, reading)
    else:
        draft.list_for_staff("said", stimulus.text, stimulus=stimulus)


def understood(draft: Draft, stimulus: Said) -> None:
    """Act on words, whoever holds the conversation (a colleague may apply what was listed)."""
    views = _views(draft, stimulus)
    question = views[0].question if views else NOTHING
    draft.context = question.subject
    first = _read(draft, stimulus, question)
    if first.intent in COMMANDS:
        draft.readings.append(first)
        command(draft, first)
        return
    readings = [first, *(_read(draft, stimulus, ask.question) for ask in views[1:])]
    found = [(ask, reading) for ask, reading in zip(views, readings, strict=False) if fits(draft, ask, reading)]
    if found:
        draft.unclear = 0
        draft.readings.append(found[0][1])
        _bind(draft, stimulus, found)
        return
    pairs = [beside_stop(draft, ask, reading) for ask, reading in zip(views, readings, strict=False)]
    draft.readings.append(first)
    if with_stop := [pair for pair in pairs if pair]:
        ask_both(draft, with_stop, stimulus.text)
    else:
        _not_an_answer(draft, stimulus, views)


def _views(draft: Draft, stimulus: Said) -> list[Ask]:
    return [current(draft, ask) for ask in in_view(draft.asks.values(), stimulus.at, draft.limits)]


def _read(draft: Draft, stimulus: Said, question: Question) -> Reading:
    return draft.library.understand(stimulus.text, question, stimulus.at.astimezone(draft.zone))


def _bind(draft: Draft, stimulus: Said, found: list[Fit]) -> None:
    """The newest ask that fits decides: alone and open it is answered, closed it is never passed over."""
    newest, reading = found[0]
    open_ones = [(ask, read) for ask, read in found if ask.closed_at is None and ask.thread]
    if newest.closed_at is not None:
        too_late(draft, newest, open_ones, stimulus.text)
    elif doubtful(stimulus, reading):
        ask_whether(draft, newest, reading, stimulus.text)
    elif newest.state == AGAIN and not newest.thread:
        confirmed(draft, newest, reading)
    elif newest.state == BOTH and not newest.thread:
        picked_both(draft, newest, reading)
    elif not newest.thread:
        picked(draft, newest, reading)
    elif len(open_ones) > 1:
        draft.note("several fit", ", ".join(ask.id for ask, _ in open_ones))
        ask_which(draft, open_ones, stimulus.text, WHICH)
    else:
        answer(draft, newest, reading, stimulus.text)


# ---------------------------------------------------------------- not an answer to anything asked


def _not_an_answer(draft: Draft, stimulus: Said, views: list[Ask]) -> None:
    started = _start(draft, stimulus)
    if started:
        return
    open_one = next((ask for ask in views if ask.closed_at is None and ask.question.subject not in NOTICES), None)
    frozen = next((ask for ask in views if _frozen(draft, ask)), None)
    if open_one is None and frozen is None and views:
        reading = _read(draft, stimulus, NOTHING)
        if reading.intent in COMMANDS:  # 收到 after everything was settled is thanks
            draft.readings.append(reading)
            command(draft, reading)
            return
    if draft.held_by == ANYONE:
        draft.list_for_staff("said", stimulus.text, stimulus=stimulus)
    elif stimulus.hint in HINTS and draft.readings[-1].intent == "unclear":
        _hinted(draft, stimulus.hint)
    elif open_one is not None:
        ask_back(draft, open_one, stimulus.hint if draft.readings[-1].intent == "unclear" else "")
    elif frozen is not None:
        being_confirmed(draft, draft.threads[frozen.thread], frozen)
    else:
        _nothing_open(draft)


def _hinted(draft: Draft, hint: str) -> None:
    """The grammar could make nothing of the words, somebody else could, and it is nothing that binds anybody."""
    reading = Reading(hint, "second_opinion.hint", f"unclear to the grammar; the second opinion is {hint}")
    draft.readings.append(reading)
    command(draft, reading)


def _frozen(draft: Draft, ask: Ask) -> bool:
    thread = draft.threads.get(ask.thread)
    return thread is not None and thread.pending is not None


def _start(draft: Draft, stimulus: Said) -> bool:
    """The second reading: against the flows that start on an intent. Was it one?"""
    for question, flows in _starts(draft):
        reading = _read(draft, stimulus, question)
        if reading.intent in flows:
            draft.readings.append(reading)
            draft.unclear = 0
            if doubtful(stimulus, reading):
                draft.note("may be a repeat", f"{reading.intent}, in words that came just before")
                draft.service("repeated", quoted(stimulus.text))
            else:
                start_on_intent(draft, flows[reading.intent], reading)
            return True
    return False


def _starts(draft: Draft) -> Iterator[tuple[Question, dict[str, Flow]]]:
    """One question for each grammar some flow starts on. `bare` is off: nothing was asked, so the words must say
    what to do; a length, a number or a date alone starts nothing."""
    by_subject: dict[str, dict[str, Flow]] = {}
    for intent, flow in draft.library.by_intent.items():
        by_subject.setdefault(SUBJECT_OF.get(intent, "none"), {})[intent] = flow
    for subject, flows in by_subject.items():
        yield Question(subject, tuple(flows), (), {"bare": False}), flows


def ask_back(draft: Draft, ask: Ask, hint: str = "") -> None:
    """Not understood: ask back in words fitted to the ask, twice at most, then offer a person.

    hint: what a second opinion took the words for; where one choice stands for it, the question is whether it is meant.
    """
    thread = draft.threads.get(ask.thread)
    unclear = (thread.unclear if thread else draft.unclear) + 1
    if thread:
        draft.put(replace(thread, unclear=unclear))
    else:
        draft.unclear = unclear
    name = "unclear" if unclear <= draft.limits.unclear_asks else "unclear_person"
    shown = [choice for choice in ask.question.choices if not choice.hidden]
    meant = [choice for choice in shown if choice.means == hint]
    if len(meant) == 1:
        draft.note("a second opinion", f"{hint}: asked whether that is meant", ask.thread)
    draft.note("not understood", f"{unclear} in a row", ask.thread)
    labels = [choice.labels.get(draft.language, choice.id) for choice in (*shown, *meant)]
    data: Slots = {
        "title": ask.title,
        "options": list(labels[: len(shown)]),
        "subject": ask.question.subject,
        "accepts": list(ask.question.accepts),
        "price": ask.question.facts.get("price"),
        "meant": labels[-1] if len(meant) == 1 else "",
    }
    draft.service(name, data, ask)


def _nothing_open(draft: Draft) -> None:
    draft.unclear += 1
    draft.note("not understood", "nothing is open")
    if draft.unclear <= draft.limits.unclear_asks:
        draft.service("unclear_nothing")
    else:
        draft.service("unclear_person", {"title": "", "options": []})
