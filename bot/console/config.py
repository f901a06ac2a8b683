"""What the console is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """password_hash: argon2; "" = nobody can log in. session_ttl_s: how long a login lasts, in seconds.

    trusted_proxies: proxies in front whose X-Forwarded-For hop is believed. zone: the times shown.
    images: origins the pictures of cards may come from.
    """

    password_hash: str
    session_ttl_s: int = 43_200
    trusted_proxies: int = 0
    zone: str = "Asia/Shanghai"
    images: Sequence[str] = ("https:",)
