"""One templated value of a card file: Jinja2 with nothing in reach but the data and our filters.

A template cannot reach an attribute, a method or a global, so there is nothing to escape through; values are
printed, never evaluated; what multiplies strings is refused, because it could eat the memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NoReturn

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, Undefined, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import JsonValue

from cards.filters import FILTERS, Lines
from cards.model import Place

Scope = dict[str, Any]

_TESTS: Final = ("defined", "none")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""Controls, line breaks, overrides of the writing direction and broken surrogates."""
_EXPRESSION: Final = re.compile(r"^\{\{((?:(?!\}\}).)+)\}\}$")
_FAILURES: Final = (TemplateError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def one_line(value: str) -> str:
    """The value without anything that could break out of its line."""
    return " ".join(_UNPRINTABLE.sub(" ", value).split()) if _UNPRINTABLE.search(value) else value


def some_lines(value: str) -> str:
    """The same, line by line."""
    return "\n".join(one_line(line) for line in value.splitlines())


class Value:
    """One value of a card file.

    optional: a variable that is missing or null prints nothing instead of being an error.
    Raises CardError when the template cannot be read.
    """

    __slots__ = ("_compiled", "_optional", "environment", "place", "source")

    def __init__(self, source: str, place: Place, language: str, *, optional: bool = False) -> None:
        self.source = source
        self.place = place
        self.environment = environment_of(language)
        self._optional = optional
        self._compiled: Template | None = None
        if not self.static:
            self._parse()

    @property
    def static(self) -> bool:
        return "{" not in self.source

    def render(self, scope: Scope) -> str:
        """The value with the data in it. Raises CardError."""
        if self.static:
            return self.source
        try:
            template = self._compiled = self._compiled or self._compile()
            return "".join(template.root_render_func(template.new_context(scope, shared=True)))
        except _FAILURES as error:
            raise self.place.error(str(error)) from error

    def evaluate(self, scope: Scope) -> JsonValue:
        """The value of a lone `{{ expression }}` with its own type; of anything else the words. Raises CardError."""
        match = _EXPRESSION.match(self.source)
        if match is None:
            return self.render(scope)
        try:
            result: JsonValue = _expression(self.environment, match[1])(**scope)
        except _FAILURES as error:
            raise self.place.error(str(error)) from error
        if isinstance(result, Undefined):
            raise self.place.error("is not in the data")
        return result

    def _parse(self) -> nodes.Template:
        try:
            return self.environment.parse(self.source)
        except TemplateError as error:
            raise self.place.error(f"is no template: {error}") from None

    def _compile(self) -> Template:
        environment = _lenient(self.environment) if self._optional else self.environment
        return environment.from_string(self.source)


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=str(argument))

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise SecurityError("a card calls nothing")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> NoReturn:
        raise SecurityError(f"a card does not compute with `{operator}`")


@cache
def environment_of(language: str) -> _Environment:
    """The environment of a language's cards. Raises KeyError for one we have no filters for."""
    environment = _Environment(undefined=StrictUndefined, finalize=_printed, cache_size=0)
    environment.globals.clear()
    environment.filters = dict(FILTERS[language])
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


@cache
def _lenient(environment: _Environment) -> _Environment:
    """For addresses: what is missing leaves the picture or link out."""
    return environment.overlay(
        undefined=ChainableUndefined, finalize=lambda value: "" if value is None else _printed(value)
    )


@cache
def _expression(environment: _Environment, source: str) -> TemplateExpression | Callable[..., Any]:
    return environment.compile_expression(source, undefined_to_none=False)


def _printed(value: object) -> object:
    """What `{{ value }}` prints."""
    if isinstance(value, Lines):
        return some_lines(value)
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Undefined) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise ValueError(f"prints {value!r:.80}: name the field or the filter that says it in words")
