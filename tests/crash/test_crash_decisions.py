"""Decisions and what comes between: a death, a timer, a new price, a second answer, a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from crash.house import SETTLE_S
from crash.scene import Scene, in_process, in_processes
from crash.shop import Offer
from crash.wire import Wire
from standins.base import Sent

from bot.converse.conversations import Mail
from flows.state import Do, Turn

DEAL, NEW_PRICE, LAPSED, ANSWERED = "恭喜", "出价已变为", "已过答复时间", "已经答复过了"


class Held:
    """Keeps the platform's answers back until `go` is set."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, offer: Offer, verb: str) -> None:
        self.asked.set()
        await self.go.wait()


def waits(kind: str) -> Callable[[Mail, Turn], bool]:
    """A turn in which a stimulus of that kind began to wait for a call."""
    return lambda mail, turn: mail.stimulus.kind == kind and turn.reason.startswith("waits")


async def asked(scene: Scene) -> Offer:
    """An offer the person has on the phone, as the carrier reported."""
    offer = await scene.offer()
    await scene.delivered(await scene.read(f"#{offer.code}"))
    return offer


async def settled(scene: Scene, sent: Sent) -> None:
    """The question was delivered, and the moment it takes to read it is over."""
    await scene.delivered(sent)
    await asyncio.sleep(SETTLE_S)  # the rule is a time: nothing tells of its end


async def test_a_worker_that_dies_between_the_yes_and_its_answer(tmp_path: Path) -> None:
    """The platform is called again with the same key, does it once, and the person is told once."""
    async with in_processes(tmp_path) as (scene, house):
        offer = await asked(scene)

        async def dies(*_: object) -> None:
            scene.shop.before_answer = None
            house.kill("worker")

        scene.shop.before_answer = dies
        await scene.says("Y")
        await scene.read(DEAL)
        await scene.quiet()
        [decision] = scene.shop.decisions.values()
        assert decision.did
        assert scene.shop.calls[decision.key] == 2
        assert offer.state == "made"
        assert len(scene.said(DEAL)) == 1


async def test_a_new_price_while_a_call_is_pending(tmp_path: Path, store_url: str) -> None:
    """It waits for the call; told of the new price once, the person decides anew, and only that counts."""
    async with in_process(tmp_path, store_url) as scene:
        offer = await asked(scene)
        scene.shop.before_answer = held = Held()
        scene.shop.change_price(offer)
        await scene.says("Y")
        await held.asked.wait()
        await scene.shop.tell(scene.address, offer)
        await scene.turn(waits("happened"))
        held.go.set()
        changed = await scene.read(NEW_PRICE)
        await scene.quiet()
        assert offer.state == "open"
        assert scene.said(NEW_PRICE) == [changed.content]
        assert f"¥{offer.price:,}" in changed.content
        await settled(scene, changed)
        await scene.says("Y")
        await scene.read(DEAL)
        assert [decision.status for decision in scene.shop.decisions.values()] == ["changed", "made"]


async def test_a_timer_while_a_call_is_pending(tmp_path: Path, store_url: str) -> None:
    """It waits for the call: an answer given in time counts, although time was up before the platform said so."""
    async with in_process(tmp_path, store_url) as scene:
        await asked(scene)
        scene.shop.before_answer = held = Held()
        await scene.says("Y")
        await held.asked.wait()
        question = next(ask for _, turn in scene.turns for ask in turn.conversation.asks)
        await scene.elapses(f"{question.id}/timeout")  # as it does when the answer and the end of time meet
        await scene.turn(waits("elapsed"))
        held.go.set()
        await scene.read(DEAL)
        await scene.quiet()
        assert not scene.said(LAPSED)
        assert [outcome.type for outcome in scene.shop.outcomes] == ["offer.accepted"]


async def test_an_old_yes_crosses_a_new_price(tmp_path: Path, store_url: str) -> None:
    """A Y sent before the new price can have been read accepts nothing: the new price is shown and asked again."""
    async with in_process(tmp_path, store_url) as scene:
        offer = await asked(scene)
        scene.shop.change_price(offer)
        await scene.shop.tell(scene.address, offer)
        first = await scene.read(NEW_PRICE)
        await scene.says("Y")
        again = await scene.read(NEW_PRICE, after=scene.sms.sent.index(first) + 1)
        await scene.quiet()
        assert not scene.shop.calls
        assert f"¥{offer.price:,}" in again.content
        await settled(scene, again)
        await scene.says("Y")
        await scene.read(DEAL)
        assert [decision.revision for decision in scene.shop.decisions.values()] == [2]


async def test_a_second_yes_after_the_deal(tmp_path: Path, store_url: str) -> None:
    """It is told once that the answer was given, and does nothing."""
    async with in_process(tmp_path, store_url) as scene:
        await asked(scene)
        await scene.says("Y")
        await scene.read(DEAL)
        await scene.says("Y")
        await scene.read(ANSWERED)
        await scene.quiet()
        assert len(scene.said(ANSWERED)) == len(scene.said(DEAL)) == 1
        assert scene.shop.calls.total() == 1


async def test_the_connection_is_lost_between_a_commit_and_its_answer(tmp_path: Path, store_url: str) -> None:
    """The commit is repeated and gets its first answer, so the worker goes on at once; nothing is done twice."""
    wire = Wire()
    async with in_process(tmp_path, store_url, wire=wire) as scene:
        await asked(scene)
        wire.lose("commit")
        await scene.says("Y")
        await wire.lost.wait()
        await scene.read(DEAL)
        await scene.quiet()
        decided = [effect for _, turn in scene.turns for effect in turn.effects if isinstance(effect, Do)]
        assert [effect.attempt for effect in decided] == [1]  # not left to the call's timer
        assert scene.shop.calls.total() == 1
        assert len(scene.said(DEAL)) == 1
        assert len(scene.rows("SELECT * FROM turns WHERE kind = 'said'")) == 1
