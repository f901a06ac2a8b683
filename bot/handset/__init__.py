"""A phone on a web page, and the small network it is on: what the `sandbox` carrier talks to.

content.py, suggestions.py   what a rich message may be (the limits of RBM), read strictly
view.py      one message as HTML: `bubble`, and `document` for a picture of it; both pure
phones.py    what each phone has and shows, in Redis
directory.py which phones there are, and whom they hear from
line.py      what the network owes the bot: signed webhooks, repeated until they are taken
network.py   the carrier's side: messages, capabilities, recall, events
page.py      the browser's side, reading: the page and what it shows live
acts.py      the browser's side, doing: words, taps, sheets, read and typing events

`setup` mounts it all. For demo, development and rehearsal; never in production.
"""

from __future__ import annotations

import aiohttp
import redis.asyncio
from aiohttp import web

from bot.handset.acts import Acts
from bot.handset.config import HandsetConfig
from bot.handset.directory import Directory
from bot.handset.line import Line
from bot.handset.network import Network
from bot.handset.page import Page
from bot.handset.phones import Phones
from bot.handset.view import bubble, document, face_of
from bot.pages import setup_live

__all__ = ["HandsetConfig", "bubble", "document", "setup"]


def setup(app: web.Application, redis: redis.asyncio.Redis, http: aiohttp.ClientSession, config: HandsetConfig) -> None:
    """Mount /handset in `app`; `http` posts the webhooks."""
    phones = Phones(redis, config.key)
    line = Line(redis, http, phones, config)
    directory = Directory(phones, config)
    face = face_of(tuple(config.images))
    setup_live(app)
    app.add_routes(Network(phones, config).routes())
    app.add_routes(Page(phones, line, directory, face, config).routes())
    app.add_routes(Acts(phones, line, directory, face).routes())
    app.cleanup_ctx.append(line.working)
