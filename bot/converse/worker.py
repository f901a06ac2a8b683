"""The worker: claims people with mail, takes one pure step per stimulus, commits, then runs what was decided."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import Counter

from bot import keys
from bot.converse.actions import Actions
from bot.converse.conversations import Claimed, Mail, claimed, commit_args, heard, outbounds, wrote_by
from bot.converse.second_opinion import SecondOpinion, hinted
from bot.deliver.policy import ANYONE
from bot.deliver.presence import Presence
from bot.deliver.sender import Sender
from bot.errors import StoreDown
from bot.messages import ContactId
from bot.receive.inbox import Inbox
from bot.rounds import Rounds
from bot.runtime import Runtime
from flows.engine import step
from flows.library import MissingVersion, with_stored
from flows.state import Conversation, Do, Emit, Said, Turn
from flows.values import replace, to_plain

log = structlog.get_logger()

TURNS = Counter("dingdong_turns_total", "Committed turns by kind of stimulus", ["kind"])
FAILED = Counter("dingdong_turns_failed_total", "Stimuli that raised in the engine; after max_tries they are parked")
LOST = Counter("dingdong_commits_lost_total", "Commits refused because the claim had passed to another worker")

Observer = Callable[[Mail, Turn], None]
"""Told of every turn this process committed, with the mail that caused it."""

TIMERS_AT_ONCE = 256
"""Timers of one shard turned into stimuli in one call."""


class Worker:
    """The role that moves conversations. Any number of processes may run it.

    sender: of the same process, if it has one: what it can send at once is attempted with the commit.
    """

    def __init__(
        self,
        runtime: Runtime,
        inbox: Inbox,
        actions: Actions,
        observe: Observer | None = None,
        sender: Sender | None = None,
    ) -> None:
        self._runtime = runtime
        self._inbox = inbox
        self._actions = actions
        self._observe = observe
        self._sender = sender
        self._library = runtime.library
        self._settings = runtime.settings.worker
        self._rounds = Rounds("worker", runtime.store, self._settings.poll_ms, keys.WAKE_WORK, self._visit)
        self._presence = Presence(runtime)
        self._opinion = SecondOpinion(runtime.settings.understanding, runtime.http)
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(runtime.settings.actions.parallel)
        self._name, self._claims = uuid.uuid4().hex, itertools.count()
        self._in_hand = 0
        self._stopping = False

    def wake(self, shard: int) -> None:
        """There is mail in this shard, now."""
        self._rounds.wake(shard)

    def token(self) -> str:
        """See `bot.runtime.Hands`."""
        return "" if self._stopping or self._in_hand >= self._settings.hands else self._claim()

    def take(self, shard: int, token: str, row: Sequence[Any]) -> None:
        """See `bot.runtime.Hands`."""
        self._in_hand += 1
        self._later(self._handed(shard, token, row))

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping`; finishes the turns and calls in hand. An unfinished call is repeated by its timer."""
        timers = asyncio.create_task(self._elapse(stopping))
        await self._rounds.run(stopping)
        self._stopping = True
        await timers
        while self._tasks:  # a turn that was being thought over may decide on a call
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _elapse(self, stopping: asyncio.Event) -> None:
        """Turn timers that came due into mail, at the pace of the poll."""
        store = self._runtime.store
        while not stopping.is_set():
            shards = range(store.shards)
            due = await asyncio.gather(
                *(store.run("due", [keys.timers(s)], [keys.tag(s), TIMERS_AT_ONCE]) for s in shards),
                return_exceptions=True,
            )
            for shard, count in zip(shards, due, strict=True):
                if isinstance(count, int) and count:
                    self._rounds.wake(shard)
            try:
                await asyncio.wait_for(stopping.wait(), self._settings.poll_ms / 1000)
            except TimeoutError:
                continue

    def _claim(self) -> str:
        """A token that no other claim has."""
        return f"{self._name}{next(self._claims)}"

    async def _handed(self, shard: int, token: str, row: Sequence[Any]) -> None:
        try:
            if await self._serve(shard, token, row):
                self._rounds.wake(shard)
        except StoreDown as error:
            self._rounds.down(error)
        finally:
            self._in_hand -= 1

    async def _visit(self, shard: int) -> bool:
        settings, token = self._settings, self._claim()
        rows = await self._runtime.store.run(
            "claim",
            [keys.ready(shard)],
            [keys.tag(shard), settings.claim, settings.lease_ms, token, settings.mail, settings.max_tries],
        )
        if not rows:
            return False
        left = await asyncio.gather(*(self._serve(shard, token, row) for row in rows))
        return any(left) or len(rows) == settings.claim

    async def _serve(self, shard: int, token: str, row: Sequence[Any]) -> bool:
        """One claimed contact: step, commit, act. True when mail is left."""
        try:
            claim = claimed(row, self._runtime.settings.language, self._runtime.settings.zone)
            turns = await self._turns(claim)
        except Exception as error:  # noqa: BLE001 - the claim's lease ends and counts the try; then it is parked
            _failed(row[0].decode(), error)
            return False
        unclear = self._opinion.wanted(turns)
        if unclear:
            self._later(self._think_over(shard, token, claim, turns, unclear))
            return False
        return await self._commit(shard, token, claim, turns)

    async def _think_over(
        self, shard: int, token: str, claim: Claimed, turns: list[tuple[Mail, Turn]], unclear: list[Said]
    ) -> None:
        """Take the turns again with a second opinion on unclear words, beside the rounds: nobody else waits for it."""
        try:
            hints = await self._opinion.ask(unclear)
            if hints:
                turns = await self._turns(replace(claim, mail=hinted(claim.mail, hints)))
            if await self._commit(shard, token, claim, turns):
                self._rounds.wake(shard)
        except StoreDown as error:
            self._rounds.down(error)
        except Exception as error:  # noqa: BLE001 - as in `_serve`
            _failed(claim.contact, error)

    async def _commit(self, shard: int, token: str, claim: Claimed, turns: list[tuple[Mail, Turn]]) -> bool:
        """Commit the turns and act on them. True when mail is left."""
        said = outbounds(self._runtime.settings.sender, shard, turns)
        ready = None
        if self._sender and said:
            ready = await self._sender.at_once(shard, token, said, heard(claim.who, wrote_by(claim.who, turns)))
        args = commit_args(self._runtime, shard, token, claim, turns, said, ready)
        result: bytes = await self._runtime.store.until_done("commit", [keys.talk(shard, claim.contact)], args)
        if result == b"lost":
            LOST.inc()
            log.warning("commit_lost", contact=claim.contact)
            return False
        left, _, go = result.partition(b" ")
        if self._sender and ready and go:
            self._later(self._sender.carry(ready))
        elif said:
            self._runtime.wakes.send(shard)
        self._act(shard, turns)
        self._show(claim, turns)
        return left == b"more"

    async def _turns(self, claim: Claimed) -> list[tuple[Mail, Turn]]:
        """The turns of a claim. A flow version that a newer process stored since we started is read first."""
        try:
            return self._stepped(claim)
        except MissingVersion as missing:
            text = await self._runtime.store.command("HGET", keys.FLOWS, missing.version)
            if text is None:
                raise
            self._library = with_stored(self._library, {missing.version: text.decode()})
            return self._stepped(claim)

    def _stepped(self, claim: Claimed) -> list[tuple[Mail, Turn]]:
        """Step through the mail in order. What comes before a stimulus that fails is committed without it."""
        conversation, turns = claim.conversation, list[tuple[Mail, Turn]]()
        for mail in claim.mail:
            try:
                turn = step(self._library, conversation, mail.stimulus, mail.stimulus.at)
            except Exception:
                if not turns:
                    raise
                break
            conversation = turn.conversation
            turns.append((mail, turn))
        return turns

    def _act(self, shard: int, turns: list[tuple[Mail, Turn]]) -> None:
        """After the commit: run the calls it made durable."""
        after = turns[-1][1].conversation
        for mail, turn in turns:
            TURNS.labels(mail.stimulus.kind).inc()
            if self._observe is not None:
                self._observe(mail, turn)
            for effect in turn.effects:
                if isinstance(effect, Do):
                    self._later(self._call(shard, after, effect))
                elif isinstance(effect, Emit):
                    self._runtime.wakes.post(shard)

    def _show(self, claim: Claimed, turns: list[tuple[Mail, Turn]]) -> None:
        """Let the person see that they were heard; while a colleague holds the conversation nobody has read it yet."""
        for mail, turn in turns:
            if self._presence.can(mail.account) and turn.conversation.held_by in ("", ANYONE):
                working = any(isinstance(effect, Do) for effect in turn.effects)
                told = self._presence.read(mail.account, claim.contact, claim.who, mail.provider_id, working=working)
                self._later(told)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that the rounds do not wait for; a worker that stops does."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, shard: int, conversation: Conversation, do: Do) -> None:
        """Run a committed call; its answer comes back through the mailbox. Lost here, its timer repeats it."""
        try:
            async with self._room:
                returned = await self._actions.run(
                    do,
                    contact=conversation.contact,
                    language=conversation.language,
                    zone=conversation.zone,
                    now=datetime.now(UTC),
                )
            body = to_plain(returned)
            del body["at"]  # the store stamps it
            await self._inbox.put(ContactId(conversation.contact), shard, body)
        except StoreDown as error:
            log.warning("answer_not_stored", call=do.call_id, error=str(error))
        except Exception:
            log.exception("call_failed", call=do.call_id, action=do.action)


def _failed(contact: str, error: Exception) -> None:
    FAILED.inc()
    log.error("turn_failed", contact=contact, error=type(error).__name__)
