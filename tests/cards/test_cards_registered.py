"""Registered texts: what was approved is what is sent, and values keep their provider's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.cards import every_card, shipped, written

from cards import CardError
from cards.check import SAMPLE_SIGNATURE, check, sample
from cards.registered import Registered, Review, fingerprint, unusable
from cards.text import to_text

OFFER: dict[str, Any] = {
    "item": {"code": "3287", "category": "腕表"},
    "price": "15200",
    "expires_at": "2026-11-25T10:00:00+00:00",
}
SAID = "您寄售的腕表（编号#3287）有买家出价¥15,200，11月25日 18:00前有效。回复1接受 2拒绝，或直接回复价格"
NAMED = [
    (language, name, account)
    for language, name in every_card()
    for account in shipped().template(name, language).templates
]


def offer(account: str, **data: Any) -> Registered | None:
    cards = shipped()
    given = {**OFFER, **data}
    choices = cards.choices("consignment/offer", given)
    card = cards.render("consignment/offer", "zh", given, zone="Asia/Shanghai", ask="t.1", choices=choices)
    return cards.registered(card, account)


@pytest.mark.parametrize(
    ("account", "code", "names"),
    [
        ("aliyun", "SMS_480001001", ["item", "price", "until"]),
        ("tencent", "2100001", ["1", "2", "3"]),
        ("yunpian", "5800001", ["item", "price", "until"]),
    ],
)
def test_an_offer_by_its_template(account: str, code: str, names: list[str]) -> None:
    """Code, values in the text's order, and the very words the person reads."""
    values = ["腕表（编号#3287）", "¥15,200", "11月25日 18:00"]
    assert offer(account) == Registered(code, dict(zip(names, values, strict=True)), SAID)
    assert list((offer(account) or Registered("", {}, "")).params.values()) == values


def test_an_offer_by_twilios_content_template() -> None:
    """Its values are all that differs from message to message, taps included; another shape is another template."""
    item = {**OFFER["item"], "photo": "https://img.example.com/1.jpg", "url": "https://shop.example.com/1"}
    found = offer("twilio", item=item)
    assert found is not None
    assert found.code == "HX0c9bd1a95b8e4c7f8ab06d33ac0e1d01"
    assert [found.params[n] for n in ("4", "5", "12")] == ["接受", "ask:t.1:affirm", SAID]
    with pytest.raises(
        CardError, match=r"templates\.twilio\.text: is consignment/offer\.zh\.c6f698df, and this message is"
    ):
        offer("twilio")


def test_an_account_without_a_template() -> None:
    """A card that names none for an account is sent there as free text, or not at all: the caller knows which."""
    assert offer("somewhere") is None


@pytest.mark.parametrize(("language", "name", "account"), NAMED)
def test_every_shipped_template_is_what_its_card_says(language: str, name: str, account: str) -> None:
    """With the sample's values in its placeholders, behind the account's signature."""
    card = sample(shipped(), name, language)
    found = shipped().registered(card, account)
    assert found is not None
    assert f"【{SAMPLE_SIGNATURE}】{found.text}" == to_text(card, SAMPLE_SIGNATURE).body


def test_some_are_shipped() -> None:
    """Each provider that demands templates has one to copy from."""
    assert {account for _, _, account in NAMED} == {"aliyun", "tencent", "yunpian", "twilio"}


@pytest.mark.parametrize(
    ("account", "data", "problem"),
    [
        ("aliyun", {"category": "很" * 40}, "templates.aliyun.params.item: has 49 characters, a value may have 35"),
        ("tencent", {"category": "很" * 20}, "templates.tencent.params.1: has 29 characters, a value may have 20"),
        ("aliyun", {"category": "a.example/x"}, "templates.aliyun.params.item: holds a link"),
        ("yunpian", {"category": "【表】"}, "templates.yunpian.params.item: holds 【】"),
    ],
)
def test_a_value_the_provider_forbids(account: str, data: dict[str, str], problem: str) -> None:
    """It is refused here, with field and figures, not by the provider an hour later."""
    with pytest.raises(CardError, match=r"cards/zh/consignment/offer\.yml:\d+: ") as refused:
        offer(account, item={"code": "3287", **data})
    assert problem in str(refused.value)


