"""What became of an attempt whose answer was lost, asked of the provider where it can be.

It is asked `look_up_after_ms` after the attempt and again for `look_up_for_ms`; what waits for that waits in the store.
An answer is told as a receipt. An attempt the provider does not know in the end is made again or not, by its kind.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.carriers import meanings
from bot.carriers.base import Carrier, LooksUp
from bot.deliver import verdicts
from bot.deliver.outbox import Settlement, Taken
from bot.errors import SendError
from bot.messages import AccountName, Kind, Receipt
from bot.receive.receipts import receipt
from bot.runtime import Runtime
from flows.values import replace

AGAIN: Final = frozenset((Kind.CONVERSATION, Kind.TRANSACTIONAL))
"""Kinds that are sent again when the provider does not know the attempt; a code or an advertisement never is."""


async def what_became(runtime: Runtime, taken: Taken, carrier: Carrier | None) -> Settlement | None:
    """The settlement of a message whose last attempt may have been sent; None when it may be made again."""
    message, settings = taken.message, runtime.settings.sender
    if carrier is None or not isinstance(carrier, LooksUp) or "number" not in taken.who:
        return verdicts.orphaned(taken, "this account does not know a repeat")
    tried = taken.tried or message.at
    found = await _asked(runtime, taken, carrier, tried)
    if isinstance(found, Receipt) and found.status is not None:
        await receipt(runtime, replace(found, message=message.id))
        return verdicts.looked_up(taken, found)
    if datetime.now(UTC) < tried + timedelta(milliseconds=settings.look_up_for_ms):
        return verdicts.looked_up_later(taken, taken.account, settings, str(found or "it does not know it yet"))
    if found is None and message.kind in AGAIN:
        return None
    return verdicts.orphaned(taken, str(found) if isinstance(found, SendError) else f"no {message.kind} is sent twice")


async def _asked(runtime: Runtime, taken: Taken, carrier: LooksUp, tried: datetime) -> Receipt | SendError | None:
    number = runtime.sealer.open(taken.message.contact, taken.who["number"])
    try:
        found = await carrier.look_up(runtime.providers, taken.message.id, number, taken.provider_id, tried)
    except SendError as error:
        return error
    items = meanings.of_items(runtime.carriers[AccountName(taken.account)].settings, [found] if found else [])
    return next((item for item in items if isinstance(item, Receipt)), None)
