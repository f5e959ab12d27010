"""What a scenario does to a connection at its login: habits now, changes on the agenda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.due import ChangeDue
from mock_truv.core.instants import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link
    from mock_truv.core.scenario import ConnectionRule


def befall(world: WorldBase, link: Link, *, first: bool) -> None:
    """Let a login be followed by what the scenario says: habits now, changes on the agenda."""
    scenario = world.state.scenario
    if scenario is None:
        return
    if first:
        world.state.scenario_connections += 1
        link.scenario_ordinal = world.state.scenario_connections
    for rule in scenario.connection:
        if _meets(rule, link):
            _befall_by(world, link, rule, first=first)


def _meets(rule: ConnectionRule, link: Link) -> bool:
    if rule.nth and link.scenario_ordinal not in rule.nth:
        return False
    return rule.provider in {None, link.provider_id}


def _befall_by(world: WorldBase, link: Link, rule: ConnectionRule, *, first: bool) -> None:
    connection = link.connection
    if rule.session_ends_after is not None:
        connection.expires_us = world.now_us + parse_duration(rule.session_ends_after)
    if not first:
        return
    connection.kind = rule.kind or connection.kind
    connection.second_factor = rule.second_factor or connection.second_factor
    for after, fields in _changes(rule):
        world.schedule(world.now_us + parse_duration(after), ChangeDue("connection", link.id, fields))


def _changes(rule: ConnectionRule) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (time after the login, fields of a connection change)."""
    if rule.password_changes_after is not None:
        yield rule.password_changes_after, {"credentials_changed": True}
    if rule.organisation_wrong_after is not None:
        yield rule.organisation_wrong_after, {"organisation_ok": False}
    if rule.records_gone_after is not None:
        yield rule.records_gone_after, {"has_records": False}
    for name, after, lasting in (
        ("locked", rule.locked_after, rule.locked_for),
        ("broken", rule.broken_after, rule.broken_for),
    ):
        if after is not None:
            yield after, {name: True}
        if after is not None and lasting is not None:
            yield f"{after}{lasting}", {name: False}
