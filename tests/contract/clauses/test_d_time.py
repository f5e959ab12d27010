"""Section D on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mock_truv.contract.judging import run_story
from mock_truv.contract.plan import DUE, plan
from mock_truv.contract.reference import integrator
from mock_truv.core.instants import datetime_of
from mock_truv.core.scenario import DriverRule, PersonRule
from tests.contract.clauses.builders import ALL, CASE, CYCLE, Story, at_us, judged

BULK = ALL | {"bulk", "due"}
FORMS: dict[str, Any] = {"event_created_at": "2026-01-05T16:00:00.000000+00:00", "updated_at": "2026-01-05T16:00:00Z"}


def aged(days: int = 181, **policies: Any) -> Story:
    """Return a story of an old connection, asked for at the start."""
    people = PersonRule(connected_ago=f"{days}d")
    return Story(plan=plan("Written by hand", people=people), policies=policies).click(0)


def abroad(zone: str = "Asia/Tokyo") -> Story:
    """Return a story on a host in another zone."""
    return Story(plan=plan("Written by hand", zone=zone)).click(0)


def stepped(do: str = "clock-forward", lasting: str = "3d") -> Story:
    """Return a story in which the host's clock is set at hour 1."""
    rule = DriverRule(do=do, after="1h", lasting=lasting)  # type: ignore[arg-type]
    return Story(plan=plan("Written by hand", driver=rule)).click(0)


def told(*hours: float) -> Story:
    """Return a story in which the end of a refresh is told."""
    story = Story(days=3).click(0).refresh(0, "new", ("done", 1)).show(0, "REFRESHING")
    for hour in hours:
        story.hook(
            hour, "task-status-updated", event_status="done", task_id="task-new-sub-1", link_id="link-1", **FORMS
        )
    return story


def nightly(*refreshes: float) -> Story:
    """Return a story with runs at hours 0, 24 and 48 and some refreshes, for a case due on the second day."""
    story = Story(capabilities=BULK)
    for hour in (0, 24, 48):
        story.call(hour, "run_due", CYCLE)
        for number, begun in enumerate(refreshes):
            if begun == hour:
                story.refresh(hour, f"order-{number}", ("done", hour + 0.1))
    return story


