"""The `bot` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import structlog

from bot import logs
from bot.errors import ConfigError, DingdongError

log = structlog.get_logger()


def main(argv: Sequence[str] | None = None) -> int:
    """0 = done, 1 = the command's own no, 2 = it cannot run as told."""
    try:
        code = _done(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads us has seen enough (| head); what is left to flush goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _done(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["understand"]:
        from bot.understand import main as understand

        return understand(arguments[1:], sys.stdin, sys.stdout)
    options = _parser().parse_args(arguments)
    logs.configure(options.log_level)
    try:
        return int(options.command(options) or 0)
    except ConfigError as error:
        print(f"bot: {error}", file=sys.stderr)
        return error.exit_code
    except DingdongError as error:
        print(f"bot: {type(error).__name__}: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot", description="Dingdong (叮咚): two-way RCS/SMS conversations.")
    parser.add_argument("--log-level", default="info", choices=("debug", "info", "warning", "error"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="everything in one process, with a handset and a demo platform")
    run.add_argument("--data", type=Path, default=Path("data"), help="folder for the store and the ledger")
    run.add_argument("--port", type=int, default=8080, help="port of the handset and the console")
    run.add_argument("--platform-port", type=int, default=8090, help="port of the demo platform")
    run.set_defaults(command=_run)

    serve = commands.add_parser("serve", help="run roles in production, as bot.toml and DINGDONG_… say")
    serve.add_argument("--roles", default="web,worker,sender,recorder", help="comma list (default: all)")
    serve.add_argument("--processes", type=int, default=1, help="processes with these roles, on one port")
    serve.set_defaults(command=_serve)

    chat = commands.add_parser("chat", help="talk to the bot in this terminal, over the real path")
    chat.add_argument("--save", type=Path, metavar="FILE", help="write the conversation as a transcript test")
    chat.add_argument("--rcs", action="store_true", help="the phone shows cards and buttons")
    chat.add_argument("--language", default="zh", choices=("zh", "en"))
    chat.set_defaults(command=_chat)

    templates = commands.add_parser("templates", help="registered texts (报备): ask the providers, submit one")
    what = templates.add_subparsers(required=True, metavar="COMMAND")
    status = what.add_parser("status", help="ask what the providers say of all that cards name")
    status.add_argument("--accept", action="store_true", help="they reviewed the texts as the cards have them now")
    status.set_defaults(command=_status)
    submit = what.add_parser("submit", help="submit the text a card names for an account")
    submit.add_argument("account")
    submit.add_argument("card", help="e.g. consignment/offer")
    submit.add_argument("--language", default="zh")
    submit.add_argument("--rich", action="store_true", help="its rich SMS, with the pictures of its sample")
    submit.add_argument("--about", default="寄售业务通知", help="why it is needed, for the reviewer")
    submit.set_defaults(command=_submit)

    standins = commands.add_parser("standins", help="play every carrier's provider here; prints their accounts")
    standins.add_argument("--webhook", default="http://127.0.0.1:8080", help="where the bot is")
    standins.add_argument("--port", type=int, default=9101, help="the first of their ports; 0 = any free ones")
    standins.add_argument("--receipts", action="store_true", help="report every message as delivered")
    standins.set_defaults(command=_standins)

    commands.add_parser("understand", help="read replies as JSON lines; --help for more")

    check = commands.add_parser("check", help="lint flows and cards")
    check.set_defaults(command=_check)

    cards = commands.add_parser("cards", help="look at cards").add_subparsers(required=True, metavar="COMMAND")
    preview = cards.add_parser("preview", help="a card with the data of its sample")
    preview.add_argument("card", help="e.g. consignment/offer")
    preview.add_argument("--language", default="zh", help="zh (the default) or en")
    preview.add_argument(
        "--renderer",
        default="text",
        choices=("text", "rbm", "gsma", "twilio", "png"),
        help="what to print (default: text, with its segments); png writes a picture of the phone beside you",
    )
    preview.set_defaults(command=_preview)

    graph = commands.add_parser("graph", help="draw a flow as Mermaid")
    graph.add_argument("flow", help="e.g. consignment/offer")
    graph.set_defaults(command=_graph)
    return parser


def _run(options: argparse.Namespace) -> None:
    from bot.run import run

    _loop(run(options.data.resolve(), options.port, options.platform_port))


def _serve(options: argparse.Namespace) -> None:
    from bot.serve import ROLES, serve
    from bot.settings import load

    roles = [role.strip() for role in options.roles.split(",") if role.strip()]
    if unknown := set(roles) - set(ROLES):
        raise ConfigError(f"--roles: there is no {', '.join(sorted(unknown))}; there are {', '.join(ROLES)}")
    if not roles or options.processes < 1:
        raise ConfigError("--roles and --processes: at least one")
    _loop(serve(load(), roles, options.processes))


def _chat(options: argparse.Namespace) -> None:
    from bot.chat import chat

    _loop(chat(options.language, options.save, rcs=options.rcs))


def _status(options: argparse.Namespace) -> int:
    import uvloop

    from bot.templates import status

    lines, usable = uvloop.run(status(accept=options.accept))
    print("\n".join(lines))
    return int(not usable)


def _submit(options: argparse.Namespace) -> None:
    import uvloop

    from bot.templates import submit

    print(uvloop.run(submit(options.account, options.card, options.language, options.about, rich=options.rich)))


def _standins(options: argparse.Namespace) -> None:
    from bot.standins import standins

    _loop(standins(options.webhook, options.port, receipts=options.receipts))


def _check(_: argparse.Namespace) -> int:
    from bot.check import check

    return check()


def _preview(options: argparse.Namespace) -> None:
    from bot.cards import preview

    print(preview(options.card, options.language, options.renderer))


def _graph(options: argparse.Namespace) -> None:
    from bot.check import graph

    print(graph(options.flow))


def _loop(main: Coroutine[Any, Any, None]) -> None:
    import uvloop

    uvloop.run(main)


if __name__ == "__main__":
    sys.exit(main())
