"""The business actions: rasa-sdk `Action` classes that call the platform's API. The one place in flows/ that does I/O.

They run in process (register each of `ACTIONS`, call `aclose` at the end) or on a standard action server,
``python -m rasa_sdk --actions flows.actions``: the same classes, the same JSON. A raised `Retry` means that the same
call may be tried again; on a server rasa-sdk turns it into a 500.
"""

from rasa_sdk.interfaces import Action

from flows.actions.listings import ExtendListing, FindListings, RepriceListing, WithdrawListing
from flows.actions.offers import AcceptOffer, CounterOffer, DeclineOffer
from flows.actions.platform import Refused, Retry, aclose

ACTIONS: tuple[type[Action], ...] = (
    AcceptOffer,
    DeclineOffer,
    CounterOffer,
    FindListings,
    ExtendListing,
    WithdrawListing,
    RepriceListing,
)

__all__ = ["ACTIONS", "Refused", "Retry", "aclose"]
