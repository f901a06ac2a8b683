"""Fixtures of the handset's tests."""

from __future__ import annotations

from handset.stage import stage
from support.browser import browser, open_page

__all__ = ["browser", "open_page", "stage"]
