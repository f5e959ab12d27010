"""Plans with several employers. Each has a login and a provider of its own, so that nothing takes one for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.plan import down, person, plan
from mock_truv.contract.plan import request as click
from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from typing import Any

    from mock_truv.core.scenario import Scenario

PROVIDERS = ("truv_api", "quillpay", "old_mill")
THREE = PersonRule(
    employers=3, providers=PROVIDERS, logins=("goodlogin", "fulltime", "hourly.part-time"), connected_ago="2d"
)
TWO = PersonRule(employers=2, providers=PROVIDERS, logins=("goodlogin", "fulltime"), connected_ago="2d")
PASSWORD = "1d"  # noqa: S105 -- when it changes
QUICK = ProviderRule(id="old_mill", task_seconds=60)


def breaks(nth: int, after: str = PASSWORD, **fields: Any) -> ConnectionRule:
    """Return: the password of a connection changes so long after its login (the cases' was 2 days ago)."""
    return ConnectionRule(nth=(nth,), password_changes_after=after, **fields)


def wants_code(nth: int) -> ConnectionRule:
    """Return: the session of a connection is over, and its provider wants a code for another."""
    return ConnectionRule(nth=(nth,), kind="credentials", second_factor="new_session", session_ends_after="1d")


def mixed() -> tuple[Scenario, ...]:
    """Return stories in which one employer is done, one fails for good, one may pass."""
    brief = down("0s", "30m", "old_mill")
    return (
        plan("Done, login_error, unavailable", people=THREE, connection=breaks(2), provider=brief, lasts="3d"),
        plan("Unavailable, done", people=TWO, provider=down("0s", "2h", "quillpay"), lasts="3d"),
        plan("Login_error, unavailable; two employers", people=TWO, connection=breaks(1),
             provider=down("0s", "30m", "quillpay"), lasts="3d"),
        plan("Done, no_data, unavailable; task events only", people=THREE, provider=brief, lasts="3d",
             connection=ConnectionRule(nth=(2,), records_gone_after="1d"),
             profile={"failure_events": ["task-status-updated"], "task_event_order_id": True}),
        plan("Done, account_locked, unavailable; one event for the order", people=THREE, provider=brief, lasts="3d",
             connection=ConnectionRule(nth=(2,), locked_after="1d"), profile={"order_events": "order"}),
        plan("Done, error, mfa_error; the reason in the task only", people=THREE, provider=QUICK, lasts="3d",
             connection=(ConnectionRule(nth=(2,), broken_after="1d", broken_for="1d1h"), wants_code(3)),
             profile={"failure_reason_in": ["task"], "order_events": "success"}),
        plan("Done, login_error, unavailable; equal ids", people=THREE, connection=breaks(2), provider=brief,
             lasts="3d", profile={"employer_ids": "equal", "failure_reason_in": ["link"]}),
        plan("Done, login_error, unavailable; every event lost", people=THREE, connection=breaks(2), provider=brief,
             fault=faults.Lose(), lasts="4d"),
    )  # fmt: skip


def two_logins() -> tuple[Scenario, ...]:
    """Return stories in which two connections want a login, at once or hours apart."""
    broken = (breaks(1), wants_code(2))
    return (
        plan("Login_error, mfa_error, done", people=THREE, connection=broken, provider=QUICK, lasts="3d"),
        plan("Login_error, mfa_error three hours later", people=THREE, connection=broken, lasts="3d",
             provider=(QUICK, ProviderRule(id="quillpay", task_seconds=10_800))),
        plan("Login_error, mfa_error three hours later, the person quick", people=THREE, connection=broken, lasts="4d",
             provider=(QUICK, ProviderRule(id="quillpay", task_seconds=10_800)), driver=person("completes", "1h")),
        plan("Login_error; unavailable, then login_error", people=TWO, lasts="4d",
             connection=(breaks(1), breaks(2, "2d30m")), provider=down("0s", "40m", "quillpay")),
        plan("Login_error, mfa_error, done; a user for each order", people=THREE, connection=broken, provider=QUICK,
             profile={"user_of_new_order": "replaced", "failure_events": ["order-refresh-failed", "link-disconnected"]},
             driver=person("completes", "5h"), lasts="3d"),
        plan("Login_error, mfa_error, done; clicked every night", people=THREE, connection=broken, provider=QUICK,
             driver=click(every="1d", times=3), profile={"order_expiry_hours": 168}, lasts="4d"),
    )  # fmt: skip


def side_by_side() -> tuple[Scenario, ...]:
    """Return stories in which the person is asked for one employer while another is to be tried again."""
    return (
        plan("Login_error, unavailable, done", people=THREE, connection=breaks(1), provider=(
             QUICK, down("0s", "30m", "quillpay")), profile={"order_expiry_hours": 168}, lasts="5d"),
        plan("Login_error, unavailable twice, done; the person comes on day 2", people=THREE, connection=breaks(1),
             provider=(QUICK, down("0s", "90m", "quillpay")), driver=person("completes", "40h"), lasts="5d"),
        plan("Mfa_error, unavailable; two employers", people=TWO, connection=wants_code(1),
             provider=down("0s", "3h", "quillpay"), profile={"order_expiry_hours": 168}, lasts="5d"),
        plan("Login_error, unavailable, done; events twice", people=THREE, connection=breaks(1), provider=(
             QUICK, down("0s", "30m", "quillpay")), fault=faults.Duplicate(copies=1, gap_seconds=7200),
             profile={"order_events": "order", "user_of_new_order": "replaced"}, driver=person("completes", "20h"),
             lasts="5d"),
    )  # fmt: skip


def apart() -> tuple[Scenario, ...]:
    """Return stories in which the employers end minutes or hours apart, or one is never heard of."""
    slow = ProviderRule(id="old_mill", task_seconds=5400)
    return (
        plan("The last employer is done 90 minutes after the first", people=THREE, provider=slow, lasts="2d"),
        plan("One employer's done three times before the others", people=THREE, provider=slow, lasts="2d",
             fault=faults.Duplicate(status="done", nth=(1,), copies=3, gap_seconds=60)),
        plan("One event for the whole order", people=THREE, provider=slow, lasts="2d",
             profile={"order_events": "order"}),
        plan("An employer without any event", people=THREE, provider=slow, lasts="2d",
             fault=(faults.Lose(status="done", nth=(3,)), faults.Lose(event_type="order-status-updated", nth=(3, 4)))),
        plan("All events lost", people=THREE, provider=slow, lasts="3d", fault=faults.Lose()),
        plan("The last event comes first", people=THREE, provider=slow, lasts="2d",
             fault=faults.Reorder(status="done", order=(3, 1, 2), patience_seconds=10_000)),
        plan("Events with another id again", people=TWO, lasts="2d", profile={"task_event_order_id": True},
             fault=faults.Duplicate(copies=2, gap_seconds=5, new_id=True)),
    )  # fmt: skip


def in_parts() -> tuple[Scenario, ...]:
    """Return stories in which a case's data come from several orders."""
    two_jobs = PersonRule(employers=2, providers=PROVIDERS, logins=("multiple.employments2", "fulltime"),
                          connected_ago="2d")  # fmt: skip
    late = person("completes", "6h")
    return (
        plan("Two done, the third by a retry", people=THREE, provider=down("0s", "30m", "old_mill"), lasts="3d"),
        plan("Two done, the third by a login", people=THREE, connection=breaks(2), provider=QUICK, driver=late,
             lasts="3d"),
        plan("One done, one by a retry, one by a login", people=THREE, connection=breaks(2), driver=late,
             provider=down("0s", "30m", "old_mill"), lasts="3d"),
        plan("An employer with two jobs, the other by a retry", people=two_jobs, lasts="3d",
             provider=down("0s", "30m", "quillpay")),
        plan("Two done, the third by a login; a user for each order", people=THREE, connection=breaks(2), driver=late,
             provider=QUICK, profile={"user_of_new_order": "replaced", "employer_ids": "equal"}, lasts="3d"),
        plan("Two done, the third by a login; reports by link", people=THREE, connection=breaks(2), driver=late,
             provider=QUICK, profile={"report_place": "link"}, lasts="3d"),
    )  # fmt: skip


def late() -> tuple[Scenario, ...]:
    """Return stories in which the last employer comes on a later day."""
    return (
        plan("The person comes on day 3", people=THREE, connection=breaks(2), provider=QUICK,
             driver=person("completes", "50h"), lasts="5d"),
        plan("A provider comes back on day 2", people=TWO, provider=down("0s", "20h", "quillpay"), lasts="5d"),
        plan("The person comes on day 3; a user for each order", people=TWO, connection=wants_code(1),
             driver=person("completes", "50h"), profile={"user_of_new_order": "replaced", "report_place": "link"},
             lasts="5d"),
        plan("The person comes on day 3, no event tells", people=TWO, connection=breaks(2), fault=faults.Lose(),
             driver=person("completes", "50h"), lasts="6d"),
    )  # fmt: skip
