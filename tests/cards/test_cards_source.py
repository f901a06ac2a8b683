"""A card file with a mistake is refused with its own message and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cards import written

from cards import CardError, load_cards

GOOD = """
    title: "出价 {{ price | yuan }}"
    body: 请答复。
    buttons:
      - {reply: 接受, means: affirm}
      - {open: 查看, url: "https://a.example/{{ id }}"}
    segments: 2
"""

DEFECTS = [
    ("title: [", 3, "", "is not YAML"),
    ("- a\n- b\n", 2, "", "is not YAML"),
    ("body: x\nbody: y\n", 3, "body", "is written twice"),
    ("body: x\nmedia: {url: a, url: b}\n", 3, "media.url", "is written twice"),
    ("body: x\ncolour: red\n", 3, "colour", "no such field; there are: card, title"),
    ("segments: 1\n", 1, "", "says nothing"),
    ("body: 5\n", 2, "body", "YAML reads 5: put it in quotes"),
    ("body: true\n", 2, "body", "YAML reads True: put it in quotes"),
    ("body:\n", 1, "", "says nothing"),
    ("body: ''\n", 2, "body", "is empty"),
    ("body: [a]\n", 2, "body", "valid string"),
    ("body: x\nsegments: 0\n", 3, "segments", "greater than or equal to 1"),
    ("body: x\nsegments: 11\n", 3, "segments", "less than or equal to 10"),
    ("body: x\nsegments: two\n", 3, "segments", "valid integer"),
    ("body: x\nmedia: https://a.example/b.jpg\n", 3, "media", "valid dictionary"),
    ("body: x\nmedia:\n  height: tall\n", 3, "media.url", "required"),
    ("body: x\nmedia:\n  url: a\n  height: huge\n", 5, "media.height", "'short', 'medium' or 'tall'"),
    ("body: x\nbuttons: {reply: a}\n", 3, "buttons", "valid list"),
    ("body: x\nbuttons:\n  - {means: affirm}\n", 4, "buttons.0", "is exactly one of reply, open, dial, show,"),
    (
        "body: x\nbuttons:\n  - {reply: a, open: b, url: c}\n",
        4,
        "buttons.0",
        "is exactly one of reply, open, dial, show,",
    ),
    ("body: x\nbuttons:\n  - {open: a, url: b}\n  - {reply: a}\n", 5, "buttons.1", "reply needs `means`"),
    ("body: x\nbuttons:\n  - {open: a}\n", 4, "buttons.0", "open needs `url`"),
    ("body: x\nbuttons:\n  - {dial: a}\n", 4, "buttons.0", "dial needs `number`"),
    ("body: x\nbuttons:\n  - {open: a, url: b, means: c}\n", 4, "buttons.0", "open has no `means`"),
    ("body: x\nbuttons:\n  - {reply: a, means: Yes!}\n", 4, "buttons.0.means", "match pattern"),
    ("body: x\nbuttons:\n  - {reply: a, means: b, id: 'a:b'}\n", 4, "buttons.0.id", "match pattern"),
    ("body: x\nbuttons:\n  - {reply: a, means: b, text: no}\n", 4, "buttons.0.text", "'hidden'"),
    ("body: x\ncarousel: {each: items, label: a}\n", 3, "carousel.buttons", "required"),
    (
        "body: x\ncarousel: {each: a b, label: a, buttons: [{reply: a, means: b}]}\n",
        3,
        "carousel.each",
        "match pattern",
    ),
    ("body: x\ntemplates: {aliyun: {text: t, params: {a: b}}}\n", 3, "templates.aliyun.code", "required"),
    ("body: x\nbuttons:\n  - {show: a, latitude: '1'}\n", 4, "buttons.0", "show needs `query`, or `latitude` and"),
    ("body: x\nbuttons:\n  - {calendar: a, starts: b, ends: c}\n", 4, "buttons.0", "calendar needs `event`"),
    ("body: x\nbuttons:\n  - {compose: a, number: b}\n", 4, "buttons.0", "compose needs `words`"),
    ("body: x\nbuttons:\n  - {record: a}\n", 4, "buttons.0", "record needs `number`"),
    ("body: x\nbuttons:\n  - {locate: a, url: b}\n", 4, "buttons.0", "locate has no `url`"),
    ("body: x\nbuttons:\n  - {setting: a, change: b}\n", 4, "buttons.0.change", "'disable_anonymization' or"),
    ("body: x\nbuttons:\n  - {open: a, url: b, view: wide}\n", 4, "buttons.0.view", "'full', 'half' or 'tall'"),
    (
        "body: x\nbuttons:\n  - {dial: a, number: b, call: loud}\n",
        4,
        "buttons.0.call",
        "'voice', 'video' or 'enriched'",
    ),
    ("body: x\nlayout: {orientation: sideways}\n", 3, "layout.orientation", "'vertical' or 'horizontal'"),
    ("body: x\nlayout: {image: right}\n", 1, "", "write `orientation: horizontal`"),
    ("body: x\nmedia: {url: a, only: sms}\n", 3, "media.only", "'rcs'"),
    ("body: x\nmedia: {url: a, size: 512}\n", 3, "media.size", "YAML reads 512: put it in quotes"),
    ("file: {url: a}\n", 1, "", "a message that is a file needs `text`"),
    ("file: {url: a}\ntext: x\nbody: y\n", 1, "", "a message that is a file shows no `body`"),
    ("body: x\ncarousel: {each: a, label: b, buttons: [{reply: c, means: d}]}\n", 3, "carousel", "shows nothing"),
    (
        "body: x\nlayout: {}\ncarousel: {each: a, label: b, title: t, buttons: [{reply: c, means: d}]}\n",
        1,
        "",
        "a carousel has no `layout`",
    ),
    (
        "body: x\ncarousel: {each: a, label: b, width: small, media: {url: c, height: tall}, buttons: [*x]}\n".replace(
            "*x", "{reply: c, means: d}"
        ),
        3,
        "carousel",
        "small cards take no tall media",
    ),
    ("body: x\nsamples: {}\n", 3, "samples", "no such field; there are: card, title"),
    ("body: x\nmedia: {url: a, colour: red}\n", 3, "media.colour", "no such field here"),
    (
        "body: x\ntemplates: {aliyun: {code: A, text: t, of: pigeon}}\n",
        3,
        "templates.aliyun.of",
        "'aliyun', 'tencent', 'yunpian' or",
    ),
    ("body: x\ntemplates: {aliyun: {code: A}}\n", 3, "templates.aliyun.text", "required"),
    ("body: \x07x\n", 1, "", "is not UTF-8 text without control characters"),
    ("body: '{{ price'\n", 2, "body", "is no template"),
    ("body: '{% if x %}'\n", 2, "body", "is no template"),
    ("body: x\ntext: '{{ a b }}'\n", 3, "text", "is no template"),
]


@pytest.mark.parametrize(("text", "line", "field", "problem"), DEFECTS)
def test_a_defect_is_named(tmp_path: Path, text: str, line: int, field: str, problem: str) -> None:
    """Each mistake is refused at load, with file, line, field and what to do."""
    with pytest.raises(CardError) as refused:
        written(tmp_path, text)
    error = refused.value
    assert (error.file, error.line, error.field) == ("cards/zh/test/card.yml", line, field)
    assert problem in error.problem


def test_no_two_defects_read_alike() -> None:
    """There are more than enough, and each is told in words of its own or at a place of its own; some come twice."""
    assert len({(field, problem) for _, _, field, problem in DEFECTS}) >= 50


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    """A file saved as GBK is told as such, not as broken YAML."""
    file = tmp_path / "cards" / "zh" / "offer.yml"
    file.parent.mkdir(parents=True)
    file.write_bytes("card: offer\nbody: 您好\n".encode("gbk"))
    with pytest.raises(CardError, match=r"cards/zh/offer\.yml:1: is not UTF-8 text"):
        load_cards(tmp_path / "cards")


def test_a_good_card(tmp_path: Path) -> None:
    """The card the mistakes above are made in is a card."""
    assert written(tmp_path, GOOD).names() == {"test/card"}


def test_the_address_is_the_name(tmp_path: Path) -> None:
    """A card that calls itself otherwise than its file is refused."""
    file = tmp_path / "cards" / "zh" / "offer.yml"
    file.parent.mkdir(parents=True)
    file.write_text("card: other\nbody: x\n")
    with pytest.raises(CardError, match=r"cards/zh/offer.yml:1: card: is 'other', but the file's address says 'offer'"):
        load_cards(tmp_path / "cards")


def test_dates_and_yes_stay_words(tmp_path: Path) -> None:
    """YAML's surprises are off: a date is text, and only true and false are booleans."""
    cards = written(tmp_path, 'body: "{{ at }} {{ word }}"\nsample: {at: 2026-11-25, word: yes}\n')
    assert cards.template("test/card", "zh").source.sample == {"at": "2026-11-25", "word": "yes"}
