"""A web that dies before its answer, and roles that are told to stop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from crash.house import Kept
from crash.scene import OTHER, SmsAmbush, in_processes
from crash.wire import Wire
from standins.base import Sent
from support.bot import until

DEAL = "恭喜"


async def test_a_web_that_dies_between_taking_and_saying_so(tmp_path: Path) -> None:
    """The carrier repeats what was queued but not acknowledged; there is one turn and one reply."""
    wire = Wire()
    async with in_processes(tmp_path, wire=wire) as (scene, house):
        wire.lose("accept", instead=lambda: house.kill("web"))
        await scene.says("帮助", id_="once")
        assert wire.lost.is_set()
        await scene.sms.taken(1)
        await scene.quiet()
        assert wire.seen >= 2  # the repeat reached the store
        assert [row["provider_id"] for row in scene.rows("SELECT * FROM turns")] == ["once"]
        assert len(scene.sms.sent) == 1


async def test_sigterm_drains(tmp_path: Path) -> None:
    """What a role has in hand is finished before it ends: no call is made and no message sent a second time."""
    async with in_processes(tmp_path, sms=(sms := SmsAmbush()), action_s=10) as (scene, house):
        offer = await scene.offer()
        await scene.delivered(await scene.read(f"#{offer.code}"))
        asked, sending, go = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def hold_call(*_: object) -> None:
            asked.set()
            await go.wait()

        async def hold_send(_: Sent | None) -> None:
            sending.set()
            await go.wait()

        scene.shop.before_answer = hold_call
        await scene.says("Y")
        await asked.wait()
        sms.then, sms.answers = hold_send, True
        other = await scene.offer(OTHER)
        await sending.wait()
        for role in house.roles.values():
            role.signal(signal.SIGTERM)
        for busy in ("worker", "sender"):
            await draining(house.roles[busy])
        go.set()
        await scene.read(DEAL)
        await scene.quiet()
        assert [role.ended for role in house.roles.values()] == [[0]] * len(house.roles)
        assert scene.shop.calls.total() == 1
        assert len(scene.said(f"#{other.code}")) == 1
        sent = scene.rows("SELECT attempts, status FROM messages WHERE direction = 'out' ORDER BY status")
        assert sent == [{"attempts": 1, "status": status} for status in ("delivered", "sent", "sent")]


async def draining(role: Kept) -> None:
    """The role has begun to stop."""

    async def says_so() -> bool:
        return '"draining"' in role.log.read_text(encoding="utf-8")

    await until(says_so)
