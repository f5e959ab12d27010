"""Families of plans for outcomes: every ending by its causes, under the knobs that change how it is told."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

from mock_truv.contract.plan import down, during, nights, person, plan, request
from mock_truv.core.faults import Delay, Duplicate, Lose
from mock_truv.core.scenario import ConnectionRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

TASK_ONLY: dict[str, Any] = {"failure_reason_in": ["task"], "failure_events": ["task-status-updated"]}
LINK_ONLY: dict[str, Any] = {"failure_reason_in": ["link"], "order_events": "success"}
FAILURE_EVENTS = ("task-status-updated", "link-disconnected", "order-refresh-failed")
LONG_AGO = "1d"
"""After the login, which was 30 days before the story."""
CHANGED = ConnectionRule(password_changes_after=LONG_AGO)
CODE_WANTED = ConnectionRule(kind="credentials", second_factor="new_session", session_ends_after="10d")
THREE = ("truv_api", "harborpay", "northfield_hcm")
NIGHTLY = nights(7, after="1d")
"""The run of every night, for the same cycle."""
AT_WORK = ProviderRule(id="truv_api", task_seconds=14_400)


def unavailable() -> tuple[Scenario, ...]:
    """Return plans in which outages are over at the second or the third try."""
    brief, longer = down("0s", "20m"), down("0s", "90m")
    return (
        plan("The provider is down for 20 minutes", provider=brief, lasts="5d"),
        plan("The provider is down for six hours", provider=down("0s", "6h"), lasts="6d"),
        plan("It goes down while the data are read", provider=(AT_WORK, down("2h", "2h")), lasts="5d"),
        plan("The reason is in the task's read alone", provider=longer, profile=TASK_ONLY, lasts="5d"),
        plan("The reason is in the link's report alone", provider=longer, profile=LINK_ONLY, lasts="5d"),
        plan("Failed refreshes do not count", provider=longer, lasts="5d",
             profile={"refresh_limit_counts_failed": False, "billing": "done"}),
        plan("Every event is lost", provider=longer, fault=Lose(), lasts="6d"),
        plan("Every event comes twice", provider=longer, fault=Duplicate(copies=1, gap_seconds=600), lasts="5d"),
        plan("It is up and down by turns", provider=(brief, down("40m", "2h"), down("4h", "1h")), lasts="6d"),
        plan("One of three employers", people=PersonRule(employers=3, providers=THREE), lasts="5d",
             provider=down("0s", "20m", "harborpay")),
        plan("Three cases at one provider", people=3, provider=longer, lasts="5d"),
    )  # fmt: skip


def outage() -> tuple[Scenario, ...]:
    """Return plans in which the provider stays down."""
    forever = down("0s", "20d")
    return (
        plan("The provider is down for 20 days", provider=forever, lasts="14d"),
        plan("The same; failed refreshes do not count", provider=forever, lasts="14d",
             profile={"refresh_limit_counts_failed": False}),
        plan("The same; events are lost", provider=forever, fault=Lose(), lasts="14d"),
        plan("The same; the reason is in the task's read alone", provider=forever, profile=TASK_ONLY, lasts="14d"),
        plan("The same; every event comes three times", provider=forever, lasts="14d",
             fault=Duplicate(copies=2, gap_seconds=60, new_id=True)),
        plan("The same; a nightly run each day", provider=forever, lasts="14d",
             driver=(request(), NIGHTLY)),
        plan("One of two employers", people=PersonRule(employers=2, providers=THREE[:2]), lasts="14d",
             provider=down("0s", "20d", "harborpay")),
        plan("Two cases of a household share the connection", people=PersonRule(count=2, household=True),
             provider=forever, lasts="14d"),
    )  # fmt: skip


def no_data() -> tuple[Scenario, ...]:
    """Return plans in which the provider has no records any more."""
    gone = ConnectionRule(records_gone_after=LONG_AGO)
    return (
        plan("The provider has no records", connection=gone, lasts="8d"),
        plan("The reason is in the task's read alone", connection=gone, profile=TASK_ONLY, lasts="8d"),
        plan("No order event on failure", connection=gone, profile=LINK_ONLY, lasts="8d"),
        plan("The events are lost", connection=gone, fault=Lose(), lasts="8d"),
        plan("One of three employers", people=PersonRule(employers=3), lasts="8d",
             connection=ConnectionRule(nth=(2,), records_gone_after=LONG_AGO)),
        plan("The records go between two cycles", connection=ConnectionRule(records_gone_after="31d"), lasts="8d",
             driver=(request(), request("2d", cycle="cycle-2"))),
    )  # fmt: skip


def locked() -> tuple[Scenario, ...]:
    """Return plans for each ending that a login can make worse."""
    account = ConnectionRule(locked_after=LONG_AGO)
    three = ConnectionRule(nth=(2,), locked_after=LONG_AGO)
    return (
        plan("The account is locked", connection=account, lasts="8d"),
        plan("The password cannot be reset", lasts="8d",
             connection=ConnectionRule(broken_after=LONG_AGO, broken_as="unable_to_reset")),
        plan("The account is of another organisation", lasts="8d",
             connection=ConnectionRule(organisation_wrong_after=LONG_AGO)),
        plan("The provider is not supported any more", lasts="8d",
             connection=ConnectionRule(broken_after=LONG_AGO, broken_as="not_supported")),
        plan("Locked; the reason is in the task's read alone", connection=account, profile=TASK_ONLY, lasts="8d"),
        plan("Locked; the reason is in the link's report alone", connection=account, profile=LINK_ONLY, lasts="8d"),
        plan("Locked; a nightly run each day", connection=account, driver=(request(), NIGHTLY), lasts="9d"),
        plan("Locked; every event is lost", connection=account, fault=Lose(), lasts="8d"),
        plan("Locked; the failure is told last by the task", connection=account, lasts="8d",
             profile={"failure_events": FAILURE_EVENTS[::-1]}),
        plan("Locked for two more days only", lasts="8d",
             connection=ConnectionRule(locked_after=LONG_AGO, locked_for="31d")),
        plan("One of three employers is locked", people=PersonRule(employers=3), connection=three, lasts="8d"),
    )  # fmt: skip


def errors() -> tuple[Scenario, ...]:
    """Return plans in which something without a name goes wrong."""
    broken = ConnectionRule(broken_after=LONG_AGO)
    return (
        plan("An error without a name, each time", connection=broken, lasts="12d"),
        plan("An error once, then all is well", lasts="5d",
             connection=ConnectionRule(broken_after=LONG_AGO, broken_for="29d20m")),
        plan("Each time; failed refreshes do not count", connection=broken, lasts="12d",
             profile={"refresh_limit_counts_failed": False}),
        plan("Each time; events are lost", connection=broken, fault=Lose(), lasts="12d"),
        plan("Each time; told by the task alone", connection=broken, profile=TASK_ONLY, lasts="12d"),
        plan("An outage first, then errors", connection=broken, provider=down("0s", "20m"), lasts="12d"),
        plan("One of three employers", people=PersonRule(employers=3), lasts="12d",
             connection=ConnectionRule(nth=(2,), broken_after=LONG_AGO)),
    )  # fmt: skip


def login_errors() -> tuple[Scenario, ...]:
    """Return plans in which the stored login holds no longer."""
    return (
        plan("The password was changed; nobody comes for ten days", connection=CHANGED, lasts="12d"),
        plan("The grant is over", connection=ConnectionRule(session_ends_after="20d"), lasts="12d"),
        plan("The person comes two hours later", connection=CHANGED, driver=person("completes"), lasts="5d"),
        plan("Another click each day", connection=CHANGED, lasts="8d",
             driver=(request(), request("1d", every="1d", times=5))),
        *_told_otherwise(CHANGED),
        plan("The events are lost", connection=CHANGED, fault=Lose(), lasts="8d"),
        plan("One of three employers", people=PersonRule(employers=3), lasts="8d",
             connection=ConnectionRule(nth=(2,), password_changes_after=LONG_AGO)),
        plan("An outage first", connection=CHANGED, provider=down("0s", "20m"), lasts="8d"),
        plan("A new order makes a new user", connection=CHANGED, driver=person("completes"), lasts="5d",
             profile={"user_of_new_order": "replaced"}),
    )  # fmt: skip


def mfa_errors() -> tuple[Scenario, ...]:
    """Return plans in which the provider wants a code."""
    return (
        plan("The session is over and a code is wanted; nobody comes", connection=CODE_WANTED, lasts="12d"),
        plan("A code each time", connection=ConnectionRule(second_factor="always"), lasts="8d"),
        plan("The person comes two hours later", connection=CODE_WANTED, driver=person("completes"), lasts="5d"),
        *_told_otherwise(CODE_WANTED),
        plan("The events are lost", connection=CODE_WANTED, fault=Lose(), lasts="8d"),
        plan("One of three employers", people=PersonRule(employers=3), lasts="8d",
             connection=ConnectionRule(nth=(2,), second_factor="always")),
    )  # fmt: skip


def _told_otherwise(cause: ConnectionRule) -> tuple[Scenario, ...]:
    return (
        plan("The reason is in the task's read alone", connection=cause, profile=TASK_ONLY, lasts="8d"),
        plan("The reason is in the link's report alone", connection=cause, profile=LINK_ONLY, lasts="8d"),
    )


def told_thrice() -> tuple[Scenario, ...]:
    """Return plans in which one failed login is told by several events: in all orders, at once and hours apart."""
    apart = (
        during(Delay(event_type=FAILURE_EVENTS[1], seconds=3600)),
        during(Delay(event_type=FAILURE_EVENTS[2], seconds=7200)),
    )
    orders = [list(each) for each in permutations(FAILURE_EVENTS)]
    together = [
        plan(f"Told at once by {', '.join(each)}", connection=CHANGED, profile={"failure_events": each}, lasts="3d")
        for each in orders
    ]
    spread = [
        plan(f"Told an hour apart, {', '.join(each)}", connection=cause, lasts="3d", profile={"failure_events": each},
             fault=[during(Delay(event_type=name, seconds=3600.0 * (place + 1))) for place, name in enumerate(each)])
        for each, cause in zip(orders[::2], (CHANGED, CODE_WANTED, CHANGED), strict=True)
    ]  # fmt: skip
    return (
        together[0],
        plan("Told at once, then after one and two hours", connection=CHANGED, fault=apart, lasts="3d"),
        *together[1:],
        *spread,
        plan("Each event comes twice, at once", connection=CHANGED, fault=Duplicate(copies=1, new_id=True), lasts="3d"),
    )


def deleted() -> tuple[Scenario, ...]:
    """Return plans in which a connection is deleted: at rest, while a retry waits, while a refresh runs."""
    idle = ConnectionRule(deleted_after="30d2h")
    return (
        plan("Deleted while nothing runs, then a refresh is asked for", connection=idle, driver=request("6h"),
             lasts="6d"),
        plan("Deleted while a retry waits", connection=ConnectionRule(deleted_after="30d30m"),
             provider=down("0s", "4h"), lasts="6d"),
        plan("Deleted while a refresh runs", connection=ConnectionRule(deleted_after="30d1h"), provider=AT_WORK,
             lasts="6d"),
        plan("Deleted between two cycles", connection=ConnectionRule(deleted_after="31d"), lasts="8d",
             driver=(request(), request("2d", cycle="cycle-2"))),
        plan("One of two is deleted", people=PersonRule(employers=2), driver=request("6h"), lasts="6d",
             connection=ConnectionRule(nth=(1,), deleted_after="30d2h")),
        plan("Deleted; the person connects again", connection=idle, lasts="6d",
             driver=(request("6h"), person("completes"))),
    )  # fmt: skip


def unused_links() -> tuple[Scenario, ...]:
    """Return plans in which a link is not used."""
    return (
        plan("The person never comes", connection=CHANGED, lasts="16d"),
        plan("The person opens the link and leaves", connection=CHANGED, driver=person("leaves", times=5), lasts="16d"),
        plan("Leaves once, then completes the second link", connection=CHANGED, lasts="12d",
             driver=(person("leaves"), person("completes", nth=2))),
        plan("Links live a day", connection=CHANGED, profile={"order_expiry_hours": 24}, lasts="12d"),
        plan("Links live for ten days of work", connection=CHANGED, lasts="30d", profile={"order_expiry_hours": 240}),
        plan("The person never comes, and events are lost", connection=CODE_WANTED, fault=Lose(), lasts="16d"),
        plan("The person comes too late", connection=CHANGED, driver=person("completes", after="6d"), lasts="16d"),
        plan("Leaves; order events once per order", connection=CHANGED, driver=person("leaves", times=5), lasts="16d",
             profile={"order_events": "order"}),
    )  # fmt: skip
