"""Reading server-sent events from a response under way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Any
    id: str


async def events(response: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    """Every event, comments left out. Ends when the stream does."""
    fields: dict[str, str] = {}
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields.get("event", ""), json.loads(fields["data"]), fields.get("id", ""))
            fields = {}
        else:
            fields = {}
