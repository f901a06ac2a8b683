"""The small language inside flow files: sandboxed Jinja2, compiled once when the file is loaded.

``"{{ reply.price }}"`` (one expression and nothing else) keeps the value's type; any other text with ``{{ }}`` in it
is rendered to text. A name that is not there is None, never an error: a flow says ``{{ reply.days or 7 }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from jinja2 import ChainableUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, JsonValue, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

_SANDBOX = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, autoescape=False)
_ALONE = re.compile(r"\{\{((?:(?!\{\{|\}\}).)*)\}\}", re.DOTALL)
_DOTTED = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*", re.ASCII)
_JSON = (str, int, float, bool, dict, list, tuple, type(None))

Values = Mapping[str, JsonValue]


class ExpressionError(Exception):
    """An expression of a flow file that cannot be evaluated: an author's mistake, named with its text."""


class _Compiled:
    """Base of the two kinds of expression: its source, the names it reads, and the compiled function."""

    hint: ClassVar[str]

    def __init__(self, source: JsonValue) -> None:
        self.source = source
        self.names: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.source == getattr(other, "source", None)

    def __hash__(self) -> int:
        return hash(repr(self.source))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls, core_schema.any_schema(), serialization=core_schema.plain_serializer_function_ser_schema(_source)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"description": cls.hint}


class Template(_Compiled):
    """A value: text with ``{{ }}`` in it, or any plain YAML value, which stands for itself."""

    hint = "A value; {{ name }} stands for what the flow knows."

    def __init__(self, source: JsonValue) -> None:
        super().__init__(source)
        self._value = self._compile(source)

    def _compile(self, source: JsonValue) -> Callable[[Values], Any]:
        if not isinstance(source, str) or "{" not in source:
            return lambda _values: source
        alone = _ALONE.fullmatch(source.strip())
        if alone:
            expression = alone[1].strip()
            self.names = _names(expression)
            return _path(expression) if _DOTTED.fullmatch(expression) else _expression(expression)
        try:
            self.names = frozenset(meta.find_undeclared_variables(_SANDBOX.parse(source)))
            return _SANDBOX.from_string(source).render
        except TemplateError as error:
            raise ValueError(f"{source!r} is not a template: {error}") from error

    def __call__(self, values: Values) -> Any:
        """The value, as JSON-like data. Raises ExpressionError."""
        value = _evaluated(self._value, values, self.source)
        if not isinstance(value, _JSON):
            raise ExpressionError(f"{self.source!r} gives a {type(value).__name__}, which a slot cannot hold")
        return value


class Condition(_Compiled):
    """A yes or no: a bare expression, ``deal == 'made'``."""

    hint = "A condition, for example: deal == 'made'"

    def __init__(self, source: JsonValue) -> None:
        super().__init__(source)
        if not isinstance(source, str):
            raise ValueError(f"a condition is text, for example \"deal == 'made'\", not {source!r}")
        self.names = _names(source)
        self._value = _expression(source)

    def __call__(self, values: Values) -> bool:
        """Whether it holds. Raises ExpressionError."""
        return bool(_evaluated(self._value, values, self.source))


def _source(compiled: _Compiled) -> JsonValue:
    return compiled.source


def _names(expression: str) -> frozenset[str]:
    try:
        return frozenset(meta.find_undeclared_variables(_SANDBOX.parse("{{ (%s) }}" % expression)))  # noqa: UP031
    except TemplateError as error:
        raise ValueError(f"{expression!r} is not an expression: {error}") from error


def _expression(expression: str) -> Callable[[Values], Any]:
    return _SANDBOX.compile_expression(expression)


def _path(expression: str) -> Callable[[Values], Any]:
    """`reply.price` without Jinja2: most values of a flow are only looked up."""
    first, *rest = expression.split(".")

    def look_up(values: Values) -> Any:
        value: Any = values.get(first)
        for name in rest:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    return look_up


def _evaluated(function: Callable[[Values], Any], values: Values, source: JsonValue) -> Any:
    try:
        return function(values)
    except Exception as error:
        raise ExpressionError(f"{source!r} cannot be evaluated: {type(error).__name__}: {error}") from error


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([1-9][0-9]{0,4})([smhd])")


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{value!r} is not a duration; write a number and s, m, h or d: 20h, 3d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Duration = Annotated[
    timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"})
]
