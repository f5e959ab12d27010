"""Plans in which the person is asked to log in again, and does so, does not, or does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clauses.e_plans import PASSWORD, QUICK, THREE, TWO, breaks, wants_code
from mock_truv.contract.plan import ORDER_POST, crash, down, nights, person, plan
from mock_truv.contract.plan import request as click
from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

BROKEN = breaks(1)
ALL_BROKEN = ConnectionRule(password_changes_after=PASSWORD)
LONG = {"order_expiry_hours": 336}
"""A link that lives for two weeks."""
REPLACED = {"user_of_new_order": "replaced"}


def nightly(times: int) -> DriverRule:
    """Return: a run every night, always of the same cycle."""
    return nights(times, after="11h")


def own_links() -> tuple[Scenario, ...]:
    """Return stories in which several persons are to get a link, each their own."""
    return (
        plan("Three persons fail at once", people=3, connection=ALL_BROKEN, lasts="1d"),
        plan("A household of two cases fails", people=PersonRule(count=2, household=True), connection=ALL_BROKEN,
             lasts="1d"),
        plan("Twenty persons fail at once", people=20, connection=ALL_BROKEN, lasts="2h"),
        plan("Twenty persons of one name and one order number", connection=ALL_BROKEN, lasts="2h", profile=REPLACED,
             people=PersonRule(count=20, same_name=True, order_number="RENEWAL")),
        plan("Five persons fail; the second link order is made and its answer lost", people=5, connection=ALL_BROKEN,
             fault=faults.Timeout(method="POST", path="/v1/orders/", nth=(2,), commit=True), lasts="1d"),
    )  # fmt: skip


def link_out() -> tuple[Scenario, ...]:
    """Return stories in which a link is out for days and much gives reason to send another."""
    first = click()
    told_often = ("task-status-updated", "link-disconnected", "order-refresh-failed")
    return (
        plan("Clicked every day, a link out", connection=BROKEN, driver=click(every="1d", times=8), profile=LONG,
             lasts="10d"),
        plan("A nightly run for ten days, a link out", connection=BROKEN, driver=(first, nightly(10)), profile=LONG,
             lasts="11d"),
        plan("The failure told again and again", connection=BROKEN, profile=LONG, lasts="4d",
             fault=tuple(faults.Duplicate(event_type=name, copies=4, gap_seconds=21_600) for name in told_often)),
        plan("The failure told late, under new ids", connection=BROKEN, profile=LONG, lasts="4d", fault=(
             faults.Duplicate(event_type="task-status-updated", copies=2, gap_seconds=3600, new_id=True),
             faults.Delay(event_type="order-refresh-failed", seconds=7200),
             faults.Delay(event_type="link-disconnected", seconds=100_000))),
        plan("The program starts again, a link out", connection=BROKEN, profile=LONG, lasts="4d",
             driver=(first, DriverRule(do="crash", after="2h", lasting="10m"), click("1d"))),
        plan("Another cycle asked for, a link out", connection=BROKEN, profile={**LONG, "order_events": "order"},
             driver=(first, click("1d", cycle="cycle-2")), lasts="4d"),
        plan("Killed when the message is out", connection=BROKEN, profile=LONG, lasts="3d",
             driver=(first, crash("announced", lasting="5m"), click("1d"))),
    )  # fmt: skip


def comes_back() -> tuple[Scenario, ...]:
    """Return stories in which the person completes the link."""
    done = person("completes", "3h")
    return (
        plan("The person completes", connection=BROKEN, driver=done, lasts="3d"),
        plan("The person completes; a user for each order", connection=BROKEN, driver=done, profile=REPLACED,
             lasts="3d"),
        plan("The person completes, no event tells", connection=BROKEN, driver=done, fault=faults.Lose(), lasts="4d"),
        plan("The person completes after a second factor was asked; reports by link", connection=wants_code(1),
             driver=done, profile={"report_place": "link", "task_event_order_id": True}, lasts="3d"),
        plan("The person completes; one event for the order; the report lags", connection=BROKEN, driver=done,
             profile={"order_events": "order", "order_read_lag_seconds": 60, **REPLACED}, lasts="3d"),
        plan("One of three connections", people=THREE, connection=breaks(2), provider=QUICK, driver=done, lasts="3d"),
        plan("The person completes and the nightly run comes", connection=BROKEN,
             driver=(click(), done, nightly(3)), lasts="4d"),
    )  # fmt: skip


def stays_away() -> tuple[Scenario, ...]:
    """Return stories in which links end unused."""
    short = {"order_expiry_hours": 24}
    return (
        plan("The person never comes", connection=BROKEN, profile=short, lasts="14d"),
        plan("The person leaves each link at once", connection=BROKEN, driver=person("leaves", "10m", times=9),
             lasts="12d"),
        plan("Leaves once, completes the next", connection=BROKEN, lasts="8d",
             driver=(person("leaves", "1h"), person("completes", "2h", nth=2))),
        plan("The person never comes, no event tells, nightly runs", connection=wants_code(1), fault=faults.Lose(),
             profile=short, driver=(click(), nightly(12)), lasts="14d"),
        plan("The person never comes, one of two connections", people=TWO, connection=breaks(2),
             profile={**short, "user_of_new_order": "replaced"}, lasts="14d"),
    )  # fmt: skip


def mistypes() -> tuple[Scenario, ...]:
    """Return stories in which the person mistypes the password twice, then completes."""
    return (
        plan("Mistypes twice, then completes", connection=BROKEN, driver=person("mistypes", "2h"), lasts="3d"),
        plan("Mistypes twice, then completes; events carry the order", connection=wants_code(1), lasts="3d",
             driver=person("mistypes", "2h"), profile={"task_event_order_id": True, "order_events": "order"}),
        plan("Mistypes twice, then completes; a user for each order, events late", connection=BROKEN, lasts="3d",
             driver=person("mistypes", "2h"), profile=REPLACED,
             fault=faults.Delay(event_type="task-status-updated", status="login_error", seconds=600)),
    )  # fmt: skip


def next_cycle() -> tuple[Scenario, ...]:
    """Return stories in which a cycle follows a login at a link."""
    done, second = person("completes", "3h"), click("3d", cycle="cycle-2")
    return (
        plan("Cycle 2 after a login that made another connection", connection=BROKEN, driver=(click(), done, second),
             profile=REPLACED, lasts="5d"),
        plan("The same, refreshes of refreshes refused", connection=BROKEN, driver=(click(), done, second),
             profile={**REPLACED, "refresh_of_refresh": "refused"}, lasts="5d"),
        plan("Cycles 2 and 3", connection=BROKEN, lasts="9d", profile={**REPLACED, "refresh_of_refresh": "refused"},
             driver=(click(), done, second, click("6d", cycle="cycle-3"))),
        plan("Cycle 2 after a login that mended the connection", connection=BROKEN, driver=(click(), done, second),
             lasts="5d"),
        plan("One of two connections made anew", people=TWO, connection=breaks(2), driver=(click(), done, second),
             profile=REPLACED, lasts="5d"),
    )  # fmt: skip


def old_timer() -> tuple[Scenario, ...]:
    """Return stories in which a timer for a retry was armed before the login failed."""
    later = breaks(1, "30d20m")
    brief = down("0s", "20m")
    return (
        plan("Unavailable, then login_error", connection=later, provider=brief, profile=LONG, lasts="4d"),
        plan("Unavailable twice, then login_error", connection=breaks(1, "30d3h"),
             provider=down("0s", "3h"), profile=LONG, lasts="4d"),
        plan("Unavailable, then mfa_error; the first ending told again hours later", profile=LONG, lasts="4d",
             connection=ConnectionRule(nth=(1,), kind="credentials", second_factor="new_session",
                                       session_ends_after="30d20m"),
             provider=brief, fault=faults.Duplicate(status="unavailable", copies=2, gap_seconds=18_000)),
        plan("Login_error and unavailable; two employers", people=TWO, connection=breaks(1), profile=LONG, lasts="4d",
             provider=down("0s", "30m", "quillpay")),
        plan("Unavailable, then login_error, nightly runs", connection=later, provider=brief, profile=LONG, lasts="6d",
             driver=(click(), nightly(5))),
        plan("Login_error, the answer to the request lost", connection=BROKEN, profile=LONG, lasts="4d",
             fault=faults.Timeout(**ORDER_POST, nth=(1,), commit=True)),
    )  # fmt: skip


def another_account() -> tuple[Scenario, ...]:
    """Return stories in which the person connects another account than was asked for."""
    return (
        plan("Another account, one of two connections", people=TWO, connection=breaks(1),
             driver=person("other-account", "3h"), lasts="5d"),
        plan("Another account, the only connection", connection=BROKEN, driver=person("other-account", "3h"),
             lasts="5d"),
        plan("Another account, one of three; a user for each order", people=THREE, connection=breaks(2), provider=QUICK,
             driver=person("other-account", "3h"), profile=REPLACED, lasts="5d"),
    )  # fmt: skip


def opened_late() -> tuple[Scenario, ...]:
    """Return stories in which the person opens the link after hours, once or again."""
    return (
        plan("Opened after an hour and left, opened again after 8", connection=BROKEN, lasts="3d",
             driver=(person("leaves", "1h"), person("completes", "8h"))),
        plan("Opened after 7 hours", connection=BROKEN, driver=person("completes", "7h"), lasts="3d"),
        plan("Opened at once", connection=BROKEN, driver=person("completes", "10m"), lasts="3d"),
        plan("Opened after 2 hours, tokens live one", connection=wants_code(1), driver=person("completes", "2h"),
             profile={"bridge_token_hours": 1, "user_of_new_order": "replaced"}, lasts="3d"),
        plan("Three persons, opened after 7 hours", people=3, connection=ALL_BROKEN,
             driver=person("completes", "7h", cases=3), lasts="3d"),
    )  # fmt: skip
