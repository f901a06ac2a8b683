"""Cards that do not arrive, on a real store with carriers played over HTTP: taken back, and sent as text.

Receipts come late, twice, in the wrong order, or never.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standins.base import Fault, Sent, Standin
from standins.google_rbm import GoogleRbmStandin
from standins.infobip import InfobipStandin
from standins.sandbox import SandboxStandin
from standins.vonage import VonageStandin
from standins.yunpian import YunpianStandin
from support.bot import ANNE, Journal, asking, commit, matching, settings, telling, until

from bot import keys
from bot.compose import runtime
from bot.deliver.sender import Sender
from bot.messages import Receipt, WebhookRequest
from bot.receive.receipts import receipt
from bot.runtime import Runtime
from flows.state import Consent

QUICK = {"backoff_ms": 1, "backoff_max_ms": 2, "poll_ms": 20}
NOW_S, NEVER_S = 0.001, 3_600.0
SOON = {"transactional_s": NOW_S, "conversation_s": NOW_S, "verification_s": NOW_S, "receipt_s": NEVER_S, "poll_ms": 10}
"""Patience that ends at once; a receipt is waited for longer than any test takes."""


class Google(GoogleRbmStandin):
    """Answers recalls with `faults_of_recall` first, then waits at the gate."""

    def __init__(self) -> None:
        super().__init__()
        self.recall_faults: list[int] = []
        self.recalled = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def _recall(self, request: web.Request) -> web.Response:
        self.recalled.set()
        await self.gate.wait()
        if self.recall_faults:
            return web.Response(status=self.recall_faults.pop())
        return await super()._recall(request)


@dataclass(frozen=True, slots=True)
class Scene:
    """One person whose phone shows RCS. cards, texts: the carriers, which may be one."""

    rt: Runtime
    journal: Journal
    cards: Standin
    texts: Standin

    async def say(self, **more: Any) -> str:
        """A question that goes by RCS."""
        (message,) = await commit(self.rt, ANNE, asking(**more))
        await self.journal.of("attempt", id=message, form="rbm")
        await self.ended(message, "sent")
        return message

    async def ended(self, message: str, status: str) -> Any:
        return await self.journal.of("status", id=message, status=status)

    async def text_of(self, message: str) -> Any:
        """The text that is queued instead of a card, once it is."""
        return await self.journal.of("out", instead_of=message)

    async def report(self, word: str, message: str, copies: int = 1) -> None:
        """The card's carrier reports that, as its webhook would hand it over."""
        [sent] = [one for one in self.cards.sent if one.id == message]
        carrier = next(one for one in self.rt.carriers.values() if one.name == self.cards.carrier)
        for push in self.cards.receipt_pushes([sent], self.cards.words.get(word, word)) * copies:
            headers = {name.lower(): value for name, value in push.headers.items()}
            request = WebhookRequest("POST", headers, {}, push.body, "127.0.0.1", datetime.now(UTC))
            carrier.verify(request)
            for item in carrier.parse(request).items:
                assert isinstance(item, Receipt)
                await receipt(self.rt, item)

    async def over(self) -> bool:
        """Nothing is awaited any more."""
        _, shard = self.rt.contact(ANNE)
        left: int = await self.rt.store.command("EXISTS", keys.recalls(shard))
        return left == 0

    async def seen(self, ask: str = "t1.1") -> str:
        """What the store says of the question's delivery: "?" = it is awaited, "0" = no receipt says anything."""
        contact, shard = self.rt.contact(ANNE)
        mark: bytes = await self.rt.store.command("HGET", keys.shown(shard, contact), ask)
        return mark.decode().partition(" ")[2]

    def recalls(self, message: str) -> list[str]:
        """What the journal, as far as it was read, says of taking it back."""
        return [entry["outcome"] for entry in matching(self.journal.entries, "recall", id=message)]

    def read(self) -> list[Sent]:
        """All that got to a carrier: cards first."""
        return [*self.cards.sent, *(self.texts.sent if self.texts is not self.cards else [])]


@asynccontextmanager
async def scene(
    folder: Path, store_url: str, cards: Standin, texts: Standin | None = None, **recall: Any
) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        standins: Sequence[Standin] = [one for one in (cards, texts) if one is not None]
        for one in standins:
            await stack.enter_async_context(one)
        made = settings(folder, *standins, sender=QUICK, store={"shards": 2}, recall={**SOON, **recall})
        rt = await stack.enter_async_context(runtime(made, store_url))
        stopping = asyncio.Event()
        running = asyncio.create_task(Sender(rt).run(stopping))
        try:
            yield Scene(rt, Journal(rt.store), cards, texts or cards)
        finally:
            stopping.set()
            await running


