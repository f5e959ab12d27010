"""Section G on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mock_truv.contract.history import CaseFacts
from mock_truv.contract.operations import Called
from mock_truv.contract.plan import plan
from tests.contract.clauses.builders import ALL, Story, at_us, judged, prefilled

if TYPE_CHECKING:
    from mock_truv.contract.history import History

SECOND = 1 / 3600
SOURCE = "/v1/orders/source/"
NEW = "/v1/orders/new/"
LOST: dict[str, Any] = {"status": None, "error": "timeout", "fault": "timeout"}
NO_BODY: dict[str, Any] = {"answer": None, "fault": "empty"}
COMPLETED = {"id": "new", "employers": [{"id": "new-sub-1", "status": "completed"}]}
PENDING = {"id": "new", "employers": [{"id": "new-sub-1", "status": "pending"}]}
PAGE = {"count": 2, "next": "http://truv/v1/orders/?page=2", "results": [{"id": "other"}]}
LAST_PAGE = {"count": 2, "next": None, "results": [{"id": "new"}]}


def made(order_id: str) -> dict[str, Any]:
    """Return the fields of a request whose answer names the order that it made."""
    return {"answer": {"id": order_id, "employers": []}}


def lost(**story: Any) -> Story:
    """Return a story in which the refresh was made and its answer lost."""
    return Story(**story).click(0).refresh(0, "new", ("done", 0.01), **LOST).show(0, "UNKNOWN_OUTCOME")


def unsent(**story: Any) -> Story:
    """Return a story in which the request for the refresh never arrived."""
    return Story(**story).click(0).request(0, "POST", SOURCE, **LOST).show(0, "UNKNOWN_OUTCOME")


def running(*ending: tuple[str, float]) -> Story:
    """Return a story in which a refresh was made and answered."""
    return Story().click(0).refresh(0, "new", *ending, **made("new")).show(0, "REFRESHING")


def read(story: Story, *hours: float, path: str = NEW, **fields: Any) -> Story:
    """Add reads at some hours."""
    for each in hours:
        story.request(each, "GET", path, **fields)
    return story


def ready(story: Story, hours: float) -> Story:
    """Add the showing of the new order's data."""
    return story.show(hours, "READY", prefill=prefilled("new"))


def refused(number: int, status: int = 404) -> Story:
    """Return a story in which the request for the refresh is refused so many times, a quarter of an hour apart."""
    story = Story().click(0)
    for each in range(number):
        story.request(each / 4, "POST", SOURCE, status=status, fault="status", answer={"detail": "Not Found."})
    return story


def locked_out(pause: float) -> Story:
    """Return a story in which our keys are refused for an hour and tried with a pause."""
    story = Story(days=3).click(0).show(0, "BLOCKED")
    for each in range(4):
        story.request(pause * each, "GET", SOURCE, status=401, fault="status")
    return story.request(1, "GET", SOURCE).refresh(1, "new", ("done", 1.1), **made("new")).show(1.2, "READY")


