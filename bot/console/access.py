"""Who may see the console: one password, opaque sessions, a limit on trying.

Owner of `bot.keys.SESSIONS` (a login) and of `dingdong:login:<hash of address>` (string, ttl `WINDOW_S`: how often
somebody tried). A session is a random token in a cookie; the store has only its hash: a copy of it opens nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import Any, Final

import argon2
import redis.asyncio
from aiohttp import web

from bot import keys
from bot.console.config import ConsoleConfig

COOKIE: Final = "dingdong_console"
TRIES: Final = 5
"""Wrong passwords one address may send within `WINDOW_S`."""
WINDOW_S: Final = 600
VERIFIES_AT_ONCE: Final = 2
"""One takes 64 MiB and a core for a fifth of a second."""


class TooOften(Exception):
    """Too many tries from one address. after_s: when it may try again."""

    def __init__(self, after_s: int) -> None:
        super().__init__(after_s)
        self.after_s = after_s


class Access:
    """Logins of this console."""

    def __init__(self, redis: redis.asyncio.Redis, config: ConsoleConfig) -> None:
        self._redis: Any = redis  # redis-py types each answer as "awaitable or not"
        self._config = config
        self._hasher = argon2.PasswordHasher()
        self._verifying = asyncio.Semaphore(VERIFIES_AT_ONCE)

    async def log_in(self, password: str, address: str) -> str | None:
        """A new session's token; None when the password is wrong. Raises TooOften before it even looks."""
        tried = keys.LOGINS + hashlib.sha256(address.encode()).hexdigest()[:32]
        count = await self._redis.incr(tried)
        if count == 1:
            await self._redis.expire(tried, WINDOW_S)
        if count > TRIES:
            raise TooOften(max(1, await self._redis.ttl(tried)))
        async with self._verifying:
            right = await asyncio.to_thread(self._verify, password)
        if not right:
            return None
        await self._redis.delete(tried)
        token = secrets.token_urlsafe(32)
        await self._redis.set(_session(token), b"1", ex=self._config.session_ttl_s)
        return token

    async def known(self, request: web.Request) -> bool:
        """Whether the request carries a live session."""
        token = request.cookies.get(COOKIE, "")
        return bool(token and await self._redis.exists(_session(token)))

    async def log_out(self, request: web.Request) -> None:
        await self._redis.delete(_session(request.cookies.get(COOKIE, "")))

    def remember(self, response: web.StreamResponse, token: str, *, secure: bool) -> None:
        """Put the session into the browser. secure: it came over HTTPS."""
        response.set_cookie(
            COOKIE,
            token,
            max_age=self._config.session_ttl_s,
            path="/console",
            httponly=True,
            samesite="Strict",
            secure=secure,
        )

    def _verify(self, password: str) -> bool:
        try:
            return self._hasher.verify(self._config.password_hash, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def _session(token: str) -> str:
    return keys.SESSIONS + hashlib.sha256(token.encode()).hexdigest()
