"""YAML with line numbers: what pydantic says about a path, said about a line of the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]


class Source:
    """A parsed YAML file.

    data: its content. problems: what is wrong with it as YAML, each with its line.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.data: Any = None
        self.problems: list[str] = []
        self._root: yaml.Node | None = None
        loader = yaml.SafeLoader(text)
        try:
            self._root = loader.get_single_node()
            self.problems = [self._line(node, f"{key!r} is written twice") for node, key in _repeated(self._root)]
            self.data = loader.construct_document(self._root) if self._root else None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems = [f"{name}:{line}: {error.problem}"]
        finally:
            loader.dispose()

    def at(self, path: Path, what: str) -> str:
        """The problem, with the line of the deepest part of `path` that is in the file."""
        node = self._root
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            node = found
        where = ".".join(str(part) for part in path)
        return self._line(node, f"{where}: {what}" if where else what)

    def _line(self, node: yaml.Node | None, what: str) -> str:
        return f"{self.name}:{node.start_mark.line + 1 if node else 1}: {what}"


def _child(node: yaml.Node | None, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None


def _repeated(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key, key.value
            seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item)
