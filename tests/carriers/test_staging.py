"""Pictures brought to a platform that shows only its own: once, in time, and never in a message's way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from standins.fivegmsg import FivegmsgStandin
from standins.kit import sendable
from support import gsma

from bot.carriers import build
from bot.carriers.base import Media, Uploaded
from bot.carriers.http import Http, Timeouts
from bot.carriers.staging import AGAIN_S, EARLY_S, KEPT, Staging
from bot.errors import SendError
from bot.messages import AccountName
from flows.values import replace

JPEG = b"\xff\xd8\xff" + b"j" * 100_000


@dataclass
class Shop:
    """Where the pictures lie."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    async def picture(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked.append(name)
        if name.startswith("slow"):
            await self.hold.wait()
        if name.startswith("missing"):
            return web.Response(status=404)
        kind = {"png": "image/png"}.get(name.rpartition(".")[2], "image/jpeg")
        return web.Response(body=JPEG * (30 if name.startswith("huge") else 1), content_type=kind)


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    app = web.Application()
    app.router.add_get("/{name}", made.picture)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    made.hold.set()
    await runner.cleanup()


@dataclass
class Platform:
    """Takes files, and says until when it keeps them."""

    taken: list[Media] = field(default_factory=list)
    until: datetime | None = None
    refuses: bool = False

    async def upload(self, _: Http, media: Media) -> Uploaded:
        if self.refuses:
            raise SendError("40005")
        self.taken.append(media)
        return Uploaded(f"https://platform.example/{len(self.taken)}", media.content_type, len(media.data), self.until)


@pytest.fixture
def platform() -> Platform:
    return Platform()


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


GOOD_S = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staging(platform: Platform, clock: Clock) -> Staging:
    return staged(platform, clock)


def staged(platform: Platform, clock: Clock, wait_s: float = 30.0) -> Staging:
    timeouts = Timeouts(1.0, 30.0)
    return Staging(platform.upload, timeouts=timeouts, limit_bytes=1_000_000, wait_s=wait_s, kept_s=GOOD_S, clock=clock)


async def test_a_picture_is_brought_once(shop: Shop, platform: Platform, staging: Staging, http: Http) -> None:
    """However many messages show it, and however many at once; under its name, with its own type."""
    address = f"{shop.url}/a.png"
    found = await asyncio.gather(*(staging.uploads(http, [address, address]) for _ in range(20)))
    found.append(await staging.uploads(http, [address]))
    assert found == [{address: Uploaded("https://platform.example/1", "image/png", len(JPEG))}] * 21
    assert (shop.asked, platform.taken) == (["a.png"], [Media("a.png", "image/png", JPEG)])


@pytest.mark.parametrize("name", ["missing.jpg", "huge.jpg"])
async def test_what_cannot_be_had_is_left_alone_for_a_while(
    shop: Shop, platform: Platform, staging: Staging, clock: Clock, http: Http, name: str
) -> None:
    """Not there, or too large: not asked for with every message, and asked for again later."""
    for _ in range(3):
        assert await staging.uploads(http, [f"{shop.url}/{name}"]) == {}
    clock.now += AGAIN_S + 1
    await staging.uploads(http, [f"{shop.url}/{name}"])
    assert (shop.asked, platform.taken) == ([name, name], [])


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.jpg", "https://[", "mailto:a@b.example", "data:,x"])
async def test_an_address_that_leads_nowhere_fails_nothing(staging: Staging, http: Http, address: str) -> None:
    """Whatever stands in a card."""
    assert await staging.uploads(http, [address]) == {}


async def test_a_refused_picture_fails_nothing(shop: Shop, clock: Clock, http: Http) -> None:
    """The platform's word is that it does not show it."""
    assert await staged(Platform(refuses=True), clock).uploads(http, [f"{shop.url}/a.jpg"]) == {}


@pytest.mark.parametrize(("kept_s", "good_s"), [(None, GOOD_S), (50_000, 50_000 - EARLY_S)])
async def test_it_is_brought_again_before_the_platform_forgets_it(
    shop: Shop, platform: Platform, staging: Staging, clock: Clock, http: Http, kept_s: float | None, good_s: float
) -> None:
    """By the end the platform named, else after a day."""
    platform.until = datetime.fromtimestamp(clock.now + kept_s, UTC) if kept_s else None
    for passed_s, brought in ((0, 1), (good_s - 1, 1), (2, 2)):
        clock.now += passed_s
        await staging.uploads(http, [f"{shop.url}/a.jpg"])
        assert len(platform.taken) == brought


async def test_a_slow_picture_holds_up_no_message(shop: Shop, platform: Platform, clock: Clock, http: Http) -> None:
    """The message goes without it; the next one shows it. One that is there is not waited with."""
    staging = staged(platform, clock, wait_s=0.05)
    fast, slow = f"{shop.url}/a.jpg", f"{shop.url}/slow.jpg"
    await staging.uploads(http, [fast])
    assert (await staging.uploads(http, [fast, slow])).keys() == {fast}
    shop.hold.set()
    async with asyncio.timeout(30):
        while slow not in await staging.uploads(http, [slow]):
            pass
    assert shop.asked == ["a.jpg", "slow.jpg"]


async def test_not_every_picture_there_ever_was_is_remembered(platform: Platform, clock: Clock, http: Http) -> None:
    """The one not shown for longest is forgotten."""
    staging = staged(platform, clock)
    for n in range(KEPT + 5):
        await staging.uploads(http, [f"mailto:{n}@b.example"])
    assert len(staging._known) == KEPT


# ---------------------------------------------------------------- in a message


async def test_a_card_shows_what_was_brought(shop: Shop, http: Http) -> None:
    """Under the platform's address, with its true type and size; brought once for all messages."""
    media = gsma.media(f"{shop.url}/3287", f"{shop.url}/small.png", height="TALL")
    message = replace(sendable(), form="rbm", rich=gsma.card(title="T", media=media))
    async with FivegmsgStandin() as five_g:
        bot = build(AccountName("acc"), five_g.table(upload_media=True))
        await bot.send(http, message)
        await bot.send(http, replace(message, id=sendable().id))
        shown: Any = [sent.content[0]["message"]["generalPurposeCard"]["content"]["media"] for sent in five_g.sent]
        picture, thumbnail = sorted(five_g.files, key=lambda url: url.endswith("png"))
    assert shown[0] == shown[1]
    assert (shown[0]["mediaUrl"], shown[0]["mediaContentType"]) == (picture, "image/jpeg")
    assert (shown[0]["mediaFileSize"], shown[0]["thumbnailFileSize"]) == (len(JPEG), len(JPEG))
    assert (shown[0]["thumbnailUrl"], shown[0]["thumbnailContentType"]) == (thumbnail, "image/png")
    assert sorted(shop.asked) == ["3287", "small.png"]


async def test_a_file_message_is_what_was_brought(shop: Shop, http: Http) -> None:
    """Its size is known then."""
    message = replace(sendable(), form="rbm", rich=gsma.file(f"{shop.url}/a.jpg"))
    async with FivegmsgStandin() as five_g:
        await build(AccountName("acc"), five_g.table(upload_media=True)).send(http, message)
        [file] = five_g.sent[0].content[0]
        assert (file["url"], file["fileSize"]) == (*five_g.files, len(JPEG))
