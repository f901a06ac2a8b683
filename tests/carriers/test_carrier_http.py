"""What providers are called with: answers in every framing, connections kept and given up, failures told apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from bot.carriers.http import ANSWER_LIMIT_BYTES, Answer, Http, NoAnswer, NotConnected, Timeouts

PATIENT = Timeouts(connect_s=30, read_s=30)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """A server that says what it is told, byte for byte, and hangs up after an empty piece."""

    def __init__(self, port: int) -> None:
        self.url = URL(f"http://127.0.0.1:{port}/v2/send?x=1")
        self.answers: list[list[bytes]] = []
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await _head(reader):
                self.heard.put_nowait(head)
                for piece in self.answers.pop(0):
                    if not piece:
                        return
                    writer.write(piece)
                    await writer.drain()
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    """A request with its body; nothing when the caller has hung up."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        _, found, length = head.partition(b"Content-Length: ")
        return head + await reader.readexactly(int(length.split(b"\r\n")[0]) if found else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    told: Peer
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(told.serve(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        told = Peer(server.sockets[0].getsockname()[1])
        yield told
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http() as http:
        yield http


async def get(http: Http, peer: Peer, timeouts: Timeouts = PATIENT) -> Answer:
    return await http.request("GET", peer.url, {"Accept": "*/*"}, None, timeouts)


async def test_a_request_is_written_as_it_should_be(http: Http, peer: Peer) -> None:
    """Line, host, headers, length and body; nothing else."""
    peer.answers = [[OK]]
    await http.request("POST", peer.url, {"Authorization": "Bearer k"}, "你好".encode(), PATIENT)
    head = f"POST /v2/send?x=1 HTTP/1.1\r\nHost: {peer.url.host_port_subcomponent}\r\nAuthorization: Bearer k\r\n"
    assert peer.heard.get_nowait() == f"{head}Content-Length: 6\r\n\r\n你好".encode()


@pytest.mark.parametrize(
    "answer",
    [
        [OK],
        [bytes([byte]) for byte in OK],
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n", b"1\r\nk\r\n0\r\n\r\n"],
    ],
    ids=["length", "bytes", "continue", "chunked"],
)
async def test_an_answer_is_read_however_it_is_framed(http: Http, peer: Peer, answer: list[bytes]) -> None:
    """The body is whole, and the connection carries the next request."""
    peer.answers = [answer, [OK]]
    first = await get(http, peer)
    assert (first.status, first.body) == (200, b"ok")
    await get(http, peer)
    assert peer.connections == 1


async def test_an_answer_may_end_with_its_connection(http: Http, peer: Peer) -> None:
    """Without a length the body lasts until the provider hangs up; the next request connects again."""
    peer.answers = [[b"HTTP/1.1 200 OK\r\nRetry-After: 7\r\n\r\no", b"k", b""], [OK]]
    answer = await get(http, peer)
    assert (answer.body, answer.headers.get("retry-after")) == (b"ok", "7")
    await get(http, peer)
    assert peer.connections == 2


async def test_a_connection_the_provider_closes_is_not_used_again(http: Http, peer: Peer) -> None:
    """Neither when it says so nor when it just hangs up between two requests."""
    peer.answers = [[b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"], [OK, b""], [OK]]
    for _ in range(3):
        await get(http, peer)
        await asyncio.sleep(0.05)  # the end of the connection arrives
    assert peer.connections == 3


async def test_requests_at_once_have_connections_of_their_own(http: Http, peer: Peer) -> None:
    """No request waits behind another."""
    peer.answers = [[OK], [OK]]
    await asyncio.gather(get(http, peer), get(http, peer))
    assert peer.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        [b""],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b""],
        [b"SMTP ready\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * (ANSWER_LIMIT_BYTES + 1)],
    ],
    ids=["nothing", "half", "no HTTP", "too long"],
)
async def test_what_is_no_answer(http: Http, peer: Peer, answer: list[bytes]) -> None:
    """It may have been received, and the connection is not used again."""
    peer.answers = [answer, [OK]]
    with pytest.raises(NoAnswer):
        await get(http, peer)
    await get(http, peer)
    assert peer.connections == 2


async def test_a_provider_that_does_not_answer_in_time(http: Http, peer: Peer) -> None:
    """Half an answer is none; its late rest is nobody's answer."""
    peer.answers = [[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"], [OK]]
    with pytest.raises(NoAnswer, match="TimeoutError"):
        await get(http, peer, Timeouts(connect_s=30, read_s=0.05))
    assert (await get(http, peer)).body == b"ok"
    assert peer.connections == 2


async def test_a_request_that_is_given_up_frees_nothing_half_used(http: Http, peer: Peer) -> None:
    """A cancelled caller's connection is closed: its answer must not be the next caller's."""
    peer.answers = [[b"HTTP/1.1 200 OK\r\n"], [OK]]
    call = asyncio.create_task(get(http, peer))
    await peer.heard.get()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await get(http, peer)).body == b"ok"
    assert peer.connections == 2


async def test_what_is_not_connected(http: Http, peer: Peer, unused_tcp_port: int) -> None:
    """Nobody there, or nobody who speaks TLS: nothing was sent."""
    nobody = URL(f"http://127.0.0.1:{unused_tcp_port}/")
    for url in (nobody, peer.url.with_scheme("https").with_port(peer.url.port)):
        with pytest.raises(NotConnected):
            await http.request("GET", url, {}, None, Timeouts(connect_s=1, read_s=1))
    assert peer.heard.empty()


async def test_a_header_cannot_end_its_line(http: Http, peer: Peer) -> None:
    """What comes from a setting or a provider's token cannot add a header."""
    for value in ("a\r\nX-Evil: 1", "a\n", "\r"):
        with pytest.raises(ValueError, match="line break"):
            await http.request("GET", peer.url, {"Authorization": value}, None, PATIENT)
    assert peer.connections == 0
