"""The web role's application: what carriers, the platform, operators and staff call."""

from __future__ import annotations

from aiohttp import web

from bot.console import ConsoleConfig
from bot.console import setup as setup_console
from bot.handset import HandsetConfig
from bot.handset import setup as setup_handset
from bot.health import Health
from bot.receive.events import Events
from bot.receive.inbox import Inbox
from bot.receive.webhook import Webhooks
from bot.record.ledger import Ledger
from bot.runtime import Runtime


def create_app(
    runtime: Runtime,
    inbox: Inbox,
    health: Health,
    *,
    ledger: Ledger,
    console: ConsoleConfig,
    handset: HandsetConfig | None,
) -> web.Application:
    """Everything that is served under one port."""
    app = web.Application(client_max_size=runtime.settings.web.body_limit_bytes)
    app.add_routes(Webhooks(runtime, inbox).routes())
    app.add_routes(Events(runtime, inbox).routes())
    app.add_routes(health.routes())
    setup_console(app, runtime.store.redis, ledger, health.accounts.refresh, console)
    if handset is not None:
        setup_handset(app, runtime.store.redis, runtime.http, handset)
    return app
