"""What no document settles is a setting: each of these is written, or read, as the account says."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from judges import Recorder
from standins.aliyun import AliyunStandin
from standins.base import WEBHOOK_SECRET, Push, Sent
from standins.fivegmsg import FivegmsgStandin
from standins.fivegmsg_xml import FivegmsgXmlStandin
from standins.infobip import InfobipStandin
from standins.jasmin import JasminStandin
from standins.kit import NUMBER, pushed, sendable
from standins.twilio import TwilioStandin
from standins.vonage import VonageStandin
from standins.yunpian import YunpianStandin

from bot.carriers import build
from bot.carriers.base import Asks, Carrier, Media, SendsMany, Uploads
from bot.carriers.http import Http
from bot.errors import ConfigError, SendError
from bot.messages import AccountName, Capability, Inbound, PhoneNumber, Receipt, Signal, Tap, WebhookRequest
from flows.values import replace

ACC = AccountName("acc")
OTHER = PhoneNumber("+8613900139000")
SPAM = "application/x-spam"


def account(standin: Any, **given: Any) -> Carrier:
    return build(ACC, standin.table(**given))


async def written(carrier: Carrier, text: str = "【叮咚】您好", answer: bytes = b"") -> tuple[dict[str, str], str]:
    """Headers and body of one send."""
    http = Recorder(answer=answer)
    with contextlib.suppress(SendError):  # whatever it made of the answer
        await carrier.send(http, sendable(text))
    [request] = http.requests
    return dict(request.headers), request.body.decode()


async def test_infobips_scheme() -> None:
    """The word before its key."""
    for given, scheme in (({}, "App"), ({"key_scheme": "Bearer"}, "Bearer")):
        headers, _ = await written(account(InfobipStandin(), **given))
        assert headers["Authorization"].partition(" ")[0] == scheme


async def test_how_jasmin_writes_what_gsm_has_not() -> None:
    """Both ways."""
    for given, encoding in (({}, "utf-16-be"), ({"ucs2_as": "utf-16-le"}, "utf-16-le")):
        carrier, hexed = account(JasminStandin(), **given), "您".encode(encoding).hex()
        _, body = await written(carrier, "您")
        assert f"hex-content={hexed}" in body
        query = {"from": NUMBER, "to": "1", "content": "?", "coding": "8", "binary": hexed}
        [said] = carrier.parse(WebhookRequest("GET", {}, query, b"", "", datetime.now(UTC))).items
        assert isinstance(said, Inbound)
        assert said.text == "您"


@pytest.mark.parametrize("field", ["sms_status", "vsms_status"])
def test_where_yunpian_puts_receipts_of_super_sms(field: str) -> None:
    """Beside those of texts, which stay where they are."""
    yunpian = YunpianStandin()
    carrier = account(yunpian, video_status_field=field)
    [push] = yunpian.receipt_pushes([Sent(sendable().id, NUMBER, "", "7")], "SUCCESS")
    for body in (push.body, push.body.replace(b"sms_status", field.encode())):
        [told] = carrier.parse(pushed(replace(push, body=body))).items
        assert isinstance(told, Receipt)


def test_the_fields_of_a_tap_at_vonage() -> None:
    """Of a chip's words, of our postback, of a button's words."""
    vonage = VonageStandin()
    carrier = account(vonage, reply_label="words", button_postback="data", button_label="label")
    for said in (
        {"message_type": "reply", "reply": {"id": "ask:O-17.2:deny", "words": "拒绝"}},
        {"message_type": "button", "button": {"data": "ask:O-17.2:deny", "label": "拒绝"}},
    ):
        [tapped] = carrier.parse(pushed(vonage.posted(vonage.said(NUMBER, said)))).items
        assert isinstance(tapped, Inbound)
        assert (tapped.tap, tapped.text) == (Tap("O-17.2", "deny"), "拒绝")


async def test_how_many_china_mobile_takes_and_under_which_address() -> None:
    """A dummy where a gateway wants one for many; alone it is always the person's."""
    carrier = account(FivegmsgXmlStandin(), cm_batch=2, cm_group_address="00000")
    assert isinstance(carrier, SendsMany)
    http = Recorder()
    await carrier.send_many(http, [sendable(), sendable(to=OTHER), sendable(to=PhoneNumber("+8613700137000"))])
    bodies = sorted((request.body.decode() for request in http.requests), key=len)
    assert [body.count("<destinationAddress>") for body in bodies] == [1, 2]
    assert "<address>tel:+8613700137000</address>" in bodies[0]
    assert "<address>00000</address>" in bodies[1]


