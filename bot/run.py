"""`bot run`: everything in one process, a phone in the browser, and a demo platform to work for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.compose import store_url
from bot.demo import DemoConfig, create_app
from bot.errors import ConfigError
from bot.firstrun import DemoSecrets, demo_secrets, demo_settings
from bot.serve import ROLES, running, stop_signals

HOST = "127.0.0.1"


async def run(data: Path, port: int, platform_port: int) -> None:
    """Until Ctrl-C or SIGTERM. Raises ConfigError when the ports or the folder cannot be used."""
    stopping = stop_signals()
    async with everything(data, port, platform_port, stopping) as secrets:
        print(_greeting(secrets, port, platform_port), flush=True)  # noqa: T201 - what a person starts it for
        await stopping.wait()


@asynccontextmanager
async def everything(data: Path, port: int, platform_port: int, stopping: asyncio.Event) -> AsyncIterator[DemoSecrets]:
    """All roles, the handset and the demo platform, serving while this lasts."""
    secrets = demo_secrets(data)
    settings = demo_settings(secrets, data, port, platform_port)
    async with (
        store_url(settings) as url,
        running(settings, url, ROLES, stopping),
        _platform(secrets, data, port, platform_port),
    ):
        yield secrets


@asynccontextmanager
async def _platform(secrets: DemoSecrets, data: Path, port: int, platform_port: int) -> AsyncIterator[None]:
    bot, here = f"http://{HOST}:{port}", f"http://{HOST}:{platform_port}"
    config = DemoConfig(
        public_url=here,
        bot_url=bot,
        api_key=secrets.api_key,
        platform_key=secrets.platform_key,
        outcome_secret=secrets.outcome_secret,
        file=data / "platform.json",
        links=(("handset", f"{bot}/handset"), ("console", f"{bot}/console")),
    )
    runner = web.AppRunner(create_app(config), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, platform_port).start()
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {HOST}:{platform_port}: {error.strerror}; try --platform-port"
            ) from error
        yield
    finally:
        await runner.cleanup()


def _greeting(secrets: DemoSecrets, port: int, platform_port: int) -> str:
    return f"""
  Dingdong is running. Ctrl-C stops it; what is in flight goes on at the next start.

    the phone      http://{HOST}:{port}/handset
    the console    http://{HOST}:{port}/console     password: {secrets.password}
    the platform   http://{HOST}:{platform_port}/
"""
