"""Section C on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.history import Billed
from mock_truv.core.instants import datetime_of
from tests.contract.clauses.builders import ALL, CASE, CYCLE, SOURCE, Story, at_us, judged

if TYPE_CHECKING:
    from mock_truv.contract.history import History

BULK = ALL | {"bulk", "due", "budget"}
TWO = ("sub-1", "sub-2")
LIMIT = {"error": {"message": "Refresh limit for the access_token exceeded"}}


def refreshed(*hours: float, ending: str = "unavailable", **story: Any) -> Story:
    """Return a story with refreshes at some hours, each of which ended a little later."""
    told = Story(**story).click(0)
    for number, hour in enumerate(hours):
        told.refresh(hour, f"order-{number}", (ending, hour + 0.01))
    return told


def cycles(*hours: float) -> Story:
    """Return a story with a successful refresh in each of several cycles."""
    told = Story()
    for number, hour in enumerate(hours):
        told.click(hour, f"cycle-{number}")
        told.refresh(hour, f"order-{number}", ("done", hour + 0.01), cycle=f"cycle-{number}")
    return told


def shared(fourth: float) -> Story:
    """Return a story in which two source orders use one connection."""
    told = refreshed(0, 1)
    return told.refresh(2, "b", ("done", 2.01), source="other").refresh(fourth, "c", ("done", fourth), source="other")


def refused(hours: float = 1, status: int = 400) -> Story:
    """Return a story in which another system used the window up at hour 0, and a refresh was refused."""
    told = Story().click(hours)
    told.ledger += [Billed(at_us=at_us(0), link_id="link-1", order_id=None, elsewhere=True)] * 3
    return told.request(hours, "POST", f"/v1/orders/{SOURCE}/", status=status, answer=LIMIT, body={})


def later(hours: float) -> Any:
    """Return an instant as views tell it."""
    return datetime_of(at_us(hours))


def throttled(header: str | None, *then: float) -> Story:
    """Return a story with a 429 at hour 1 and further requests."""
    told = Story().click(0).request(1, "GET", "/v1/orders/source/", status=429, retry_after=header)
    for hours in then:
        told.request(hours, "GET", "/v1/orders/source/")
    return told


def runs(*hours: float, cycle: str = CYCLE) -> Story:
    """Return a story with nightly runs."""
    told = Story(capabilities=BULK)
    for hour in hours:
        told.call(hour, "run_due", cycle)
    return told


def due(story: Story, day: str) -> History:
    """Return a story's history, the case of which is due on a day."""
    history = story.history()
    return replace(history, cases={CASE: replace(history.cases[CASE], due_on=day)})


