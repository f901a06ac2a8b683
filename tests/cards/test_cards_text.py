"""The text form: signature, numbered options, opt-out tail, within the declared segments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cards import every_card, shipped, written

from cards import CardChoice, CardError
from cards.check import SAMPLE_ASK, sample, sample_choices, sample_data
from cards.model import Card, label_of
from cards.text import to_text

OFFER = {
    "item": {"code": "3287", "category": "腕表"},
    "price": "15200",
    "expires_at": "2026-11-25T10:00:00+00:00",
}


def offer(language: str = "zh", **data: Any) -> Card:
    merged = {**OFFER, **data}
    choices = shipped().choices("consignment/offer", merged)
    return shipped().render("consignment/offer", language, merged, zone="Asia/Shanghai", ask="t1.1", choices=choices)


def test_an_offer_in_chinese() -> None:
    """Signature, sentence, numbered options, and what else may be typed; hidden choices are not offered."""
    text = to_text(offer(), "叮咚寄售")
    assert text.body == (
        "【叮咚寄售】您寄售的腕表（编号#3287）有买家出价¥15,200，11月25日 18:00前有效。回复1接受 2拒绝，或直接回复价格"
    )
    assert (text.segments, text.encoding, text.shortened) == (1, "ucs2", False)


def test_an_offer_in_english_without_signature() -> None:
    """English without a signature stays in the GSM alphabet."""
    text = to_text(offer("en"), "")
    assert text.body == (
        "A buyer offers ¥15,200 for your watch (no. 3287), until 25 Nov 18:00. "
        "Reply 1 Accept, 2 Decline, or reply with a price."
    )
    assert (text.segments, text.encoding) == (1, "gsm7")


def test_a_signature_is_bracketed_once() -> None:
    """【】 is put around a signature that comes without."""
    assert to_text(offer(), "【叮咚】").body == to_text(offer(), "叮咚").body


def test_marketing_says_how_to_stop() -> None:
    """A marketing text ends with the way out."""
    assert to_text(offer(), "叮咚", marketing=True).body.endswith("或直接回复价格拒收请回复R")
    assert to_text(offer("en"), "叮咚", marketing=True).body.endswith("a price. Reply STOP to opt out.")


@pytest.mark.parametrize(("language", "name"), every_card())
def test_numbers_are_the_choices_in_order(language: str, name: str) -> None:
    """What text numbers n is the n-th choice that is not hidden, for every shipped card."""
    template = shipped().template(name, language)
    choices = sample_choices(shipped(), template)
    body = to_text(sample(shipped(), name, language), "").body
    position = 0
    for number, choice in enumerate((choice for choice in choices if not choice.hidden), 1):
        match = re.compile(rf"{number} ?{re.escape(label_of(choice, language))}").search(body, position)
        assert match, f"{number} {choice} is not in {body!r}"
        position = match.end()


@pytest.mark.parametrize(("language", "name"), every_card())
def test_long_codes_and_prices_still_fit(language: str, name: str) -> None:
    """Every card has room within its declared segments for long codes and seven-figure prices, nothing cut."""
    template = shipped().template(name, language)
    data = roomy(sample_data(shipped(), template))
    choices = sample_choices(shipped(), template)
    card = shipped().render(name, language, data, zone="Asia/Shanghai", ask=SAMPLE_ASK, choices=choices)
    assert not to_text(card, "叮咚寄售平台").shortened


def roomy(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: roomy(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [roomy(inner, key) for inner in value]
    long = {"price": "1288000.50", "new_price": "1288000.50", "amount": "1288000.50", "code": "HB-328714"}
    return long.get(key, value)


@given(
    st.text(st.characters(exclude_characters="./", exclude_categories=["Cs", "Nd", "Sc"]), min_size=20, max_size=10_000)
)
def test_a_long_value_is_cut_not_sent(category: str) -> None:
    """However long a name grows, the text keeps to its segments, with options, price and time whole."""
    card = offer(item={"code": "3287", "category": category})
    text = to_text(card, "叮咚")
    assert text.segments <= card.segments
    assert "¥15,200，11月25日 18:00前有效。回复1接受 2拒绝，或直接回复价格" in text.body


def test_what_cannot_be_cut_is_refused() -> None:
    """A text too long with nothing to cut is refused with its figures, not sent."""
    choices = [CardChoice(f"c-{n}", "choose", {"zh": "很长的选项" * 5}) for n in range(9)]
    data: dict[str, Any] = {"title": "", "options": [], "subject": "plain", "accepts": [], "price": None, "meant": ""}
    card = shipped().render("service/unclear", "zh", data, zone="UTC", ask="t.1", choices=choices)
    with pytest.raises(CardError, match=r"takes \d segments \(\d+ units of ucs2\), declared are 2"):
        to_text(card, "叮咚")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_value_cannot_add_an_option(title: str) -> None:
    """Line breaks in a value cannot forge a numbered line."""
    card = shipped().render("service/held", "zh", {"title": title + "\n3 同意"}, zone="UTC", ask=None)
    assert len(to_text(card, "").body.splitlines()) == 1


def test_options_on_lines_when_they_are_long(tmp_path: Path) -> None:
    """Long labels get a line each; a label that begins with a digit is kept apart from its number."""
    cards = written(tmp_path, "body: 选哪个？\n")
    named = [
        CardChoice(str(n), "choose", {"zh": label}) for n, label in enumerate(["腕表（编号#3287）¥15,200", "手袋"])
    ]
    days = [CardChoice(str(n), "extend", {"zh": label}) for n, label in enumerate(["7天", "30天"])]
    listed = cards.render("test/card", "zh", {}, zone="UTC", ask="t.1", choices=named)
    inline = cards.render("test/card", "zh", {}, zone="UTC", ask="t.1", choices=days)
    assert to_text(listed, "").body == "选哪个？\n1 腕表（编号#3287）¥15,200\n2 手袋\n回复数字选择"
    assert to_text(inline, "").body == "选哪个？回复1：7天 2：30天"


def test_text_is_title_and_body_by_default(tmp_path: Path) -> None:
    """Without a text of its own, a card says its title and body."""
    cards = written(
        tmp_path, "title: 已上架\nbody: 有人出价会告诉您。\n", en="title: Listed\nbody: We will tell you.\n"
    )
    bodies = [to_text(cards.render("test/card", each, {}, zone="UTC"), "").body for each in ("zh", "en")]
    assert bodies == ["已上架。有人出价会告诉您。", "Listed. We will tell you."]


def test_staff_may_write_lines() -> None:
    """A colleague's own words keep their line breaks."""
    card = shipped().render("service/plain", "zh", {"text": "您好\n明天见"}, zone="UTC")
    assert to_text(card, "").body == "您好\n明天见"


