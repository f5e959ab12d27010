"""What the control API shows of a sandbox: each route asks a question and answers in JSON."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_truv.control import changes
from mock_truv.control.exchange import found, whole_number
from mock_truv.control.shown import shown_line, shown_record
from mock_truv.core.deliveries import shown as shown_delivery
from mock_truv.core.instants import text_z
from mock_truv.scenarios import scenario_text

if TYPE_CHECKING:
    from starlette.requests import Request

    from mock_truv.runtime.runtime import Runtime

PAGE = 1000
"""Entries of a listing in one answer."""


async def read_clock(runtime: Runtime, _: Request) -> dict[str, Any]:
    """Return the sandbox's time."""
    return {"now": text_z(runtime.now_us), "mode": runtime.clock.mode}


async def list_connections(runtime: Runtime, request: Request) -> dict[str, Any]:
    """Return at most 1,000 connections from position ``after`` on, oldest first."""
    after = whole_number(request, "after")
    world = runtime.journal.world
    shown = islice(world.state.links.values(), after, after + PAGE)
    return {"count": len(world.state.links), "results": [changes.shown_connection(world, it) for it in shown]}


async def read_connection(runtime: Runtime, request: Request) -> dict[str, Any]:
    """Return one connection."""
    world = runtime.journal.world
    return changes.shown_connection(world, found(world.state.links.get(request.path_params["id"])))


async def list_providers(runtime: Runtime, _: Request) -> dict[str, Any]:
    """Return all providers."""
    world = runtime.journal.world
    return {"results": [changes.shown_provider(world, it) for it in world.state.providers.values()]}


async def read_provider(runtime: Runtime, request: Request) -> dict[str, Any]:
    """Return one provider."""
    world = runtime.journal.world
    return changes.shown_provider(world, found(world.state.providers.get(request.path_params["id"])))


async def read_scenario(runtime: Runtime, _: Request) -> dict[str, Any]:
    """Return the scenario in force, with its text."""
    scenario = runtime.journal.world.state.scenario
    return {**in_force(runtime), "toml": None if scenario is None else scenario_text(scenario)}


async def list_faults(runtime: Runtime, _: Request) -> dict[str, Any]:
    """Return the faults in force with their counters."""
    active = runtime.journal.world.state.edge.faults.values()
    return {"results": [changes.shown_fault(it) for it in active]}


async def read_profile(runtime: Runtime, _: Request) -> Any:
    """Return the knobs."""
    return runtime.journal.world.state.profile


async def read_journal(runtime: Runtime, request: Request) -> dict[str, Any]:
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


async def list_deliveries(runtime: Runtime, request: Request) -> dict[str, Any]:
    """Return at most 1,000 webhooks from position ``after`` on, oldest first, with every attempt."""
    after = whole_number(request, "after")
    deliveries = runtime.journal.world.state.deliveries
    shown = islice(deliveries.values(), after, after + PAGE)
    return {"count": len(deliveries), "results": [shown_delivery(it) for it in shown]}


async def read_billing(runtime: Runtime, _: Request) -> dict[str, Any]:
    """Return the ledger: a line for each refresh task."""
    ledger = runtime.journal.world.state.ledger
    return {"count": len(ledger), "results": [shown_line(line) for line in ledger]}


def in_force(runtime: Runtime) -> dict[str, Any]:
    """Return the name of the scenario in force."""
    scenario = runtime.journal.world.state.scenario
    return {"scenario": None if scenario is None else scenario.name}
