"""The queue of replies that were not understood: written out as cases for the grammar, labelled by staff.

bot understand --export-unclear [FILE]
bot understand --label ID INTENT [slot=value …]

Both read the settings as `bot serve` does, to know where the ledger is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pydantic import JsonValue

from bot.errors import ConfigError
from bot.record.answers import Unclear
from bot.record.ledger import Ledger
from bot.settings import Settings, load
from flows.engine.commands import COMMANDS
from flows.understand.contexts import CONTEXTS

SLOTS = frozenset({"price", "days", "date", "option", "score", "when"})
"""What a label may say beside the intent; a price is a number of yuan."""

PAGE = 500
"""Replies read from the ledger at once."""


def main(labelling: Sequence[str] | None, file: str, stdout: TextIO) -> int:
    """Label one reply (id, intent, slots), else export to a file ("-" = stdout). Exit status: 0, or 2 and why."""
    try:
        if labelling:
            asyncio.run(label(load(), labelling[0], labelling[1], labelling[2:]))
        elif file == "-":
            asyncio.run(export(load(), stdout))
        else:
            with Path(file).open("w", encoding="utf-8") as out:
                asyncio.run(export(load(), out))
    except ConfigError as error:
        print(f"bot understand: {error}", file=sys.stderr)  # noqa: T201 - the command's answer
        return error.exit_code
    return 0


async def export(settings: Settings, out: TextIO) -> None:
    """Write the queue as JSON lines {"id", "context", "text", "expect" (once labelled), "tags"}.

    Replies to a question with choices of its own ("which one?") stay behind: the line could not say what they were.
    """
    after = 0
    async with _ledger(settings) as ledger:
        while page := await ledger.unclear(after, PAGE):
            after = page[-1].position
            lines = [json.dumps(_case(one), ensure_ascii=False) + "\n" for one in page if one.context in CONTEXTS]
            out.writelines(lines)


async def label(settings: Settings, stimulus: str, intent: str, given: Sequence[str]) -> None:
    """Keep what the reply meant. Raises ConfigError for a reply, an intent or a slot that cannot be."""
    slots = _slots(given)
    async with _ledger(settings) as ledger:
        reply = await ledger.unclear_reply(stimulus)
        if reply is None:
            raise ConfigError(f"--label: no unclear reply has the id {stimulus!r}; --export-unclear lists them")
        possible = _intents(reply.context)
        if intent not in possible:
            raise ConfigError(f"--label: {reply.context} has no {intent!r}; give one of {', '.join(sorted(possible))}")
        by = os.environ.get("USER") or f"uid {os.getuid()}"
        await ledger.label(stimulus, intent, slots, by, datetime.now(UTC))


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[Ledger]:
    ledger = Ledger(settings.ledger_url)
    await ledger.open()
    try:
        yield ledger
    finally:
        await ledger.close()


def _case(reply: Unclear) -> dict[str, JsonValue]:
    case: dict[str, JsonValue] = {"id": reply.stimulus, "context": reply.context, "text": reply.text}
    if reply.label:
        case["expect"] = {"intent": reply.label.intent, **reply.label.slots}
    return {**case, "tags": []}


def _intents(context: str) -> frozenset[str]:
    own = CONTEXTS[context].accepts if context in CONTEXTS else ()
    return COMMANDS.union(("unclear",), own)


def _slots(given: Sequence[str]) -> Mapping[str, JsonValue]:
    """Of ["price=16000", "when=2026-11-25T15:00"]: numbers and null as JSON has them, anything else is text."""
    slots: dict[str, JsonValue] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in SLOTS:
            raise ConfigError(f"--label: {one!r} is no slot; give {', '.join(f'{slot}=…' for slot in sorted(SLOTS))}")
        try:
            slots[name] = json.loads(value)
        except ValueError:
            slots[name] = value
    return slots
