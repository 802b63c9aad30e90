"""Over a real loopback socket: cut transfers, kept connections, the system's clock."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC

from sync_pipeline.adapters.clock import SystemClock
from sync_pipeline.adapters.source import HttpSource
from sync_pipeline.domain.configuration import Connector, CustomerSource
from sync_pipeline_tests.adapters.source.support import collect, keys, plan, stream

Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class InstantClock(SystemClock):
    """Real time, but nobody waits."""

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the port's signature
        await asyncio.sleep(0)


async def read_from(connection: Connection, trace_id: str | None = None) -> tuple[list[str | None], int]:
    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        document = {"connector": "wire", "base_url": f"http://127.0.0.1:{port}", "streams": {"users": stream()}}
        connector = Connector.model_validate(document)
        config = CustomerSource(connector=connector, reference_source="TEST")
        streams = {"users": connector.stream("users")}
        async with HttpSource(config, streams, "made-up", InstantClock(), trace_id=trace_id) as source:
            return keys(await collect(source.pages(plan()))), source.requests


def answer(body: bytes, length: int | None = None) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length or len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_transfer_cut_off_in_the_middle_is_asked_for_again() -> None:
    cuts = 0

    async def cut_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cuts
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"data": [{"id": 1}], "links": {"next": null}}'
        writer.write(answer(body[:20], len(body)) if cuts == 0 else answer(body))
        cuts += 1
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    assert asyncio.run(read_from(cut_once)) == (["1"], 2)


def test_the_pages_of_a_read_share_one_connection() -> None:
    connections = 0

    async def two_pages(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        for number, following in ((1, b'"?page=2"'), (2, b"null")):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(b'{"data": [{"id": %d}], "links": {"next": %s}}' % (number, following)))
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    assert asyncio.run(read_from(two_pages)) == (["1", "2"], 2)
    assert connections == 1


def test_the_system_clock_tells_utc_and_never_runs_backwards() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    asyncio.run(clock.sleep(0))
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= before


def test_every_request_of_a_slice_carries_its_trace_also_the_one_that_is_tried_again() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    seen: list[str] = []

    async def cut_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append((await reader.readuntil(b"\r\n\r\n")).decode())
        body = b'{"data": [{"id": 1}], "links": {"next": null}}'
        writer.write(answer(body[:20], len(body)) if len(seen) == 1 else answer(body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    asyncio.run(read_from(cut_once, trace))
    spans = [re.search(rf"traceparent: 00-{trace}-([0-9a-f]{{16}})-01\r\n", head) for head in seen]
    assert len({span[1] for span in spans if span}) == 2
