"""All stand-ins at once, for local development: `bot standins`."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

from standins.all import STANDINS
from standins.base import WEBHOOK_SECRET


async def serve(bot: str, first_port: int, *, receipts: bool) -> None:
    """Until Ctrl-C or SIGTERM. bot: where the webhooks are. first_port: 0 = any free ones.

    Raises OSError when a port is taken.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        tables = {}
        for n, (name, standin) in enumerate(STANDINS.items()):
            webhook = f"{bot}/webhooks/{name}/{WEBHOOK_SECRET}"
            running = standin(port=first_port and first_port + n, webhook=webhook, receipts=receipts)
            await stack.enter_async_context(running)
            tables[name] = {**running.table(), "public_url": bot, "signature": "叮咚"}
        print("# Paste what you need into bot.toml; POST /standin/reply and the like: docs/carriers.md.")
        print("\n".join(toml(tables)), flush=True)
        await stopping.wait()


def toml(accounts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Tables as TOML."""
    for name, table in accounts.items():
        yield f"\n[accounts.{name}]"
        yield from (f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: Any) -> str:
    """JSON is TOML for all an account holds, but for a table within it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(one)}" for key, one in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
