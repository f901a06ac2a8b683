"""`bot serve`: the roles of one process, or of several under one launcher."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import structlog
from aiohttp import web

from bot.compose import runtime as compose
from bot.compose import store_url
from bot.console import ConsoleConfig
from bot.converse.actions import Actions, connect
from bot.converse.worker import Observer, Worker
from bot.deliver.outcomes import OutcomePoster
from bot.deliver.sender import Sender
from bot.errors import ConfigError, DingdongError
from bot.handset import HandsetConfig
from bot.health import Health
from bot.launcher import DIE_WITH_PARENT
from bot.receive.inbox import Inbox
from bot.receive.pulls import Puller
from bot.record.ledger import Ledger
from bot.record.recorder import Recorder
from bot.runtime import Runtime
from bot.settings import CHILD, Settings
from bot.web import create_app

log = structlog.get_logger()

ROLES = ("web", "worker", "sender", "recorder")
DRAIN_S = 20.0
"""How long a role may take to finish what it has in hand after SIGTERM, in seconds."""
COLLECT_EVERY = 10_000, 20, 20
"""Thresholds of the garbage collector: a turn leaves next to no cycles, and the default looks every third one."""
RESTART_S = 1.0
"""Pause before a process that died is started again, in seconds."""


class Role(Protocol):
    async def run(self, stopping: asyncio.Event) -> None: ...


async def serve(settings: Settings, roles: Sequence[str], processes: int = 1) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigError before anything is served."""
    stopping = stop_signals()
    async with store_url(settings) as url:
        if processes > 1:
            await _launch(settings, roles, processes, url, stopping)
            return
        async with running(settings, url, roles, stopping):
            gc.collect()
            gc.freeze()  # what was built stays as long as we do: no collection need look at it again
            gc.set_threshold(*COLLECT_EVERY)
            await stopping.wait()


def stop_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping


@asynccontextmanager
async def running(
    settings: Settings,
    redis_url: str,
    roles: Sequence[str],
    stopping: asyncio.Event,
    observe: Observer | None = None,
) -> AsyncIterator[str]:
    """The roles of this process, serving; yields the web address ("" without the web role). Drains at the end.

    stopping: set when a role ends by itself, for a process that does less than it says must be seen to end.
    observe: told of every turn this process commits. Raises RoleFailed at the end if a role failed.
    """
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(compose(settings, redis_url))
        _tell_actions(settings)
        actions = connect(settings.actions, runtime.http)
        stack.push_async_callback(actions.aclose)
        ledger = Ledger(settings.ledger_url)
        if {"web", "recorder"} & set(roles):
            await ledger.open()
            stack.push_async_callback(ledger.close)
        inbox = Inbox(runtime)
        draining = asyncio.Event()
        tasks = [
            asyncio.create_task(role.run(draining), name=type(role).__name__)
            for role in _roles(runtime, roles, inbox, actions, ledger, observe)
        ]
        for task in tasks:
            task.add_done_callback(lambda _: stopping.set())
        stack.push_async_callback(_drain, tasks, draining)
        address = ""
        health = Health(runtime, actions.names)
        if "web" in roles:
            app = create_app(
                runtime, inbox, health, ledger=ledger, console=_console(settings), handset=handset_config(settings)
            )
            address = await _listen(stack, app, settings.web.host, settings.web.port)
        elif settings.web.health_port:
            app = web.Application()
            app.add_routes(health.routes())
            await _listen(stack, app, settings.web.host, settings.web.health_port)
        log.info("serving", roles=list(roles), address=address)
        yield address
        log.info("draining")


def _tell_actions(settings: Settings) -> None:
    """Actions read the environment, as they must on an action server of their own."""
    if settings.platform.url:
        key = settings.platform.key.get_secret_value()
        os.environ |= {"PLATFORM_URL": settings.platform.url, "PLATFORM_KEY": key}


