"""What we send to Tencent, judged by its SDK: same fields, same signature."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from judges import Recorder, Request, ask
from standins.kit import NUMBER, pulled, sendable
from standins.tencent import TEMPLATE, TencentStandin

from bot.carriers import build
from bot.carriers.tencent import Tencent
from bot.carriers.tencent_api import authorization
from bot.messages import AccountName, PhoneNumber, Sendable, TemplateUse
from flows.values import replace

Call: TypeAlias = Callable[[Tencent, Recorder], Coroutine[Any, Any, object]]
ID, KEY = (TencentStandin().table()[name] for name in ("secret_id", "secret_key"))


def message(to: PhoneNumber = NUMBER) -> Sendable:
    return replace(sendable(to=to), template=TemplateUse(TEMPLATE, {"1": '一万六 "100%" 👌', "2": "/"}))


CALLS: dict[str, Call] = {
    "SendSms": lambda tencent, http: tencent.send_many(http, [message(), message(PhoneNumber("+8613900139000"))]),
    "PullSmsReplyStatus": pulled,
    "PullSmsSendStatusByPhoneNumber": lambda tencent, http: tencent.look_up(
        http, sendable().id, NUMBER, "", datetime.now(UTC)
    ),
    "DescribeSmsTemplateList": lambda tencent, http: tencent.template(http, "1110"),
    "DescribeSmsSignList": lambda tencent, http: tencent.signature(http, "11"),
    "AddSmsTemplate": lambda tencent, http: tencent.submit_template(http, "出价", "您的{1}有新出价", "通知卖家"),
}


@pytest.mark.judges
async def test_the_sdk_makes_and_signs_the_same_calls() -> None:
    """For every action: the SDK's fields are ours, it signs our bytes as we do, and we sign its bytes as it does."""
    carrier = build(AccountName("acc"), TencentStandin().table(extend_code="7"))
    assert isinstance(carrier, Tencent)
    requests = []
    for action, call in CALLS.items():
        http = Recorder(answer=b'{"Response":{}}')
        await call(carrier, http)
        assert http.requests[0].headers["X-TC-Action"] == action
        requests.append(http.requests[0])
    for request, said in zip(requests, ask("tencent_sdk", [case(request) for request in requests]), strict=True):
        assert json.loads(said["body"]) == json.loads(request.body)
        assert request.headers["Authorization"].endswith(f"Signature={said['signature']}")
        headers = {"content-type": "application/json", "host": request.url.host_port_subcomponent or ""}
        at = int(request.headers["X-TC-Timestamp"])
        assert authorization(ID, KEY, headers=headers, body=said["body"].encode(), at=at) == said["authorization"]


def case(request: Request) -> dict[str, Any]:
    return {
        "action": request.headers["X-TC-Action"],
        "body": request.body.decode(),
        "host": request.url.host_port_subcomponent,
        "content_type": request.headers["Content-Type"],
        "at": int(request.headers["X-TC-Timestamp"]),
        "secret_id": ID,
        "secret_key": KEY,
    }
