"""`bot standins`: every provider, played on this machine, for developing without accounts at any of them."""

from __future__ import annotations

import errno
import importlib
import sys
from pathlib import Path
from typing import Any

from bot.errors import ConfigError

FOLDER = Path(__file__).parents[1] / "tests"
"""They are test code, and stand beside the package in a checkout only."""


async def standins(bot: str, first_port: int, *, receipts: bool) -> None:
    """Until Ctrl-C. Raises ConfigError where they are not there, or a port is taken."""
    if not (FOLDER / "standins").is_dir():
        raise ConfigError(f"there are no stand-ins in {FOLDER}: they come with a checkout, not with the package alone")
    sys.path.insert(0, str(FOLDER))
    local: Any = importlib.import_module("standins.local")
    try:
        await local.serve(bot.rstrip("/"), first_port, receipts=receipts)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ConfigError(f"cannot listen from port {first_port} on: one is taken; try another --port") from None
