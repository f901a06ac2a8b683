"""A small consignment platform, so that Dingdong has somebody to work for in demos and tests.

It is spoken to over HTTP only and knows of the bot what a customer's platform knows: an API key and an address.

model.py      what the shop knows: items, listings, offers, and what went back and forth
shop.py       its rules: who may accept what, when a price has changed, what is gone
api.py        the API the bot's actions call, with idempotency keys
announcer.py  events to the bot, as CloudEvents, in order, repeated until taken
outcomes.py   outcomes from the bot, checked as Standard Webhooks says
page.py       the shop's own page
"""

from __future__ import annotations

from bot.demo.app import create_app
from bot.demo.config import DemoConfig

__all__ = ["DemoConfig", "create_app"]
