"""Section B on histories written by hand: what each clause takes as kept, and what as broken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.clauses.builders import ALL, Story, judged, prefilled

TWO = ("sub-1", "sub-2")
LATER = datetime(2026, 3, 1, tzinfo=UTC)


def ended(status: str, **story: object) -> Story:
    """Return a story in which a refresh ended in a status after six minutes."""
    return Story(**story).click(0).refresh(0, "new", (status, 0.1))  # type: ignore[arg-type]


def told(story: Story) -> Story:
    """Add three events, an hour apart, that tell of a failed login."""
    story.hook(0.1, "task-status-updated", task_id="task-new-sub-1", event_status="login_error")
    story.hook(1.1, "link-disconnected", link_id="link-1")
    return story.hook(2.1, "order-refresh-failed", order_id="new", event_status="login_error")


def asked(status: str) -> Story:
    """Return a story in which a link was sent at once."""
    story = ended(status).link(0.1, "link-order", "expired", 72).message(0.1, "link", "link-order")
    return story.show(0.1, "REAUTH_SENT")


KEPT = {
    "a link after login_error": ("RF-10", asked("login_error").show(80, "MANUAL", reason="nobody came")),
    "no links made, but shown": (
        "RF-10", ended("login_error", capabilities=ALL - {"reauth", "outbox"}).show(0.1, "REAUTH_NEEDED")),
    "refreshed after the login": (
        "RF-10", asked("login_error").login(5, "link-order").refresh(6, "again", ("done", 6.1))),
    "a link after mfa_error": ("RF-11", asked("mfa_error").show(80, "MANUAL", reason="nobody came")),
    "repeated an hour later": (
        "RF-12", ended("unavailable").show(0.1, "RETRY_WAIT").refresh(1.2, "again", ("done", 1.3))),
    "the case was closed": ("RF-12", ended("unavailable").show(0.1, "RETRY_WAIT").call(1, "close_case")),
    "MANUAL in the end": (
        "RF-13", ended("unavailable").refresh(2, "second", ("unavailable", 2.1)).show(2.1, "MANUAL", reason="down")),
    "a click may be sooner": (
        "RF-13", ended("unavailable").click(0.15).refresh(0.15, "again", ("done", 0.3)).show(1, "READY")),
    "still waiting for a time that it names": (
        "RF-13", ended("unavailable").show(0.1, "RETRY_WAIT", next_action_at=LATER)),
    "review, no amounts": ("RF-14", ended("no_data").show(0.1, "MANUAL", reason="no_data")),
    "one of two has no data": (
        "RF-14", Story(TWO).click(0).refresh(0, "new", ("no_data", 0.1), ("done", 0.1))
        .show(0.2, "PARTIAL", employers={"sub-1": "MANUAL", "sub-2": "READY"},
              prefill=prefilled("new", employer_id="sub-2"))),
    "locked, and somebody sees it": ("RF-15", ended("account_locked").show(0.1, "MANUAL", reason="locked")),
    "locked, a click tries again": (
        "RF-15", ended("account_locked").show(0.1, "MANUAL", reason="locked").click(9)
        .refresh(9, "again", ("done", 9.1))),
    "links are declared": (
        "RF-15", ended("not_supported", policies={"link_on_locked": True}).link(0.1, "link-order")
        .show(0.1, "REAUTH_SENT")),
    "two repeats, then MANUAL": (
        "RF-16", ended("error").refresh(2, "second", ("error", 2.1)).refresh(5, "third", ("error", 5.1))
        .show(5.1, "MANUAL", reason="error")),
    "three events, one link": ("RF-17", told(asked("login_error"))),
    "a second link when the first is dead": (
        "RF-17", told(asked("login_error")).link(97, "second").message(97, "link", "second")),
    "deleted, and asked": ("RF-18", ended("unavailable").show(0.1, "RETRY_WAIT").deleted(0.5).show(0.5, "REAUTH_SENT")),
    "deleted, and logged in anew": (
        "RF-18", ended("unavailable").show(0.1, "RETRY_WAIT").deleted(0.5).show(0.5, "REAUTH_SENT")
        .login(3).refresh(4, "again", ("done", 4.1))),
    "a new offer": ("RF-19", asked("login_error").link(96, "second").show(96, "REAUTH_SENT")),
    "review after the expiry": ("RF-19", asked("login_error").show(73, "MANUAL", reason="nobody came")),
}  # fmt: skip

BROKEN = {
    "repeated with the old login": ("RF-10", asked("login_error").refresh(2, "again", ("login_error", 2.1))),
    "repeated at once": ("RF-10", asked("login_error").refresh(0.1, "again", ("login_error", 0.2))),
    "no link": ("RF-10", ended("login_error").show(0.1, "MANUAL", reason="login_error")),
    "not shown": ("RF-10", ended("login_error", capabilities=ALL - {"reauth", "outbox"}).show(0.1, "RETRY_WAIT")),
    "repeated without the code": ("RF-11", asked("mfa_error").refresh(2, "again", ("mfa_error", 2.1))),
    "no link for the code": ("RF-11", ended("mfa_error").show(0.1, "REFRESHING")),
    "a link because of an outage": ("RF-12", ended("unavailable").link(0.1, "link-order").show(0.1, "REAUTH_SENT")),
    "a notice because of an outage": ("RF-12", ended("unavailable").message(0.2, "notice").show(0.1, "RETRY_WAIT")),
    "MANUAL at the first outage": ("RF-12", ended("unavailable").show(0.1, "MANUAL", reason="down")),
    "never repeated": ("RF-12", ended("unavailable").show(0.1, "REFRESHING")),
    "repeated within minutes": ("RF-13", ended("unavailable").refresh(0.2, "again", ("done", 0.3))),
    "repeated at that instant": ("RF-13", ended("unavailable").refresh(0.1, "again", ("done", 0.3))),
    "more tries than declared": (
        "RF-13", ended("unavailable", counts={"B-RETRY-N": 1}).refresh(2, "second", ("unavailable", 2.1))
        .refresh(4, "third", ("unavailable", 4.1)).show(4.1, "MANUAL", reason="down")),
    "silence after the last try": (
        "RF-13", ended("unavailable").refresh(2, "second", ("unavailable", 2.1)).show(2.1, "RETRY_WAIT")),
    "MANUAL without a reason": ("RF-13", ended("unavailable").show(0.1, "MANUAL")),
    "zero income": ("RF-14", ended("no_data").show(0.1, "PARTIAL", prefill=prefilled("new", income="0.00"))),
    "READY without data": ("RF-14", ended("no_data").show(0.1, "READY")),
    "a link because of no data": ("RF-14", ended("no_data").link(0.1, "link-order").show(0.1, "REAUTH_SENT")),
    "no data again and again": (
        "RF-14", ended("no_data").refresh(2, "second", ("no_data", 2.1)).refresh(4, "third", ("no_data", 4.1))
        .show(4.1, "MANUAL", reason="no_data")),
    "refreshed although locked": ("RF-15", ended("account_locked").refresh(30, "again", ("account_locked", 30.1))),
    "a link although locked": ("RF-15", ended("account_locked").link(0.1, "link-order").show(0.1, "REAUTH_SENT")),
    "locked, and nobody sees it": ("RF-15", ended("config_error").show(0.1, "REFRESHING")),
    "a third repeat after errors": (
        "RF-16", ended("error").refresh(2, "second", ("error", 2.1)).refresh(5, "third", ("error", 5.1))
        .refresh(9, "fourth", ("error", 9.1)).show(9.1, "MANUAL", reason="error")),
    "an error, and nobody sees it": ("RF-16", ended("error").show(0.1, "REFRESHING")),
    "two orders for one failure": ("RF-17", told(asked("login_error")).link(2.1, "second")),
    "two messages for one failure": ("RF-17", told(asked("login_error")).message(2.1, "link", "link-order")),
    "a deleted connection is asked for": (
        "RF-18", ended("unavailable").show(0.1, "RETRY_WAIT").deleted(0.5)
        .request(2, "POST", "/v1/orders/source/", status=400, body={"products": ["income"]}).show(2, "MANUAL")),
    "it is asked for by its id": (
        "RF-18", Story(TWO).click(0).refresh(0, "new", ("unavailable", 0.1), ("unavailable", 0.1)).deleted(0.5)
        .request(2, "POST", "/v1/orders/source/", status=400,
                 body={"products": ["income"], "employers": [{"id": "sub-1"}]}).show(2, "MANUAL")),
    "a deletion is not heard": ("RF-18", ended("unavailable").show(0.1, "RETRY_WAIT").deleted(0.5)),
    "waiting for a dead link": ("RF-19", asked("login_error")),
}  # fmt: skip


def module_of(clause_id: str) -> str:
    """Return where a clause of section B stands."""
    if clause_id == "RF-19":
        return "b_unused_links"
    return "b_logins" if clause_id in {"RF-10", "RF-11", "RF-17", "RF-18"} else "b_outcomes"


@pytest.mark.parametrize("name", KEPT)
def test_keeping_the_clause_triggers_it_without_a_breach(name: str) -> None:
    """A history that keeps the clause has its occasion in it and no breach."""
    clause_id, story = KEPT[name]
    judgement = judged(clause_id, module_of(clause_id), story.history())
    assert judgement.triggers
    assert [breach.what for breach in judgement.breaches] == []


@pytest.mark.parametrize("name", BROKEN)
def test_breaking_the_clause_is_told_with_its_evidence(name: str) -> None:
    """A history that breaks the clause has a breach that names the case and the operations."""
    clause_id, story = BROKEN[name]
    judgement = judged(clause_id, module_of(clause_id), story.history())
    assert judgement.triggers
    assert judgement.breaches
    assert all("case-1" in breach.what and breach.expected and breach.ops for breach in judgement.breaches)


@pytest.mark.parametrize("clause_id", ["RF-10", "RF-12", "RF-13", "RF-15", "RF-16"])
def test_an_order_that_the_integrator_may_not_know_of_says_nothing(clause_id: str) -> None:
    """A refresh whose answer was lost is no occasion: what the integrator does about it is another clause's matter."""
    status = {"RF-10": "login_error", "RF-15": "account_locked", "RF-16": "error"}.get(clause_id, "unavailable")
    story = Story().click(0).refresh(0, "new", (status, 0.1), status=None, error="timeout")
    story.refresh(0.2, "again", ("done", 0.3)).show(1, "READY", prefill=prefilled("again"))
    judgement = judged(clause_id, module_of(clause_id), story.history())
    assert (judgement.triggers, judgement.breaches) == ((), ())
