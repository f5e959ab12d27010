"""C. Limits and money: no refresh that nobody needs, and none beyond the declared budget."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.c_limits import SECTION
from mock_truv.contract.clauses.common import LOGIN_LOST, Casebook, at
from mock_truv.contract.clauses.e_plans import PASSWORD, THREE, TWO
from mock_truv.contract.clauses.endings import employers_asked
from mock_truv.contract.plan import down, nights, person, plan, request, run_due
from mock_truv.core.faults import Delay, Duplicate, Lose
from mock_truv.core.instants import HOUR_US, datetime_of
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule, ProviderRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Called, Sent
    from mock_truv.core.scenario import Scenario

NOT_STARTED = frozenset({"IDLE", "DUE", "RETRY_WAIT", "LIMIT_WAIT", "BLOCKED", "CLOSED"})
"""States that a case may have for which the budget left nothing."""


# --- RF-25 ------------------------------------------------------------------------------------------------------------


def _completed_plans() -> tuple[Scenario, ...]:
    away = down("0s", "20h", "quillpay")
    return (
        plan("One of two providers is away for a day", people=TWO, provider=away, lasts="4d"),
        plan("Done, unavailable, login lost", people=THREE, provider=away,
             connection=ConnectionRule(nth=(3,), password_changes_after=PASSWORD),
             driver=(request(), person("completes", "30h")), lasts="5d"),
        plan("A finished case is asked for again in the same cycle", driver=request(every="6h", times=3), lasts="3d"),
        plan("Each event comes three times, the last after hours", fault=Duplicate(copies=2, gap_seconds=7200.0),
             people=TWO, provider=down("0s", "3h", "quillpay"), lasts="4d"),
        plan("Ids of employers are the same in every order", people=TWO, provider=away, lasts="4d",
             profile={"employer_ids": "equal", "billing": "done"}),
        plan("All events are lost, one provider is away", people=TWO, provider=away, fault=Lose(),
             lasts="5d"),
        plan("A finished case in three nightly runs of one cycle", lasts="4d",
             driver=nights(3, after="6h")),
    )  # fmt: skip


@clause(
    "RF-25", "MUST", "no second bill for the same data", section=SECTION,
    source="refresh object: every refresh task is billed as a verification of its own", plans=_completed_plans,
    advice="Name in a retry only the employers that have not completed in this cycle.",
)  # fmt: skip
def no_second_bill(history: History) -> Iterator[Trigger | Breach]:
    """A connection that completed in a cycle is not refreshed again in it, whatever became of its siblings."""
    book = Casebook.of(history)
    for order, part, case_id, ended_us in book.known_endings("done"):
        siblings = any(each.status != "done" for each in order.parts if each is not part)
        later = [it for it in book.refreshes(case_id) if it.at_us > ended_us and _same_cycle(book, order, it)]
        again = any(op.at_us > ended_us and op.cycle == book.cycle_of(order) for op in book.asked(case_id))
        told = sum(
            hook.event.get("task_id") == part.task_id for hook in book.hooks if hook.event.get("status") == "done"
        )
        if siblings or later or again or told > 1:
            yield Trigger(ended_us, f"connection {part.link_id} of {case_id} completed, and its cycle goes on")
        for repeat in later:
            if any(each.link_id == part.link_id for each in repeat.parts):
                yield Breach(
                    repeat.at_us,
                    f"{case_id}: connection {part.link_id} completed in order {order.order_id} at "
                    f"{at(history, ended_us)} and was refreshed again in the same cycle by order {repeat.order_id} at "
                    f"{at(history, repeat.at_us)}: {employers_asked(book.request_of(repeat))}",
                    "a POST whose `employers` names only those that have not completed; no POST if all have",
                    ops=book.evidence(order, repeat),
                )
                break


def _same_cycle(book: Casebook, first: OrderFacts, second: OrderFacts) -> bool:
    """Return whether nobody asked for another cycle between two refreshes of a case."""
    cycle = book.cycle_of(first)
    return book.cycle_of(second) == cycle and all(
        op.cycle == cycle for op in book.asked(first.case_id or "") if first.at_us <= op.at_us <= second.at_us
    )


# --- RF-26 ------------------------------------------------------------------------------------------------------------


def _mixed_plans() -> tuple[Scenario, ...]:
    nightly = partial(nights, times=3, after="6h")
    lost = ConnectionRule(nth=(2,), password_changes_after=PASSWORD)
    return (
        plan("A run with cases that are ready, closed, and waiting for the person", people=5, connection=lost,
             lasts="4d", driver=(request(cases=2), DriverRule(do="close", after="1h", case=5), nightly())),
        plan("A run with cases that are not due yet", lasts="3d", driver=nightly(times=2),
             people=(PersonRule(count=2), PersonRule(count=2, due_on="2026-02-01"),
                     PersonRule(count=2, due_on="2026-01-05"))),
        plan("A run with cases that are ready", people=4, driver=(request(cases=2), nightly()), lasts="4d"),
        plan("Cases are closed while their provider is away", people=3, provider=down("0s", "9h"), lasts="3d",
             driver=(nightly(times=2), DriverRule(do="close", after="7h", case=2))),
        plan("A second cycle while the link of the first is out", people=2, connection=lost, lasts="5d",
             driver=(nightly(times=2), nightly(cycle="cycle-2", times=2, after="2d6h"))),
    )  # fmt: skip


@clause(
    "RF-26", "MUST", "only wanted refreshes", section=SECTION, needs=("bulk",),
    source="refresh object: every refresh is billed", plans=_mixed_plans,
    advice="Look again, right before the POST, whether the case is due, open, not ready and not waiting for a person.",
)  # fmt: skip
def only_wanted(history: History) -> Iterator[Trigger | Breach]:
    """A run refreshes no case that is not due, is closed, is ready in this cycle, or waits for its person."""
    book = Casebook.of(history)
    runs = history.calls("run_due")
    for case_id in history.cases:
        for run in runs:
            reason = _unwanted(book, case_id, run)
            if reason is None:
                continue
            yield Trigger(run.at_us, f"a run with {case_id}, which {reason}")
        for order in book.refreshes(case_id):
            op = book.request_of(order)
            reason = _unwanted(book, case_id, op, order) if op is not None else None
            if reason is not None and op is not None and any(run.at_us <= op.at_us for run in runs):
                yield Breach(
                    op.at_us,
                    f"{case_id}, which {reason}, was refreshed at {at(history, op.at_us)}, on "
                    f"{civil_dates(history, op.at_us)[1]}: order {order.order_id}",
                    "no POST for this case in this run",
                    ops=(*[run for run in runs if run.seq < op.seq][-1:], op),
                )


def _unwanted(book: Casebook, case_id: str, op: Called | Sent, order: OrderFacts | None = None) -> str | None:
    """Return why a case is not to be refreshed as an operation comes; with ``order`` none of its connections is."""
    history, closed_us = book.history, book.closed_us(case_id)
    if closed_us is not None and closed_us < op.at_us and not book.clicks(case_id, closed_us, op.at_us):
        return f"was closed at {at(history, closed_us)}"
    due_on = history.cases[case_id].due_on
    if due_on is not None and history.manifest.has("due") and not book.clicks(case_id, history.start_us, op.at_us):
        today = [run for run in history.calls("run_due") if run.at_us <= op.at_us]
        if not book.clock_stepped and all(max(civil_dates(history, run.at_us)) < due_on for run in today):
            return f"is not due before {due_on}"
    cycle = op.cycle if not hasattr(op, "path") else book.cycle_at(case_id, op.seq)
    wanted = set(history.cases[case_id].links.values())
    if order is not None:
        wanted &= {part.link_id or "" for part in order.parts}
    if not wanted or any(each.elsewhere for each in book.of_person(case_id)):
        return None
    if all(_completed(book, case_id, link_id, cycle, op.at_us) for link_id in wanted):
        return f"was complete and READY in {cycle} already"
    if all(_waits_for_person(book, case_id, link_id, op.at_us) for link_id in wanted):
        return "waits for its person, to whom a link is out"
    return None


def civil_dates(history: History, at_us: int) -> tuple[str, str]:
    """Return the dates that it is at an instant in UTC and in the host's zone."""
    moment = datetime_of(at_us)
    zone = ZoneInfo(history.plan.zone) if history.plan.zone else UTC
    return moment.date().isoformat(), moment.astimezone(zone).date().isoformat()


