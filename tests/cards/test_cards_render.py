"""A card as a phone with RCS shows it, and the choices an ask freezes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from support.cards import every_card, shipped, written

from bot.messages import Tap
from cards import CardChoice, CardError, Cards
from cards.check import sample, sample_data
from cards.model import Panel, postback
from cards.rbm import to_rbm

ITEM: dict[str, JsonValue] = {
    "code": "3287",
    "category": "腕表",
    "photo": "https://img.example.com/1.jpg",
    "url": "https://shop.example.com/1",
}
OFFER: dict[str, Any] = {"item": ITEM, "price": "15200", "expires_at": "2026-11-25T10:00:00+00:00"}


def listings(count: int) -> dict[str, Any]:
    entries = [{**ITEM, "id": f"L-{n}", "code": str(n), "price": "100", "ends_on": "2026-11-25"} for n in range(count)]
    return {"days": 7, "until": None, "listings": entries}


def pick(count: int) -> tuple[tuple[CardChoice, ...], dict[str, Any]]:
    data = listings(count)
    choices = shipped().choices("consignment/expiring_pick", data)
    card = shipped().render("consignment/expiring_pick", "zh", data, zone="UTC", ask="t.1", choices=choices)
    return choices, to_rbm(card)


def standalone(message: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = message["richCard"]["standaloneCard"]["cardContent"]
    return content


def taps(buttons: list[dict[str, Any]]) -> list[str]:
    return [next(iter(button.values()))["postbackData"] for button in buttons]


def test_choices_of_an_offer() -> None:
    """Choices carry what the file says, in its order, with the labels of every language."""
    assert shipped().choices("consignment/offer", OFFER) == (
        CardChoice("affirm", "affirm", {"zh": "接受", "en": "Accept"}),
        CardChoice("deny", "deny", {"zh": "拒绝", "en": "Decline"}),
        CardChoice("counter_offer", "counter_offer", {"zh": "还价", "en": "Name a price"}, hidden=True),
    )


def test_choices_of_a_list() -> None:
    """A list in the data gives a choice an entry, with its own id and slots, called by what it picks."""
    first, second = shipped().choices("consignment/expiring_pick", listings(2))
    assert first == CardChoice(
        "listing-1", "choose", {"zh": "腕表（编号#0）", "en": "watch (no. 0)"}, {"option": 1, "listing": "L-0"}
    )
    assert second.slots == {"option": 2, "listing": "L-1"}


def test_equal_meanings_get_ids_of_their_own(tmp_path: Path) -> None:
    """A choice without an id is called by its meaning, made unique."""
    cards = written(
        tmp_path, "body: x\nbuttons: [{reply: a, means: pay}, {reply: b, means: pay}, {reply: c, means: pay}]\n"
    )
    assert [choice.id for choice in cards.choices("test/card", {})] == ["pay", "pay-2", "pay-3"]


def test_the_frozen_choices_are_shown() -> None:
    """Buttons come from the ask's choices, not from the file: what a tap means cannot change after it was asked."""
    frozen = [CardChoice("no", "deny", {"zh": "不卖"}), CardChoice("yes", "affirm", {"zh": "卖"})]
    card = shipped().render("consignment/offer", "zh", OFFER, zone="UTC", ask="t1.4", choices=frozen)
    assert taps(standalone(to_rbm(card))["suggestions"]) == ["ask:t1.4:no", "ask:t1.4:yes", "open:t1.4:1"]
    assert card.options == ("不卖", "卖")


def test_no_ask_no_replies() -> None:
    """Without an ask there is nothing to answer, so no reply button is shown."""
    card = shipped().render("consignment/offer", "zh", OFFER, zone="UTC")
    assert taps(standalone(to_rbm(card))["suggestions"]) == ["open:consignment/offer:1"]


@pytest.mark.parametrize(("language", "name"), every_card())
def test_every_tap_finds_its_choice(language: str, name: str) -> None:
    """Each reply button of each card reads back as the ask and choice it stands for; each choice has one button."""
    data = sample_data(shipped(), shipped().template(name, language))
    choices = shipped().choices(name, data)
    card = shipped().render(name, language, data, zone="UTC", ask="t1.1", choices=choices)
    buttons = [button for panel in (card.panel, *card.carousel) for button in panel.buttons if button.action is None]
    assert [Tap.of(button.postback) for button in buttons] == [Tap("t1.1", choice.id) for choice in choices]


