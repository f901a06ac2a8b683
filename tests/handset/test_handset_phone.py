"""The browser's side: what a person sees and does, and what the bot hears of it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from handset.constructs import ACTIONS
from handset.stage import KEY, LIN, OFFER, Stage

from bot.handset import HandsetConfig, setup
from bot.messages import Inbound, Receipt, Signal, Status, Tap


async def test_an_open_page_has_what_waited_delivered(stage: Stage) -> None:
    """A message that came while the phone was off is reported delivered when a page opens, not before."""
    message, accepted = await stage.send(OFFER)
    await stage.page()
    assert stage.bot.items.empty()
    watching = asyncio.create_task(anext(stage.watch()))
    receipt = await stage.bot.next()
    assert isinstance(receipt, Receipt)
    assert (receipt.message, receipt.provider_id, receipt.status) == (message, accepted.provider_id, Status.DELIVERED)
    watching.cancel()


async def test_a_message_appears_on_an_open_page(stage: Stage) -> None:
    """What comes while the page is open is drawn at once and reported delivered."""
    seen = stage.watch()
    drawing = asyncio.create_task(anext(seen))
    message, _ = await stage.send(OFFER)
    event = await asyncio.wait_for(drawing, 20)
    assert event.name == "bubble"
    assert f'id="m-{message}"' in event.data["html"]
    receipt = await stage.bot.next()
    assert isinstance(receipt, Receipt)
    assert receipt.status == Status.DELIVERED


async def test_a_page_that_comes_back_catches_up(stage: Stage) -> None:
    """A reconnecting browser is sent what it missed since its last event."""
    before = await stage.phones.cursor(stage.lin)
    await stage.send(text="第一条")
    await stage.send(text="第二条")
    seen = stage.watch(after=before)
    drawn = [(await anext(seen)).data["html"] for _ in range(2)]
    assert "第一条" in drawn[0]
    assert "第二条" in drawn[1]


async def test_read_is_reported_once_and_for_rcs_only(stage: Stage) -> None:
    """A card on the screen is reported read once; a text has no read receipt; what is not delivered is not read."""
    card, _ = await stage.send(OFFER)
    text, _ = await stage.send()
    await stage.act("read", ids=card)
    for message in (card, text):
        await stage.phones.mark(stage.lin, message, "delivered")
    await stage.act("read", ids=f"{card},{text},nonsense")
    await stage.act("read", ids=card)
    await stage.act("say", text="后面")
    receipt, said = await stage.bot.next(), await stage.bot.next()
    assert isinstance(receipt, Receipt)
    assert (receipt.message, receipt.status) == (card, Status.READ)
    assert isinstance(said, Inbound)


async def test_words_reach_the_bot_and_are_ticked(stage: Stage) -> None:
    """What the person writes arrives signed, and her bubble is ticked once the bot has taken it."""
    stage.bot.refusals = [503] * 1000
    seen = stage.watch(after=await stage.phones.cursor(stage.lin))
    await stage.act("say", text="  一万六  ")
    assert 'class="tick pending"' in (await anext(seen)).data["html"]
    stage.bot.refusals = []
    said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert (said.number, said.text, said.tap) == (LIN, "一万六", None)
    ticked = await asyncio.wait_for(anext(seen), 20)
    assert f'id="m-{said.id}"' in ticked.data["html"]
    assert 'class="tick taken"' in ticked.data["html"]


async def test_a_bot_that_fails_is_tried_again_in_order(stage: Stage) -> None:
    """A 5xx is repeated until it is taken, and nothing overtakes it."""
    stage.bot.refusals = [503, 500]
    await stage.act("say", text="先")
    await stage.act("say", text="后")
    items = [await stage.bot.next(), await stage.bot.next()]
    assert [item.text for item in items if isinstance(item, Inbound)] == ["先", "后"]
    assert stage.bot.calls == 4


async def test_a_bot_that_refuses_is_not_tried_again(stage: Stage) -> None:
    """A 4xx is final: the bubble says it was not delivered, and what follows goes on."""
    stage.bot.refusals = [403]
    await stage.act("say", text="不要的")
    await stage.act("say", text="要的")
    said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert said.text == "要的"
    marks = {shown.item.text: shown.marks for shown in await stage.phones.items(stage.lin)}
    assert marks["不要的"] == {"refused"}


async def test_what_is_owed_outlives_the_process(stage: Stage) -> None:
    """A reply written while the bot was away is delivered by another handset process on the same store."""
    stage.bot.refusals = [503] * 100
    await stage.act("say", text="留着")
    app = web.Application()
    async with aiohttp.ClientSession() as http:
        hooks = web.Application()
        hooks.router.add_post("/hook", _recovered(stage))
        async with TestServer(hooks) as listening:
            setup(app, stage.redis, http, HandsetConfig(KEY, str(listening.make_url("/hook"))))
            async with TestServer(app):
                said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert said.text == "留着"


def _recovered(stage: Stage) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def receive(request: web.Request) -> web.Response:
        stage.bot.refusals = []
        return await stage.bot.receive(request)

    return receive


async def test_a_tap_carries_its_postback_and_label(stage: Stage) -> None:
    """Tapping a button sends what the button carries, and shows its label as the person's own words."""
    message, _ = await stage.send(OFFER)
    await stage.act("tap", message=message, postback="ask:t1.1:affirm")
    tapped = await stage.bot.next()
    assert isinstance(tapped, Inbound)
    assert (tapped.text, tapped.tap) == ("接受", Tap("t1.1", "affirm"))
    assert [one.item.text for one in await stage.phones.items(stage.lin) if one.item.form == "own"] == ["接受"]


