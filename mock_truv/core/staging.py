"""Put a scenario into force: its knobs, its providers, its faults, its people."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import msgspec

from mock_truv.core import bounds, outgoing, population
from mock_truv.core.due import FaultDue
from mock_truv.core.errors import WrongInput
from mock_truv.core.faults import Active
from mock_truv.core.instants import parse_duration
from mock_truv.core.model import Outage
from mock_truv.core.profile import Profile

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.scenario import FaultRule, ProviderRule, Scenario

PREFIX = "scenario-"
"""Names of the faults that belong to the scenario in force."""


def apply(world: WorldBase, scenario: Scenario) -> None:
    """Put a scenario into force from now on.

    The faults of an earlier one end; what it has in store for connections made in it still befalls them.
    """
    check(world, scenario)
    state = world.state
    state.scenario = scenario
    generation = world.new_ordinal("scenario")
    state.scenario_connections = 0
    _end_faults(world)
    if scenario.profile:
        state.profile = msgspec.convert(msgspec.to_builtins(state.profile) | scenario.profile, Profile)
    for provider_rule in scenario.provider:
        _apply_to_provider(world, provider_rule)
    for number, fault_rule in enumerate(scenario.fault, 1):
        _plan_fault(world, f"{PREFIX}{generation}-{number}", fault_rule)
    population.settle_in(world, scenario.person)
    world.happened("scenario", scenario.name, "in force")


def _end_faults(world: WorldBase) -> None:
    """End the faults of the scenario before, also those still to come; what they held back goes out now."""
    state = world.state
    for name in [name for name in state.edge.faults if name.startswith(PREFIX)]:
        outgoing.release(world, state.edge.faults.pop(name))
    state.agenda = [due for due in state.agenda if not isinstance(due[2], FaultDue)]
    heapq.heapify(state.agenda)


def _apply_to_provider(world: WorldBase, rule: ProviderRule) -> None:
    provider = world.state.providers[rule.id]
    if rule.down_from is not None:
        from_us = world.now_us + parse_duration(rule.down_from)
        until_us = None if rule.down_for is None else from_us + parse_duration(rule.down_for)
        provider.outages = [*provider.outages, Outage(from_us=from_us, until_us=until_us)]
    provider.task_seconds = rule.task_seconds or provider.task_seconds
    provider.second_factor = rule.second_factor or provider.second_factor


def _plan_fault(world: WorldBase, ident: str, rule: FaultRule) -> None:
    after_us = 0 if rule.after is None else parse_duration(rule.after)
    if after_us == 0:
        world.state.edge.faults[ident] = Active(id=ident, fault=rule.fault, since_us=world.now_us)
    else:
        world.schedule(world.now_us + after_us, FaultDue(ident, rule.fault))
    if rule.lasting is not None:
        world.schedule(world.now_us + after_us + parse_duration(rule.lasting), FaultDue(ident, None))


def check(world: WorldBase, scenario: Scenario) -> None:
    """Refuse a scenario that speaks of what this world does not have, or that goes beyond its bounds.

    Raises:
        WrongInput: Every unknown provider or login, every time that is too long or goes too far back.
    """
    providers = world.state.providers
    named = [(f"provider[{at}].id", rule.id) for at, rule in enumerate(scenario.provider)]
    named += [(f"person[{at}].provider", rule.provider) for at, rule in enumerate(scenario.person)]
    named += [
        (f"person[{at}].providers[{place}]", ident)
        for at, rule in enumerate(scenario.person)
        for place, ident in enumerate(rule.providers)
    ]
    named += [
        (f"connection[{at}].provider", rule.provider) for at, rule in enumerate(scenario.connection) if rule.provider
    ]
    problems = [
        (field, f"No provider has the id {ident!r}; known are: {', '.join(sorted(providers))}")
        for field, ident in named
        if ident not in providers
    ]
    problems += bounds.problems(scenario) or population.problems(world, scenario.person)
    try:
        msgspec.convert(msgspec.to_builtins(world.state.profile) | scenario.profile, Profile)
    except msgspec.ValidationError as error:
        problems.append(("profile", str(error)))
    if problems:
        raise WrongInput(*problems)
