"""The story of the README, with real processes: a seller answers an offer on her phone, in her own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from e2e.house import OUTCOME_SECRET, PLATFORM_KEY, Person, buttons, house, sandboxed, webhook, words
from e2e.leaks import leaks
from standins.base import WEBHOOK_SECRET
from standins.fivegmsg import FivegmsgStandin
from standins.fivegmsg_xml import FivegmsgXmlStandin
from standins.google_rbm import GoogleRbmStandin
from standins.yunpian import YunpianStandin
from support.bot import ANNE, API_KEY, BO, MASTER_KEY, until
from support.ports import free_port


async def test_an_offer_comes_as_a_card_and_a_tap_makes_the_deal_once() -> None:
    """RCS on: card with buttons, 接受, deal on the platform, signed outcome, the good news on the phone."""
    async with sandboxed() as (phone, home):
        anne = Person(phone)
        card = await anne.hears()
        assert [button["text"] for button in buttons(card.content)] == ["接受", "拒绝", "还价"]
        assert "15,200" in words(card)
        await anne.taps(card, "接受")
        assert "成交" in words(await anne.hears())
        assert (await home.offer("made"))["price"] == "15200"
        assert (await home.outcome("offer.accepted"))["data"]
        await anne.taps(card, "接受")  # the same button again
        late = words(await anne.hears())
        assert "成交" not in late
        assert len((await home.books())["answers"]) == 1


async def test_a_seller_without_rcs_answers_in_her_own_words() -> None:
    """Text with numbered answers; 一万六, Y, 延期3天, 不卖, 1, 人工 and TD each do what they should."""
    async with sandboxed(ANNE) as (phone, home):
        anne = Person(phone)
        asked = words(await anne.hears())
        assert asked.startswith("【拾光寄售】")
        assert "1接受" in asked
        assert "2拒绝" in asked

        await anne.says("一万六")
        assert "16,000" in words(await anne.hears())
        assert (await home.offer("countered"))["counter"] == "16000"
        await home.outcome("offer.countered")

        await home.do("make_offer", code="3287", price="15800")
        assert "15,800" in words(await anne.hears())
        await anne.says("Y")
        assert "成交" in words(await anne.hears())
        assert (await home.offer("made"))["price"] == "15800"
        await home.outcome("offer.accepted")

        before = (await home.books())["listings"]
        await anne.says("延期3天")
        assert "延期到" in words(await anne.hears())
        after = (await home.books())["listings"]
        assert [after[name]["ends_on"] > before[name]["ends_on"] for name in before].count(True) == 1

        await home.do("make_offer", code="4102", price="9000")
        await anne.hears()
        await anne.says("不卖")
        await anne.hears()
        await home.offer("declined", "4102")
        await home.outcome("offer.declined")

        await home.do("make_offer", code="4102", price="9500")
        await anne.hears()
        await anne.says("1")
        assert "成交" in words(await anne.hears())
        await home.offer("made", "4102")
        await home.outcome("offer.accepted", count=2)

        await anne.says("人工")
        assert "人工客服" in words(await anne.hears())
        await anne.says("TD")
        assert "退订" in words(await anne.hears())
        await home.do("list", code="4102")
        await home.when(lambda books: all(one["state"] == "taken" for one in books["sent"]))
        assert anne.unheard() == []

        said = ["一万六", "延期3天", "不卖", "人工"]
        keys = [API_KEY, MASTER_KEY, PLATFORM_KEY, OUTCOME_SECRET, WEBHOOK_SECRET, phone.key]
        heard = [words(sent) for sent in phone.sent]
        assert len(heard) == 11
        assert leaks(home.data, numbers=["13800138000"], secrets=keys, words=[*said, *heard]) == set()
        looked = {"turns.text", "messages.text"}
        await until(lambda: _found(home.data, looked))  # it looks: the recorder is a moment behind


async def _found(data: Path, places: set[str]) -> bool:
    return leaks(data, numbers=[], secrets=["一万六"], words=[]) >= places


async def test_a_card_by_google_and_a_text_by_yunpian() -> None:
    """Who has RCS gets the card, who has not the text; an SMS answers what RCS asked."""
    port = free_port()
    async with (
        GoogleRbmStandin(webhook=webhook(port, "google_rbm"), receipts=True) as google,
        YunpianStandin(webhook=webhook(port, "yunpian"), receipts=True) as yunpian,
        house(google, yunpian, port=port) as home,
    ):
        google.no_rcs.add(BO)
        anne, bo = Person(google, ANNE), Person(yunpian, BO)
        card = await anne.hears()
        assert [button["text"] for button in buttons(card.content)] == ["接受", "拒绝", "还价"]
        await home.do("make_offer", code="2250", price="20000")
        assert "20,000" in words(await bo.hears())

        by_sms = Person(yunpian, ANNE)
        await by_sms.says("Y")  # to what RCS asked
        await home.offer("made")
        assert "成交" in words(await by_sms.hears())  # words alone gain nothing by RCS

        await bo.says("2")
        await home.offer("declined", "2250")
        await home.outcome("offer.accepted")
        await home.outcome("offer.declined")
        assert google.refused == ["404 NOT_FOUND"]
        assert yunpian.refused == []


@pytest.mark.parametrize("operator", [FivegmsgStandin, FivegmsgXmlStandin])
async def test_a_card_by_5g_message_is_tapped(operator: type[FivegmsgStandin | FivegmsgXmlStandin]) -> None:
    """In the GSMA's words, to whichever operator; the tap comes back as the answer to what was asked."""
    port = free_port()
    async with (
        operator(webhook=webhook(port, "fivegmsg"), receipts=True) as five_g,
        YunpianStandin(webhook=webhook(port, "yunpian"), receipts=True) as yunpian,
        house(five_g, yunpian, port=port) as home,
    ):
        anne = Person(five_g)
        shown = buttons((await anne.hears()).content)
        assert [button["displayText"] for button in shown] == ["接受", "拒绝", "还价"]
        postback: Any = shown[0]["postback"]
        [called] = await five_g.push(five_g.tap_push(ANNE, postback["data"], "接受"))
        assert called.acknowledged
        await home.offer("made")
        await home.outcome("offer.accepted")
        assert "成交" in words(await anne.hears())  # where she answered
        assert (five_g.refused, yunpian.sent) == ([], [])


