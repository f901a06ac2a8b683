"""Imports flow one way: the architecture, held by reading every import of bot/, flows/ and cards/."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SURFACES = {"console", "handset", "demo"}
LAYERS: tuple[set[str], ...] = (
    SURFACES,
    {"converse"},
    {"receive", "deliver", "record"},
    {"runtime"},
    {"launcher", "pages", "pipe", "problems", "rounds", "shelf", "store"},
    {"carriers"},
    {"errors", "ids", "keys", "logs", "messages", "sealing", "settings"},
)
"""Parts of bot/, top to bottom: a part imports what stands below it, and peers of its own layer.

What is not listed (`__main__` and the commands and composition beside it) stands above them all.
"""

HEIGHT = {name: len(LAYERS) - n for n, layer in enumerate(LAYERS) for name in layer}
TOP = len(LAYERS) + 1

MAY_IMPORT_FLOWS = {"console", "converse", "receive", "runtime"}
"""receive/events.py checks an event against the data its flow declares."""
MAY_IMPORT_CARDS = {"console", "converse", "deliver", "runtime"}
"""converse/ hands over the choices it froze; deliver/ renders."""

WHAT_VALUES_ARE = "flows.values"
"""It says how a plain value is made and written, and nothing of dialogue: every part may use it."""

OUTSIDE_WORLD = {"aiohttp", "redis", "sqlalchemy", "requests", "socket", "http", "subprocess", "asyncio", "threading"}
UNSTEADY = {"random", "secrets", "time"}
"""What answers differently the second time: a step is repeated after a crash and must come out the same."""


@cache
def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name; a package by its folder's name."""
    found = {}
    for top in ("bot", "flows", "cards"):
        for file in sorted((ROOT / top).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def imports(module: str) -> frozenset[str]:
    """The dotted names a module imports anywhere in its text, ours as precisely as they can be told."""
    return frozenset(_imports(module))


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}:{node.lineno}: a relative import hides where it points"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules() else node.module


def part(module: str) -> str:
    """The part of bot/ a module belongs to: "deliver" of "bot.deliver.policy", "" of "bot" itself."""
    return module.partition(".")[2].partition(".")[0]


def height(module: str) -> int:
    return HEIGHT.get(part(module), TOP)


def under(module: str, *tops: str) -> bool:
    return any(module == top or module.startswith(f"{top}.") for top in tops)


def arrows(source: str) -> Iterator[tuple[str, str]]:
    """(module, imported) for every import made under the package `source`."""
    for module in modules():
        if under(module, source):
            yield from ((module, target) for target in sorted(imports(module)))


def drawn(bad: list[tuple[str, str]]) -> str:
    return "\n".join(f"{module} -> {target}" for module, target in bad)


def test_bot_imports_downwards_only() -> None:
    """No part imports one that stands above it."""
    bad = [(m, t) for m, t in arrows("bot") if under(t, "bot") and part(t) and height(m) < height(t)]
    assert not bad, drawn(bad)


def test_surfaces_do_not_know_each_other() -> None:
    """Console, handset and demo platform share nothing but what stands below them."""
    bad = [
        (m, t) for m, t in arrows("bot") if {part(m), part(t)} <= SURFACES and part(m) != part(t) and under(t, "bot")
    ]
    assert not bad, drawn(bad)


@pytest.mark.parametrize(("top", "allowed"), [("flows", MAY_IMPORT_FLOWS), ("cards", MAY_IMPORT_CARDS)])
def test_who_may_import_flows_and_cards(top: str, allowed: set[str]) -> None:
    """Carriers, the record, the handset and the demo know neither; senders know no dialogue, receivers no card."""
    bad = [
        (m, t)
        for m, t in arrows("bot")
        if under(t, top) and t != WHAT_VALUES_ARE and height(m) < TOP and part(m) not in allowed
    ]
    assert not bad, drawn(bad)


def test_the_demo_platform_is_spoken_to_over_http_only() -> None:
    """It imports of bot/ only what draws its pages, as a customer's platform would import nothing."""
    bad = [(m, t) for m, t in arrows("bot.demo") if under(t, "bot") and not under(t, "bot.demo", "bot.pages")]
    assert not bad, drawn(bad)


def test_flows_and_cards_stand_alone() -> None:
    """What the bot says and how it looks know nothing of the machinery, nor of each other."""
    bad = [(m, t) for m, t in arrows("flows") if under(t, "bot", "cards")]
    bad += [(m, t) for m, t in arrows("cards") if under(t, "bot", "flows")]
    assert not bad, drawn(bad)


def test_the_core_touches_no_world() -> None:
    """Flows and cards do no I/O and read no clock; actions alone may speak HTTP, through aiohttp."""
    bad = [(m, t) for m, t in arrows("cards") if under(t, *OUTSIDE_WORLD, *UNSTEADY)]
    for module, target in arrows("flows"):
        forbidden = (
            OUTSIDE_WORLD - {"aiohttp", "asyncio"} if under(module, "flows.actions") else OUTSIDE_WORLD | UNSTEADY
        )
        if under(target, *forbidden):
            bad.append((module, target))
    assert not bad, drawn(bad)


@pytest.mark.parametrize("module", ["bot.deliver.policy", "bot.deliver.routing"])
def test_decisions_about_delivery_are_pure(module: str) -> None:
    """Whether, when and how to send are functions of values."""
    bad = [(module, target) for target in imports(module) if under(target, *OUTSIDE_WORLD, *UNSTEADY, "bot.store")]
    assert not bad, drawn(bad)


def test_no_import_goes_round_in_a_circle() -> None:
    """Modules can be read, and understood, from the bottom up."""
    graph = {module: {t for t in imports(module) if t in modules() and t != module} for module in modules()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))
