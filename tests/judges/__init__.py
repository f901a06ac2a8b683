"""Providers' own SDKs as judges of what our carriers send: what we sign they sign too, and it must come out the same.

    [said] = ask("aliyun_sdk", [{"action": "SendSms", …}])

A judge is a script beside this file, `<carrier>_sdk.py`, that runs in a venv of its own (`make judges`): it reads a
JSON list of cases from stdin and writes a JSON list with what it says of each to stdout. It imports nothing of ours.
Its test is tests/carriers/test_<carrier>_judged.py, marked `judges`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from support.needs import missing
from yarl import URL

from bot.carriers.http import Answer, Http, Timeouts

HERE: Final = Path(__file__).parent
PYTHON: Final = HERE.parents[1] / ".venv-judges" / "bin" / "python"


def ask(judge: str, cases: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What that judge says of each case. Without its venv the test is skipped; with CI=true it fails."""
    if not PYTHON.exists():
        missing("the providers' SDKs are not installed (make judges)")
    script = HERE / f"{judge}.py"
    run = subprocess.run(
        [str(PYTHON), "-I", str(script)], input=json.dumps(cases), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    said: list[Any] = json.loads(run.stdout)
    return said


@dataclass(frozen=True, slots=True)
class Request:
    """One request of ours as it would be written to the wire."""

    method: str
    url: URL
    headers: dict[str, str]
    body: bytes


@dataclass
class Recorder(Http):
    """HTTP that writes down what it is asked and gives the same answer to all."""

    answer: bytes = b"{}"
    requests: list[Request] = field(default_factory=list)

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Answer:
        self.requests.append(Request(method, url, dict(headers), body or b""))
        return Answer(200, {}, self.answer)
