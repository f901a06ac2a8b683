"""Rich SMS: the parts of a template to be reviewed, and the fields of a send, as each provider wants them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.cards import every_card, shipped, written

from cards import CardError
from cards.check import check, sample
from cards.registered import Registered
from cards.rich_sms import (
    YUNPIAN_BYTES,
    RichPart,
    RichSms,
    digital_template,
    send_card_sms,
    yunpian_layout,
    yunpian_material,
    yunpian_params,
)

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


def test_aliyun_card_sms() -> None:
    """Flattened from 1, variables as JSON text without ${}, a link for phones that cannot, text for those without."""
    sms = made("consignment/sold", "aliyun")
    text = Registered("SMS_1", {"item": "腕表"}, "x")
    values = '{"item":"腕表（编号#3287）","price":"¥15,200"}'
    query = send_card_sms({"13800138000": sms, "13900139000": sms}, "叮咚寄售", text, "m-1")
    assert query == {
        "CardObjects.1.mobile": "13800138000",
        "CardObjects.1.dyncParams": values,
        "CardObjects.1.customUrl": "https://shop.example.com/items/3287",
        "CardObjects.2.mobile": "13900139000",
        "CardObjects.2.dyncParams": values,
        "CardObjects.2.customUrl": "https://shop.example.com/items/3287",
        "CardTemplateCode": "CARD_SMS_71001",
        "SignName": "叮咚寄售",
        "OutId": "m-1",
        "FallbackType": "SMS",
        "SmsTemplateCode": "SMS_1",
        "SmsTemplateParam": '{"item":"腕表"}',
    }
    assert send_card_sms({"13800138000": sms}, "叮咚寄售", None, "m-1")["FallbackType"] == "NONE"
    for people in (0, 1001):
        with pytest.raises(ValueError, match="one call reaches 1 to 1000"):
            send_card_sms({str(n): sms for n in range(people)}, "叮咚寄售", None, "m-1")


def test_aliyun_digital_sms() -> None:
    """The picture and the text, each with name, suffix, size and base64 content."""
    sms = made("consignment/listed", "aliyun")
    query = digital_template(sms, "叮咚寄售", {PHOTO: b"JPEG"}, "上架通知")
    text = "您寄售的${item}已上架，标价${price}，寄售到${until}。有人出价会马上告诉您。".encode()
    assert query == {
        "TemplateName": "寄售商品已上架",
        "SignName": "叮咚寄售",
        "Remark": "上架通知",
        "TemplateContents.1.FileName": "1",
        "TemplateContents.1.FileSuffix": "jpg",
        "TemplateContents.1.FileSize": "4",
        "TemplateContents.1.FileContents": "SlBFRw==",
        "TemplateContents.2.FileName": "2",
        "TemplateContents.2.FileSuffix": "txt",
        "TemplateContents.2.FileSize": str(len(text)),
        "TemplateContents.2.FileContents": base64.b64encode(text).decode(),
    }
    assert dict(sms.message.params) == {"item": "腕表（编号#3287）", "price": "¥16,800", "until": "11月25日"}


def test_yunpian_super_sms() -> None:
    """Layout and material of the template; a send brings one object of values for each number."""
    sms = made("consignment/sold", "yunpian")
    assert sms.parts == (
        RichPart("1", "jpg", url=PHOTO),
        RichPart("2", "txt", text="好消息！您寄售的#item#以#price#售出，结算进度会另行通知您。"),
    )
    assert yunpian_layout(sms) == {
        "vlVersion": "0.0.1",
        "subject": "寄售商品已售出",
        "frames": [
            {
                "index": 1,
                "playTimes": "1",
                "attachments": [{"index": 1, "fileName": "1.jpg"}, {"index": 2, "fileName": "2.txt"}],
            }
        ],
    }
    assert yunpian_material(sms, {PHOTO: b"JPEG"}) == [("1.jpg", b"JPEG"), ("2.txt", sms.parts[1].text.encode())]
    assert json.loads(yunpian_params([sms, sms])) == [{"item": "腕表（编号#3287）", "price": "¥15,200"}] * 2
    with pytest.raises(
        CardError, match=r"sold\.yml:\d+: rich_sms\.yunpian: has files of 1,800,\d+ bytes, Yunpian takes"
    ):
        yunpian_material(sms, {PHOTO: bytes(YUNPIAN_BYTES)})


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
