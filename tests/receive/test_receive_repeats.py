"""Words without id and time, from the script to the decision: what a carrier repeats decides nothing a second time.

Each story is a seed: people say things, a carrier repeats them (also because our answer was lost), questions are made,
shown and answered, in any order, on a real store and the shipped flows.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from receive.conftest import Door
from support.bot import ANNE, OFFER

from bot import keys
from bot.converse.conversations import claimed, commit_args, outbounds
from bot.errors import StoreDown
from bot.messages import AccountName, Inbound
from bot.pipe import Arg
from bot.receive.inbox import Inbox, inbound_stimulus
from flows.engine import step
from flows.state import Do, Say

WINDOW_S = 600


@dataclass
class Story:
    """One person's, with nobody's luck spared. genuine / decided: words said; words that led to a call."""

    door: Door
    dice: random.Random
    said: list[Inbound] = field(default_factory=list)
    genuine: Counter[str] = field(default_factory=Counter)
    decided: Counter[str] = field(default_factory=Counter)
    unseen: list[str] = field(default_factory=list)
    running: list[Do] = field(default_factory=list)
    offers: itertools.count[int] = field(default_factory=itertools.count)
    clock: itertools.count[int] = field(default_factory=lambda: itertools.count(1_000))

    async def give(self, stimulus: Mapping[str, Any], window_s: int | None = None) -> bool:
        """Into her mailbox; when that is full, once more after the worker was there."""
        runtime = self.door.runtime
        contact, shard = runtime.contact(ANNE)
        with suppress(StoreDown):
            return await Inbox(runtime).put(contact, shard, stimulus, ANNE, window_s)
        await self.turns()
        return await Inbox(runtime).put(contact, shard, stimulus, ANNE, window_s)

    async def says(self, text: str) -> bool:
        self.said.append(Inbound(AccountName("sandbox"), ANNE, text))
        self.genuine[text] += 1
        return await self.give(inbound_stimulus(self.said[-1]), WINDOW_S)

    async def repeats(self) -> None:
        if self.said:
            await self.give(inbound_stimulus(self.dice.choice(self.said)), WINDOW_S)

    async def offered(self) -> None:
        n = next(self.offers)
        data = OFFER | {"offer_id": f"O-{n}", "price": str(1_000 + n)}
        await self.give({"kind": "happened", "id": f"e{n}", "type": "offer.made", "data": data, "revision": 1})

    async def shows(self) -> None:
        """The sender's attempt, and a receipt: the next question is on the phone, and has been long enough."""
        if self.unseen:
            contact, shard = self.door.runtime.contact(ANNE)
            at = next(self.clock)
            await self.door.runtime.store.command("HSET", keys.shown(shard, contact), self.unseen.pop(0), f"{at} {at}")

    async def returns(self) -> None:
        if self.running:
            do = self.running.pop(0)
            slots = [{"event": "slot", "name": "deal", "value": {"accept_offer": "made"}.get(do.action, "declined")}]
            await self.give(
                {"kind": "returned", "id": f"r-{do.call_id}", "call_id": do.call_id, "attempt": 1, "events": slots}
            )

    async def turns(self) -> None:
        """The worker: everything that waits, in order."""
        runtime = self.door.runtime
        contact, shard = runtime.contact(ANNE)
        while True:
            token = uuid.uuid4().hex
            args: list[Arg] = [keys.tag(shard), 1, 10_000, token, 16, 5]
            rows = await runtime.store.run("claim", [keys.ready(shard)], args)
            if not rows:
                return
            claim, turns = claimed(rows[0], "zh", "Asia/Shanghai"), []
            conversation = claim.conversation
            for mail in claim.mail:
                turn = step(runtime.library, conversation, mail.stimulus, mail.stimulus.at)
                conversation = turn.conversation
                turns.append((mail, turn))
                for effect in turn.effects:
                    if isinstance(effect, Do):
                        self.decided[effect.text] += 1
                        self.running.append(effect)
                    if isinstance(effect, Say) and effect.ask:
                        self.unseen.append(effect.ask.id)
            said = outbounds(runtime.settings.sender, shard, turns)
            committing = commit_args(runtime, shard, token, claim, turns, said, ready=None)
            await runtime.store.run("commit", [keys.talk(shard, contact)], committing)


@pytest.mark.parametrize("seed", range(25))
async def test_no_words_decide_more_often_than_they_were_said(door: Door, seed: int) -> None:
    """However they were repeated, and whatever was asked in between; nobody confirmed anything here."""
    dice = random.Random(seed)
    story = Story(door, dice)
    for _ in range(60):
        match dice.choice(("say", "repeat", "repeat", "offer", "show", "show", "return", "turn", "turn", "turn")):
            case "say":
                await story.says(dice.choice(("1", "接受")))
            case "repeat":
                await story.repeats()
            case "offer":
                await story.offered()
            case "show":
                await story.shows()
            case "return":
                await story.returns()
            case "turn":
                await story.turns()
    await story.turns()
    assert all(story.decided[words] <= story.genuine[words] for words in story.decided), (story.decided, story.genuine)
    assert max(story.decided.values(), default=0) <= 1  # the second time within the window it is asked whether


async def test_one_may_say_the_same_to_two_questions(door: Door) -> None:
    """Asked whether it was meant, she confirms it, and both are answered; what the carrier repeats of it is not."""
    story = Story(door, random.Random(0))
    for words in ("1", "1", "确认"):
        if words == "1":
            await story.offered()
            await story.turns()
            await story.shows()
        assert await story.says(words)
        for _ in range(3):
            await story.repeats()
        await story.turns()
        await story.shows()
        await story.returns()
        await story.turns()
    assert story.decided == {"1": 2}
