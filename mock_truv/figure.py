"""Refresh success against the age of the connection, over a scenario's population. Pure: a world of its own, no server.

The shape is what a program must plan for: periodic reviews find nearly all connections alive, annual ones nearly none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import Request
from mock_truv.commands import PutScenario, Step
from mock_truv.core.instants import DAY_US, START_US
from mock_truv.core.model import TaskStatus
from mock_truv.journal.journal import open_journal
from mock_truv.scenarios import scaled

if TYPE_CHECKING:
    from mock_truv.core.catalog import Catalog
    from mock_truv.core.scenario import Scenario

BUCKET_DAYS = 30
BAR = 40


def success_by_age(scenario: Scenario, catalog: Catalog, *, cases: int | None = None, seed: int = 0) -> dict[str, Any]:
    """Refresh every case of a scenario's population once; return the endings by age of the connection.

    ``cases`` scales the population to about that number, its mix kept.

    Raises:
        ScenarioError: The scenario brings no cases of its own.
        ValueError: The scenario is refused.
    """
    scenario = scaled(scenario, cases)
    journal = open_journal(scenario.name, seed, catalog, now_us=START_US)
    answer = journal.handle(PutScenario(scenario)).answer
    if answer is None or answer.status >= 400:
        raise ValueError("the scenario was refused: " + ("" if answer is None else answer.body.decode()))
    state = journal.world.state
    ages: dict[str, int] = {}
    renewed = list(state.orders.values())
    for order in renewed:
        for suborder in order.employers:
            link = state.links[suborder.link_id or ""]
            ages[link.id] = (journal.world.now_us - link.connection.logged_in_us) // DAY_US
        body = msgspec.json.encode({"products": order.products}).decode()
        journal.handle(Request("POST", f"/v1/orders/{order.id}/", body=body, content_type="application/json"))
    horizon_us = journal.world.now_us + DAY_US
    while (due_us := journal.world.next_due_us()) is not None and due_us <= horizon_us:
        journal.handle(Step())
    buckets: dict[int, dict[str, int]] = {}
    for task in state.tasks.values():
        if task.is_refresh:
            bucket = buckets.setdefault(ages[task.link_id or ""] // BUCKET_DAYS, {})
            bucket[task.status] = bucket.get(task.status, 0) + 1
    rows = [_row(number, endings) for number, endings in sorted(buckets.items())]
    return {"scenario": scenario.name, "cases": len(renewed), "bucket_days": BUCKET_DAYS, "buckets": rows}


def as_text(figure: dict[str, Any]) -> str:
    """Return the figure as lines of text, one bar an age bucket."""
    lines = [f"{figure['cases']} cases of {figure['scenario']}: share of refreshes that end in done, by age"]
    for row in figure["buckets"]:
        bar = "█" * round(row["success"] * BAR)
        failed = ", ".join(f"{status} {count}" for status, count in row["endings"].items() if status != "done")
        ages = f"{row['from_days']:>4}-{row['to_days'] - 1:<4} days"
        lines.append(
            f"{ages} {row['success']:>5.0%} {bar:<{BAR}} of {row['refreshes']}" + (f"  ({failed})" if failed else "")
        )
    return "\n".join(lines)


def _row(number: int, endings: dict[str, int]) -> dict[str, Any]:
    refreshes = sum(endings.values())
    return {
        "from_days": number * BUCKET_DAYS,
        "to_days": (number + 1) * BUCKET_DAYS,
        "refreshes": refreshes,
        "success": round(endings.get(TaskStatus.DONE, 0) / refreshes, 4),
        "endings": dict(sorted(endings.items())),
    }
