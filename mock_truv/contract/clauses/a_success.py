"""A. Success reaches the caseworker: shown in time, announced once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, is_fresh, prefill_orders
from mock_truv.contract.clauses.endings import within
from mock_truv.contract.plan import during, plan, request
from mock_truv.core.faults import Delay, Duplicate, Lose, Reorder
from mock_truv.core.scenario import PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.core.scenario import Scenario

SECTION = "A. Happy path and shape of the request"
SEEN_AT_ONCE = 20
"""Of stories with more cases than this it is not known when exactly a case began to be shown as it is."""


def _success_plans() -> tuple[Scenario, ...]:
    return (
        plan("One case, nothing goes wrong", lasts="2d"),
        plan("Every event comes three times", fault=Duplicate(copies=2, gap_seconds=60), lasts="2d"),
        plan("Every event comes again under a new id", fault=Duplicate(copies=2, gap_seconds=600, new_id=True),
             profile={"webhook_retry_id": "new"}, lasts="2d"),
        plan("A second cycle while the first one's data are there",
             driver=(request(), request("2d", cycle="cycle-2")), lasts="5d"),
        plan("Order events once per order, and the task's with its order", lasts="2d",
             profile={"order_events": "order", "task_event_order_id": True}),
        plan("Reads lag by a minute", profile={"order_read_lag_seconds": 60}, lasts="2d"),
        plan("Reports are read by link", profile={"report_place": "link"}, lasts="2d"),
        plan("Three employers", people=PersonRule(employers=3), lasts="2d"),
        plan("The last events are lost", fault=Lose(status="done"), lasts="3d"),
        plan("Events come out of order", fault=Reorder(order=(3, 1, 2)), lasts="3d"),
        plan("Events come an hour late for a while", fault=during(Delay(seconds=3600), lasting="2h"), lasts="3d"),
    )  # fmt: skip


@clause(
    "RF-06", "MUST", "success reaches the caseworker, once", section=SECTION, source="renewals page",
    plans=_success_plans, advice="Read the order when its end becomes known, show READY, and mark the order as shown.",
)  # fmt: skip
def success_is_shown_once(history: History) -> Iterator[Trigger | Breach]:
    """A completed refresh is shown READY with its data within B-PREFILL of when it can be known, and announced once."""
    book = Casebook.of(history)
    for case_id, facts in history.cases.items():
        for order in book.refreshes(case_id):
            complete = order.status == "completed" and all(part.status == "done" for part in order.parts)
            if not complete or order.closed_us is None or not book.is_known(order):
                continue
            if not set(facts.wanted) <= _done_keys(book, case_id, order):
                continue
            yield from _is_shown(book, case_id, order, order.closed_us)
            yield from _announced_twice(book, case_id, order, order.closed_us)


def _done_keys(book: Casebook, case_id: str, last: OrderFacts) -> set[str | None]:
    """Return the employers that were completed in the cycle of an order by its end."""
    return {
        part.key for order in book.refreshes(case_id) if book.cycle_of(order) == book.cycle_of(last)
        for part in order.parts if part.status == "done" and (part.ended_us or 0) <= (last.closed_us or 0)
    }  # fmt: skip


def _is_shown(book: Casebook, case_id: str, order: OrderFacts, closed_us: int) -> Iterator[Trigger | Breach]:
    history, cycle = book.history, book.cycle_of(order)
    siblings = {each.order_id for each in book.refreshes(case_id) if book.cycle_of(each) == cycle}
    bound = "B-LOSS" if book.events_lost else "B-PREFILL"
    due_us = book.until(closed_us, bound, extra_us=book.lag_us)
    over_us = book.cycle_ends_us(case_id, cycle, order.at_us)
    if due_us is not None and len(history.cases) > SEEN_AT_ONCE:
        due_us = history.end_us  # when exactly each was shown, nobody saw
    seen_us = history.end_us if due_us is None else due_us
    for shown in book.standing(case_id, closed_us, seen_us):
        view = shown.view
        if view.state in {"READY", "PARTIAL"} and is_fresh(view.prefill) and siblings & set(prefill_orders(view)):
            yield Trigger(closed_us, f"refresh {order.order_id} of {case_id} was completed")
            return
    if due_us is None or due_us > over_us or (due_us == over_us and over_us < history.end_us):
        return
    if book.waits_for_run(closed_us, due_us):
        return
    given_away = {"MANUAL", "BLOCKED", "CLOSED", "REAUTH_NEEDED", "REAUTH_SENT", "UNKNOWN_OUTCOME"}
    hindered = book.calm_us > order.at_us  # reads that fail may end with a caseworker
    if book.shown_in(case_id, given_away, order.at_us, due_us if hindered else closed_us - 1):
        return
    last = book.view_at(case_id, due_us)
    yield Trigger(closed_us, f"refresh {order.order_id} of {case_id} was completed")
    yield Breach(
        due_us,
        f"{case_id}: refresh {order.order_id} was completed at {at(history, closed_us)}; by {at(history, due_us)} "
        f"the case had not been shown READY with its data (it still shows {last.state if last else 'nothing'})",
        f"READY with the order's data within {within(book, bound)} of when the completion could be known",
        ops=(*book.evidence(order), *book.standing(case_id, due_us, due_us)),
    )


def _announced_twice(book: Casebook, case_id: str, order: OrderFacts, closed_us: int) -> Iterator[Breach]:
    """Yield a second announcement of one completed order; a rewrite with equal content is none."""
    over_us = book.cycle_ends_us(case_id, book.cycle_of(order), order.at_us)
    told = [
        op for op in book.messages(case_id)
        if op.kind == "announcement" and op.order_id == order.order_id and closed_us <= op.at_us < over_us
    ]  # fmt: skip
    if len(told) > 1 and len(order.parts) == 1 and not book.deaths:
        yield Breach(
            told[1].at_us,
            f"{case_id}: the completion of {order.order_id} was announced {len(told)} times, first at "
            f"{at(book.history, told[0].at_us)}, again at {at(book.history, told[1].at_us)}",
            "one announcement for one completed order",
            ops=tuple(told[:3]),
        )
    before, previous = 0, None
    for shown in book.views(case_id):
        named, count = prefill_orders(shown.view), (shown.view.prefill or {}).get("announced")
        if order.order_id in named and len(order.parts) == 1 and isinstance(count, int):
            if count > before + 1 and not book.deaths:
                yield Breach(
                    shown.at_us,
                    f"{case_id}: the data of {order.order_id} were announced {count - before} times by "
                    f"{at(book.history, shown.at_us)}",
                    "one announcement for one completed order",
                    ops=tuple(op for op in (previous, shown) if op is not None),
                )
                return
        elif isinstance(count, int):
            before = count
        previous = shown
