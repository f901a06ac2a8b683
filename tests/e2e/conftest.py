"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import browser, open_page

__all__ = ["browser", "open_page"]


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder with a short path, for a store's socket."""
    folder = Path(tempfile.mkdtemp(prefix="dd-"))
    yield folder
    shutil.rmtree(folder)
