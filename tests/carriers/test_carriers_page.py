"""docs/carriers.md says what the code says: its tables are generated (`--update`)."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

from carriers.abilities import abilities
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from standins.all import STANDINS

from bot.carriers import CARRIERS, build
from bot.carriers.base import AccountSettings
from bot.messages import AccountName

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "carriers.md"
VECTORS = re.compile(r"def test_the_(published|vectors)_?")
"""How the tests of what a provider published are named: they pass wherever this page is checked."""


async def test_the_page_is_up_to_date(update: bool) -> None:
    """The tables of carriers and settings are those of the code."""
    page = PAGE.read_text()
    current = put(put(put(page, "carriers", carriers()), "abilities", await can()), "settings", settings())
    if update:
        PAGE.write_text(current)
    assert PAGE.read_text() == current


def put(page: str, name: str, text: str) -> str:
    marked = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    assert marked.search(page)
    return marked.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


def carriers() -> str:
    rows = ["| carrier | provider | carries | a repeated send | receipts |", "|---|---|---|---|---|"]
    for name in CARRIERS:
        carrier = build(AccountName(name), STANDINS[name]().table())
        forms = " and ".join({"text": "text", "rbm": "cards"}[form] for form in sorted(carrier.forms, reverse=True))
        repeated = "is taken once" if carrier.idempotent_send else "arrives twice"
        about = (inspect.getdoc(inspect.getmodule(type(carrier))) or "").partition(".")[0]
        rows.append(f"| `{name}` | {about} | {forms} | {repeated} | {'yes' if carrier.receipts else 'no'} |")
    return "\n".join(rows)


async def can() -> str:
    found = {name: await of_dialects(name) for name in CARRIERS}
    for name, able in found.items():
        able["published vectors"] = yes(any(map(VECTORS.search, map(Path.read_text, HERE.glob(f"test_{name}*.py")))))
        able["judged by its SDK"] = yes((HERE / f"test_{name}_judged.py").exists())
    heads = list(next(iter(found.values())))
    rows = [f"| carrier | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    rows += [f"| `{name}` | {' | '.join(able[head] for head in heads)} |" for name, able in found.items()]
    return "\n".join(rows)


async def of_dialects(carrier: str) -> dict[str, str]:
    """What it can; where only some of its dialects can, which."""
    dialects = {}
    for standin in (make() for make in STANDINS.values()):
        if standin.carrier == carrier:
            dialects[str(standin.table().get("dialect", ""))] = await abilities(standin)
    able = {}
    for ability in next(iter(dialects.values())):
        who = [name for name, can in dialects.items() if can[ability]]
        able[ability] = yes(bool(who)) if len(who) in (0, len(dialects)) else " ".join(f"`{name}`" for name in who)
    return able


def yes(can: bool) -> str:
    return "yes" if can else ""


def settings() -> str:
    parts = ["Every account:\n", table(dict(AccountSettings.model_fields), own=False)]
    for name, factory in CARRIERS.items():
        parts += [f"\n`{name}` also:\n", table(dict(factory.settings.model_fields), own=True)]
    return "\n".join(parts)


def table(fields: dict[str, FieldInfo], *, own: bool) -> str:
    rows = ["| setting | default | what |", "|---|---|---|"]
    for name, field in fields.items():
        shared = AccountSettings.model_fields.get(name)
        if own and shared and shared.default == field.default:
            continue
        default = "required" if field.default is PydanticUndefined else f"`{json.dumps(field.default)}`"
        rows.append(f"| `{name}` | {default} | {field.description} |")
    return "\n".join(rows)
