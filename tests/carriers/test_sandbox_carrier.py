"""The sandbox's own ways: cards, phones with RCS off, recall."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from standins.base import Fault
from standins.kit import NUMBER, sendable
from standins.sandbox import SandboxStandin

from bot.carriers import build
from bot.carriers.base import Asks, Carrier, TakesBack
from bot.carriers.http import Http
from bot.carriers.sandbox import Sandbox, SandboxSettings
from bot.errors import SendError
from bot.messages import AccountName, Capability
from flows.values import replace


@pytest.fixture
async def phone() -> AsyncIterator[SandboxStandin]:
    async with SandboxStandin() as standin:
        yield standin


@pytest.fixture
def sandbox(phone: SandboxStandin) -> Carrier:
    return build(AccountName("acc"), phone.table())


async def test_a_phone_without_rcs(phone: SandboxStandin, sandbox: Carrier, http: Http) -> None:
    """A card to a phone with RCS off is not_rcs; a text gets through."""
    card = replace(sendable(), form="rbm", rich={"text": "hi"})
    await sandbox.send(http, card)
    phone.no_rcs.add(NUMBER)
    with pytest.raises(SendError) as error:
        await sandbox.send(http, replace(card, id=sendable().id))
    assert error.value.not_rcs
    await sandbox.send(http, sendable())
    assert [sent.content for sent in phone.sent] == [{"text": "hi"}, "【叮咚】您好"]


async def test_busy_is_retryable(phone: SandboxStandin, sandbox: Carrier, http: Http) -> None:
    """503 from the handset means that it was not taken."""
    phone.faults.append(Fault(503, body='{"error": "busy"}'))
    with pytest.raises(SendError) as error:
        await sandbox.send(http, sendable())
    assert (error.value.retryable, error.value.unknown, error.value.code) == (True, False, "busy")


async def test_a_404_is_not_rcs_only_if_it_says_so(phone: SandboxStandin, sandbox: Carrier, http: Http) -> None:
    """A wrong address is a permanent failure, not a phone without RCS."""
    phone.faults.append(Fault(404, body="no such page"))
    with pytest.raises(SendError) as error:
        await sandbox.send(http, sendable())
    assert (error.value.not_rcs, error.value.retryable, error.value.unknown) == (False, False, False)


async def test_capability(phone: SandboxStandin, sandbox: Carrier, http: Http) -> None:
    """Whether a phone is rich is what its switch says."""
    assert isinstance(sandbox, Asks)
    assert await sandbox.capability(http, NUMBER) == Capability(True, frozenset({"RICHCARD_STANDALONE"}))
    phone.no_rcs.add(NUMBER)
    assert await sandbox.capability(http, NUMBER) == Capability(False)


async def test_recall(phone: SandboxStandin, sandbox: Carrier, http: Http) -> None:
    """A message can be taken back until the phone has it."""
    assert isinstance(sandbox, TakesBack)
    message = sendable()
    assert await sandbox.recall(http, NUMBER, message.id) == "not_found"
    await sandbox.send(http, message)
    assert await sandbox.recall(http, NUMBER, message.id) == "revoked"
    phone.delivered.add(message.id)
    assert await sandbox.recall(http, NUMBER, message.id) == "delivered"


async def test_typing_and_read_are_told(phone: SandboxStandin, http: Http) -> None:
    """What a phone shows beside messages; one without RCS shows neither."""
    sandbox = Sandbox(AccountName("acc"), SandboxSettings.model_validate(phone.table()))
    await sandbox.tell(http, NUMBER, "IS_TYPING")
    await sandbox.tell(http, NUMBER, "READ", "theirs")
    assert phone.events == [(NUMBER, "IS_TYPING", ""), (NUMBER, "READ", "theirs")]
    phone.no_rcs.add(NUMBER)
    with pytest.raises(SendError) as error:
        await sandbox.tell(http, NUMBER, "IS_TYPING")
    assert error.value.not_rcs
