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
    card = shipped().render("service/unclear", "zh", {"title": ""}, zone="UTC", ask="t.1", choices=choices)
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