SECOND = 1 / 3600
KEPT = {
    "three, and the fourth a day later": ("RF-20", "c_limits", refreshed(0, 1, 2, 24)),
    "another system's refreshes are not ours": ("RF-20", "c_limits", refreshed(0, 1, 2)),
    "two orders, three refreshes": ("RF-21", "c_limits", shared(24.5)),
    "failed ones counted": ("RF-22", "c_limits", refreshed(0, 1, 2, 24)),
    "parked until it opens": (
        "RF-23", "c_parking",
        refused().show(1, "LIMIT_WAIT", next_action_at=later(25)).refresh(25, "new", ("done", 26)).show(26, "READY")),
    "parked, refused with 429": (
        "RF-23", "c_parking", refused(status=429).show(1, "LIMIT_WAIT", next_action_at=later(24))),
    "the window opens": (
        "RF-24", "c_parking",
        cycles(0, 1, 2).click(3, "cycle-3").show(3, "LIMIT_WAIT").refresh(24, "new", ("done", 25), cycle="cycle-3")),
    "two cases wait, one goes": (
        "RF-24", "c_parking", refreshed(0, 1, 2).show(3, "LIMIT_WAIT").show(20, "MANUAL")),
    "the failed sibling alone is repeated": (
        "RF-25", "c_money",
        Story(employers=TWO).click(0).refresh(0, "new", ("done", 1), ("unavailable", 1))
        .refresh(3, "again", ("done", 4), subs=("sub-2",))),
    "a finished case is left alone": (
        "RF-26", "c_money", runs(0).refresh(0, "new", ("done", 1)).show(1, "READY").call(24, "run_due", CYCLE)),
    "closed, and left alone": ("RF-26", "c_money", runs().call(0, "close_case").call(1, "run_due", CYCLE)),
    "within the budget": ("RF-27", "c_money", replace(refreshed(0, 0.5, 24, ending="done", capabilities=BULK)
                                                      .click(0.2).click(0.3).click(0.4), counts={"budget_per_day": 2})),
    "obeyed, in seconds": ("RF-28", "c_rate", throttled("120", 1 + 120 * SECOND)),
    "obeyed, by date": ("RF-28", "c_rate", throttled("Mon, 05 Jan 2026 16:02:00 GMT", 1 + 121 * SECOND)),
    "an absurd pause cut": ("RF-28", "c_rate", throttled("999999999", 2).show(2, "REFRESHING")),
}  # fmt: skip
BROKEN = {
    "a fourth in a day": ("RF-20", "c_limits", refreshed(0, 1, 2, 23.9)),
    "a fourth that was refused": (
        "RF-20", "c_limits",
        refreshed(0, 1, 2).request(20, "POST", f"/v1/orders/{SOURCE}/", status=400, answer=LIMIT, body={})),
    "a fourth by another order": ("RF-21", "c_limits", shared(20)),
    "failed ones forgotten": ("RF-22", "c_limits", refreshed(0, 1, 2, 8)),
    "tried again before it opens": ("RF-23", "c_parking", refused().refresh(2, "new", ("done", 3))),
    "taken for a lost login": ("RF-23", "c_parking", refused().show(1, "REAUTH_NEEDED")),
    "dropped": ("RF-23", "c_parking", refused().show(1, "IDLE")),
    "parked without a time": ("RF-23", "c_parking", refused().show(1, "LIMIT_WAIT")),
    "the person asked": ("RF-23", "c_parking", refused().show(1, "LIMIT_WAIT", next_action_at=later(25))
                         .message(1, "link", "link-order")),
    "never goes on": ("RF-24", "c_parking", cycles(0, 1, 2).click(3, "cycle-3").show(3, "LIMIT_WAIT", "cycle-3")),
    "goes on too early": (
        "RF-24", "c_parking",
        cycles(0, 1, 2).click(3, "cycle-3").show(3, "LIMIT_WAIT", "cycle-3").refresh(20, "new", ("done", 21))),
    "the finished one is bought again": (
        "RF-25", "c_money",
        Story(employers=TWO).click(0).refresh(0, "new", ("done", 1), ("unavailable", 1))
        .refresh(3, "again", ("done", 4), ("done", 4))),
    "a finished case begun anew": (
        "RF-26", "c_money",
        runs(0).refresh(0, "new", ("done", 1)).show(1, "READY").call(24, "run_due", CYCLE).refresh(24, "next")),
    "a closed case refreshed": (
        "RF-26", "c_money", runs().call(0, "close_case").call(1, "run_due", CYCLE).refresh(1, "new")),
    "over the budget": (
        "RF-27", "c_money",
        replace(refreshed(0, 0.5, 1, ending="done", capabilities=BULK).click(0.2).click(0.3), counts={
            "budget_per_day": 2})),
    "sent before the time": ("RF-28", "c_rate", throttled("120", 1 + 60 * SECOND)),
    "sent before the date": ("RF-28", "c_rate", throttled("Mon, 05 Jan 2026 16:02:00 GMT", 1 + 15 * SECOND)),
    "an absurd pause kept": ("RF-28", "c_rate", throttled("999999999").show(2, "REFRESHING")),
    "given up because of it": ("RF-28", "c_rate", throttled("60", 1 + 60 * SECOND).show(2, "MANUAL")),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_clause_shows_no_breach(name: str) -> None:
    """What keeps a clause is never blamed."""
    clause_id, module, story = KEPT[name]
    assert not judged(clause_id, module, story.history()).breaches


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_clause_was_put_to_the_test(name: str) -> None:
    """Where a clause is kept, its situation arose."""
    clause_id, module, story = KEPT[name]
    assert judged(clause_id, module, story.history()).triggers


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_clause_is_found_and_proved(name: str) -> None:
    """What breaks a clause is found, said, and proved by operations."""
    clause_id, module, story = BROKEN[name]
    breaches = judged(clause_id, module, story.history()).breaches
    assert breaches
    assert all(breach.what and breach.expected and breach.ops for breach in breaches)


def test_a_run_before_the_due_day_starts_nothing() -> None:
    """A case that is due later is not refreshed by a run; one that is due is."""
    story = runs(0).refresh(0, "new")
    assert judged("RF-26", "c_money", due(story, "2026-02-01")).breaches
    assert not judged("RF-26", "c_money", due(story, "2026-01-05")).breaches


@pytest.mark.parametrize(("number", "kept"), [(300, True), (301, False)])
def test_the_rate_counts_any_sixty_seconds(number: int, kept: bool) -> None:
    """300 requests in a minute are as many as there may be."""
    story = Story(capabilities=BULK)
    for each in range(number):
        story.request(each / 3600 / 10, "GET", "/v1/orders/x/")
    story.request(5, "GET", "/v1/orders/x/")
    found = judged("RF-29", "c_rate", story.history())
    assert found.triggers or number < 301
    assert not found.breaches if kept else found.breaches


def test_pauses_without_a_stated_time_grow() -> None:
    """The same pause four times is a breach; pauses that double are none."""
    for hours, broken in (((1.1, 1.2, 1.3, 1.4), True), ((1.1, 1.3, 1.7, 2.5), False)):
        story = Story().click(0).request(1, "GET", "/v1/orders/source/", status=429)
        for hour in hours:
            story.request(hour, "GET", "/v1/orders/source/", status=429)
        assert bool(judged("RF-28", "c_rate", story.history()).breaches) is broken
