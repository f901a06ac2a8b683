"""Alibaba Cloud's V3 signature, ACS3-HMAC-SHA256. Facts: providers-cn.md 1.2."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "ACS3-HMAC-SHA256"
NOTHING: Final = hashlib.sha256(b"").hexdigest()
"""The digest of an empty body."""


def encoded(fields: Mapping[str, str]) -> str:
    """Fields as RFC 3986 has them, by name: the canonical query, and as good a form body."""
    return "&".join([f"{_quoted(name)}={_quoted(fields[name])}" for name in sorted(fields)])


def _quoted(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe="~")


def authorization(key_id: str, secret: str, *, method: str, query: str, headers: Mapping[str, str], digest: str) -> str:
    """The Authorization header.

    query: canonical. headers: those that are signed, names in lower case. digest: of the body, hex SHA-256.
    """
    names = sorted(headers)
    signed = ";".join(names)
    lines = "".join([f"{name}:{headers[name].strip()}\n" for name in names])
    canonical = f"{method}\n/\n{query}\n{lines}\n{signed}\n{digest}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    return f"{ALGORITHM} Credential={key_id},SignedHeaders={signed},Signature={signature}"
