"""A colleague takes the conversation, speaks, applies what was listed, and hands it back."""

from __future__ import annotations

from flows.engine.commands import hand_back
from flows.engine.draft import Draft
from flows.engine.states import end
from flows.engine.taps import pressed
from flows.engine.words import understood
from flows.state import HandOver, Listed, Said, Say, Staffed, Stimulus, Tapped
from flows.values import replace


def staffed(draft: Draft, stimulus: Staffed) -> tuple[Stimulus, ...]:
    """Act on what a colleague did. Returns stimuli that waited for them, to be handled now, in order."""
    match stimulus.act:
        case "take":
            draft.because(f"taken by {stimulus.by}")
            draft.held_by = stimulus.by
            draft.effects.append(HandOver("taken", by=stimulus.by))
        case "say":
            draft.note("staff spoke", stimulus.by)
            draft.say("service/plain", {"text": stimulus.text}, kind="conversation", by_staff=True)
        case "apply":
            _apply(draft, stimulus)
        case "hand_back":
            return _hand_back(draft, stimulus)
    return ()


def _apply(draft: Draft, stimulus: Staffed) -> None:
    """Do with a listed item what the bot would have done, or send what it would have said."""
    item = next((one for one in draft.listed if one.id == stimulus.item), None)
    if item is None:
        draft.note("refused", f"there is no listed item {stimulus.item!r}")
        return
    draft.listed = [one for one in draft.listed if one.id != item.id]
    draft.note("applied", f"{item.what} by {stimulus.by}")
    match item.stimulus:
        case Said():
            draft.hear(item.stimulus)
            understood(draft, replace(item.stimulus, again=False))  # a colleague saw that they are meant
        case Tapped():
            draft.hear(item.stimulus)
            pressed(draft, item.stimulus)
        case _:
            _say_listed(draft, item, by_staff=True)


def _hand_back(draft: Draft, stimulus: Staffed) -> tuple[Stimulus, ...]:
    """The bot speaks again: what it did not say is said, unless its question is closed by now."""
    listed, draft.listed = draft.listed, []
    hand_back(draft, f"handed back by {stimulus.by}")
    for item in listed:
        _say_listed(draft, item, by_staff=False)
    return _release(draft)


def _say_listed(draft: Draft, item: Listed, *, by_staff: bool) -> None:
    say: Say | None = item.say
    if say is None:
        return
    ask = draft.asks.get(say.ask.id) if say.ask else None
    if say.ask and (ask is None or ask.closed_at is not None):
        draft.note("not said", f"the question of {say.card} is closed", say.thread)
        return
    draft.reply_to = say.reply_to
    sent = draft.say(
        say.card,
        say.data,
        thread=say.thread,
        kind=say.kind,
        topic=say.topic,
        ask=ask,
        essential=say.essential,
        expires_at=say.expires_at,
        by_staff=by_staff,
    )
    if ask and ask.said == say.id:
        draft.asks[ask.id] = replace(ask, said=sent)  # this is what puts it to the person


def _release(draft: Draft) -> tuple[Stimulus, ...]:
    """Threads whose call stayed unknown were the colleague's to settle; they end, and what waited in them goes on."""
    waiting: tuple[Stimulus, ...] = ()
    for thread in list(draft.threads.values()):
        if thread.pending and thread.pending.unknown:
            waiting += thread.waiting
            draft.note("released", f"{thread.pending.action} was settled by staff", thread.id)
            end(draft, thread)
    return waiting
