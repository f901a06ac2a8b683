"""Who may see the console."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from console.console_stage import Console
from support.entries import ANNE

from bot.console import ConsoleConfig, setup
from bot.console.access import COOKIE, TRIES, WINDOW_S


@pytest.mark.parametrize("path", ["", f"/{ANNE}"])
async def test_a_stranger_is_sent_to_the_door(console: Console, path: str) -> None:
    """Without a session every page is the login page's address."""
    async with console.http.get(f"{console.url}/console{path}", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/console/login")


async def test_a_strangers_event_stream_is_refused(console: Console) -> None:
    """Without a session nothing is streamed; a made-up cookie is no session."""
    await console.get("/events", status=401)
    console.http.cookie_jar.update_cookies({COOKIE: "made-up"})
    await console.get("/events", status=401)


async def test_the_password_opens_a_session(console: Console) -> None:
    """The cookie is opaque, for this site and the server only; the store has its hash and an end."""
    answer = await console.log_in()
    assert (answer.status, answer.headers["Location"]) == (303, "/console")
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/console")
    await console.get()
    key = "dingdong:session:" + sha256(cookie.value.encode()).hexdigest()
    assert 0 < await console.redis.ttl(key) <= ConsoleConfig("").session_ttl_s
    assert not [name async for name in console.redis.scan_iter(f"*{cookie.value}*")]


async def test_a_wrong_password_is_told_and_opens_nothing(console: Console) -> None:
    """401, the form again, no cookie."""
    answer = await console.log_in("wrong")
    assert answer.status == 401
    assert "密码不对" in await answer.text()
    assert COOKIE not in answer.cookies
    await console.get(status=303)


async def test_trying_is_limited_by_address(console: Console) -> None:
    """After a few wrong passwords even the right one has to wait; the page says for how long."""
    for _ in range(TRIES):
        assert (await console.log_in("wrong")).status == 401
    answer = await console.log_in()
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_S
    names = [name.decode() async for name in console.redis.scan_iter("dingdong:login:*")]
    assert len(names) == 1
    assert "127.0.0.1" not in names[0]


async def test_many_guesses_at_once_are_limited_too(console: Console) -> None:
    """Guesses sent together count before any is checked."""
    answers = await asyncio.gather(*(console.log_in(f"wrong {n}") for n in range(TRIES + 4)))
    assert sorted(answer.status for answer in answers) == [401] * TRIES + [429] * 4


async def test_the_right_password_forgets_the_wrong_ones(console: Console) -> None:
    """Who gets in starts counting anew."""
    for _ in range(2):
        for _ in range(TRIES - 1):
            await console.log_in("wrong")
        assert (await console.log_in()).status == 303


async def test_logging_out_ends_the_session(console: Console) -> None:
    """The session is gone from the store, so the cookie opens nothing any more."""
    await console.log_in()
    async with console.http.post(f"{console.url}/console/logout", allow_redirects=False) as answer:
        assert answer.status == 303
    await console.get(status=303)
    assert not [name async for name in console.redis.scan_iter("dingdong:session:*")]


async def test_another_sites_page_cannot_log_in_or_out(console: Console) -> None:
    """A POST from a foreign page is refused."""
    assert (await console.log_in(Origin="https://evil.example.com")).status == 403
    await console.log_in(Origin=console.url)
    headers = {"Origin": "https://evil.example.com"}
    async with console.http.post(f"{console.url}/console/logout", headers=headers) as answer:
        assert answer.status == 403
    await console.get()


async def test_without_a_password_nobody_gets_in(console: Console) -> None:
    """A console that was given no hash takes no password, not even the empty one."""
    app = web.Application()
    setup(app, console.redis, console.ledger, console.told_stopped, ConsoleConfig(password_hash=""))
    async with TestServer(app) as server:
        url = str(server.make_url("/console/login"))
        async with console.http.post(url, data={"password": ""}, allow_redirects=False) as answer:
            assert answer.status == 401
