"""What a hand does with the phone: swipes, opens what a message offers, looks, types; on one screen or two."""

from __future__ import annotations

import re
from typing import TypeVar

import pytest
from handset.constructs import ACTIONS, CONSTRUCTS, carousel, on, reply
from handset.stage import LIN, OFFER, OFFER_TEXT, Stage
from playwright.async_api import expect
from support.browser import PHONE, Open

from bot.messages import Inbound, Item, Receipt, Signal, Status
from bot.pages import _close_streams

pytestmark = pytest.mark.browser

WIDE = (1440, 900)
LAST = {"text": "最后一条"}
Heard = TypeVar("Heard", bound=Item)


async def test_a_finger_swipes_a_carousel_from_card_to_card(stage: Stage, open_page: Open) -> None:
    """A swipe moves the track and comes to rest with a card at its edge; the page itself stays where it is."""
    await stage.send(CONSTRUCTS["ten_cards"])
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    track = page.locator(".track.carousel")
    box = await track.bounding_box()
    assert box is not None
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    x, y = box["x"] + 300, box["y"] + 30
    touches = [("Start", x), *(("Move", x - far) for far in range(20, 200, 20)), ("End", None)]
    for kind, at in touches:
        points = [] if at is None else [{"x": at, "y": y}]
        await session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    second = track.locator(".card").nth(1)
    at_edge = "one => Math.abs(one.getBoundingClientRect().left - 14) < 2"
    await page.wait_for_function(at_edge, arg=await second.element_handle())
    assert await page.evaluate("document.scrollingElement.scrollLeft") == 0


async def test_the_keyboard_reaches_every_card(stage: Stage, open_page: Open) -> None:
    """A carousel takes the focus and the arrow keys; Tab brings a button beyond the edge into view."""
    await stage.send(CONSTRUCTS["ten_cards"])
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    await page.locator(".track.carousel").focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("() => document.querySelector('.track.carousel').scrollLeft > 0")
    for _ in range(10):
        await page.keyboard.press("Tab")
    await expect(page.locator(".card").last.get_by_role("button")).to_be_focused()
    await expect(page.locator(".card").last).to_be_in_viewport(ratio=0.9)


async def test_each_card_answers_for_itself(stage: Stage, open_page: Open) -> None:
    """Buttons of the same label on different cards say different things."""
    cards = [{"title": f"第{n}件", "suggestions": [reply("选它", f"ask:t9.1:c{n}")]} for n in range(2)]
    await stage.send(carousel(cards))
    page = await open_page(f"{stage.url}/handset")
    await page.locator(".card").nth(1).get_by_role("button", name="选它").click()
    tapped = await _next(stage, Inbound)
    assert tapped.tap is not None
    assert tapped.tap.choice == "c1"


async def test_chips_go_with_the_next_message(stage: Stage, open_page: Open) -> None:
    """Chips belong to the newest message: another takes them, on every window, and a reload brings none back."""
    await stage.send(CONSTRUCTS["text_with_chips"])
    first, second = [await open_page(f"{stage.url}/handset") for _ in range(2)]
    chip = {page: page.locator(".chips").get_by_role("button", name="继续") for page in (first, second)}
    await expect(chip[second]).to_be_visible()
    await chip[first].click()
    for page in (first, second):
        await expect(chip[page]).to_be_hidden()
    await first.reload()
    await expect(first.locator(".own .bubble")).to_have_text("继续")
    await expect(chip[first]).to_be_hidden()


async def test_a_message_that_never_came_takes_no_chips(stage: Stage, open_page: Open) -> None:
    """What was recalled before it was shown leaves the chips before it where they are."""
    await stage.send(CONSTRUCTS["text_with_chips"])
    recalled, _ = await stage.send(LAST)
    await stage.carrier.recall(stage.providers, LIN, recalled)
    page = await open_page(f"{stage.url}/handset")
    await expect(page.locator(".chips").get_by_role("button", name="继续")).to_be_visible()


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("dial", ["拾光寄售", "+86 400 820 8820"]),
        ("map", ["拾光寄售 · 人民广场店", "31.2304, 121.4737", "示意图，不是真实地图"]),
        ("map_query", ["上海 拾光寄售"]),
        ("share", ["把这部手机的位置发给拾光寄售"]),
        ("calendar", ["顺丰上门取件：腕表 #3287", "2026年12月3日"]),
        ("compose", ["+86 139 0013 9000", "看看这个"]),
        ("record", ["录一段语音"]),
    ],
)
async def test_an_action_opens_its_sheet(stage: Stage, open_page: Open, does: str, words: list[str]) -> None:
    """A tap opens what the phone has for it, over the conversation; Escape closes it and the focus goes back."""
    await stage.send({"text": "?", "suggestions": [ACTIONS[does]]})
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    button = page.locator(".act")
    await button.click()
    sheet = page.get_by_role("dialog")
    for word in words:
        await expect(sheet).to_contain_text(word)
    acted = await _next(stage, Signal)
    assert acted.what == "acted"
    assert await page.locator("#scroll").evaluate("one => one.inert")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.getElementById('overlay').contains(document.activeElement)")
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(button).to_be_focused()


