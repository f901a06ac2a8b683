"""The shop over a restart: one JSON file, replaced whole."""

from __future__ import annotations

from pathlib import Path

from bot.demo.model import State


def load(file: Path | None) -> State | None:
    """The shop as it was; None when there is no file yet. Raises ValueError when it is not one."""
    return State.model_validate_json(file.read_bytes()) if file and file.exists() else None


def save(file: Path, state: State) -> None:
    """Write the shop down. A crash in between leaves the older file whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(state.model_dump_json())
    new.replace(file)