def _completed(book: Casebook, case_id: str, link_id: str, cycle: str | None, at_us: int) -> bool:
    """Return whether a connection completed, in an order that the integrator knew, in a cycle before an instant."""
    for order in book.refreshes(case_id):
        if not book.is_known(order) or book.cycle_of(order) != cycle or order.at_us >= at_us:
            continue
        since = [op for op in book.asked(case_id) if order.at_us <= op.at_us <= at_us]
        shown = book.view_at(case_id, at_us - 1)
        if any(op.cycle != cycle for op in since) or shown is None or shown.state != "READY":
            continue
        for part in order.parts:
            if part.link_id == link_id and part.status == "done" and (part.ended_us or at_us) < at_us:
                return True
    return False


def _waits_for_person(book: Casebook, case_id: str, link_id: str, at_us: int) -> bool:
    """Return whether a connection's login is lost, its person has a live link, and has not come back."""
    mine = [
        part for order in book.refreshes(case_id) for part in order.parts
        if part.link_id == link_id and part.ended_us is not None and part.ended_us < at_us
    ]  # fmt: skip
    if not mine or mine[-1].status not in LOGIN_LOST:
        return False
    lost_us = mine[-1].ended_us or 0
    live = [
        it for it in book.link_orders(case_id)
        if lost_us <= it.at_us < at_us < it.expires_us and it.canceled_us is None and it.closed_us is None
    ]  # fmt: skip
    return bool(live) and not book.came_back(case_id, lost_us, at_us)


