"""Section E on histories written by hand: each clause keeps quiet where it is kept, and speaks where it is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.core.instants import HOUR_US
from tests.contract.clauses.builders import Story, judged

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = "sub-1", "sub-2", "sub-3"
DONE, GONE, DOWN = ("done", 0.1), ("login_error", 0.1), ("unavailable", 0.1)


def three() -> Story:
    """Return a case with three employers, asked for at the start."""
    return Story(employers=(A, B, C)).click(0)


def mixed(**shown: Any) -> Story:
    """Return a story in which one employer is done, one wants a login, one is unavailable; then something is shown."""
    return three().refresh(0, "first", DONE, GONE, DOWN).show(0.2, **shown)


def repaired(first: str, second: str = "REAUTH_SENT") -> Story:
    """Return a story in which the person has logged in for one employer before the second one wants a login."""
    story = three().refresh(0, "first", GONE, ("mfa_error", 3), ("done", 0.1)).show(0.2, "PARTIAL")
    story.link(0.2, "link-a", "completed", 1).login(0.9, "link-a")
    return story.show(3, "PARTIAL", employers=states(first, second, "READY"))


def states(first: str, second: str, third: str) -> dict[str, str]:
    """Return the employers of a view."""
    return {A: first, B: second, C: third}


def prefill(*employers: str) -> dict[str, Any]:
    """Return a prefill from two orders, with one job for each name."""
    return {"order_id": "second", "orders": ["first", "second"], "report_id": "r", "stale": False,
            "items": [{"employer_id": each, "income": "1.00"} for each in employers]}  # fmt: skip


def with_reports(story: Story) -> Story:
    """Return a story whose orders' reports show one job for each employer that was done."""
    story.orders = [
        replace(order, report={"employers": [
            {"id": part.suborder_id, "employments": [{}] if part.status == "done" else []} for part in order.parts
        ]}) for order in story.orders
    ]  # fmt: skip
    return story


def retried(*subs: str) -> Story:
    """Return a mixed story with a retry of some employers after two hours."""
    return mixed(state="PARTIAL").refresh(2, "second", *[("done", 2.1)] * len(subs), subs=subs)


def two_logins(second_at: float, used_at: float | None) -> Story:
    """Return a story in which two employers want a login; the link of the first is used at some time, or never."""
    story = three().refresh(0, "first", GONE, ("mfa_error", 3), ("done", 0.1))
    story.link(0.2, "link-a", "completed" if used_at else "pending", used_at).message(0.2, "link", "link-a")
    return story.link(second_at, "link-b").message(second_at, "link", "link-b")


def asked_and_waiting(*, retry: bool, again: bool = False) -> Story:
    """Return a story in which a link is out for one employer while another is to be tried again."""
    story = mixed(state="PARTIAL").link(0.3, "link-a").message(0.3, "link", "link-a")
    story.orders[-1] = replace(story.orders[-1], expires_us=story.orders[-1].at_us + 240 * HOUR_US)
    if retry:
        story.refresh(2, "second", ("done", 2.1), subs=(C,))
    return story.message(2.2, "link", "link-a") if again else story


def in_turn(shown_at: float, state: str = "READY") -> Story:
    """Return a story in which the last employer is done hours after the first; then the case is shown somehow."""
    return three().refresh(0, "first", DONE, ("done", 2), ("done", 5)).show(0, "REFRESHING").show(shown_at, state)


def in_parts(*employers: str, state: str = "READY") -> Story:
    """Return a story whose third employer came by a retry, shown with a prefill for some employers."""
    story = three().refresh(0, "first", DONE, ("done", 0.1), DOWN).show(0.2, "PARTIAL")
    story.refresh(2, "second", ("done", 2.1), subs=(C,))
    return with_reports(story.show(2.2, state, prefill=prefill(*employers)))


