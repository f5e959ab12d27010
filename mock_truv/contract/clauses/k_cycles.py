"""K. Fidelity of the prefilled data, of a second cycle: its report replaces the first one's, its failure does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, is_fresh, prefill_orders
from mock_truv.contract.clauses.k_data import SECTION
from mock_truv.contract.clauses.prefills import items, prefills
from mock_truv.contract.plan import down, plan, request
from mock_truv.core.scenario import ConnectionRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Shown
    from mock_truv.core.scenario import Scenario

FAILED = frozenset({"MANUAL", "REAUTH_NEEDED", "REAUTH_SENT", "BLOCKED"})
LATER = "40d"
"""After the login, which was 30 days before the story: between the two cycles."""
CYCLES = (request(), request("15d", cycle="cycle-2"))


def _mixtures() -> tuple[Scenario, ...]:
    return (
        plan("A second cycle two weeks later", driver=CYCLES, lasts="17d"),
        plan("A second cycle of a case with three employers, one of which fails then",
             people=PersonRule(employers=3, logins=("goodlogin", "fulltime", "hourly.part-time")),
             connection=ConnectionRule(nth=(2,), password_changes_after=LATER), driver=CYCLES, lasts="20d"),
        plan("A second cycle; the report is read by link", driver=CYCLES, lasts="17d",
             profile={"report_place": "link"}),
    )  # fmt: skip


@clause(
    "RF-117", "MUST", "no mixture", section=SECTION,
    source="data refresh page: a report is fixed at completion", plans=_mixtures,
    advice="Replace a stored report whole; never merge statements of two reports.",
)  # fmt: skip
def old_and_new_are_not_mixed(history: History) -> Iterator[Trigger | Breach]:
    """The values of the new report replace those of the old: nothing of an older report stays without being marked."""
    for case_id in history.cases:
        before: Shown | None = None
        for shown in prefills(history, case_id):
            if before is not None and prefill_orders(shown.view) != prefill_orders(before.view):
                yield Trigger(shown.at_us, f"{case_id} has a newer prefill than before")
                yield from _leftovers(history, shown)
            before = shown


def _leftovers(history: History, shown: Shown) -> Iterator[Breach]:
    case_id = shown.view.case_id
    seen: set[tuple[str, Any]] = set()
    for item in items(history, shown):
        if item.is_stale:
            continue
        known = {each.get("id") for each in (item.true or {}).get("statements") or ()}
        given = [each.get("id") for each in item.given.get("statements") or () if isinstance(each, dict)]
        strange = [ident for ident in given if ident not in known]
        twice = item.given.get("id") is not None and (item.employer, item.given["id"]) in seen
        seen.add((item.employer, item.given.get("id")))
        if item.true is not None and (strange or len(given) > len(set(given))):
            what = f"it shows {len(given)} pay statements where the new report has {len(known)}"
        elif twice:
            what = f"employment {item.given['id']} stands twice in the prefill, neither marked stale"
        else:
            continue
        yield Breach(
            shown.at_us,
            f"{case_id} was prefilled from the newer order {(shown.view.prefill or {}).get('order_id')} at "
            f"{at(history, shown.at_us)}: {what}",
            "the new report's statements alone, each once; older parts only if marked stale",
            ops=(shown,),
        )


def _second_cycles_that_fail() -> tuple[Scenario, ...]:
    rules = {
        "login_error": ConnectionRule(password_changes_after=LATER),
        "mfa_error": ConnectionRule(kind="credentials", session_ends_after="40d", second_factor="new_session"),
        "no_data": ConnectionRule(records_gone_after="40d"),
        "account_locked": ConnectionRule(locked_after="40d"),
        "config_error": ConnectionRule(organisation_wrong_after="40d"),
        "error": ConnectionRule(broken_after="40d"),
    }
    return (
        *(plan(f"The second cycle ends in {name}", connection=rule, driver=CYCLES, lasts="20d")
          for name, rule in rules.items()),
        plan("The provider stays down in the second cycle", provider=down("14d", "20d"), driver=CYCLES, lasts="22d"),
    )  # fmt: skip


@clause(
    "RF-121", "MUST", "failure keeps what was known", section=SECTION,
    source="assumed: a caseworker's need", plans=_second_cycles_that_fail,
    advice="Keep the last good prefill when a cycle fails, and mark it as old with its date.",
)  # fmt: skip
def failure_keeps_what_was_known(history: History) -> Iterator[Trigger | Breach]:
    """A cycle that fails leaves the last good prefill in place, marked as old, never shown as fresh."""
    book = Casebook.of(history)
    for case_id in history.cases:
        good: Shown | None = None
        for shown in history.shown(case_id):
            if is_fresh(shown.view.prefill) and shown.view.state == "READY":
                good = shown
            if good is None or shown.view.cycle == good.view.cycle or shown.view.state not in FAILED:
                continue
            if book.closed_us(case_id) is not None or _is_partial(shown):
                continue
            yield Trigger(shown.at_us, f"{case_id} fails in {shown.view.cycle} after it was ready in {good.view.cycle}")
            lost = shown.view.prefill is None
            fresh = is_fresh(shown.view.prefill) and set(prefill_orders(shown.view)) <= set(prefill_orders(good.view))
            if lost or fresh:
                yield Breach(
                    shown.at_us,
                    f"{case_id} is {shown.view.state} in {shown.view.cycle} at {at(history, shown.at_us)}, and its "
                    f"prefill of {good.view.cycle} is " + ("gone" if lost else "shown as if it were fresh"),
                    "the last good prefill, marked as old (stale) with its date",
                    ops=(good, shown),
                )


def _is_partial(shown: Shown) -> bool:
    return "READY" in shown.view.employers.values()
