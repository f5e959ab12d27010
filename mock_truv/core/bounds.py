"""What a scenario may not ask for although its form is right: too long a time, too many connections, unfit keys.

It is looked at when a file is read, and again when a scenario is put into force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.faults import Reorder
from mock_truv.core.instants import DAY_US, LONGEST_US, parse_duration
from mock_truv.core.scenario import CONNECTIONS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.faults import Fault
    from mock_truv.core.scenario import DriverRule, PersonRule, Scenario

Problem = tuple[str, str]

DURATIONS: dict[str, tuple[str, ...]] = {
    "connection": (
        "session_ends_after", "password_changes_after", "locked_after", "locked_for", "organisation_wrong_after",
        "records_gone_after", "broken_after", "broken_for", "deleted_after",
    ),
    "provider": ("down_from", "down_for"),
    "fault": ("after", "lasting"),
    "person": ("connected_ago", "spread"),
    "driver": ("after", "every", "lasting"),
}  # fmt: skip
"""The keys of each table that hold a duration."""

SUMS: dict[str, tuple[tuple[str, str], ...]] = {
    "connection": (("locked_after", "locked_for"), ("broken_after", "broken_for")),
    "provider": (("down_from", "down_for"),),
    "fault": (("after", "lasting"),),
    "person": (("connected_ago", "spread"),),
    "driver": (("after", "lasting"),),
}
"""Durations that follow one another: together they may not be too long either."""

REQUEST_POINTS = ("sending", "committed", "answered")
TOO_LONG = f"longer than {LONGEST_US // DAY_US}d (100 years)"


def problems(scenario: Scenario) -> list[Problem]:
    """Return (field, what is wrong and what would be right) of everything that may not be."""
    found: list[Problem] = []
    try:
        parse_duration(scenario.lasts)
    except ValueError as error:
        found.append(("lasts", str(error)))
    for table in DURATIONS:
        for at, rule in enumerate(getattr(scenario, table)):
            found += [(f"{table}[{at}].{key}", text) for key, text in _too_long(table, rule)]
    for at, person in enumerate(scenario.person):
        found += [(f"person[{at}].{key}", text) for key, text in _of_person(person)]
    for at, rule in enumerate(scenario.fault):
        found += [(f"fault[{at}].{key}", text) for key, text in of_fault(rule.fault)]
    for at, driver in enumerate(scenario.driver):
        found += [(f"driver[{at}].{key}", text) for key, text in _of_driver(driver)]
    return found


def _too_long(table: str, rule: Any) -> Iterator[Problem]:
    lengths_us: dict[str, int] = {}
    for key in DURATIONS[table]:
        text = getattr(rule, key)
        try:
            lengths_us[key] = 0 if text is None else parse_duration(text)
        except ValueError as error:
            yield key, str(error)
    for first, second in SUMS[table]:
        if lengths_us.get(first, 0) + lengths_us.get(second, 0) > LONGEST_US:
            yield second, f"{first} and {second} together are {TOO_LONG}"
    if table == "driver" and lengths_us.get("after", 0) + lengths_us.get("every", 0) * (rule.times - 1) > LONGEST_US:
        yield "every", f"after and every, {rule.times} times, together are {TOO_LONG}"


def of_fault(fault: Fault) -> Iterator[Problem]:
    """Yield (field, what is wrong) of a fault, in a scenario or on its own."""
    if isinstance(fault, Reorder) and sorted(fault.order) != list(range(1, len(fault.order) + 1)):
        yield "order", f"Must name each place from 1 to {len(fault.order)} once; got {list(fault.order)}"


def _of_person(rule: PersonRule) -> Iterator[Problem]:
    if rule.household and rule.spread is not None:
        yield "spread", "The cases of a household share one connection and its instant; leave spread out"
    if rule.count * rule.employers > CONNECTIONS_LIMIT:
        yield "employers", f"count and employers make more than {CONNECTIONS_LIMIT} connections; take fewer of either"


def _of_driver(rule: DriverRule) -> Iterator[Problem]:
    for key in ("method", "path"):
        if getattr(rule, key) is not None and rule.at not in REQUEST_POINTS:
            yield key, f"Goes only with at = one of {', '.join(REQUEST_POINTS)}"
