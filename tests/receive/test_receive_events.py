"""The platform's events: what is taken is durable and ordered, what is refused names the field at fault."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from receive.conftest import BODY_LIMIT, NEXT_API_KEY, Door
from support.bot import ANNE, API_KEY, BO, OFFER
from yarl import URL

from bot import keys


def made(name: str = "1", *, without: str = "", **data: Any) -> dict[str, Any]:
    """An offer for Anne."""
    given = {"to": ANNE, "revision": 3, **OFFER, **data}
    given.pop(without, None)
    return {"specversion": "1.0", "id": name, "source": "/shop", "type": "offer.made", "data": given}


async def test_an_event_is_durable_and_says_whom_it_concerns(door: Door) -> None:
    """202 with the contact id; its person and revision are taken out of its data."""
    answer = await door.event(made())
    contact, shard = door.runtime.contact(ANNE)
    assert (answer.status, json.loads(answer.body)) == (202, {"contact": contact, "repeated": False})
    [mail] = await door.mail(ANNE)
    assert mail.pop("id").startswith("ev-")
    assert mail == {"kind": "happened", "type": "offer.made", "data": OFFER, "revision": 3}
    assert await door.runtime.store.command("LRANGE", keys.WAKE_WORK, 0, -1) == [b"%d" % shard]
    assert [entry["t"] for entry in await door.journal().now()] == ["contact"]


async def test_a_repeat_by_source_and_id_changes_nothing(door: Door) -> None:
    """It is acknowledged as one; the same id of another source, or for another person, is another event."""
    answers = await asyncio.gather(*(door.event(made()) for _ in range(5)))
    assert sorted(json.loads(answer.body)["repeated"] for answer in answers) == [False, True, True, True, True]
    await door.event(made(revision=4))
    assert len(await door.mail(ANNE)) == 1
    await door.event(made() | {"source": "/other"})
    await door.event(made(to=BO))
    assert [len(await door.mail(number)) for number in (ANNE, BO)] == [2, 1]


@pytest.mark.parametrize("to", [ANNE, "13800138000", "+86 138 0013 8000", "contact"])
async def test_a_person_is_named_by_number_or_by_contact_id(door: Door, to: str) -> None:
    """In any usual form of a number; a contact id is what an earlier answer gave."""
    contact = door.runtime.contact(ANNE)[0]
    answer = await door.event(made(to=contact if to == "contact" else to))
    assert json.loads(answer.body)["contact"] == contact
    assert len(await door.mail(ANNE)) == 1


async def test_a_contact_id_brings_no_number(door: Door) -> None:
    """Nothing is sealed that was not given."""
    contact, shard = door.runtime.contact(ANNE)
    await door.event(made(to=contact))
    assert await door.runtime.store.command("EXISTS", keys.who(shard, contact)) == 0


@pytest.mark.parametrize(
    ("event", "revision"),
    [
        (made(revision=0), 0),
        (made(revision=2**53), 2**53),
        (made(without="revision") | {"time": "2026-11-22T10:00:00.123+08:00"}, None),
    ],
)
async def test_an_event_is_ordered_by_its_revision_or_its_time(
    door: Door, event: dict[str, Any], revision: int | None
) -> None:
    """Milliseconds since the epoch where there is no revision."""
    if revision is None:
        revision = int(datetime(2026, 11, 22, 2, 0, 0, 123_000, UTC).timestamp() * 1000)
    assert (await door.event(event)).status == 202
    assert [mail["revision"] for mail in await door.mail(ANNE)] == [revision]


@pytest.mark.parametrize("content_type", ["application/json", "application/cloudevents+json; charset=utf-8"])
async def test_both_content_types_of_structured_mode_are_taken(door: Door, content_type: str) -> None:
    """With their parameters."""
    assert (await door.event(made(), content_type=content_type)).status == 202


async def test_both_api_keys_are_good_while_one_rotates_out(door: Door) -> None:
    """Whichever is used."""
    assert [(await door.event(made(), key=key)).status for key in (API_KEY, NEXT_API_KEY)] == [202, 202]


# ---------------------------------------------------------------- refused

_ENVELOPE = [
    (made() | {"specversion": "0.3"}, "specversion"),
    ({k: v for k, v in made().items() if k != "specversion"}, "specversion"),
    ({k: v for k, v in made().items() if k != "id"}, "id"),
    (made() | {"id": ""}, "id"),
    (made() | {"id": 7}, "id"),
    (made() | {"id": "x" * 257}, "id"),
    ({k: v for k, v in made().items() if k != "source"}, "source"),
    (made() | {"source": ""}, "source"),
    ({k: v for k, v in made().items() if k != "type"}, "type"),
    (made() | {"type": "offer.undreamt"}, "type"),
    (made() | {"time": "yesterday"}, "time"),
    (made() | {"time": "2026-11-22T10:00:00"}, "time"),
    ({k: v for k, v in made().items() if k != "data"}, "data"),
    (made() | {"data": "text"}, "data"),
    (made() | {"data": None}, "data"),
]
_DATA = [
    (made(without="to"), "data.to"),
    (made(to=13800138000), "data.to"),
    (made(to="nobody"), "data.to"),
    (made(to="ABCDEF0123456789ABCDEF0123456789"), "data.to"),
    (made(without="revision"), "data.revision"),
    (made(revision="3"), "data.revision"),
    (made(revision=-1), "data.revision"),
    (made(revision=True), "data.revision"),
    (made(revision=3.5), "data.revision"),
    (made(revision=2**53 + 1), "data.revision"),
    (made(without="price"), "data.price"),
    (made(price="a lot"), "data.price"),
    (made(price="-1"), "data.price"),
    (made(price=None), "data.price"),
    (made(expires_at="soon"), "data.expires_at"),
    (made(without="item"), "data.item"),
    (made(item="watch"), "data.item"),
    (made(item={"name": "Aurel"}), "data.item"),
    (made(offer_id={}), "data.offer_id"),
]


async def test_a_refusal_names_the_field_at_fault(door: Door) -> None:
    """422, by its path; nothing is stored and nothing of what was given is quoted."""
    for event, field in _ENVELOPE + _DATA:
        answer = await door.event(event)
        status, _, at = answer.problem
        assert (status, at[: len(field)], at[len(field) : len(field) + 1] in ("", ".")) == (422, field, True), event
        assert not any(given in answer.body for given in ("nobody", "a lot", "soon", "yesterday"))
    assert await door.stored() == []


async def test_an_unknown_type_tells_which_there_are(door: Door) -> None:
    """So that a typing mistake is found."""
    answer = await door.event(made() | {"type": "offer.mad"})
    assert answer.problem == (422, "unknown_event", "type")
    assert "offer.made" in answer.body


_NO_JSON = [
    b"",
    b"{",
    b"\xff\xfe",
    b'{"id":"\\ud800"}',
    b'{"data":{"x":NaN}}',
    b'{"data":{"x":Infinity}}',
    b"[" * 10_000,
    json.dumps(made()).encode()[:-1],
]


async def test_what_is_not_json_is_400_and_what_is_no_object_422(door: Door) -> None:
    """Broken, cut off, half surrogates, words that JSON does not have, nested without end; a list, a number."""
    for body in _NO_JSON:
        assert (await door.event(body)).problem == (400, "bad_event", ""), body[:40]
    for body in (b"[]", b"null", b"7", json.dumps([made()]).encode()):
        assert (await door.event(body)).problem[:2] == (422, "bad_event"), body[:40]
    assert await door.stored() == []


async def test_other_content_types_are_415_and_large_bodies_413(door: Door) -> None:
    """Before the body is looked at."""
    for content_type in ("text/plain", "application/xml", "application/cloudevents-batch+json", ""):
        assert (await door.event(made(), content_type=content_type)).problem[0] == 415
    assert (await door.event(b" " * (BODY_LIMIT + 1))).problem == (413, "too_large", "")
    assert await door.stored() == []


_STRANGERS = [
    b"",
    b"Bearer",
    b"Bearer ",
    b"Bearer wrong",
    b"Bearer " + API_KEY.encode()[:-1],
    b"Basic " + API_KEY.encode(),
    API_KEY.encode(),
    b"Bearer \xff\xfe",
    "Bearer 钥匙".encode(),
]


async def test_only_the_platform_is_believed(door: Door) -> None:
    """Without one of its keys 401, whatever bytes stand there; nothing is stored."""
    url, body = URL(door.url), json.dumps(made()).encode()
    for authorization in _STRANGERS:
        lines = [b"POST /v1/events HTTP/1.1", b"Host: bot", b"Connection: close", b"Content-Type: application/json"]
        lines += [b"Authorization: " + authorization, b"Content-Length: %d" % len(body), b"", body]
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"\r\n".join(lines))
        assert (await reader.read()).startswith(b"HTTP/1.1 401 "), authorization
        writer.close()
    assert await door.stored() == []


async def test_a_store_that_cannot_write_is_503_and_the_repeat_is_taken(door: Door) -> None:
    """The platform repeats what was not taken."""
    await door.store_is_full()
    assert (await door.event(made())).problem == (503, "store_down", "")
    await door.store_is_full(full=False)
    assert json.loads((await door.event(made())).body)["repeated"] is False
