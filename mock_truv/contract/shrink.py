"""Make a failing plan small: leave out, halve, shorten, as long as the clause still breaks. No chance is involved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mock_truv.core.instants import DAY_US, HOUR_US, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv.core.scenario import Scenario

TABLES = ("fault", "connection", "provider", "driver", "person")


def shrunk(
    plan: Scenario, fails: Callable[[Scenario], bool], *, out_of_time: Callable[[], bool]
) -> tuple[Scenario, bool]:
    """Return the smallest plan found for which ``fails`` holds, and whether nothing smaller is left to try."""
    tried: set[bytes] = set()
    while True:
        for candidate in smaller(plan):
            if out_of_time():
                return plan, False
            key = repr(candidate).encode()
            if key in tried:
                continue
            tried.add(key)
            if fails(candidate):
                plan = candidate
                break
        else:
            return plan, True


def smaller(plan: Scenario) -> Iterator[Scenario]:
    """Yield plans that are a little smaller, the boldest first."""
    for table in TABLES:
        rows = getattr(plan, table)
        if len(rows) > 1 + (table == "person"):
            yield replace(plan, **{table: rows[: len(rows) // 2]})
            yield replace(plan, **{table: rows[len(rows) // 2 :]})
    for table in TABLES:
        rows = getattr(plan, table)
        for number in range(len(rows)):
            if table != "person" or len(rows) > 1:
                yield replace(plan, **{table: rows[:number] + rows[number + 1 :]})
    for key in plan.profile:
        yield replace(plan, profile={name: value for name, value in plan.profile.items() if name != key})
    if plan.zone is not None:
        yield replace(plan, zone=None)
    if plan.seed:
        yield replace(plan, seed=0)
    for table in TABLES:
        for number, row in enumerate(getattr(plan, table)):
            for fields in _fewer(row):
                rows = getattr(plan, table)
                yield replace(plan, **{table: (*rows[:number], replace(row, **fields), *rows[number + 1 :])})
    yield from _shorter(plan)


def _fewer(row: Any) -> Iterator[dict[str, Any]]:
    """Yield changed fields of a row: fewer of something, or back to the default."""
    for name, least in (("count", 1), ("employers", 1), ("times", 1), ("together", 1), ("nth", 1), ("cases", 1)):
        value = getattr(row, name, None)
        if isinstance(value, int) and value > least:
            yield {name: least}
            if value > 2 * least:
                yield {name: value // 2}
    for name in ("household", "same_name"):
        if getattr(row, name, False):
            yield {name: False}
    if getattr(row, "spread", None) is not None:
        yield {"spread": None}


def _shorter(plan: Scenario) -> Iterator[Scenario]:
    lasts_us = parse_duration(plan.lasts)
    for shorter_us in (lasts_us // 4, lasts_us // 2, lasts_us * 3 // 4):
        if shorter_us >= HOUR_US:
            unit, size = ("d", DAY_US) if shorter_us >= DAY_US else ("h", HOUR_US)
            yield replace(plan, lasts=f"{shorter_us // size}{unit}")
