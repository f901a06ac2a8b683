"""X-Twilio-Signature: an HMAC over the public URL and the form (providers-rcs.md 3.4). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit


def sign(url: str, fields: Iterable[tuple[str, str]], token: str) -> str:
    """The signature of a call. url: with its query. fields: of a form; none for another body, which the query digests.

    Sorted names, each with its values, none twice; an empty value counts.
    """
    told = "".join([name + value for name, value in sorted(set(fields))])
    return base64.b64encode(hmac.digest(token.encode(), (url + told).encode(), hashlib.sha1)).decode()


def spellings(url: str) -> tuple[str, str]:
    """A URL with its port and without: either may have been signed."""
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=f"{host}:{port}").geturl(), parts._replace(netloc=host).geturl()
