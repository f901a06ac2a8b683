"""`python -m bot.demo`: the shop as a program of its own. Keys come from the environment."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from aiohttp import web

from bot.demo import DemoConfig, create_app

KEYS = ("DEMO_API_KEY", "DEMO_PLATFORM_KEY", "DEMO_OUTCOME_SECRET")
"""The key of the bot's /v1, the key the bot's actions call with, the whsec_… secret outcomes are signed with."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--bot", default="http://127.0.0.1:8080", help="where the bot is")
    parser.add_argument("--public-url", default="", help="where phones and the bot reach the shop")
    parser.add_argument("--file", type=Path, help="keep the shop here over a restart (default: in memory)")
    parser.add_argument("--faults", action="store_true", help="offer POST /test/faults")
    options = parser.parse_args()
    if missing := [name for name in KEYS if not os.environ.get(name)]:
        print(f"bot.demo: set {', '.join(missing)} in the environment", file=sys.stderr)  # noqa: T201 - a command
        return 2
    config = DemoConfig(
        public_url=options.public_url or f"http://127.0.0.1:{options.port}",
        bot_url=options.bot,
        file=options.file,
        faults=options.faults,
        api_key=os.environ[KEYS[0]],
        platform_key=os.environ[KEYS[1]],
        outcome_secret=os.environ[KEYS[2]],
    )
    web.run_app(create_app(config), host="127.0.0.1", port=options.port, access_log=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
