"""docker-compose.yml as Compose reads it: merged, interpolated, without an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<word>[^}]*))?\})")


class Unset(Exception):
    """A variable the file demands is not in the environment."""


def load(environment: Mapping[str, str]) -> dict[str, Any]:
    """The file with every ${VARIABLE} taken from `environment`. Raises Unset as Compose would refuse."""
    merged = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    content: dict[str, Any] = _interpolated(merged, environment)
    return content


def _interpolated(value: Any, environment: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _interpolated(item, environment) for key, item in value.items()}
    if isinstance(value, list):
        return [_interpolated(item, environment) for item in value]
    return _VARIABLE.sub(lambda found: _value(found, environment), value) if isinstance(value, str) else value


def _value(found: re.Match[str], environment: Mapping[str, str]) -> str:
    name = found["name"]
    if name is None:
        return "$"
    if given := environment.get(name):
        return given
    if found["kind"] == "?":
        raise Unset(f"{name}: {found['word']}")
    return found["word"] or ""
