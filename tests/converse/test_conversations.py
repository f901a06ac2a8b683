"""What a claim gives the engine: the document, and what the sender and the receipts recorded beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.bot import ANNE, asking, commit, settings

from bot import keys
from bot.compose import runtime
from bot.converse.conversations import claimed
from bot.pipe import Arg
from bot.receive.inbox import Inbox
from bot.runtime import Runtime
from flows.state import Conversation


@pytest.fixture
async def rt(store_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with runtime(settings(tmp_path), store_url) as made:
        yield made


async def claim(rt: Runtime, said: str) -> Conversation:
    """The conversation as a worker gets it with this person's next words."""
    contact, shard = rt.contact(ANNE)
    await Inbox(rt).put(contact, shard, {"kind": "said", "id": said, "text": "Y"})
    args: list[Arg] = [keys.tag(shard), 1, 10_000, said, 1, 5]
    (row,) = await rt.store.run("claim", [keys.ready(shard)], args)
    return claimed(row, "zh", "Asia/Shanghai").conversation


@pytest.mark.parametrize("recorded", [True, False])
async def test_only_what_the_sender_records_was_shown(rt: Runtime, recorded: bool) -> None:
    """An attempt that turned out not to have been sent takes its mark back, also from a document that kept it."""
    say = asking()
    assert say.ask is not None
    await commit(rt, ANNE, say, asks=(replace(say.ask, shown_at=datetime.now(UTC)),))
    if recorded:
        contact, shard = rt.contact(ANNE)
        await rt.store.redis.hset(keys.shown(shard, contact), say.ask.id, "1795000000000 0")
    (ask,) = (await claim(rt, "Y")).asks
    assert ask.shown_at == (datetime.fromtimestamp(1_795_000_000, UTC) if recorded else None)