@pytest.fixture
async def google() -> Google:
    return Google()


@pytest.fixture
async def two(tmp_path: Path, store_url: str, google: Google) -> AsyncIterator[Scene]:
    """Cards by Google, texts by Yunpian, and no patience."""
    async with scene(tmp_path, store_url, google, YunpianStandin()) as made:
        yield made


# ---------------------------------------------------------------- taken back


async def test_a_card_that_does_not_arrive_is_taken_back_and_sent_as_text(two: Scene, google: Google) -> None:
    """Under an id of its own that names the card's; the same question, with the same choices."""
    card = await two.say()
    text = await two.text_of(card)
    await two.ended(text["id"], "sent")
    assert google.revoked == [card]
    assert [sent.id for sent in two.read()] == [card, text["id"]]
    assert await two.seen() == "0", "by the text, which nothing is waited for"
    assert text["id"] != card
    assert (text["ask"], text["card"], text["data"]) == ("t1.1", "consignment/offer", text["data"])
    words = two.texts.sent[0].content
    assert "1接受" in words
    assert "2拒绝" in words
    assert two.recalls(card) == ["asked", "revoked"]
    [entry] = matching(two.journal.entries, "recall", outcome="revoked")
    assert entry["instead"] == text["id"]
    assert await two.over()


async def test_the_sandbox_takes_back_too(tmp_path: Path, store_url: str) -> None:
    """One account that carries both: the text goes by it as text."""
    async with scene(tmp_path, store_url, SandboxStandin()) as one:
        card = await one.say()
        text = await one.text_of(card)
        await one.ended(text["id"], "sent")
        (attempt,) = matching(one.journal.entries, "attempt", id=text["id"])
        assert (attempt["form"], attempt["why"]) == ("text", "RCS did not reach this phone")


async def test_a_card_is_taken_back_by_its_providers_own_id(tmp_path: Path, store_url: str) -> None:
    """Vonage knows its messages by no other."""
    vonage = VonageStandin()
    async with scene(tmp_path, store_url, vonage, YunpianStandin()) as made:
        card = await made.say()
        await made.ended((await made.text_of(card))["id"], "sent")
        assert made.recalls(card) == ["asked", "revoked"]
    assert vonage.revoked == [vonage.sent[0].provider_id]


async def test_what_its_provider_takes_not_back_is_left(tmp_path: Path, store_url: str) -> None:
    """Its text would be the second message."""
    async with scene(tmp_path, store_url, InfobipStandin(), YunpianStandin()) as made:
        card = await made.say()
        await made.journal.of("recall", id=card, outcome="refused")
        await until(made.over)
        assert made.recalls(card) == ["asked", "refused"]
        assert made.texts.sent == []


async def test_who_was_not_reached_gets_texts_for_a_while(two: Scene, google: Google) -> None:
    """The next question does not wait for RCS again."""
    card = await two.say()
    await two.ended((await two.text_of(card))["id"], "sent")
    (next_one,) = await commit(two.rt, ANNE, asking("t2.1"))
    await two.ended(next_one, "sent")
    assert [sent.id for sent in google.sent] == [card]


async def test_a_recall_that_fails_is_asked_for_again(tmp_path: Path, store_url: str, google: Google) -> None:
    """Google is busy twice; then it is taken back."""
    google.recall_faults = [503, 503]
    async with scene(tmp_path, store_url, google, YunpianStandin(), again_ms=1) as made:
        card = await made.say()
        await made.ended((await made.text_of(card))["id"], "sent")
        assert made.recalls(card) == ["asked", "error", "asked", "error", "asked", "revoked"]


# ---------------------------------------------------------------- receipts


async def test_what_is_delivered_in_time_is_not_asked_about(tmp_path: Path, store_url: str, google: Google) -> None:
    """And its receipts may come twice, and in any order."""
    async with scene(tmp_path, store_url, google, YunpianStandin(), transactional_s=NEVER_S) as made:
        card = await made.say()
        assert await made.seen() == "?"
        for word in ("read", "delivered"):
            await made.report(word, card, copies=2)
        assert await made.over()
        assert int(await made.seen()) > 0
        moved = [(entry["status"], entry["applied"]) for entry in matching(await made.journal.now(), "receipt")]
        assert moved == [("read", True), ("read", False), ("delivered", False), ("delivered", False)]
    assert (google.recalled.is_set(), made.read()) == (False, google.sent)


