"""Logs: no number, key or message body in any of them, whoever writes it and however deep it lies."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import SECRET_FIELDS, SHOWN_AS, redact

ROOT = Path(__file__).parents[1]

FIELDS = frozenset(
    "account action address after_s again_in_s attempt attempts call card code contact error exc_info exit_code "
    "failures field for_s id in_a_row item kind last_words level line logger message outcome path pid reason "
    "retry role roles said shard state status thread why".split()
)
"""What may be logged. A field that is not here yet: can it ever hold a number, a key or what somebody said?"""


def redacted(**event: Any) -> Any:
    return redact(None, "info", dict(event))


WRITTEN = [
    "+8613800138000",
    "13800138000",
    "138 0013 8000",
    "138-0013-8000",
    "(138) 0013-8000",
    "+1 (415) 555-2671",
    "https://api.example/v1/phones/%2B8613800138000/agentMessages",
    "https://api.example/c?number=%2b8613800138000",
    "手机13800138000的主人",
    "to=13800138000;",
    "{'mobile': '13800138000'}",
    "１３８００１３８０００",
]


@pytest.mark.parametrize("written", WRITTEN)
def test_a_number_is_never_shown(written: str) -> None:
    """Whatever the field, whatever stands around it, in whatever value it lies."""
    held = [written, {"deep": [written]}, (written,), ValueError(written), written.encode(), {written: 1}]
    for value in held:
        shown = json.dumps(redacted(event=written, reason=value), ensure_ascii=False)
        assert SHOWN_AS in shown
        assert not any(part in shown for part in ("138", "8000", "2671", "１３８"))
    assert redacted(event="x", n=13800138000) == {"event": "x", "n": SHOWN_AS}


@given(st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True), st.text(max_size=5), st.text(max_size=5))
def test_an_e164_number_with_its_plus_is_never_shown(number: str, before: str, after: str) -> None:
    """Not between any other signs, unless they make it part of a longer word."""
    if before[-1:].isascii() and (before[-1:].isalnum() or before[-1:] in "_.-"):
        return
    if after[:1].isascii() and (after[:1].isalnum() or after[:1] in "_-"):
        return
    assert number not in redacted(event="x", why=before + number + after)["why"]


@pytest.mark.parametrize(
    "kept",
    [
        "c8f1a3b2c8f1a3b2c8f1a3b2c8f1a3b2",
        "12345678-1234-8abc-8123-123456789abc",
        "01234567-89ab-8123-8123-012345678901",
        "in-012345678901234567890123",
        "2026-11-22T10:00:00+08:00",
        "2026-11-22",
        "127.0.0.1",
        "worker.py:1234",
        "0.1234567890123",
        "HTTP 503 after 15200 ms",
    ],
)
def test_hashes_ids_times_and_addresses_stay(kept: str) -> None:
    """What an operator needs to find the matter is not taken for a number."""
    assert redacted(event=kept, id=kept) == {"event": kept, "id": kept}


@pytest.mark.parametrize("field", sorted(SECRET_FIELDS))
def test_a_secret_field_is_never_shown(field: str) -> None:
    """Also inside another value."""
    assert redacted(event="x", **{field: "不卖"}) == {"event": "x", field: SHOWN_AS}
    assert redacted(event="x", reason={field: "不卖"}) == {"event": "x", "reason": {field: SHOWN_AS}}


def test_counts_and_flags_stay_what_they_are() -> None:
    """A number of things is no telephone."""
    facts = {
        "event": "x",
        "attempt": 3,
        "retry": True,
        "why": None,
        "after_s": 0.25,
        "timestamp": "2026-11-22 10:00:00",
    }
    assert redacted(**facts) == facts


def logs(call: ast.AST) -> bool:
    """Is it `log.<level>(…)`?"""
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "log"
    )


def logged_fields() -> set[tuple[str, str]]:
    """(file, field) of every log call of ours."""
    files = [file for top in ("bot", "cards", "flows") for file in (ROOT / top).rglob("*.py")]
    calls = [(file, call) for file in files for call in ast.walk(ast.parse(file.read_text())) if logs(call)]
    return {(file.name, str(one.arg)) for file, call in calls for one in call.keywords}  # type: ignore[attr-defined]


def test_only_fields_that_were_looked_at_are_logged() -> None:
    """A new field in any log call must be added above, after a thought."""
    fields = logged_fields()
    assert fields
    assert {(file, field) for file, field in fields if field not in FIELDS} == set()


PROGRAM = """
import logging, structlog
from bot import logs
logs.configure()
log = structlog.get_logger()
def fails():
    raise ValueError("她说不卖 +8613800138000")
try:
    fails()
except ValueError as error:
    log.exception("visit_failed", shard=3)
    logging.getLogger("aiohttp.server").exception("Error handling request\\nbody: 她说不卖")
    logging.getLogger("asyncio").error("Task exception was never retrieved\\nfuture: <%r>", error)
logging.getLogger("anything").warning("called 13800138000")
log.debug("not_shown")
"""


def test_what_is_written_is_json_without_what_anybody_said() -> None:
    """An exception is its type and places; a library's log is its first line; one JSON object a line."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert not any(secret in done.stderr for secret in ("不卖", "138001"))
    ours, theirs, task, call = map(json.loads, done.stderr.splitlines())
    assert (ours["event"], ours["level"], ours["shard"], ours["error"]) == ("visit_failed", "error", 3, "ValueError")
    assert [place.rpartition("/")[2] for place in ours["where"]] == ["<string>:9", "<string>:7"]
    assert (theirs["event"], theirs["logger"], theirs["error"]) == ("library", "aiohttp.server", "ValueError")
    assert task["said"] == "Task exception was never retrieved"
    assert call["said"] == f"called {SHOWN_AS}"
