"""`check` finds what would go wrong on a phone, from the samples alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cards import shipped, written

from cards.check import check

REPLIES = "body: x\nbuttons:\n  - {reply: a, means: affirm}\n  - {reply: b, means: deny}\n"
DIFFER = "the replies differ in id, means, slots, text or order from those in"
FIVE = "".join(f"  - {{reply: r{n}, means: pay}}\n" for n in range(5))


def test_the_shipped_cards_are_clean() -> None:
    """Nothing is to be found in the cards that are shipped."""
    assert [str(finding) for finding in check(shipped())] == []


@pytest.mark.parametrize(
    ("zh", "en", "finding"),
    [
        (
            f"body: x\nbuttons:\n  - {{reply: {'很' * 26}, means: affirm}}\n",
            "body: x\nbuttons:\n  - {reply: a, means: affirm}\n",
            f"error: cards/zh/test/card.yml:4: buttons.0.reply: '{'很' * 26}' has 26 characters, a button holds 25",
        ),
        (
            REPLIES,
            "body: x\nbuttons:\n  - {reply: b, means: deny}\n  - {reply: a, means: affirm}\n",
            f"error: cards/en/test/card.yml:3: buttons: {DIFFER} cards/zh/test/card.yml",
        ),
        (
            f"title: t\nbuttons:\n{FIVE}",
            f"body: x\nbuttons:\n{FIVE}",
            "error: cards/zh/test/card.yml:3: buttons: has 5 buttons, a card holds 4; words alone hold more",
        ),
        (
            f"body: {'长' * 135}\n",
            "body: x\n",
            "error: cards/zh/test/card.yml:2: body: takes 3 segments (141 units of ucs2), declared are 2: 7 units over "
            "(signature 6, words 135); cut 7 of its words; or raise `segments`",
        ),
        (
            'body: "{{ about }}"\nsample: {about: ' + "长" * 200 + "}\n",
            "body: x\n",
            "error: cards/zh/test/card.yml:2: body: values had to be cut: takes 4 segments (206 units of ucs2), declared "
            "are 2: 72 units over (signature 6, words 200); cut 72 of its words; or raise `segments`",
        ),
        (
            'body: x\ntext: "{{ item.name }}"\nsample: {item: {code: "1", name: 潜航者}}\n',
            "body: x\n",
            "warning: cards/zh/test/card.yml:3: text: shows a name in text; say `| discreet`",
        ),
        ('body: "{{ price }}"\n', "body: x\n", "error: cards/zh/test/card.yml:2: body: 'price' is undefined"),
        (
            'body: "{{ price | euro }}"\n',
            "body: x\n",
            "error: cards/zh/test/card.yml:2: body: No filter named 'euro'.",
        ),
        (
            'body: x\ntemplates: {aliyun: {code: A, text: "价${price}。", params: {price: "{{ price }}"}}}\n',
            "body: x\n",
            "error: cards/zh/test/card.yml:3: templates.aliyun.params.price: 'price' is undefined",
        ),
    ],
)
def test_a_finding(tmp_path: Path, zh: str, en: str, finding: str) -> None:
    """Each is found in the file where it is, with line and field, and nothing else is."""
    assert [str(found) for found in check(written(tmp_path, zh, en=en))] == [finding]


def test_a_missing_language(tmp_path: Path) -> None:
    """A card written in one language only is found."""
    assert [str(found) for found in check(written(tmp_path, "body: x\n"))] == [
        "error: cards/zh/test/card.yml:1: card: is written in zh, not in en"
    ]


def test_a_carousel_of_one(tmp_path: Path) -> None:
    """A carousel whose sample makes no carousel is found, in both languages."""
    card = (
        'body: x\ncarousel: {each: all, label: "{{ it }}", title: "{{ it }}", buttons: [{reply: a, means: choose}]}\n'
    )
    found = check(written(tmp_path, f"{card}sample: {{all: [a]}}\n", en=card))
    assert {finding.problem for finding in found} == {"the sample makes 1 panels, a carousel has 2 to 10"}