KEPT: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-40", "shown as partial", lambda: mixed(state="PARTIAL")),
    ("RF-40", "manual with states", lambda: mixed(
        state="MANUAL", employers=states("READY", "REAUTH_SENT", "RETRY_WAIT"))),
    ("RF-40", "held", lambda: mixed(
        state="REFRESHING", employers=states("REFRESHING", "REAUTH_NEEDED", "RETRY_WAIT"))),
    ("RF-40", "logged in before the last came", lambda: repaired("READY")),
    ("RF-41", "the passing one", lambda: retried(C)),
    ("RF-42", "one after the other", lambda: two_logins(5, used_at=4)),
    ("RF-43", "retried", lambda: asked_and_waiting(retry=True)),
    ("RF-44", "when the last came", lambda: in_turn(5.1)),
    ("RF-45", "each once", lambda: in_parts(A, B, C)),
    ("RF-46", "whole", lambda: in_parts(A, B, C)),
]  # fmt: skip
BROKEN: list[tuple[str, str, Callable[[], Story]]] = [
    ("RF-40", "complete", lambda: mixed(state="READY")),
    ("RF-40", "logged in, and the other one hidden", lambda: repaired("READY", "READY")),
    ("RF-40", "failed", lambda: mixed(state="REAUTH_SENT")),
    ("RF-40", "all failed", lambda: mixed(state="PARTIAL", employers=states("MANUAL", "MANUAL", "MANUAL"))),
    ("RF-41", "the done one too", lambda: retried(A, C)),
    ("RF-41", "the lost one too", lambda: retried(B, C)),
    ("RF-42", "two at once", lambda: two_logins(3.1, used_at=None)),
    ("RF-43", "never retried", lambda: asked_and_waiting(retry=False)),
    ("RF-43", "asked again", lambda: asked_and_waiting(retry=True, again=True)),
    ("RF-44", "at the first", lambda: in_turn(0.2)),
    ("RF-44", "never", lambda: in_turn(5.1, "REFRESHING")),
    ("RF-45", "one twice", lambda: in_parts(A, B, C, C)),
    ("RF-45", "a foreign id", lambda: in_parts(A, B, "second-sub-3")),
    ("RF-46", "the late one alone", lambda: in_parts(C)),
    ("RF-46", "still partial", lambda: in_parts(A, B, C, state="PARTIAL")),
]
MODULES = {"RF-42": "e_people", "RF-43": "e_people", "RF-46": "e_people"}


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in KEPT], ids=[f"{it[0]} {it[1]}" for it in KEPT]
)
def test_kept(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that keeps the clause triggers it and breaks nothing."""
    found = judged(clause_id, MODULES.get(clause_id, "e_employers"), told().history())
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize(
    ("clause_id", "told"), [(it[0], it[2]) for it in BROKEN], ids=[f"{it[0]} {it[1]}" for it in BROKEN]
)
def test_broken(clause_id: str, told: Callable[[], Story]) -> None:
    """A story that breaks the clause is told with the operations that prove it."""
    found = judged(clause_id, MODULES.get(clause_id, "e_employers"), told().history())
    assert found.breaches
    assert found.breaches[0].ops
    assert "case-1" in found.breaches[0].what or "person" in found.breaches[0].what


@pytest.mark.parametrize(
    "excuse",
    [
        lambda story: story.call(1, "close_case"),
        lambda story: story.click(1, cycle="cycle-2"),
        lambda story: story.crash(1, 24 * 11),
    ],
    ids=["closed", "another cycle", "down"],
)
def test_a_reason_not_to_go_on_excuses(excuse: Callable[[Story], Story]) -> None:
    """Nobody is blamed for a case that did not go on when it was closed, asked for anew, or the program was down."""
    story = excuse(asked_and_waiting(retry=False))
    assert not judged("RF-43", "e_people", story.history()).breaches


def test_a_request_with_an_unknown_outcome_is_no_repetition() -> None:
    """Naming everybody again is no breach where nobody knew of the first order."""
    story = three().refresh(0, "first", DONE, GONE, DOWN, error="timeout", status=None)
    story.refresh(0.3, "second", DONE, GONE, DOWN)
    assert not judged("RF-41", "e_employers", story.history()).breaches