KEPT = {
    "the order is adopted": ("RF-70", ready(read(lost(), 0.02, answer=COMPLETED), 0.02)),
    "asked again after three minutes": ("RF-70", unsent().refresh(0.05, "new", ("done", 0.1), **made("new"))),
    "asked again for another cycle": (
        "RF-70", lost().click(30, "cycle-2").refresh(30, "second", ("done", 30.1), cycle="cycle-2", **made("second"))),
    "asked again after all": ("RF-71", unsent().refresh(0.05, "new", ("done", 0.1), **made("new"))),
    "handed to a person": ("RF-71", unsent().show(1, "MANUAL")),
    "reads ever later": (
        "RF-72", ready(read(read(running(("done", 0.01)), *(0.01 * 2**n for n in range(7)), status=500), 2,
                            answer=COMPLETED), 2)),
    "no body, then found": (
        "RF-73", ready(read(Story().click(0).refresh(0, "new", ("done", 0.01), **NO_BODY), 0.1, answer=COMPLETED),
                       0.1)),
    "read again": (
        "RF-74", ready(read(read(running(("done", 0.01)), 0.02, answer="<html>"), 0.1, answer=COMPLETED), 0.1)),
    "refused twice, then shown": ("RF-76", refused(2).show(0.3, "MANUAL")),
    "probes every ten minutes": ("RF-77", locked_out(1 / 6)),
    "read until it is complete": (
        "RF-79", ready(read(read(running(("done", 0.01)), 0.02, answer=PENDING), 0.1, answer=COMPLETED), 0.1)),
    "the second page, too": (
        "RF-80", lost(capabilities=ALL | {"list"}).request(0.05, "GET", "/v1/orders/", answer=PAGE)
        .request(0.05, "GET", "/v1/orders/", query="page=2", answer=LAST_PAGE)),
}  # fmt: skip
BROKEN = {
    "bought twice": ("RF-70", lost().refresh(0.1, "second", ("done", 0.2), **made("second"))),
    "asked again after 20 s": ("RF-70", unsent().refresh(20 * SECOND, "new", ("done", 0.1), **made("new"))),
    "an earlier cycle's order": (
        "RF-70", Story().click(0).refresh(0, "old", ("done", 0.1), **made("old")).click(30, "cycle-2")
        .refresh(30, "new", ("done", 30.1), cycle="cycle-2", **LOST)
        .show(31, "READY", "cycle-2", prefill=prefilled("old"))),
    "never asked again": ("RF-71", unsent(policies={"unknown_post": "reconcile"})),
    "a 503 is no refusal": (
        "RF-72", Story().click(0).refresh(0, "new", ("done", 0.01), status=503, fault="status")
        .refresh(0.3, "second", ("done", 0.4), **made("second"))),
    "reads twice a minute": (
        "RF-72", read(running(("done", 0.01)), *(0.02 + 30 * SECOND * n for n in range(7)), status=500)),
    "no body is no refusal": (
        "RF-73", Story().click(0).refresh(0, "new", ("done", 0.01), **NO_BODY)
        .refresh(0.3, "second", ("done", 0.4), **made("second"))),
    "data from a page of HTML": ("RF-74", ready(read(running(("done", 0.01)), 0.02, answer="<html>"), 0.02)),
    "an order without employers ends the case": (
        "RF-74", read(running(("done", 0.01)), 0.02, answer={"id": "new"}).show(0.02, "MANUAL")),
    "refused three times": ("RF-76", refused(3).show(0.6, "MANUAL")),
    "refused, and nobody sees it": ("RF-76", refused(1).show(0.3, "DUE")),
    "refused, and the person is asked": ("RF-76", refused(1).link(0.5, "link-order").show(0.5, "MANUAL")),
    "probes every ten seconds": ("RF-77", locked_out(10 * SECOND)),
    "data from a read that lagged": ("RF-79", ready(read(running(("done", 0.01)), 0.02, answer=PENDING), 0.02)),
    "the first page only": (
        "RF-80", lost(capabilities=ALL | {"list"}).request(0.05, "GET", "/v1/orders/", answer=PAGE)
        .refresh(0.1, "second", ("done", 0.2), **made("second"))),
}  # fmt: skip
MODULES = {"RF-72": "g_api_reads", "RF-74": "g_api_reads", "RF-79": "g_api_reads", "RF-80": "g_api_pages",
           "RF-75": "g_api_outages", "RF-77": "g_api_outages", "RF-78": "g_api_outages"}  # fmt: skip


def three_cases(story: Story) -> History:
    """Return a story's history with two more cases that were asked for and wait."""
    history = story.history()
    names = ("case-2", "case-3")
    others = {
        name: CaseFacts(case_id=name, person_ref=name, user_id=name, order_id=f"source-of-{name}") for name in names
    }
    clicks = [Called(at_us=at_us(0), name="request_refresh", case_id=name, cycle="cycle-1") for name in names]
    ops = [replace(op, seq=number) for number, op in enumerate([*clicks, *history.ops], 1)]
    return replace(history, cases={**history.cases, **others}, ops=tuple(ops))


def outage(pause: float) -> Story:
    """Return a story in which a request fails with 503 again and again for two hours."""
    story = Story().click(0)
    for number in range(round(2 / pause)):
        story.request(number * pause, "GET", SOURCE, status=503, fault="status")
    return story


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    """A history that keeps the clause triggers it and is no breach."""
    clause_id, story = KEPT[name]
    found = judged(clause_id, MODULES.get(clause_id, "g_api_faults"), story.history())
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    """A history that breaks the clause is a breach, with the operations that prove it."""
    clause_id, story = BROKEN[name]
    found = judged(clause_id, MODULES.get(clause_id, "g_api_faults"), story.history())
    assert found.triggers
    assert found.breaches
    assert found.breaches[0].ops


@pytest.mark.parametrize(("seconds", "broken"), [(30, False), (5000, True)])
def test_a_slow_answer_blocks_nobody(seconds: int, broken: bool) -> None:
    """A slow request that is given up is kept; one for which three cases wait more than an hour is a breach."""
    story = Story(capabilities=ALL | {"bulk"}).click(0)
    story.request(0, "GET", SOURCE, status=None, error="timeout", fault="slow", ended_us=at_us(seconds * SECOND))
    found = judged("RF-75", "g_api_outages", three_cases(story))
    assert found.triggers
    assert bool(found.breaches) is broken


@pytest.mark.parametrize(("pause", "broken"), [(1 / 12, False), (2 * SECOND, True)])
def test_an_outage_is_sat_out(pause: float, broken: bool) -> None:
    """A request every five minutes during an outage is kept; one every two seconds is a breach."""
    found = judged("RF-78", "g_api_outages", three_cases(outage(pause)))
    assert found.triggers
    assert bool(found.breaches) is broken


def test_without_a_list_a_flagged_case_may_be_bought_twice() -> None:
    """Where nothing can show the order that a lost answer hid, a case that is flagged may be refreshed once more."""
    absent = plan("There is no list", profile={"order_list": "absent"})
    story = lost(plan=absent).refresh(0.1, "second", ("done", 0.2), **made("second"))
    assert not judged("RF-70", "g_api_faults", story.history()).breaches