def test_postback_is_read_back() -> None:
    """What a button carries is what `Tap.of` reads."""
    assert Tap.of(postback("t1.1", "listing-2.extend")) == Tap("t1.1", "listing-2.extend")


def test_a_carousel() -> None:
    """Two to ten entries are a carousel; each panel has its own button."""
    _, message = pick(10)
    panels = message["richCard"]["carouselCard"]["cardContents"]
    assert [taps(panel["suggestions"]) for panel in panels] == [[f"ask:t.1:listing-{n}"] for n in range(1, 11)]


def test_one_entry_is_a_card() -> None:
    """A carousel of one is a standalone card."""
    _, message = pick(1)
    assert taps(standalone(message)["suggestions"]) == ["ask:t.1:listing-1"]


def test_too_many_entries_are_listed() -> None:
    """More entries than a carousel holds are written out by number, with as many chips as a message holds."""
    choices, message = pick(12)
    assert len(choices) == 12
    assert message["text"].endswith("\n12 腕表（编号#11）")
    assert len(message["suggestions"]) == 11


def test_labels_too_long_for_a_button_are_numbered() -> None:
    """A label is never cut: the options are written out, numbered as text numbers them, and the chips carry numbers."""
    long = [CardChoice(f"ask-{n}", "choose", {"zh": f"{n}" * 26}) for n in (1, 2)]
    hidden = CardChoice("other", "other", {"zh": "其他"}, hidden=True)
    card = shipped().render(
        "service/which", "zh", {"asks": []}, zone="UTC", ask="t.1", choices=[long[0], hidden, long[1]]
    )
    message = to_rbm(card)
    assert message["text"] == f"您这次答复的是哪一个？\n1 {'1' * 26}\n2 {'2' * 26}"
    assert message["suggestions"] == [
        {"reply": {"text": "1", "postbackData": "ask:t.1:ask-1"}},
        {"reply": {"text": "其他", "postbackData": "ask:t.1:other"}},
        {"reply": {"text": "2", "postbackData": "ask:t.1:ask-2"}},
    ]


def test_too_much_to_write_out() -> None:
    """Choices that do not fit a message even written out are refused."""
    endless = [CardChoice(f"ask-{n}", "choose", {"zh": "长" * 200}) for n in range(20)]
    card = shipped().render("service/which", "zh", {"asks": []}, zone="UTC", ask="t.1", choices=endless)
    with pytest.raises(
        CardError, match=r"which\.yml:1: buttons: has 40\d\d characters of text, the limit is 3072 \(RBM\)"
    ):
        to_rbm(card)


def test_more_than_four_buttons_overflow_into_chips(tmp_path: Path) -> None:
    """A card holds four suggestions; what is beyond becomes chips under it."""
    buttons = "".join(f"  - {{reply: r{n}, means: pay}}\n" for n in range(6))
    cards = written(tmp_path, f"title: t\nbuttons:\n{buttons}")
    message: dict[str, Any] = to_rbm(cards.render("test/card", "zh", {}, zone="UTC", ask="t.1"))
    assert len(standalone(message)["suggestions"]) == 4
    assert taps(message["suggestions"]) == ["ask:t.1:pay-5", "ask:t.1:pay-6"]


@pytest.mark.parametrize(
    "photo", [None, "", "javascript:alert(1)", "data:image/png;base64,AAAA", "/a.jpg", "https://x y"]
)
def test_a_picture_needs_a_web_address(photo: str | None) -> None:
    """A picture or page whose address is missing or no http(s) URL is left out; the card goes on."""
    item: dict[str, JsonValue] = {**ITEM, "photo": photo, "url": photo}
    content = standalone(
        to_rbm(shipped().render("consignment/offer", "zh", {**OFFER, "item": item}, zone="UTC", ask="a.1"))
    )
    assert "media" not in content
    assert taps(content["suggestions"]) == ["ask:a.1:affirm", "ask:a.1:deny", "ask:a.1:counter_offer"]


