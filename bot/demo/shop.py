"""The shop's rules. Every change is one method.

What buyers and the shop do is told to `changed` at once. What sellers decide is told by the API, together with the
answer it stores: a crash must not keep one without the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, Literal

from pydantic import JsonValue

from bot.demo.model import LOG_KEPT, Item, Listing, Offer, Received, Seller, Sent, State, in_days, now, today

OFFER_LASTS: Final = timedelta(hours=24)
LISTING_LASTS_DAYS: Final = 30
EXPIRING_IN_DAYS: Final = 3
LONGEST_DAYS: Final = 365
"""A listing cannot end later than this from today."""

STOCK: Final = (
    Item(code="3287", category="腕表", name="Aurel 蓝面自动腕表 40mm", picture="watch.svg", seller=0),
    Item(code="4102", category="手袋", name="酒红色翻盖手提包", picture="bag.svg", seller=0),
    Item(code="2250", category="相机", name="Vista 旁轴相机 50mm", picture="camera.svg", seller=1),
)
PRICES: Final = {"3287": "16800", "4102": "9600", "2250": "21500"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API call is answered."""

    status: int
    body: dict[str, JsonValue]


GONE: Final = Answer(409, {"status": "gone"})


class Shop:
    """changed: called after a change, so that it is written down and shown."""

    def __init__(self, state: State, public_url: str, changed: Callable[[], None]) -> None:
        self.state = state
        self._url = public_url.rstrip("/")
        self._changed = changed

    def open_first_time(self) -> None:
        """A new shop puts its stock on sale and has an offer on the watch at once."""
        for item in STOCK:
            self.state.items[item.code] = item
            ends_on = in_days(LISTING_LASTS_DAYS)
            listing = Listing(id=self._id("L"), item=item.code, price=PRICES[item.code], ends_on=ends_on)
            self.state.listings[listing.id] = listing
        self.make_offer(STOCK[0].code, "15200")

    # ---------------------------------------------------------------- looking

    def listing_of(self, code: str) -> Listing | None:
        """The item's listing that is on sale now."""
        return next((one for one in self.state.listings.values() if one.item == code and one.state == "on_sale"), None)

    def open_offers(self, listing: str) -> list[Offer]:
        return [one for one in self.state.offers.values() if one.listing == listing and self._open(one)]

    def seller_of(self, code: str) -> Seller:
        return self.state.sellers[self.state.items[code].seller]

    def listings_of(self, contact: str) -> list[dict[str, JsonValue]]:
        """What a person has on sale, as the API gives it."""
        on_sale = (one for one in self.state.listings.values() if one.state == "on_sale")
        return [
            {"id": one.id, **self._item(one.item), "price": one.price, "ends_on": one.ends_on.isoformat()}
            for one in on_sale
            if contact and self.seller_of(one.item).contact == contact
        ]

    # ---------------------------------------------------------------- what buyers and the shop do

    def make_offer(self, code: str, price: str) -> None:
        """A buyer offers a price for an item on sale; KeyError when it is not."""
        listing = self._on_sale(code)
        offer = Offer(id=self._id("O"), listing=listing.id, price=price, expires_at=now() + OFFER_LASTS)
        self.state.offers[offer.id] = offer
        self._announce_offer(offer)
        self._changed()

    def change_offer(self, offer_id: str, price: str) -> None:
        """The buyer changes an open offer's price; KeyError when it is not open."""
        offer = self._open_offer(offer_id)
        offer.price, offer.revision, offer.expires_at = price, offer.revision + 1, now() + OFFER_LASTS
        self._announce_offer(offer)
        self._changed()

    def withdraw_offer(self, offer_id: str) -> None:
        """The buyer takes an open offer back; KeyError when it is not open."""
        self._end(self._open_offer(offer_id))
        self._changed()

    def expire_soon(self, code: str) -> None:
        """The listing is about to end."""
        listing = self._on_sale(code)
        listing.ends_on = min(listing.ends_on, in_days(EXPIRING_IN_DAYS))
        self._announce(listing, "listing.expiring", {"ends_on": listing.ends_on.isoformat()})
        self._changed()

    def propose_price(self, code: str, price: str) -> None:
        """We think the item sells better at another price."""
        expires_at = (now() + OFFER_LASTS).isoformat()
        more: dict[str, JsonValue] = {"new_price": price, "expires_at": expires_at}
        self._announce(self._on_sale(code), "listing.reprice_proposed", more)
        self._changed()

    def sell(self, code: str) -> None:
        """Somebody bought the item at its price; open offers for it are off."""
        listing = self._on_sale(code)
        self._end_offers(listing)
        listing.state = "sold"
        self._announce(listing, "listing.sold", {"order_id": self._id("D")})
        self._changed()

    def put_on_sale(self, code: str) -> None:
        """Put an item up that is not on sale; KeyError when there is none or it is."""
        if self.listing_of(code):
            raise KeyError(code)
        price = PRICES[code]
        listing = Listing(id=self._id("L"), item=code, price=price, ends_on=in_days(LISTING_LASTS_DAYS))
        self.state.listings[listing.id] = listing
        self._announce(listing, "listing.listed", {"ends_on": listing.ends_on.isoformat()})
        self._changed()

    # ---------------------------------------------------------------- what sellers decide (the API)

    def accept(self, offer_id: str, revision: int, price: Decimal) -> Answer:
        """A deal, if the offer still stands as the seller saw it: the same revision and the same price."""
        offer = self.state.offers.get(offer_id)
        if offer is None or not self._open(offer):
            return GONE
        if offer.revision != revision or Decimal(offer.price) != price:
            return Answer(409, {"status": "changed", "price": offer.price, "revision": offer.revision})
        listing = self.state.listings[offer.listing]
        offer.state, listing.state, listing.price = "made", "sold", offer.price
        self._end_offers(listing)
        return Answer(200, {"status": "made", "offer_id": offer.id, "price": offer.price})

    def decline(self, offer_id: str, revision: int) -> Answer:
        return self._settle(offer_id, revision, "declined")

    def counter(self, offer_id: str, revision: int, price: Decimal) -> Answer:
        return self._settle(offer_id, revision, "countered", str(price))

    def extend(self, listing_id: str, days: int | None, until: date | None) -> Answer:
        """More time: by days from its end, or until a date. Beyond `LONGEST_DAYS`, or backwards: out_of_range."""
        listing = self.state.listings.get(listing_id)
        if listing is None or listing.state != "on_sale":
            return GONE
        ends_on = until or listing.ends_on + timedelta(days=min(days or 0, LONGEST_DAYS + 1))
        if not listing.ends_on < ends_on <= today() + timedelta(days=LONGEST_DAYS):
            return Answer(409, {"status": "out_of_range"})
        listing.ends_on = ends_on
        return Answer(200, {"status": "extended", "ends_on": ends_on.isoformat()})

    def withdraw(self, listing_id: str) -> Answer:
        """The seller takes the item back; open offers for it are off."""
        listing = self.state.listings.get(listing_id)
        if listing is None or listing.state != "on_sale":
            return GONE
        listing.state = "withdrawn"
        self._end_offers(listing)
        return Answer(200, {"status": "withdrawn"})

    def reprice(self, listing_id: str, price: Decimal) -> Answer:
        listing = self.state.listings.get(listing_id)
        if listing is None or listing.state != "on_sale":
            return GONE
        listing.price = str(price)
        return Answer(200, {"status": "repriced", "price": listing.price})

    # ---------------------------------------------------------------- what goes back and forth

    def took(self, sent: Sent, contact: str) -> None:
        """The bot took an event, and said which contact it is about."""
        sent.state = "taken"
        for seller in self.state.sellers:
            if seller.number == sent.to:
                seller.contact = contact
        self._changed()

    def refused(self, sent: Sent, why: str) -> None:
        """The bot will never take this event."""
        sent.state, sent.why = "refused", why
        self._changed()

    def receive(self, received: Received) -> None:
        """An outcome came; the same id again only counts up."""
        known = next((one for one in self.state.received if one.id == received.id), None)
        if known:
            known.times += 1
        else:
            self.state.received = [*self.state.received, received][-LOG_KEPT:]
        self._changed()

    def forged(self) -> None:
        """An outcome came whose signature is not the bot's."""
        self.state.forged += 1
        self._changed()

    # ---------------------------------------------------------------- inside

    def _settle(
        self, offer_id: str, revision: int, state: Literal["declined", "countered"], counter: str = ""
    ) -> Answer:
        offer = self.state.offers.get(offer_id)
        if offer is None or not self._open(offer):
            return GONE
        if offer.revision != revision:
            return Answer(409, {"status": "changed", "price": offer.price, "revision": offer.revision})
        offer.state, offer.counter = state, counter
        return Answer(200, {"status": state, "offer_id": offer.id})

    def _open(self, offer: Offer) -> bool:
        return offer.state == "open" and offer.expires_at > now()

    def _open_offer(self, offer_id: str) -> Offer:
        offer = self.state.offers[offer_id]
        if not self._open(offer):
            raise KeyError(offer_id)
        return offer

    def _on_sale(self, code: str) -> Listing:
        listing = self.listing_of(code)
        if listing is None:
            raise KeyError(code)
        return listing

    def _end_offers(self, listing: Listing) -> None:
        for offer in self.open_offers(listing.id):
            self._end(offer)

    def _end(self, offer: Offer) -> None:
        offer.state = "withdrawn"
        offer.revision += 1
        self._announce_offer(offer, "offer.withdrawn")

    def _announce_offer(self, offer: Offer, type_: str = "offer.made") -> None:
        listing = self.state.listings[offer.listing]
        about: dict[str, JsonValue] = {
            "offer_id": offer.id,
            "item": self._item(listing.item),
            "price": offer.price,
            "expires_at": offer.expires_at.isoformat(),
            "revision": offer.revision,
        }
        self._send(type_, listing, about)

    def _announce(self, listing: Listing, type_: str, more: dict[str, JsonValue]) -> None:
        listing.revision += 1
        about: dict[str, JsonValue] = {
            "listing_id": listing.id,
            "item": self._item(listing.item),
            "price": listing.price,
            "revision": listing.revision,
        }
        self._send(type_, listing, {**about, **more})

    def _send(self, type_: str, listing: Listing, data: dict[str, JsonValue]) -> None:
        to = self.seller_of(listing.item).number
        self.state.sent = [*self.state.sent, Sent(id=self._id("E"), type=type_, at=now(), to=to, data=data)][-LOG_KEPT:]

    def _item(self, code: str) -> dict[str, JsonValue]:
        item = self.state.items[code]
        photo, url = f"{self._url}/static/{item.picture}", f"{self._url}/items/{code}"
        return {"code": code, "category": item.category, "name": item.name, "photo": photo, "url": url}

    def _id(self, letter: str) -> str:
        self.state.counter += 1
        return f"{letter}-{self.state.counter}"