async def test_a_call_is_made_and_hung_up(stage: Stage, open_page: Open) -> None:
    """Calling shows a call that counts; hanging up leads back to the conversation."""
    await stage.send({"text": "?", "suggestions": [ACTIONS["dial"]]})
    page = await open_page(f"{stage.url}/handset")
    await page.locator(".act").click()
    await page.get_by_role("button", name="呼叫").click()
    await expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"正在呼叫 0:0[1-9]"))
    await page.get_by_role("button", name="挂断").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("mode", "least", "most"), [("full", 1.0, 1.0), ("tall", 0.8, 0.95), ("half", 0.4, 0.6)])
async def test_a_webview_shows_the_page(stage: Stage, open_page: Open, mode: str, least: float, most: float) -> None:
    """The page is inside the phone, as much of the screen as was asked for, under the name of its site."""
    await stage.send(on(stage.files, {"text": "?", "suggestions": [ACTIONS[f"webview_{mode}"]]}))
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    await page.locator(".act").click()
    sheet = page.get_by_role("dialog")
    await expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("Aurel 蓝面自动腕表 40mm")
    await expect(sheet.get_by_role("heading")).to_have_text(stage.files.split("/")[2])
    height = await sheet.evaluate("one => one.offsetHeight")
    assert least <= height / PHONE[1] <= most


async def test_a_link_for_the_browser_opens_a_window(stage: Stage, open_page: Open) -> None:
    """It leaves the phone, and the bot is told."""
    await stage.send(on(stage.files, {"text": "?", "suggestions": [ACTIONS["open"]]}))
    page = await open_page(f"{stage.url}/handset")
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="查看商品").click()
    assert (await opened.value).url == f"{stage.files}/page.html"
    assert (await _next(stage, Signal)).what == "acted"


async def test_a_place_is_confirmed_before_it_is_sent(stage: Stage, open_page: Open) -> None:
    """Nothing is sent until the person says so; then it is what stands in the sheet."""
    await stage.send({"text": "?", "suggestions": [ACTIONS["share"]]})
    page = await open_page(f"{stage.url}/handset")
    await page.locator(".act").click()
    await page.get_by_role("button", name="暂不").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.locator(".act").click()
    await page.get_by_label("纬度").fill("39.9042")
    await page.get_by_role("dialog").get_by_role("button", name="发送位置").click()
    said = await _next(stage, Inbound)
    assert said.text == "geo:39.9042,121.4737"
    await expect(page.locator(".own .bubble")).to_contain_text("我的位置")


async def test_a_picture_that_is_not_there_says_so(stage: Stage, open_page: Open) -> None:
    """A placeholder stands in its place, drawn by the server and drawn live; one that is there opens large."""
    await stage.send(on(stage.files, CONSTRUCTS["broken_picture"]))
    page = await open_page(f"{stage.url}/handset", excused="404 (Not Found)")
    await stage.send(on(stage.files, CONSTRUCTS["broken_picture"]))
    await expect(page.locator(".media.broken").get_by_text("图片打不开")).to_have_count(2)
    await stage.send(on(stage.files, CONSTRUCTS["image"]))
    await page.get_by_role("button", name="查看大图").last.click()
    await expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()


async def test_a_sound_plays(stage: Stage, open_page: Open) -> None:
    """The button plays, shows how long it is, and pauses."""
    await stage.send(on(stage.files, CONSTRUCTS["audio"]))
    page = await open_page(f"{stage.url}/handset")
    await page.get_by_role("button", name="播放").click()
    await page.get_by_role("button", name="暂停").click()
    await expect(page.locator(".sound time")).to_have_text("0:03")


async def test_no_construct_is_wider_than_the_phone(stage: Stage, open_page: Open) -> None:
    """Whatever is sent, the conversation scrolls in one direction only; carousels and chips in their own."""
    for message in CONSTRUCTS.values():
        await stage.send(on(stage.files, message))
    page = await open_page(f"{stage.url}/handset", size=PHONE, excused="404 (Not Found)")
    await expect(page.locator(".item")).to_have_count(len(CONSTRUCTS))
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert await page.locator("#scroll").evaluate("one => one.scrollWidth") == PHONE[0]


async def test_read_is_told_when_it_was_on_the_screen(stage: Stage, open_page: Open) -> None:
    """What is above the edge stays unread until somebody scrolls there; news waits below for somebody who has."""
    for name in ("offer", "very_long"):
        await stage.send(on(stage.files, CONSTRUCTS[name]))
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    await expect(page.locator("[data-unread]")).to_have_count(1)
    await page.locator("#scroll").evaluate("one => one.scrollTo(0, 0)")
    await expect(page.locator("[data-unread]")).to_have_count(0)
    unread, _ = await stage.send(LAST)
    await expect(page.get_by_role("button", name="新消息")).to_be_visible()
    await expect(page.locator(f"#m-{unread}")).not_to_be_in_viewport()
    await expect(page.locator("[data-unread]")).to_have_count(1)
    await page.get_by_role("button", name="新消息").click()
    await expect(page.locator(f"#m-{unread}")).to_be_in_viewport()
    read = await _next(stage, Receipt)
    while (read.status, read.message) != (Status.READ, unread):
        read = await _next(stage, Receipt)


