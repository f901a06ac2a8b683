"""Three hundred people with phones: what they read, what they say, and the carriers between them and the bot.

A carrier repeats a webhook call until it is acknowledged, and sometimes once more afterwards.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from standins.base import Push, Sent, Standin
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin

PATIENCE = 2_000
"""How often a carrier repeats a call that is not acknowledged, 50 ms apart: longer than any outage here."""
WORDS = (
    *(("Y", 8), ("1", 4), ("好的", 3), ("接受", 3), ("2", 2), ("不卖", 3), ("16500", 3), ("还价", 2)),
    *(("谢谢", 1), ("帮助", 1), ("今天天气不错", 2), ("TD", 1), ("恢复订阅", 1), ("人工", 1)),
)
"""What people say, and how often."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it arrived on a phone."""

    id: str
    carrier: str
    words: str


@dataclass(eq=False)
class Person:
    """said: ids of the posts that were acknowledged, in order. buttons: postback and label of every button seen."""

    number: str
    rich: bool
    chance: random.Random
    read: list[Read] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)


def shows(words: str, code: str, price: int) -> bool:
    return f"#{code}）" in words and f"¥{price:,}" in words


class Town:
    """Everybody, and their two carriers."""

    def __init__(self, people: int, seed: int, sms: YunpianStandin, rcs: GoogleRbmStandin) -> None:
        self.people: dict[str, Person] = {}
        for n in range(people):
            number = f"+86138{n:08d}"
            self.people[number] = Person(number, rich=n % 3 == 0, chance=random.Random(f"{seed}/{n}"))
        rcs.no_rcs |= {person.number for person in self.people.values() if not person.rich}
        self._sms, self._rcs = sms, rcs
        self.accepted = self._made = self._allowed = 0
        self._progress = asyncio.Condition()

    # ---------------------------------------------------------------- reading

    async def deliver(self, carrier: Standin, tasks: asyncio.TaskGroup) -> None:
        """Put what a carrier takes on the phones, and report it as delivered until that is acknowledged."""
        seen = 0
        while True:
            sent = await carrier.taken(seen + 1)
            for one in sent[seen:]:
                self._arrived(carrier, one)
                receipts = carrier.receipt_pushes([one], carrier.words["delivered"])
                tasks.create_task(carrier.push(*receipts, tries=PATIENCE))
            seen = len(sent)

    def _arrived(self, carrier: Standin, sent: Sent) -> None:
        person = self.people[sent.to]
        words = sent.content if isinstance(sent.content, str) else json.dumps(sent.content, ensure_ascii=False)
        person.read.append(Read(sent.id, carrier.carrier, words))
        person.buttons += _buttons(sent.content)
        person.news.set()

    # ---------------------------------------------------------------- speaking

    async def live(
        self, person: Person, posts: int, tasks: asyncio.TaskGroup, act: Callable[[Person], Coroutine[Any, Any, None]]
    ) -> None:
        """Say so many things, one after another; `act` is what happens around the person meanwhile."""
        chance = person.chance
        earlier: list[tuple[Standin, Push]] = []
        for number in range(posts):
            await self._read_on(person)
            await self._turn_to_speak()
            carrier, push = self._speak(person, f"{person.number[-8:]}-{number}")
            [called] = await carrier.push(push, tries=PATIENCE)
            assert called.acknowledged
            person.said.append(f"{person.number[-8:]}-{number}")
            await self._count()
            earlier.append((carrier, push))
            if chance.random() < 0.25:  # the carrier lost our answer
                again, old = chance.choice(earlier)
                tasks.create_task(again.push(old, tries=PATIENCE, copies=chance.randint(1, 2)))
            tasks.create_task(act(person))

    async def _read_on(self, person: Person) -> None:
        """Wait for something to read, but not for ever."""
        patience = person.chance.uniform(0.05, 1.5)
        try:
            await asyncio.wait_for(person.news.wait(), patience)
        except TimeoutError:
            return
        person.news.clear()

    def _speak(self, person: Person, id_: str) -> tuple[Standin, Push]:
        chance = person.chance
        [words] = chance.choices([word for word, _ in WORDS], [weight for _, weight in WORDS])
        if not person.rich:
            return self._sms, self._sms.reply_push(person.number, words, reply_id=id_)
        if person.buttons and chance.random() < 0.5:
            postback, label = chance.choice(person.buttons[-6:])
            tapped = {"postbackData": postback, "text": label, "type": "REPLY"}
            event = {"senderPhoneNumber": person.number, "messageId": id_, "suggestionResponse": tapped}
            return self._rcs, self._rcs.signed(event)
        return self._rcs, self._rcs.reply_push(person.number, words, reply_id=id_)

    async def may_say(self, posts: int) -> None:
        """So many posts may be made in all."""
        async with self._progress:
            self._allowed = posts
            self._progress.notify_all()

    async def _turn_to_speak(self) -> None:
        async with self._progress:
            await self._progress.wait_for(lambda: self._made < self._allowed)
            self._made += 1

    async def _count(self) -> None:
        async with self._progress:
            self.accepted += 1
            self._progress.notify_all()

    async def reached(self, accepted: int) -> None:
        """Wait until so many posts were acknowledged."""
        async with self._progress:
            await self._progress.wait_for(lambda: self.accepted >= accepted)


def _buttons(content: Any) -> Sequence[tuple[str, str]]:
    """Postback and label of the reply buttons in an RBM message."""
    if isinstance(content, dict):
        if "postbackData" in content and "text" in content and str(content["postbackData"]).startswith("ask:"):
            return [(content["postbackData"], content["text"])]
        return [found for value in content.values() for found in _buttons(value)]
    return [found for value in content for found in _buttons(value)] if isinstance(content, list) else []
