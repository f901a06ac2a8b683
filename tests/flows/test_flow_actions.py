"""The platform actions against a small platform over HTTP, through rasa-sdk's own executor."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import stamina
from aiohttp import web
from aiohttp.test_utils import TestServer
from flow_world import ROOT
from rasa_sdk.executor import ActionExecutor

from flows import actions

ITEM = {"id": "L-1", "code": "3287", "ends_on": "2026-11-25"}


class Platform:
    """Answers what the test wants, and keeps what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: Any = {}
        self.asked: list[tuple[str, str, Any, str, str]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else dict(request.query)
        key = request.headers.get("Idempotency-Key", "")
        self.asked.append((request.method, request.path, body, key, request.headers.get("Authorization", "")))
        return web.json_response(self.answer, status=self.status)


@pytest.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Platform]:
    found = Platform()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        monkeypatch.setenv("PLATFORM_URL", str(server.make_url("/")))
        monkeypatch.setenv("PLATFORM_KEY", "k3y")
        yield found
        await actions.aclose()


async def run(action: str, **slots: Any) -> dict[str, Any]:
    """The slots an action sets."""
    executor = ActionExecutor()
    for one in actions.ACTIONS:
        executor.register_action(one)
    result = await executor.run(
        {
            "next_action": action,
            "sender_id": "c1",
            "domain": {"version": "3.1"},
            "tracker": {
                "sender_id": "c1",
                "slots": slots,
                "latest_message": {"metadata": {"idempotency_key": "t1.1.r1"}},
                "events": [],
                "paused": False,
                "active_loop": {},
                "latest_action_name": None,
                "followup_action": None,
            },
        }
    )
    assert result
    return {event["name"]: event["value"] for event in result.events}


OFFER = {"offer_id": "O-17", "revision": 2, "price": "15200", "counter": "16000"}


@pytest.mark.parametrize(
    ("action", "path", "body", "status"),
    [
        ("accept_offer", "/api/offers/O-17/accept", {"revision": 2, "price": "15200"}, "made"),
        ("decline_offer", "/api/offers/O-17/decline", {"revision": 2}, "declined"),
        ("counter_offer", "/api/offers/O-17/counter", {"revision": 2, "price": "16000"}, "countered"),
    ],
)
async def test_a_decision_on_an_offer(platform: Platform, action: str, path: str, body: Any, status: str) -> None:
    """It carries what the person saw and the decision's idempotency key; `deal` says how it went."""
    platform.answer = {"status": status}
    assert await run(action, **OFFER) == {"deal": status}
    assert platform.asked == [("POST", path, body, "t1.1.r1", "Bearer k3y")]


async def test_a_changed_offer_brings_its_new_terms(platform: Platform) -> None:
    """409 is an answer: the flow asks again with them."""
    platform.status, platform.answer = 409, {"status": "changed", "price": 15800, "revision": 3}
    assert await run("accept_offer", **OFFER) == {"deal": "changed", "price": "15800", "revision": 3}


async def test_an_offer_that_is_not_there_is_gone(platform: Platform) -> None:
    """404 is an answer too."""
    platform.status = 404
    assert await run("accept_offer", **OFFER) == {"deal": "gone"}


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_a_platform_in_trouble_is_tried_again(platform: Platform, status: int) -> None:
    """The same call may be repeated; the message holds nothing personal."""
    platform.status, platform.answer = status, {"detail": "O-17 of 13800138000"}
    with pytest.raises(actions.Retry, match=f"^the platform answered {status}$"):
        await run("accept_offer", **OFFER)


async def test_a_platform_that_is_down_is_tried_again(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    """Refused connections too."""
    monkeypatch.setenv("PLATFORM_URL", f"http://127.0.0.1:{unused_tcp_port}")
    with pytest.raises(actions.Retry, match="could not be reached"):
        await run("accept_offer", **OFFER)
    await actions.aclose()


async def test_a_refusal_is_final(platform: Platform) -> None:
    """Other 4xx, and answers that make no sense, are for a person."""
    platform.status = 422
    with pytest.raises(actions.Refused):
        await run("accept_offer", **OFFER)
    platform.status, platform.answer = 200, {"status": "perhaps"}
    with pytest.raises(actions.Refused):
        await run("accept_offer", **OFFER)


async def test_without_an_address_the_action_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the error, for staff and operators."""
    monkeypatch.delenv("PLATFORM_URL", raising=False)
    with pytest.raises(actions.Refused, match="PLATFORM_URL is not set"):
        await run("accept_offer", **OFFER)


async def test_listings_come_soonest_end_first_and_no_more_than_a_carousel_holds(platform: Platform) -> None:
    """Asked for by the contact's id, never by a number."""
    platform.answer = {"listings": [{"id": f"L-{n}", "ends_on": f"2026-12-{n:02}"} for n in range(15, 0, -1)]}
    found = await run("find_listings")
    assert [one["id"] for one in found["listings"]] == [f"L-{n}" for n in range(1, 11)]
    assert platform.asked[0][:3] == ("GET", "/api/listings", {"contact": "c1"})


@pytest.mark.parametrize(
    ("action", "slots", "verb", "body", "status"),
    [
        ("extend_listing", {"days": 3, "until": ""}, "extend", {"days": 3}, "extended"),
        ("extend_listing", {"days": "", "until": "2026-11-30"}, "extend", {"until": "2026-11-30"}, "extended"),
        ("withdraw_listing", {}, "withdraw", {}, "withdrawn"),
        ("reprice_listing", {"new_price": "14000"}, "reprice", {"price": "14000"}, "repriced"),
    ],
)
async def test_a_change_of_a_listing(
    platform: Platform, action: str, slots: dict[str, Any], verb: str, body: Any, status: str
) -> None:
    """`listing` says how it went; an extension tells its new end."""
    platform.answer = {"ends_on": "2026-12-01"} if verb == "extend" else {"status": status}
    found = await run(action, listing_id="L-1", **slots)
    assert found == {"listing": status} | ({"ends_on": "2026-12-01"} if verb == "extend" else {})
    assert platform.asked == [("POST", f"/api/listings/L-1/{verb}", body, "t1.1.r1", "Bearer k3y")]


@pytest.mark.parametrize("days", [0, -3, 9999, None, "three"])
async def test_an_absurd_extension_is_not_asked_of_the_platform(platform: Platform, days: Any) -> None:
    """The flow asks again for how long."""
    assert await run("extend_listing", listing_id="L-1", days=days) == {"listing": "out_of_range"}
    assert not platform.asked


def test_every_action_is_named_once() -> None:
    """The explicit tuple is what both hosts register."""
    names = [one().name() for one in actions.ACTIONS]
    assert len(set(names)) == len(names)


async def test_the_same_package_runs_on_a_standard_action_server(unused_tcp_port: int) -> None:
    """`python -m rasa_sdk --actions flows.actions` serves every action."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rasa_sdk", "--actions", "flows.actions", "--port", str(unused_tcp_port)),
        env={**os.environ, "SANIC_HOST": "127.0.0.1"},
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as http:
            async for attempt in stamina.retry_context(on=aiohttp.ClientError, timeout=30, attempts=None, wait_max=0.2):
                with attempt:
                    response = await http.get("/actions")
            served = {one["name"] for one in await response.json()}
        assert served == {one().name() for one in actions.ACTIONS}
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it starts processes of its own, and does not heed a TERM too soon
        await server.wait()
