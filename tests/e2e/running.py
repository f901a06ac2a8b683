"""`bot run` as somebody starts it who tries Dingdong."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from e2e.house import ROOT
from support.bot import HANG_S
from support.ports import free_port


@dataclass(frozen=True, slots=True)
class Run:
    """What it printed, and the process itself."""

    greeting: str
    process: asyncio.subprocess.Process

    def address(self, of: str) -> str:
        """The address it gives for "the phone", "the console" or "the platform"."""
        return str(re.findall(rf"{of} +(http\S+)", self.greeting)[0])

    @property
    def password(self) -> str:
        return str(re.findall(r"password: (\S+)", self.greeting)[0])

    async def interrupt(self) -> int:
        """Ctrl-C, and its exit code."""
        self.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(HANG_S):
            return await self.process.wait()


@asynccontextmanager
async def run(data: Path, port: int = 0, platform_port: int = 0) -> AsyncIterator[Run]:
    """Until Ctrl-C, which comes at the end at the latest. Ports: free ones unless given."""
    ports = ["--port", str(port or free_port()), "--platform-port", str(platform_port or free_port())]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--data", str(data), *ports),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    made: Run | None = None
    try:
        async with asyncio.timeout(HANG_S):
            greeting = await process.stdout.readuntil(b"the platform") + await process.stdout.readline()
        made = Run(greeting.decode(), process)
        yield made
    finally:
        if made is not None and process.returncode is None:
            await made.interrupt()
