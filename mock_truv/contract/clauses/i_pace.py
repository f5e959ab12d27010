"""I. Bulk, second part: who comes first, how fast the cases of a run are begun, and how many requests are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import bulk_plans
from mock_truv.contract.clauses.bulk import Troubles, due_cases, has_budget, of_cycle
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.i_bulk import SECTION
from mock_truv.contract.clauses.i_plans import concurrency_plans, fairness_plans, throughput_plans
from mock_truv.core.instants import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Called, Sent

RATE = 300
"""Requests a minute that the account may make (errors page)."""
GRACE_US = 10 * MINUTE_US
"""So much longer than the reckoning it may take: buckets fill up, programs begin with a pause."""
CASES_MIN = 20
"""Fewer cases say nothing about order and pace."""
SLACK = 4
"""Places by which a case may be late although nothing is open."""
WASTE_MIN = 20


def _starts(book: Casebook, run: Called) -> dict[str, OrderFacts]:
    """Return the first refresh of each case that a run began, in the order in which they were asked for."""
    found = {}
    for case_id in due_cases(book, run):
        orders = of_cycle(book, case_id, run)
        if orders and len(orders) == len(book.refreshes(case_id)) and len(book.kin(case_id)) == 1:
            found[case_id] = orders[0]
    return dict(sorted(found.items(), key=lambda item: item[1].sent_seq or 0))


def _runs(book: Casebook) -> Iterator[tuple[Called, dict[str, OrderFacts]]]:
    """Yield the runs that began many cases, with those."""
    runs = book.history.calls("run_due")
    if book.deaths or book.clock_stepped or has_budget(book) or book.history.calls("request_refresh"):
        return
    for number, run in enumerate(runs):
        later_us = runs[number + 1].at_us if number + 1 < len(runs) else book.history.end_us
        starts = {case_id: order for case_id, order in _starts(book, run).items() if order.at_us < max(
            later_us, run.at_us + 1)}  # fmt: skip
        if len(starts) >= CASES_MIN:
            yield run, starts


# --- RF-99 ------------------------------------------------------------------------------------------------------------


@clause(
    "RF-99", "SHOULD", "fairness", section=SECTION, needs=("bulk",), plans=fairness_plans,
    full_plans=lambda: (bulk_plans.mixed(10_000),),
    source="inferred: cases of one failing provider were seen to hold all others up",
    advice="Begin by due date, never wait for one case's outcome before the next is begun, and let retries wait.",
)  # fmt: skip
def fresh_cases_come_first(history: History) -> Iterator[Trigger | Breach]:
    """Cases due earliest are begun first, and neither retries nor one failing provider hold the others up."""
    book = Casebook.of(history)
    troubles = Troubles(book)
    faulty = any(op.fault is not None or op.error is not None for op in history.sent)
    if faulty or troubles.general:
        return
    for run, starts in _runs(book):
        failing = [case_id for case_id in starts if case_id in troubles.by_case]
        dates = {history.cases[case_id].due_on or "" for case_id in starts}
        earlier = any((order.sent_seq or 0) < run.seq for order in history.refreshes())
        if len(dates) > 1 or failing or earlier:
            yield Trigger(run.at_us, f"a run that began {len(starts)} cases, {len(failing)} of which failed")
        if history.manifest.has("due"):
            yield from _late_first(book, run, starts)
        fresh = {case_id: order for case_id, order in starts.items() if case_id not in failing}
        if fresh and (failing or earlier):
            yield from _held_up(book, run, fresh, failing)


def _late_first(book: Casebook, run: Called, starts: dict[str, OrderFacts]) -> Iterator[Breach]:
    """Yield a case that was begun behind many which were due later."""
    history = book.history
    opened = max((op.open_requests for op in history.sent), default=1)
    allowed = max(opened, SLACK) + len(starts) // 20
    places = [(case_id, order, history.cases[case_id].due_on or "") for case_id, order in starts.items()]
    behind: dict[str, int] = {}
    for case_id, order, due_on in places:
        ahead = sum(number for date, number in behind.items() if due_on and date > due_on)
        behind[due_on] = behind.get(due_on, 0) + 1
        if ahead > allowed:
            other = next(it for it in places if it[2] > due_on)
            yield Breach(
                order.at_us,
                f"in the run at {at(history, run.at_us)}, {case_id} (due on {due_on}) was begun after {ahead} cases"
                f" that were due later, {other[0]} (due on {other[2]}) among them",
                "cases are begun in the order of their due dates",
                ops=(run, *book.evidence(other[1], order)),
            )
            return


def _held_up(book: Casebook, run: Called, fresh: dict[str, OrderFacts], failing: list[str]) -> Iterator[Breach]:
    """Yield the last fresh case if it was begun too late, or after more requests about retries than others."""
    history = book.history
    last_id, last = next(reversed(fresh.items()))
    until_seq = last.sent_seq or 0
    before = [op for op in history.sent if run.seq < op.seq <= until_seq]
    wasted = [op for op in before if _is_retry(book, op)]
    allowed_us = 2 * len(before) * MINUTE_US // RATE + GRACE_US
    if last.at_us - run.at_us > allowed_us:
        yield Breach(
            last.at_us,
            f"the run at {at(history, run.at_us)} began {last_id}, with which nothing was wrong, only after"
            f" {lasting(last.at_us - run.at_us)} and {len(before)} requests, at {at(history, last.at_us)};"
            f" {f'{len(failing)} other cases failed, {failing[0]} among them' if failing else 'older cases went on'}",
            f"within {lasting(allowed_us)}: twice what {len(before)} requests take at {RATE} a minute, and ten minutes",
            ops=(run, *book.evidence(last)),
        )
    elif len(wasted) > max(len(before) / 2, WASTE_MIN):
        yield Breach(
            last.at_us,
            f"of the {len(before)} requests before {last_id} was begun at {at(history, last.at_us)}, {len(wasted)} were"
            " for repeats of cases that had failed",
            "fresh cases first; repeats wait",
            ops=(run, *wasted[:3], *book.evidence(last)),
        )


def _is_retry(book: Casebook, op: Sent) -> bool:
    """Return whether a request makes or concerns a refresh that is not its case's first."""
    order = book.orders.get(op.made or op.order_id or "")
    if order is None or order.case_id is None or not order.is_refresh:
        return False
    return order is not book.refreshes(order.case_id)[0]


