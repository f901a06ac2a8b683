"""Business calls: from a committed `Do` to rasa-sdk actions and back to `Returned`.

The actions run in this process through one rasa-sdk executor, or on a standard action server
(`python -m rasa_sdk --actions flows.actions`) when `actions.endpoint` names one: same classes, same JSON.
What an action sees beside slots and words is in `tracker.latest_message["metadata"]`: `idempotency_key` (the
call's id, the same on every attempt), `attempt`, `thread`, `language`, `zone` and `now`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.metadata
import json
import traceback
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

import aiohttp
import structlog
from yarl import URL

from bot.errors import DingdongError
from bot.settings import ActionSettings
from flows.state import Do, Returned, Slots

if TYPE_CHECKING:
    from rasa_sdk.interfaces import Action

log = structlog.get_logger()

DOMAIN: Final = {"version": "3.1"}
"""rasa-sdk remembers the last domain that was not empty, and answers 449 to none: so never none, never empty."""

DETAIL_CHARS: Final = 200
"""How much of what an action says about its refusal is kept for staff."""


class ActionFailed(DingdongError):
    """An action did not answer. retry: the same call may be tried again. The text is for staff, without data."""

    def __init__(self, text: str, *, retry: bool) -> None:
        super().__init__(text)
        self.retry = retry


class ActionPackage(Protocol):
    """What `flows.actions` offers.

    Retry: raised by an action when the platform was slow or down. Refused: when it will not do it, now or later.
    """

    @property
    def ACTIONS(self) -> Sequence[type[Action]]: ...  # noqa: N802
    @property
    def Retry(self) -> type[Exception]: ...  # noqa: N802
    @property
    def Refused(self) -> type[Exception]: ...  # noqa: N802
    def aclose(self) -> Awaitable[None]: ...


class Transport(Protocol):
    """Where actions run. call: a rasa-sdk action call as JSON, answered by its JSON, read. Raises ActionFailed."""

    async def call(self, request: bytes) -> Any: ...
    async def names(self) -> frozenset[str]: ...
    async def aclose(self) -> None: ...


def connect(settings: ActionSettings, http: aiohttp.ClientSession) -> Actions:
    """The actions as the settings say: on a server, or those of `flows.actions` in this process."""
    if settings.endpoint:
        return Actions(OnServer(settings.endpoint, http), settings.timeout_s)
    from flows import actions  # noqa: PLC0415 - rasa-sdk costs 0.2 s and 13 MB; with a server it is not needed

    return Actions(InProcess(actions), settings.timeout_s)


class Actions:
    """Runs business calls. timeout_s: how long one may take."""

    def __init__(self, transport: Transport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s

    async def run(self, do: Do, *, contact: str, language: str, zone: str, now: datetime) -> Returned:
        """The answer of one attempt; never raises for what an action does. now: aware, UTC."""
        request = action_call(do, contact=contact, language=language, zone=zone, now=now)
        events: tuple[Slots, ...] = ()
        responses: tuple[Slots, ...] = ()
        error, retry = "", False
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._transport.call(request)
            events, responses = _read(answer)
        except TimeoutError:
            error, retry = f"no answer within {self._timeout_s:g} s", True
        except ActionFailed as failure:
            error, retry = str(failure), failure.retry
        if error:
            # Not the error: an action's own words about a refusal may name the person. Staff read them in the journal.
            log.warning("action_failed", action=do.action, attempt=do.attempt, retry=retry)
        return Returned(
            id=f"{do.call_id}.{do.attempt}",
            at=now,
            call_id=do.call_id,
            attempt=do.attempt,
            events=events,
            responses=responses,
            error=error,
            retry=retry,
        )

    async def names(self) -> frozenset[str]:
        """The actions there are. Raises ActionFailed when their server does not say."""
        return await self._transport.names()

    async def aclose(self) -> None:
        await self._transport.aclose()


class InProcess:
    """A package's actions, through one rasa-sdk executor in this process."""

    def __init__(self, package: ActionPackage) -> None:
        from rasa_sdk.executor import ActionExecutor  # noqa: PLC0415 - see `connect`

        self._package = package
        self._executor = ActionExecutor()
        # Named one by one: register_package would take every Action subclass alive in the process.
        for action in package.ACTIONS:
            self._executor.register_action(action)

    async def call(self, request: bytes) -> Any:
        try:
            result = await self._executor.run(json.loads(request))
        except Exception as error:  # noqa: BLE001 - an action may raise anything; all of it becomes an ActionFailed
            self._explain(error)
        return result.model_dump() if result else None

    def _explain(self, error: Exception) -> NoReturn:
        from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException  # noqa: PLC0415

        if isinstance(error, self._package.Retry):
            raise ActionFailed(str(error)[:DETAIL_CHARS], retry=True) from None
        if isinstance(error, TimeoutError | aiohttp.ClientConnectionError):
            raise ActionFailed(type(error).__name__, retry=True) from None
        if isinstance(error, (self._package.Refused, ActionExecutionRejection, ActionNotFoundException)):
            raise ActionFailed(str(error)[:DETAIL_CHARS], retry=False) from None
        # A bug. Its words may hold a person's data; its type and where it was raised do not.
        where = traceback.extract_tb(error.__traceback__)[-1]
        bug = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
        log.error("action_bug", error=bug)
        raise ActionFailed(bug, retry=False) from None

    async def names(self) -> frozenset[str]:
        return frozenset(self._executor.actions)

    async def aclose(self) -> None:
        await self._package.aclose()


