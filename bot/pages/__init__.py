"""What our web pages share: templates, static files, one strict policy, two languages, live updates.

A page is rendered on the server. One small script of ours keeps it live: the server names an element and
sends its HTML (`Live`), the script puts it there. No inline script or style, nothing from another host but pictures,
media and, where a page shows other people's, frames.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import mimetypes
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jinja2
from aiohttp import web
from pydantic import JsonValue

Language = Literal["zh", "en"]
Words = Mapping[str, tuple[str, str]]
"""What a page says: key -> (Chinese, English)."""

HEARTBEAT_S = 15.0
"""How long an event stream may be silent: a comment then shows whether the browser is still there."""
CANCEL_AGAIN_S = 0.1
"""How long a cancelled task may take to end before it is told again."""

_SHARED = Path(__file__).parent / "static"
_OPEN: web.AppKey[set[asyncio.Task[Any]]] = web.AppKey("open_event_streams", set)


@dataclass(frozen=True, slots=True)
class Live:
    """One live update. name: what the script listens to. id: where a reconnecting browser goes on from."""

    name: str
    data: JsonValue
    id: str = ""

    def encode(self) -> bytes:
        head = f"id: {self.id}\n" if self.id else ""
        return f"{head}event: {self.name}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


class Face:
    """The templates/ and static/ of one folder, served under one prefix.

    words: every text of its pages in both languages; templates say `t('key')`.
    images: origins pictures and media may come from besides our own ("http://127.0.0.1:8081", "https:").
    frames: origins of pages that may be shown inside a page.
    """

    def __init__(
        self, folder: Path, prefix: str, words: Words, images: Sequence[str] = (), frames: Sequence[str] = ()
    ) -> None:
        self.prefix = prefix
        self._words = words
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._files = {
            path.name: _StaticFile.read(path) for path in (*_SHARED.iterdir(), *(folder / "static").iterdir())
        }
        self._headers = _security_headers(images, frames)
        self._env.globals.update(static=self._static_url, prefix=prefix)

    def filter(self, name: str, function: Callable[..., Any]) -> None:
        """Give the templates one more filter."""
        self._env.filters[name] = function

    def fragment(self, template: str, language: Language, **data: Any) -> str:
        """The HTML of one template in one language."""
        return self._env.get_template(template).render(t=self._speaker(language), lang=language, **data)

    def page(self, request: web.Request, template: str, status: int = 200, **data: Any) -> web.Response:
        """A whole page, in the language the request asks for, under the strict policy."""
        html = self.fragment(template, language_of(request), **data)
        headers = {**self._headers, "Cache-Control": "no-store"}
        return web.Response(text=html, status=status, content_type="text/html", headers=headers)

    def static_route(self) -> web.RouteDef:
        """Serves the files of static/, ours and the shared ones, under <prefix>/static/."""
        return web.get(f"{self.prefix}/static/{{name}}", self._static)

    def file(self, name: str) -> str:
        """The text of one static file."""
        return self._files[name].body.decode()

    def say(self, language: Language, key: str, **values: Any) -> str:
        """One text in one language, its {placeholders} filled."""
        return self._words[key][0 if language == "zh" else 1].format(**values)

    def _speaker(self, language: Language) -> Callable[..., str]:
        return lambda key, **values: self.say(language, key, **values)

    def _static_url(self, name: str) -> str:
        return f"{self.prefix}/static/{name}?v={self._files[name].digest}"

    async def _static(self, request: web.Request) -> web.Response:
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound(text="no such file")
        if request.headers.get("If-None-Match") == file.etag:
            return web.Response(status=304, headers={"ETag": file.etag})
        headers = {**self._headers, "Content-Type": file.type, "ETag": file.etag, "Cache-Control": "no-cache"}
        return web.Response(body=file.body, headers=headers)


@dataclass(frozen=True, slots=True)
class _StaticFile:
    body: bytes
    type: str
    digest: str

    @property
    def etag(self) -> str:
        return f'"{self.digest}"'

    @classmethod
    def read(cls, path: Path) -> _StaticFile:
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        return cls(body, kind, hashlib.sha256(body).hexdigest()[:16])


def _security_headers(images: Sequence[str], frames: Sequence[str]) -> Mapping[str, str]:
    pictures = " ".join(("'self'", *images))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'; img-src {pictures}; media-src {pictures}"
    )
    if frames:
        policy += f"; frame-src {' '.join(frames)}"
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def language_of(request: web.Request) -> Language:
    """?lang=en or zh; else English when Accept-Language puts it before Chinese; else Chinese."""
    asked = request.query.get("lang", "")
    if asked in ("zh", "en"):
        return "en" if asked == "en" else "zh"
    accepted = request.headers.get("Accept-Language", "").lower().replace(" ", "").split(",")
    ranked = sorted(accepted, key=_quality, reverse=True)
    known = [tag[:2] for tag in ranked if tag[:2] in ("zh", "en")]
    return "en" if known[:1] == ["en"] else "zh"


def _quality(tag: str) -> float:
    """The q of one Accept-Language entry; 1 when it has none, 0 when it is not a number."""
    _, _, q = tag.partition(";q=")
    try:
        return float(q) if q else 1.0
    except ValueError:
        return 0.0


def same_origin(request: web.Request) -> None:
    """Refuse (403) a changing request that another site's page made a browser send.

    Browsers send Origin with every POST; a request without one (curl) does not come from a page.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise web.HTTPForbidden(text="this request came from another site's page")


def setup_live(app: web.Application) -> None:
    """Let `stream` be used in this application: its open streams end when the server shuts down."""
    if app.get(_OPEN) is None:
        app[_OPEN] = set()
        app.on_shutdown.append(_close_streams)


async def _close_streams(app: web.Application) -> None:
    streams = app[_OPEN]
    await end(streams)


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: redis-py, and `wait_for` before Python 3.12, can swallow a cancellation."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


def gone(request: web.Request) -> bool:
    """Whether the browser has left: nothing more can be shown to it."""
    return request.transport is None or request.transport.is_closing()


async def stream(request: web.Request, updates: AsyncIterator[Live | None]) -> web.StreamResponse:
    """Send updates as server-sent events until the browser goes or the server stops.

    `updates` yields None when it has nothing for `HEARTBEAT_S` at most.
    """
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    task = asyncio.current_task()
    assert task is not None
    request.app[_OPEN].add(task)
    await response.prepare(request)
    await response.write(b"retry: 1000\n\n")
    try:
        async for update in updates:
            await response.write(b":\n\n" if update is None else update.encode())
    except ConnectionResetError:
        pass  # the browser went away: that is how every stream ends
    finally:
        request.app[_OPEN].discard(task)
    return response