async def test_a_receipt_that_comes_after_not_found_spares_the_text(two: Scene, google: Google) -> None:
    """404 says arrived or unknown: the receipt says which."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    google.delivered.add(card)
    google.gate.set()
    await two.journal.of("recall", id=card, outcome="not_found")
    assert not await two.over()
    await two.report("delivered", card, copies=2)
    assert await two.over()
    assert [sent.id for sent in two.read()] == [card]


@pytest.mark.parametrize(("kind", "texts"), [("conversation", 1), ("transactional", 1), ("verification", 0)])
async def test_where_the_receipt_is_lost_the_kind_decides(
    tmp_path: Path, store_url: str, google: Google, kind: str, texts: int
) -> None:
    """An answer rather comes twice than never, a code rather never than twice."""
    google.gate.clear()
    async with scene(tmp_path, store_url, google, YunpianStandin(), receipt_s=NOW_S) as made:
        card = await made.say(kind=kind)
        await google.recalled.wait()
        google.delivered.add(card)
        google.gate.set()
        entry = await made.journal.of("recall", id=card, outcome="unclear")
        assert ("instead" in entry) == bool(texts)
        if texts:
            await made.ended(entry["instead"], "sent")
        await until(made.over)
        assert len(made.texts.sent) == texts


async def test_a_delivery_while_the_recall_is_asked_spares_the_text(two: Scene, google: Google) -> None:
    """Its receipt is faster than Google's answer."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    await two.report("delivered", card)
    google.delivered.add(card)
    google.gate.set()
    entry = await two.journal.of("recall", id=card, outcome="not_found")
    assert "arrived meanwhile" in entry["why"]
    assert await two.over()
    assert [sent.id for sent in two.read()] == [card]


async def test_a_delivery_after_it_was_taken_back_is_on_record(two: Scene) -> None:
    """The network lied, the person has both, and the journal shows it."""
    card = await two.say()
    text = await two.text_of(card)
    await two.ended(text["id"], "sent")
    await two.report("delivered", card)
    late = await two.journal.of("receipt", id=card, status="delivered")
    assert late["applied"]
    assert two.recalls(card) == ["asked", "revoked"]


async def test_what_the_network_gave_up_goes_as_text_at_once(tmp_path: Path, store_url: str, google: Google) -> None:
    """Its time to live ended there: certainly not delivered, so patience is over, and nothing is asked."""
    async with scene(tmp_path, store_url, google, YunpianStandin(), transactional_s=NEVER_S) as made:
        card = await made.say()
        await made.report("failed", card, copies=2)
        text = await made.text_of(card)
        await made.ended(text["id"], "sent")
        assert made.recalls(card) == ["failed"]
        _, shard = made.rt.contact(ANNE)
        assert await made.rt.store.command("KEYS", f"{keys.tag(shard)}mail:*") == [], "its conversation need not know"
    assert not google.recalled.is_set()


async def test_what_may_have_been_delivered_when_its_time_ended_is_not_sent_twice(two: Scene, google: Google) -> None:
    """TTL_EXPIRATION_REVOKE_FAILED: look for DELIVERED first."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    google.delivered.add(card)
    await two.report("TTL_EXPIRATION_REVOKE_FAILED", card)
    google.gate.set()
    await two.journal.of("recall", id=card, outcome="not_found")
    assert two.read() == google.sent


# ---------------------------------------------------------------- decided again


async def test_a_text_is_not_sent_to_who_opted_out_meanwhile(two: Scene, google: Google) -> None:
    """It is decided upon like anything else."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    await commit(two.rt, ANNE, Consent("*", granted=False, evidence="TD"))
    google.gate.set()
    text = await two.text_of(card)
    assert (await two.ended(text["id"], "dropped"))["why"] == "opted_out"
    assert two.texts.sent == []


