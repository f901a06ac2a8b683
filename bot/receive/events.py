"""POST /v1/events: what happened on the platform, as CloudEvents 1.0 in structured mode."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from prometheus_client import Counter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import from_json

from bot.errors import Refused
from bot.ids import shard_of
from bot.messages import ContactId, PhoneNumber
from bot.problems import answering
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from bot.sealing import e164
from flows.fields import FieldError

EVENTS = Counter("dingdong_events_total", "Events taken from the platform", ["type", "result"])

CONTENT_TYPES = ("application/cloudevents+json", "application/json")
CONTACT_ID = re.compile(r"[0-9a-f]{32}")
MAX_REVISION = 2**53
"""Revisions must survive JSON in every language: integers a double holds exactly."""


class CloudEvent(BaseModel):
    """CloudEvents 1.0.2 section 3: the required attributes, and those we read. Extensions are let be."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=256)]
    source: Annotated[str, Field(min_length=1, max_length=1024)]
    type: Annotated[str, Field(min_length=1, max_length=128)]
    time: AwareDatetime | None = None
    data: dict[str, JsonValue]


class Events:
    """The platform's side of the web role."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox
        self._keys = [key.get_secret_value().encode() for key in runtime.settings.platform.api_keys]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/events", answering(self.receive))]

    async def receive(self, request: web.Request) -> web.Response:
        """202 once the event is durable, with the contact it concerns; a repeat of source+id changes nothing."""
        self._authenticate(request)
        if request.content_type not in CONTENT_TYPES:
            raise Refused(415, "wrong_content_type", f"send {' or '.join(CONTENT_TYPES)}")
        event = _event(await request.read())
        contact, number = self._addressee(event)
        if event.type not in self._runtime.library.events:
            known = ", ".join(sorted(self._runtime.library.events))
            raise Refused(422, "unknown_event", f"no flow takes this type; there are: {known}", "type")
        data = {name: value for name, value in event.data.items() if name not in ("to", "revision")}
        try:
            self._runtime.library.check_event(event.type, data)
        except FieldError as error:
            raise Refused(422, "bad_event", str(error), f"data.{error.field}") from None
        taken = await self._inbox.put(
            contact,
            shard_of(contact, self._runtime.store.shards),
            {
                "kind": "happened",
                "id": "ev-" + hashlib.sha256(f"{event.source}\n{event.id}".encode()).hexdigest()[:24],
                "type": event.type,
                "data": data,
                "revision": _revision(event),
            },
            number=number,
        )
        EVENTS.labels(event.type, "taken" if taken else "repeated").inc()
        return web.json_response({"contact": contact, "repeated": not taken}, status=202)

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        told = given.encode("utf-8", "surrogateescape")  # any bytes may stand in a header
        matches = [hmac.compare_digest(told, key) for key in self._keys]
        if scheme.lower() != "bearer" or not any(matches):
            raise Refused(401, "bad_api_key", "send Authorization: Bearer with one of platform.api_keys")

    def _addressee(self, event: CloudEvent) -> tuple[ContactId, PhoneNumber | None]:
        """`data.to`: a number, or the contact id an earlier answer gave."""
        to = event.data.get("to")
        if not isinstance(to, str):
            raise Refused(422, "bad_event", "data.to must be the person: E.164 or a contact id", "data.to")
        if CONTACT_ID.fullmatch(to):
            return ContactId(to), None
        try:
            number = e164(to, self._runtime.settings.country)
        except Refused as error:
            raise Refused(422, error.reason, error.detail, "data.to") from None
        return self._runtime.sealer.contact(number), number


def _event(body: bytes) -> CloudEvent:
    try:
        return CloudEvent.model_validate(from_json(body, allow_inf_nan=False))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, first["loc"]))
        raise Refused(422, "bad_event", f"{path or 'body'}: {first['msg']}", path) from None
    except ValueError as error:
        raise Refused(400, "bad_event", f"the body is not JSON: {error}") from None


def _revision(event: CloudEvent) -> int:
    """`data.revision`, else the event's own time in milliseconds; a platform that gives neither cannot be ordered."""
    revision = event.data.get("revision")
    if isinstance(revision, int) and not isinstance(revision, bool) and 0 <= revision <= MAX_REVISION:
        return revision
    if revision is not None:
        raise Refused(422, "bad_event", "data.revision must be an integer from 0", "data.revision")
    if event.time is None:
        raise Refused(
            422, "bad_event", "give data.revision, or the event's time, so that it can be ordered", "data.revision"
        )
    return _milliseconds(event.time)


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)