@pytest.mark.parametrize(("message", "postback"), [("", "ask:t1.1:forged"), ("no-such", "ask:t1.1:affirm")])
async def test_only_buttons_that_are_there_can_be_tapped(stage: Stage, message: str, postback: str) -> None:
    """A postback that is on no button of that message is refused and reaches nobody."""
    shown, _ = await stage.send(OFFER)
    await stage.act("tap", 404, message=message or shown, postback=postback)
    assert stage.bot.calls == 0


@pytest.mark.parametrize("does", ACTIONS)
async def test_an_action_is_told_and_opens_its_sheet(stage: Stage, does: str) -> None:
    """The bot hears that an action was tapped; the phone opens what belongs to it, the browser's link nothing."""
    message, _ = await stage.send({"text": "?", "suggestions": [ACTIONS[does]]})
    sheet = await stage.act("act", 204 if does == "open" else 200, message=message, spot="chip.0")
    kind = does.replace("_query", "").replace("_", " ")
    assert sheet.startswith(f'<section class="sheet {kind}"' if does != "open" else "")
    acted = await stage.bot.next()
    assert isinstance(acted, Signal)
    assert acted.what == "acted"
    assert [one for one in await stage.phones.items(stage.lin) if one.item.form == "own"] == []


@pytest.mark.parametrize("spot", ["chip.1", "0.0", "", "chip.-1"])
async def test_only_actions_that_are_there_can_be_tapped(stage: Stage, spot: str) -> None:
    """A place without an action is refused and reaches nobody."""
    message, _ = await stage.send({"text": "?", "suggestions": [ACTIONS["dial"]]})
    await stage.act("act", 404, message=message, spot=spot)
    assert stage.bot.calls == 0


async def test_an_action_that_carries_an_answer_is_a_tap(stage: Stage) -> None:
    """A link whose postback answers a question answers it."""
    both = copy.deepcopy(ACTIONS["open"])
    both["action"]["postbackData"] = "ask:t1.1:affirm"
    message, _ = await stage.send({"text": "?", "suggestions": [both]})
    await stage.act("act", message=message, spot="chip.0")
    tapped = await stage.bot.next()
    assert isinstance(tapped, Inbound)
    assert tapped.tap == Tap("t1.1", "affirm")


async def test_a_place_is_shared(stage: Stage) -> None:
    """Where the person says she is reaches the bot as a geo: URI and stands in the conversation."""
    await stage.act("share", latitude="31.2304", longitude="121.4737")
    said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert said.text == "geo:31.2304,121.4737"
    assert "31.2304, 121.4737" in await stage.page()


@pytest.mark.parametrize("where", [("91", "0"), ("0", "181"), ("", ""), ("nan", "0"), ("north", "1")])
async def test_a_place_that_is_none_is_refused(stage: Stage, where: tuple[str, str]) -> None:
    """Only coordinates on Earth can be sent."""
    await stage.act("share", 400, latitude=where[0], longitude=where[1])
    assert await stage.phones.items(stage.lin) == []


async def test_typing_is_not_repeated(stage: Stage) -> None:
    """A typing event the bot did not take is gone: it is not true any more. What was said is repeated."""
    stage.bot.refusals = [503, 503]
    await stage.act("typing")
    await stage.act("say", text="到了")
    said = await stage.bot.next()
    assert isinstance(said, Inbound)
    assert stage.bot.calls == 3


