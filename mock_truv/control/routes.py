"""The routes of the control API. Each reads a body, gives a command or asks a question, and answers in JSON."""

from __future__ import annotations

import hmac
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

import mock_truv
from mock_truv.api.parsing import parse_value
from mock_truv.commands import AddFault, Change, LeaveBridge, PutScenario, Redeliver, RemoveFault
from mock_truv.commands import CompleteBridge as BridgeCommand
from mock_truv.control import bodies, changes
from mock_truv.control.exchange import (
    answered,
    check_origin,
    found,
    give,
    instant,
    read_body_as,
    refused,
    whole_number,
    within,
)
from mock_truv.control.shown import shown_line, shown_record
from mock_truv.core.deliveries import shown as shown_delivery
from mock_truv.core.errors import ApiError, DetailError, WrongInput
from mock_truv.core.faults import Fault
from mock_truv.core.instants import LAST_US, SECOND_US, text_z
from mock_truv.core.logins import typed
from mock_truv.http.app import wrong_keys
from mock_truv.runtime.profiles import profile_of
from mock_truv.scenarios import ScenarioError, parse_scenario, scenario_text, shipped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from mock_truv.core.scenario import Scenario
    from mock_truv.runtime.hub import Hub
    from mock_truv.runtime.runtime import Advanced, Runtime

T = TypeVar("T")
PAGE = 1000
"""Entries of a listing in one answer."""


