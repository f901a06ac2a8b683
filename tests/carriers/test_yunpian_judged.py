"""What we send to Yunpian, judged by its SDK: same address, same fields."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import pytest
from judges import Recorder, ask
from standins.kit import NUMBER, pulled, sendable
from standins.yunpian import YunpianStandin

from bot.carriers import build
from bot.carriers.yunpian import Yunpian
from bot.errors import SendError
from bot.messages import AccountName, PhoneNumber, Sendable, TemplateUse
from flows.values import replace

Call: TypeAlias = Callable[[Yunpian, Recorder], Coroutine[Any, Any, object]]
OTHER = PhoneNumber("+8613900139000")
KEY = YunpianStandin().key


def templated(to: PhoneNumber = NUMBER) -> Sendable:
    return replace(sendable(to=to), template=TemplateUse("1", {"words": "一万六 100% & #1#"}))


CALLS: dict[str, Call] = {
    "sms/single_send": lambda yunpian, http: yunpian.send(http, sendable("【叮咚】100% 1+1=2 & 👌")),
    "sms/batch_send": lambda yunpian, http: yunpian.send_many(http, [sendable(), sendable(to=OTHER)]),
    "sms/multi_send": lambda yunpian, http: yunpian.send_many(http, [sendable(), sendable("【叮咚】a, b", to=OTHER)]),
    "sms/tpl_single_send": lambda yunpian, http: yunpian.send(http, templated()),
    "sms/tpl_batch_send": lambda yunpian, http: yunpian.send_many(http, [templated(), templated(OTHER)]),
    "sms/pull_reply": pulled,
    "sms/get_record": lambda yunpian, http: yunpian.look_up(http, sendable().id, NUMBER, "", datetime.now(UTC)),
    "tpl/get": lambda yunpian, http: yunpian.template(http, "1"),
    "tpl/add": lambda yunpian, http: yunpian.submit_template(http, "出价", "【叮咚】您的#item#有新出价", "通知"),
}


@pytest.mark.judges
async def test_the_sdk_makes_the_same_calls() -> None:
    """For every call: the SDK posts the same fields to the same address."""
    table = YunpianStandin().table(base_url="https://sms.yunpian.com/v2", extend="7")
    carrier = build(AccountName("acc"), table)
    assert isinstance(carrier, Yunpian)
    asked, cases = [], []
    for path, call in CALLS.items():
        http = Recorder(answer=b'{"code":0,"data":[]}')
        with contextlib.suppress(SendError):  # the answer is not what is judged
            await call(carrier, http)
        fields = dict(parse_qsl(http.requests[0].body.decode(), keep_blank_values=True))
        asked.append({"url": str(http.requests[0].url), "fields": dict(fields)})
        cases.append({"path": path, "fields": fields, "apikey": fields.pop("apikey")})
    assert ask("yunpian_sdk", cases) == asked
    assert {case["apikey"] for case in cases} == {KEY}
