"""What the carrier and the platform post, byte for byte, made before a round so that posting costs next to nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.carriers.yunpian_reports import sign

APIKEY = "0123456789abcdef0123456789abcdef"
API_KEY = "bench-platform-key"
SECRET = "bench-webhook-secret"
ACCOUNT = "sms"

HELP = ("帮助", "怎么用", "使用说明", "请问这是什么短信", "你们是哪家店")
THANKS = ("谢谢", "多谢啦", "谢谢您", "thanks", "非常感谢")
UNCLEAR = ("在吗", "我再想想", "表带是原装的吗", "手续费怎么算", "买家是哪里人")
MIX = tuple(itertools.chain.from_iterable(zip(HELP, THANKS, UNCLEAR, strict=True)))
"""What people with an open offer say in a turn without an action: a third of it is asked back."""
ACCEPT = ("Y", "好的", "接受", "1", "可以")
"""What they say in a turn with one: yes to the offer, which the platform must confirm before the bot answers."""

_numbers = itertools.count(1)
"""Of replies and events: no id is ever used twice."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be written, and whose it is: the mobile number as the carrier writes it."""

    request: bytes
    mobile: bytes


def mobiles(people: int) -> list[str]:
    """Mainland numbers as the carrier writes them."""
    return [f"138{n:08d}" for n in range(people)]


def plain(people: Sequence[str], count: int) -> list[Call]:
    """JSON of about a reply's size, for the bare handler."""
    return _made(people, count, lambda mobile, n: _post("/", "application/json", _json(_reply(mobile, "帮助", n))))


def replies(people: Sequence[str], count: int, words: Sequence[str]) -> list[Call]:
    """Signed Yunpian replies, one person after another."""
    turn = itertools.cycle(words)
    return _made(people, count, lambda mobile, n: _signed(mobile, next(turn), n))


def offers(people: Sequence[str]) -> list[Call]:
    """One offer to everybody, from the platform."""
    return _made(people, len(people), _offer)


def _made(people: Sequence[str], count: int, make: Callable[[str, int], bytes]) -> list[Call]:
    turn: Iterator[str] = itertools.cycle(people)
    return [Call(make(mobile, next(_numbers)), mobile.encode()) for mobile in itertools.islice(turn, count)]


def _reply(mobile: str, text: str, n: int) -> dict[str, str]:
    times = {"reply_time": "2026-11-22 10:00:00", "extend": "01", "base_extend": "8888"}
    return {"id": f"{n:032x}", "mobile": mobile, "text": text, **times}


def _signed(mobile: str, text: str, n: int) -> bytes:
    fields = _reply(mobile, text, n)
    fields["_sign"] = sign(fields, APIKEY)
    body = urlencode({"sms_reply": _json(fields).decode()}).encode()
    return _post(f"/webhooks/{ACCOUNT}/{SECRET}", "application/x-www-form-urlencoded;charset=utf-8", body)


def _offer(mobile: str, n: int) -> bytes:
    item = {"code": "3287", "category": "腕表", "name": "Submariner", "photo": "https://shop.test/3287.jpg"}
    data = {"to": f"+86{mobile}", "revision": 1, "offer_id": f"O-{n}", "item": item | {"url": "https://shop.test/3287"}}
    data |= {"price": "15200", "expires_at": "2099-01-01T00:00:00Z"}
    event = {"specversion": "1.0", "id": f"e-{n}", "source": "/bench", "type": "offer.made", "data": data}
    return _post("/v1/events", "application/json", _json(event), f"Authorization: Bearer {API_KEY}\r\n")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _post(path: str, content_type: str, body: bytes, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n{more}"
    return f"{head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
