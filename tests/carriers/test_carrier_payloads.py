"""Every documented payload, in its provider's own encoding, becomes what the file beside it says.

tests/payloads/<carrier>/<case>.form or .json is a body, .http a whole request; account.json the account it
is for. `--update` rewrites <case>.expected.json.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from standins.all import STANDINS
from standins.kit import webhook_request
from yarl import URL

from bot.carriers import CARRIERS, build
from bot.carriers.base import Carrier
from bot.errors import Refused
from bot.messages import AccountName, Item, WebhookRequest
from flows.values import to_plain

PAYLOADS = Path(__file__).parent.parent / "payloads"
CONTENT_TYPES = {".form": "application/x-www-form-urlencoded;charset=utf-8", ".json": "application/json"}
CASES = sorted(
    path
    for path in PAYLOADS.glob("*/*.*")
    if path.suffix in (*CONTENT_TYPES, ".http") and path.name != "account.json" and ".expected" not in path.suffixes
)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_carrier_has_payloads(carrier: str) -> None:
    """A carrier without documented payloads is not finished."""
    assert [case for case in CASES if case.parent.name == carrier], f"add tests/payloads/{carrier}/"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_payload(case: Path, update: bool) -> None:
    """A payload is read, or refused, exactly as its expected result says."""
    said = outcome(account(case.parent), request(case))
    expected = case.with_suffix(".expected.json")
    if update:
        expected.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
    assert said == json.loads(expected.read_text())


def account(folder: Path) -> Carrier:
    given = json.loads((folder / "account.json").read_text())
    return build(AccountName("here"), STANDINS[folder.name]().table(**given))


def request(case: Path) -> WebhookRequest:
    raw = case.read_bytes()
    if case.suffix in CONTENT_TYPES:
        return webhook_request({"Content-Type": CONTENT_TYPES[case.suffix]}, raw)
    head, body = raw.split(b"\r\n\r\n", 1)
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    url = URL(target, encoded=True)
    headers = dict(line.split(": ", 1) for line in lines)
    tail = "/".join(url.path.split("/")[4:])  # behind /webhooks/<account>/<secret>
    return webhook_request(headers, body, method=method, query=url.query, tail=tail)


def outcome(carrier: Carrier, asked: WebhookRequest) -> dict[str, Any]:
    try:
        carrier.verify(asked)
        parsed = carrier.parse(asked)
    except Refused as refused:
        return {"refused": [refused.status, refused.reason]}
    ack = {name: value for name, value in msgspec.structs.asdict(parsed.ack).items() if name != "headers" or value}
    return {"ack": ack, "items": [plain(item) for item in parsed.items]}


def plain(item: Item) -> dict[str, Any]:
    """An item as JSON: its type, then its fields that are not empty."""
    fields = {name: value for name, value in msgspec.structs.asdict(item).items() if value and name != "account"}
    times = {name: value.isoformat() for name, value in fields.items() if isinstance(value, datetime)}
    return {"type": type(item).__name__, **to_plain(fields), **times}
