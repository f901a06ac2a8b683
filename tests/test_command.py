"""The `bot` command: exit codes, and what it says when it cannot do as told."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from support.bot import MASTER_KEY
from support.ports import free_port

from bot.__main__ import main
from bot.firstrun import demo_secrets, demo_settings

Bot = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Bot]:
    """Runs a command in this process: exit code, standard output, standard error."""
    for name in [name for name in os.environ if name.startswith("DINGDONG_")]:
        monkeypatch.delenv(name)
    handlers = logging.root.handlers[:]

    def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            try:
                code = main(arguments)
            except SystemExit as exit_:  # argparse's own
                code = int(exit_.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    yield run
    logging.root.handlers[:] = handlers
    structlog.reset_defaults()


def test_the_shipped_flows_and_cards_are_without_fault(bot: Bot) -> None:
    """`bot check` says how many it looked at."""
    code, out, error = bot("check")
    assert (code, out) == (0, "")
    assert "0 errors" in error.splitlines()[-1]


def test_a_flow_can_be_drawn(bot: Bot) -> None:
    """As Mermaid; a name that is none is told with those there are."""
    code, out, _ = bot("graph", "consignment/offer")
    assert code == 0
    assert "asked" in out
    code, out, error = bot("graph", "consignment/ofer")
    assert (code, out) == (2, "")
    assert "consignment/offer" in error


def test_a_card_can_be_looked_at(bot: Bot) -> None:
    """As text with what it takes, as JSON of each wire; a name that is none is told with those near it."""
    code, out, _ = bot("cards", "preview", "consignment/offer")
    assert code == 0
    assert out.splitlines()[0].startswith("【叮咚寄售】您寄售的腕表（编号#3287）有买家出价¥15,200")
    assert out.splitlines()[-1] == "1 of 2 segments: 67 units of ucs2, 67 left"
    for renderer, key in (("rbm", "richCard"), ("twilio", "types")):
        code, out, _ = bot("cards", "preview", "consignment/offer", "--language", "en", "--renderer", renderer)
        assert code == 0
        assert key in json.loads(out)
    code, out, _ = bot("cards", "preview", "service/which", "--renderer", "gsma")
    assert [part["contentType"] for part in json.loads(out)] == [
        "text/plain",
        "application/vnd.gsma.botsuggestion.v1.0+json",
    ]
    code, out, error = bot("cards", "preview", "consignment/ofer")
    assert (code, out) == (2, "")
    assert "consignment/offer," in error
    code, out, error = bot("cards", "preview", "consignment/offer", "--language", "fr")
    assert (code, out) == (2, "")
    assert "is written in zh, en, not in fr" in error


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`bot … | head` ends quietly."""
    command = f"{sys.executable} -m bot cards preview service/which --renderer gsma | true"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert ended.stderr == ""


def test_settings_that_cannot_work_end_the_command_with_two(bot: Bot, tmp_path: Path) -> None:
    """Each names what is wrong and shows neither a traceback nor a secret."""
    good = {"DINGDONG_DATA": str(tmp_path), "DINGDONG_MASTER_KEY": MASTER_KEY}
    account = json.dumps({"yp": {"carrier": "yunpian", "webhook_secrets": ["short-secret"], "apikeys": ["hidden-key"]}})
    wrong = [
        (["--roles", "web,cook"], good, "there is no cook; there are web, worker, sender, recorder"),
        (["--roles", ""], good, "--roles"),
        (["--processes", "0"], good, "--processes"),
        ([], {"DINGDONG_DATA": str(tmp_path)}, "master_key is not set"),
        ([], {**good, "DINGDONG_MASTER_KEY": "bm8="}, "master_key"),
        ([], {**good, "DINGDONG_ACCOUNTS": '{"x":{"carrier":"pigeon"}}'}, "accounts.x.carrier"),
        ([], {**good, "DINGDONG_ACCOUNTS": account}, "accounts.yp.webhook_secrets.0"),
        (["--processes", "2"], {**good, "DINGDONG_WEB__PORT": "0"}, "web.port"),
    ]
    for arguments, environment, says in wrong:
        code, out, error = bot("serve", *arguments, **environment)
        assert (code, out) == (2, ""), (arguments, error)
        assert says in error
        assert not any(part in error for part in ("Traceback", "hidden-key", "short-secret", MASTER_KEY))


def test_a_port_in_use_is_named(bot: Bot, tmp_path: Path) -> None:
    """With what to do about it; what was started is stopped again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for ports in (("--port", port, "--platform-port", str(free_port())), ("--port", "0", "--platform-port", port)):
            code, _, error = bot("run", "--data", str(tmp_path), *ports)
            assert code == 2
            assert f"127.0.0.1:{port}: " in error
            assert "Traceback" not in error


def test_a_store_that_is_away_is_no_mistake_of_the_settings(bot: Bot, tmp_path: Path) -> None:
    """Exit code 1: started again it may work."""
    environment = {"DINGDONG_REDIS_URL": f"redis://127.0.0.1:{free_port()}", "DINGDONG_MASTER_KEY": MASTER_KEY}
    code, _, error = bot("serve", DINGDONG_DATA=str(tmp_path), **environment)
    assert code == 1
    assert "StoreDown" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("arguments", [[], ["fly"], ["chat", "--language", "fr"]])
def test_a_command_there_is_not_is_explained(bot: Bot, arguments: list[str]) -> None:
    """By argparse, with exit code 2."""
    code, _, error = bot(*arguments)
    assert code == 2
    assert error.startswith("usage: bot")


def test_secrets_of_the_first_run_are_made_once_and_for_their_owner(tmp_path: Path) -> None:
    """The same at the next start; nobody else may read them; settings made of them can be served."""
    made = demo_secrets(tmp_path / "new")
    assert demo_secrets(tmp_path / "new") == made
    file = tmp_path / "new" / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert demo_secrets(tmp_path / "other").master_key != made.master_key
    settings = demo_settings(made, tmp_path / "new", 1, 2)
    assert settings.accounts["sandbox"]["base_url"] == "http://127.0.0.1:1/handset/network"
    assert made.password not in str(settings)
