"""Section K on histories written by hand: each clause keeps quiet where it is kept, and speaks where it is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.clauses.builders import CASE, Story, judged, prefilled

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.contract.history import History

STATEMENT = {"id": "statement-1", "gross_pay": "2185.44"}
TRUE: dict[str, Any] = {
    "id": "employment-1", "job_title": "Caf\u00e9 clerk", "end_date": None, "income": "52000.00",
    "income_unit": "YEARLY", "statements": [STATEMENT],
}  # fmt: skip
OTHER = "A person whom nobody else resembles"


def done(story: Story, hours: float, order_id: str, cycle: str = "cycle-1", **employment: Any) -> Story:
    """Let a refresh be done, with a report of one employment."""
    story.click(hours, cycle).refresh(hours, order_id, ("done", hours + 0.1), cycle=cycle)
    report = {"id": order_id, "employers": [{"id": f"{order_id}-sub-1", "employments": [TRUE | employment]}]}
    story.orders[-1] = replace(story.orders[-1], report=report)
    return story


def shown(**item: Any) -> Story:
    """Return a story whose prefill is the report's employment, but for some fields."""
    return done(Story(), 0, "first").show(0.2, "READY", prefill=prefilled("first", **(TRUE | item)))


def provenance(**fields: Any) -> Story:
    """Return a story whose prefill says something of its own about where it is from."""
    return done(Story(), 0, "first").show(0.2, "READY", prefill=prefilled("first", **TRUE) | fields)


def twice(*statements: str) -> Story:
    """Return a story of two cycles, and the statements that are shown after the second."""
    story = done(shown(), 72, "second", "cycle-2", statements=[{"id": "statement-2"}])
    given = TRUE | {"statements": [{"id": ident} for ident in statements]}
    return story.show(72.2, "READY", "cycle-2", prefill=prefilled("second", **given))


def renewed(shown_hours: float) -> Story:
    """Return a story whose prefill names an order but shows what another refresh of the connection, at 0.3 h, gave."""
    story = done(done(Story(), 0, "first"), 0.2, "second", income="53000.00")
    return story.show(shown_hours, "READY", prefill=prefilled("first", **(TRUE | {"income": "53000.00"})))


def failed(prefill: dict[str, Any] | None) -> Story:
    """Return a story whose second cycle fails, and what is prefilled then."""
    story = shown().click(72, "cycle-2").refresh(72, "second", ("no_data", 72.1), cycle="cycle-2")
    return story.show(72.2, "MANUAL", "cycle-2", prefill=prefill)


def history_of(story: Story) -> History:
    """Return a story's history beside another person's case, whose report says something of its own."""
    history = story.history()
    other = replace(history.cases[CASE], case_id="case-2", person_ref="other", user_id="other-user")
    theirs = replace(history.orders[0], order_id="theirs", case_id="case-2", case_ids=("case-2",),
                     report={"id": "theirs", "employers": [{"full_name": OTHER}]})  # fmt: skip
    return replace(history, cases={**history.cases, "case-2": other}, orders=(*history.orders, theirs))


KEPT: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-115", "as it is", shown),
    ("RF-115", "money with fewer zeros", lambda: shown(income="52000.0")),
    ("RF-115", "the report of the connection, which is newer", lambda: renewed(0.4)),
    ("RF-116", "order, report, time", shown),
    ("RF-117", "the new statements alone", lambda: twice("statement-2")),
    ("RF-118", "null", shown),
    ("RF-119", "with its unit", shown),
    ("RF-119", "converted, and says so", lambda: shown(income_unit="MONTHLY", converted=True)),
    ("RF-120", "one's own", shown),
    ("RF-121", "kept and marked", lambda: failed(prefilled("first", stale=True, **TRUE))),
]
BROKEN: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-115", "another amount", lambda: shown(income="52000.01")),
    ("RF-115", "a float", lambda: shown(income=52000.0)),
    ("RF-115", "characters lost", lambda: shown(job_title="Caf? clerk")),
    ("RF-115", "a statement lost", lambda: shown(statements=[])),
    ("RF-115", "what no report says yet", lambda: renewed(0.25)),
    ("RF-116", "no order", lambda: provenance(order_id=None, orders=[])),
    ("RF-116", "no report", lambda: provenance(report_id=None)),
    ("RF-116", "no such order", lambda: provenance(order_id="nowhere", orders=["nowhere"])),
    ("RF-116", "no time", lambda: provenance(as_of="yesterday")),
    ("RF-116", "before the order", lambda: provenance(as_of="2026-01-01T00:00:00Z")),
    ("RF-116", "in the future", lambda: provenance(as_of="2027-01-01T00:00:00Z")),
    ("RF-117", "old statements stay", lambda: twice("statement-1", "statement-2")),
    ("RF-117", "a statement twice", lambda: twice("statement-2", "statement-2")),
    ("RF-118", "an empty text", lambda: shown(end_date="")),
    ("RF-119", "another unit", lambda: shown(income_unit="MONTHLY")),
    ("RF-120", "a text of somebody else", lambda: shown(full_name=OTHER)),
    ("RF-120", "an order of somebody else", lambda: provenance(order_id="theirs", orders=["theirs"])),
    ("RF-121", "gone", lambda: failed(None)),
    ("RF-121", "as if fresh", lambda: failed(prefilled("first", **TRUE))),
]
MODULES = {"RF-117": "k_cycles", "RF-121": "k_cycles"}


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in KEPT], ids=[f"{it[0]} {it[1]}" for it in KEPT]
)
def test_kept(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that keeps the clause triggers it and breaks nothing."""
    found = judged(clause_id, MODULES.get(clause_id, "k_data"), history_of(told()))
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in BROKEN], ids=[f"{it[0]} {it[1]}" for it in BROKEN]
)
def test_broken(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that breaks the clause is told with the operations that prove it."""
    found = judged(clause_id, MODULES.get(clause_id, "k_data"), history_of(told()))
    assert found.breaches
    assert found.breaches[0].ops
    assert CASE in found.breaches[0].what
