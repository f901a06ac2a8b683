"""Every number the engine goes by, named, with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations and counts of the conversation rules.

    Attributes:
        ask_memory: how long a closed ask stays a candidate for what the person says.
        kept_answer: how long an answer is kept while the bot asks which question it was for.
        settle_delivered: words count for a changed question from its delivered receipt on plus this long.
        settle_shown: without a receipt, from its first send attempt on plus this long.
        retry_after: waiting time before the 2nd, 3rd, ... attempt of a call; the last one repeats. The first must
            exceed the action's own time-out, because a call without an answer is tried again when it is over.
        call_deadline: a call without an answer for so long goes to staff as unknown.
        which_listed: open questions listed when the bot asks which is meant; more do not fit into one text.
        unclear_asks: how often in a row the bot asks back before it offers a person.
        steps_per_turn: states entered in one turn before the thread is given to a person.
        turns_per_hour: words answered per person and hour; beyond, staff get them.
        identical_exchanges: how often the same words get the same answer in a row, when nothing moved.
        stop_confirmed: within this time a repeated opt-out is not confirmed again.
        ended_memory, ended_kept: how long, and how many, ended threads are remembered by their revision.
        listed_kept, waiting_kept: items kept for staff; stimuli kept for a thread with a pending call.

    """

    ask_memory: timedelta = timedelta(minutes=30)
    kept_answer: timedelta = timedelta(minutes=10)
    settle_delivered: timedelta = timedelta(seconds=3)
    settle_shown: timedelta = timedelta(seconds=60)
    retry_after: tuple[timedelta, ...] = (
        timedelta(seconds=15),
        timedelta(seconds=30),
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=5),
    )
    call_deadline: timedelta = timedelta(minutes=30)
    which_listed: int = 8
    unclear_asks: int = 2
    steps_per_turn: int = 20
    turns_per_hour: int = 60
    identical_exchanges: int = 3
    stop_confirmed: timedelta = timedelta(hours=24)
    ended_memory: timedelta = timedelta(days=30)
    ended_kept: int = 50
    listed_kept: int = 200
    waiting_kept: int = 50

    def retry_delay(self, attempt: int) -> timedelta:
        """How long to wait for the answer of this attempt (from 1) before the next one."""
        return self.retry_after[min(attempt, len(self.retry_after)) - 1]
