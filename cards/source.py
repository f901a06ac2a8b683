"""A card file: its model, and reading one so that every complaint has a line.

The address says what it is: `zh/consignment/offer.yml` is the card `consignment/offer` in Chinese.
Values are Jinja2 over the data the card is given; `cards.filters` says what they can use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError, model_validator

from cards.model import CardError

FieldPath: TypeAlias = tuple[str | int, ...]

SEGMENTS_MAX: Final = 10
"""Segments one message may declare. Carriers cut or refuse beyond about 500 characters."""


def _words(value: object) -> object:
    if value == "":
        raise ValueError("is empty: write something, or leave it out")
    if isinstance(value, bool | int | float):
        raise ValueError(f"must be words, and YAML reads {value!r}: put it in quotes")
    return value


Words = Annotated[str, BeforeValidator(_words)]
Id = Annotated[str, Field(pattern=r"^([A-Za-z0-9._-]|\{\{.*?\}\})+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class MediaSource(_Part):
    """A picture. Left out when its URL is missing or no http(s) address."""

    url: Words
    height: Literal["short", "medium", "tall"] = "medium"


class ButtonSource(_Part):
    """`reply` is one of the choices; `open` shows a page and `dial` calls: on RCS only.

    means: the intent the reply stands for. id: what its tap carries, by default `means`.
    slots: what picking it says besides; a value that is one `{{ expression }}` keeps its type.
    text: hidden = text does not number it.
    """

    reply: Words | None = None
    open: Words | None = None
    dial: Words | None = None
    means: Annotated[str, Field(pattern=r"^[a-z_]+$")] | None = None
    id: Id | None = None
    slots: dict[str, JsonValue] = {}
    text: Literal["hidden"] | None = None
    url: Words | None = None
    number: Words | None = None

    @property
    def kind(self) -> Literal["reply", "open", "dial"]:
        return "reply" if self.reply else "open" if self.open else "dial"

    @property
    def label(self) -> str:
        return self.reply or self.open or self.dial or ""

    @model_validator(mode="after")
    def _is_one_kind(self) -> ButtonSource:
        if sum(label is not None for label in (self.reply, self.open, self.dial)) != 1:
            raise ValueError("is exactly one of reply, open and dial")
        needs = {"reply": "means", "open": "url", "dial": "number"}[self.kind]
        if getattr(self, needs) is None:
            raise ValueError(f"{self.kind} needs `{needs}`")
        allowed = {
            "reply": {"reply", "means", "id", "slots", "text"},
            "open": {"open", "url"},
            "dial": {"dial", "number"},
        }
        stray = sorted(self.model_fields_set - allowed[self.kind])
        if stray:
            raise ValueError(f"{self.kind} has no `{stray[0]}`")
        return self


class CarouselSource(_Part):
    """One panel for each entry of a list in the data: the entry is `it`, its number from 1 is `n`.

    label: what text and the person call the entry.
    """

    each: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    label: Words
    media: MediaSource | None = None
    title: Words | None = None
    body: Words | None = None
    buttons: Annotated[list[ButtonSource], Field(min_length=1)]


class TemplateSource(_Part):
    """The text as registered (报备) with a carrier that takes only such."""

    code: Words
    params: dict[str, Words] = {}


class CardSource(_Part):
    """A whole card file.

    text: what its text form says, by default title and body. also: what may be typed instead of a number.
    segments: the most its text form may take. templates: account -> registered template.
    sample: data to check, preview and test it with. sample_choices: labels of an ask it may be shown with.
    """

    card: Words
    title: Words | None = None
    body: Words | None = None
    media: MediaSource | None = None
    buttons: list[ButtonSource] = []
    carousel: CarouselSource | None = None
    text: Words | None = None
    also: Words | None = None
    segments: Annotated[int, Field(ge=1, le=SEGMENTS_MAX)] = 2
    templates: dict[str, TemplateSource] = {}
    sample: dict[str, JsonValue] = {}
    sample_choices: list[Words] = []

    @model_validator(mode="after")
    def _says_something(self) -> CardSource:
        if not (self.body or self.title):
            raise ValueError("says nothing: write a title or a body")
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file something stands. lines: path -> its line; () -> 1."""

    file: str
    lines: Mapping[FieldPath, int]
    path: FieldPath = ()

    def at(self, *parts: str | int) -> Place:
        return Place(self.file, self.lines, (*self.path, *parts))

    @property
    def field(self) -> str:
        return ".".join(map(str, self.path))

    def error(self, problem: str) -> CardError:
        known = self.path
        while known not in self.lines:
            known = known[:-1]
        return CardError(self.file, self.lines[known], self.field, problem)


def read_card(file: Path, shown_as: str) -> tuple[CardSource, Place]:
    """The card in `file`. Raises CardError (file, line, field) when it is not one; OSError when it cannot be read."""
    data, place = _read_yaml(file, shown_as)
    try:
        return CardSource.model_validate(data), place
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            problem = (
                f"no such field; there are: {', '.join(CardSource.model_fields)}" if len(first["loc"]) == 1 else problem
            )
        raise place.at(*first["loc"]).error(problem) from None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the C parser is ten times as fast
    """YAML with JSON's values: a date stays text, and only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in {"int", "float", "null", "merge"}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def _read_yaml(file: Path, shown_as: str) -> tuple[Any, Place]:
    loader = _Loader(file.read_text(encoding="utf-8"))
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
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CardError(shown_as, line, "", f"is not YAML: {error.problem}") from None
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
