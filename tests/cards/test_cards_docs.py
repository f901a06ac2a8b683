"""docs/cards.md says what is: its cards load and pass, its table is the table, no field is missing from it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.cards import ROOT

from cards import actions
from cards.check import check
from cards.library import load_cards
from cards.limits import ALL, EVENT_DETAILS_MAX, EVENT_TITLE_MAX, URL_MAX
from cards.source import KINDS, ButtonSource, CardSource, MediaSource, RichSmsSource

PAGE = ROOT / "docs" / "cards.md"
SNIPPETS = re.findall(r"```yaml\n(card: (\S+)\n.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
COMMANDS = re.findall(r"^\$ \.venv/bin/bot (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
GENERATED = re.compile(r"(?<=<!-- generated: limits -->\n).*?(?=<!-- end -->)", re.DOTALL)


def table() -> str:
    """The limits of every renderer, side by side."""
    rows: list[tuple[str, Sequence[object]]] = [
        ("text of a message", [limits.text for limits in ALL]),
        ("`title`", [limits.title for limits in ALL]),
        ("`body`", [limits.body for limits in ALL]),
        ("label of a button", [limits.label for limits in ALL]),
        ("buttons on a card", [limits.alone for limits in ALL]),
        ("buttons on each card of a carousel", [limits.each for limits in ALL]),
        ("chips under a message", [limits.chips for limits in ALL]),
        ("cards of a carousel", [f"{limits.panels[0]}–{limits.panels[1]}" for limits in ALL]),
        ("`alt`", [limits.alt for limits in ALL]),
        ("`place` / `query` / `subject` / `words`", [_fields(limits) for limits in ALL]),
        ("`event` / `details`", [f"{EVENT_TITLE_MAX} / {EVENT_DETAILS_MAX}"] * len(ALL)),
        ("an address", [URL_MAX] * len(ALL)),
    ]
    head = f"| | {' | '.join(limits.renderer for limits in ALL)} |\n|---|{'---|' * len(ALL)}\n"
    return head + "".join(f"| {what} | {' | '.join(map(str, numbers))} |\n" for what, numbers in rows)


def _fields(limits: object) -> str:
    return " / ".join(str(getattr(limits, name)) for name in ("place", "query", "subject", "words"))


@pytest.mark.parametrize(("text", "name"), SNIPPETS)
def test_a_snippet_is_a_card(text: str, name: str, tmp_path: Path) -> None:
    """It loads, and nothing is to be found in it but that it is not written in English."""
    file = tmp_path / "cards" / "zh" / f"{name}.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    found = [finding.problem for finding in check(load_cards(tmp_path / "cards"))]
    assert found == ["is written in zh, not in en"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works(command: str) -> None:
    """As it is written there."""
    done = subprocess.run([sys.executable, "-m", "bot", *command.split()], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_there_are_snippets() -> None:
    """The page is not read past."""
    assert len(SNIPPETS) >= 4
    assert len(COMMANDS) >= 4


def test_the_limits_are_those_of_the_renderers(update: bool) -> None:
    """The table is made of the code's own; `--update` writes it."""
    page = PAGE.read_text("utf-8")
    if update:
        page = GENERATED.sub(lambda _: table(), page)
        PAGE.write_text(page, encoding="utf-8")
    found = GENERATED.search(page)
    assert found is not None
    assert found[0] == table(), "`pytest tests/cards --update` writes it anew"


MAKES = {
    "open": actions.OpenUrl,
    "dial": actions.Dial,
    "show": actions.ShowPlace,
    "locate": actions.AskPlace,
    "calendar": actions.AddEvent,
    "compose": actions.Compose,
    "record": actions.Record,
    "device": actions.AskDevice,
    "setting": actions.ChangeSetting,
}


def test_the_kinds_of_buttons_are_those_of_the_renderers() -> None:
    """Each kind has its row, which says where it is left out."""
    rows = re.findall(r"^\| `(\w+)` \|.*?\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    said = {kind: [cell != "left out" for cell in cells] for kind, *cells in rows}
    assert said == {kind: [made in limits.kinds for limits in ALL] for kind, made in MAKES.items()}
    assert set(MAKES) | {"reply"} == set(KINDS)


def test_every_field_is_described() -> None:
    """Whoever adds a field says here what it is for."""
    models = (CardSource, MediaSource, RichSmsSource, ButtonSource)
    fields = {name for model in models for name in model.model_fields} | set(KINDS)
    page = PAGE.read_text("utf-8")
    assert [name for name in sorted(fields) if not re.search(rf"`{name}\b|\b{name}:", page)] == []