async def test_a_platform_that_is_down_is_asked_until_it_answers() -> None:
    """She is told once that it is being confirmed, then the result; nothing is doubled, whatever she adds."""
    async with sandboxed(ANNE) as (phone, home):
        anne = Person(phone)
        await anne.hears()
        await home.faults(down=True)
        await anne.says("Y")
        assert "正在确认" in words(await anne.hears())
        await anne.says("Y")
        await anne.says("同意")
        await home.faults(lose_answers=1)  # it is back; what it does first it fails to say
        assert "成交" in words(await anne.hears())
        await home.offer("made")
        await home.outcome("offer.accepted")
        assert len((await home.books())["answers"]) == 1
        heard = [words(sent) for sent in phone.sent]
        assert [sum(word in one for one in heard) for word in ("正在确认", "成交")] == [1, 1]


async def test_a_slow_platform_holds_up_no_other_conversation() -> None:
    """While Anne's answer is under way Bo's question is asked and answered."""
    async with sandboxed(ANNE, BO) as (phone, home):
        anne, bo = Person(phone, ANNE), Person(phone, BO)
        await anne.hears()
        await home.faults(slow_s=5)
        await anne.says("Y")
        await bo.says("帮助")
        assert "人工" in words(await bo.hears())
        assert (await home.books())["answers"] == {}
        while "成交" not in words(await anne.hears()):
            continue
        await home.outcome("offer.accepted")
        assert len((await home.books())["answers"]) == 1