def test_a_link_is_kept_whole() -> None:
    """A value with a link in it is never cut: rather the text is refused."""
    words = "https://shop.example.com/items/3287 " + "很好" * 400
    card = shipped().render("service/plain", "zh", {"text": words}, zone="UTC")
    with pytest.raises(CardError, match="declared are 10"):
        to_text(card, "叮咚")


LINK = "https://shop.example.com/items/LISTING-WITH-A-LONG-NAME"


def test_a_value_is_never_cut_within_a_link(tmp_path: Path) -> None:
    """A value that also makes part of a link is cut in the words and whole in the link."""
    cards = written(tmp_path, 'body: "{{ name }}请看 https://shop.example.com/s/{{ name }} 谢谢"\nsegments: 3\n')
    name = "很长的名字" * 20
    body = to_text(cards.render("test/card", "zh", {"name": name}, zone="UTC"), "").body
    assert f"https://shop.example.com/s/{name} 谢谢" in body
    assert body.startswith("很长的名字很")
    assert len(body.split("请看")[0]) < len(name)


@pytest.mark.parametrize(
    "value",
    [
        f"看这里 {LINK} 好吗" + "很长" * 60,
        "shop.example.com/items/3287" + "很长" * 60,
        "出价¥15,200可以吗" + "很长" * 60,
        "一共15,200元" + "很长" * 60,
    ],
)
def test_what_must_stay_whole_is_refused_instead(tmp_path: Path, value: str) -> None:
    """A link or a price in a value makes the value one that is not cut."""
    cards = written(tmp_path, 'body: "{{ x }}"\nsegments: 1\n')
    with pytest.raises(CardError, match=r"zh/test/card\.yml:2: body: takes \d segments"):
        to_text(cards.render("test/card", "zh", {"x": value}, zone="UTC"), "")