KEPT = {
    "old and tried": ("RF-30", "d_time", aged().refresh(0, "new", ("done", 0.1)).show(1, "READY")),
    "old, tried, and its login lost": (
        "RF-30", "d_time", aged().refresh(0, "new", ("login_error", 0.1)).link(1, "link").message(1, "link", "link")),
    "too old by a declared policy": ("RF-30", "d_time", aged(181, age_skip_days=170).link(0, "link")),
    "a day between, on a host in Tokyo": (
        "RF-31", "d_time", abroad().refresh(0, "a", ("unavailable", 0.1)).refresh(1, "b", ("unavailable", 1.1))
        .refresh(2, "c", ("unavailable", 2.1)).refresh(24, "d", ("done", 24.1))),
    "a link, and another after its life": ("RF-31", "d_time", abroad().link(0, "one").link(73, "two")),
    "a living link": ("RF-32", "d_links", Story().link(0, "link").message(1, "link", "link")),
    "a time at which it goes on": (
        "RF-33", "d_deadlines",
        Story().click(0).show(0, "RETRY_WAIT", next_action_at=datetime_of(at_us(230))).show(231, "MANUAL")),
    "handed to somebody": ("RF-33", "d_deadlines", Story().click(0).show(0, "REFRESHING").show(60, "MANUAL")),
    "a link nobody follows, until a day after its life": (
        "RF-33", "d_deadlines", Story().click(0).link(0, "link").show(0, "REAUTH_SENT").show(96, "MANUAL")),
    "goes on after a step": (
        "RF-34", "d_deadlines",
        stepped().refresh(0, "a", ("unavailable", 0.1)).show(0.1, "RETRY_WAIT").refresh(1, "b", ("unavailable", 1.1))
        .refresh(3, "c", ("done", 3.1)).show(3.1, "READY")),
    "an event in mixed forms": ("RF-35", "d_calendar", told(1.1).show(1.2, "READY")),
}  # fmt: skip
BROKEN = {
    "too old, and not tried": ("RF-30", "d_time", aged().link(0, "link")),
    "too old, and given up": ("RF-30", "d_time", aged().show(1, "MANUAL")),
    "younger than the declared age": ("RF-30", "d_time", aged(100, age_skip_days=170).show(1, "REAUTH_NEEDED")),
    "asked although it works": (
        "RF-30", "d_time", aged().refresh(0, "new", ("done", 0.1)).show(1, "READY").link(2, "link")),
    "a fourth in a day, on a host in Tokyo": (
        "RF-31", "d_time", abroad().refresh(0, "a", ("unavailable", 0.1)).refresh(1, "b", ("unavailable", 1.1))
        .refresh(2, "c", ("unavailable", 2.1)).refresh(15, "d", ("done", 15.1))),
    "no pause, on a host in Tokyo": (
        "RF-31", "d_time", abroad().refresh(0, "a", ("unavailable", 0.1)).refresh(0.2, "b", ("done", 1.1))),
    "a second link beside a living one": ("RF-31", "d_time", abroad().link(0, "one").link(63, "two")),
    "a dead link": ("RF-32", "d_links", Story().link(0, "link").message(72, "link", "link")),
    "forever": ("RF-33", "d_deadlines", Story().click(0).show(0, "REFRESHING")),
    "a timer that never fired": (
        "RF-33", "d_deadlines", Story().click(0).show(0, "RETRY_WAIT", next_action_at=datetime_of(at_us(1)))),
    "one employer forever": (
        "RF-33", "d_deadlines", Story().click(0).show(0, "PARTIAL", employers={"sub-1": "RETRY_WAIT"})),
    "a link nobody follows, forever": (
        "RF-33", "d_deadlines", Story().click(0).link(0, "link").show(0, "REAUTH_SENT")),
    "catches up after a step": (
        "RF-34", "d_deadlines",
        stepped().refresh(0, "a", ("unavailable", 0.1)).show(0.1, "RETRY_WAIT").refresh(1, "b", ("unavailable", 1.01))
        .refresh(1.02, "c", ("done", 1.03)).show(1.1, "READY")),
    "a timer lost by a step": (
        "RF-34", "d_deadlines",
        stepped("clock-back", "5m").refresh(0, "a", ("unavailable", 0.1)).show(0.1, "RETRY_WAIT")),
    "an event in mixed forms, unheard": ("RF-35", "d_calendar", told(1.1)),
    "an event in mixed forms, refused": (
        "RF-35", "d_calendar",
        replace(Story(days=3), plan=plan("Written by hand", profile={"time_format": "mixed"})).click(0)
        .refresh(0, "new", ("done", 1)).hook(1, "task-status-updated", 422, event_status="done",
                                             task_id="task-new-sub-1", **FORMS).show(1.1, "READY")),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_clause_was_triggered_and_shows_no_breach(name: str) -> None:
    """What keeps a clause is never blamed, though its situation arose."""
    clause_id, module, story = KEPT[name]
    found = judged(clause_id, module, story.history())
    assert found.triggers
    assert not found.breaches


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_clause_is_found_and_proved(name: str) -> None:
    """What breaks a clause is found, said, and proved by operations."""
    clause_id, module, story = BROKEN[name]
    breaches = judged(clause_id, module, story.history()).breaches
    assert breaches
    assert all(breach.what and breach.expected and breach.ops for breach in breaches)


@pytest.mark.parametrize(("begun", "broken"), [((24,), False), ((0,), True), ((48,), True)])
def test_a_case_is_begun_by_the_run_of_its_day(begun: tuple[float, ...], broken: bool) -> None:
    """A case due on the second day is begun by that day's run, neither by the one before nor by the next."""
    history = nightly(*begun).history()
    history = replace(history, cases={CASE: replace(history.cases[CASE], due_on="2026-01-06")})
    found = judged("RF-36", "d_calendar", history)
    assert found.triggers
    assert bool(found.breaches) is broken


def test_a_clock_that_is_set_opens_no_judgement_of_zones() -> None:
    """Under a stepped clock, pauses and limits are not judged by zone."""
    story = abroad()
    story.plan = plan("Written by hand", zone="Asia/Tokyo", driver=DriverRule(do="clock-back", lasting="5m"))
    story.refresh(0, "a", ("unavailable", 0.1)).refresh(0.2, "b", ("done", 1.1))
    assert not judged("RF-31", "d_time", story.history()).breaches


def test_a_plan_says_when_its_cases_are_due() -> None:
    """The civil date of a plan's rule stands in the facts of its cases, and an integrator is told it.

    Cases without one are due from the start where the plan has runs over what is due.
    """
    people = (PersonRule(count=2), PersonRule(due_on="2026-01-31"))
    history = run_story(plan("Three cases", people=people, driver=DriverRule(do="run-due"), lasts="1d"), integrator)
    assert [facts.due_on for facts in history.cases.values()] == [DUE, DUE, "2026-01-31"]
    assert {order.case_id for order in history.refreshes()} == {"case-1", "case-2"}
