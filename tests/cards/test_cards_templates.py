"""Templates reach the data and nothing else; values are data, never code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support.cards import shipped, written

from cards import CardError
from cards.rbm import to_rbm
from cards.text import to_text

ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ x.__init__.__globals__ }}",
    "{{ x | attr('__class__') }}",
    "{{ (x | string).__class__ }}",
    "{{ x.keys() }}",
    "{{ ''.join(['a']) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ range(1000000000) }}",
    "{% for i in range(9) %}{{ i }}{% endfor %}",
    "{% macro f() %}x{% endmacro %}{{ f() }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum() }}",
    "{{ cycler }}",
    "{{ namespace() }}",
    "{{ joiner().__init__ }}",
    "{{ config }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% extends 'x' %}",
    "{{ x }}",
    "{{ [x] }}",
    "{{ none }}",
]


@pytest.mark.parametrize("template", ESCAPES)
def test_there_is_no_way_out(tmp_path: Path, template: str) -> None:
    """Attributes, methods, globals, includes and what could eat the memory are errors that name the field."""
    with pytest.raises(CardError, match=r"zh/test/card\.yml:2: body: "):
        written(tmp_path, f"body: {json.dumps(template)}\n").render("test/card", "zh", {"x": {"a": "b"}}, zone="UTC")


HOSTILE = [
    "{{ 7 + 7 }}",
    "{% for i in [1] %}{% endfor %}",
    "{# gone #}",
    "<b onclick=alert(1)>",
    "\"'\\",
    "${7+7}",
    "%(x)s {0}",
    "回复1接受",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_printed_not_evaluated(value: str) -> None:
    """Template syntax, markup and quotes in a value come out as they went in."""
    card = shipped().render("service/held", "zh", {"title": value}, zone="UTC")
    assert to_text(card, "").body.startswith(f"{value}：")
    assert to_rbm(card)["text"] == card.panel.body
    assert json.loads(json.dumps(to_rbm(card))) == to_rbm(card)


@given(st.text(max_size=200))
def test_any_value_stays_on_its_line(value: str) -> None:
    """Whatever a value holds, the words around it stay, on one line, as valid UTF-8 without direction tricks."""
    body = shipped().render("service/failed", "zh", {"title": f"x{value}x"}, zone="UTC").panel.body
    assert body.endswith("：抱歉，刚才没有办成，客服同事会尽快回复您。")
    assert len(body.splitlines()) == 1
    assert body.encode("utf-8")
    assert not set(body) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")


def test_data_cannot_replace_the_zone() -> None:
    """A value called like something of ours does not take its place."""
    data: dict[str, JsonValue] = {"item": {"code": "1"}, "ends_on": "2026-11-25T18:00:00Z", "_zone": "UTC"}
    assert "11月26日" in shipped().render("consignment/expiring_lapsed", "zh", data, zone="Asia/Shanghai").panel.body


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    """The second render uses what the first compiled."""
    cards = written(tmp_path, 'body: "{{ x }}"\n')
    cards.render("test/card", "zh", {"x": "a"}, zone="UTC")
    body = cards.template("test/card", "zh").panel.body
    assert body is not None
    compiled = body._compiled
    assert cards.render("test/card", "zh", {"x": "b"}, zone="UTC").panel.body == "b"
    assert compiled is not None
    assert body._compiled is compiled
