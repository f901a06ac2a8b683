"""Whatever the platform sends: every wire takes what comes of it, or the card is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from support import judges
from support.cards import every_card, shipped, written

from cards import Card, CardError, Cards
from cards.check import SAMPLE_ASK, sample_choices, sample_data
from cards.gsma import to_gsma
from cards.rbm import to_rbm
from cards.segments import count
from cards.text import to_text
from cards.twilio import to_twilio

LINK = "https://shop.example.com/items/3287?from=sms&x=1"
ODD = [
    "",
    " ",
    "很长的话" * 2_500,
    "word " * 2_000,
    "A" * 300,
    f"看 {LINK} 好吗？" * 3,
    "{{ 7 * 7 }}{% if x %}",
    "\"'<b>&amp;</b>\\",
    "第一行\n第二行\r\n\u2028第三行",
    "👨\u200d👩\u200d👧\u200d👦" * 80,
    "\u202eabc\u0000\ufeff",
    "¥15,200",
    "ask:t1.1:affirm",
    LINK,
    "+8613800138000",
    "2026-02-30T99:99",
    "-1",
]
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=400), st.none(), st.integers(), st.booleans())


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each plain value of the data stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """The data with another value there."""
    if not path:
        return new
    first, *rest = path
    if isinstance(value, dict):
        return {name: put(inner, tuple(rest), new) if name == first else inner for name, inner in value.items()}
    return [put(inner, tuple(rest), new) if index == first else inner for index, inner in enumerate(value)]


@given(data=st.data())
@settings(max_examples=400)
def test_every_wire_takes_it_or_it_is_refused(data: st.DataObject) -> None:
    """Any value in any field of the data of any shipped card, its choices frozen from the sample."""
    language, name = data.draw(st.sampled_from(every_card()), label="card")
    template = shipped().template(name, language)
    given_data: Any = dict(sample_data(shipped(), template))
    places = list(leaves(given_data)) or [()]
    for path in data.draw(st.lists(st.sampled_from(places), max_size=3, unique=True), label="fields"):
        if path:
            given_data = put(given_data, path, data.draw(VALUES, label="value"))
    choices = sample_choices(shipped(), template)
    ask = SAMPLE_ASK if choices else None
    refused = None
    try:
        judged(shipped().render(name, language, given_data, zone="Asia/Shanghai", ask=ask, choices=choices))
    except CardError as error:
        refused = error
    assert refused is None or (refused.file == template.place.file and refused.line and refused.problem)


def judged(card: Card) -> None:
    """Each wire's form is taken by its judge; the text keeps to its segments. Raises CardError for what has none."""
    text = to_text(card, "叮咚寄售")
    assert text.segments == count(text.body).segments <= card.segments
    assert text.body.encode()
    assert judges.rbm(to_rbm(card)) == []
    assert judges.gsma(to_gsma(card)) == []
    assert judges.twilio(to_twilio(card, text.body)) == []


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Cards]:
    """Segments -> a card with a link between values, one of which also stands in the link."""
    body = "{{ before }}看 https://shop.example.com/s/{{ name }} 谢谢{{ after }}{{ name }}"
    folder = tmp_path_factory.mktemp("linked")
    return {n: written(folder / str(n), f'body: "{body}"\nsegments: {n}\n') for n in (1, 2, 3, 4)}


@given(
    before=st.text("很长的话 word，。", max_size=200),
    after=st.text("很长的话 word，。", max_size=200),
    name=st.text("商品名watch", min_size=1, max_size=200),
    segments=st.integers(1, 4),
)
def test_a_link_comes_whole_or_not_at_all(
    linked: dict[int, Cards], before: str, after: str, name: str, segments: int
) -> None:
    """Whatever is cut around it, a link in a text is the link of the card, to its last character."""
    data: dict[str, JsonValue] = {"before": before, "after": after, "name": name}
    card = linked[segments].render("test/card", "zh", data, zone="UTC")
    try:
        text = to_text(card, "叮咚").body
    except CardError:
        return
    assert re.findall(r"https://shop\.example\.com/s/([^ ]*) 谢谢", text) == [name]
