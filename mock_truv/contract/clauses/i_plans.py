"""I. Plans for runs over many cases: mixed endings, poison, reruns, crashes, a provider that fails.

They have some dozens of cases; those of ``bulk_plans``, which stand last in each family, have hundreds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.bulk_plans import OTHER, order_path
from mock_truv.contract.clauses.e_plans import PASSWORD
from mock_truv.contract.plan import ORDER_POST, ORDER_READ, crash, down, during, nights, person, plan, request, run_due
from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

MIX = (
    PersonRule(count=10),
    PersonRule(count=3, provider=OTHER),
    PersonRule(count=2, employers=2, providers=("truv_api", OTHER)),
)
LOST = ConnectionRule(nth=(2, 9), password_changes_after=PASSWORD)
LOCKED = ConnectionRule(nth=(4,), locked_after=PASSWORD)
GONE = ConnectionRule(nth=(7,), records_gone_after=PASSWORD)
AWAY = down("0s", "3h", OTHER)


def poison_plans() -> tuple[Scenario, ...]:
    """Return: some cases whose requests, events or connections nobody can deal with, among many that are fine."""
    by_path = (
        faults.Status(path=order_path(2), status=404),
        faults.Html(path=order_path(7), status=200),
        faults.Status(path=order_path(12), status=400),
        faults.Truncated(path=order_path(17)),
        faults.Empty(path=order_path(22)),
    )
    strange = (
        faults.Strange(what="status", nth=(3,)), faults.Strange(what="event-type", nth=(8,)),
        faults.Strange(what="field", nth=(13,)), faults.Strange(what="nulls", nth=(18,)),
        faults.Strange(what="stranger", nth=(23,)),
    )  # fmt: skip
    return (
        plan("Five of thirty orders: gone, a page of a proxy, refused, cut off, empty", people=30, driver=nights(),
             fault=[during(it, lasting="2h") for it in by_path], lasts="28h"),
        plan("The first case of the run is gone", people=20, driver=nights(), lasts="28h",
             fault=faults.Status(path=order_path(1), status=404)),
        plan("One of four cases is gone", people=4, driver=nights(), lasts="28h",
             fault=faults.Status(path=order_path(1), status=404)),
        plan("The fifth request is answered 404, the eleventh with half a body, the twentieth with a page", people=30,
             driver=nights(), lasts="28h",
             fault=(faults.Status(status=404, nth=(5,)), faults.Truncated(nth=(11,)), faults.Html(nth=(20,)))),
        plan("Unknown statuses, types, fields and strangers among the events", people=20, fault=strange,
             driver=nights(), lasts="28h"),
        plan("Unknown statuses in place of known ones", people=20, driver=nights(), lasts="28h",
             fault=faults.Strange(what="status", nth=(3, 8), instead=True)),
        plan("Connections that are wrong, broken, locked, or have no records", people=30, driver=nights(),
             lasts="28h", connection=(
                 ConnectionRule(nth=(1,), organisation_wrong_after="29d"), ConnectionRule(nth=(6,), broken_after="29d"),
                 ConnectionRule(nth=(11,), broken_after="29d", broken_as="not_supported"),
                 ConnectionRule(nth=(16,), locked_after="29d"), ConnectionRule(nth=(21,), records_gone_after="29d"))),
        plan("One order always fails, one is never answered", people=20, driver=nights(), lasts="28h",
             fault=(during(faults.Status(path=order_path(3), status=500), lasting="6h"),
                    faults.Timeout(path=order_path(9), times=3))),
        plan("Some POSTs get no answer, carried out or not", people=20, driver=nights(), lasts="28h",
             fault=(faults.Reset(**ORDER_POST, nth=(2,)), faults.Reset(**ORDER_POST, nth=(9,), commit=True))),
        plan("Two reports by link are broken", people=20, driver=nights(), lasts="28h",
             profile={"report_place": "link"},
             fault=faults.Html(method="GET", path="/v1/links/**", status=200, nth=(2, 5))),
        bulk_plans.poisoned(),
    )  # fmt: skip


def account_plans() -> tuple[Scenario, ...]:
    """Return: runs in the middle and after the end of the work, over every kind of ending."""
    often = (run_due(), run_due("1h10m"), run_due("9h"), run_due("1d2h"))
    return (
        plan("Cases end in every way", people=MIX, connection=(LOST, LOCKED, GONE), provider=AWAY, driver=often,
             lasts="28h"),
        plan("Thirty cases, all fine", people=30, driver=often, lasts="28h"),
        plan("Six cases of two employers, one of which is away", driver=often, lasts="28h", provider=AWAY,
             people=PersonRule(count=6, employers=2, providers=("truv_api", OTHER))),
        plan("Some are not due, some are closed, some were asked for before", lasts="28h",
             people=(PersonRule(count=8), PersonRule(count=6, due_on="2026-02-01"),
                     PersonRule(count=8, due_on="2026-01-05")),
             driver=(request(cases=3), DriverRule(do="close", after="30m", case=5, cases=2), *often)),
        plan("Others used the windows up", people=10, driver=(
            *(DriverRule(do="elsewhere", after=f"{number}m", cases=4) for number in (1, 2, 3)), *often), lasts="28h"),
        plan("Our keys are refused for half a day", people=10, driver=often, lasts="28h",
             fault=during(faults.Status(status=401), "30m", "12h")),
        plan("Cases end in every way; billed when done, others know of no list", people=MIX, provider=AWAY,
             connection=(LOST, LOCKED, GONE), driver=often, lasts="28h",
             profile={"billing": "done", "order_list": "absent"}),
        bulk_plans.mixed(),
    )  # fmt: skip


def rerun_plans() -> tuple[Scenario, ...]:
    """Return: one run again at once, while refreshes run, an hour later, side by side, and the next night."""
    slow = ProviderRule(id="truv_api", task_seconds=1000)
    return (
        plan("A run, again at once, and again after an hour", people=20, connection=LOST, lasts="30h",
             driver=(run_due(times=2), run_due("2h"), run_due("1d"))),
        plan("Four runs side by side, twice", people=20, connection=LOST, lasts="30h",
             driver=(run_due(together=4), run_due("2h", together=4))),
        plan("Sixteen runs side by side", people=40, driver=(run_due(together=16), run_due("1h1m")), lasts="2d"),
        plan("Runs while the refreshes are running", people=20, provider=slow, lasts="2d",
             driver=run_due(every="4m", times=5)),
        plan("Every night; links are out and nobody comes", people=6, lasts="4d",
             connection=ConnectionRule(nth=(1, 4), password_changes_after=PASSWORD), driver=nights(4)),
        plan("Every night; people come a day later", people=10, lasts="5d", driver=(nights(4), person(
            "completes", "20h", cases=10)), connection=ConnectionRule(nth=(1, 4, 7), password_changes_after=PASSWORD)),
        plan("Every ending, run again and again", people=MIX, connection=(LOST, LOCKED, GONE), provider=AWAY,
             driver=(run_due(every="6h", times=6)), lasts="30h", profile={"billing": "done"}),
        plan("A run again in the middle of its POSTs", people=20, lasts="2d",
             driver=(run_due(), run_due("0s", at="committed", nth=5, times=3, **ORDER_POST))),
        bulk_plans.mixed(),
    )  # fmt: skip


def resumed_plans() -> tuple[Scenario, ...]:
    """Return: the program is killed at the first, some, and the last item of a run; the run is made again later."""
    again = (run_due(), run_due("3h"), run_due("1d1h"))

    def killed(at: str, nth: int, **fields: Any) -> DriverRule:
        return crash(at, nth=nth, lasting="10m", **{**ORDER_POST, **fields})

    return (
        plan("Killed after the ninth answer of twenty", people=20, driver=(*again, killed("answered", 9)), lasts="5d"),
        plan("Killed with the first POST on its way", people=20, driver=(*again, killed("sending", 1)), lasts="5d"),
        plan("Killed with the ninth POST carried out", people=20, driver=(*again, killed("committed", 9)), lasts="5d"),
        plan("Killed after the last answer", people=20, driver=(*again, killed("answered", 20)), lasts="5d"),
        plan("Killed again and again", people=20, lasts="5d",
             driver=(*again, *(killed("answered", nth) for nth in (3, 7, 12, 18)))),
        plan("Killed before the first read of a case", people=20, lasts="5d",
             driver=(*again, killed("answered", 5, **ORDER_READ))),
        plan("Killed; while it is down, cases are closed and others become due", lasts="5d",
             people=(PersonRule(count=14), PersonRule(count=6, due_on="2026-01-06")),
             driver=(*again, killed("answered", 5), DriverRule(do="close", after="1h5m", case=2, cases=2))),
        plan("Killed between two nights' work, with retries waiting", people=8, connection=LOST, lasts="5d",
             provider=down("0s", "8h"), driver=(*again, crash("announced"), DriverRule(do="crash", after="1h30m"))),
        plan("Killed between calls right after the run", people=40, lasts="5d",
             driver=(*again, DriverRule(do="crash", after="1h2s", lasting="10m"))),
        bulk_plans.killed(),
    )  # fmt: skip


def fairness_plans() -> tuple[Scenario, ...]:
    """Return: cases with different due dates, put in latest first; and a slow provider that is away for two in five."""
    dates = ("2026-01-05", "2026-01-04", "2026-01-03", "2026-01-02")
    late_first = tuple(PersonRule(count=10, due_on=date) for date in dates)
    slow = ProviderRule(id=OTHER, task_seconds=600, down_from="0s", down_for="1h30m")
    return (
        plan("Forty cases, the latest due come first", people=late_first, driver=nights(), lasts="2d"),
        plan("Two in five are at a provider that is slow and away", driver=run_due(), lasts="5h", provider=slow,
             people=(PersonRule(count=10, provider=OTHER), PersonRule(count=15))),
        plan("The same; retries of the first run meet the fresh cases of the second", lasts="30h", provider=slow,
             people=(PersonRule(count=14, provider=OTHER), PersonRule(count=22, due_on="2026-01-06")),
             driver=nights(), profile={"requests_per_minute": 300}),
        bulk_plans.mixed(),
    )  # fmt: skip


def throughput_plans() -> tuple[Scenario, ...]:
    """Return: many healthy cases."""
    return (
        plan("Fifty healthy cases", people=50, driver=run_due(), lasts="1d"),
        plan("Fifty healthy cases at Truv's own limit, reports by link", people=50, driver=run_due(), lasts="1d",
             profile={"requests_per_minute": 300, "report_place": "link"}),
        plan("Fifty healthy cases whose refreshes take a quarter of an hour", people=50, driver=run_due(), lasts="1d",
             provider=ProviderRule(id="truv_api", task_seconds=900)),
        bulk_plans.healthy(),
    )  # fmt: skip


def concurrency_plans() -> tuple[Scenario, ...]:
    """Return: runs and clicks side by side, also while answers are slow."""
    return (
        plan("Four runs side by side", people=24, driver=run_due(together=4), lasts="1d"),
        plan("Sixteen runs side by side", people=40, driver=run_due(together=16), lasts="1d"),
        plan("One run over forty cases", people=40, driver=run_due(), lasts="1d"),
        plan("Answers take five seconds", people=24, driver=run_due(together=8), lasts="1d",
             fault=faults.Slow(seconds=5.0, times=40)),
        plan("Sixteen runs side by side, and sixteen more while those have requests open", people=40, lasts="2h",
             driver=(run_due(together=16), run_due("0s", at="sending", nth=3, together=16))),
        bulk_plans.healthy(),
    )  # fmt: skip
