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
from flows.understand import labels
from flows.understand.contexts import CONTEXTS

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
    async with _ledger(settings) as ledger:
        reply = await ledger.unclear_reply(stimulus)
        if reply is None:
            raise ConfigError(f"--label: no unclear reply has the id {stimulus!r}; --export-unclear lists them")
        possible = labels.intents(reply.context)
        if intent not in possible:
            raise ConfigError(f"--label: {reply.context} has no {intent!r}; give one of {', '.join(sorted(possible))}")
        by = os.environ.get("USER") or f"uid {os.getuid()}"
        await ledger.label(stimulus, intent, _slots(intent, given), by, datetime.now(UTC))


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


def _slots(intent: str, given: Sequence[str]) -> Mapping[str, JsonValue]:
    """Of ["price=16000"]: the slot of the intent."""
    wanted = labels.SLOT.get(intent)
    values = dict(one.partition("=")[::2] for one in given)
    if unknown := sorted(values.keys() - {wanted}):
        raise ConfigError(f"--label: {unknown[0]!r} is no slot of {intent}; give {f'{wanted}=…' if wanted else 'none'}")
    try:
        return labels.slots(intent, values.get(wanted or "", ""))
    except ValueError as error:
        raise ConfigError(f"--label: {error}") from None
