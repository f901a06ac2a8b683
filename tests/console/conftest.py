"""Fixtures of the console's tests."""

from __future__ import annotations

from console.console_stage import console
from support.browser import browser, open_page

__all__ = ["browser", "console", "open_page"]
