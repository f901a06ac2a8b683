"""Business calls: the same actions, the same answers, in process and on a standard rasa-sdk server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from converse import sample_actions
from structlog.testing import capture_logs
from support.ports import free_port

from bot.converse.actions import ActionFailed, Actions, InProcess, OnServer, connect
from bot.settings import ActionSettings
from flows.state import Do, Returned, Slots

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONTACT = "c" * 32
HANG_S = 60
"""Long enough for any machine: what takes longer hangs."""


def wait_until_healthy(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + HANG_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=HANG_S):
                return
        except urllib.error.URLError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A standard action server with the sample actions, as its operator would start it."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "sample_actions", "--port", str(port)],
        cwd=tmp_path_factory.mktemp("server"),
        env={**os.environ, "SANIC_HOST": "127.0.0.1", "PYTHONPATH": str(Path(__file__).parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_healthy(server, f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/webhook"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # a supervisor, a worker and two more: a TERM too soon is not heeded
        server.wait()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(params=["in process", "on a server"])
def actions(request: pytest.FixtureRequest, http: aiohttp.ClientSession) -> Actions:
    if request.param == "in process":
        return Actions(InProcess(sample_actions), HANG_S)
    return Actions(OnServer(request.getfixturevalue("endpoint"), http), HANG_S)


def call(action: str, slots: Slots | None = None) -> Do:
    return Do(
        call_id="t1.a1.3",
        action=action,
        attempt=2,
        thread="t1",
        slots=slots or {},
        text="延期3天",
        intent="extend",
        entities={"days": 3},
    )


async def run(actions: Actions, do: Do) -> Returned:
    return await actions.run(do, contact=CONTACT, language="zh", zone="Asia/Shanghai", now=NOW)


async def test_an_action_sees_the_call_and_its_idempotency_key(actions: Actions) -> None:
    """Slots, words, entities and the call's id reach the action with their types; what it changes stays with it."""
    do = call("sees", {"price": "15200.50", "days": 7, "sold": False, "listings": ["L-1"]})
    returned = await run(actions, do)
    assert (returned.id, returned.call_id, returned.attempt, returned.at) == ("t1.a1.3.2", "t1.a1.3", 2, NOW)
    assert (returned.error, returned.retry) == ("", False)
    seen: dict[Any, Any] = {event["name"]: event["value"] for event in returned.events}
    assert seen["sender"] == CONTACT
    assert seen["slots"] == {"price": "15200.50", "days": 7, "sold": False, "listings": ["L-1", "changed here only"]}
    assert do.slots["listings"] == ["L-1"]
    assert (seen["message"]["text"], seen["message"]["intent"], seen["days"]) == ("延期3天", {"name": "extend"}, 3)
    assert seen["message"]["metadata"] == {
        "idempotency_key": "t1.a1.3",
        "attempt": 2,
        "thread": "t1",
        "language": "zh",
        "zone": "Asia/Shanghai",
        "now": "2026-11-22T12:00:00+00:00",
    }
    assert seen["domain"]


async def test_events_and_messages_come_back_as_the_action_gave_them(actions: Actions) -> None:
    """Order, kinds and types of events survive; text, buttons and a card's name with its data too."""
    returned = await run(actions, call("tells"))
    assert returned.error == ""
    assert [event["event"] for event in returned.events] == [
        *["slot"] * 4,
        "reminder",
        "cancel_reminder",
        "followup",
        "pause",
        "resume",
        "reset_slots",
    ]
    values = {event["name"]: event["value"] for event in returned.events if event["event"] == "slot"}
    assert values == {"price": "15200.50", "days": 7, "urgent": True, "nothing": None}
    assert [type(value) for value in values.values()] == [str, int, bool, type(None)]
    assert returned.events[4]["date_time"] == "2026-11-25T09:00:00+00:00"
    text, question, card = returned.responses
    assert text["text"] == "好的"
    assert question["buttons"] == [{"title": "腕表", "payload": "/choose"}]
    assert {name: card[name] for name in ("response", "price", "days", "urgent")} == {
        "response": "consignment/offer",
        "price": "15200.50",
        "days": 7,
        "urgent": True,
    }


async def test_an_action_may_be_plain_and_answer_nothing(actions: Actions) -> None:
    """A `def run` that returns None succeeded."""
    returned = await run(actions, call("plain"))
    assert (returned.events, returned.responses, returned.error) == ((), (), "")


FAILURES = [
    ("rejected", "the listing was sold", False),
    ("missing", "No registered action found for name 'missing'.", False),
    ("zoneless", "the action set a reminder without a time zone", False),
    ("unnumbered", "the action set a revision that is not a whole number", False),
    ("unbuttoned", "the action's button has no title, or a payload whose slots are not JSON", False),
]


@pytest.mark.parametrize(("action", "error", "retry"), FAILURES)
async def test_a_failure_says_what_and_whether_to_try_again(
    actions: Actions, action: str, error: str, retry: bool
) -> None:
    """What the action decided is final on both transports, in the same words, which staff read and no log has."""
    with capture_logs() as logs:
        returned = await run(actions, call(action))
    assert (returned.error, returned.retry) == (error, retry)
    assert logs == [{"event": "action_failed", "log_level": "warning", "action": action, "attempt": 2, "retry": retry}]
    assert (returned.events, returned.responses) == ((), ())


