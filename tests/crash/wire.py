"""The connection to the store, through our hands: an answer can get lost although the script ran."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.store import LUA


def sha(script: str) -> bytes:
    """What the store knows bot/lua/<script>.lua by."""
    source = (LUA / "_common.lua").read_text() + (LUA / f"{script}.lua").read_text()
    return hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest().encode()


class Wire:
    """Listens on a socket of its own and passes everything on, both ways. url: for those who come through here."""

    def __init__(self) -> None:
        self.url = ""
        self.lost = asyncio.Event()
        """Set when an answer got lost."""
        self.seen = 0
        """How often the script came by since `lose`."""
        self._script, self._store = b"", ""
        self._instead: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def to(self, store_url: str) -> AsyncIterator[str]:
        """Between a store and those who use the url."""
        self._store = store_url.removeprefix("unix://")
        with tempfile.TemporaryDirectory(prefix="dd-") as folder:  # short: a socket's path is limited
            async with await asyncio.start_unix_server(self._serve, f"{folder}/wire.sock"):
                self.url = f"unix://{folder}/wire.sock"
                yield self.url

    def lose(self, script: str, instead: Callable[[], None] = lambda: None) -> None:
        """The next answer to this script is lost, and its connection; `instead` is called at that moment."""
        self._script, self._instead = sha(script), instead
        self.seen = 0
        self.lost.clear()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        store, to_store = await asyncio.open_unix_connection(self._store)
        doomed = asyncio.Event()
        up = asyncio.create_task(self._questions(client, to_store, doomed))
        try:
            while answer := await store.read(1 << 16):
                if doomed.is_set():
                    self._instead()
                    self.lost.set()
                    break
                to_client.write(answer)
        finally:
            up.cancel()
            for end in (to_client, to_store):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _questions(
        self, client: asyncio.StreamReader, to_store: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while question := await client.read(1 << 16):
            if self._script and self._script in question:
                self.seen += 1
                if not self.lost.is_set():
                    doomed.set()
            to_store.write(question)
        to_store.close()
