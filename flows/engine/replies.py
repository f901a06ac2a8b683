"""What an action answered, in rasa-sdk's words: its events and its messages.

Understood events: slot, reset_slots, followup, reminder, cancel_reminder, pause, resume. A reminder states its
intent to the thread's open ask when it is due, if that ask takes it; `kill_on_user_msg` is not looked at, because an
ask that was answered meanwhile refuses it anyway. Messages: text, text with buttons, `response` (a card's name).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.engine.commands import hand_back
from flows.engine.draft import ANYONE, Draft, token
from flows.state import Choice, ClearTimer, Returned, SetTimer, Slots, Thread
from flows.values import replace

REMINDER = "reminder"
_PAYLOAD = re.compile(r"/([a-z][a-z0-9_]*)(\{.*\})?", re.DOTALL)
_CARD = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
_RESPONSE_FIELDS = frozenset({"text", "buttons", "elements", "custom", "template", "response", "image", "attachment"})


@dataclass
class Replies:
    """The thread with its new slots, the action to run next, and messages whose buttons belong to the next ask."""

    thread: Thread
    followup: str = ""
    buttons: list[tuple[str, tuple[Choice, ...]]] = field(default_factory=list)


def heard(draft: Draft, thread: Thread, stimulus: Returned) -> Replies:
    """Apply an action's events in order, then say its messages."""
    replies = Replies(thread)
    for event in stimulus.events:
        _event(draft, replies, event)
    for response in stimulus.responses:
        _response(draft, replies, response)
    return replies


def _event(draft: Draft, replies: Replies, event: Mapping[str, Any]) -> None:
    thread = replies.thread
    match event.get("event"):
        case "slot":
            replies.thread = _with_slot(thread, str(event.get("name")), event.get("value"))
        case "reset_slots":
            declared = draft.flow(thread).data
            kept = {name: value for name, value in thread.slots.items() if name in declared}
            replies.thread = replace(thread, slots=kept)
        case "followup":
            replies.followup = str(event.get("name") or "")
        case "reminder":
            _remind(draft, thread, event)
        case "cancel_reminder":
            draft.effects.append(ClearTimer(_reminder_id(thread, event)))
        case "pause":
            draft.hand_over(f"an action of {thread.flow} asked for a person")
        case "resume" if draft.held_by == ANYONE:
            hand_back(draft, f"an action of {thread.flow} went on")
        case other:
            draft.note("ignored", f"the action's event {other!r}", thread.id)


def _with_slot(thread: Thread, name: str, value: Any) -> Thread:
    """`revision` is the thread's own: an action may learn of a newer one, never of an older."""
    if name == "revision":
        return replace(thread, revision=max(thread.revision, int(value))) if value is not None else thread
    return replace(thread, slots={**thread.slots, name: value})


def _reminder_id(thread: Thread, event: Mapping[str, Any]) -> str:
    """The intent travels in the timer's id; the name only tells reminders apart."""
    return f"{thread.id}/{REMINDER}.{event.get('intent')}.{token(event.get('name'))}"


def _remind(draft: Draft, thread: Thread, event: Mapping[str, Any]) -> None:
    try:
        due = datetime.fromisoformat(str(event.get("date_time")))
    except ValueError:
        due = None
    if due is None or due.tzinfo is None:
        draft.note("ignored", "a reminder must say when, with its zone", thread.id)
        return
    draft.effects.append(SetTimer(_reminder_id(thread, event), due))


def _response(draft: Draft, replies: Replies, response: Mapping[str, Any]) -> None:
    thread = replies.thread
    card = response.get("response")
    text = response.get("text")
    choices = _choices(draft, response.get("buttons") or [])
    if card and _CARD.fullmatch(str(card)):
        more: Slots = {name: value for name, value in response.items() if name not in _RESPONSE_FIELDS}
        flow = draft.flow(thread)
        kind = "conversation" if draft.reply_to else flow.kind
        draft.say(str(card), {**thread.slots, **more}, thread=thread.id, kind=kind, topic=flow.topic)
    elif text and choices:
        replies.buttons.append((str(text), choices))
    elif text:
        draft.say("service/plain", {"text": str(text)}, thread=thread.id, kind="conversation")
    else:
        draft.note("ignored", "an action's message without text or card", thread.id)


def _choices(draft: Draft, buttons: list[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """rasa-sdk buttons ({title, payload: /intent{"slot": value}}) as choices of an ask."""
    choices = []
    for number, button in enumerate(buttons, 1):
        payload = _PAYLOAD.fullmatch(str(button.get("payload", "")))
        if payload is None:
            draft.note("ignored", "an action's button whose payload is not /intent")
            continue
        slots = json.loads(payload[2]) if payload[2] else {}
        labels = {draft.language: str(button.get("title", ""))}
        choices.append(Choice(f"button-{number}", payload[1], labels, slots))
    return tuple(choices)
