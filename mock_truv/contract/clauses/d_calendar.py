"""D. Time: the forms in which times are written, and the days on which cases are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.c_money import civil_dates
from mock_truv.contract.clauses.common import Casebook, at
from mock_truv.contract.clauses.d_time import SECTION
from mock_truv.contract.clauses.e_plans import PASSWORD, THREE
from mock_truv.contract.clauses.hooks import stale, told
from mock_truv.contract.clauses.mail import Mail
from mock_truv.contract.plan import nights, plan
from mock_truv.core.faults import Reorder
from mock_truv.core.instants import HOUR_US
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Called, Hook
    from mock_truv.core.scenario import Scenario

TIMES = ("event_created_at", "updated_at")
NEXT_RUN_US = 12 * HOUR_US
"""Runs closer together than this are one run for what is due."""


# --- RF-35 ------------------------------------------------------------------------------------------------------------


def _form_plans() -> tuple[Scenario, ...]:
    quick = ProviderRule(id="truv_api", task_seconds=1)
    lost = ConnectionRule(password_changes_after=PASSWORD)
    return (
        plan("Offset and microseconds beside Z and whole seconds", profile={"time_format": "mixed"}, lasts="2d"),
        plan("Whole seconds with Z, and a task that takes one second", provider=quick, lasts="2d",
             profile={"time_format": "seconds"}),
        plan("Z and microseconds", profile={"time_format": "z"}, lasts="2d"),
        plan("Offset and microseconds", profile={"time_format": "offset"}, lasts="2d"),
        plan("Events of one second, each pair swapped", provider=quick, fault=Reorder(order=(2, 1)), lasts="2d",
             profile={"time_format": "mixed"}),
        plan("Events of one second, four turned round", provider=quick, fault=Reorder(order=(4, 3, 2, 1)), lasts="2d",
             profile={"time_format": "seconds"}),
        plan("A lost login, in mixed forms", connection=lost, profile={"time_format": "mixed"}, lasts="2d"),
        plan("Three employers, in whole seconds", people=THREE, profile={"time_format": "seconds"}, lasts="2d"),
    )  # fmt: skip


@clause(
    "RF-35", "MUST", "all documented forms of times", section=SECTION, needs=("webhook",),
    source="events pages: Z and +00:00, with and without a fraction, in samples of one event", plans=_form_plans,
    advice="Parse every time to an instant and compare instants; never compare or order the texts.",
)  # fmt: skip
def times_in_every_form(history: History) -> Iterator[Trigger | Breach]:
    """Events have the same effect, in the right order, in whichever documented form their times are written."""
    mail = Mail.of(history)
    for order in history.refreshes():
        news = mail.told(order, history.end_us)
        if not news:
            continue
        yield Trigger(news[0].at_us, f"{told(news[0])}, with {_forms(news[0])}")
        late = mail.unsettled(order, news[0].at_us, mail.prompt())
        if late is not None:
            yield Breach(
                late[0],
                f"{order.case_id}: {told(news[0])} came at {at(history, news[0].at_us)} with {_forms(news[0])}; "
                f"at {at(history, late[0])} the case is still shown as {late[1].state}",
                "the event read and its effect shown, as with any other form of its times",
                ops=(news[0],),
            )
    yield from _refused(mail)
    older = {old.seq: newer for newer, old in stale(mail.genuine)}
    for hook, op, before in mail.went_back(lambda it: it.seq in older):
        yield Breach(
            op.at_us,
            f"{op.view.case_id} went from {before.state} back to {op.view.state} at {at(history, op.at_us)}, when "
            f"{told(hook)} came with {_forms(hook)}, after {told(older[hook.seq])} with {_forms(older[hook.seq])}",
            "the later of two instants counts, however they are written",
            ops=(older[hook.seq], hook, op),
        )


def _refused(mail: Mail) -> Iterator[Breach]:
    """Yield genuine events refused for good where their times are not in the form of the samples."""
    history = mail.history
    if history.plan.profile.get("time_format", "documented") == "documented":
        return
    for hook in mail.genuine:
        if hook.fault is None and hook.event.get("event_type") and mail.turned_away(hook):
            yield Breach(
                hook.at_us,
                f"{told(hook)}, with {_forms(hook)}, was answered {hook.status or hook.error} at "
                f"{at(history, hook.at_us)}",
                "2xx: the form is a documented one",
                ops=(hook,),
            )
            return


def _forms(hook: Hook) -> str:
    """Return the times of an event, as it writes them."""
    return " and ".join(f"{name} {hook.event[name]}" for name in TIMES if hook.event.get(name)) or "no time"


# --- RF-36 ------------------------------------------------------------------------------------------------------------


def _calendar_plans() -> tuple[Scenario, ...]:
    def due(*days: str) -> list[PersonRule]:
        return [PersonRule(due_on=day) for day in days]

    def nightly(after: str, times: int) -> DriverRule:
        return nights(times, after=after)

    lasting = {"oauth_days": 3650}
    return (
        plan("Cases due around the end of January", people=due("2026-01-29", "2026-01-31", "2026-02-01", "2026-02-02"),
             driver=nightly("22d", 8), lasts="31d"),
        plan("Cases due around the end of a February of 28 days", people=due("2026-02-27", "2026-02-28", "2026-03-01"),
             driver=nightly("51d", 7), lasts="59d"),
        plan("Cases due around a 29 February", people=due("2028-02-28", "2028-02-29", "2028-03-01"), profile=lasting,
             driver=nightly("782d", 7), lasts="790d"),
        plan("Cases due around New York's change of clocks", people=due("2026-03-07", "2026-03-08", "2026-03-09"),
             driver=nightly("59d", 7), zone="America/New_York", lasts="67d"),
        plan("Cases due around Berlin's change of clocks", people=due("2026-03-28", "2026-03-29", "2026-03-30"),
             driver=nightly("80d", 7), zone="Europe/Berlin", lasts="88d"),
        plan("Cases due before the first run, and at the turn of the year", profile=lasting,
             people=due("2026-01-02", "2026-12-31", "2027-01-01"), driver=(nightly("1h", 2), nightly("358d", 5)),
             lasts="365d"),
        plan("Four hundred nights", profile=lasting, people=due("2026-01-06", "2026-06-30", "2027-01-31"),
             driver=nightly("9h", 400), lasts="401d"),
    )  # fmt: skip


@clause(
    "RF-36", "SHOULD", "due selection is exact", section=SECTION, needs=("due", "bulk"),
    source="inferred: a recertification is due on a civil date", plans=_calendar_plans,
    advice="Compare civil dates as dates: due when due_on <= today, in the agency's zone.",
)  # fmt: skip
def due_is_exact(history: History) -> Iterator[Trigger | Breach]:
    """The first run on or after the day on which a case is due starts it, and none before that day does."""
    book = Casebook.of(history)
    runs = [
        run for run in history.calls("run_due")
        if len(set(civil_dates(history, run.at_us))) == 1
    ]  # fmt: skip
    if book.clock_stepped or book.deaths or history.manifest.counts.get("budget_per_day"):
        return
    for case_id, facts in history.cases.items():
        clicked = book.clicks(case_id, history.start_us, history.end_us)
        if facts.due_on is None or clicked or book.closed_us(case_id) is not None:
            continue
        begun = sorted(order.at_us for kin in book.kin(case_id) for order in book.refreshes(kin))
        yield from _early(book, case_id, facts.due_on, runs, begun)
        yield from _missed(book, case_id, facts.due_on, runs, begun)


def _early(
    book: Casebook, case_id: str, due_on: str, runs: list[Called], begun: list[int]
) -> Iterator[Trigger | Breach]:  # fmt: skip
    history = book.history
    before = [run for run in runs if civil_dates(history, run.at_us)[0] < due_on]
    if not before:
        return
    yield Trigger(before[-1].at_us, f"a run before the day on which {case_id} is due")
    later = [run.at_us for run in history.calls("run_due") if run not in before]
    for at_us in begun[:1]:
        if before[0].at_us <= at_us < min(later, default=history.end_us):
            yield Breach(
                at_us,
                f"{case_id} is due on {due_on}, and was refreshed at {at(history, at_us)}, on "
                f"{civil_dates(history, at_us)[1]}",
                f"no POST before {due_on}",
                ops=(before[-1], *book.evidence(*book.refreshes(case_id)[:1])),
            )


def _missed(
    book: Casebook, case_id: str, due_on: str, runs: list[Called], begun: list[int]
) -> Iterator[Trigger | Breach]:  # fmt: skip
    history = book.history
    on_time = [run for run in runs if civil_dates(history, run.at_us)[0] >= due_on]
    if not on_time:
        return
    first = on_time[0]
    yield Trigger(first.at_us, f"a run on the day on which {case_id} is due, or the next one after it")
    following = [run.at_us for run in history.calls("run_due") if run.at_us >= first.at_us + NEXT_RUN_US]
    due_us = book.until(first.at_us, "B-STUCK")
    if due_us is None or not following or book.calm_us > first.at_us:
        return
    if not any(at_us < following[0] for at_us in begun):
        yield Breach(
            following[0],
            f"{case_id} is due on {due_on}; the run at {at(history, first.at_us)}, on "
            f"{civil_dates(history, first.at_us)[1]}, did not start it, and it was not started before the next "
            f"run at {at(history, following[0])} either",
            f"a refresh POST by the first run on or after {due_on}",
            ops=(first,),
        )
