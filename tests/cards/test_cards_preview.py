"""A picture of a card, where there is a browser to draw it."""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

import pytest
from support.needs import missing

from bot.cards import preview
from bot.errors import ConfigError


@pytest.mark.browser
@pytest.mark.parametrize(("name", "language"), [("consignment/offer", "zh"), ("consignment/expiring_pick", "en")])
def test_a_picture_is_written(name: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG as wide as the phone, twice as sharp, and nothing is fetched for it."""
    if shutil.which("chromium") is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    monkeypatch.chdir(tmp_path)
    file = Path(preview(name, language, "png"))
    head = file.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", head[16:])
    assert width > 300
    assert height > 200


def test_without_a_browser_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback: what to install."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigError, match="png needs playwright and Chromium: pip install playwright"):
        preview("consignment/offer", "zh", "png")


def test_without_playwright_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """In production the developers' tools are not installed."""
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(ConfigError, match="png needs playwright and Chromium: pip install playwright"):
        preview("consignment/offer", "zh", "png")
