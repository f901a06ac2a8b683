"""The API the bot's actions call: what a seller decided.

| call | answers |
|---|---|
| `POST /api/offers/{id}/accept` {"revision","price"} | 200 made; 409 changed {"price","revision"}; 409 gone |
| `POST /api/offers/{id}/decline` {"revision"} | 200 declined; 409 |
| `POST /api/offers/{id}/counter` {"revision","price"} | 200 countered; 409 |
| `GET /api/listings?contact=` | 200 {"listings":[…]} |
| `POST /api/listings/{id}/extend` {"days"} or {"until"} | 200 extended {"ends_on"}; 409 out_of_range; 409 gone |
| `POST /api/listings/{id}/withdraw` | 200 withdrawn; 409 gone |
| `POST /api/listings/{id}/reprice` {"price"} | 200 repriced {"price"}; 409 gone |

Every call carries `Authorization: Bearer <platform key>`, every POST an `Idempotency-Key`: the same key again gets
the first answer and does nothing; the same key for something else is 422.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.demo.faults import Faults
from bot.demo.model import ANSWERS_KEPT, StoredAnswer
from bot.demo.shop import Answer, Shop

Price = Annotated[Decimal, Field(gt=0, le=Decimal("99999999.99"), decimal_places=2)]
Body = TypeVar("Body", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Priced(_Body):
    revision: int
    price: Price


class Revised(_Body):
    revision: int


class Extension(_Body):
    days: int | None = None
    until: date | None = None


class NewPrice(_Body):
    price: Price


class Nothing(_Body):
    pass


class Api:
    """The platform's API. remember: called after an answer was stored, so that it is written down with its effect."""

    def __init__(self, shop: Shop, key: str, faults: Faults, remember: Callable[[], None]) -> None:
        self._shop = shop
        self._bearer = f"Bearer {key}".encode()
        self._faults = faults
        self._remember = remember

    def routes(self, *, with_faults: bool) -> list[web.RouteDef]:
        shop = self._shop
        verbs: dict[str, Handler] = {
            "offers/{id}/accept": self._once(Priced, lambda i, b: shop.accept(i, b.revision, b.price)),
            "offers/{id}/decline": self._once(Revised, lambda i, b: shop.decline(i, b.revision)),
            "offers/{id}/counter": self._once(Priced, lambda i, b: shop.counter(i, b.revision, b.price)),
            "listings/{id}/extend": self._once(Extension, lambda i, b: shop.extend(i, b.days, b.until)),
            "listings/{id}/withdraw": self._once(Nothing, lambda i, _: shop.withdraw(i)),
            "listings/{id}/reprice": self._once(NewPrice, lambda i, b: shop.reprice(i, b.price)),
        }
        routes = [web.post(f"/api/{path}", self._faults.around(handler)) for path, handler in verbs.items()]
        routes.append(web.get("/api/listings", self._faults.around(self._listings)))
        return [*routes, web.post("/test/faults", self._set_faults)] if with_faults else routes

    def _once(self, model: type[Body], decide: Callable[[str, Body], Answer]) -> Handler:
        """A handler that decides once per idempotency key. Nothing is awaited between look-up and store."""

        async def handler(request: web.Request) -> web.Response:
            self._authorise(request)
            key = request.headers.get("Idempotency-Key", "")
            if not key:
                raise web.HTTPBadRequest(text="send an Idempotency-Key")
            raw = await request.read()
            fingerprint = hashlib.sha256(f"{request.path}\n".encode() + raw).hexdigest()
            stored = self._shop.state.answers.get(key)
            if stored is None:
                answer = decide(request.match_info["id"], _read(model, raw))
                stored = self._store(key, fingerprint, answer)
            elif stored.request != fingerprint:
                raise web.HTTPUnprocessableEntity(text="this Idempotency-Key was used for another request")
            return web.json_response(stored.body, status=stored.status)

        return handler

    def _store(self, key: str, fingerprint: str, answer: Answer) -> StoredAnswer:
        answers = self._shop.state.answers
        answers[key] = StoredAnswer(request=fingerprint, status=answer.status, body=answer.body)
        if len(answers) > ANSWERS_KEPT:
            del answers[next(iter(answers))]
        self._remember()
        return answers[key]

    async def _listings(self, request: web.Request) -> web.Response:
        self._authorise(request)
        return web.json_response({"listings": self._shop.listings_of(request.query.get("contact", ""))})

    async def _set_faults(self, request: web.Request) -> web.Response:
        self._authorise(request)
        self._faults.set(_read(Faults, await request.read()))
        return web.Response(status=204)

    def _authorise(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._bearer):
            raise web.HTTPUnauthorized(text="send Authorization: Bearer with the platform's key")


def _read(model: type[Body], raw: bytes) -> Body:
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        raise web.HTTPUnprocessableEntity(text=f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}") from None
