"""Access for a Google service account: a signed assertion for an access token (RFC 7523)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from joserfc import jwt
from joserfc.jwk import RSAKey

from bot.carriers.http import Timeouts
from bot.carriers.oauth import AccessToken

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TTL_S: Final = 3600
"""The longest life Google takes."""


def service_account(
    *,
    email: str,
    key: RSAKey,
    key_id: str,
    scope: str,
    token_url: str,
    timeout: Timeouts,
    clock: Callable[[], float] = time.monotonic,
) -> AccessToken:
    """The access token of one service account."""
    header = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}

    def grant() -> dict[str, str]:
        now = int(time.time())
        claims = {"iss": email, "scope": scope, "aud": token_url, "iat": now, "exp": now + ASSERTION_TTL_S}
        return {"grant_type": GRANT, "assertion": jwt.encode(header, claims, key)}

    return AccessToken(token_url, timeout, grant, clock=clock)
