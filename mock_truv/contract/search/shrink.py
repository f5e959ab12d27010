"""Make a failing plan small: leave out, cut off, halve, as long as the clause still breaks. No chance is involved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US, parse_duration
from mock_truv.core.scenario import PersonRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.core.scenario import Scenario

TABLES = ("person", "driver", "fault", "provider", "connection")
"""What makes a story long comes first: with fewer people everything after is tried faster."""
NUMBERS = ("count", "times", "together", "cases", "copies")
LINES_PER_ROW = 3
"""So many lines more may a story have that needs a row of its plan less."""


@dataclass(frozen=True)
class Told:
    """A story in which the clause breaks."""

    lines: int
    until_us: int
    """When it broke, since the story's beginning."""


def shrunk(
    plan: Scenario, tell: Callable[[Scenario], Told | None], *, out_of_time: Callable[[], bool]
) -> tuple[Scenario, bool]:
    """Return the smallest plan found under which the clause breaks, and whether nothing smaller is left to try.

    ``tell`` carries a plan out; None: nothing breaks. It is asked about the plan itself first.
    """
    told = tell(plan)
    if told is None:
        return plan, True
    tried: set[str] = {repr(plan)}
    found = True
    while found:
        found, number = False, 0
        while (candidate := next(islice(smaller(plan, told.until_us), number, None), None)) is not None:
            number += 1
            if repr(candidate) in tried:
                continue
            if out_of_time():
                return plan, False
            tried.add(repr(candidate))
            again = tell(candidate)
            if again is not None and _weight(candidate, again) <= _weight(plan, told):
                plan, told, found = candidate, again, True
                number -= 1  # what came after it has moved up
    return plan, True


def smaller(plan: Scenario, until_us: int) -> Iterator[Scenario]:
    """Yield plans that are a little smaller, the boldest first; ``until_us``: when the clause broke."""
    yield from _ended(plan, until_us + MINUTE_US)
    for number, row in enumerate(plan.person):
        for fields in _fewer(row):
            yield _with(plan, "person", number, replace(row, **fields))
    lasts_us = parse_duration(plan.lasts)
    for shorter_us in (lasts_us // 4, lasts_us // 2, lasts_us * 3 // 4):
        yield from _ended(plan, shorter_us)
    for table in TABLES:
        rows = getattr(plan, table)
        if len(rows) > 2:
            yield replace(plan, **{table: rows[: len(rows) // 2]})
            yield replace(plan, **{table: rows[len(rows) // 2 :]})
    for table in TABLES:
        rows = getattr(plan, table)
        for number in range(len(rows)):
            if table != "person" or len(rows) > 1:
                yield replace(plan, **{table: rows[:number] + rows[number + 1 :]})
    if plan.profile:
        yield replace(plan, profile={})
    for key in plan.profile if len(plan.profile) > 1 else ():
        yield replace(plan, profile={name: value for name, value in plan.profile.items() if name != key})
    if plan.zone is not None:
        yield replace(plan, zone=None)
    if plan.seed:
        yield replace(plan, seed=0)
    for table in TABLES[1:]:
        for number, row in enumerate(getattr(plan, table)):
            for fields in _fewer(row):
                yield _with(plan, table, number, replace(row, **fields))
    for number, rule in enumerate(plan.fault):
        for fields in _fewer(rule.fault):
            yield _with(plan, "fault", number, replace(rule, fault=replace(rule.fault, **fields)))


def _weight(plan: Scenario, told: Told) -> int:
    """Return how much a reader has to take in."""
    return told.lines + LINES_PER_ROW * sum(len(getattr(plan, table)) for table in TABLES)


def _with(plan: Scenario, table: str, number: int, row: Any) -> Scenario:
    rows = getattr(plan, table)
    return replace(plan, **{table: (*rows[:number], row, *rows[number + 1 :])})


def _fewer(row: Any) -> Iterator[dict[str, Any]]:
    """Yield changed fields of a row: fewer of something, or back to the default."""
    for name in NUMBERS:
        value = getattr(row, name, None)
        if isinstance(value, int):
            yield from ({name: each} for each in sorted({1, value // 2, value - 1}) if 1 <= each < value)
    if isinstance(row, PersonRule) and row.employers > 1:
        yield {"employers": 1, "logins": row.logins[:1], "providers": row.providers[:1]}
        yield from (_without(row, number) for number in range(row.employers))
    for name in ("household", "same_name"):
        if getattr(row, name, False):
            yield {name: False}
    if getattr(row, "spread", None) is not None:
        yield {"spread": None}


def _without(row: PersonRule, number: int) -> dict[str, Any]:
    """Return the fields of people who lack one of several employers."""
    return {
        "employers": row.employers - 1,
        "logins": row.logins[:number] + row.logins[number + 1 :],
        "providers": row.providers[:number] + row.providers[number + 1 :],
    }


def _ended(plan: Scenario, least_us: int) -> Iterator[Scenario]:
    """Yield the plan ended after so long, in whole hours or days, if that is earlier than it ends."""
    unit, size = ("d", DAY_US) if least_us > 3 * DAY_US else ("h", HOUR_US)
    number = max(-(-least_us // size), 1)
    if number * size < parse_duration(plan.lasts):
        yield replace(plan, lasts=f"{number}{unit}")
