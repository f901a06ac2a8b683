"""OAuth 2.0 access tokens (RFC 6749), and calls that carry one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from yarl import URL

from bot.carriers import calling
from bot.carriers.http import Answer, Http, Timeouts
from bot.carriers.tokens import Grant, Tokens
from bot.errors import SendError

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class AccessToken(Tokens):
    """The access token of one client. grant: the fields that ask for it, made anew for each request."""

    def __init__(
        self,
        url: str,
        timeout: Timeouts,
        grant: Callable[[], Mapping[str, str]],
        *,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(self._granted, clock)
        self._url, self._timeout, self._grant = URL(url), timeout, grant
        self._headers = {**FORM, **(headers or {})}

    async def call(
        self, http: Http, method: str, url: URL, headers: Mapping[str, str], data: bytes | None = None
    ) -> tuple[Answer, str]:
        """One call with the token, once more with a new one if it was refused; the answer, and the token it was for."""
        for last in (False, True):
            token = await self.token(http)
            bearer = {"Authorization": f"Bearer {token}", **headers}
            answer = await calling.call(http, method, url, timeout=self._timeout, headers=bearer, data=data)
            if answer.status != 401 or last:
                break
            self.forget(token)
        return answer, token

    async def _granted(self, http: Http) -> Grant:
        data = calling.form_body(self._grant())
        try:
            answer = await calling.call(
                http, "POST", self._url, timeout=self._timeout, headers=self._headers, data=data
            )
        except SendError as error:
            raise SendError("no_token", error.detail, retryable=True) from None
        said = answer.json()
        token, lifetime = said.get("access_token"), said.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not isinstance(lifetime, int):
            raise _refused(answer, calling.word(said.get("error")))
        return Grant(token, lifetime)


def _refused(answer: Answer, said: str) -> SendError:
    """Busy or broken: later. Anything else is the client's key, clock or rights."""
    if answer.status == 429:
        return calling.by_status(answer, "no_token", said)
    later = answer.status < 300 or answer.status >= 500
    return SendError("no_token", f"http {answer.status} {said}".rstrip(), retryable=later, account=not later)
