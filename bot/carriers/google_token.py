"""OAuth 2.0 for a Google service account: a signed assertion for an access token (RFC 7523)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from joserfc import jwt
from joserfc.jwk import RSAKey
from yarl import URL

from bot.carriers import calling
from bot.carriers.http import Answer, Http, Timeouts
from bot.errors import SendError

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TTL_S: Final = 3600
"""The longest life Google takes."""
EARLY_S: Final = 60
"""A token is renewed this long before it ends, so that none ends under way."""
HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class ServiceAccount:
    """The access token of one service account, kept until shortly before it ends.

    However many sends meet without a token, one request fetches it for all of them.
    """

    def __init__(
        self,
        *,
        email: str,
        key: RSAKey,
        key_id: str,
        scope: str,
        token_url: str,
        timeout: Timeouts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._email, self._key, self._key_id = email, key, key_id
        self._scope, self._url, self._timeout = scope, URL(token_url), timeout
        self._clock = clock
        self._token = ""
        self._until = 0.0
        self._fetching: asyncio.Task[None] | None = None

    async def token(self, http: Http) -> str:
        """An access token good for EARLY_S at least. Raises SendError, never unknown: nothing was sent."""
        if self._clock() >= self._until:
            if self._fetching is None or self._fetching.done():
                self._fetching = asyncio.create_task(self._fetch(http))
                self._fetching.add_done_callback(_seen)
            await asyncio.shield(self._fetching)  # a caller that gives up takes nobody with it
        return self._token

    def forget(self, token: str) -> None:
        """That token was refused: the next call fetches another."""
        if token == self._token:
            self._until = 0.0

    async def _fetch(self, http: Http) -> None:
        data = calling.form_body({"grant_type": GRANT, "assertion": self._assertion()})
        asked = self._clock()
        try:
            answer = await calling.call(http, "POST", self._url, timeout=self._timeout, headers=HEADERS, data=data)
        except SendError as error:
            raise SendError("no_token", error.detail, retryable=True) from None
        said = answer.json()
        token, lifetime = said.get("access_token"), said.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not isinstance(lifetime, int):
            raise _refused(answer, calling.word(said.get("error")))
        self._token, self._until = token, asked + lifetime - EARLY_S

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {"iss": self._email, "scope": self._scope, "aud": str(self._url), "iat": now}
        header = {"alg": "RS256", "typ": "JWT", **({"kid": self._key_id} if self._key_id else {})}
        return jwt.encode(header, {**claims, "exp": now + ASSERTION_TTL_S}, self._key)


def _refused(answer: Answer, said: str) -> SendError:
    """Busy or broken: later. Anything else is the service account's key, clock or rights."""
    if answer.status == 429:
        return calling.by_status(answer, "no_token", said)
    later = answer.status < 300 or answer.status >= 500
    return SendError("no_token", f"http {answer.status} {said}".rstrip(), retryable=later, account=not later)


def _seen(task: asyncio.Task[None]) -> None:
    """Its failure went to those who waited; if all of them gave up, it is nobody's."""
    if not task.cancelled():
        task.exception()
