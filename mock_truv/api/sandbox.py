"""Operations on the client's own sandbox scenarios: logins that bring data and endings of its making (sandbox page).

Their definitions, passwords included, are kept and journaled as they were sent, because the API gives them back. The
password in a question to ``resolve`` is one that a person would type: ``redacted`` takes it out before the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import bodies
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.parsing import parse_value
from mock_truv.api.shapes import sandbox as shapes
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.core import sandbox_scenarios as rules
from mock_truv.core.errors import ApiError, WrongInput
from mock_truv.core.instants import text_z
from mock_truv.core.model import SandboxScenario, TaskStatus
from mock_truv.core.products import default_provider

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase

FIELDS = tuple(field for field in bodies.CreateSandboxScenario.__struct_fields__ if field != "data_source")
RESOLVE = "/sandbox/scenarios/resolve/"
HASHED = "[password] "
"""Stands before the keyed hash that takes a password's place."""
UNREADABLE = "[unreadable]"
"""Stands for a body in which a password cannot be found, because it is no JSON."""


def list_scenarios(call: Call) -> Page[shapes.SandboxScenario]:
    """Return the sandbox scenarios, newest first."""
    return page(call, list(reversed(call.world.state.sandbox_scenarios.values())), shown)


def create(call: Call) -> shapes.SandboxScenario:
    """Create a sandbox scenario."""
    body: bodies.CreateSandboxScenario = call.body
    world = call.world
    made = SandboxScenario(
        id="", data_source=body.data_source or "", label=body.label, created_us=world.now_us, updated_us=world.now_us
    )
    made = msgspec.structs.replace(made, **_changes(body))
    _refuse_reserved(made)
    made = msgspec.structs.replace(made, data_source=_source(world, made, body.data_source))
    _check(world, made)
    made.id = world.new_id("sandbox-scenario")
    world.state.sandbox_scenarios[made.id] = made
    world.happened("sandbox-scenario", made.id, "created")
    return shown(made)


def read(call: Call) -> shapes.SandboxScenario:
    """Return one sandbox scenario."""
    return shown(call.target)


def patch(call: Call) -> shapes.SandboxScenario:
    """Change a sandbox scenario: a key replaces the whole former value, absent keys stay, null unsets."""
    body: bodies.PatchSandboxScenario = call.body
    world = call.world
    it: SandboxScenario = call.target
    if body.data_source not in {msgspec.UNSET, None, it.data_source}:
        raise WrongInput(("data_source", f"It is fixed at creation, here as {it.data_source!r}"))
    changed = msgspec.structs.replace(it, **_changes(body))
    _source(world, changed, it.data_source)
    _check(world, changed)
    world.state.sandbox_scenarios[it.id] = changed
    world.touch(changed)
    world.happened("sandbox-scenario", it.id, "changed")
    return shown(changed)


def delete(call: Call) -> None:
    """Delete a sandbox scenario; tasks that it has hit go on as they began."""
    del call.world.state.sandbox_scenarios[call.target.id]
    call.world.happened("sandbox-scenario", call.target.id, "deleted")


def resolve(call: Call) -> shapes.ResolvedScenario:
    """Return the scenario that a login would hit, or null (shape of the answer assumed). Changes nothing."""
    body: bodies.ResolveSandboxScenario = call.body
    state = call.world.state
    provider_id = body.provider_id or None
    known = state.providers.get(provider_id or "")
    source = body.data_source or (known.data_source if known else None)
    if source is None:
        raise _source_required()
    attempt = rules.LoginAttempt(
        data_source=source,
        product=body.product,
        username=body.username,
        credentials=_credentials(state.seed, body.username, body.password),
        provider_id=provider_id or default_provider(source, state.providers),
    )
    hit = rules.choose(state.sandbox_scenarios.values(), attempt, state.seed)
    return shapes.ResolvedScenario(scenario=None if hit is None else shown(hit))


def shown(it: SandboxScenario) -> shapes.SandboxScenario:
    """Return a sandbox scenario."""
    return shapes.SandboxScenario(
        id=it.id,
        data_source=it.data_source,
        **{field: getattr(it, field) for field in FIELDS},
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
    )


def is_resolve(path: str) -> bool:
    """Return whether a path below ``/v1`` is that of ``resolve``."""
    return path.removesuffix("/") + "/" == RESOLVE


def redacted(text: str, seed: str) -> str:
    """Return the body of a question to ``resolve`` with its password replaced by the keyed hash of the login.

    What is no password by its type is emptied, so that it is still refused for its type.
    """
    try:
        body = msgspec.json.decode(text) if text.strip() else None
        if not isinstance(body, dict):
            return text if body is None else msgspec.json.encode(type(body)()).decode()
        password = body.get("password")
        if isinstance(password, str):
            username = body.get("username")
            hashed = rules.credentials(seed, username if isinstance(username, str) else "", password)
            body["password"] = HASHED + hashed
        elif password is not None:
            body["password"] = type(password)()
        return msgspec.json.encode(body).decode()
    except (msgspec.DecodeError, RecursionError, UnicodeError, OverflowError, ValueError):
        return UNREADABLE


def _credentials(seed: str, username: str | None, password: str | None) -> str | None:
    if password is None:
        return None
    if password.startswith(HASHED):
        return password.removeprefix(HASHED)
    return rules.credentials(seed, username or "", password)


