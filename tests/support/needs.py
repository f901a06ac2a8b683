"""What a test needs of the machine: skipped with a word on what to install, failed where CI must have it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian keeps <version>/bin/initdb, off the path."""


def require(program: str, install: str) -> Path:
    """The program's path. Without it the test is skipped, saying what to `install`; with CI=true it fails."""
    found = shutil.which(program) or max(DEBIAN_POSTGRES.glob(f"*/bin/{program}"), default=None)
    return Path(found) if found else missing(f"{program} is not installed ({install})")


def missing(what: str) -> NoReturn:
    """Skip, or fail where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)
