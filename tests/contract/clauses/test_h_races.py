"""Section H on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mock_truv.contract.operations import Sent
from tests.contract.clauses.builders import ALL, Story, at_us, judged, prefilled

CRASHED: dict[str, Any] = {"status": None, "error": "crash"}
NEW = "/v1/orders/new/"
MODULES = {"RF-89": "h_contact", "RF-90": "h_restarts", "RF-91": "h_work_left", "RF-92": "h_work_left"}


def made(order_id: str) -> dict[str, Any]:
    """Return the fields of a request whose answer names the order that it made."""
    return {"answer": {"id": order_id, "employers": []}}


def early(status: str = "done") -> Story:
    """Return a story in which the refresh ends, and is told, before its request is answered."""
    story = Story().click(0).refresh(0, "new", (status, 0.001), ended_us=at_us(0.002), fault="slow", **made("new"))
    return story.hook(0.001, "order-status-updated", order_id="new", event_status="completed")


def told_twice() -> Story:
    """Return a story in which an event and a poll show a failed login at once."""
    story = Story().click(0).refresh(0, "new", ("login_error", 0.1), **made("new"))
    return story.request(0.1, "GET", NEW).hook(0.1, "order-refresh-failed", order_id="new", event_status="login_error")


def killed(*, committed: bool, **story: Any) -> Story:
    """Return a story in which the program dies with its request open."""
    told = Story(**story).click(0)
    if committed:
        told.refresh(0, "new", ("done", 0.01), **CRASHED)
    else:
        told.request(0, "POST", "/v1/orders/source/", **CRASHED)
    return told.crash(0, 0.1)


def killed_asking() -> Story:
    """Return a story in which the program dies when the order behind a link was just made."""
    story = Story().click(0).refresh(0, "new", ("login_error", 0.1), **made("new")).show(0.1, "REAUTH_NEEDED")
    story.link(0.2, "link-order")
    op = story.ops[-1]
    assert isinstance(op, Sent)
    story.ops[-1] = replace(op, **CRASHED)
    return story.crash(0.2, 0.3)


def paused() -> Story:
    """Return a story with a restart in the pause after a 429."""
    story = Story().click(0).request(0, "POST", "/v1/orders/source/", status=429, retry_after="1800", fault="status")
    return story.crash(0.05, 0.1)


def at_work() -> Story:
    """Return a story with a restart while a refresh runs."""
    return Story().click(0).refresh(0, "new", ("done", 0.1), **made("new")).show(0, "REFRESHING").crash(0.005, 0.2)


def closed() -> Story:
    """Return a story in which a case is closed while its link is out."""
    story = Story(capabilities=ALL | {"close"}).click(0).refresh(0, "new", ("login_error", 0.1), **made("new"))
    story.link(0.1, "link-order").message(0.1, "link", "link-order").show(0.1, "REAUTH_SENT")
    return story.call(1, "close_case").show(1, "CLOSED")


def withdrawn() -> Story:
    """Return the same, the link's order canceled."""
    return closed().request(1, "POST", "/v1/orders/link-order/cancel/")


def retried(hours: float) -> Story:
    """Return a story in which a provider is down, the program is restarted and tries again."""
    story = Story().click(0).refresh(0, "new", ("unavailable", 0.1), **made("new")).crash(0.12, 0.13)
    return story.refresh(hours, "second", ("done", hours + 0.1), **made("second"))


KEPT = {
    "ready in the end": ("RF-85", early().show(0.1, "READY", prefill=prefilled("new"))),
    "a failure told early": ("RF-85", early("login_error").show(0.1, "REAUTH_SENT")),
    "one link": ("RF-86", told_twice().link(0.1, "link-order").message(0.1, "link", "link-order")),
    "one refresh": ("RF-87", Story().click(0).click(0).refresh(0, "new", ("done", 0.1), **made("new"))),
    "adopted": ("RF-88", killed(committed=True).request(0.1, "GET", NEW).show(0.1, "READY")),
    "asked for after all": ("RF-88", killed(committed=False).refresh(0.1, "new", ("done", 0.2), **made("new"))),
    "its link is sent": ("RF-89", killed_asking().message(0.4, "link", "link-order").show(0.4, "REAUTH_SENT")),
    "waits out the pause": ("RF-90", paused().request(0.6, "GET", "/v1/orders/source/", start=2)),
    "the retry keeps its time": ("RF-90", retried(1.2)),
    "looked at again": ("RF-91", at_work().request(0.3, "GET", NEW).show(0.3, "READY")),
    "withdrawn": ("RF-92", withdrawn()),
}
BROKEN = {
    "the early event is lost": ("RF-85", early().show(0.1, "REFRESHING")),
    "asked for again": ("RF-85", early().show(0.1, "READY").refresh(1, "second", ("done", 1.1), **made("second"))),
    "two link orders": ("RF-86", told_twice().link(0.1, "link-order").link(0.11, "another")),
    "two links": ("RF-86", told_twice().message(0.1, "link", "link-order").message(0.11, "link", "link-order")),
    "two refreshes": (
        "RF-87", Story().click(0).click(0).refresh(0, "new", ("done", 0.1), **made("new"))
        .refresh(0, "second", ("done", 0.1), **made("second"))),
    "bought again": ("RF-88", killed(committed=True).refresh(0.2, "second", ("done", 0.3), **made("second"))),
    "lost": ("RF-88", killed(committed=False).show(0.1, "REFRESHING")),
    "another link order": ("RF-89", killed_asking().link(0.5, "another").message(0.5, "link", "another")),
    "no link at all": ("RF-89", killed_asking().show(0.5, "REAUTH_NEEDED")),
    "the pause is forgotten": ("RF-90", paused().request(0.1, "GET", "/v1/orders/source/", start=2)),
    "the retry comes at once": ("RF-90", retried(0.14)),
    "an orphan": ("RF-91", at_work()),
    "a link after closing": ("RF-92", withdrawn().message(2, "link", "link-order")),
    "a refresh after closing": ("RF-92", withdrawn().refresh(2, "second", **made("second"))),
    "filled in after closing": ("RF-92", withdrawn().show(3, "CLOSED", prefill=prefilled("new"))),
    "the link is left out": ("RF-92", closed()),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    """A history that keeps the clause triggers it and is no breach."""
    clause_id, story = KEPT[name]
    found = judged(clause_id, MODULES.get(clause_id, "h_races"), story.history())
    assert found.triggers
    assert not found.breaches, found.breaches[0].what


@pytest.mark.parametrize("name", BROKEN)
def test_broken(name: str) -> None:
    """A history that breaks the clause is a breach, with the operations that prove it."""
    clause_id, story = BROKEN[name]
    found = judged(clause_id, MODULES.get(clause_id, "h_races"), story.history())
    assert found.triggers
    assert found.breaches
    assert found.breaches[0].ops
