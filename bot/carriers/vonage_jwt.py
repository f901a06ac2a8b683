"""JWTs with Vonage: ours in a call, by the application's key; its own in a webhook, by the signature secret (4.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Final

from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import JsonValue
from pydantic_core import from_json

from bot.carriers.reading import one_of, unsigned
from bot.errors import Refused
from bot.messages import WebhookRequest

EARLY_S: Final = 60
"""A JWT is renewed this long before it ends, so that none ends under way."""


class ApplicationJwt:
    """The JWT of one application, kept: signing one costs 500 µs, more than all the rest of a send."""

    def __init__(self, application_id: str, key: RSAKey, ttl_s: int, clock: Callable[[], float] = time.time) -> None:
        self._application_id, self._key, self._ttl_s, self._clock = application_id, key, ttl_s, clock
        self._token = ""
        self._until = 0.0

    def token(self) -> str:
        """One good for EARLY_S at least."""
        now = self._clock()
        if now >= self._until:
            claims = {"application_id": self._application_id, "iat": int(now), "exp": int(now) + self._ttl_s}
            header = {"alg": "RS256", "typ": "JWT"}
            self._token = jwt.encode(header, {**claims, "jti": str(uuid.uuid4())}, self._key)
            self._until = int(now) + self._ttl_s - EARLY_S
        return self._token


def verify(request: WebhookRequest, keys: Iterable[str], *, within_s: int, hashed: bool) -> None:
    """Raise Refused 401 unless the bearer is signed with one of the keys, lately, and for this body.

    within_s: how old it may be. hashed: whether it must say the body's digest.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    claims = _claims(token, keys)
    if scheme.lower() != "bearer" or claims is None:
        raise unsigned("Authorization")
    told = claims.get("payload_hash")
    if (told or hashed) and not one_of(str(told), [hashlib.sha256(request.body).hexdigest()]):
        raise unsigned("payload_hash")
    issued = claims.get("iat")
    if not isinstance(issued, int) or request.received_at.timestamp() - issued > within_s:
        raise Refused(401, "stale", "the JWT is older than signed_within_s; check the clock")


def _claims(token: str, keys: Iterable[str]) -> dict[str, JsonValue] | None:
    """What an HS256 JWT claims; None when none of the keys signed it so.

    Whatever its header says, no other algorithm is tried. joserfc would cost 20 µs more, half of what a webhook may.
    """
    signed, _, signature = token.rpartition(".")
    told = signed.encode("utf-8", "backslashreplace")
    digests = [hmac.digest(key.encode(), told, hashlib.sha256) for key in keys]
    if not one_of(signature, [base64.urlsafe_b64encode(digest).rstrip(b"=").decode() for digest in digests]):
        return None
    header, _, claims = (_json(part) for part in signed.partition("."))
    return claims if header.get("alg") == "HS256" else None


def _json(part: str) -> dict[str, JsonValue]:
    """An object in base64url; empty when it is none."""
    try:
        value = from_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
