"""Everything a card can be made of, on every wire: suggestions, layouts, carousels and files, judged by the schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import judges
from support.cards import written

from cards import Card, CardError, Cards
from cards.gsma import FILE, MESSAGE, SUGGESTIONS, TEXT, Part, to_gsma
from cards.rbm import to_rbm
from cards.text import to_text
from cards.twilio import to_twilio

PHONE = "+8613800138000"
DAY = {"startTime": "2026-12-01T02:00:00Z", "endTime": "2026-12-01T03:30:00Z", "title": "上门取件"}
PLACE = {"latitude": 31.2304, "longitude": 121.4737}

SUGGESTED: list[tuple[str, dict[str, Any] | None, dict[str, Any]]] = [
    (
        "{open: 看, url: 'https://shop.example.com/1'}",
        {"openUrlAction": {"url": "https://shop.example.com/1"}},
        {"urlAction": {"openUrl": {"url": "https://shop.example.com/1", "application": "browser"}}},
    ),
    (
        "{open: 看, url: 'https://shop.example.com/1', view: tall}",
        {
            "openUrlAction": {
                "url": "https://shop.example.com/1",
                "application": "WEBVIEW",
                "webviewViewMode": "TALL",
            }
        },
        {"urlAction": {"openUrl": {"url": "https://shop.example.com/1", "application": "webview", "viewMode": "tall"}}},
    ),
    (
        "{dial: 打, number: '+8613800138000'}",
        {"dialAction": {"phoneNumber": PHONE}},
        {"dialerAction": {"dialPhoneNumber": {"phoneNumber": PHONE}}},
    ),
    (
        "{dial: 打, number: '+8613800138000', call: video, fallback: 'https://shop.example.com/call'}",
        {"fallbackUrl": "https://shop.example.com/call", "dialAction": {"phoneNumber": PHONE}},
        {
            "dialerAction": {
                "dialVideoCall": {"phoneNumber": PHONE, "fallbackUrl": "https://shop.example.com/call"},
            }
        },
    ),
    (
        "{dial: 打, number: '+8613800138000', call: enriched, subject: '关于#3287'}",
        {"dialAction": {"phoneNumber": PHONE}},
        {"dialerAction": {"dialEnrichedCall": {"phoneNumber": PHONE, "subject": "关于#3287"}}},
    ),
    (
        "{show: 地图, latitude: '31.2304', longitude: '121.4737', place: 叮咚门店}",
        {"viewLocationAction": {"latLong": PLACE, "label": "叮咚门店"}},
        {"mapAction": {"showLocation": {"location": {**PLACE, "label": "叮咚门店"}}}},
    ),
    (
        "{show: 地图, query: 叮咚门店}",
        {"viewLocationAction": {"query": "叮咚门店"}},
        {"mapAction": {"showLocation": {"location": {"query": "叮咚门店"}}}},
    ),
    ("{locate: 在哪里}", {"shareLocationAction": {}}, {"mapAction": {"requestLocationPush": {}}}),
    (
        "{calendar: 记下, starts: '2026-12-01T10:00', ends: '2026-12-01T11:30:00+08:00', event: 上门取件}",
        {"createCalendarEventAction": DAY},
        {"calendarAction": {"createCalendarEvent": DAY}},
    ),
    (
        "{compose: 写, number: '+8613800138000', words: 想咨询}",
        None,
        {"composeAction": {"composeTextMessage": {"phoneNumber": PHONE, "text": "想咨询"}}},
    ),
    (
        "{record: 说, number: '+8613800138000', media: video}",
        None,
        {"composeAction": {"composeRecordingMessage": {"phoneNumber": PHONE, "type": "VIDEO"}}},
    ),
    ("{device: 机型}", None, {"deviceAction": {"requestDeviceSpecifics": {}}}),
    (
        "{setting: 显示号码, change: disable_anonymization}",
        None,
        {"settingsAction": {"disableAnonymization": {}}},
    ),
    (
        "{setting: 已读回执, change: enable_displayed_notifications}",
        None,
        {"settingsAction": {"enableDisplayedNotifications": {}}},
    ),
]


def render(cards: Cards, data: dict[str, Any] | None = None) -> Card:
    return cards.render("test/card", "zh", data or {}, zone="Asia/Shanghai", ask="t.1")


def card_of(folder: Path, text: str, **data: Any) -> Card:
    return render(written(folder, text), data)


def fits(card: Card) -> None:
    """Every judge takes it."""
    assert judges.rbm(to_rbm(card)) == []
    assert judges.gsma(to_gsma(card)) == []
    assert judges.twilio(to_twilio(card, to_text(card, "").body)) == []


@pytest.mark.parametrize(("button", "rbm", "gsma"), SUGGESTED)
def test_a_suggestion(tmp_path: Path, button: str, rbm: dict[str, Any] | None, gsma: dict[str, Any]) -> None:
    """Each action in the words of each wire; RBM leaves out what it has no form for."""
    card = card_of(tmp_path, f"body: x\nbuttons:\n  - {button}\n")
    fits(card)
    words, chips = to_gsma(card)
    assert words == Part(TEXT, "x")
    assert isinstance(chips.content, dict)
    label = card.panel.buttons[0].label
    shown = {"displayText": label, "postback": {"data": "open:t.1:1"}, **gsma}
    assert chips == Part(SUGGESTIONS, {"suggestions": [{"action": shown}]})
    wanted = None if rbm is None else [{"action": {"text": label, "postbackData": "open:t.1:1", **rbm}}]
    assert to_rbm(card).get("suggestions") == wanted


@pytest.mark.parametrize(
    "button",
    [
        "{open: 看, url: '{{ x }}'}",
        "{dial: 打, number: '{{ x }}'}",
        "{show: 地图, query: '{{ missing }}'}",
        "{show: 地图, latitude: '{{ x }}', longitude: '3'}",
        "{show: 地图, latitude: '91', longitude: '3'}",
        "{calendar: 记下, starts: '{{ x }}', ends: '2026-12-01', event: e}",
        "{calendar: 记下, starts: '2026-12-02', ends: '2026-12-01', event: e}",
        "{compose: 写, number: '{{ x }}', words: w}",
        "{record: 说, number: '{{ x }}'}",
    ],
)
def test_an_action_without_what_it_needs_is_left_out(tmp_path: Path, button: str) -> None:
    """No phone is sent a button that does nothing; the others stay, and keep their postbacks."""
    text = f"body: x\nbuttons:\n  - {button}\n  - {{open: 看, url: 'https://a.example'}}\n"
    card = card_of(tmp_path, text, x="soon")
    assert [button.postback for button in card.panel.buttons] == ["open:t.1:2"]


def test_a_horizontal_card(tmp_path: Path) -> None:
    """The side the picture is on goes over both wires."""
    text = (
        "title: t\nbody: b\nlayout: {orientation: horizontal, image: right}\n"
        "media: {url: 'https://a.example/1.png', height: tall, thumbnail: 'https://a.example/t.jpg', alt: 一只表,"
        " size: '51200', thumbnail_size: '9000'}\n"
    )
    card = card_of(tmp_path, text)
    fits(card)
    shown: Any = to_rbm(card)["richCard"]
    assert shown["standaloneCard"]["cardOrientation"] == "HORIZONTAL"
    assert shown["standaloneCard"]["thumbnailImageAlignment"] == "RIGHT"
    assert shown["standaloneCard"]["cardContent"]["media"] == {
        "height": "TALL",
        "contentInfo": {"fileUrl": "https://a.example/1.png", "thumbnailUrl": "https://a.example/t.jpg"},
    }
    (part,) = to_gsma(card)
    message: Any = part.content
    assert message["message"]["generalPurposeCard"]["layout"] == {
        "cardOrientation": "HORIZONTAL",
        "imageAlignment": "RIGHT",
    }
    assert message["message"]["generalPurposeCard"]["content"]["media"] == {
        "mediaUrl": "https://a.example/1.png",
        "mediaContentType": "image/png",
        "mediaFileSize": 51200,
        "thumbnailUrl": "https://a.example/t.jpg",
        "thumbnailContentType": "image/jpeg",
        "thumbnailFileSize": 9000,
        "height": "TALL_HEIGHT",
        "contentDescription": "一只表",
    }


CAROUSEL = """
    body: 选一个
    carousel:
      each: all
      label: "{{ it }}"
      width: small
      media: {url: "https://a.example/{{ n }}.jpg", height: short}
      title: "{{ it }}"
      buttons:
        - {reply: 要, means: choose, id: "take-{{ n }}", slots: {option: "{{ n }}"}}
        - {reply: 不要, means: deny, id: "leave-{{ n }}"}
    buttons:
      - {open: 全部, url: "https://a.example/all"}
    segments: 10