@pytest.mark.parametrize(
    ("action", "in_process", "on_server"),
    [
        ("down", ("the platform answered 503", True), ("action server: HTTP 500", True)),
        ("unwilling", ("the platform answered 403", False), ("action server: HTTP 500", True)),
        ("broken", ("KeyError at sample_actions.py:", False), ("action server: HTTP 500", True)),
        ("unstorable", ("the action's answer is not JSON", False), ("action server: HTTP 500", True)),
    ],
)
async def test_what_an_action_raises_never_names_a_person(
    action: str,
    in_process: tuple[str, bool],
    on_server: tuple[str, bool],
    endpoint: str,
    http: aiohttp.ClientSession,
) -> None:
    """A server cannot tell an outage from a bug, so both are tried again; no error or log holds slots or words."""
    expected = ((InProcess(sample_actions), in_process), (OnServer(endpoint, http), on_server))
    for transport, (error, retry) in expected:
        with capture_logs() as logs:
            returned = await run(Actions(transport, HANG_S), call(action, {"phone": sample_actions.PHONE}))
        assert returned.error.startswith(error)
        assert returned.retry is retry
        assert logs[-1]["action"] == action
        assert not any(secret in f"{returned.error} {logs}" for secret in (sample_actions.PHONE, "延期"))


async def test_a_slow_action_is_given_up_and_tried_again(endpoint: str, http: aiohttp.ClientSession) -> None:
    """After the time-out the call may be repeated."""
    for transport in (InProcess(sample_actions), OnServer(endpoint, http)):
        returned = await run(Actions(transport, 0.05), call("slow"))
        assert (returned.error, returned.retry) == ("no answer within 0.05 s", True)


@asynccontextmanager
async def answering(status: int, body: str) -> AsyncIterator[str]:
    """Something in the action server's place that always says the same."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/webhook"))


@pytest.mark.parametrize(
    ("status", "body", "error", "retry"),
    [
        (200, "null", "the action's answer is not JSON with lists of events and responses", False),
        (
            200,
            '{"events": [1], "responses": []}',
            "the action returned an event or message that is not an object",
            False,
        ),
        (
            200,
            '{"events": [{"event": "slot", "value": NaN}], "responses": []}',
            "the action's answer is not JSON",
            False,
        ),
        (200, "<html>", "action server: JSONDecodeError", True),
        (400, json.dumps({"error": "x" * 999}), "x" * 200, False),
        (403, "<html>", "action server: HTTP 403", False),
        (449, json.dumps({"error": "domain is missing"}), "domain is missing", False),
        (500, json.dumps({"error": "boom", "request_body": {"phone": "138"}}), "action server: HTTP 500", True),
        (503, "", "action server: HTTP 503", True),
    ],
)
async def test_every_answer_of_a_server_is_understood(
    http: aiohttp.ClientSession, status: int, body: str, error: str, retry: bool
) -> None:
    """A server's or proxy's status decides whether to try again; a 5xx body is never shown."""
    async with answering(status, body) as url:
        returned = await run(Actions(OnServer(url, http), HANG_S), call("sees"))
    assert returned.error.startswith(error)
    assert "138" not in returned.error
    assert returned.retry is retry


async def test_a_server_that_is_away_is_tried_again(http: aiohttp.ClientSession) -> None:
    """No connection: the call may be repeated, and the list of actions cannot be had."""
    away = Actions(OnServer(f"http://127.0.0.1:{free_port()}/webhook", http), HANG_S)
    returned = await run(away, call("sees"))
    assert (returned.error, returned.retry) == ("action server: ClientConnectorError", True)
    with pytest.raises(ActionFailed, match="ClientConnectorError"):
        await away.names()


async def test_the_actions_there_are_can_be_listed(actions: Actions) -> None:
    """Every action of the package is named."""
    assert await actions.names() >= {action().name() for action in sample_actions.ACTIONS}


async def test_only_listed_actions_run_in_process() -> None:
    """An Action class that merely exists in the process is not callable."""
    actions = Actions(InProcess(sample_actions), HANG_S)
    assert "unlisted" not in await actions.names()
    assert (await run(actions, call("unlisted"))).error == "No registered action found for name 'unlisted'."


async def test_closing_closes_what_the_package_opened() -> None:
    """The package's own sessions end with the bridge."""
    sample_actions.closed.clear()
    await Actions(InProcess(sample_actions), HANG_S).aclose()
    assert sample_actions.closed == [True]


async def test_with_a_server_rasa_sdk_is_not_even_imported(http: aiohttp.ClientSession) -> None:
    """A process that calls a server pays neither time nor memory for the library."""
    settings = ActionSettings.model_validate({"endpoint": "http://127.0.0.1:5055/webhook"})
    assert isinstance(connect(settings, http)._transport, OnServer)
    check = "import sys, bot.converse.actions; sys.exit('rasa_sdk' in sys.modules)"
    python = await asyncio.create_subprocess_exec(sys.executable, "-c", check, cwd=Path(__file__).parents[2])
    assert await python.wait() == 0
