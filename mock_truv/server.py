"""A server in a thread of this process."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from mock_truv.http.build import build_app
from mock_truv.http.serve import base_url, bind, make_server
from mock_truv.runtime.hub import Hub, Options
from mock_truv.runtime.profiles import profile_of

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Self

    from mock_truv.core.profile import Profile
    from mock_truv.http.app import App
    from mock_truv.runtime.runtime import Runtime
    from mock_truv.sandbox import Sandbox

T = TypeVar("T")
START_SECONDS = 30


class Server:
    """One server in a thread of this process, with any number of sandboxes; a context manager."""

    def __init__(self, *, seed: int = 0, clock: str = "manual", allow_webhook_hosts: tuple[str, ...] = ()) -> None:
        self._options = Options(clock=clock, seed=seed, allow_webhook_hosts=allow_webhook_hosts)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.base_url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to serve on a free port of the loopback interface; returns when it answers."""
        assert self._thread is None, "this server was started before"
        listener = bind("127.0.0.1", 0)
        self.base_url = base_url(listener)
        self.hub = Hub(self._options)
        self.app: App = build_app(self.hub)
        ready = threading.Event()
        self._server = make_server(self.app, ready.set)

        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self.hub.wake()
            try:
                await self._server.serve([listener])
            finally:
                await self.hub.close()

        def work() -> None:
            with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
                runner.run(run())

        self._thread = threading.Thread(target=work, name="mock-truv", daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise RuntimeError(f"mock-truv did not start within {START_SECONDS} seconds")

    def stop(self) -> None:
        """Stop serving and forget everything."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None

    def sandbox(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        clock: str | None = None,
        profile: Profile | str | dict[str, Any] | None = None,
    ) -> Sandbox:
        """Open a fresh isolated sandbox; what is not given is inherited from the server.

        ``profile`` is a profile, the name of a preset, or knobs (with a ``preset`` to start from, if wanted).

        Raises:
            WrongInput: A knob or a preset that there is not.
        """
        if isinstance(profile, (str, dict)):
            profile = profile_of(profile)
        chosen = profile

        async def opened() -> Runtime:
            runtime = self.hub.open(name, seed=seed, clock=clock, profile=chosen)
            runtime.wake()
            return runtime

        from mock_truv.sandbox import Sandbox  # noqa: PLC0415 -- a sandbox knows its server, and brings one where it has none

        return Sandbox(_server=self, _runtime=self.call(opened()))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's event loop and return its result; blocks this thread."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    async def call_async(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's event loop and wait for its result without blocking this one."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._running()))

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._thread is None or self._loop is None:
            raise RuntimeError("the server is not running; use it inside its with block")
        return self._loop
