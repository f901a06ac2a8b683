"""What everything is measured against: an aiohttp handler that parses JSON and answers 200. Prints its port."""

from __future__ import annotations

import asyncio

import uvloop
from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    await request.json()
    return web.Response(text="SUCCESS")


async def main() -> None:
    app = web.Application()
    app.add_routes([web.post("/", answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