"""


@pytest.mark.parametrize("count", [2, 10, 11, 12, 13])
def test_a_carousel_of_any_length(tmp_path: Path, count: int) -> None:
    """RBM shows ten, GSMA twelve; beyond that the choices are written out by number, and every wire takes it."""
    card = card_of(tmp_path, CAROUSEL, all=[f"第{n}件" for n in range(count)])
    fits(card)
    rbm: Any = to_rbm(card)
    content: Any = to_gsma(card)[0]
    assert ("richCard" in rbm) == (count <= 10)
    assert (content.type == MESSAGE) == (count <= 12)
    if count <= 10:
        carousel = rbm["richCard"]["carouselCard"]
        assert (carousel["cardWidth"], len(carousel["cardContents"])) == ("SMALL", count)
    else:
        assert rbm["text"].splitlines()[-1] == f"{2 * count} 第{count - 1}件 不要"


def test_a_carousel_is_numbered_through(tmp_path: Path) -> None:
    """Text says which item and which button, one line each, in one count."""
    card = card_of(tmp_path, CAROUSEL, all=["腕表", "手袋"])
    assert to_text(card, "叮咚").body == (
        "【叮咚】选一个\n1 腕表 要\n2 腕表 不要\n3 手袋 要\n4 手袋 不要\n回复数字选择"
    )


@pytest.mark.parametrize(
    ("url", "mime"),
    [
        ("https://a.example/a.jpg", "image/jpeg"),
        ("https://a.example/a.MP4?x=1", "video/mp4"),
        ("https://a.example/a.mp3", "audio/mpeg"),
        ("https://a.example/a.pdf#2", "application/pdf"),
    ],
)
def test_a_message_that_is_a_file(tmp_path: Path, url: str, mime: str) -> None:
    """Picture, film, sound or document, with chips under it; text says it in words."""
    text = f"file: {{url: '{url}'}}\ntext: 鉴定报告已出。\nbuttons:\n  - {{reply: 收到, means: affirm}}\n"
    card = card_of(tmp_path, text)
    fits(card)
    assert card.gains
    assert to_rbm(card)["contentInfo"] == {"fileUrl": url}
    assert to_gsma(card)[0] == Part(FILE, [{"type": "file", "fileSize": 0, "contentType": mime, "url": url}])
    assert to_text(card, "").body == "鉴定报告已出。回复1收到"
    assert quick_replies(to_twilio(card, "x").template) == 1


def quick_replies(value: Any) -> int:
    if isinstance(value, dict):
        return int(value.get("type") == "QUICK_REPLY") + sum(map(quick_replies, value.values()))
    return sum(map(quick_replies, value)) if isinstance(value, list) else 0


def test_a_file_that_is_missing_is_told_in_words(tmp_path: Path) -> None:
    """The message goes on, with its answers, as what its file says for text."""
    text = "file: {url: '{{ report }}'}\ntext: 鉴定报告已出。\nbuttons:\n  - {reply: 收到, means: affirm}\n"
    card = card_of(tmp_path, text, report=None)
    fits(card)
    assert to_rbm(card)["text"] == "鉴定报告已出。"


def test_answers_too_long_for_the_buttons_of_a_carousel_are_numbered(tmp_path: Path) -> None:
    """No label is cut, none is refused: the entries are written out, with what each button says."""
    text = CAROUSEL.replace("{reply: 要,", "{reply: '{{ it }}，我要把它留下来，谢谢您',")
    card = card_of(tmp_path, text, all=["腕表" * 8, "手袋"])
    fits(card)
    rbm: Any = to_rbm(card)
    assert f"1 {'腕表' * 8} {'腕表' * 8}，我要把它留下来，谢谢您" in rbm["text"]


def test_a_long_text_becomes_a_card_where_text_is_shorter(tmp_path: Path) -> None:
    """GSMA text ends at 2,000 characters: title and body then go as a card, uncut."""
    card = card_of(tmp_path, f"title: {'题' * 190}\nbody: {'文' * 1900}\ntext: x\n")
    fits_rbm, parts = to_rbm(card), to_gsma(card)
    assert "text" in fits_rbm
    assert parts[0].type == MESSAGE
    assert judges.gsma(parts) == []


OVER = [
    ("title: '{{ x }}'\nbody: b\n", 2, "title", "is 201 characters long, the limit is 200", 201),
    ("body: '{{ x }}'\n", 2, "body", "is 2001 characters long, the limit is 2000", 2001),
    (
        "body: b\nbuttons:\n  - {open: '{{ x }}', url: 'https://a.example'}\n",
        4,
        "buttons.0.open",
        "has 26 characters ('¥9999999999999999999999999'), the limit is 25 (RBM)",
        26,
    ),
    (
        "body: b\nbuttons:\n  - {show: a, latitude: '1', longitude: '2', place: '{{ x }}'}\n",
        4,
        "buttons.0.place",
        "has 101 characters, the limit is 100 (RBM)",
        101,
    ),
    (
        "body: b\nbuttons:\n  - {calendar: a, starts: '2026-12-01', ends: '2026-12-01', event: '{{ x }}'}\n",
        4,
        "buttons.0.event",
        "is 101 characters long, the limit is 100",
        101,
    ),
    (
        "body: b\nmedia: {url: 'https://a.example/a.jpg', alt: '{{ x }}'}\n",
        3,
        "media.alt",
        "has 201 characters, the limit is 200 (RBM)",
        201,
    ),
    (
        "body: b\nmedia: {url: 'https://a.example/a.mp3'}\n",
        3,
        "media",
        "is audio/mpeg: a card shows image/, video/, application/pdf (RBM)",
        1,
    ),
]


@pytest.mark.parametrize(("text", "line", "field", "problem", "size"), OVER)
def test_too_much_at_run_time(tmp_path: Path, text: str, line: int, field: str, problem: str, size: int) -> None:
    """What may not be cut (here: a price) is refused with file, line, field, limit and actual length."""
    price = "¥" + "9" * (size - 1)
    with pytest.raises(CardError) as refused:
        to_rbm(card_of(tmp_path, text, x=price))
    error = refused.value
    assert (error.file, error.line, error.field, error.problem) == ("cards/zh/test/card.yml", line, field, problem)
