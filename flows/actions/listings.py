"""What a seller does with a listing. The slot `listing` says how it went: extended, withdrawn, repriced, gone, …"""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from flows.actions.platform import get, post

LISTINGS_SHOWN = 10
"""Cards in a carousel (RCS: 2 to 10)."""
LONGEST_EXTENSION_DAYS = 365

Events = list[dict[str, Any]]


class FindListings(Action):
    def name(self) -> str:
        return "find_listings"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Set `listings` to what the person has on sale, the soonest to end first."""
        answer = await get("api/listings", contact=tracker.sender_id)
        listings = sorted(answer.get("listings", []), key=lambda listing: str(listing.get("ends_on")))
        return [SlotSet("listings", listings[:LISTINGS_SHOWN])]


class ExtendListing(Action):
    def name(self) -> str:
        return "extend_listing"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Extend by the slot `days`, or until the slot `until`."""
        days, until = tracker.get_slot("days"), tracker.get_slot("until")
        if until:
            return await _change(tracker, "extend", "extended", until=until)
        if not isinstance(days, int) or not 0 < days <= LONGEST_EXTENSION_DAYS:
            return [SlotSet("listing", "out_of_range")]
        return await _change(tracker, "extend", "extended", days=days)


class WithdrawListing(Action):
    def name(self) -> str:
        return "withdraw_listing"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        return await _change(tracker, "withdraw", "withdrawn")


class RepriceListing(Action):
    def name(self) -> str:
        return "reprice_listing"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Set the price to the slot `new_price`."""
        return await _change(tracker, "reprice", "repriced", price=tracker.get_slot("new_price"))


async def _change(tracker: Tracker, verb: str, done: str, **body: Any) -> Events:
    """POST the change; a listing that is not there any more is `gone`, an answer like any other."""
    answer = await post(tracker, f"api/listings/{tracker.get_slot('listing_id')}/{verb}", **body)
    events = [SlotSet("listing", answer.get("status", done))]
    if "ends_on" in answer:
        events.append(SlotSet("ends_on", str(answer["ends_on"])))
    return events
