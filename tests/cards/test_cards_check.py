"""`check` finds what would go wrong on a phone, from the samples alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.cards import shipped, written

from cards.check import check

REPLIES = "body: x\nbuttons:\n  - {reply: a, means: affirm}\n  - {reply: b, means: deny}\n"
DIFFER = "the replies differ in id, means, slots, text or order from those in"
ZH = "cards/zh/test/card.yml"
OVER_7 = "7 units over (signature 6, words 135); cut 7 of its words; or raise `segments`"
OVER_72 = "declared are 2: 72 units over (signature 6, words 200); cut 72 of its words; or raise `segments`"
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
            f"error: {ZH}:2: body: takes 3 segments (141 units of ucs2), declared are 2: {OVER_7}",
        ),
        (
            'body: "{{ about }}"\nsample: {about: ' + "长" * 200 + "}\n",
            "body: x\n",
            f"error: {ZH}:2: body: values had to be cut: takes 4 segments (206 units of ucs2), {OVER_72}",
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


LEFT_OUT = "is left out with the sample"


@pytest.mark.parametrize(
    ("zh", "finding"),
    [
        (
            "body: x\nmedia: {url: '{{ p }}'}\nsample: {p: null}\n",
            f"error: {ZH}:3: media.url: {LEFT_OUT}: it has no http(s) address",
        ),
        (
            "body: x\nbuttons:\n  - {dial: a, number: '{{ p }}'}\nsample: {p: '12'}\n",
            f"error: {ZH}:4: buttons.0.dial: {LEFT_OUT}: number are missing or no such thing",
        ),
        (
            "file: {url: '{{ p }}'}\ntext: x\nsample: {p: 'ftp://a'}\n",
            f"error: {ZH}:2: file.url: {LEFT_OUT}: it has no http(s) address",
        ),
        (
            f"body: x\nbuttons:\n  - {{open: {'o' * 26}, url: 'https://a.example'}}\n",
            f"error: {ZH}:4: buttons.0.open: has 26 characters ('{'o' * 26}'), the limit is 25 (RBM, GSMA, Twilio)",
        ),
        (
            f"body: x\nbuttons:\n  - {{reply: {'很' * 9}, means: affirm}}\n",
            f"warning: {ZH}:4: buttons.0.reply: '{'很' * 9}' has 27 bytes; some 5G消息 platforms may take only 25",
        ),
        (
            f"body: x\nbuttons:\n  - {{compose: a, number: '+8613800138000', words: {'w' * 101}}}\n",
            f"error: {ZH}:4: buttons.0.words: has 101 characters, the limit is 100 (GSMA)",
        ),
        (
            "title: '{{ t }}'\nbody: x\ntext: y\nsample: {t: " + "长" * 250 + "}\n",
            f"error: {ZH}:2: title: is cut to fit with the sample: shorten the sample or the words",
        ),
        (
            "body: x\ncarousel: {each: all, label: a, title: a, buttons: ["
            + ", ".join(f"{{reply: r{n}, means: pay}}" for n in range(5))
            + "]}\nsegments: 10\nsample: {all: [1, 2]}\n",
            f"error: {ZH}:3: carousel.buttons: has 5 buttons on a card, the limit is 4 (RBM, GSMA)",
        ),
        (
            'body: "{{ it.address }}"\nsample: {it: {address: 南京西路1号}}\n',
            f"warning: {ZH}:2: body: shows an address in text; keep it to RCS or to a page",
        ),
        (
            'body: "请致电138 0013 8000。"\n',
            f"warning: {ZH}:2: body: shows a phone number in text; use a `dial` button, or a page",
        ),
        (
            'body: "{% for p in prices %}{{ p | yuan }} {% endfor %}"\nsample: {prices: ["15200", "14900"]}\n',
            f"warning: {ZH}:2: body: shows a whole history of prices in text; say the latest",
        ),
        (
            'body: "{{ buyer_name }}出价。"\nsample: {buyer_name: 张三}\n',
            f"warning: {ZH}:2: body: shows a name in text; say `| discreet`",
        ),
    ],
)
def test_what_the_sample_shows(tmp_path: Path, zh: str, finding: str) -> None:
    """What a phone would leave out, cut or refuse, and what a text had better not say, in the Chinese file."""
    assert finding in [str(found) for found in check(written(tmp_path, zh, en=zh.partition("\nsample")[0] + "\n"))]


def test_a_marketing_card_has_room_for_its_way_out(tmp_path: Path) -> None:
    """What is sent as marketing is counted with the opt-out tail."""
    cards = written(tmp_path, f"body: {'长' * 60}\nsegments: 1\n", en="body: x\n")
    assert check(cards) == []
    (found,) = check(cards, marketing={"test/card"})
    assert "2 units over (signature 6, words 60, opt-out 6)" in found.problem


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
