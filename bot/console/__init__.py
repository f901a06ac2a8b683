"""What support staff see: every conversation, live, with the why of every step.

access.py     the password, sessions, and how often somebody may try
timeline.py   journal entries → the steps a person reads: pure
previews.py   what was sent → how it looked: pure
reasons.py    the why, in the language of the console: pure
queue.py      replies nobody understood, to be labelled
page.py       the pages and their live updates

`setup` mounts it under /console.
"""

from __future__ import annotations

import redis.asyncio
from aiohttp import web

from bot.console.access import Access
from bot.console.config import ConsoleConfig
from bot.console.page import AskStopped, Page
from bot.record.ledger import Ledger

__all__ = ["ConsoleConfig", "setup"]


def setup(
    app: web.Application, redis: redis.asyncio.Redis, ledger: Ledger, stopped: AskStopped, config: ConsoleConfig
) -> None:
    """Mount /console in `app`. `redis` keeps the sessions, `ledger` what there is to see, `stopped` the accounts."""
    Page(Access(redis, config), ledger, stopped, config).mount(app)