# --- RF-27 ------------------------------------------------------------------------------------------------------------


def _budget_plans() -> tuple[Scenario, ...]:
    nightly = partial(nights, after="6h")
    kill = DriverRule(do="crash", at="answered", method="POST", path="/v1/orders/*/", nth=3, lasting="5m")
    return (
        plan("Twelve cases due at once", people=12, driver=nightly(), lasts="3d"),
        plan("A hundred and twenty cases due at once", people=120, driver=nightly(), lasts="3d"),
        plan("The program dies in the middle of the run", people=12, driver=(nightly(), kill), lasts="3d"),
        plan("Twelve cases asked for one by one", people=12, driver=request(cases=12), lasts="3d"),
        plan("Runs at the same time", people=12, driver=nightly(together=4), lasts="3d"),
        plan("Retries spend the budget, too", people=12, provider=down("0s", "20h"), driver=nightly(), lasts="3d"),
        plan("Billed when done", people=12, driver=nightly(), profile={"billing": "done"}, lasts="3d",
             provider=ProviderRule(id="truv_api", task_seconds=600)),
        plan("A run just before midnight", people=12, lasts="3d", fault=Delay(seconds=60.0),
             driver=run_due("8h59m", every="2m", times=2)),
    )  # fmt: skip


@clause(
    "RF-27", "MUST", "the declared budget holds", section=SECTION, needs=("budget",),
    source="refresh object: every refresh is billed", plans=_budget_plans,
    full_plans=lambda: (bulk_plans.over_budget(300),),
    advice="Count in the store, in the same write that claims the case, before the POST goes out.",
)  # fmt: skip
def budget_holds(history: History) -> Iterator[Trigger | Breach]:
    """No more refreshes of connections in a day than the declared budget; the cases beyond it wait as not started."""
    cap = history.manifest.counts.get("budget_per_day")
    book = Casebook.of(history)
    if not cap or book.clock_stepped:
        return
    zone = ZoneInfo(str(history.manifest.policies.get("budget_zone") or "UTC"))
    spent: defaultdict[date, list[str]] = defaultdict(list)
    for line in history.ledger:
        if not line.elsewhere:
            at_us = line.at_us if line.committed_us is None else line.committed_us
            spent[datetime_of(at_us).astimezone(zone).date()].append(line.order_id or "")
    asked = Counter(
        datetime_of(op.at_us).astimezone(zone).date() for case_id in history.cases for op in book.asked(case_id)
    )
    for day, number in sorted(asked.items()):
        if number > cap:
            yield Trigger(history.start_us, f"{number} wishes on {day}, {cap} refreshes allowed")
    for day, order_ids in spent.items():
        if len(order_ids) > cap:
            orders = [book.orders[ident] for ident in order_ids[cap - 1 : cap + 1] if ident in book.orders]
            yield Breach(
                orders[-1].at_us if orders else history.end_us,
                f"{len(order_ids)} connections were refreshed on {day} ({zone.key}); the declared budget is {cap} a day"
                + (
                    f", and order {orders[-1].order_id} of {orders[-1].case_id} is the first beyond it"
                    if orders
                    else ""
                ),
                f"{cap} refreshes on that day, retries included; the cases beyond them stay DUE until the next day",
                ops=book.evidence(*orders),
            )
    yield from _named_as_not_started(book, cap, max(map(len, spent.values()), default=0))


def _named_as_not_started(book: Casebook, cap: int, most: int) -> Iterator[Breach]:
    """Yield cases for which nothing was left and that are shown as if something had been done."""
    history = book.history
    if most < cap:
        return
    reads = {op.order_id for op in history.troubles} | {
        op.order_id for op in history.sent if 400 <= (op.status or 0) < 500
    }
    for case_id, facts in history.cases.items():
        if any(book.refreshes(kin) or book.link_orders(kin) for kin in book.kin(case_id)) or facts.order_id in reads:
            continue
        if not book.asked(case_id) or any(link in book.deleted_us for link in facts.links.values()):
            continue
        for shown in book.views(case_id):
            stood = [it.at_us for it in book.views(case_id) if it.seq > shown.seq]
            if shown.view.state not in NOT_STARTED and min([*stood, history.end_us]) - shown.at_us > HOUR_US:
                yield Breach(
                    shown.at_us,
                    f"{case_id} was never refreshed because the budget of {cap} a day was spent, and is shown as "
                    f"{shown.view.state}",
                    "DUE: not started",
                    ops=(shown,),
                )
                break
