"""A server in the background of a Python program, and its sandboxes as objects. No pytest needed.

::

    with mock_truv.Sandbox() as sandbox:
        order = httpx.post(f"{sandbox.base_url}/v1/orders/", headers=sandbox.headers, json={...}).json()
        sandbox.complete_bridge(order["bridge_token"])
        sandbox.settle()
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mock_truv.api.parsing import parse_value
from mock_truv.commands import AddFault, Change, CompleteBridge, LeaveBridge, PutScenario, Redeliver, RemoveFault
from mock_truv.control.shown import shown_line, shown_record
from mock_truv.core.deliveries import shown as shown_delivery
from mock_truv.core.errors import WrongInput
from mock_truv.core.faults import Fault
from mock_truv.core.instants import LAST_US, SECOND_US, datetime_of, instant_of, parse_instant
from mock_truv.core.logins import typed
from mock_truv.handles import Connection, Provider
from mock_truv.scenarios import load_scenario, scaled
from mock_truv.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    import httpx

    from mock_truv.commands import Command
    from mock_truv.core.profile import Profile
    from mock_truv.journal.journal import Journal
    from mock_truv.runtime.runtime import Advanced, Runtime

T = TypeVar("T")


class SandboxError(Exception):
    """The sandbox refused what it was asked; the message is the API's, with every wrong field."""