async def test_a_page_that_was_away_too_long_draws_everything(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """When changes it missed are not kept any more, a page that comes back is sent the whole conversation."""
    monkeypatch.setattr("bot.handset.phones.CHANGES_KEPT", 3)
    await stage.send(text="最早的")
    before = await stage.phones.cursor(stage.lin)
    for _ in range(300):  # a stream is trimmed in blocks of about a hundred
        await stage.phones.typing(stage.lin)
    missed, _ = await stage.send(text="错过的")
    seen = stage.watch(after=before)
    event = await asyncio.wait_for(anext(seen), 20)
    assert event.name == "talk"
    assert f'id="m-{missed}"' in event.data["html"]
    assert f'id="t-{missed}"' in event.data["texts"]


async def test_typing_is_told(stage: Stage) -> None:
    """The bot hears that the person is typing."""
    await stage.act("typing")
    signal = await stage.bot.next()
    assert isinstance(signal, Signal)
    assert signal.what == "typing"


async def test_too_late_is_failed_not_shown(stage: Stage) -> None:
    """A message that expired before the phone was on fails and stays off the screen."""
    message, _ = await stage.send(OFFER, ttl_s=1)
    await asyncio.sleep(1.05)  # the second the message was given is all there is to wait for
    watching = asyncio.create_task(anext(stage.watch()))
    receipt = await stage.bot.next()
    assert isinstance(receipt, Receipt)
    assert (receipt.message, receipt.status, receipt.error) == (message, Status.FAILED, "expired")
    assert "gone" in (await asyncio.wait_for(watching, 20)).data["html"]


@pytest.mark.parametrize("text", ["", "   ", "长" * 2001])
async def test_empty_and_endless_words_are_refused(stage: Stage, text: str) -> None:
    """A message has 1 to 2000 characters."""
    await stage.act("say", 400, text=text)
    assert await stage.phones.items(stage.lin) == []


async def test_another_sites_page_cannot_act(stage: Stage) -> None:
    """A POST that a foreign page made the browser send changes nothing."""
    for what in ("say", "tap", "act", "share", "rcs", "read", "typing"):
        headers = {"Origin": "https://evil.example.com"}
        data = {"phone": stage.lin, "text": "Y", "on": "0"}
        async with stage.http.post(f"{stage.url}/handset/{what}", data=data, headers=headers) as answer:
            assert answer.status == 403
    assert await stage.phones.items(stage.lin) == []
    assert await stage.phones.rcs(stage.lin)


async def test_what_the_bot_says_is_text_never_markup(stage: Stage) -> None:
    """Words, titles and labels are printed as they are."""
    nasty = '<script>alert(1)</script><b a="'
    label = '"><img src=x onerror=a>'
    rich = {"text": nasty, "suggestions": [{"reply": {"text": label, "postbackData": '"><i>'}}]}
    await stage.send(rich)
    await stage.send(text=nasty)
    await stage.act("say", text=nasty)
    page = await stage.page()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5  # the card's text form is another


async def test_the_page_has_a_strict_policy_and_nothing_inline(stage: Stage) -> None:
    """No inline script or style, no foreign script, no framing."""
    await stage.send(OFFER)
    async with stage.http.get(f"{stage.url}/handset") as answer:
        policy, html = answer.headers["Content-Security-Policy"], await answer.text()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "frame-src https: http://127.0.0.1" in policy
    assert "frame-ancestors 'none'" in policy
    assert " style=" not in html
    assert " onclick=" not in html


async def test_the_theme_is_in_the_page_as_it_comes(stage: Stage) -> None:
    """A theme chosen before is drawn by the server: nothing flashes; another word in the cookie is none."""
    for said, drawn in (("dark", ' data-theme="dark"'), ('"><script>', "")):
        cookies = {"Cookie": f"theme={said}"}
        async with stage.http.get(f"{stage.url}/handset", headers=cookies) as answer:
            head = (await answer.text()).partition("<head>")[0]
        assert drawn in head
        assert ("data-theme" in head) == bool(drawn)


@pytest.mark.parametrize(
    ("query", "accept", "title"),
    [
        ({}, "", "叮咚 · 手机"),
        ({}, "en-GB,en;q=0.9,zh;q=0.8", "Dingdong · Handset"),
        ({}, "zh-CN,zh;q=0.9,en;q=0.8", "叮咚 · 手机"),
        ({"lang": "en"}, "zh-CN", "Dingdong · Handset"),
        ({"lang": "zh"}, "en", "叮咚 · 手机"),
    ],
)
async def test_the_page_speaks_two_languages(stage: Stage, query: dict[str, str], accept: str, title: str) -> None:
    """Chinese by default, English where the browser or the address asks for it."""
    headers = {"Accept-Language": accept} if accept else {}
    async with stage.http.get(f"{stage.url}/handset", params=query, headers=headers) as answer:
        assert f"<title>{title}</title>" in await answer.text()


async def test_an_unknown_phone_is_not_found(stage: Stage) -> None:
    """A phone nobody wrote to cannot be looked at or acted on."""
    async with stage.http.get(f"{stage.url}/handset", params={"phone": "0" * 16}) as answer:
        assert answer.status == 404
    async with stage.http.post(f"{stage.url}/handset/say", data={"phone": "0" * 16, "text": "Y"}) as answer:
        assert answer.status == 404


async def test_static_files_are_cached_by_content(stage: Stage) -> None:
    """A file is served with its type and not again while it has not changed; others are not found."""
    url = f"{stage.url}/handset/static/handset.css"
    async with stage.http.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/css")
        etag = answer.headers["ETag"]
    async with stage.http.get(url, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    async with stage.http.get(f"{stage.url}/handset/static/..%2F..%2Fpage.py") as answer:
        assert answer.status == 404
