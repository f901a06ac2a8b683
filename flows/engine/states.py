"""Entering a state: what it sets, says, asks, emits, runs, and where it goes by itself."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flows.engine.binding import terms
from flows.engine.decisions import decide
from flows.engine.draft import Draft, token
from flows.expressions import ExpressionError, Values
from flows.model import Branch, Flow, State, Timeout
from flows.state import Ask, Choice, Emit, Question, Slots, Thread
from flows.titles import title_of
from flows.values import replace

FACTS = ("price", "when", "until")
"""Slots of these names are what an answer may be compared with, unless the state says otherwise."""


def enter(draft: Draft, thread: Thread, name: str, because: str = "answered") -> None:
    """Go to a state. `because` is why the thread's open ask, if it has one, can no longer be answered."""
    draft.steps += 1
    if draft.steps > draft.limits.steps_per_turn:
        give_up(draft, thread, f"more than {draft.limits.steps_per_turn} states in one turn, last {thread.state!r}")
        return
    flow = draft.flow(thread)
    state = flow.states[name]
    draft.leave(thread, because)
    draft.moved(thread, "" if because == "started" else thread.state, name)
    slots = thread.slots
    for slot, template in state.set.items():
        slots = {**slots, slot: template(slots)}
    thread = replace(thread, state=name, slots=slots, entered_at=draft.now, timers=(), unclear=0)
    due = _due(draft, thread, state.timeout)
    if state.timeout and due and due <= draft.now:
        draft.note("not asked", f"{name!r} was over before it was asked", thread.id)
        enter_quietly(draft, thread, state.timeout.go)
    elif state.expect:
        thread = emit(draft, thread, state)
        ask(draft, thread, state)
    else:
        tell(draft, thread, flow, state)
        _go_on(draft, emit(draft, thread, state), state)


def enter_quietly(draft: Draft, thread: Thread, name: str) -> None:
    """Go to a state because time ran out on a question the person never saw: outcomes are emitted, nothing is said."""
    loud, draft.quiet = draft.quiet, True
    enter(draft, thread, name, "lapsed")
    draft.quiet = loud


def _go_on(draft: Draft, thread: Thread, state: State) -> None:
    if state.do:
        decide(draft, thread, state.do)
    elif state.then:
        enter(draft, thread, pick(state.then, thread.slots))
    else:
        end(draft, thread)


def pick(branches: tuple[Branch, ...], slots: Values) -> str:
    """The first branch whose condition holds. The last one has none: it is the `else`."""
    return next(branch.target for branch in branches if branch.when is None or branch.when(slots))


def tell(draft: Draft, thread: Thread, flow: Flow, state: State) -> None:
    if state.say:
        draft.say(
            state.say,
            thread.slots,
            thread=thread.id,
            kind="conversation" if draft.reply_to else flow.kind,
            topic=flow.topic,
            essential=flow.essential if state.essential is None else state.essential,
        )


def emit(draft: Draft, thread: Thread, state: State) -> Thread:
    return send_outcome(draft, thread, state.emit, {}) if state.emit else thread


def send_outcome(draft: Draft, thread: Thread, type_: str, more: Slots) -> Thread:
    """An outcome, with everything plain that the thread knows: what the platform knows it by, and the results."""
    thread = replace(thread, sequence=thread.sequence + 1)
    plain = {name: value for name, value in thread.slots.items() if isinstance(value, str | int | bool)}
    data = {**plain, "revision": thread.revision, **more}
    draft.effects.append(Emit(f"{thread.id}.e{thread.sequence}", type_, data, thread.id, thread.sequence))
    return draft.put(thread)


def end(draft: Draft, thread: Thread, because: str = "ended") -> None:
    """The thread is over; its key, where its flow has one, is remembered with its revision."""
    draft.leave(thread, because)
    draft.threads.pop(thread.id, None)
    if draft.flow(thread).key is None:
        return
    now = int(draft.now.timestamp())
    since = now - draft.limits.ended_memory.total_seconds()
    known = {key: (revision, at) for key, (revision, at) in draft.ended.items() if at > since}
    known.pop(ended_key(thread.flow, thread.key), None)
    newest = list(known.items())[-draft.limits.ended_kept + 1 :]
    draft.ended = dict([*newest, (ended_key(thread.flow, thread.key), (thread.revision, now))])


def ended_key(flow: str, key: str) -> str:
    """What stands for a thread's key in `Conversation.ended`."""
    return token(flow, key)


def give_up(draft: Draft, thread: Thread, why: str) -> None:
    """End the thread with a person: say so, and ask for one."""
    draft.moved(thread, thread.state, "handed_over")
    draft.service("failed", {"title": title(draft, thread)})
    draft.hand_over(why)
    end(draft, thread, "failed")


def title(draft: Draft, thread: Thread) -> str:
    return title_of(draft.flow(thread), thread.slots, draft.language)