class SandboxClock:
    """A sandbox's virtual time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime_of(self._sandbox.runtime.now_us)

    def advance(self, *, to: datetime | str | None = None, events: int | None = None, **duration: float) -> Advanced:
        """Move the clock by ``days=…, hours=…, minutes=…, seconds=…``, to an instant, or by a number of events.

        Returns when everything due has happened and been delivered.

        Raises:
            RuntimeError: Called inside a running event loop: use ``await advance_async(…)`` there.
        """
        refuse_in_loop()
        return self._sandbox.server.call(self._advance(to, events, duration))

    async def advance_async(
        self, *, to: datetime | str | None = None, events: int | None = None, **duration: float
    ) -> Advanced:
        """Do the same without blocking the event loop, so that a receiver in it can answer."""
        return await self._sandbox.server.call_async(self._advance(to, events, duration))

    async def _advance(self, to: datetime | str | None, events: int | None, duration: Mapping[str, float]) -> Advanced:
        runtime = self._sandbox.runtime
        if sum((to is not None, events is not None, bool(duration))) != 1:
            raise ValueError("give exactly one of: a duration such as days=14, to=…, events=…")
        if events is not None:
            return await runtime.advance(count=events, max_real_seconds=3600)
        if isinstance(to, str):
            to_us = parse_instant(to)
        elif to is not None:
            to_us = instant_of(to)
        else:
            to_us = runtime.now_us + timedelta(**duration) // timedelta(microseconds=1)
        return await runtime.advance(to_us=to_us, max_real_seconds=3600)


class Sandbox:
    """One isolated world with its own keys. Alone it brings its own server; use it as a context manager then."""

    def __init__(self, *, seed: int = 0, clock: str = "manual", name: str = "sandbox",
                 profile: Profile | str | dict[str, Any] | None = None,
                 _server: Server | None = None, _runtime: Runtime | None = None) -> None:  # fmt: skip
        self._own = (seed, clock, name, profile)
        self._given_server, self._given_runtime = _server, _runtime
        self._owns_server = _server is None
        self.clock = SandboxClock(self)

    def __enter__(self) -> Self:
        if self._owns_server:
            seed, clock, name, profile = self._own
            self._given_server = Server(seed=seed, clock=clock)
            self._given_server.start()
            self._given_runtime = self._given_server.sandbox(name, profile=profile).runtime
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the sandbox; stop the server if it is its own."""
        server = self.server
        if self._owns_server:
            server.stop()
            self._given_server = None
        else:
            server.call(server.hub.discard(self.runtime))

    @property
    def server(self) -> Server:
        """The server it lives on."""
        if self._given_server is None:
            raise RuntimeError("the sandbox is not open; use it as `with mock_truv.Sandbox() as sandbox:`")
        return self._given_server

    @property
    def runtime(self) -> Runtime:
        """The running world behind it (internal: may change)."""
        if self._given_runtime is None:
            raise RuntimeError("the sandbox is not open; use it as `with mock_truv.Sandbox() as sandbox:`")
        return self._given_runtime

    @property
    def base_url(self) -> str:
        """Where it answers, without ``/v1``."""
        return self.server.base_url

    @property
    def client_id(self) -> str:
        """Value of ``X-Access-Client-Id``."""
        return self.runtime.client_id

    @property
    def secret(self) -> str:
        """Value of ``X-Access-Secret``, and the key of the webhooks' signatures."""
        return self.runtime.secret

    @property
    def headers(self) -> dict[str, str]:
        """Both key headers."""
        return {"X-Access-Client-Id": self.client_id, "X-Access-Secret": self.secret}

    def settle(self, *, horizon_seconds: float = 3600) -> Advanced:
        """Let everything due within the horizon happen and be delivered; the clock stays at the last of it."""
        refuse_in_loop()
        return self.server.call(self._settle(horizon_seconds))

    async def settle_async(self, *, horizon_seconds: float = 3600) -> Advanced:
        """Do the same without blocking the event loop."""
        return await self.server.call_async(self._settle(horizon_seconds))

    def complete_bridge(
        self, bridge_token: str, *, username: str = "goodlogin", password: str = "goodpassword",  # noqa: S107
        mfa_code: str | None = None, provider_id: str | None = None, company_mapping_id: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Do what the person does in Bridge; return ``public_token``, ``link_id``, ``task_id``, ``status``.

        Raises:
            SandboxError: The token is unknown or expired, or nothing is open to connect.
        """
        where = {"provider_id": provider_id, "company_mapping_id": company_mapping_id}
        login = self._read(lambda it: typed(it.world, bridge_token, username, password, mfa_code, **where))
        command = CompleteBridge(bridge_token, login, **where)
        ending: dict[str, Any] = self.do(command)
        return ending

    def leave_bridge(self, bridge_token: str) -> None:
        """Do what a person does who opens an order's link and leaves: its open employers become ``skipped``."""
        self.do(LeaveBridge(bridge_token))

    def certify(self, order_id: str, decisions: list[dict[str, Any]] | None = None) -> None:
        """Do what a person does who certifies what an order shows; without ``decisions`` all of it is as they say.

        Raises:
            SandboxError: The order is not over, or a decision is wrong.
        """
        self.do(Change("certification", order_id, {} if decisions is None else {"decisions": decisions}))

    def scenario(self, name: str, *, cases: int | None = None) -> None:
        """Put a shipped scenario, or the scenario of a file, into force from now on; ``cases`` scales its population.

        Raises:
            ScenarioError: There is neither, the file is wrong, or it brings no cases.
        """
        scenario = load_scenario(name)
        self.do(PutScenario(scenario if cases is None else scaled(scenario, cases)))

    def add_fault(self, kind: str, *, name: str | None = None, **fields: Any) -> str:
        """Put a fault into force, as ``POST /_mock/faults/`` does; return its name."""
        try:
            fault: Fault = parse_value({"kind": kind, **fields}, Fault)  # type: ignore[arg-type]
        except WrongInput as error:
            raise SandboxError(_sentence(400, error.body())) from None
        ident: str = self.do(AddFault(fault, name))["id"]
        return ident

    def remove_fault(self, name: str) -> None:
        """End a fault; what it held back goes out."""
        self.do(RemoveFault(name))

    def change_profile(self, **knobs: Any) -> None:
        """Change knobs from now on."""
        self.do(Change("profile", "profile", knobs))

    def connection(self, link_id: str) -> Connection:
        """Return what lies behind a link."""
        return Connection(self.do, link_id)

    def provider(self, provider_id: str = "truv_api") -> Provider:
        """Return a payroll provider."""
        return Provider(self.do, provider_id)

    def redeliver(self, webhook_id: str) -> None:
        """Send a webhook once more, at the next settle or advance."""
        self.do(Redeliver(webhook_id))

    def reset(self, *, seed: int | None = None) -> None:
        """Start the world anew; keys, clock mode and profile stay."""
        self.server.call(self.server.hub.reset(self.runtime, seed))

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """Every webhook with its body and all attempts, oldest first."""
        return self._read(lambda journal: [shown_delivery(it) for it in journal.world.state.deliveries.values()])

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Every command so far, with status and events."""
        return self._read(lambda journal: [shown_record(record) for record in journal.records])

    @property
    def billing(self) -> list[dict[str, Any]]:
        """The ledger: one line for each refresh task."""
        return self._read(lambda journal: [shown_line(line) for line in journal.world.state.ledger])

    def httpx_transport(self) -> httpx.BaseTransport:
        """Return a transport for ``httpx.Client`` that reaches the sandbox without a socket: ten times faster."""
        from mock_truv.http.transport import Transport  # noqa: PLC0415 -- httpx is loaded only for this

        return Transport(self.server)

    def do(self, command: Command) -> Any:
        """Carry out a command and return its answer.

        Raises:
            SandboxError: It was refused.
        """
        answer = self.server.call(_handled(self.runtime, command)).answer
        if answer is None or not answer.body:
            return None
        value = msgspec.json.decode(answer.body)
        if answer.status >= 400:
            raise SandboxError(_sentence(answer.status, value))
        return value

    def _read(self, read: Callable[[Journal], T]) -> T:
        """Read on the server's own loop, where nothing changes meanwhile."""

        async def done() -> T:
            return read(self.runtime.journal)

        return self.server.call(done())

    async def _settle(self, horizon_seconds: float) -> Advanced:
        to_us = min(self.runtime.now_us + round(horizon_seconds * SECOND_US), LAST_US)
        return await self.runtime.advance(to_us=to_us, max_real_seconds=3600, settle=True)


def refuse_in_loop() -> None:
    """Refuse to block a running event loop until webhooks are delivered.

    Raises:
        RuntimeError: There is one in this thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "this call would block the running event loop, and a receiver in it could never answer: "
        "use `await sandbox.clock.advance_async(…)` and `await sandbox.settle_async()`"
    )


async def _handled(runtime: Runtime, command: Command) -> Any:
    return runtime.handle(command)


def _sentence(status: int, body: dict[str, Any]) -> str:
    if "detail" in body:
        return f"{status}: {body['detail']}"
    error = body["error"]
    params = (error.get("extra") or {}).get("invalid-params", [])
    return f"{status} {error['code']}: {error['message']}" + "".join(
        f"; {it['field']}: {it['message']}" for it in params
    )
