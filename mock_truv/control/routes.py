"""The routes of the control API. Each reads a body, gives a command or asks a question, and answers in JSON."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

import mock_truv
from mock_truv.control import bodies, reads, writes
from mock_truv.control.exchange import (
    answered,
    check_origin,
    read_body_as,
    refused,
)
from mock_truv.control.reads import in_force
from mock_truv.control.writes import shipped_scenario
from mock_truv.core.errors import ApiError, DetailError
from mock_truv.core.instants import text_z
from mock_truv.http.app import wrong_keys
from mock_truv.runtime.profiles import profile_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from mock_truv.runtime.hub import Hub
    from mock_truv.runtime.runtime import Runtime

T = TypeVar("T")


class Control:
    """The control API of a hub."""

    def __init__(self, hub: Hub, *, token: str | None, allowed_hosts: frozenset[str]) -> None:
        self._hub = hub
        self._token = token
        self._allowed_hosts = allowed_hosts

    def routes(self) -> list[Route]:
        """Return all routes below ``/_mock/``."""
        table: list[tuple[str, str, Callable[[Runtime, Request], Awaitable[Any]]]] = [
            ("GET", "/_mock/clock", reads.read_clock),
            ("POST", "/_mock/clock/advance", writes.advance),
            ("POST", "/_mock/settle", writes.settle),
            ("POST", "/_mock/reset", self.reset),
            ("POST", "/_mock/sandboxes/", self.open_sandbox),
            ("POST", "/_mock/bridge/{token}/complete", writes.complete_bridge),
            ("POST", "/_mock/bridge/{token}/leave", writes.leave_bridge),
            ("GET", "/_mock/connections/", reads.list_connections),
            ("GET", "/_mock/connections/{id}", reads.read_connection),
            ("PATCH", "/_mock/connections/{id}", writes.change_connection),
            ("GET", "/_mock/providers/", reads.list_providers),
            ("GET", "/_mock/providers/{id}", reads.read_provider),
            ("PATCH", "/_mock/providers/{id}", writes.change_provider),
            ("GET", "/_mock/scenario", reads.read_scenario),
            ("PUT", "/_mock/scenario", writes.put_scenario),
            ("GET", "/_mock/faults/", reads.list_faults),
            ("POST", "/_mock/faults/", writes.add_fault),
            ("DELETE", "/_mock/faults/{id}", writes.remove_fault),
            ("GET", "/_mock/profile", reads.read_profile),
            ("PATCH", "/_mock/profile", writes.change_profile),
            ("GET", "/_mock/journal/", reads.read_journal),
            ("GET", "/_mock/deliveries/", reads.list_deliveries),
            ("POST", "/_mock/deliveries/{id}/redeliver", writes.redeliver),
            ("POST", "/_mock/orders/{id}/certify", writes.certify),
            ("GET", "/_mock/billing/", reads.read_billing),
        ]
        paths: dict[str, dict[str, Callable[[Runtime, Request], Awaitable[Any]]]] = {}
        for method, path, endpoint in table:
            paths.setdefault(path, {})[method] = endpoint
        routes = [
            Route("/_mock/health", self.health, methods=["GET"]),
            Route("/_mock/openapi.json", self.openapi, methods=["GET"]),
        ]
        for path, endpoints in paths.items():
            bare = path.rstrip("/")
            routes += [self._route(each, endpoints) for each in (bare, bare + "/")]
        return routes

    def _route(self, path: str, endpoints: dict[str, Callable[[Runtime, Request], Awaitable[Any]]]) -> Route:
        async def serve(request: Request) -> Response:
            try:
                runtime = self._admit(request)
                endpoint = endpoints.get(request.method)
                if endpoint is None:
                    detail = f'Method "{request.method}" not allowed.'
                    raise DetailError(405, detail, {"allow": ", ".join(endpoints)})
                return answered(await endpoint(runtime, request))
            except ApiError as error:
                return refused(error)

        return Route(path, serve, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])

    async def health(self, request: Request) -> Response:
        """Say that the server answers; no keys needed."""
        try:
            self._check_host(request)
        except ApiError as error:
            return refused(error)
        return answered({"status": "ok", "version": mock_truv.__version__})

    async def openapi(self, request: Request) -> Response:
        """Return the OpenAPI document; it tells nothing of any sandbox, so no keys are needed."""
        from mock_truv.openapi.document import document_bytes  # noqa: PLC0415 -- made by who asks for it

        try:
            self._check_host(request)
        except ApiError as error:
            return refused(error)
        return Response(await run_in_threadpool(document_bytes), media_type="application/json")

    async def reset(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Start the sandbox's world anew."""
        body = await read_body_as(request, bodies.Reset)
        scenario = None if body.scenario is None else shipped_scenario(body.scenario)
        await self._hub.reset(runtime, body.seed, scenario)
        return {"now": text_z(runtime.now_us), "seed": runtime.journal.opening.base_seed, **in_force(runtime)}

    async def open_sandbox(self, _: Runtime, request: Request) -> dict[str, Any]:
        """Open a fresh isolated sandbox and return its keys."""
        body = await read_body_as(request, bodies.OpenSandbox)
        profile = None if body.profile is None else profile_of(body.profile)
        scenario = None if body.scenario is None else shipped_scenario(body.scenario)
        opened = self._hub.open(body.name, seed=body.seed, clock=body.clock, profile=profile, scenario=scenario)
        opened.wake()
        return {"name": opened.name, "client_id": opened.client_id, "secret": opened.secret}

    def _admit(self, request: Request) -> Runtime:
        """Return the sandbox that a request may control.

        Raises:
            ApiError: 403 for a strange host or origin or a wrong control token, 401 for wrong keys.
        """
        self._check_host(request)
        if request.method not in {"GET", "HEAD"}:
            check_origin(request)
        if self._token is not None:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                raise ApiError(403, "not_authenticated", "Send the server's --control-token as Authorization: Bearer …")
        secret = request.headers.get("x-access-secret", "")
        runtime = self._hub.find(request.headers.get("x-access-client-id", ""), secret)
        if runtime is None:
            raise wrong_keys(secret)
        return runtime

    def _check_host(self, request: Request) -> None:
        """Refuse a ``Host`` under which we were never announced: the sign of DNS rebinding."""
        host = request.headers.get("host", "").rpartition("@")[2]
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        if name.strip("[]").lower() not in self._allowed_hosts:
            text = f"The control API does not answer to the host {name!r}; allow it with --allow-host {name or 'NAME'}"
            raise ApiError(403, "not_authenticated", text)