async def test_a_text_waits_while_staff_hold_the_conversation(two: Scene, google: Google) -> None:
    """And goes when they hand back."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    await commit(two.rt, ANNE, held_by="anna")
    google.gate.set()
    text = await two.text_of(card)
    assert (await two.ended(text["id"], "queued"))["why"] == "held_by_staff"
    await commit(two.rt, ANNE, held_by="")
    await two.ended(text["id"], "sent")


async def test_no_text_follows_a_question_that_was_closed(two: Scene, google: Google) -> None:
    """The price changed while the card was asked back."""
    google.gate.clear()
    card = await two.say()
    await google.recalled.wait()
    await commit(two.rt, ANNE, closed=["t1.1"])
    google.gate.set()
    entry = await two.journal.of("recall", id=card, outcome="revoked")
    assert "closed" in entry["why"]
    assert await two.over()
    assert two.read() == google.sent


async def test_a_text_that_comes_too_late_is_not_sent_and_its_conversation_is_told(two: Scene, google: Google) -> None:
    """It expired while the card was waited for."""
    google.gate.clear()
    expires = datetime.now(UTC) + timedelta(seconds=3)
    card = await two.say(expires_at=expires)
    await google.recalled.wait()
    await asyncio.sleep(max(0.0, (expires - datetime.now(UTC)).total_seconds()))
    google.gate.set()
    text = await two.text_of(card)
    assert (await two.ended(text["id"], "dropped"))["why"] == "expired"
    contact, shard = two.rt.contact(ANNE)
    (told,) = await two.rt.store.command("LRANGE", keys.mail(shard, contact), 0, -1)
    assert b'"outcome":"expired"' in told


# ---------------------------------------------------------------- never taken


@pytest.mark.parametrize(
    ("fault", "patience"),
    [(Fault(400), NEVER_S), (Fault(429, headers={"Retry-After": "100"}), 60)],
    ids=["refused", "busy for longer than it may take"],
)
async def test_what_rcs_does_not_take_goes_as_text_at_once(
    tmp_path: Path, store_url: str, google: Google, fault: Fault, patience: float
) -> None:
    """Under its own id: nobody has it yet."""
    google.faults.append(fault)
    async with scene(tmp_path, store_url, google, YunpianStandin(), transactional_s=patience) as made:
        (message,) = await commit(made.rt, ANNE, asking())
        await made.ended(message, "sent")
        forms = [attempt["form"] for attempt in matching(made.journal.entries, "attempt", id=message)]
        assert forms == ["rbm", "text"]
        assert [sent.id for sent in made.read()] == [message]
        assert await made.over()


async def test_what_rcs_may_have_taken_is_taken_back_before_the_text_goes(
    tmp_path: Path, store_url: str, google: Google
) -> None:
    """Google answers nothing readable; it took the message once."""
    google.faults.extend([Fault(500, taken=True)] * 2_000)
    async with scene(tmp_path, store_url, google, YunpianStandin(), transactional_s=0.2) as made:
        (message,) = await commit(made.rt, ANNE, asking())
        await made.ended(message, "unknown")
        await made.ended((await made.text_of(message))["id"], "sent")
        assert google.revoked == [message]


async def test_what_may_have_been_sent_by_rcs_is_repeated_by_rcs(
    tmp_path: Path, store_url: str, google: Google
) -> None:
    """Its sender died, and another message was taken back meanwhile: the same id again, nothing by SMS."""
    async with AsyncExitStack() as stack:
        for one in (google, yunpian := YunpianStandin()):
            await stack.enter_async_context(one)
        rt = await stack.enter_async_context(runtime(settings(tmp_path, google, yunpian), store_url))
        (message,) = await commit(rt, ANNE, asking())
        contact, shard = rt.contact(ANNE)
        await rt.store.redis.hset(keys.msg(shard, message), mapping={"status": "attempted", "account": "google_rbm"})
        await rt.store.redis.hset(keys.who(shard, contact), "rich:google_rbm", "0 99999999999")
        stopping = asyncio.Event()
        running = asyncio.create_task(Sender(rt).run(stopping))
        await Journal(rt.store).of("status", id=message, status="sent")
        stopping.set()
        await running
        assert ([sent.id for sent in google.sent], yunpian.sent) == ([message], [])


async def test_without_anybody_who_sends_texts_a_card_is_waited_for(
    tmp_path: Path, store_url: str, google: Google
) -> None:
    """Taking it back would leave the person with nothing."""
    async with scene(tmp_path, store_url, google) as made:
        await made.say()
        assert await made.over()


async def test_words_that_go_by_sms_are_not_waited_for(two: Scene) -> None:
    """A text costs the store nothing more than before."""
    (message,) = await commit(two.rt, ANNE, telling())
    await two.ended(message, "sent")
    assert await two.over()
