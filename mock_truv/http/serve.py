"""Run the application with uvicorn: bind, announce, serve, stop cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import msgspec
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mock_truv.http.app import App
    from mock_truv.runtime.hub import Hub

GRACE_SECONDS = 3


class BindError(Exception):
    """The address cannot be used; the message is one sentence that says what to do."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        BindError: The port is busy or the host is not ours.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise BindError(f"The host {host!r} cannot be found ({error.strerror}); use --host 127.0.0.1.") from None
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if port == 0:
            raise BindError(f"Cannot listen on {host}: {error.strerror}.") from None
        text = f"Cannot listen on {host}:{port}: {error.strerror}; choose another --port, or --port 0 for any free one."
        raise BindError(text) from None
    listener.setblocking(False)
    return listener


def base_url(listener: socket.socket, *, tls: bool = False) -> str:
    """Return the address of a listening socket, without ``/v1``."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"{'https' if tls else 'http'}://{shown}:{port}"


class Server(uvicorn.Server):
    """uvicorn that says when it answers and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call ``on_ready``."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield


def make_server(app: App, on_ready: Callable[[], None], **tls: Any) -> Server:
    """Return a server for an application that announces itself by ``on_ready``."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        **tls,
    )
    return Server(config, on_ready)


def serve(app: App, hub: Hub, listener: socket.socket, on_ready: Callable[[], None], **tls: Any) -> None:
    """Serve until SIGTERM or Ctrl-C, then close everything."""
    server = make_server(app, on_ready, **tls)
    gc.callbacks.append(_keep_for_good)
    gc.set_threshold(20_000, 5, 5)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, _stop, server)
        hub.wake()
        try:
            await server.serve([listener])
        finally:
            await hub.close()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(run())


def write_ready_file(path: Path, url: str, client_id: str, secret: str) -> None:
    """Put the ready file in place, whole: it is written beside and renamed."""
    content = msgspec.json.encode({"base_url": url, "client_id": client_id, "secret": secret, "pid": os.getpid()})
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + b"\n")
        os.replace(name, path)  # noqa: PTH105
    except OSError:
        os.unlink(name)  # noqa: PTH108
        raise


def _keep_for_good(phase: str, info: dict[str, int]) -> None:
    """After a full collection, put what survived out of the collector's sight.

    A world only grows and holds no cycles; walking all of it again and again cost pauses of half a second at 100,000
    orders. What is let go later (a reset) is freed by its reference count.
    """
    if phase == "stop" and info["generation"] == 2:
        gc.freeze()


def _stop(server: Server) -> None:
    if server.should_exit:
        server.force_exit = True
    server.should_exit = True
