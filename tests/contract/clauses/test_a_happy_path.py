"""Section A on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

import pytest

from mock_truv.contract.history import OrderFacts
from mock_truv.contract.plan import plan
from mock_truv.core.faults import Lose
from tests.contract.clauses.builders import CYCLE, SOURCE, Story, at_us, judged, prefilled

TWO = ("sub-1", "sub-2")
DONE = ("done", 1.0)


def begun(**story: object) -> Story:
    """Return a story in which a refresh was asked for."""
    return Story(**story).click(0)  # type: ignore[arg-type]


def with_older(story: Story) -> Story:
    """Add an order that another system made before."""
    story.orders.insert(0, OrderFacts(order_id="older", case_id="case-1", at_us=at_us(-5), closed_us=at_us(-4),
                                      source_id=SOURCE, elsewhere=True, user_id="user"))  # fmt: skip
    return story


KEPT = {
    "one refresh": ("RF-01", "a_happy_path", begun().refresh(0, "new", DONE).show(1, "READY")),
    "a repeat after a failure": (
        "RF-01", "a_happy_path", begun().refresh(0, "new", ("unavailable", 0.1)).refresh(2, "again", ("done", 2.1))),
    "a new cycle": (
        "RF-01", "a_happy_path",
        begun().refresh(0, "new", DONE).click(48, "cycle-2").refresh(48, "next", ("done", 49), cycle="cycle-2")),
    "a repeat after an unknown outcome": (
        "RF-01", "a_happy_path",
        begun().refresh(0, "new", DONE, status=None, error="timeout").refresh(1, "again", ("done", 2))),
    "nothing made, but somebody sees it": ("RF-01", "a_happy_path", begun().show(1, "MANUAL")),
    "the new order is active": (
        "RF-02", "a_happy_path",
        begun().refresh(0, "new", DONE).show(0, "REFRESHING", active_order_id="new")
        .show(1, "READY", active_order_id="new", prefill=prefilled("new"))),
    "old data stay, marked as old": (
        "RF-02", "a_happy_path",
        begun().refresh(0, "new", ("unavailable", 1)).show(1, "MANUAL", prefill=prefilled(SOURCE, stale=True))),
    "one product": ("RF-03", "a_requests", begun().refresh(0, "new", DONE)),
    "employment of an income order": (
        "RF-03", "a_requests", begun().refresh(0, "new", DONE, body={"products": ["income", "employment"]})),
    "employers of the source": (
        "RF-04", "a_requests",
        begun().refresh(0, "new", DONE, body={"products": ["income"], "employers": [{"id": "sub-1"}]})),
    "the failed one alone is repeated": (
        "RF-04", "a_requests",
        begun(employers=TWO).refresh(0, "new", DONE, ("unavailable", 1))
        .request(1, "GET", "/v1/orders/new/", answer={"employers": [{"id": "new-sub-1", "status": "completed"}]})
        .refresh(3, "again", ("done", 4), subs=("sub-2",),
                 body={"products": ["income"], "employers": [{"id": "sub-2"}]})),
    "data after completion": (
        "RF-05", "a_happy_path",
        begun().refresh(0, "new", DONE).show(0, "REFRESHING").show(1, "READY", prefill=prefilled("new"))),
    "shown soon": (
        "RF-06", "a_success", begun().refresh(0, "new", DONE).show(1.1, "READY", prefill=prefilled("new"))),
    "shown late, since the events were lost": (
        "RF-06", "a_success",
        begun(plan=plan("Lost", fault=Lose())).refresh(0, "new", DONE).show(20, "READY", prefill=prefilled("new"))),
    "announced once": (
        "RF-06", "a_success",
        begun().refresh(0, "new", DONE).show(1.1, "READY", prefill={**prefilled("new"), "announced": 1})
        .message(1.1, "announcement", "new")),
    "the lost order is adopted": (
        "RF-07", "a_requests",
        with_older(begun().refresh(0, "new", DONE, status=None, error="timeout")
                   .show(1, "READY", active_order_id="new", prefill=prefilled("new")))),
}  # fmt: skip

BROKEN = {
    "bought again while it runs": (
        "RF-01", "a_happy_path", begun().refresh(0, "new", ("done", 5)).refresh(1, "again", ("done", 5))),
    "bought again when it was done": (
        "RF-01", "a_happy_path", begun().refresh(0, "new", DONE).click(3).refresh(3, "again", ("done", 4))),
    "never begun": ("RF-01", "a_happy_path", begun().show(0, "REFRESHING")),
    "the original is followed": (
        "RF-02", "a_happy_path", begun().refresh(0, "new", DONE).show(0, "REFRESHING", active_order_id=SOURCE)),
    "the original's data are shown": (
        "RF-02", "a_happy_path", begun().refresh(0, "new", DONE).show(2, "READY", prefill=prefilled(SOURCE))),
    "income of an employment order": (
        "RF-03", "a_requests", begun(product="employment").refresh(0, "new", DONE, body={"products": ["income"]})),
    "no products": ("RF-03", "a_requests", begun().refresh(0, "new", DONE, body={"employers": [{"id": "sub-1"}]})),
    "employers of another order": (
        "RF-04", "a_requests",
        begun().refresh(0, "new", DONE, body={"products": ["income"], "employers": [{"id": "new-sub-1"}]})),
    "a completed one is repeated": (
        "RF-04", "a_requests",
        begun(employers=TWO).refresh(0, "new", DONE, ("unavailable", 1))
        .request(1, "GET", "/v1/orders/new/", answer={"employers": [{"id": "new-sub-1", "status": "completed"}]})
        .refresh(3, "again", ("done", 4), ("done", 4))),
    "data before completion": (
        "RF-05", "a_happy_path", begun().refresh(0, "new", DONE).show(0.5, "READY", prefill=prefilled("new"))),
    "the old order's data as this cycle's": (
        "RF-05", "a_happy_path", begun().refresh(0, "new", DONE).show(0.5, "READY", prefill=prefilled(SOURCE))),
    "never shown": ("RF-06", "a_success", begun().refresh(0, "new", DONE).show(0, "REFRESHING")),
    "shown too late": (
        "RF-06", "a_success",
        begun().refresh(0, "new", DONE).show(0, "REFRESHING").show(2, "READY", prefill=prefilled("new"))),
    "announced twice": (
        "RF-06", "a_success",
        begun().refresh(0, "new", DONE).show(1, "READY", prefill=prefilled("new"))
        .message(1, "announcement", "new").message(3, "announcement", "new")),
    "announced twice by its own count": (
        "RF-06", "a_success",
        begun().refresh(0, "new", DONE).show(1, "READY", prefill={**prefilled("new"), "announced": 1})
        .show(2, "READY", prefill={**prefilled("new"), "announced": 2})),
    "an older sibling is taken": (
        "RF-07", "a_requests",
        with_older(begun().refresh(0, "new", DONE, status=None, error="timeout")
                   .show(1, "READY", active_order_id="older", prefill=prefilled("older")))),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_keeping_the_clause_triggers_it_without_a_breach(name: str) -> None:
    """A history that keeps the clause has its occasion in it and no breach."""
    clause_id, module, story = KEPT[name]
    judgement = judged(clause_id, module, story.history())
    assert judgement.triggers
    assert [breach.what for breach in judgement.breaches] == []


@pytest.mark.parametrize("name", BROKEN)
def test_breaking_the_clause_is_told_with_its_evidence(name: str) -> None:
    """A history that breaks the clause has a breach that names the case and the operations."""
    clause_id, module, story = BROKEN[name]
    judgement = judged(clause_id, module, story.history())
    assert judgement.triggers
    assert judgement.breaches
    assert all("case-1" in breach.what and breach.expected and breach.ops for breach in judgement.breaches)


def test_a_closed_case_or_a_short_story_says_nothing_about_progress() -> None:
    """Nothing is due any more when the case was closed, and not yet when the story ends before the bound."""
    closed = begun().show(0, "REFRESHING").call(1, "close_case").show(1, "CLOSED")
    assert not judged("RF-01", "a_happy_path", closed.history()).breaches
    assert not judged("RF-01", "a_happy_path", begun(days=1).show(0, "REFRESHING").history()).breaches
    other = begun().refresh(0, "new", ("done", 1)).click(1.1, "cycle-2").show(1.2, "REFRESHING", cycle="cycle-2")
    assert not judged("RF-06", "a_success", other.history()).breaches
    assert CYCLE == "cycle-1"
