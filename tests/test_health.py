"""What probes are told: alive, ready or every reason why not, and counts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from support.bot import settings
from support.cards import written
from support.store import running

from bot import compose, keys
from bot.converse.actions import ActionFailed
from bot.converse.worker import TURNS
from bot.health import Health
from bot.launcher import find_server
from bot.runtime import Runtime


@pytest.fixture
async def rt(tmp_path: Path, store_url: str) -> AsyncIterator[Runtime]:
    async with compose.runtime(settings(tmp_path), store_url) as runtime:
        yield runtime


@asynccontextmanager
async def probed(rt: Runtime, actions: frozenset[str] | ActionFailed | None = None) -> AsyncIterator[str]:
    """Address of the probes of a process with these actions (default: all there must be)."""

    async def names() -> frozenset[str]:
        if isinstance(actions, ActionFailed):
            raise actions
        return rt.library.actions if actions is None else actions

    app = web.Application()
    app.add_routes(Health(rt, names).routes())
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/"))


async def get(url: str) -> tuple[int, str]:
    async with ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


async def readiness(rt: Runtime, actions: frozenset[str] | ActionFailed | None = None) -> tuple[int, list[str]]:
    async with probed(rt, actions) as url:
        status, body = await get(url + "readyz")
        told = json.loads(body)
        assert told["ready"] is (status == 200)
        return status, told["reasons"]


async def test_all_is_well(rt: Runtime) -> None:
    """Alive, ready, and counted in Prometheus' text format."""
    TURNS.labels("said").inc()
    async with probed(rt) as url:
        assert await get(url + "healthz") == (200, '{"status": "ok"}')
        status, metrics = await get(url + "metrics")
    assert status == 200
    assert 'dingdong_turns_total{kind="said"}' in metrics
    assert await readiness(rt) == (200, [])


async def test_what_a_flow_needs_and_nobody_has_is_named(rt: Runtime, tmp_path: Path) -> None:
    """Missing cards and a missing action, all at once."""
    few = replace(rt, cards=written(tmp_path, "body: Hello", name="service/help"))
    status, reasons = await readiness(few, rt.library.actions - {"accept_offer"})
    assert status == 503
    assert reasons[-1] == "action missing: accept_offer"
    assert set(reasons[:-1]) == {f"card missing: {name}" for name in rt.library.cards - {"service/help"}}


async def test_an_action_server_that_is_silent_is_named(rt: Runtime) -> None:
    """Until it answers, decisions could not be carried out."""
    status, reasons = await readiness(rt, ActionFailed("action server: ClientConnectorError", retry=True))
    assert (status, reasons) == (503, ["actions: action server: ClientConnectorError"])


async def test_a_recorder_that_stopped_is_seen_by_what_it_left(rt: Runtime) -> None:
    """The oldest entry of the journal is too old; a recorder that is a little behind is no alarm."""
    await rt.store.command("XADD", keys.journal(3), "*", "e", "[]")
    assert await readiness(rt) == (200, [])
    await rt.store.command("XADD", keys.journal(5), "1000-0", "e", "[]")
    status, (reason,) = await readiness(rt)
    assert status == 503
    assert reason.startswith("recorder: the journal is ")


async def test_a_store_that_is_gone_is_named(tmp_path: Path) -> None:
    """The process itself is alive all the same."""
    with running(find_server()) as url:
        async with compose.runtime(settings(tmp_path), url) as rt, probed(rt) as address:
            await rt.store.redis.shutdown(nosave=True, force=True, now=True)
            status, body = await get(address + "readyz")
            assert status == 503
            (reason,) = json.loads(body)["reasons"]
            assert reason.startswith("store: ")
            assert (await get(address + "healthz"))[0] == 200
