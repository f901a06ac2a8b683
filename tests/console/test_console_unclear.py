"""The queue of replies nobody understood: staff say what each meant."""

from __future__ import annotations

import pytest
from console.console_stage import Console
from support.entries import turn

from bot.console.queue import BY
from bot.record.journal import Entry

NASTY = "<script>alert(1)</script>"


def unclear(name: str, text: str, context: str = "offer") -> Entry:
    readings = [{"intent": "unclear", "rule": "unclear.no_answer", "why": "no answer in it"}]
    return turn(name, text, readings=readings, context=context)


async def send(
    console: Console, reply: str, intent: str, value: str = "", status: int = 303, **headers: str
) -> tuple[str, str]:
    """Where the form leads, and the page it answers with."""
    form = {"reply": reply, "intent": intent, "value": value}
    url = f"{console.url}/console/unclear?lang=zh"
    async with console.http.post(url, data=form, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status
        return answer.headers.get("Location", ""), await answer.text()


async def label(console: Console, reply: str) -> tuple[str, dict[str, object], str] | None:
    found = await console.ledger.unclear_reply(reply)
    assert found
    return (found.label.intent, dict(found.label.slots), found.label.by) if found.label else None


async def test_replies_wait_newest_first_until_they_are_labelled(console: Console) -> None:
    """With what was asked; a reply that was understood is not among them."""
    await console.record(unclear("a", "一万六那个样子吧"), turn("b", "好的"), unclear("c", "那个", "expiring"))
    await console.log_in()
    page = await console.get("/unclear")
    assert page.index("那个</blockquote>") < page.index("一万六那个样子吧</blockquote>")
    assert page.count("<blockquote>") == 2
    assert "到期" in page
    assert await send(console, "a", "counter_offer", "16000") == ("/console/unclear?lang=zh", "303: See Other")
    assert await label(console, "a") == ("counter_offer", {"price": 16000}, BY)
    assert "一万六那个样子吧" not in await console.get("/unclear")


@pytest.mark.parametrize(
    ("context", "intent", "value", "slots"),
    [
        ("offer", "affirm", "", {}),
        ("expiring", "extend", "", {"days": None}),
        ("expiring", "extend", "15", {"days": 15}),
        ("expiring", "extend_until", "2026-12-05", {"date": "2026-12-05"}),
        ("payout", "choose", "2", {"option": 2}),
        ("appointment", "reschedule", "2026-11-25T15:00", {"when": "2026-11-25T15:00"}),
        ("rating", "rate", "4", {"score": 4}),
        ("none", "unclear", "", {}),
    ],
)
async def test_every_kind_of_meaning_can_be_said(
    console: Console, context: str, intent: str, value: str, slots: dict[str, object]
) -> None:
    """Each intent of the question with its own value."""
    await console.record(unclear("a", "那个", context))
    await console.log_in()
    await send(console, "a", intent, value)
    assert await label(console, "a") == (intent, slots, BY)


@pytest.mark.parametrize(
    ("intent", "value", "said"),
    [
        ("", "", "请先选出意思"),
        ("rate", "5", "请先选出意思"),
        ("counter_offer", "", "数值不对"),
        ("counter_offer", "-3", "数值不对"),
        ("affirm", "16000", "数值不对"),
    ],
)
async def test_what_cannot_be_meant_is_told_and_not_kept(console: Console, intent: str, value: str, said: str) -> None:
    """An answer of another question, a missing value, one too many."""
    await console.record(unclear("a", "那个"))
    await console.log_in()
    _, page = await send(console, "a", intent, value, status=400)
    assert said in page
    assert await label(console, "a") is None


async def test_a_reply_that_is_not_there_cannot_be_labelled(console: Console) -> None:
    """Neither one that was understood."""
    await console.record(turn("b", "好的"))
    await console.log_in()
    await send(console, "b", "affirm", status=404)


async def test_another_sites_page_labels_nothing(console: Console) -> None:
    """A form sent from elsewhere is refused, as everywhere on the console."""
    await console.record(unclear("a", "那个"))
    await console.log_in()
    await send(console, "a", "affirm", status=403, Origin="https://evil.example")
    assert await label(console, "a") is None


async def test_a_stranger_neither_sees_nor_labels(console: Console) -> None:
    """Without a session both lead to the door."""
    await console.record(unclear("a", "那个"))
    await console.get("/unclear", status=303)
    assert (await send(console, "a", "affirm"))[0] == "/console/login"
    assert await label(console, "a") is None


async def test_a_reply_is_printed_as_text(console: Console) -> None:
    """Nothing a person wrote is markup here."""
    await console.record(unclear("a", NASTY))
    await console.log_in()
    page = await console.get("/unclear")
    assert NASTY not in page
    assert "&lt;script&gt;" in page


async def test_the_queue_is_reached_from_the_list(console: Console) -> None:
    """And an empty one says so, in both languages."""
    await console.log_in()
    assert "/console/unclear" in await console.get()
    assert "都处理完了" in await console.get("/unclear")
    assert "None are left" in await console.get("/unclear?lang=en")
