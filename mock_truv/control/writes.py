"""What the control API does to a sandbox: each route reads a body, gives a command and passes on its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api.parsing import parse_value
from mock_truv.commands import AddFault, Change, LeaveBridge, PutScenario, Redeliver, RemoveFault
from mock_truv.commands import CompleteBridge as BridgeCommand
from mock_truv.control import bodies
from mock_truv.control.exchange import give, instant, read_body_as, within
from mock_truv.core.errors import WrongInput
from mock_truv.core.faults import Fault
from mock_truv.core.instants import LAST_US, SECOND_US, text_z
from mock_truv.core.logins import typed
from mock_truv.scenarios import ScenarioError, parse_scenario, shipped

if TYPE_CHECKING:
    from starlette.requests import Request

    from mock_truv.core.scenario import Scenario
    from mock_truv.runtime.runtime import Advanced, Runtime


async def advance(runtime: Runtime, request: Request) -> dict[str, Any]:
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


async def settle(runtime: Runtime, request: Request) -> dict[str, Any]:
    """Let everything due within the horizon happen; the clock stays at the last entry."""
    body = await read_body_as(request, bodies.Settle)
    to_us = min(runtime.now_us + round(body.horizon_seconds * SECOND_US), LAST_US)
    return _advanced(runtime, await runtime.advance(to_us=to_us, max_real_seconds=body.max_real_seconds, settle=True))


async def complete_bridge(runtime: Runtime, request: Request) -> Any:
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


async def leave_bridge(runtime: Runtime, request: Request) -> Any:
    """Do what a person does who opens the link and leaves: the order's open employers become skipped."""
    await read_body_as(request, bodies.Nothing)
    return give(runtime, LeaveBridge(request.path_params["token"]))


async def change_connection(runtime: Runtime, request: Request) -> Any:
    """Change a connection: its session ends, the password changes, the account is locked and so on."""
    return await _change(runtime, request, "connection", request.path_params["id"])


async def change_provider(runtime: Runtime, request: Request) -> Any:
    """Change a provider: outages, speed, second factor."""
    return await _change(runtime, request, "provider", request.path_params["id"])


async def put_scenario(runtime: Runtime, request: Request) -> Any:
    """Put a scenario into force from now on."""
    body = await read_body_as(request, bodies.PutScenario)
    if (body.scenario is None) == (body.toml is None):
        raise WrongInput(("body", "Give exactly one of scenario, toml"))
    scenario = shipped_scenario(body.scenario) if body.scenario is not None else _parsed(body.toml or "")
    return give(runtime, PutScenario(scenario))


async def add_fault(runtime: Runtime, request: Request) -> Any:
    """Put a fault into force."""
    fields = await read_body_as(request, dict[str, Any])
    name = fields.pop("name", None)
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= 100 and "/" not in name):
        raise WrongInput(("name", "Must be text of 1 to 100 characters without a slash"))
    fault: Fault = parse_value(fields, Fault)  # type: ignore[arg-type]
    return give(runtime, AddFault(fault, name))


async def remove_fault(runtime: Runtime, request: Request) -> Any:
    """End a fault."""
    return give(runtime, RemoveFault(request.path_params["id"]))


async def change_profile(runtime: Runtime, request: Request) -> Any:
    """Change knobs."""
    return await _change(runtime, request, "profile", "profile")


async def redeliver(runtime: Runtime, request: Request) -> Any:
    """Send a webhook once more."""
    return give(runtime, Redeliver(request.path_params["id"]))


async def certify(runtime: Runtime, request: Request) -> Any:
    """Certify an order's data as its person does: ``{"decisions": […]}``, or ``{}`` for all as they are."""
    return await _change(runtime, request, "certification", request.path_params["id"])


def shipped_scenario(name: str) -> Scenario:
    """Return a shipped scenario; files are not read for a request."""
    scenario = shipped().get(name)
    if scenario is None:
        raise WrongInput(("scenario", f"There is no scenario {name!r}; known are: {', '.join(shipped())}"))
    return scenario


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
