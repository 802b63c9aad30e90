"""Real sockets: what counts as not sent, and what leaves a write in doubt."""

import asyncio
import json
import socket
from contextlib import suppress

import pytest

from sync_pipeline.adapters.virtuous import VirtuousClient
from sync_pipeline.domain.answer import Answer, Outcome
from sync_pipeline.domain.crm import contacts

CONTACT = {"referenceId": "u-7", "lastName": "Byron"}


class LoopbackServer:
    """Answers every request with the same bytes, counts what it saw, then closes or stays silent."""

    def __init__(self, answer: bytes, *, hang: bool = False, keep_open: bool = False) -> None:
        self.answer = answer
        self.hang = hang
        self.keep_open = keep_open
        self.connections = 0
        self.bodies: list[object] = []
        self.released = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one_request(reader, writer) and self.keep_open:
                pass
            if self.hang:
                await self.released.wait()
        finally:
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        self.bodies.append(json.loads(await reader.readexactly(length)))
        writer.write(self.answer)
        await writer.drain()
        return True


def send(server_answer: bytes, *, hang: bool = False, timeout: float = 10.0) -> tuple[Answer, LoopbackServer]:
    async def run() -> tuple[Answer, LoopbackServer]:
        server = LoopbackServer(server_answer, hang=hang)
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with VirtuousClient(f"http://127.0.0.1:{port}", "t", request_timeout=timeout) as client:
                answer = (await client.ask(contacts.transaction("VOMO", CONTACT))).answer
            server.released.set()
        return answer, server

    return asyncio.run(run())


def response(status: str, body: bytes, *, length: int | None = None) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="closed without a word"),
        pytest.param(b"HTTP/1.1 200", id="cut inside the status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="cut inside the headers"),
        pytest.param(b"garbage\r\n\r\n", id="not HTTP"),
        pytest.param(response("200 OK", b"{", length=50), id="cut inside the body of a success"),
    ],
)
def test_a_connection_cut_after_the_request_leaves_it_in_doubt_and_is_not_retried(answer: bytes) -> None:
    result, server = send(answer)
    assert (result.outcome, result.status) == (Outcome.NO_ANSWER, None)
    assert server.bodies == [{**CONTACT, "referenceSource": "VOMO"}]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="silence"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", id="silence after the status line"),
        pytest.param(response("200 OK", b"", length=50), id="silence inside the body"),
    ],
)
def test_a_server_that_stops_talking_leaves_the_request_in_doubt(answer: bytes) -> None:
    result, server = send(answer, hang=True, timeout=0.3)
    assert (result.outcome, len(server.bodies)) == (Outcome.NO_ANSWER, 1)


def test_a_server_that_drips_does_not_outlast_the_request_timeout() -> None:
    """Each read is quick, so only a limit on the whole request ends it; the lease counts on that limit."""

    async def run() -> Answer:
        done = asyncio.Event()

        async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _ in range(100):
                writer.write(b"x")
                with suppress(TimeoutError):
                    await asyncio.wait_for(done.wait(), 0.05)
            writer.close()

        async with await asyncio.start_server(drip, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with VirtuousClient(f"http://127.0.0.1:{port}", "t", request_timeout=0.3) as client:
                answer = (await client.ask(contacts.transaction("VOMO", CONTACT))).answer
            done.set()
        return answer

    assert asyncio.run(run()).outcome is Outcome.NO_ANSWER


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("400 Bad Request", Outcome.REFUSED), ("429 Too Many", Outcome.THROTTLED), ("413 Large", Outcome.TOO_LARGE)],
)
def test_a_definite_status_stands_though_its_explanation_was_cut(status: str, outcome: Outcome) -> None:
    assert send(response(status, b'{"mess', length=90))[0].outcome is outcome


def test_nothing_listening_means_nothing_was_sent() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        answer = asyncio.run(one_call(f"http://127.0.0.1:{reserved.getsockname()[1]}"))
    assert answer.outcome is Outcome.UNREACHED


def test_a_name_nobody_knows_means_nothing_was_sent() -> None:
    assert asyncio.run(one_call("http://no-such-host.invalid")).outcome is Outcome.UNREACHED


def test_a_server_without_tls_behind_https_means_nothing_was_sent() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    async def run() -> Answer:
        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
            return await one_call(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}")

    assert asyncio.run(run()).outcome is Outcome.UNREACHED


async def one_call(base_url: str) -> Answer:
    async with VirtuousClient(base_url, "t") as client:
        return (await client.ask(contacts.transaction("VOMO", CONTACT))).answer


def test_one_connection_serves_many_requests() -> None:
    async def run() -> tuple[list[Answer], LoopbackServer]:
        server = LoopbackServer(response("200 OK", b""), keep_open=True)
        async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            async with VirtuousClient(f"http://127.0.0.1:{port}", "t") as client:
                answers = [(await client.ask(contacts.transaction("VOMO", CONTACT))).answer for _ in range(3)]
        return answers, server

    answers, server = asyncio.run(run())
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * 3
    assert (server.connections, len(server.bodies)) == (1, 3)
