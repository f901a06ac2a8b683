"""Sending and what comes between: a death after the attempt, a receipt too early, an opt-out too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from crash.house import SETTLE_S
from crash.scene import RcsAmbush, Scene, SmsAmbush, in_process, in_processes, words
from crash.wire import Wire
from standins.base import Sent
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin

ASKS, STOPPED = "出价", "已为您退订"


@pytest.mark.parametrize("reported", [False, True], ids=["receipt later", "receipt at once"])
async def test_a_sender_dies_in_an_attempt_that_cannot_be_repeated(tmp_path: Path, reported: bool) -> None:
    """The message is not sent again, its receipt or the provider tells what became of it, and the next one goes out."""
    async with in_processes(tmp_path, sms=(sms := SmsAmbush())) as (scene, house):
        lost: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()

        async def dies(sent: Sent | None) -> None:
            assert sent is not None
            house.kill("sender")
            if reported:
                await scene.delivered(sent)
            lost.set_result(sent)

        sms.then = dies
        await scene.offer()
        first = await lost
        second = await scene.offer()
        await scene.read(f"#{second.code}")
        await scene.quiet()
        assert len(scene.said(ASKS)) == len(sms.sent) == 2
        assert scene.status(id=first.id) == ["delivered" if reported else "sent"]
        await scene.delivered(first)
        await scene.quiet()
        assert scene.status(id=first.id) == ["delivered"]


@pytest.mark.parametrize("takes", [True, False], ids=["taken", "not taken"])
async def test_a_sender_dies_in_an_attempt_that_can_be_repeated(tmp_path: Path, takes: bool) -> None:
    """The message is sent again under the same id, to the same account, and arrives once."""
    rcs = RcsAmbush()
    rcs.takes = takes
    async with in_processes(tmp_path, rcs=rcs) as (scene, house):

        async def dies(_: Sent | None) -> None:
            house.kill("sender")

        rcs.then = dies
        await scene.offer()
        await rcs.taken(1)
        await scene.quiet()
        assert [one.id for one in rcs.sent] == [row["id"] for row in scene.rows("SELECT id FROM messages")]
        assert not scene.sms.sent
        assert scene.status(account="rcs") == ["sent"]


class HastyYunpian(YunpianStandin):
    """Reports a message as delivered, by an id nobody has heard of yet, before it answers the send."""

    async def sending(self, request: web.Request, take: Callable[[], web.Response]) -> web.StreamResponse:
        answer = take()
        [told] = await self.push(*self.receipt_pushes([replace(self.sent[-1], id="")], "SUCCESS"))
        assert told.acknowledged
        return answer


async def test_a_receipt_before_its_id(tmp_path: Path, store_url: str) -> None:
    """A receipt that names an id the carrier has not told us yet is kept until it has."""
    async with in_process(tmp_path, store_url, sms=HastyYunpian()) as scene:
        await scene.offer()
        await scene.quiet()
        assert scene.status(account="sms") == ["delivered"]


class SlowCapability(GoogleRbmStandin):
    """Takes its time to say what a phone can show: meanwhile a message is between being taken and its attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.at_it, self.go = asyncio.Event(), asyncio.Event()

    async def _capabilities(self, request: web.Request) -> web.Response:
        self.at_it.set()
        await self.go.wait()
        return await super()._capabilities(request)


async def test_an_opt_out_while_a_send_is_being_prepared(tmp_path: Path, store_url: str) -> None:
    """Nothing goes out after the opt-out is committed but its one confirmation."""
    async with in_process(tmp_path, store_url, rcs=(rcs := SlowCapability())) as scene:
        await scene.offer()
        await rcs.at_it.wait()
        await scene.says("TD")
        await scene.turn(lambda mail, _: mail.stimulus.kind == "said")
        rcs.go.set()
        await scene.read(STOPPED)
        await scene.quiet()
        assert len(scene.said()) == 1
        assert scene.status(card="consignment/offer") == ["dropped"]


# ---------------------------------------------------------------- a card that does not arrive


class RecallAmbush(GoogleRbmStandin):
    """Something happens once while a recall is in hand. takes: the card is taken back before it does."""

    def __init__(self, *, takes: bool) -> None:
        super().__init__()
        self.takes = takes
        self.then: Callable[[], None] | None = None
        self.recalls = 0

    async def _recall(self, request: web.Request) -> web.Response:
        self.recalls += 1
        then, self.then = self.then, None
        if then is None:
            return await super()._recall(request)
        answer = await super()._recall(request) if self.takes else web.Response(status=500)
        then()
        return answer


NO_PATIENCE = {"transactional_s": 0.1, "receipt_s": 0.5, "poll_ms": 50}


async def the_card_and_its_text(scene: Scene, rcs: RecallAmbush, *, card_ends: str) -> None:
    """The person read the offer as text, once, and answers that; the card is on record as it ended."""
    text = await scene.read(ASKS)
    await scene.delivered(text)
    await asyncio.sleep(SETTLE_S)  # the rule is a time: nothing tells of its end
    await scene.says("1")
    await scene.read("恭喜")
    await scene.quiet()
    [card] = rcs.sent
    assert [ASKS in words(sent) for sent in scene.sms.sent].count(True) == 1
    assert scene.status(id=card.id) == [card_ends]
    assert scene.status(id=text.id) == ["delivered"]
    linked = scene.rows("SELECT instead_of FROM messages WHERE instead_of IS NOT NULL")
    assert linked == [{"instead_of": card.id}]
    [decision] = scene.shop.decisions.values()
    assert decision.did


@pytest.mark.parametrize(("takes", "ends"), [(False, "revoked"), (True, "sent")], ids=["not asked", "taken back"])
async def test_a_sender_dies_while_it_takes_a_card_back(tmp_path: Path, takes: bool, ends: str) -> None:
    """Asked again: what was not taken back is now. Of what was, Google knows nothing any more, and no receipt comes
    either: then a notice rather comes twice than never. The person reads it once."""
    rcs = RecallAmbush(takes=takes)
    async with in_processes(tmp_path, rcs=rcs, recall=NO_PATIENCE) as (scene, house):
        rcs.then = lambda: house.kill("sender")
        await scene.offer()
        await the_card_and_its_text(scene, rcs, card_ends=ends)
        assert rcs.recalls == 2


async def test_a_sender_dies_when_its_card_was_taken_back(tmp_path: Path) -> None:
    """The answer of the store is lost with it: the text was queued in the same step, and goes once."""
    rcs, wire = RecallAmbush(takes=True), Wire()
    async with in_processes(tmp_path, rcs=rcs, wire=wire, recall=NO_PATIENCE) as (scene, house):
        rcs.then = lambda: wire.lose("recall", lambda: house.kill("sender"))
        await scene.offer()
        await the_card_and_its_text(scene, rcs, card_ends="revoked")
        assert rcs.recalls == 1
