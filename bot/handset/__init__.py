"""A phone on a web page, and the small network it is on: what the `sandbox` carrier talks to.

content.py   what a rich message may be (the limits of RBM), read strictly
phones.py    what each phone has and shows, in Redis
line.py      what the network owes the bot: signed webhooks, repeated until they are taken
network.py   the carrier's side: messages, capabilities, recall
page.py      the browser's side: the page, its events, its actions

`setup` mounts it all. For demo, development and rehearsal; never in production.
"""

from __future__ import annotations

import aiohttp
import redis.asyncio
from aiohttp import web

from bot.handset.config import HandsetConfig
from bot.handset.line import Line
from bot.handset.network import Network
from bot.handset.page import Page
from bot.handset.phones import Phones

__all__ = ["HandsetConfig", "setup"]


def setup(app: web.Application, redis: redis.asyncio.Redis, http: aiohttp.ClientSession, config: HandsetConfig) -> None:
    """Mount /handset in `app`; `http` posts the webhooks."""
    phones = Phones(redis, config.key)
    line = Line(redis, http, phones, config)
    app.add_routes(Network(phones, config.key).routes())
    Page(phones, line, config).mount(app)
    app.cleanup_ctx.append(line.working)
