"""What a carrier costs beside the network: `PYTHONPATH=tests python -m bench.carriers [NAME …]`.

send: building, signing and writing one message, that goes nowhere; reply: verifying and reading one; medians of CPU in
microseconds. receipts: verifying and reading those of 500 messages, in as few posts as the provider makes, in
milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Mapping, Sequence

from standins.all import STANDINS
from standins.base import Sent, Standin
from standins.kit import NUMBER, pushed, sendable
from yarl import URL

from bot.carriers import build
from bot.carriers.base import Carrier
from bot.carriers.http import Answer, Http, Timeouts, _written
from bot.errors import SendError
from bot.messages import AccountName, Sendable, WebhookRequest
from flows.values import replace

TIMES = 3_000
RECEIPTS = 500
ROUNDS = 9
TOKENS = (
    b'{"access_token": "token", "token_type": "Bearer", "expires_in": 3600,'
    b' "accessToken": "token", "expires": 7200, "errorCode": 0}'
)
"""As each of those who want one calls it."""


class Nowhere(Http):
    """HTTP that is written and not sent; what it answers is the token that some providers want first."""

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None, timeouts: Timeouts
    ) -> Answer:
        _written(method, url, headers, body)
        return Answer(200, {}, TOKENS)


async def main(names: Sequence[str]) -> None:
    print(f"{'':12}{'send µs':>10}{'reply µs':>10}{'receipts ms':>13}")
    for name in names or sorted(STANDINS):
        standin = STANDINS[name]()
        carrier = build(AccountName(name), standin.table())
        sent = await _send_us(carrier, [_message(carrier, standin, n) for n in range(TIMES)])
        replies = [pushed(standin.reply_push(NUMBER, f"一万六{n}")) for n in range(TIMES)]
        read = statistics.median([_read_s(carrier, [reply]) for reply in replies]) * 1e6
        told = f"{_receipts_ms(carrier, standin):13.2f}" if standin.words else f"{'none':>13}"
        print(f"{name:12}{sent:10.1f}{read:10.1f}{told}")


def _message(carrier: Carrier, standin: Standin, n: int) -> Sendable:
    text = f"【叮咚】您寄售的腕表（编号#{n}）有买家出价15,200元，明天12:00前有效"
    message = standin.registered(sendable(text))
    return message if "text" in carrier.forms else replace(message, form="rbm", rich={"text": text})


async def _send_us(carrier: Carrier, messages: Sequence[Sendable]) -> float:
    http, took = Nowhere(), []
    for message in messages:
        started = time.process_time()
        with contextlib.suppress(SendError):  # not the provider's answer
            await carrier.send(http, message)
        took.append(time.process_time() - started)
    return statistics.median(took) * 1e6


def _receipts_ms(carrier: Carrier, standin: Standin) -> float:
    sent = [Sent(sendable().id, NUMBER, "", str(n)) for n in range(RECEIPTS)]
    posts = [pushed(push) for push in standin.receipt_pushes(sent, standin.words["delivered"])]
    return statistics.median([_read_s(carrier, posts) for _ in range(ROUNDS)]) * 1e3


def _read_s(carrier: Carrier, posts: Sequence[WebhookRequest]) -> float:
    started = time.process_time()
    for post in posts:
        carrier.verify(post)
        carrier.parse(post)
    return time.process_time() - started


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