class OnServer:
    """A standard rasa-sdk action server. endpoint: its webhook, e.g. http://127.0.0.1:5055/webhook.

    A server answers 500 to an action's bug as to an outage, so both are tried again until the call's deadline.
    """

    def __init__(self, endpoint: str, http: aiohttp.ClientSession) -> None:
        self._webhook = URL(endpoint)
        self._http = http

    async def call(self, request: bytes) -> Any:
        headers = {"Content-Type": "application/json"}
        try:
            async with self._http.post(self._webhook, data=request, headers=headers) as response:
                if response.status == 200:
                    return await response.json(content_type=None)
                raise ActionFailed(await _refusal(response), retry=response.status >= 500)
        except (aiohttp.ClientError, ValueError) as error:
            raise ActionFailed(f"action server: {type(error).__name__}", retry=True) from None

    async def names(self) -> frozenset[str]:
        try:
            async with self._http.get(self._webhook.join(URL("actions"))) as response:
                response.raise_for_status()
                return frozenset(action["name"] for action in await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError) as error:
            raise ActionFailed(f"action server: {type(error).__name__}", retry=True) from None

    async def aclose(self) -> None:
        """The session is not ours to close."""


async def _refusal(response: aiohttp.ClientResponse) -> str:
    """What went wrong, for staff. The body of a 5xx holds the whole request: words and slots. It is not read."""
    if response.status < 500:
        with contextlib.suppress(ValueError):  # a proxy's page: the status says enough
            body = await response.json(content_type=None)
            if isinstance(body, dict) and "error" in body:
                return str(body["error"])[:DETAIL_CHARS]
    return f"action server: HTTP {response.status}"


def action_call(do: Do, *, contact: str, language: str, zone: str, now: datetime) -> bytes:
    """The JSON rasa-sdk is called with."""
    message = {
        "text": do.text,
        "intent": {"name": do.intent},
        "entities": [{"entity": name, "value": value} for name, value in do.entities.items()],
        "metadata": {
            "idempotency_key": do.call_id,
            "attempt": do.attempt,
            "thread": do.thread,
            "language": language,
            "zone": zone,
            "now": now.isoformat(),
        },
    }
    tracker = {"sender_id": contact, "slots": dict(do.slots), "latest_message": message, "events": []}
    return json.dumps(
        {
            "next_action": do.action,
            "sender_id": contact,
            "version": _version(),
            "domain": DOMAIN,
            "tracker": tracker,
        },
        ensure_ascii=False,
    ).encode()


@functools.cache
def _version() -> str:
    """rasa-sdk's, without importing it: a server warns on every call that names none."""
    return importlib.metadata.version("rasa-sdk")


def _read(answer: Any) -> tuple[tuple[Slots, ...], tuple[Slots, ...]]:
    """Events and responses, checked. Raises ActionFailed when they are not what can be kept and acted on."""
    try:
        answer = json.loads(json.dumps(answer, allow_nan=False))
        events, responses = tuple(answer["events"]), tuple(answer["responses"])
    except (TypeError, ValueError, KeyError):
        raise ActionFailed("the action's answer is not JSON with lists of events and responses", retry=False) from None
    if not all(isinstance(item, dict) for item in (*events, *responses)):
        raise ActionFailed("the action returned an event or message that is not an object", retry=False)
    for event in events:
        if event.get("event") == "reminder" and not _aware(event):
            raise ActionFailed("the action set a reminder without a time zone", retry=False)
        if event.get("event") == "slot" and event.get("name") == "revision" and not _revision(event.get("value")):
            raise ActionFailed("the action set a revision that is not a whole number", retry=False)
    if not all(_button(button) for response in responses for button in response.get("buttons") or ()):
        raise ActionFailed("the action's button has no title, or a payload whose slots are not JSON", retry=False)
    return events, responses


def _revision(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _button(button: object) -> bool:
    """rasa-sdk's button: {title, payload: /intent{"slot": value}}."""
    if not isinstance(button, dict) or not isinstance(button.get("title"), str):
        return False
    _, brace, slots = str(button.get("payload", "")).partition("{")
    try:
        return not brace or isinstance(json.loads(brace + slots), dict)
    except ValueError:
        return False


def _aware(reminder: Mapping[str, Any]) -> bool:
    try:
        return datetime.fromisoformat(reminder["date_time"]).tzinfo is not None
    except (KeyError, TypeError, ValueError):
        return False
