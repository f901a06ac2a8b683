"""Is a webhook call the provider's own: where it came from, its signature, the age of what it says. Pure.

The secret in the path is asked for before (`bot.receive.webhook`) and is never waived. A provider that does not sign is
believed by its address and by times that are not long past, where its account names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from ipaddress import ip_address

from bot.carriers import meanings
from bot.carriers.base import AccountSettings, Carrier
from bot.errors import Refused
from bot.messages import Bad, Inbound, Item, Parsed, WebhookRequest
from flows.values import replace

STALE = "stale"


def read(carrier: Carrier, request: WebhookRequest) -> tuple[Parsed, tuple[str, ...]]:
    """Verify and parse a call; an item that is too old becomes `Bad`. Raises Refused.

    The second value is why it would have been refused, on an account that says `report_only`; else empty.
    """
    settings, waived = carrier.settings, list[str]()
    for verify in (partial(_from_listed, settings), carrier.verify):
        try:
            verify(request)
        except Refused as error:
            if not settings.report_only or error.status not in (401, 403):
                raise
            waived.append(error.reason)
    parsed = carrier.parse(request)
    parsed = replace(parsed, items=tuple(meanings.of_items(settings, parsed.items)))
    if settings.freshness_s:
        items = tuple(_dated(parsed, settings.freshness_s, request))
        if items != parsed.items and settings.report_only:
            waived.append(STALE)
        else:
            parsed = replace(parsed, items=items)
    return parsed, tuple(waived)


def _from_listed(settings: AccountSettings, request: WebhookRequest) -> None:
    """Raise Refused unless the trusted proxy's hop is one of the account's addresses, where it names any."""
    if not settings.addresses:
        return
    try:
        address = ip_address(request.remote)
    except ValueError:
        address = None
    address = getattr(address, "ipv4_mapped", None) or address
    if address is None or not any(address in network for network in settings.addresses):
        raise Refused(403, "bad_address", "the caller's address is not one of this account's addresses")


def _dated(parsed: Parsed, within_s: float, request: WebhookRequest) -> Iterator[Item]:
    """The items, words and taps of another time taken out. A late receipt is no replay: it moves forward only."""
    within = timedelta(seconds=within_s)
    for item in parsed.items:
        if isinstance(item, Inbound) and item.at is not None and abs(request.received_at - item.at) > within:
            yield Bad(item.account, STALE)
        else:
            yield item
