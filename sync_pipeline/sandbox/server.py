"""Running the sandbox: in the foreground, or in a thread of the process that tests against it."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync_pipeline.domain.errors import ConfigurationError
from sync_pipeline.sandbox.answers import ABORT
from sync_pipeline.sandbox.app import create_app
from sync_pipeline.sandbox.world import World, default_world

LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 10
_BACKLOG = 512


class _AbortableProtocol(H11Protocol):
    """Lets the application close the connection without an answer, which ASGI itself has no message for."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        application = self.app

        async def with_abort(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
            await application(scope, receive, send)

        self.app = with_abort


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


def serve(
    world: World, host: str = LOOPBACK, port: int = 8080, announce: Callable[[str], None] = lambda _: None
) -> None:
    """Serves until the process is told to stop; `announce` gets the base URL once connections are taken.

    Raises ConfigurationError if the port is taken or the host is not on loopback.
    """
    with _bound(host, port) as bound, suppress(KeyboardInterrupt):
        announce(_base_url(host, bound))
        _server(world).run(sockets=[bound])


@contextmanager
def running_sandbox(world: World | None = None, host: str = LOOPBACK, port: int = 0) -> Iterator[str]:
    """Serves in a daemon thread and yields the base URL, such as "http://127.0.0.1:40123"; port 0 takes a free one."""
    with _bound(host, port) as bound:
        server = _server(world or default_world())
        thread = Thread(target=server.run, kwargs={"sockets": [bound]}, name="sandbox", daemon=True)
        thread.start()
        if not server.ready.wait(_PATIENCE_SECONDS):
            raise RuntimeError("The sandbox did not start.")
        try:
            yield _base_url(host, bound)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_SECONDS)


def _server(world: World) -> _Server:
    config = uvicorn.Config(
        create_app(world),
        http=_AbortableProtocol,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        # uvicorn's 5 s would cut off clients that pause between requests, a fault nobody asked for.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)


def _base_url(host: str, bound: socket.socket) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket. Connections wait in its backlog until the server runs, so nobody is ever turned away."""
    if not _is_loopback(host):
        raise ConfigurationError("The sandbox has no passwords.", "Run it on a loopback address such as 127.0.0.1.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named: 45 ms an answer without it, 1 ms with it.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise ConfigurationError(f"Port {port} on {host} cannot be used.", "Choose another with --port.") from error
    return bound


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