def _changes(body: bodies.CreateSandboxScenario | bodies.PatchSandboxScenario) -> dict[str, Any]:
    """Return the fields that a body sets, as the state keeps them."""
    given = {field: getattr(body, field) for field in FIELDS}
    changes = {field: value for field, value in given.items() if value is not msgspec.UNSET}
    if "products" in changes:
        changes["products"] = list(dict.fromkeys(changes["products"] or []))
    if "enabled" in changes:
        changes["enabled"] = changes["enabled"] is not False
    if changes.get("behavior_status") is not None:
        changes["behavior_status"] = TaskStatus(changes["behavior_status"])
    if changes.get("behavior_mfa") is not None:
        changes["behavior_mfa"] = msgspec.to_builtins(changes["behavior_mfa"])
    return changes


def _source(world: WorldBase, it: SandboxScenario, given: str | None) -> str:
    """Return the data source of a scenario; what the client says must not contradict the matching fields (assumed)."""
    derived = rules.derived_source(it, world.state.providers)
    if given is None:
        if derived is None and any(getattr(it, field) is not None for field in rules.COUNTED):
            raise _source_required()
        return derived or ""
    if derived not in {None, given}:
        raise WrongInput(("data_source", f"The matching fields are those of {derived!r}; got {given!r}"))
    return given


def _source_required() -> ApiError:
    text = "The data source cannot be derived from the fields: send data_source"
    return ApiError(400, "data_source_required", text, {"invalid-params": [{"field": "data_source", "message": text}]})


def _check(world: WorldBase, it: SandboxScenario) -> None:
    """Refuse a scenario that could not be told from another or from the built-in logins.

    Raises:
        ApiError: ``reserved_credential``.
        WrongInput: Everything else that is wrong.
    """
    _refuse_reserved(it)
    problems = _problems(world, it)
    if problems:
        raise WrongInput(*problems)


def _refuse_reserved(it: SandboxScenario) -> None:
    if rules.is_reserved(it.username, it.password, it.data_source):
        text = f"The login {it.username!r} belongs to the built-in test data; take another user name"
        raise ApiError(400, "reserved_credential", text, {"invalid-params": [{"field": "username", "message": text}]})


def _problems(world: WorldBase, it: SandboxScenario) -> list[tuple[str, str]]:
    others = [
        each
        for each in world.state.sandbox_scenarios.values()
        if each.id != it.id and each.data_source == it.data_source
    ]
    problems = _challenge_problems(it)
    if all(getattr(it, field) is None for field in rules.COUNTED):
        problems.append(("username", f"Set at least one of {', '.join(rules.COUNTED)}"))
    elif twin := next((each for each in others if rules.same_fields(each, it)), None):
        field = next(field for field in rules.COUNTED if getattr(it, field) is not None)
        problems.append((field, f"Scenario {twin.id} ({twin.label}) has the same matching fields"))
    if any(each.label == it.label for each in others):
        problems.append(("label", f"Another scenario of {it.data_source} has the label {it.label!r}"))
    if it.data_source == rules.PAYROLL:
        problems += _payroll_problems(world, it)
    return problems


def _payroll_problems(world: WorldBase, it: SandboxScenario) -> list[tuple[str, str]]:
    problems = []
    if it.provider_id is not None and it.provider_id not in world.state.providers:
        known = ", ".join(sorted(world.state.providers))
        problems.append(("provider_id", f"No provider has the id {it.provider_id!r}; known are: {known}"))
    if it.payload is not None:
        try:
            parse_value(it.payload, bodies.PayrollPayload)
        except WrongInput as error:
            wrong = (error.extra or {})["invalid-params"]
            problems += [(f"payload.{each['field']}", each["message"]) for each in wrong]
    return problems


def _challenge_problems(it: SandboxScenario) -> list[tuple[str, str]]:
    problems = []
    for at, challenge in enumerate((it.behavior_mfa or {}).get("challenges") or []):
        offered = [option["value"] for option in challenge.get("options") or []]
        for place, answer in enumerate(challenge.get("answers") or []):
            if answer not in offered:
                path = f"behavior_mfa.challenges[{at}].answers[{place}]"
                problems.append((path, f"Must be the value of one of the options; got {answer!r}"))
    return problems


OPERATIONS = (
    Operation(
        "GET", "/sandbox/scenarios/", list_scenarios, "sandbox object; page inferred", basis="inferred", query=Paged,
        answer=Page[shapes.SandboxScenario],
    ),
    Operation(
        "POST", "/sandbox/scenarios/", create, "sandbox object", bodies.CreateSandboxScenario, 201,
        answer=shapes.SandboxScenario,
    ),
    Operation(
        "POST", RESOLVE, resolve, "sandbox object; answer assumed", bodies.ResolveSandboxScenario, basis="inferred",
        answer=shapes.ResolvedScenario,
    ),
    Operation(
        "GET", "/sandbox/scenarios/{sandbox_scenario}/", read, "sandbox object", answer=shapes.SandboxScenario
    ),
    Operation(
        "PATCH", "/sandbox/scenarios/{sandbox_scenario}/", patch, "v1_sandbox_scenarios_partial_update",
        bodies.PatchSandboxScenario, answer=shapes.SandboxScenario,
    ),
    Operation(
        "PUT", "/sandbox/scenarios/{sandbox_scenario}/", patch, "sandbox object: works as PATCH",
        bodies.PatchSandboxScenario, answer=shapes.SandboxScenario,
    ),
    Operation(
        "DELETE", "/sandbox/scenarios/{sandbox_scenario}/", delete, "not documented", status=204, basis="inferred"
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"sandbox_scenario": lambda world, ident, _: world.state.sandbox_scenarios.get(ident)}
