"""What a seller does with an offer. The slot `deal` says how it went: made, declined, countered, changed or gone."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from flows.actions.platform import Refused, post

Events = list[dict[str, Any]]


class AcceptOffer(Action):
    def name(self) -> str:
        return "accept_offer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Accept at the price and revision the person saw; the platform says if those still hold."""
        return await _decide(tracker, "accept", "made", price=tracker.get_slot("price"))


class DeclineOffer(Action):
    def name(self) -> str:
        return "decline_offer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return await _decide(tracker, "decline", "declined")


class CounterOffer(Action):
    def name(self) -> str:
        return "counter_offer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Name another price, the slot `counter`."""
        return await _decide(tracker, "counter", "countered", price=tracker.get_slot("counter"))


async def _decide(tracker: Tracker, verb: str, done: str, **body: Any) -> Events:
    """POST the decision. `changed` brings the offer's new price and revision."""
    offer, revision = tracker.get_slot("offer_id"), tracker.get_slot("revision")
    answer = await post(tracker, f"api/offers/{offer}/{verb}", revision=revision, **body)
    status = answer.get("status")
    if status not in {done, "changed", "gone"}:
        raise Refused(f"the platform answered {verb} with an unknown status")
    events = [SlotSet("deal", status)]
    if status == "changed":
        events += [SlotSet("price", str(answer["price"])), SlotSet("revision", answer["revision"])]
    return events