def _roles(
    runtime: Runtime,
    roles: Sequence[str],
    inbox: Inbox,
    actions: Actions,
    ledger: Ledger,
    observe: Observer | None,
) -> list[Role]:
    """What runs in this process besides the web. Made before anything runs, so that wakes find their role."""
    settings = runtime.settings
    made: list[Role] = []
    sender = Sender(runtime) if "sender" in roles else None
    if "worker" in roles:
        worker = Worker(runtime, inbox, actions, observe, sender)
        runtime.wakes.work, runtime.wakes.hands = worker.wake, worker
        made.append(worker)
    if sender is not None:
        runtime.wakes.send = sender.wake
        made.append(sender)
        if settings.outcomes.url:
            poster = OutcomePoster(runtime.store, runtime.http, settings.outcomes)
            runtime.wakes.post = poster.wake
            made.append(poster)
    if "web" in roles and any(carrier.settings.pull_every_s for carrier in runtime.carriers.values()):
        made.append(Puller(runtime, inbox))
    if "recorder" in roles:
        made.append(Recorder(runtime.store, ledger, settings.recorder))
    return made


async def _listen(stack: AsyncExitStack, app: web.Application, host: str, port: int) -> str:
    """Serve until the stack is left; gives the address. Raises ConfigError when it cannot listen there."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port, reuse_port=bool(os.environ.get(CHILD)) or None).start()
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from None
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


def _console(settings: Settings) -> ConsoleConfig:
    return ConsoleConfig(
        password_hash=settings.console.password_hash.get_secret_value(),
        session_ttl_s=settings.console.session_ttl_s,
        trusted_proxies=settings.web.trusted_proxies,
        zone=settings.zone,
        images=(*settings.images, "https:"),
    )


def handset_config(settings: Settings) -> HandsetConfig | None:
    """The handset plays the first sandbox account's network; None when it is off or there is none."""
    for name, account in settings.accounts.items():
        if settings.handset and account.get("carrier") == "sandbox":
            return HandsetConfig(
                key=account["keys"][0],
                webhook_url=f"{settings.web.url}/webhooks/{name}/{account['webhook_secrets'][0]}",
                brand=account.get("signature", ""),
                images=(*settings.images, "https:"),
                typing_s=settings.handset_typing_s,
                compose=settings.handset_compose,
                links=(
                    ("console", "/console"),
                    *((("platform", settings.platform.url),) if settings.platform.url else ()),
                ),
            )
    return None


class RoleFailed(DingdongError):
    """A role ended with an error; what it had in hand is in the store."""


async def _drain(tasks: list[asyncio.Task[None]], draining: asyncio.Event) -> None:
    draining.set()
    done, late = await asyncio.wait(tasks, timeout=DRAIN_S) if tasks else (set(), set())
    for task in late:
        log.error("drain_cut_short", role=task.get_name())
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    failed = {task.get_name(): error for task in done if (error := task.exception())}
    for role, error in failed.items():
        log.error("role_failed", role=role, exc_info=error)
    if failed:
        raise RoleFailed(", ".join(failed))


async def _launch(
    settings: Settings, roles: Sequence[str], processes: int, redis_url: str, stopping: asyncio.Event
) -> None:
    """N processes with the same roles on one port and one store; one that dies is started again."""
    if settings.web.port == 0 and "web" in roles:
        raise ConfigError("web.port must be fixed when several processes share it")
    ledger = Ledger(settings.ledger_url)
    await ledger.open()  # one process migrates, before several look
    await ledger.close()
    environment = os.environ | {"DINGDONG_REDIS_URL": redis_url, CHILD: "1"}
    command = [sys.executable, "-m", "bot", "serve", "--roles", ",".join(roles)]

    async def keep_one() -> bool:
        """Until all stop; False when the process says that it cannot run as told."""
        while not stopping.is_set():
            child = await asyncio.create_subprocess_exec(*command, env=environment, preexec_fn=DIE_WITH_PARENT)
            ended = asyncio.create_task(child.wait())
            stopped = asyncio.create_task(stopping.wait())
            await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not ended.done():
                child.terminate()
                await ended
            elif child.returncode == ConfigError.exit_code:
                stopping.set()
                return False
            elif not stopping.is_set():
                log.error("process_died", code=child.returncode)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), RESTART_S)
        return True

    if not all(await asyncio.gather(*(keep_one() for _ in range(processes)))):
        raise ConfigError("a process cannot run as told; it said why above")
