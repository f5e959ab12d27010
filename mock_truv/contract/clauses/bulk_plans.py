"""Plans with many cases: 200 in every run, and as many as the contract names with ``--bulk full``.

Their people were hired a short time ago: what is tried is the number of cases, not the length of reports.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mock_truv.contract.plan import ORDER_POST, crash, during, nights, plan, run_due
from mock_truv.core import faults, ids
from mock_truv.core.scenario import PersonRule, ProviderRule

if TYPE_CHECKING:
    from mock_truv.core.scenario import Scenario

CASES = 200
NEW_HIRE = partial(PersonRule, login="goodlogin.tn1")
DATES = tuple(f"2026-01-0{day}" for day in (5, 4, 3, 2))
OTHER = "quillpay"
"""The provider that fails where one does."""


def order_path(number: int) -> str:
    """Return the path of the source order of a case, counted from 1, in plans without a seed of their own."""
    return f"/v1/orders/{ids.identifier(ids.sandbox_seed(0, 'contract'), 'order', number)}/"


def healthy(cases: int = CASES) -> Scenario:
    """Return: nothing is wrong with any of them."""
    return plan(f"{cases} healthy cases", people=NEW_HIRE(count=cases), driver=run_due(), lasts="1d")


def mixed(cases: int = CASES) -> Scenario:
    """Return: they end in every way, and two in five are at a provider that is slow and away; the latest due first."""
    tenth = cases // 10
    people = tuple(
        rule for due_on in DATES for rule in (
            NEW_HIRE(count=cases * 3 // 20 - tenth // 10, due_on=due_on, password_changed=0.05, locked=0.04),
            NEW_HIRE(count=tenth, due_on=due_on, provider=OTHER),
            NEW_HIRE(count=tenth // 10, due_on=due_on, employers=2, providers=("truv_api", OTHER)),
        )
    )  # fmt: skip
    away = ProviderRule(id=OTHER, task_seconds=600, down_from="0s", down_for="3h")
    return plan(f"{cases} cases end in every way", people=people, provider=away, lasts="28h",
                driver=(run_due(), run_due("1h10m"), run_due("9h"), run_due("1d2h")))  # fmt: skip


def killed(cases: int = CASES, *, after: tuple[int, ...] = (1, 137, CASES - 1)) -> Scenario:
    """Return: the program is killed at some items of a run; the run is made again later."""
    kills = (  # a point at which it dies is not seen by the kills that come after
        crash("answered", nth=nth - before, lasting="10m", **ORDER_POST) for before, nth in enumerate(after)
    )
    named = " and ".join(map(str, after))
    return plan(f"{cases} cases, killed after answers {named}", people=NEW_HIRE(count=cases), lasts="5d",
                driver=(run_due(), run_due("3h"), run_due("1d1h", every="1d", times=4), *kills))  # fmt: skip


def poisoned(cases: int = CASES) -> Scenario:
    """Return: five of them are gone, a page of a proxy, refused, cut off, empty."""
    bad = (
        faults.Status(path=order_path(2), status=404),
        faults.Html(path=order_path(cases // 4), status=200),
        faults.Status(path=order_path(cases // 2), status=400),
        faults.Truncated(path=order_path(cases // 2 + 1)),
        faults.Empty(path=order_path(cases - 1)),
    )
    return plan(f"Five of {cases} orders: gone, a page of a proxy, refused, cut off, empty", driver=nights(),
                people=NEW_HIRE(count=cases), fault=[during(it, lasting="2h") for it in bad], lasts="28h")  # fmt: skip


def keys_refused(cases: int) -> Scenario:
    """Return: the program's own keys are refused for six hours in the middle of a batch."""
    refused = during(faults.Status(status=401), after="30s", lasting="6h")
    return plan(f"our keys are refused for six hours in the middle of {cases} cases", people=NEW_HIRE(count=cases),
                fault=refused, lasts="3d")  # fmt: skip


def outage(cases: int) -> Scenario:
    """Return: everything is answered 503 for two hours while they wait."""
    out = during(faults.Status(status=503), after="2m", lasting="2h")
    return plan(f"everything is answered 503 for two hours, {cases} cases wait", people=NEW_HIRE(count=cases),
                fault=out, lasts="2d")  # fmt: skip


def over_budget(cases: int) -> Scenario:
    """Return: more are due at once than a small budget allows."""
    runs = nights(after="6h")
    return plan(f"{cases} cases due at once", people=NEW_HIRE(count=cases), driver=runs, lasts="3d")