def test_a_missing_photo_is_no_error() -> None:
    """`photo` and `url` may be absent from an item."""
    bare: dict[str, JsonValue] = {"code": "1", "category": "腕表"}
    card = shipped().render("consignment/offer", "zh", {**OFFER, "item": bare}, zone="UTC")
    assert card.panel.media is None
    assert not card.gains


def test_dialling(tmp_path: Path) -> None:
    """A dial button calls an E.164 number, and is left out when it is none."""
    cards = written(tmp_path, 'body: x\nbuttons: [{dial: 致电, number: "{{ phone }}"}]\n')
    good, bad = (
        to_rbm(cards.render("test/card", "zh", {"phone": number}, zone="UTC")) for number in ("+8613800000000", "12")
    )
    action = {"text": "致电", "postbackData": "open:test/card:1", "dialAction": {"phoneNumber": "+8613800000000"}}
    assert good["suggestions"] == [{"action": action}]
    assert "suggestions" not in bad


@pytest.mark.parametrize(
    ("panel", "gains"),
    [("body: x\n", False), ("title: t\nbody: x\n", False), ("body: x\nmedia: {url: https://a.example/b.jpg}\n", True)],
)
def test_what_gains_by_rcs(tmp_path: Path, panel: str, gains: bool) -> None:
    """Words alone gain nothing over text; a picture does."""
    assert written(tmp_path, panel).render("test/card", "zh", {}, zone="UTC").gains is gains


def test_another_language_falls_back() -> None:
    """A language a card is not written in is answered in Chinese."""
    assert shipped().render("service/thanks", "fr", {}, zone="UTC").panel == Panel(body="不客气，有需要随时回复我们。")


def test_times_are_where_the_person_is() -> None:
    """The same moment reads differently in another zone."""
    bodies = [
        shipped().render("consignment/offer", "zh", OFFER, zone=zone).panel.body for zone in ("Asia/Shanghai", "UTC")
    ]
    assert ["11月25日 18:00" in bodies[0], "11月25日 10:00" in bodies[1]] == [True, True]


def test_a_long_title_is_cut(tmp_path: Path) -> None:
    """A value that makes a title or body too long is cut and reported; the words of the file stay."""
    cards = written(tmp_path, 'title: "关于{{ about }}的通知"\nbody: x\n')
    card = cards.render("test/card", "zh", {"about": "长" * 5000}, zone="UTC")
    assert len(card.panel.title) <= 200
    assert card.panel.title.endswith("长…的通知")
    assert card.shortened == ("title",)


def test_a_price_is_never_cut(tmp_path: Path) -> None:
    """A title too long because of prices is refused with its length and its limit."""
    cards = written(tmp_path, 'title: "{{ about }}"\nbody: x\n')
    with pytest.raises(CardError, match=r"zh/test/card\.yml:2: title: is 240 characters long, the limit is 200"):
        cards.render("test/card", "zh", {"about": "¥15,200 " * 30}, zone="UTC")


def test_missing_data_names_the_field() -> None:
    """Data without what the card shows is an error that says file, line and field."""
    with pytest.raises(CardError, match=r"cards/zh/consignment/offer\.yml:3: title: 'price' is undefined"):
        shipped().render("consignment/offer", "zh", {"item": ITEM}, zone="UTC")


def test_an_unknown_card() -> None:
    """Asking for a card that is not there says which."""
    with pytest.raises(CardError, match="no/such: there is no such card"):
        Cards({}).render("no/such", "zh", {}, zone="UTC")


def test_reminders_offer_what_the_question_did() -> None:
    """A reminder or a changed offer shows the same choices as the question it repeats."""
    for first, again in [
        ("consignment/offer", "consignment/offer_reminder"),
        ("consignment/offer", "consignment/offer_changed"),
        ("consignment/expiring", "consignment/expiring_reminder"),
    ]:
        data = sample_data(shipped(), shipped().template(first, "zh"))
        assert shipped().choices(first, data) == shipped().choices(again, data)


def test_a_sample_has_no_replies_without_choices() -> None:
    """A notice is shown without an ask."""
    assert sample(shipped(), "consignment/sold", "zh").panel.buttons == ()
