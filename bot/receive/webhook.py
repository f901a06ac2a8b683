"""POST /webhooks/{account}/{secret}: verify → parse → durable, then the answer that carrier expects."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

import structlog
from aiohttp import web
from prometheus_client import Counter

from bot import keys
from bot.carriers import authentic
from bot.carriers.base import Carrier
from bot.errors import Refused
from bot.messages import AccountName, Once, WebhookRequest
from bot.problems import answering
from bot.receive.inbox import Inbox
from bot.receive.intake import REFUSED, Intake
from bot.runtime import Runtime

log = structlog.get_logger()

WAIVED = Counter("dingdong_webhooks_waived_total", "Webhook calls taken by report_only alone", ["account", "reason"])


class Webhooks:
    """The carriers' side of the web role."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._intake = Intake(runtime, inbox)
        self._secrets = {
            account: [s.get_secret_value().encode() for s in carrier.settings.webhook_secrets]
            for account, carrier in runtime.carriers.items()
        }

    def routes(self) -> list[web.RouteDef]:
        path, handler = "/webhooks/{account}/{secret}", answering(self.receive)
        paths = (path, path + "/{tail:.+}")  # some platforms write a path of their own behind the URL they were given
        return [*(web.post(one, handler) for one in paths), *(web.get(one, handler, allow_head=False) for one in paths)]

    async def receive(self, request: web.Request) -> web.Response:
        """The whole protocol; providers supply verify and parse."""
        carrier = self._carrier(request)
        try:
            call = WebhookRequest(
                method=request.method,
                headers=request.headers,
                query=request.query if request.query_string else {},
                body=await request.read(),
                remote=remote(request, self._runtime.settings.web.trusted_proxies),
                received_at=datetime.now(UTC),
                tail=request.match_info.get("tail", ""),
            )
            parsed, waived = authentic.read(carrier, call)
            if parsed.once and await self._is_replay(carrier, call, parsed.once):
                if not carrier.settings.report_only:
                    raise Refused(401, "replayed", "this signature was used for another body")
                waived = (*waived, "replayed")
        except Refused as error:
            REFUSED.labels(carrier.account, error.reason).inc()
            log.warning("webhook_refused", account=carrier.account, reason=error.reason)
            raise
        for reason in waived:
            WAIVED.labels(carrier.account, reason).inc()
            log.warning("webhook_waived", account=carrier.account, reason=reason)
        await self._intake.take(parsed.items)
        ack = parsed.ack
        return web.Response(
            status=ack.status, body=ack.body.encode(), content_type=ack.content_type, headers=ack.headers
        )

    async def _is_replay(self, carrier: Carrier, call: WebhookRequest, once: Once) -> bool:
        """Was that signature used for another body? The same body again is a repeat. Raises StoreDown."""
        digest = hashlib.sha256(call.body).hexdigest().encode()
        key = keys.once(carrier.account, hashlib.sha256(once.mark.encode(errors="replace")).hexdigest()[:32])
        before = await self._runtime.store.command("SET", key, digest, "NX", "GET", "EX", once.for_s)
        return before not in (None, digest)

    def _carrier(self, request: web.Request) -> Carrier:
        account = AccountName(request.match_info["account"])
        given = request.match_info["secret"].encode()
        carrier = self._runtime.carriers.get(account)
        if carrier is None:
            REFUSED.labels("?", "unknown_account").inc()
            raise Refused(404, "unknown_account", "no account of this name; see bot.toml [accounts]")
        if not any([hmac.compare_digest(given, secret) for secret in self._secrets[account]]):  # noqa: C419 - all, always
            REFUSED.labels(account, "bad_secret").inc()
            raise Refused(403, "bad_secret", "the secret in the path is not one of this account's webhook_secrets")
        return carrier


def remote(request: web.Request, trusted_proxies: int) -> str:
    """The caller's address: the hop our own outermost proxy saw, never what the caller claims beyond it."""
    if trusted_proxies:
        hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return request.remote or ""
