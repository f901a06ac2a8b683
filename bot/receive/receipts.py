"""Receipts: found by our id or the provider's, moved forward only, parked when they come too early."""

from __future__ import annotations

from prometheus_client import Counter
from pydantic_core import to_json

from bot import keys
from bot.ids import shard_of_message
from bot.messages import Receipt
from bot.pipe import Arg
from bot.runtime import Runtime

RECEIPTS = Counter(
    "dingdong_receipts_total", "Receipts by account, status and what they did", ["account", "status", "did"]
)

PID_TTL_S = 259_200
"""How long a provider's id is known, and a receipt may wait for it: 72 h, as long as Yunpian keeps receipts."""


async def receipt(runtime: Runtime, item: Receipt) -> None:
    """Apply one receipt; repeating it changes nothing. Raises StoreDown: the carrier repeats."""
    shard = shard_of_message(item.message, runtime.store.shards) if item.message else None
    pid_key, message = "", item.message or ""
    if shard is None:
        message = ""
        if item.number is None or not item.provider_id:
            RECEIPTS.labels(item.account, item.status or "unknown_word", "unaddressed").inc()
            return
        contact, shard = runtime.contact(item.number)
        pid_key = keys.pid(shard, contact, item.account, item.provider_id)
    facts = {
        "account": item.account,
        "status": item.status or "",
        "raw": item.raw,
        "error": item.error,
        "provider_id": item.provider_id,
        "at": item.at.isoformat() if item.at else "",
        "not_rcs": item.not_rcs,
        "rich_s": runtime.settings.sender.capability_ttl_s,
    }
    args: list[Arg] = [keys.tag(shard), message, to_json(facts), PID_TTL_S]
    did = await runtime.store.run("receipt", [pid_key or keys.msg(shard, message)], args)
    RECEIPTS.labels(item.account, item.status or "unknown_word", did.decode()).inc()
    if item.status == "failed":
        runtime.wakes.work(shard)
