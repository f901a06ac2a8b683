"""What holds everywhere, before a flow sees the words: opt-out, opt-in, help, a human, thanks, how it stands."""

from __future__ import annotations

from flows.engine.draft import Draft
from flows.engine.events import start_on_intent
from flows.engine.which import BOTH, forget, titles
from flows.state import Consent, HandOver, Reading, Reported, Slots
from flows.values import replace

CONSENT = frozenset({"unsubscribe", "resubscribe"})
"""Acts also while a colleague holds the conversation."""
COMMANDS = CONSENT | {"help", "human", "thanks", "status"}
HINTS = frozenset({"status", "help", "human"})
"""All that a second opinion may make of unclear words: nothing that moves money, consent or a flow's state."""
ASKABLE = frozenset({"affirm", "deny", "withdraw_item", "extend", "reschedule", "choose", "return_item", "rate"})
"""What a second opinion may make the bot ask about; the person's own answer decides, as ever."""
EVERYTHING = "*"


def command(draft: Draft, reading: Reading) -> None:
    """Do what the command says."""
    match reading.intent:
        case "unsubscribe":
            _stop(draft, reading)
        case "resubscribe":
            _resume(draft, reading)
        case "help":
            draft.because("asked for help")
            draft.service("help", {"asks": titles(draft.open_asks())})
        case "human":
            _human(draft, "asked for a person")
        case "status":
            _status(draft, reading)
        case "thanks":
            draft.because("said thanks")
            draft.service("thanks")


def _topic(slots: Slots) -> str:
    return str(slots.get("topic") or EVERYTHING)


def _evidence(draft: Draft, reading: Reading) -> str:
    """What proves it: the mail, and the rule that read it. The words themselves are in the ledger."""
    return f"{draft.stimulus.id} {reading.rule}"


def _stop(draft: Draft, reading: Reading) -> None:
    """Switch off, and confirm once: the law allows one message after an opt-out, not one for every repeat."""
    topic = _topic(reading.slots)
    forget(draft, BOTH)  # whether to stop is settled
    draft.effects.append(Consent(topic, granted=False, evidence=_evidence(draft, reading)))
    draft.because(f"opted out of {topic}")
    if draft.stopped_at and draft.now - draft.stopped_at < draft.limits.stop_confirmed:
        draft.note("already stopped", "an opt-out is confirmed once")
        return
    if topic == EVERYTHING:
        draft.stopped_at = draft.now
    draft.service("stopped", legal=True)


def _resume(draft: Draft, reading: Reading) -> None:
    topic = _topic(reading.slots)
    draft.effects.append(Consent(topic, granted=True, evidence=_evidence(draft, reading)))
    draft.because(f"opted in to {topic}")
    draft.stopped_at = None
    draft.service("resumed")


def reported(draft: Draft, stimulus: Reported) -> None:
    """The carrier took an opt-out or opt-in of its own: it counts like the person's word to us, and nothing is said."""
    granted, everything = stimulus.what == "subscribed", stimulus.topic == EVERYTHING
    draft.because(f"{stimulus.by} reports: {stimulus.what}")
    if everything and granted is (draft.stopped_at is None):
        draft.note("known", "it changes nothing")
        return
    if everything:
        draft.stopped_at = None if granted else draft.now
    if not granted:
        forget(draft, BOTH)
    evidence = f"reported by {stimulus.by}: {stimulus.code or stimulus.what}"
    draft.effects.append(Consent(stimulus.topic, granted=granted, evidence=evidence))


def _human(draft: Draft, reason: str) -> None:
    draft.because(reason)
    draft.hand_over(reason)
    draft.service("human")


def _status(draft: Draft, reading: Reading) -> None:
    """How something stands is for the flow that starts on it; where there is none, for a person."""
    flow = draft.library.by_intent.get(reading.intent)
    if flow:
        start_on_intent(draft, flow, reading)
    else:
        _human(draft, "asked how something stands, which no flow can tell")


def hand_back(draft: Draft, reason: str) -> None:
    """The bot speaks again."""
    draft.because(reason)
    draft.held_by = ""
    draft.effects.append(replace(HandOver(reason), back=True))
