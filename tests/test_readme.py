"""Every command of the README is run, as it is written there."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.ports import free_port

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
SLOW_S = 60.0

ASSEMBLED = {"make test": "pytest", "make check": "mypy"}
"""They run this very test, or take as long as everything else: what they would run is looked at instead."""
TYPED = {"bot chat": "Y\n/quit\n"}
"""What a person types into a command that asks."""


def here(command: str, folder: Path) -> str:
    """The command with this environment's programs, writing into a folder of the test's own."""
    return command.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace(
        "tests/transcripts/mine.yml", str(folder / "mine.yml")
    )


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "make run"])
def test_a_command_of_the_readme_works(command: str, tmp_path: Path) -> None:
    """It ends with 0; a chat is typed into."""
    if command in ASSEMBLED:
        command = command.replace("make", "make --dry-run --always-make")
    typed = next((text for part, text in TYPED.items() if part in command), "")
    done = subprocess.run(
        ["bash", "-c", here(command, tmp_path)],
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=SLOW_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name, program in ASSEMBLED.items():
        if name.endswith(command.split()[-1]) and command.startswith("make"):
            assert program in done.stdout


def test_make_run_serves_until_ctrl_c(tmp_path: Path) -> None:
    """`make run` prints where the phone is, serves it, and ends cleanly on Ctrl-C."""
    port, platform = free_port(), free_port()
    options = f"--data {tmp_path} --port {port} --platform-port {platform}"
    command = ["make", "--old-file=.venv/run.stamp", "run", f"RUN={options}", f"PYTHON={sys.executable}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        try:
            assert running.stdout is not None
            lines = iter(running.stdout.readline, "")
            address = next(line for line in lines if "/handset" in line).split()[-1]
            with urllib.request.urlopen(address, timeout=10) as page:
                assert page.status == 200
            os.killpg(running.pid, signal.SIGINT)
            assert running.wait(timeout=30) == -signal.SIGINT  # of make, which passes on that it was interrupted
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def test_the_files_the_readme_names_are_there() -> None:
    """Links, pictures and the path of a message lead somewhere."""
    named = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"`((?:bot|flows|cards)/[\w./]+)`", README)
    missing = [path for path in named if not (ROOT / path.rstrip("/")).exists()]
    assert not missing