# ---------------------------------------------------------------- asking


def ask(draft: Draft, thread: Thread, state: State, *, changed: bool = False) -> None:
    """Put the state's question, with its choices frozen and its timers set.

    changed: say that its terms are new, whatever was shown last.
    """
    facts = facts_of(draft, thread.slots, state)
    seen = _last_shown(draft, thread)
    replaces = seen.id if seen and terms(seen) != (thread.revision, facts) else None
    card = (state.changed if changed or replaces else None) or state.say
    assert card is not None
    thread = replace(thread, asks=thread.asks + 1)
    put = Ask(
        id=f"{thread.id}.{thread.asks}",
        thread=thread.id,
        revision=thread.revision,
        state=thread.state,
        question=Question(state.subject, tuple(state.expect), draft.library.choices(card, thread.slots), facts),
        title=title(draft, thread),
        asked_at=draft.now,
        replaces=replaces,
    )
    show(draft, draft.put(_set_timers(draft, thread, state, put)), put, card)


def ask_again(draft: Draft, thread: Thread, *, changed: bool = False) -> None:
    """Put the thread's open question once more, as a new ask: the words were meant for another, or came too late."""
    draft.leave(thread, "replaced")
    ask(draft, replace(thread, timers=(), unclear=0), draft.flow(thread).states[thread.state], changed=changed)


def offer_buttons(draft: Draft, thread: Thread, text: str, choices: tuple[Choice, ...]) -> None:
    """Put the thread's open question once more in an action's own words, with the action's buttons."""
    current = draft.open_ask(thread.id)
    if current is None:
        draft.note("buttons left out", "the thread does not wait for an answer", thread.id)
        draft.say("service/plain", {"text": text}, thread=thread.id, kind="conversation")
        return
    draft.leave(thread, "replaced")
    thread = replace(thread, asks=thread.asks + 1, timers=())
    put = replace(
        current, id=f"{thread.id}.{thread.asks}", question=replace(current.question, choices=choices), said=""
    )
    thread = draft.put(_set_timers(draft, thread, draft.flow(thread).states[thread.state], put))
    show(draft, thread, put, "service/plain", {"text": text})


def show(draft: Draft, thread: Thread, put: Ask, card: str, data: Slots | None = None) -> None:
    """Say a card that shows an ask: its own at first, a reminder later."""
    flow = draft.flow(thread)
    state = flow.states[thread.state]
    said = draft.say(
        card,
        data or thread.slots,
        thread=thread.id,
        kind="conversation" if draft.reply_to else flow.kind,
        topic=flow.topic,
        ask=put,
        essential=flow.essential if state.essential is None else state.essential,
        expires_at=_due(draft, thread, state.timeout),
    )
    draft.asks[put.id] = put if put.said else replace(put, said=said)


def facts_of(draft: Draft, slots: Slots, state: State) -> Slots:
    """What an answer may be compared with; a time on the contact's clock, as the person reads it."""
    if state.facts:
        facts = {name: template(slots) for name, template in state.facts.items()}
    else:
        facts = {name: slots[name] for name in FACTS if slots.get(name) is not None}
    if "when" in facts:
        local = _moment(str(facts["when"]), draft.zone).astimezone(draft.zone)
        facts["when"] = local.strftime("%Y-%m-%dT%H:%M")
    return facts


def _last_shown(draft: Draft, thread: Thread) -> Ask | None:
    """The thread's ask the person saw last."""
    numbers = range(thread.asks, 0, -1)
    asks = (draft.asks.get(f"{thread.id}.{number}") for number in numbers)
    return next((found for found in asks if found and found.shown_at), None)


def _set_timers(draft: Draft, thread: Thread, state: State, put: Ask) -> Thread:
    timers = []
    due = _due(draft, thread, state.timeout)
    if due:
        timers.append(f"{put.id}/timeout")
        draft.set_timer(timers[-1], due - draft.now)
    if state.remind:
        timers.append(f"{put.id}/remind")
        draft.set_timer(timers[-1], state.remind.after)
    return replace(thread, timers=tuple(timers))


def _due(draft: Draft, thread: Thread, timeout: Timeout | None) -> datetime | None:
    """When the state is over: counted from entering it, or a time among the slots. Raises ExpressionError."""
    if timeout is None:
        return None
    if timeout.after is not None:
        return thread.entered_at + timeout.after
    moment = timeout.at(thread.slots) if timeout.at else None
    if moment is None:
        return None
    try:
        return _moment(str(moment), draft.zone)
    except ValueError as error:
        raise ExpressionError(f"{timeout.at} of {thread.flow} gives {moment!r}, which is not a time") from error


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """A time in UTC. One without a zone is on the contact's clock, and a bare date means the end of that day."""
    moment = datetime.fromisoformat(text if "T" in text else f"{text}T23:59:59")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
