"""The scripts as they are called, with the arguments a test is not about filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot import keys
from bot.pipe import Arg
from bot.store import Store

C = "00000000aaaaaaaaaaaaaaaaaaaaaaaa"
TAG = keys.tag(0)
KINDS = ("verification", "conversation", "transactional", "marketing")


async def offered(
    store: Store, mail: str = "1", sealed: str = "", limit: int = 100, token: str = "", window: int | str = ""
) -> Any:
    body = json.dumps({"kind": "said", "id": mail, "text": "Y"})
    args: list[Arg] = [TAG, C, body, 60, limit, sealed, '[{"t":"contact"}]', token, 10_000, window]
    return await store.run("accept", [keys.seen(0, mail)], args)


async def accept(store: Store, mail: str = "1", sealed: str = "", limit: int = 100, window: int | str = "") -> int:
    return int(await offered(store, mail, sealed, limit, window=window))


async def claim(store: Store, token: str = "tok", lease_ms: int = 10_000, mail: int = 16, tries: int = 5) -> Any:
    return await store.run("claim", [keys.ready(0)], [TAG, 10, lease_ms, token, mail, tries])


async def commit(
    store: Store,
    token: str = "tok",
    *,
    version: int = 0,
    consumed: int = 1,
    held: str = "=",
    timers: Sequence[tuple[str, int]] = (),
    cleared: Sequence[str] = (),
    closed: Sequence[str] = (),
    forgotten: Sequence[str] = (),
    consent: Sequence[tuple[str, str]] = (),
    outbound: Sequence[tuple[str, str, str, str]] = (),
    outcomes: Sequence[str] = (),
    epoch: str = "",
    form: str = "text",
    awaits: str = "",
    via: str = "",
) -> str:
    rows = [timers, [(c,) for c in cleared], [(c,) for c in closed], [(f,) for f in forgotten], consent]
    rows += [[(*o, f"say-{o[0]}", "{}") for o in outbound], [(o,) for o in outcomes]]
    lists: list[Arg] = []
    for group in rows:
        lists += [len(group), *(value for row in group for value in row)]
    args: list[Arg] = [TAG, C, token, str(version), f"doc{version + 1}", consumed, '[{"t":"turn"}]', 1000, held]
    args += [epoch, "acc", '[{"t":"attempt"}]', 30_000, form, awaits, via, *lists]
    return str((await store.run("commit", [keys.talk(0, C)], args)).decode())


async def take(store: Store, token: str = "s1", lease_ms: int = 30_000) -> Any:
    return await store.run("take", [keys.out(0, k) for k in KINDS], [TAG, 10, lease_ms, token, 2])


async def attempt(
    store: Store,
    message: str,
    token: str = "s1",
    *,
    epoch: str = "0",
    ask: str = "",
    marketing: str = "",
    again: str = "",
    lease_ms: int = 30_000,
    form: str = "text",
    awaits: str = "",
) -> str:
    args: list[Arg] = [TAG, C, token, epoch, "acc", ask, marketing, again, '[{"t":"attempt"}]', lease_ms, form, awaits]
    return str((await store.run("attempt", [keys.msg(0, message), keys.who(0, C)], args)).decode())


async def sent(
    store: Store,
    message: str,
    verdict: str = "sent",
    *,
    token: str = "s1",
    pid: str = "",
    due: int = 0,
    settled: str = "",
    kept: int = 6,
    epoch: str = "0",
    patience: int | str = "",
    as_text: str = "",
) -> str:
    pid_key = keys.pid(0, C, "acc", pid) if pid else keys.msg(0, message)
    names = [keys.msg(0, message), keys.who(0, C), keys.queue(0, C), keys.done(0, C), pid_key]
    args: list[Arg] = [
        TAG,
        C,
        message,
        token,
        verdict,
        due,
        pid,
        '[{"t":"status"}]',
        settled,
        "why",
        kept,
        1000,
        epoch,
        patience,
        as_text,
        *KINDS,
    ]
    return str((await store.run("sent", names, args)).decode())


async def receipt(
    store: Store, status: str, message: str = "", pid: str = "", account: str = "acc", **more: Any
) -> str:
    facts = {"account": account, "status": status, "raw": "R", "error": "", "provider_id": pid, "at": "", "rich_s": 60}
    facts |= more
    key = keys.msg(0, message) if message else keys.pid(0, C, "acc", pid)
    return str((await store.run("receipt", [key], [TAG, message, json.dumps(facts), 1000])).decode())


async def status(store: Store, message: str) -> str:
    return str((await store.command("HGET", keys.msg(0, message), "status")).decode())


async def journal(store: Store) -> list[dict[str, Any]]:
    entries = await store.command("XRANGE", keys.journal(0), "-", "+")
    return [item for _, (_, text) in entries for item in json.loads(text)]


async def with_outbound(store: Store, *outbound: tuple[str, str, str, str]) -> None:
    await accept(store, f"for-{outbound[0][0]}")
    (row,) = await claim(store)
    assert await commit(store, version=int(row[2]), outbound=outbound) == "done"


async def recall_take(store: Store, token: str = "r1", lease_ms: int = 30_000) -> Any:
    return await store.run("recall_take", [keys.recalls(0)], [TAG, 10, lease_ms, token])


async def recall(
    store: Store,
    message: str,
    step: str,
    *,
    token: str = "r1",
    due: int = 0,
    said: str = "",
    certain: str = "1",
    ask: str = "t.1",
    lease_ms: int = 30_000,
) -> str:
    entry = json.dumps([{"t": "recall", "id": message, "outcome": said or step}])
    args: list[Arg] = [TAG, C, message, token, step, due, said, entry, "acc", lease_ms]
    if step == "text":
        args += [certain, "rich:acc", "0 9999999999", 1000, f"{message}-text", "conversation", "t", ask, "say", "{}"]
    return str((await store.run("recall", [keys.msg(0, message), keys.who(0, C)], args)).decode())
