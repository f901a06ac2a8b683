"""Templates reach the data and nothing else; values are data, never code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import judges
from support.cards import shipped, written

from cards import CardError
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.text import to_text
from cards.twilio import to_twilio

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
    "first\nsecond\r\nthird",
    "${7+7}",
    "%(x)s {0}",
    "回复1接受",
]


EVERYWHERE = """
    title: "{{ x }}"
    body: "见{{ x }}。"
    media: {url: "https://a.example/{{ x }}.jpg", alt: "{{ x }}"}
    buttons:
      - {reply: "选{{ x }}", means: affirm, slots: {x: "{{ x }}"}}
      - {open: 看, url: "https://a.example/?q={{ x }}"}
      - {calendar: 记, starts: "2026-12-01", ends: "2026-12-02", event: "{{ x }}", details: "{{ x }}"}
    segments: 10
"""


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_printed_not_evaluated(tmp_path: Path, value: str) -> None:
    """Template syntax, markup and quotes in a value come out as they went in, in every field and on every wire."""
    cards = written(tmp_path, EVERYWHERE)
    data: dict[str, JsonValue] = {"x": value}
    card = cards.render("test/card", "zh", data, zone="UTC", ask="t.1")
    line = " ".join(value.split())
    assert (card.panel.title, card.panel.body) == (line, f"见{line}。")
    assert card.options == (f"选{line}",)
    assert cards.choices("test/card", data)[0].slots == {"x": value}
    assert f"见{line}。" in to_text(card, "").body
    text = to_text(card, "").body
    for message in (to_rbm(card), [part.content for part in to_gsma(card)], dict(to_twilio(card, text).variables)):
        assert json.loads(json.dumps(message)) == message
        assert any(line in found for found in strings(message))
    assert judges.rbm(to_rbm(card)) == judges.gsma(to_gsma(card)) == judges.twilio(to_twilio(card, text)) == []


def test_ten_kilobytes_are_cut_and_reported(tmp_path: Path) -> None:
    """A value of any length makes a message that every wire takes, and the card says where it was cut."""
    cards = written(tmp_path, EVERYWHERE)
    card = cards.render("test/card", "zh", {"x": "很长的话" * 2_500}, zone="UTC")
    assert card.shortened == ("title", "body", "buttons.2.event", "buttons.2.details")
    assert judges.rbm(to_rbm(card)) == judges.gsma(to_gsma(card)) == []
    text = to_text(card, "叮咚")
    assert (text.segments, text.shortened) == (10, True)


def strings(message: object) -> list[str]:
    """Every string in a message."""
    if isinstance(message, dict):
        return [found for value in message.values() for found in strings(value)]
    if isinstance(message, list):
        return [found for value in message for found in strings(value)]
    return [message] if isinstance(message, str) else []


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