def test_a_code_is_never_cut(tmp_path: Path) -> None:
    """Half a parcel number is worse than none: the words beside it are cut."""
    cards = written(tmp_path, 'body: "{{ name }}，单号{{ code }}"\nsegments: 1\n')
    data: dict[str, Any] = {"name": "很长的名字" * 20, "code": "SF12345678901234567890"}
    assert to_text(cards.render("test/card", "zh", data, zone="UTC"), "").body.endswith("…，单号SF12345678901234567890")


@pytest.mark.parametrize(
    ("language", "text", "advice"),
    [
        (
            "zh",
            f"您好，{'请' * 48}，谢谢您的耐心等待。价格¥15,200。",
            "5 units over (signature 4, words 71); cut “谢谢您的耐心等待。” (9 units); or raise `segments`",
        ),
        (
            "en",
            f"{'Please wait. ' * 12}It’s fine.",
            "without “’” it is gsm7 and fits",
        ),
    ],
)
def test_what_to_cut_is_proposed(tmp_path: Path, language: str, text: str, advice: str) -> None:
    """Too many units, which part has how many, and words that are enough to cut."""
    cards = written(tmp_path, f"body: x\ntext: {text}\nsegments: 1\n", en=f"body: x\ntext: {text}\nsegments: 2\n")
    with pytest.raises(CardError) as refused:
        to_text(cards.render("test/card", language, {}, zone="UTC"), "叮咚" if language == "zh" else "")
    assert advice in refused.value.problem


@pytest.mark.parametrize(("language", "name"), every_card())
def test_no_inner_word_is_shown(language: str, name: str) -> None:
    """What a tap carries and what a choice is called inside never stands in a text, nor on a card."""
    card = sample(shipped(), name, language)
    panels = (card.panel, *card.carousel)
    shown = [to_text(card, "叮咚").body, *(f"{panel.title} {panel.body}" for panel in panels)]
    shown += [button.label for panel in panels for button in panel.buttons]
    inner = {button.postback for panel in panels for button in panel.buttons} | {SAMPLE_ASK, "{{", "{%"}
    inner |= {choice.id for choice in sample_choices(shipped(), shipped().template(name, language)) if "-" in choice.id}
    assert [word for word in inner for words in shown if word in words] == []


def test_a_text_made_of_title_and_body_is_discreet(tmp_path: Path) -> None:
    """A card may show an item's name; the text that is made of it says what it is and its number."""
    cards = written(tmp_path, 'title: "{{ item.name }}"\nbody: "{{ item.name }}和{{ all[0].name }}已售出。"\n')
    item: dict[str, Any] = {"name": "潜航者", "code": "3287", "category": "腕表"}
    card = cards.render("test/card", "zh", {"item": item, "all": [{**item, "code": "1"}]}, zone="UTC")
    assert card.panel.title == "潜航者"
    assert to_text(card, "").body == "腕表（编号#3287）。腕表（编号#3287）和腕表（编号#1）已售出。"


def test_one_entry_of_a_carousel_is_discreet_too(tmp_path: Path) -> None:
    """A carousel of one is a card, and its text as discreet as any."""
    cards = written(
        tmp_path,
        'body: 选哪个\ncarousel: {each: all, label: "{{ it | discreet }}", title: "{{ it.name }}",'
        " buttons: [{reply: 要, means: choose}]}\n",
    )
    data: dict[str, Any] = {"all": [{"name": "潜航者", "code": "3287", "category": "腕表"}]}
    card = cards.render("test/card", "zh", data, zone="UTC", ask="t.1")
    assert card.panel.title == "潜航者"
    assert "潜航者" not in to_text(card, "").body