CARD = 'body: "出价{{ price | yuan }}，请答复。"\nsample: {price: "15200"}\n'


def templated(text: str, account: str = "aliyun", more: str = "", params: str = '{p: "{{ price | yuan }}"}') -> str:
    return f'{CARD}templates: {{{account}: {{code: T1, text: "{text}", params: {params}{more}}}}}\n'


@pytest.mark.parametrize(
    ("zh", "problem"),
    [
        (templated("出价${p}，请答复。"), None),
        (templated("【叮咚】出价#p#，请答复。", "yunpian"), None),
        (templated("出价#p#，请答复。", "main", ", of: yunpian"), None),
        (
            templated("出价${p}，请回复。"),
            "templates.aliyun.text: is not what the card says [message|template]: …15,200，请[答|回]复。",
        ),
        (
            templated("出价￥${p}，请答复。"),
            "templates.aliyun.text: is not what the card says [message|template]: 出价[|￥]¥15,200，…",
        ),
        (templated("出价${q}，请答复。"), "has the placeholder q, and `params` gives it no value"),
        (templated("出价很高，请答复。"), "templates.aliyun.params.p: is no placeholder of the text"),
        (templated("${p}${p}"), "has the placeholder p twice: one value, one placeholder"),
        (templated("${p}"), "is nothing but placeholders"),
        (
            templated("出价${p}${q}。", params='{p: "1", q: "2"}'),
            "has two placeholders side by side: put words between them",
        ),
        (templated("出价${p}【急】"), "has 【】 within: only the signature in front has them"),
        (templated("出价${p}，请答复。拒收请回复R"), "must not end with 拒收请回复R: its flow is no marketing"),
        (templated("出价{2}，请答复。", "tencent", params='{"2": "a"}'), "placeholders count 1, 2, 3…"),
        (
            templated("出价{1}，请答复。", "tencent", params='{"1": "{{ price | yuan }}"}'),
            "templates.tencent.params.1: has 7 characters, a value may have 6",
        ),
        (templated("出价{1}，请答复。", "tencent", ", value_max: 7", '{"1": "{{ price | yuan }}"}'), None),
        (
            templated("test/card.zh.00000000", "twilio", params="{}"),
            "is test/card.zh.00000000, and this message is test",
        ),
        (templated("x", "twilio"), "templates.twilio.params: follow from the card: leave them out"),
        (templated("出价${p}，请答复。", "main"), "whose template is it? Write `of:` aliyun, tencent, yunpian, twilio"),
    ],
)
def test_check_reads_templates(tmp_path: Path, zh: str, problem: str | None) -> None:
    """What a provider would turn down, or what its card does not say, is found before anything is submitted."""
    found = [finding.problem for finding in check(written(tmp_path, zh, en="body: x\n"))]
    fields = [f"{finding.field}: {finding.problem}" for finding in check(written(tmp_path, zh, en="body: x\n"))]
    assert any(problem in one for one in fields) if problem else found == []


def test_marketing_ends_with_the_way_out(tmp_path: Path) -> None:
    """A marketing text is registered with its tail, and sent with it."""
    cards = written(tmp_path, templated("出价${p}，请答复。拒收请回复R"), en="body: x\n")
    assert check(cards, marketing={"test/card"}) == []
    card = cards.render("test/card", "zh", {"price": "15200"}, zone="UTC")
    found = cards.registered(card, "aliyun", marketing=True)
    assert found is not None
    assert found.text == "出价¥15,200，请答复。拒收请回复R"


def test_only_an_approved_text_may_be_sent() -> None:
    """Nothing unapproved goes out, nor a text that changed since; a rejection says why."""
    template = shipped().template("consignment/offer", "zh").templates["aliyun"]
    own = fingerprint(template.source.text)
    reasons = [
        unusable(template, review)
        for review in (
            None,
            Review("draft", own),
            Review("submitted", own),
            Review("approved", fingerprint("another")),
            Review("rejected", own, "变量过多"),
            Review("approved", own),
        )
    ]
    assert reasons == [
        "template SMS_480001001 was not submitted",
        "template SMS_480001001 was not submitted",
        "template SMS_480001001 is under review",
        "the text of template SMS_480001001 changed since it was approved",
        "template SMS_480001001 was rejected: 变量过多",
        "",
    ]
