"""A package of actions such as `flows.actions`, for both ways to run them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from rasa_sdk.events import (
    ActionExecutionRejected,
    AllSlotsReset,
    ConversationPaused,
    ConversationResumed,
    FollowupAction,
    ReminderCancelled,
    ReminderScheduled,
    SlotSet,
)
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, ActionExecutionRejection, Tracker
from rasa_sdk.types import DomainDict

PHONE = "+8613800138000"
"""What must not come out in an error."""

Events = list[dict[str, Any]]


class Retry(Exception):
    """The platform was slow or down."""


class Refused(Exception):
    """The platform will not do it."""


class Sees(Action):
    def name(self) -> str:
        return "sees"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        tracker.slots["listings"].append("changed here only")
        return [
            SlotSet("sender", tracker.sender_id),
            SlotSet("slots", tracker.slots),
            SlotSet("message", tracker.latest_message),
            SlotSet("days", next(tracker.get_latest_entity_values("days"), None)),
            SlotSet("domain", domain),
        ]


class Tells(Action):
    def name(self) -> str:
        return "tells"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        dispatcher.utter_message(text="好的")
        dispatcher.utter_message(text="哪一件？", buttons=[{"title": "腕表", "payload": "/choose"}])
        dispatcher.utter_message(response="consignment/offer", price="15200.50", days=7, urgent=True)
        return [
            SlotSet("price", "15200.50"),
            SlotSet("days", 7),
            SlotSet("urgent", value=True),
            SlotSet("nothing", None),
            ReminderScheduled("remind", datetime(2026, 11, 25, 9, tzinfo=UTC), name="r1", kill_on_user_message=False),
            ReminderCancelled(name="r0"),
            FollowupAction("sees"),
            ConversationPaused(),
            ConversationResumed(),
            AllSlotsReset(),
        ]


class Plain(Action):
    def name(self) -> str:
        return "plain"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Any:
        """Neither async nor with an answer, as rasa-sdk allows."""


class Slow(Action):
    def name(self) -> str:
        return "slow"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        await asyncio.Event().wait()
        return []


class Down(Action):
    def name(self) -> str:
        return "down"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        raise Retry("the platform answered 503")


class Unwilling(Action):
    def name(self) -> str:
        return "unwilling"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        raise Refused("the platform answered 403")


class Rejected(Action):
    def name(self) -> str:
        return "rejected"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        raise ActionExecutionRejection(self.name(), "the listing was sold")


class Broken(Action):
    def name(self) -> str:
        return "broken"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        raise KeyError(PHONE)


class Unstorable(Action):
    def name(self) -> str:
        return "unstorable"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return [SlotSet("listings", {"a", "b"})]


class Zoneless(Action):
    def name(self) -> str:
        return "zoneless"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        naive = datetime(2026, 11, 25, 9)  # noqa: DTZ001 - the mistake under test
        return [ActionExecutionRejected("x"), ReminderScheduled("remind", naive)]


class Unnumbered(Action):
    def name(self) -> str:
        return "unnumbered"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return [SlotSet("revision", "newest")]


class Unbuttoned(Action):
    def name(self) -> str:
        return "unbuttoned"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        dispatcher.utter_message(text="Which?", buttons=[{"title": "No", "payload": "/deny{bad}"}])
        return []


class Unlisted(Action):
    """Alive in the process, but not one of ACTIONS."""

    def name(self) -> str:
        return "unlisted"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return []


ACTIONS = (Sees, Tells, Plain, Slow, Down, Unwilling, Rejected, Broken, Unstorable, Zoneless, Unnumbered, Unbuttoned)

closed: list[bool] = []


async def aclose() -> None:
    closed.append(True)
