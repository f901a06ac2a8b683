"""A real browser for tests: the system's Chromium, and what it complained of."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from support.needs import missing

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PHONE = (390, 844)
DESKTOP = (1280, 900)

Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium; skipped where there is none, failed where CI must have it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[Open]:
    """Opens pages, and fails the test in the end if any of them had a script error or broke its own policy."""
    complaints: list[str] = []

    async def open_page(
        url: str,
        size: tuple[int, int] = DESKTOP,
        scheme: Literal["light", "dark"] = "light",
        locale: str = "zh-CN",
        excused: str = "",
    ) -> Page:
        """excused: what a complaint the test provokes contains."""
        viewport = {"width": size[0], "height": size[1]}
        context = await browser.new_context(viewport=viewport, color_scheme=scheme, locale=locale)  # type: ignore[arg-type]
        page = await context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _serious(said, excused) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        return page

    yield open_page
    assert not complaints, complaints


def _serious(said: ConsoleMessage, excused: str) -> bool:
    """Whether the browser says that a page did something wrong; that a connection was cut is no fault of a page."""
    usual = ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", *filter(None, (excused,)))
    return said.type in ("error", "warning") and not any(one in said.text for one in usual)
