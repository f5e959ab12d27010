"""What a scenario does to a connection at its login: habits now, changes on the agenda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core import connections, links
from mock_truv.core.due import ChangeDue
from mock_truv.core.instants import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link
    from mock_truv.core.scenario import ConnectionRule


def befall(world: WorldBase, link: Link, *, first: bool) -> None:
    """Let a login be followed by what the scenario says: habits now, changes on the agenda.

    Times count from the login. Where it lies in the past, what has come since is in force at once, and told to nobody.
    """
    scenario = world.state.scenario
    if scenario is None:
        return
    if first:
        world.state.scenario_connections += 1
        link.scenario_ordinal = world.state.scenario_connections
    rules = [rule for rule in scenario.connection if _meets(rule, link)]
    for rule in rules:
        _take_habits(link, rule, first=first)
    if not first:
        return
    login_us = link.connection.logged_in_us
    changes = [(login_us + parse_duration(after), due) for rule in rules for after, due in _changes(rule, link.id)]
    past = [each for each in changes if login_us < world.now_us and each[0] <= world.now_us]
    for due_us, due in changes:
        if (due_us, due) not in past:
            world.schedule(due_us, due)
    for due_us, due in sorted(past, key=lambda each: each[0]):
        _has_befallen(world, link, due_us, due)


def _meets(rule: ConnectionRule, link: Link) -> bool:
    if rule.nth and link.scenario_ordinal not in rule.nth:
        return False
    return rule.provider in {None, link.provider_id}


def _take_habits(link: Link, rule: ConnectionRule, *, first: bool) -> None:
    connection = link.connection
    if rule.session_ends_after is not None:
        connection.expires_us = connection.logged_in_us + parse_duration(rule.session_ends_after)
    if first:
        connection.kind = rule.kind or connection.kind
        connection.second_factor = rule.second_factor or connection.second_factor


def _has_befallen(world: WorldBase, link: Link, due_us: int, due: ChangeDue) -> None:
    """Let a change have happened at an instant of the past; a deleted link changes no more."""
    if link.deleted_us is not None:
        return
    with world.at(due_us):
        if due.target == "link":
            links.remove(world, link)
        else:
            connections.change(link.connection, due.fields)


def _changes(rule: ConnectionRule, link_id: str) -> Iterator[tuple[str, ChangeDue]]:
    """Yield (time after the login, what happens then)."""

    def change(**fields: Any) -> ChangeDue:
        return ChangeDue("connection", link_id, fields)

    if rule.password_changes_after is not None:
        yield rule.password_changes_after, change(credentials_changed=True)
    if rule.organisation_wrong_after is not None:
        yield rule.organisation_wrong_after, change(organisation_ok=False)
    if rule.records_gone_after is not None:
        yield rule.records_gone_after, change(has_records=False)
    if rule.locked_after is not None:
        yield rule.locked_after, change(locked=True)
        if rule.locked_for is not None:
            yield f"{rule.locked_after}{rule.locked_for}", change(locked=False)
    if rule.broken_after is not None:
        yield rule.broken_after, change(broken=True, broken_as=rule.broken_as)
        if rule.broken_for is not None:
            yield f"{rule.broken_after}{rule.broken_for}", change(broken=False)
    if rule.deleted_after is not None:
        yield rule.deleted_after, ChangeDue("link", link_id, {"deleted": True})
