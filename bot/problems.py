"""Errors as the world sees them: RFC 9457 problem+json."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.errors import Refused, StoreDown

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

TITLES = {400: "Bad request", 401: "Not authenticated", 403: "Forbidden", 404: "Not found", 409: "Conflict"}
TITLES |= {405: "Method not allowed", 413: "Too large", 415: "Wrong content type", 422: "Cannot be processed"}
TITLES |= {429: "Too many requests", 500: "Internal error", 503: "Try again"}


def problem(status: int, reason: str, detail: str, field: str = "") -> web.Response:
    """One problem. reason: a stable word in `type`. field: path of the value at fault."""
    body = {"type": f"urn:dingdong:{reason}", "title": TITLES.get(status, "Error"), "status": status, "detail": detail}
    if field:
        body["field"] = field
    headers = {"Retry-After": "1"} if status == 503 else None
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def answering(handler: Handler) -> Handler:
    """The handler with our errors turned into problems. What is unexpected is logged without its request."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as error:
            return problem(error.status, error.reason, error.detail, error.field)
        except StoreDown as error:
            log.warning("store_down", role="web", error=str(error))
            return problem(503, "store_down", "the store is not available; nothing was taken, send it again")
        except web.HTTPRequestEntityTooLarge:
            return problem(413, "too_large", "the body is larger than web.body_limit_bytes")
        except web.RequestPayloadError:
            return problem(400, "bad_body", "the body is not what its Content-Encoding says")
        except (web.HTTPException, ConnectionError):  # an answer already, or nobody to answer
            raise
        except Exception:
            resource = request.match_info.route.resource
            log.exception("request_failed", path=resource.canonical if resource else "")
            return problem(500, "internal", "something is wrong on our side; nothing is certain, send it again")

    return answer