async def test_what_china_mobile_calls_its_parts() -> None:
    """The element of the text sent as SMS, where files go, and with which headers."""
    carrier = account(
        FivegmsgXmlStandin(),
        sms_fallback=True,
        cm_sms_element="smBodyText",
        cm_file_path="Content?hash=x",
        cm_file_headers={"Terminal-type": "Bot"},
    )
    _, body = await written(carrier)
    assert "<smBodyText>【叮咚】您好</smBodyText>" in body
    assert isinstance(carrier, Uploads)
    http = Recorder(answer=b"<file/>")
    with pytest.raises(SendError, match="bad_answer"):
        await carrier.upload(http, Media("a.jpg", "image/jpeg", b"x"))
    assert http.requests[0].url.raw_path_qs.endswith("/Content?hash=x")
    assert http.requests[0].headers["Terminal-type"] == "Bot"


@pytest.mark.parametrize("standin", [FivegmsgStandin(), FivegmsgXmlStandin()], ids=["ct_cu", "cm"])
def test_what_a_report_of_spam_is(standin: FivegmsgStandin | FivegmsgXmlStandin) -> None:
    """Of the type that the account says; of none where it says none."""
    usual = "application/vnd.gsma.rcsspam-report+xml"
    told = [spam(standin, kind) for kind in (SPAM, usual)]
    for spam_type, opt_outs in ((usual, [False, True]), (SPAM, [True, False]), ("", [False, False])):
        carrier = account(standin, spam_type=spam_type)
        items = [carrier.parse(pushed(push)).items[0] for push in told]
        assert [isinstance(item, Signal) and item.what == "unsubscribed" for item in items] == opt_outs


def spam(standin: FivegmsgStandin | FivegmsgXmlStandin, kind: str) -> Push:
    if isinstance(standin, FivegmsgXmlStandin):
        return standin.said_push(NUMBER, kind, "<x/>")
    return standin.said_push(NUMBER, {"contentType": kind, "contentText": "<x/>"})


def test_the_clock_of_a_time_without_zone() -> None:
    """Beijing's, unless the account says otherwise."""
    standin = FivegmsgStandin()
    push = standin.reply_push(NUMBER, "Y")
    body = json.loads(push.body) | {"dateTime": "2026-01-02T11:04:05"}
    naive = replace(push, body=json.dumps(body).encode())
    for given, hour in (({}, 3), ({"utc_offset_h": 9}, 2)):
        [said] = account(standin, **given).parse(pushed(naive)).items
        assert isinstance(said, Inbound)
        assert said.at == datetime(2026, 1, 2, hour, 4, 5, tzinfo=UTC)


async def test_aliyuns_older_question(http: Http) -> None:
    """CheckMobilesCardSupport, where an account has not got the newer one."""
    async with AliyunStandin() as aliyun:
        aliyun.no_cards.add(OTHER)
        table = aliyun.table(rich_templates={"SMS_154950909": "CARD_SMS_60"}, card_check="CheckMobilesCardSupport")
        carrier = build(ACC, table)
        assert isinstance(carrier, Asks)
        assert [await carrier.capability(http, phone) for phone in (NUMBER, OTHER)] == [
            Capability(rich=True),
            Capability(rich=False),
        ]
        assert aliyun.asked == ["CheckMobilesCardSupport"] * 2


async def test_twilio_is_told_where_we_are() -> None:
    """By web.public_url, unless its webhook is written out; one of both it must be."""
    table = TwilioStandin().table()
    del table["webhook_urls"]
    _, body = await written(build(ACC, table, public_url="https://bot.example.com"))
    assert f"https://bot.example.com/webhooks/acc/{WEBHOOK_SECRET}?message%3D" in body
    with pytest.raises(ConfigError, match="say how Twilio reaches us"):
        build(ACC, table)
