"""A stand-in as a process of its own: prints one JSON line with its address and account, serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Callable

import uvloop

from standins.base import Standin


def main(standin: Callable[..., Standin]) -> None:
    """--port N (0: any free one), --webhook URL, --receipts (a delivery receipt for every message taken)."""
    parser = argparse.ArgumentParser(description="A provider, played on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--webhook", default="", help="where replies and receipts are posted")
    parser.add_argument("--receipts", action="store_true", help="report every message as delivered")
    options = parser.parse_args()
    uvloop.run(_serve(standin, options))


async def _serve(standin: Callable[..., Standin], options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    async with standin(port=options.port, webhook=options.webhook, receipts=options.receipts) as running:
        print(json.dumps({"url": running.url, "account": running.table()}), flush=True)
        await stopping.wait()
