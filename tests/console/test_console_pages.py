"""What staff see, drawn and live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Literal

from console.console_stage import Console, story
from support.entries import ANNE, BO, attempt, out, recall, receipt, status, turn
from support.sse import Event, events

from bot.deliver.accounts import Stopped
from bot.deliver.verdicts import NO_RECEIPTS
from bot.messages import AccountName
from bot.record.journal import ConsentEntry, ContactEntry, Entry, OutcomeEntry, ParkedEntry, SignalEntry

NASTY = "<script>alert(1)</script>"


def outcome(state: Literal["emitted", "posted"]) -> OutcomeEntry:
    return {
        "t": "outcome",
        "contact": ANNE,
        "id": "oc-1",
        "state": state,
        "type": "offer.countered",
        "thread": "o17",
        "sequence": 1,
    }


async def watch(console: Console, contact: str = "", after: int = 0) -> AsyncGenerator[Event, None]:
    params = {"contact": contact, "after": str(after)}
    async with console.http.get(f"{console.url}/console/events", params=params) as response:
        assert response.status == 200
        async for event in events(response):
            yield event


async def test_the_list_has_everybody_once_newest_first(console: Console) -> None:
    """A line for each person with the last words."""
    await console.record(*story())
    await console.record(turn("in-2", "在吗", contact=BO), start=100)
    await console.log_in()
    page = await console.get()
    assert page.index(f"/console/{BO}") < page.index(f"/console/{ANNE}")
    assert page.count(f"/console/{ANNE}") == 1
    assert "在吗" in page
    assert "一万六" in page


async def test_an_empty_console_says_so(console: Console) -> None:
    """Before anything happened there is a word on what will."""
    await console.log_in()
    assert "还没有会话" in await console.get()


async def test_a_stopped_account_stands_above_the_list(console: Console) -> None:
    """Since when, and the provider's code: out of money is seen where people look."""
    console.stopped[AccountName("sms")] = Stopped("3", 1_795_750_000_000, 0)
    await console.log_in()
    assert re.search(r'class="stopped">通道 sms 自 [^<]+ 起停用：3<', await console.get())
    assert 'class="stopped"' in await console.get("?lang=en")
    console.stopped.clear()
    assert 'class="stopped"' not in await console.get()


async def test_a_conversation_shows_what_and_why(console: Console) -> None:
    """Words, reading with rule, reason and what was turned down, states, the card, its attempt and receipts."""
    await console.record(*story())
    await console.log_in()
    page = await console.get(f"/{ANNE}")
    for words in ("一万六", "还价", "numbers.price", "说了一个价", "price=16000", "超出选项", "choices.digit"):
        assert words in page
    assert "<small>consignment/offer/</small>asked" in page
    assert "<small>consignment/offer/</small>countered" in page
    for words in (
        "有人出价 ¥15,200",
        "接受",
        "text: the phone is not rich",
        "because sent",
        "已读",
        "consignment/offer",
    ):
        assert words in page


async def test_consents_outcomes_and_the_rest_are_lines(console: Console) -> None:
    """Everything the journal knows has its line."""
    consent: ConsentEntry = {
        "t": "consent",
        "contact": ANNE,
        "topic": "*",
        "granted": False,
        "evidence": "TD",
        "stimulus": "in-1",
    }
    first: ContactEntry = {"t": "contact", "contact": ANNE, "number": "sealed-number"}
    parked: ParkedEntry = {"t": "parked", "contact": ANNE, "mail": "sealed-mail"}
    signal: SignalEntry = {"t": "signal", "contact": ANNE, "account": "sandbox", "what": "typing"}
    event = turn("ev-1", kind="happened", event="offer.made", text="")
    await console.record(first, event, consent, outcome("emitted"), outcome("posted"), parked, signal)
    await console.log_in()
    page = await console.get(f"/{ANNE}")
    for words in (
        "第一次见到",
        "平台事件",
        "offer.made",
        "退订：全部",
        "<code>TD</code>",
        "平台已收到",
        "已搁置",
        "正在输入",
    ):
        assert words in page
    assert page.count('id="outcome-oc-1"') == 1
    assert "sealed" not in page


async def test_what_was_not_sent_says_why(console: Console) -> None:
    """A message that was dropped or failed shows the reason."""
    await console.record(out(), status("dropped"))
    await console.log_in()
    page = await console.get(f"/{ANNE}")
    assert "未发送" in page
    assert "because dropped" in page


async def test_what_no_receipt_will_follow_says_so(console: Console) -> None:
    """Accepted is as far as it goes at a carrier that reports nothing; at others it is only the beginning."""
    final = status("sent")
    final["why"] = NO_RECEIPTS
    await console.log_in()
    await console.record(out(), attempt(), status("sent"))
    assert "通道不提供回执" not in await console.get(f"/{ANNE}")
    await console.record(final, start=3)
    assert "通道不提供回执" in await console.get(f"/{ANNE}")


