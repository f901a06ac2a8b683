"""`bot understand --export-unclear` and `--label`: what nobody understood becomes cases for the grammar."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.entries import streamed, turn

from bot.record.journal import Entry
from bot.record.ledger import Ledger
from bot.understand import main

UNCLEAR = [{"intent": "unclear", "rule": "decide.nothing", "why": "nothing says yes or no"}]


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A ledger of its own, named by the settings."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DINGDONG_DATABASE_URL", url)
    return url


def recorded(database: str, *entries: Entry) -> None:
    async def record() -> None:
        ledger = Ledger(database)
        await ledger.open()
        await ledger.record(streamed(*entries), await ledger.progress())
        await ledger.close()

    asyncio.run(record())


def unclear(name: str, text: str, context: str) -> Entry:
    return turn(name, text, readings=UNCLEAR, context=context)


def run(*argv: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(argv, (), out), out.getvalue()


def exported() -> Sequence[dict[str, object]]:
    status, out = run("--export-unclear")
    assert status == 0
    return [json.loads(line) for line in out.splitlines()]


def test_the_queue_is_written_as_cases_and_labels_are_what_is_expected(database: str) -> None:
    """`expect` is there once staff said what was meant; the last word counts; prices are numbers, null is null."""
    recorded(database, unclear("a", "一万六那个样子吧", "offer"), turn("b"), unclear("c", "那个", "expiring"))
    a: dict[str, object] = {"id": "a", "context": "offer", "text": "一万六那个样子吧", "tags": []}
    c: dict[str, object] = {"id": "c", "context": "expiring", "text": "那个", "tags": []}
    assert exported() == [a, c]
    assert run("--label", "a", "deny") == (0, "")
    assert run("--label", "a", "counter_offer", "price=16000") == (0, "")
    assert run("--label", "c", "extend", "days=null") == (0, "")
    assert exported() == [
        {**a, "expect": {"intent": "counter_offer", "price": 16000}},
        {**c, "expect": {"intent": "extend", "days": None}},
    ]


def test_the_file_written_can_be_scored(database: str, tmp_path: Path) -> None:
    """What is exported is read by --score; lines without a label are passed over."""
    recorded(database, unclear("a", "再想想", "offer"), unclear("b", "那个", "none"))
    run("--label", "a", "unclear")
    assert run("--export-unclear", str(tmp_path / "queue.jsonl")) == (0, "")
    status, report = run("--score", str(tmp_path / "queue.jsonl"))
    assert (status, report.splitlines()[0]) == (0, "1 of 1 right (100.0 %), 0 unsafe")


def test_a_long_queue_is_written_whole(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page, each reply once, in the order they came."""
    monkeypatch.setattr("bot.unclear.PAGE", 2)
    recorded(database, *(unclear(f"{n}", "?", "offer") for n in range(5)))
    assert [case["id"] for case in exported()] == ["0", "1", "2", "3", "4"]


def test_a_question_with_choices_of_its_own_is_no_case(database: str) -> None:
    """What "which one?" offered cannot be told from its name, so a line could not be read again."""
    recorded(database, unclear("a", "那个", "plain"), unclear("b", "那个", "offer"))
    assert [case["id"] for case in exported()] == ["b"]


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        (["nobody", "affirm"], "no unclear reply"),
        (["clear", "affirm"], "no unclear reply"),
        (["a", "extend"], "offer has no 'extend'"),
        (["a", "counter_offer", "cost=16000"], "'cost' is no slot"),
        (["a", "counter_offer", "16000"], "'16000' is no slot"),
    ],
)
def test_a_label_that_cannot_be_is_refused(
    database: str, label: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason, and nothing is kept."""
    recorded(database, unclear("a", "那个", "offer"), turn("clear", context="offer"))
    assert run("--label", *label) == (2, "")
    assert reason in capsys.readouterr().err
    assert [case for case in exported() if "expect" in case] == []