async def test_typing_is_told_once_while_it_lasts(stage: Stage, open_page: Open) -> None:
    """A burst of keys is one event; an empty box and a phone without RCS tell none."""
    page = await open_page(f"{stage.url}/handset")
    await page.locator("#text").press_sequentially("   ")
    await page.fill("#text", "")
    await page.locator("#text").press_sequentially("hello there")
    await page.keyboard.press("Enter")
    assert [type(await stage.bot.next()) for _ in range(2)] == [Signal, Inbound]
    await stage.act("rcs", on="0")
    await expect(page.locator("#text")).to_have_attribute("placeholder", "短信")
    await page.locator("#text").press_sequentially("by text")
    await page.keyboard.press("Enter")
    assert isinstance(await stage.bot.next(), Inbound)


async def test_rcs_and_text_stand_side_by_side(stage: Stage, open_page: Open) -> None:
    """A wide window has both conversations; an answer given on either is on both."""
    await stage.send(OFFER)
    page = await open_page(f"{stage.url}/handset", size=WIDE)
    plain = page.get_by_role("region", name="短信")
    await expect(plain.locator(".balloon")).to_have_text(OFFER_TEXT)
    await expect(page.locator(".card")).to_be_visible()
    await plain.get_by_role("textbox").fill("1")
    await page.keyboard.press("Enter")
    assert (await _next(stage, Inbound)).text == "1"
    await expect(page.locator(".own .bubble")).to_have_text("1")
    await page.locator(".card").get_by_role("button", name="拒绝").click()
    await expect(plain.locator("[data-from=me] .balloon")).to_have_text(["1", "拒绝"])
    await page.get_by_text("RCS 富媒体消息").click()
    await expect(plain).to_be_hidden()  # the phone is one without RCS now


async def test_a_narrow_window_has_one_with_a_switch(stage: Stage, open_page: Open) -> None:
    """At 390 px there is one conversation; the switch in its bar turns it into the other and back."""
    await stage.send(OFFER)
    page = await open_page(f"{stage.url}/handset", size=PHONE)
    await expect(page.get_by_role("region", name="短信")).to_be_hidden()
    switch = page.get_by_role("switch", name="RCS", exact=True)
    await switch.focus()
    await page.keyboard.press("Space")
    await expect(page.locator(".in .bubble")).to_have_text(OFFER_TEXT)
    await page.locator(".quick").click()
    await expect(page.locator(".card")).to_be_visible()


async def test_the_sender_says_how_it_is_known(stage: Stage, open_page: Open) -> None:
    """The bar names who writes, with the mark of a verified sender; a tap says what that means."""
    page = await open_page(f"{stage.url}/handset")
    sender = page.get_by_role("heading", name="拾光寄售", level=1)
    await expect(sender.get_by_title("已认证商家")).to_be_visible()
    await sender.get_by_role("button").click()
    await expect(page.get_by_role("dialog")).to_contain_text("只有持有这个账号密钥的发送方")


async def test_a_server_that_answers_with_errors_is_asked_again(stage: Stage, open_page: Open) -> None:
    """A browser gives up on a stream that is refused; the page opens it again, misses nothing, draws nothing twice."""
    page = await open_page(f"{stage.url}/handset", excused="503")
    await stage.send(text="之前")
    await expect(page.locator(".in .bubble")).to_have_text("之前")
    await page.locator(".in .bubble").evaluate("one => { one.title = 'as it was'; }")
    await page.route("**/handset/events*", lambda route: route.fulfill(status=503))
    await _close_streams(stage.app)
    await expect(page.locator("#offline")).to_be_visible()
    await page.wait_for_event("response", lambda answer: answer.status == 503)
    await stage.send(text="之间")
    await page.unroute("**/handset/events*")
    await expect(page.locator(".in .bubble")).to_have_text(["之前", "之间"], timeout=20_000)
    await expect(page.get_by_title("as it was")).to_have_text("之前")
    await expect(page.locator("#offline")).to_be_hidden()


async def test_motion_is_spared_those_who_ask(stage: Stage, open_page: Open) -> None:
    """Nothing slides or bounces under prefers-reduced-motion."""
    page = await open_page(f"{stage.url}/handset")
    await page.emulate_media(reduced_motion="reduce")
    await stage.send(OFFER)
    arrived = page.locator(".item.fresh")
    await expect(arrived).to_be_visible()
    assert await arrived.evaluate("one => parseFloat(getComputedStyle(one).animationDuration)") < 0.001


async def _next(stage: Stage, kind: type[Heard]) -> Heard:
    """The next thing of this kind that the bot hears."""
    while not isinstance(item := await stage.bot.next(), kind):
        pass
    return item