# --- RF-100 -----------------------------------------------------------------------------------------------------------


@clause(
    "RF-100", "SHOULD", "throughput under the limit", section=SECTION, needs=("bulk",), plans=throughput_plans,
    source="errors page: 300 requests a minute per access secret",
    full_plans=lambda: (bulk_plans.healthy(10_000),),
    advice="Spend the rate that is allowed: begin the next case while the others are being worked on.",
)  # fmt: skip
def limit_is_used(history: History) -> Iterator[Trigger | Breach]:
    """Healthy cases are begun in one and a half times the time that their requests take at 300 a minute."""
    book = Casebook.of(history)
    limit = history.plan.profile.get("requests_per_minute")
    troubles = Troubles(book)
    if (isinstance(limit, int) and limit < RATE) or troubles.general or troubles.by_case:
        return
    if any(op.fault is not None for op in history.sent):
        return
    for run, starts in _runs(book):
        missing = [it for it in due_cases(book, run) if not book.refreshes(it) and book.closed_us(it) is None]
        last_id, last = next(reversed(starts.items()))
        end_us, end_seq = (history.end_us, len(history.ops)) if missing else (last.at_us, last.sent_seq or 0)
        requests = sum(run.seq < op.seq <= end_seq for op in history.sent)
        allowed_us = requests * MINUTE_US * 3 // (2 * RATE) + GRACE_US
        if run.at_us + allowed_us > history.end_us:
            continue
        yield Trigger(run.at_us, f"a run with {len(starts) + len(missing)} healthy cases")
        if end_us - run.at_us > allowed_us:
            until = f"{len(missing)} were not begun, {missing[0]} among them" if missing else f"the last was {last_id}"
            yield Breach(
                end_us,
                f"the run at {at(history, run.at_us)} began {len(starts)} healthy cases in"
                f" {lasting(end_us - run.at_us)} with {requests} requests; {until}",
                f"within {lasting(allowed_us)}: one and a half times what {requests} requests take at {RATE} a minute,"
                " and ten minutes more",
                ops=(run, *book.evidence(last)),
            )


# --- RF-101 -----------------------------------------------------------------------------------------------------------


@clause(
    "RF-101", "MUST", "bounded concurrency", section=SECTION, needs=("bulk",), plans=concurrency_plans,
    source="inferred: the integrator's own declaration", weak_without=("reentrancy",),
    advice="Let every request take a place of a fixed number, whoever sends it: runs, clicks, events and timers.",
)  # fmt: skip
def open_requests_are_bounded(history: History) -> Iterator[Trigger | Breach]:
    """There are never more open requests than the integrator declares, however many calls come at once."""
    limit = history.manifest.count("concurrency")
    runs, most = history.calls("run_due"), max((op.open_requests for op in history.sent), default=0)
    if runs and (len(history.cases) > limit or most > 1):
        yield Trigger(runs[0].at_us, f"{len(runs)} runs over {len(history.cases)} cases, {most} requests open at most")
    for op in history.sent:
        if op.open_requests > limit:
            yield Breach(
                op.at_us,
                f"when {op.method} {op.path} was sent at {at(history, op.at_us)}, {op.open_requests} requests were open"
                f" at once (in this story up to {most}); the program's manifest declares {limit} at most (concurrency)",
                f"{limit} open requests at most: the next one waits until one of them is answered",
                ops=(op,),
            )
            return
