"""What holds at the door for every carrier there is: who is believed, what survives, and what is never told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from receive.conftest import BODY_LIMIT, Answer, Door
from standins.all import POSTING, REPORTING, SIGNING, STANDINS
from standins.base import WEBHOOK_SECRET, Push, Sent
from standins.kit import sendable
from structlog.testing import capture_logs
from support.bot import ANNE

from flows.values import replace

WORDS = "geheim-gesagt"
of_all = pytest.mark.parametrize("carrier", sorted(STANDINS))


def reply(door: Door, carrier: str, *, signed: bool = True) -> Push:
    return door.standins[carrier].reply_push(ANNE, WORDS, reply_id="r1", signed=signed)


@of_all
async def test_words_are_in_the_store_before_the_answer(door: Door, carrier: str) -> None:
    """The provider is content with the answer, and a repeat of the call changes nothing."""
    push = reply(door, carrier)
    answers = [await door.push(carrier, push), *await asyncio.gather(*(door.push(carrier, push) for _ in range(4)))]
    standin = door.standins[carrier]
    assert all(standin.acknowledged(answer.status, answer.body.encode()) for answer in answers)
    assert len({(answer.status, answer.body, answer.content_type) for answer in answers}) == 1
    (mail,) = await door.mail(ANNE)
    assert (mail["kind"], mail["text"], mail["account"]) == ("said", WORDS, carrier)
    assert mail["pid"] == ("r1" if standin.reply_ids else "")


@of_all
async def test_who_does_not_know_the_address_is_nobody(door: Door, carrier: str) -> None:
    """Another account 404, another secret 403, whatever is posted."""
    push = reply(door, carrier)
    assert (await door.push(carrier, push, account="nobody")).problem == (404, "unknown_account", "")
    for secret in ("x" * 16, WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper(), "%FF%FE"):
        assert (await door.push(carrier, push, secret=secret)).problem == (403, "bad_secret", "")
    assert await door.stored() == []


@pytest.mark.parametrize("carrier", SIGNING)
async def test_a_signature_is_asked_for(door: Door, carrier: str) -> None:
    """None, or one made with another key."""
    forged = STANDINS[carrier](key="another-key-entirely").reply_push(ANNE, WORDS)
    for push in (reply(door, carrier, signed=False), forged):
        status, reason, _ = (await door.push(carrier, push)).problem
        assert (status in (401, 403), reason) == (True, "bad_signature")
    assert await door.stored() == []


@pytest.mark.parametrize("carrier", [name for name in SIGNING if name not in ("yunpian", "fivegmsg_xml")])
async def test_a_signature_is_good_for_one_body(door: Door, carrier: str) -> None:
    """What was overheard says nothing else: not where the signature covers the body, nor where it leaves it out.

    Yunpian's stands in the body, and China Mobile has a password instead.
    """
    push = reply(door, carrier)
    assert (await door.push(carrier, push)).status in (200, 204)
    other = door.standins[carrier].reply_push(ANNE, "Y", reply_id="r2")
    status, reason, _ = (await door.push(carrier, replace(push, body=other.body))).problem
    assert (status, reason in ("bad_signature", "replayed")) == (401, True)
    assert [mail["text"] for mail in await door.mail(ANNE)] == [WORDS]


@of_all
async def test_a_body_that_is_none_changes_nothing(door: Door, carrier: str) -> None:
    """Too large 413; cut off, empty, no text at all, or squeezed and not: a 4xx."""
    push = reply(door, carrier)
    for body in (push.body[:3] or b"{", b"", b"\xff\xfe", b"{" * 10_000, b"[" * 10_000):
        answer = await door.push(carrier, replace(push, method="POST", query={}, body=body))
        assert 400 <= answer.problem[0] < 500
    large = replace(push, method="POST", query={}, body=b"a" * (BODY_LIMIT + 1))
    assert (await door.push(carrier, large)).problem == (413, "too_large", "")
    garbled = replace(push, method="POST", headers={**push.headers, "Content-Encoding": "gzip"}, body=b"no gzip")
    assert (await door.push(carrier, garbled)).problem == (400, "bad_body", "")
    assert await door.stored() == []


@pytest.mark.parametrize("carrier", POSTING)
@pytest.mark.parametrize("content_type", ["text/html", "application/x-nobody"])
async def test_a_body_of_another_type_changes_nothing(door: Door, carrier: str, content_type: str) -> None:
    """The right bytes, called something else."""
    push = reply(door, carrier)
    typed = replace(push, headers={**push.headers, "Content-Type": content_type})
    assert (await door.push(carrier, typed)).problem[0] in (401, 415)
    assert await door.stored() == []


@of_all
async def test_a_crawler_gets_no_acknowledgement(door: Door, carrier: str) -> None:
    """A GET that says nothing, at an address somebody found."""
    answer = await door.post(f"/webhooks/{carrier}/{WEBHOOK_SECRET}", b"", {}, method="GET")
    assert 400 <= answer.problem[0] < 500
    assert await door.stored() == []


@of_all
async def test_nothing_private_is_told(door: Door, carrier: str) -> None:
    """No log line, answer or journal entry holds a key, a secret, a number or somebody's words, whatever came in."""
    standin, push = door.standins[carrier], reply(door, carrier)
    pushes = [
        push,
        replace(push, body=push.body[:-3]),
        replace(push, headers={**push.headers, "Content-Type": "text/html"}),
        reply(door, carrier, signed=False),
        STANDINS[carrier](key="another-key-entirely").reply_push(ANNE, WORDS),
    ]
    if carrier in REPORTING:
        sent = [Sent(sendable().id, ANNE, WORDS, "3310228064")]
        pushes += [
            one for word in ("ASTONISHED", standin.words["failed"]) for one in standin.receipt_pushes(sent, word)
        ]
    with capture_logs() as logs:
        answers = [await door.push(carrier, one) for one in pushes]
        answers.append(await door.push(carrier, push, secret="x" * 20))
    told = _told(logs, answers, await door.journal().now())
    for private in _private(door, carrier):
        assert private not in told


def _told(logs: list[Any], answers: list[Answer], entries: list[Any]) -> str:
    return "\n".join([json.dumps(logs, ensure_ascii=False, default=repr), *map(repr, answers), repr(entries)])


def _private(door: Door, carrier: str) -> Iterator[str]:
    """What must not be told: of the person, and every secret of the account."""
    yield from (WORDS, ANNE, ANNE.removeprefix("+86"), "x" * 20)
    settings = door.runtime.carriers[carrier].settings  # type: ignore[index]
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, SecretStr) and one.get_secret_value():
                yield one.get_secret_value()
