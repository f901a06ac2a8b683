"""Reading a card file so that every complaint has a line.

The address says what it is: `zh/consignment/offer.yml` is the card `consignment/offer` in Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cards.model import CardError, FieldPath, Place
from cards.source import CardSource


def read_card(file: Path, shown_as: str) -> tuple[CardSource, Place]:
    """The card in `file`. Raises CardError (file, line, field) when it is not one; OSError when it cannot be read."""
    data, place = _read_yaml(file, shown_as)
    try:
        return CardSource.model_validate(data), place
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "string_too_long":
            problem = f"has {len(first['input'])} characters, the limit is {first['ctx']['max_length']}"
        if first["type"] == "extra_forbidden":
            top = f"; there are: {', '.join(CardSource.model_fields)}" if len(first["loc"]) == 1 else " here"
            problem = f"no such field{top}"
        raise place.at(*first["loc"]).error(problem) from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C parser is ten times as fast
    """YAML with JSON's values: a date stays text, and only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in {"int", "float", "null", "merge"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _read_yaml(file: Path, shown_as: str) -> tuple[Any, Place]:
    try:
        return _parsed(file.read_text(encoding="utf-8"), shown_as)
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        raise CardError(shown_as, 1, "", "is not UTF-8 text without control characters: save it as such") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CardError(shown_as, line, "", f"is not YAML: {error.problem}") from None


def _parsed(text: str, shown_as: str) -> tuple[Any, Place]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            raise CardError(shown_as, 1, "", "is no card: a card file is a mapping that begins with `card:`")
        lines: dict[FieldPath, int] = {(): 1}
        for path, line, repeated in _lines(root, ()):
            if repeated:
                raise CardError(shown_as, line, ".".join(map(str, path)), "is written twice")
            lines[path] = line
        return loader.construct_document(root), Place(shown_as, lines)
    finally:
        loader.dispose()


def _lines(node: yaml.Node, path: FieldPath) -> Iterator[tuple[FieldPath, int, bool]]:
    """Every path in the document with its 1-based line, and whether its key was there before."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1, key.value in seen
            seen.add(key.value)
            yield from _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*path, index), value.start_mark.line + 1, False
            yield from _lines(value, (*path, index))
