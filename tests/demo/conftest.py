"""Fixtures of the demo platform's tests."""

from __future__ import annotations

from demo.shop_stage import bot
from support.browser import browser, open_page

__all__ = ["bot", "browser", "open_page"]
