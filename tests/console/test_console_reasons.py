"""Reasons in the console's language: every one the flows can give has its Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.console.reasons import RULES, SENTENCES, reason, why
from flows.understand import commands
from flows.understand.contexts import read
from flows.understand.score import labelled

NOW = datetime.fromisoformat("2026-11-22T10:00:00+08:00")
ROOT = Path(__file__).parents[2]
ENGINE = sorted((ROOT / "flows" / "engine").glob("*.py"))
UNDERSTAND = sorted((ROOT / "flows" / "understand").glob("*.py"))
SPEAKERS = {"because", "note", "hand_over", "hand_back", "_human"}


def strings(node: ast.expr) -> Iterator[str]:
    """The texts an expression may be, {} for what is put in."""
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)  # type: ignore[misc]
        case ast.IfExp(body=one, orelse=other):
            yield from strings(one)
            yield from strings(other)


def said(file: Path) -> Iterator[str]:
    """The literal reasons of one file of the engine: what is passed to those that keep them."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SPEAKERS:
            for argument in node.args[:2]:
                yield from strings(argument)


REASONS = sorted({text for file in ENGINE for text in said(file)} - {"{}: {}", "{}"})


@pytest.mark.parametrize("english", REASONS)
def test_every_reason_of_the_engine_has_its_chinese(english: str) -> None:
    """Also with something put into it."""
    filled = english.replace("{}", "x-1")
    assert english in SENTENCES or reason(filled, "zh") != filled


def test_every_rule_has_its_chinese() -> None:
    """Every rule a module of the grammar names, and no other."""
    texts = [
        text.value
        for file in [*UNDERSTAND, *ENGINE]
        for text in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    ]
    modules = {file.stem for file in UNDERSTAND} | {"unclear", "tap", "both", "second_opinion"}
    named = {text for text in texts if text.partition(".")[0] in modules and text.count(".") == 1 and " " not in text}
    named = {text for text in named if not text.endswith((".yml", "."))}
    intents = {f"commands.{intent}" for intent in commands.INTENTS.values()}
    assert set(RULES) == {name for name in named | intents if "{" not in name}


def test_readings_of_the_labelled_replies_are_told_in_chinese() -> None:
    """Nothing of the English sentence is left but what the person wrote."""
    file = ROOT / "tests" / "flows" / "understand" / "replies.jsonl"
    for row in labelled(file.read_text("utf-8").splitlines()):
        if row.text.isascii():
            continue
        reading = read(row.context, row.text, NOW)
        shown = why({"rule": reading.rule, "why": reading.why, "intent": reading.intent}, "zh")
        assert not any(word in shown for word in (" is ", " the ", "answer", "clear")), shown
        for other in reading.candidates:
            assert reason(other.turned_down, "zh") != other.turned_down


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("not understood: 2 in a row", "没看懂：连续第2次"),
        ("answered affirm: “好的” agrees, with nothing against it", "答复了“同意”"),
        ("too late: t1.1 is closed: replaced", "太晚了：t1.1已关闭：被新的取代"),
        ("no answer in it; it is a question (“可以吗?”)", "没有答复；是在提问（“可以吗?”）"),
        ("a reason of tomorrow", "a reason of tomorrow"),
    ],
)
def test_a_reason_is_put_into_chinese(english: str, chinese: str) -> None:
    """Piece by piece; what nobody has put into Chinese stays as it is, and English stays English."""
    assert reason(english, "zh").startswith(chinese)
    assert reason(english, "en") == english


def test_a_reading_says_its_rule_in_words() -> None:
    """And what spoilt it."""
    reading = read("offer", "考虑一下", NOW)
    told = {"rule": reading.rule, "why": reading.why, "intent": reading.intent}
    assert why(told, "zh") == "没有说出能算答复的话：没有答复；在推迟或不确定（“考虑一下”）"
    assert why(told, "en") == reading.why
