"""The shop's parts, put together."""

from __future__ import annotations

from aiohttp import web

from bot.demo import keeping
from bot.demo.announcer import Announcer
from bot.demo.api import Api
from bot.demo.config import DemoConfig
from bot.demo.faults import Faults
from bot.demo.model import Seller, State
from bot.demo.outcomes import Outcomes
from bot.demo.page import Page
from bot.demo.shop import Shop

SHOP: web.AppKey[Shop] = web.AppKey("shop", Shop)
"""The shop of an application, for whoever runs it in its own process."""


def create_app(config: DemoConfig) -> web.Application:
    """The platform as an application of its own. Raises ValueError when its file is not one of ours."""
    kept = keeping.load(config.file)
    state = kept or State(sellers=[Seller(number=number, name=name) for number, name in config.sellers])

    def changed() -> None:
        if config.file:
            keeping.save(config.file, state)
        announcer.wake()
        page.changed()

    shop = Shop(state, config.public_url, changed)
    announcer = Announcer(shop, config.bot_url, config.api_key)
    page = Page(shop, config.links)
    app = web.Application()
    app[SHOP] = shop
    app.add_routes(Api(shop, config.platform_key, Faults(), changed).routes(with_faults=config.faults))
    app.add_routes(Outcomes(shop, config.outcome_secret).routes())
    page.mount(app)
    app.cleanup_ctx.append(announcer.working)
    if kept is None:
        shop.open_first_time()
    return app
