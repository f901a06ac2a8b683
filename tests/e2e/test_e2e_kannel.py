"""A real Kannel between a person and us: its bearerbox, its smsbox and the fake SMSC it comes with (Debian: kannel).

Said while we are away, the words wait in Kannel; our answer goes out through it, and its reports come back.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote_to_bytes

from e2e.house import Process
from standins.base import WEBHOOK_SECRET
from support.bot import ANNE, HANG_S, MASTER_KEY, Journal
from support.needs import missing
from support.ports import free_port

from bot import keys
from bot.ids import shard_of_message
from bot.settings import StoreSettings
from bot.store import Store

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
PASSWORD = "kannel-password-of-the-tests"
CONFIG = """
group = core
admin-interface = 127.0.0.1
admin-port = {admin}
admin-password = {password}
smsbox-interface = 127.0.0.1
smsbox-port = {boxes}
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {smsc}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-interface = 127.0.0.1
sendsms-port = {sendsms}
http-request-retry = 60
http-queue-delay = 1
mo-recode = true

group = sendsms-user
username = dingdong
password = {password}
concatenation = true
max-messages = 10

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
get-url = "{webhook}?from=%p&to=%P&text=%b&charset=%C&id=%I&at=%T"
"""
GOT = re.compile(rb"Got message \d+: <(\S+) (\S+) (?:udh \S+ data|ucs-2) (\S*)>")


@dataclass
class Gateway:
    """A running Kannel. folder: for its files; web: where we are, or will be."""

    folder: Path
    web: str
    ports: dict[str, int] = field(
        default_factory=lambda: {n: free_port() for n in ("admin", "boxes", "smsc", "sendsms")}
    )

    @property
    def account(self) -> dict[str, object]:
        url = f"http://127.0.0.1:{self.ports['sendsms']}/cgi-bin"
        mine = {"carrier": "kannel", "base_url": url, "username": "dingdong", "passwords": [PASSWORD]}
        return {**mine, "sender": "1069", "smsc": "fake", "webhook_secrets": [WEBHOOK_SECRET], "signature": "叮咚"}

    async def start(self, stack: AsyncExitStack) -> None:
        config = self.folder / "kannel.conf"
        webhook = f"{self.web}/webhooks/kannel/{WEBHOOK_SECRET}"
        config.write_text(CONFIG.format(**self.ports, password=PASSWORD, webhook=webhook))
        for program, ports in (("bearerbox", ("smsc", "boxes")), ("smsbox", ("sendsms",))):
            await stack.enter_async_context(process(_program(program), "-v", "1", str(config)))
            for port in ports:
                await _listens(self.ports[port])

    def phone(self, *says: str) -> list[str]:
        """The command of a fake SMSC over which a person says that; what comes for them is on its stderr."""
        said = [f"{ANNE.removeprefix('+86')} 1069 text {words}" for words in says]
        return [
            str(FAKESMSC),
            "-H",
            "127.0.0.1",
            "-r",
            str(self.ports["smsc"]),
            "-i",
            "0.1",
            "-m",
            str(len(said)),
            *said,
        ]


@asynccontextmanager
async def process(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        started.kill()
        await started.communicate()


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    return found or missing(f"{name} is not installed (apt-get install kannel)")


async def _listens(port: int) -> None:
    async with asyncio.timeout(HANG_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def heard(phone: asyncio.subprocess.Process) -> tuple[str, str]:
    """Where the next message came from and what it says, its parts put together."""
    assert phone.stderr is not None
    words, sender = b"", b""
    async with asyncio.timeout(HANG_S):
        while not words.decode("utf-16-be", "replace").endswith("”找客服。"):
            if found := GOT.search(await phone.stderr.readline()):
                sender, number, part = found.groups()
                assert number.decode() == ANNE
                words += unquote_to_bytes(part.replace(b"+", b" "))
    return sender.decode(), words.decode("utf-16-be")


async def test_words_come_and_answers_go_through_a_real_kannel(data: Path, store_url: str) -> None:
    """Said while we are away; answered once we are there; reported as delivered by the SMSC."""
    if not FAKESMSC.is_file():
        missing("fakesmsc is not installed (apt-get install kannel kannel-extras)")
    port = free_port()
    gateway = Gateway(data, f"http://127.0.0.1:{port}")
    told = {
        "DATA": str(data),
        "REDIS_URL": store_url,
        "MASTER_KEY": MASTER_KEY,
        "WEB__PORT": str(port),
        "ACCOUNTS": json.dumps({"kannel": gateway.account}),
    }
    bot = Process(
        ["-m", "bot", "serve", "--roles", "web,worker,sender"],
        {f"DINGDONG_{name}": value for name, value in told.items()},
        data / "bot.log",
    )
    async with AsyncExitStack() as stack:
        await gateway.start(stack)
        phone = await stack.enter_async_context(process(*gateway.phone("早上好呀你们")))
        await _sent(phone)
        stack.push_async_callback(bot.stop)
        await bot.start()
        sender, words = await heard(phone)
        assert sender == "1069"
        assert words.startswith("【叮咚】抱歉，没看懂您的回复")
        store = Store(store_url, StoreSettings())
        stack.push_async_callback(store.close)
        journal = Journal(store)
        turn = await journal.of("turn", kind="said")
        assert (turn["text"], turn["account"]) == ("早上好呀你们", "kannel")
        out = await journal.of("out", reply_to=turn["id"])
        for status, raw in (("sent", "8"), ("delivered", "1")):
            receipt = await journal.of("receipt", id=out["id"], raw=raw)
            assert receipt["status"] == status
        shard = shard_of_message(out["id"], store.shards)
        assert shard is not None
        assert await store.command("HGET", keys.msg(shard, out["id"]), "status") == b"delivered"


async def _sent(phone: asyncio.subprocess.Process) -> None:
    """The words are in Kannel, which nobody answered yet."""
    assert phone.stderr is not None
    async with asyncio.timeout(HANG_S):
        while b"sent message 1" not in await phone.stderr.readline():
            pass