async def test_a_card_that_was_taken_back_and_its_text_name_each_other(console: Console) -> None:
    """Every outcome of a recall has its word; each of the two links to the other."""
    card: list[Entry] = [out(), attempt(form="rbm"), status("sent"), recall("asked"), recall("not_found")]
    card += [recall(outcome) for outcome in ("error", "refused", "delivered", "failed", "unclear")]
    await console.record(*card, recall("revoked", instead="m-2"), out("m-2", instead_of="m-1"))
    await console.log_in()
    page = await console.get(f"/{ANNE}")
    assert '<a href="#out-m-2">改发短信</a>' in page
    assert '<a href="#out-m-1">代替未送达的卡片</a>' in page
    assert "已撤回" in page
    assert "运营商不能确定是否送达" in page
    assert "recall_" not in page


async def test_everything_is_printed_as_text(console: Console) -> None:
    """Nothing a person or a carrier wrote is markup here."""
    entry = attempt(form="rbm")
    entry["rich"] = {
        "text": NASTY,
        "suggestions": [{"reply": {"text": NASTY}}],
        "richCard": {"standaloneCard": {"cardContent": {"title": NASTY, "media": {"contentInfo": {"fileUrl": NASTY}}}}},
    }
    said = turn(text=NASTY, reason=NASTY, notes=[[NASTY, NASTY]], effects=[[NASTY, NASTY]], before=NASTY, after=NASTY)
    await console.record(
        out(), entry, status("failed", response=NASTY, code=NASTY), receipt("failed", error=NASTY), said
    )
    await console.log_in()
    for path in ("", f"/{ANNE}"):
        page = await console.get(path)
        assert "&lt;script&gt;" in page
        assert NASTY not in page
        assert " style=" not in page


async def test_an_unknown_contact_is_not_found(console: Console) -> None:
    """An address nobody has is 404, and one that is no contact id too."""
    await console.log_in()
    await console.get(f"/{'f' * 32}", status=404)
    await console.get("/not-a-contact", status=404)


async def test_older_pages_are_a_link_away(console: Console) -> None:
    """A long conversation begins with its newest part, and the older part is reached from there."""
    for n in range(130):
        await console.record(turn(f"in-{n}", f"第{n}句"), start=n)
    await console.log_in()
    page = await console.get(f"/{ANNE}")
    assert "第129句" in page
    assert "第29句" not in page
    before = page.partition("?before=")[2].partition("&")[0]
    older = await console.get(f"/{ANNE}?before={before}")
    assert "第29句" in older
    assert "第0句" in older
    assert 'data-position="0"' in older


async def test_a_step_is_drawn_as_it_happens(console: Console) -> None:
    """An open conversation is sent what is recorded, and the list with it."""
    await console.log_in()
    seen = watch(console, ANNE)
    first = asyncio.create_task(anext(seen))
    await console.record(turn("in-1", "现在说的"))
    step = await asyncio.wait_for(first, 20)
    assert step.name == "step"
    assert "现在说的" in step.data["html"]
    listed = await asyncio.wait_for(anext(seen), 20)
    assert (listed.name, listed.id) == ("list", str((await console.ledger.progress()).position))
    assert 'aria-current="page"' in listed.data["html"]


async def test_a_receipt_redraws_the_message_it_is_about(console: Console) -> None:
    """What became of a message known before is drawn in its place, with all that went before."""
    commits = story()
    await console.record(*commits[:3])
    await console.log_in()
    seen = watch(console, ANNE, (await console.ledger.progress()).position)
    first = asyncio.create_task(anext(seen))
    await console.record(*commits[3:5], start=100)
    step = await asyncio.wait_for(first, 20)
    assert 'id="out-m-1"' in step.data["html"]
    assert "有人出价 ¥15,200" in step.data["html"]
    assert 'class="tick read"' in step.data["html"]
    assert "because sent" in step.data["html"]


async def test_somebody_elses_conversation_moves_only_the_list(console: Console) -> None:
    """An open conversation is not sent the steps of another."""
    await console.record(turn("in-1", "安妮"))
    await console.log_in()
    seen = watch(console, ANNE, (await console.ledger.progress()).position)
    first = asyncio.create_task(anext(seen))
    await console.record(turn("in-2", "别人说的", contact=BO), start=100)
    assert (await asyncio.wait_for(first, 20)).name == "list"


async def test_a_stream_ends_with_its_session(console: Console) -> None:
    """Once the session is gone nothing more is sent."""
    await console.log_in()
    seen = watch(console)
    first = asyncio.create_task(anext(seen))
    await console.record(turn("in-1"))
    await asyncio.wait_for(first, 20)
    async with console.http.post(f"{console.url}/console/logout", allow_redirects=False):
        pass
    await console.record(turn("in-2"), start=100)
    left = [event async for event in seen]
    assert len(left) <= 1  # what was already on its way


async def test_the_page_has_a_strict_policy(console: Console) -> None:
    """Nothing inline, nothing foreign, no framing, not kept by caches."""
    async with console.http.get(f"{console.url}/console/login") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