class Control:
    """The control API of a hub."""

    def __init__(self, hub: Hub, *, token: str | None, allowed_hosts: frozenset[str]) -> None:
        self._hub = hub
        self._token = token
        self._allowed_hosts = allowed_hosts

    def routes(self) -> list[Route]:
        """Return all routes below ``/_mock/``."""
        table: list[tuple[str, str, Callable[[Runtime, Request], Awaitable[Any]]]] = [
            ("GET", "/_mock/clock", self.read_clock),
            ("POST", "/_mock/clock/advance", self.advance),
            ("POST", "/_mock/settle", self.settle),
            ("POST", "/_mock/reset", self.reset),
            ("POST", "/_mock/sandboxes/", self.open_sandbox),
            ("POST", "/_mock/bridge/{token}/complete", self.complete_bridge),
            ("POST", "/_mock/bridge/{token}/leave", self.leave_bridge),
            ("GET", "/_mock/connections/", self.list_connections),
            ("GET", "/_mock/connections/{id}", self.read_connection),
            ("PATCH", "/_mock/connections/{id}", self.change_connection),
            ("GET", "/_mock/providers/", self.list_providers),
            ("GET", "/_mock/providers/{id}", self.read_provider),
            ("PATCH", "/_mock/providers/{id}", self.change_provider),
            ("GET", "/_mock/scenario", self.read_scenario),
            ("PUT", "/_mock/scenario", self.put_scenario),
            ("GET", "/_mock/faults/", self.list_faults),
            ("POST", "/_mock/faults/", self.add_fault),
            ("DELETE", "/_mock/faults/{id}", self.remove_fault),
            ("GET", "/_mock/profile", self.read_profile),
            ("PATCH", "/_mock/profile", self.change_profile),
            ("GET", "/_mock/journal/", self.read_journal),
            ("GET", "/_mock/deliveries/", self.list_deliveries),
            ("POST", "/_mock/deliveries/{id}/redeliver", self.redeliver),
            ("POST", "/_mock/orders/{id}/certify", self.certify),
            ("GET", "/_mock/billing/", self.read_billing),
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

    async def read_clock(self, runtime: Runtime, _: Request) -> dict[str, Any]:
        """Return the sandbox's time."""
        return {"now": text_z(runtime.now_us), "mode": runtime.clock.mode}

    async def advance(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Move the clock; the answer comes when everything due has happened and been delivered."""
        body = await read_body_as(request, bodies.Advance)
        given = [name for name in ("seconds", "to", "events") if getattr(body, name) is not None]
        if len(given) != 1:
            raise WrongInput(("body", f"Give exactly one of seconds, to, events; got {' and '.join(given) or 'none'}"))
        to_us = None
        if body.seconds is not None:
            to_us = within(runtime.now_us + round(body.seconds * SECOND_US), "seconds")
        if body.to is not None:
            to_us = within(instant("to", body.to), "to")
            if to_us < runtime.now_us:
                raise WrongInput(("to", f"Time never goes back: it is {text_z(runtime.now_us)} already"))
        advanced = await runtime.advance(to_us=to_us, count=body.events, max_real_seconds=body.max_real_seconds)
        return _advanced(runtime, advanced)

    async def settle(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Let everything due within the horizon happen; the clock stays at the last entry."""
        body = await read_body_as(request, bodies.Settle)
        to_us = min(runtime.now_us + round(body.horizon_seconds * SECOND_US), LAST_US)
        return _advanced(
            runtime, await runtime.advance(to_us=to_us, max_real_seconds=body.max_real_seconds, settle=True)
        )

    async def reset(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Start the sandbox's world anew."""
        body = await read_body_as(request, bodies.Reset)
        scenario = None if body.scenario is None else _scenario(body.scenario)
        await self._hub.reset(runtime, body.seed, scenario)
        return {"now": text_z(runtime.now_us), "seed": runtime.journal.opening.base_seed, **_in_force(runtime)}

    async def open_sandbox(self, _: Runtime, request: Request) -> dict[str, Any]:
        """Open a fresh isolated sandbox and return its keys."""
        body = await read_body_as(request, bodies.OpenSandbox)
        profile = None if body.profile is None else profile_of(body.profile)
        scenario = None if body.scenario is None else _scenario(body.scenario)
        opened = self._hub.open(body.name, seed=body.seed, clock=body.clock, profile=profile, scenario=scenario)
        opened.wake()
        return {"name": opened.name, "client_id": opened.client_id, "secret": opened.secret}

    async def complete_bridge(self, runtime: Runtime, request: Request) -> Any:
        """Do what the person does in Bridge. What was typed is turned into its meaning here and goes no further."""
        body = await read_body_as(request, bodies.CompleteBridge)
        token = request.path_params["token"]
        if body.employer_id:
            token = _suborder_token(runtime, token, body.employer_id)
        login = typed(
            runtime.journal.world, token, body.username, body.password, body.mfa_code,
            provider_id=body.provider_id, company_mapping_id=body.company_mapping_id,
        )  # fmt: skip
        command = BridgeCommand(
            token=token,
            login=login,
            provider_id=body.provider_id,
            company_mapping_id=body.company_mapping_id,
        )
        return give(runtime, command)

    async def leave_bridge(self, runtime: Runtime, request: Request) -> Any:
        """Do what a person does who opens the link and leaves: the order's open employers become skipped."""
        await read_body_as(request, bodies.Nothing)
        return give(runtime, LeaveBridge(request.path_params["token"]))

    async def list_connections(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Return at most 1,000 connections from position ``after`` on, oldest first."""
        after = whole_number(request, "after")
        world = runtime.journal.world
        shown = islice(world.state.links.values(), after, after + PAGE)
        return {"count": len(world.state.links), "results": [changes.shown_connection(world, it) for it in shown]}

    async def read_connection(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Return one connection."""
        world = runtime.journal.world
        return changes.shown_connection(world, found(world.state.links.get(request.path_params["id"])))

    async def change_connection(self, runtime: Runtime, request: Request) -> Any:
        """Change a connection: its session ends, the password changes, the account is locked and so on."""
        return await _change(runtime, request, "connection", request.path_params["id"])

    async def list_providers(self, runtime: Runtime, _: Request) -> dict[str, Any]:
        """Return all providers."""
        world = runtime.journal.world
        return {"results": [changes.shown_provider(world, it) for it in world.state.providers.values()]}

    async def read_provider(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Return one provider."""
        world = runtime.journal.world
        return changes.shown_provider(world, found(world.state.providers.get(request.path_params["id"])))

    async def change_provider(self, runtime: Runtime, request: Request) -> Any:
        """Change a provider: outages, speed, second factor."""
        return await _change(runtime, request, "provider", request.path_params["id"])

    async def read_scenario(self, runtime: Runtime, _: Request) -> dict[str, Any]:
        """Return the scenario in force, with its text."""
        scenario = runtime.journal.world.state.scenario
        return {**_in_force(runtime), "toml": None if scenario is None else scenario_text(scenario)}

    async def put_scenario(self, runtime: Runtime, request: Request) -> Any:
        """Put a scenario into force from now on."""
        body = await read_body_as(request, bodies.PutScenario)
        if (body.scenario is None) == (body.toml is None):
            raise WrongInput(("body", "Give exactly one of scenario, toml"))
        scenario = _scenario(body.scenario) if body.scenario is not None else _parsed(body.toml or "")
        return give(runtime, PutScenario(scenario))

    async def list_faults(self, runtime: Runtime, _: Request) -> dict[str, Any]:
        """Return the faults in force with their counters."""
        active = runtime.journal.world.state.edge.faults.values()
        return {"results": [changes.shown_fault(it) for it in active]}

    async def add_fault(self, runtime: Runtime, request: Request) -> Any:
        """Put a fault into force."""
        fields = await read_body_as(request, dict[str, Any])
        name = fields.pop("name", None)
        if name is not None and not (isinstance(name, str) and 0 < len(name) <= 100 and "/" not in name):
            raise WrongInput(("name", "Must be text of 1 to 100 characters without a slash"))
        fault: Fault = parse_value(fields, Fault)  # type: ignore[arg-type]
        return give(runtime, AddFault(fault, name))

    async def remove_fault(self, runtime: Runtime, request: Request) -> Any:
        """End a fault."""
        return give(runtime, RemoveFault(request.path_params["id"]))

    async def read_profile(self, runtime: Runtime, _: Request) -> Any:
        """Return the knobs."""
        return runtime.journal.world.state.profile

    async def change_profile(self, runtime: Runtime, request: Request) -> Any:
        """Change knobs."""
        return await _change(runtime, request, "profile", "profile")

    async def read_journal(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Return at most 1,000 entries after ``after``, each with its events."""
        after = whole_number(request, "after")
        journal = runtime.journal
        records = journal.after(after, PAGE)
        return {
            "seed": journal.opening.base_seed,
            "folded_until": journal.folded_until,
            "last": journal.seq,
            "results": [shown_record(record) for record in records],
        }

    async def list_deliveries(self, runtime: Runtime, request: Request) -> dict[str, Any]:
        """Return at most 1,000 webhooks from position ``after`` on, oldest first, with every attempt."""
        after = whole_number(request, "after")
        deliveries = runtime.journal.world.state.deliveries
        shown = islice(deliveries.values(), after, after + PAGE)
        return {"count": len(deliveries), "results": [shown_delivery(it) for it in shown]}

    async def redeliver(self, runtime: Runtime, request: Request) -> Any:
        """Send a webhook once more."""
        return give(runtime, Redeliver(request.path_params["id"]))

    async def certify(self, runtime: Runtime, request: Request) -> Any:
        """Certify an order's data as its person does: ``{"decisions": […]}``, or ``{}`` for all as they are."""
        return await _change(runtime, request, "certification", request.path_params["id"])

    async def read_billing(self, runtime: Runtime, _: Request) -> dict[str, Any]:
        """Return the ledger: a line for each refresh task."""
        ledger = runtime.journal.world.state.ledger
        return {"count": len(ledger), "results": [shown_line(line) for line in ledger]}

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


async def _change(runtime: Runtime, request: Request, target: str, ident: str) -> Any:
    return give(runtime, Change(target, ident, await read_body_as(request, dict)))


def _advanced(runtime: Runtime, advanced: Advanced) -> dict[str, Any]:
    next_us = runtime.journal.world.next_due_us()
    return {
        "now": text_z(runtime.now_us),
        "finished": advanced.finished,
        "count": advanced.count,
        "events": advanced.events,
        "next": None if next_us is None else text_z(next_us),
    }


def _in_force(runtime: Runtime) -> dict[str, Any]:
    scenario = runtime.journal.world.state.scenario
    return {"scenario": None if scenario is None else scenario.name}


def _scenario(name: str) -> Scenario:
    """Return a shipped scenario; files are not read for a request."""
    scenario = shipped().get(name)
    if scenario is None:
        raise WrongInput(("scenario", f"There is no scenario {name!r}; known are: {', '.join(shipped())}"))
    return scenario


def _parsed(toml: str) -> Scenario:
    try:
        return parse_scenario(toml, "custom", "toml")
    except ScenarioError as error:
        raise WrongInput(*(("toml", line) for line in str(error).splitlines())) from None


def _suborder_token(runtime: Runtime, token: str, employer_id: str) -> str:
    """Return the bridge token of one employer of the order that ``token`` opens."""
    state = runtime.journal.world.state
    known = state.tokens.get(token)
    order = state.orders.get(known.order_id or "") if known else None
    mine = [each for each in (order.employers + order.financial_accounts if order else []) if each.id == employer_id]
    if not mine:
        raise WrongInput(("employer_id", f"The order of this token has no employer {employer_id!r}"))
    return mine[0].bridge_token
