"""Worlds for flow tests.

`shipped()` is the real thing: the flows, cards and understanding that come with the program. `library()` has the same
flows, but choices and a tiny fake of `understand` that tests of the engine's rules can see through.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from cards.library import Cards, load_cards
from flows.library import SHIPPED, Library, load_library
from flows.limits import Limits
from flows.state import Candidate, Choice, Note, Question, Reading, Slots, Turn
from flows.understand.decide import ANSWER_AND_STOP

Found = TypeVar("Found")

ROOT = Path(__file__).parent.parent
TRANSCRIPTS = sorted((ROOT / "tests" / "transcripts").glob("*.yml"))
ITEM = {"code": "3287", "category": "腕表", "name": "Omega Speedmaster"}


def choice(id_: str, means: str, zh: str, *, hidden: bool = False, **slots: str | int | bool | None) -> Choice:
    return Choice(id_, means, {"zh": zh, "en": means}, slots, hidden)


OFFER = (
    choice("affirm", "affirm", "接受"),
    choice("deny", "deny", "拒绝"),
    choice("counter_offer", "counter_offer", "还价", hidden=True),
)
CARDS: dict[str, tuple[Choice, ...]] = {
    "consignment/offer": OFFER,
    "consignment/offer_changed": OFFER,
    "consignment/offer_name_price": OFFER[:2],
    "consignment/expiring": (
        choice("extend-7", "extend", "延期7天", days=7),
        choice("withdraw_item", "withdraw_item", "取回"),
        choice("reprice", "choose", "降价", option=3),
    ),
    "consignment/expiring_ask_days": tuple(
        choice(f"extend-{days}", "extend", f"延期{days}天", days=days) for days in (7, 15, 30)
    ),
    "consignment/expiring_name_price": (choice("keep", "deny", "不降了", hidden=True),),
    "consignment/reprice": OFFER,
    "account/payout": tuple(
        choice(name, "choose", label, option=n)
        for n, (name, label) in enumerate((("bank", "银行卡"), ("alipay", "支付宝"), ("wechat", "微信")), 1)
    ),
    "service/appointment": (
        choice("affirm", "affirm", "确认"),
        choice("deny", "deny", "取消"),
        choice("reschedule", "reschedule", "改期"),
    ),
    "orders/shipped": (choice("return_item", "return_item", "退货", hidden=True),),
    "service/again": (choice("yes", "affirm", "确认", hidden=True), choice("no", "deny", "不是", hidden=True)),
    "service/both": (
        choice("both", "choose", "接受并停发广告", stop=True),
        choice("stop", "unsubscribe", "只停发广告"),
        choice("answer", "choose", "只接受", stop=False),
    ),
    "service/rating": tuple(choice(f"score-{n}", "rate", str(n), score=n) for n in range(1, 6)),
}


def choices(card: str, data: Slots) -> tuple[Choice, ...]:
    if card == "consignment/expiring_pick":
        listings = data["listings"]
        assert isinstance(listings, list)
        return tuple(
            choice(f"listing-{n}", "choose", str(one["code"]), option=n, listing=str(one["id"]))
            for n, one in enumerate(listings, 1)
            if isinstance(one, dict)
        )
    return CARDS.get(card, ())


_COMMANDS = {
    "TD": "unsubscribe",
    "START": "resubscribe",
    "帮助": "help",
    "人工": "human",
    "谢谢": "thanks",
    "进度": "status",
}
AND_STOP = "，TD"
_WORDS = {
    "Y": "affirm",
    "确认": "affirm",
    "不是": "deny",
    "N": "deny",
    "还价": "counter_offer",
    "取回": "withdraw_item",
    "退货": "return_item",
}


def understand(text: str, question: Question, now: datetime) -> Reading:
    """Digits, labels, Y, N, plain numbers, 延期…, and any with ，TD: enough to drive the engine, no real grammar."""
    if text.endswith(AND_STOP):
        said = understand(text.removesuffix(AND_STOP), question, now)
        both = (Candidate(said.intent, said.slots, said.rule, ""), Candidate("unsubscribe", {}, "fake.word", ""))
        rule = ANSWER_AND_STOP if said.intent in question.accepts else "fake.unclear"
        return Reading("unclear", rule, f"{text!r}", {}, both)
    for intent, slots, chosen in _possible(text, question):
        if intent in question.accepts or intent in _COMMANDS.values():
            return Reading(intent, "fake.word", f"{text!r}", slots, choice=chosen)
    return Reading("unclear", "fake.unclear", f"{text!r}")


def _possible(text: str, question: Question) -> list[tuple[str, Slots, str | None]]:
    numbered = [one for one in question.choices if not one.hidden]
    found: list[tuple[str, Slots, str | None]] = []
    if text in _COMMANDS:
        found.append((_COMMANDS[text], {}, None))
    if text == "收到" and question.subject == "none":
        found.append(("thanks", {}, None))
    for number, one in enumerate(numbered, 1):
        if text in {str(number), *one.labels.values()}:
            found.append((one.means, one.slots, one.id))
    if text in _WORDS:
        found.append((_WORDS[text], {}, None))
    if re.fullmatch(r"\d{4,5}", text):
        found.append(("counter_offer", {"price": text}, None))
    if match := re.fullmatch(r"延期(\d+)?天?", text):
        found.append(("extend", {"days": int(match[1]) if match[1] else None}, None))
    if match := re.fullmatch(r"延到(\d{4}-\d\d-\d\d)", text):
        found.append(("extend_until", {"date": match[1]}, None))
    if match := re.fullmatch(r"改到(\S+)|改期", text):
        found.append(("reschedule", {"when": match[1]}, None))
    return found


@cache
def shipped_cards() -> Cards:
    return load_cards(ROOT / "cards")


@cache
def shipped() -> Library:
    cards = shipped_cards()

    def of_card(card: str, data: Slots) -> tuple[Choice, ...]:
        return tuple(Choice(*msgspec.structs.astuple(one)) for one in cards.choices(card, data))

    return load_library(SHIPPED, of_card)


@cache
def library(limits: Limits | None = None, flows: Path = SHIPPED) -> Library:
    return load_library(flows, choices, understand=understand, limits=limits)


def offer(name: str = "O-17", price: int = 15200, revision: int = 1, *, unseen: bool = False) -> dict[str, Any]:
    """A turn of a transcript: someone makes an offer."""
    data = {"offer_id": name, "item": ITEM, "price": price, "expires_at": "2026-11-24T12:00:00+08:00"}
    return {"event": "offer.made", "revision": revision, "data": data, "unseen": unseen}


def read(transcript: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(transcript.read_text("utf-8"))
    return document


def effects(turn: Turn, kind: type[Found]) -> list[Found]:
    """The turn's effects of one class."""
    return [effect for effect in turn.effects if isinstance(effect, kind)]


def notes(turn: Turn) -> list[str]:
    return [note.reason for note in effects(turn, Note)]
