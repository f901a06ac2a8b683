"""Rich SMS: the parts of a template to be reviewed, and the fields of a send, as each provider wants them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.cards import every_card, shipped, written

from cards import CardError
from cards.check import check, sample
from cards.rich_sms import RichPart, RichSms

PHOTO = "https://img.example.com/3287.jpg"
NAMED = [
    (language, name, account)
    for language, name in every_card()
    for account in shipped().template(name, language).rich_sms
]


def made(name: str, account: str) -> RichSms:
    found = shipped().rich_sms(sample(shipped(), name, "zh"), account)
    assert found is not None
    return found


@pytest.mark.parametrize(("language", "name", "account"), NAMED)
def test_every_shipped_one_is_what_its_card_says(language: str, name: str, account: str) -> None:
    """Media and text to submit; values that make the card's own text."""
    card = sample(shipped(), name, language)
    found = shipped().rich_sms(card, account)
    assert found is not None
    assert found.message.text == card.text
    assert [part.suffix for part in found.parts] == ["jpg", "txt"]


def test_each_kind_is_shipped() -> None:
    """There is one of each to copy from."""
    kinds = {shipped().template(name, language).rich_sms[account].source.kind for language, name, account in NAMED}
    assert kinds == {"card", "digital", "video"}


def test_a_card_without_any() -> None:
    """A card that names none for an account is sent there as text."""
    assert shipped().rich_sms(sample(shipped(), "consignment/offer", "zh"), "aliyun") is None


def test_the_parts_of_its_template() -> None:
    """The picture first, then the text as registered; a send brings the values."""
    sms = made("consignment/sold", "yunpian")
    assert sms.parts == (
        RichPart("1", "jpg", url=PHOTO),
        RichPart("2", "txt", text="好消息！您寄售的#item#以#price#售出，结算进度会另行通知您。"),
    )
    assert [part.file for part in sms.parts] == ["1.jpg", "2.txt"]
    assert (sms.kind, sms.subject) == ("video", "寄售商品已售出")
    assert dict(sms.message.params) == {"item": "腕表（编号#3287）", "price": "¥15,200"}
    assert made("consignment/sold", "aliyun").link == "https://shop.example.com/items/3287"


def rich(kind: str, media: str, more: str = "") -> str:
    return (
        f'body: "出价{{{{ p }}}}，请答复。"\n{media}sample: {{p: "1"}}\n'
        f'rich_sms: {{aliyun: {{kind: {kind}, code: C, subject: s, text: "出价${{p}}，请答复。",'
        f' params: {{p: "{{{{ p }}}}"}}{more}}}}}\n'
    )


PICTURE = "media: {url: 'https://a.example/a.jpg'}\n"


@pytest.mark.parametrize(
    ("zh", "problem"),
    [
        (rich("digital", PICTURE), None),
        (rich("card", ""), None),
        (rich("digital", ""), "rich_sms.aliyun.kind: has no picture or film to show"),
        (
            rich("video", "media: {url: 'https://a.example/a.jpg', only: rcs}\n"),
            "rich_sms.aliyun.kind: has no picture or film to show",
        ),
        (
            rich("digital", "media: {url: 'https://a.example/a.webm'}\n"),
            "rich_sms.aliyun.kind: shows video/webm; it takes image/jpeg, image/png, image/gif, audio/mpeg, video/mp4",
        ),
        (rich("card", "").replace("请答复。", "请回。", 1), "rich_sms.aliyun.text: is not what the card says"),
    ],
)
def test_check_reads_rich_sms(tmp_path: Path, zh: str, problem: str | None) -> None:
    """Media that is for RCS only goes into no text form, and what a provider has no form for is found."""
    found = [f"{one.field}: {one.problem}" for one in check(written(tmp_path, zh, en="body: x\n"))]
    assert any(one.startswith(problem) for one in found) if problem else found == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            rich("card", "").replace("subject: s", f"subject: {'长' * 21}"),
            r"aliyun\.subject: has 21 characters, the limit is 20",
        ),
        (rich("mms", ""), "'card', 'digital' or 'video'"),
        (
            rich("card", "carousel: {each: all, label: a, title: a, buttons: [{reply: r, means: m}]}\n"),
            "a carousel is no rich SMS",
        ),
    ],
)
def test_what_cannot_be_rich_sms(tmp_path: Path, text: str, problem: Any) -> None:
    """A long subject, another kind, a carousel: refused when the file is read."""
    with pytest.raises(CardError, match=problem):
        written(tmp_path, text)
