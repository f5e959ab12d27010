"""A. Happy path: one refresh, read by its new id, shown when it is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, first_done_us, is_fresh, prefill_orders
from mock_truv.contract.plan import down, plan, request
from mock_truv.core.faults import Lose
from mock_truv.core.scenario import PersonRule, ProviderRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Called, Shown
    from mock_truv.core.scenario import Scenario

SECTION = "A. Happy path and shape of the request"
AT_REST = frozenset({"IDLE", "DUE", "READY"})
"""States in which no refresh is under way."""
NOT_BEGUN = AT_REST | {"REFRESHING"}
"""States that, without any refresh, tell nobody that something is wrong."""


# --- RF-01 ------------------------------------------------------------------------------------------------------------


def _once_plans() -> tuple[Scenario, ...]:
    return (
        plan("One case, nothing goes wrong", lasts="4d"),
        plan("Three clicks on the same case, an hour apart", driver=request(every="1h", times=3), lasts="4d"),
        plan("Three clicks in a row", driver=request(times=3), lasts="4d"),
        plan("A click while the first refresh runs", provider=ProviderRule(id="truv_api", task_seconds=14_400),
             driver=request(every="1h", times=3), lasts="4d"),
        plan("Two cycles, two days apart", driver=(request(), request("2d", cycle="cycle-2")), lasts="6d"),
        plan("Three clicks; billed when done", driver=request(every="1h", times=3),
             profile={"billing": "done", "order_events": "order"}, lasts="4d"),
        plan("Two cases of one household", people=PersonRule(count=2, household=True), lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-01", "MUST", "one refresh per case and cycle", section=SECTION,
    source="refresh object: every refresh task is a verification of its own, and billed", plans=_once_plans,
    advice="Keep per case and cycle whether a refresh is under way or done, and look there before each POST.",
)  # fmt: skip
def one_refresh_per_cycle(history: History) -> Iterator[Trigger | Breach]:
    """A case that is due leads to one refresh in its cycle as long as nothing fails, however often it is asked for."""
    book = Casebook.of(history)
    for case_id in history.cases:
        clicks = [op for op in book.asked(case_id) if op.case_id == case_id]
        for cycle in dict.fromkeys(op.cycle for op in clicks):
            first = next(op for op in clicks if op.cycle == cycle)
            yield Trigger(first.at_us, f"a refresh of {case_id} was asked for in {cycle}")
            yield from _never_begun(book, case_id, first)
        yield from _bought_twice(book, case_id)


def _bought_twice(book: Casebook, case_id: str) -> Iterator[Trigger | Breach]:
    """Yield refreshes made while an earlier one of the same cycle and connection ran or had succeeded."""
    orders = book.refreshes(case_id)
    stuck_us = book.history.manifest.bound_us("B-STUCK")
    silent = book.events_lost or bool(book.calm_us > book.history.start_us)
    for number, later in enumerate(orders):
        for earlier in orders[:number]:
            if not book.is_known(earlier) or book.cycle_of(earlier) != book.cycle_of(later):
                continue
            shared = {part.link_id for part in earlier.parts} & {part.link_id for part in later.parts}
            failed = any(
                part.status not in {None, "done"} and (part.ended_us or 0) <= later.at_us for part in earlier.parts
            )
            died = any(earlier.at_us <= death.at_us <= later.at_us for death in book.deaths)
            given_up = silent and later.at_us - earlier.at_us >= stuck_us
            if not shared or failed or died or given_up or (earlier.canceled_us or later.at_us) < later.at_us:
                continue
            how = "had succeeded" if (earlier.closed_us or later.at_us + 1) <= later.at_us else "was still running"
            yield Breach(
                later.at_us,
                f"{case_id}: at {at(book.history, later.at_us)} refresh {later.order_id} was bought although "
                f"refresh {earlier.order_id} of the same cycle ({at(book.history, earlier.at_us)}) {how}",
                "no further POST: the refresh under way, or its result, serves every further wish in that cycle",
                ops=book.evidence(earlier, later),
            )
            break


def _never_begun(book: Casebook, case_id: str, click: Called) -> Iterator[Breach]:
    """Yield the wish for a refresh that came to nothing, and of which nobody is told."""
    history, manifest = book.history, book.history.manifest
    due_us = book.until(click.at_us, "B-STUCK")
    if due_us is None or due_us >= book.cycle_ends_us(case_id, click.cycle, click.at_us):
        return
    if (book.closed_us(case_id) or due_us) < due_us or manifest.counts.get("budget_per_day"):
        return
    before = book.view_at(case_id, click.at_us - 1)
    if before is not None and before.state not in AT_REST:
        return  # finishing or relabelling the work of the cycle before is right, too
    now = book.view_at(case_id, click.at_us)
    if now is not None and now.state not in AT_REST and now.cycle not in {None, click.cycle}:
        return  # the same: while the program was down, nobody saw how far it was
    for order in (each for kin in book.kin(case_id) for each in book.refreshes(kin)):
        if order.at_us >= click.at_us or order.closed_us is None or order.closed_us >= click.at_us:
            return
        if book.cycle_of(order) == click.cycle:
            return  # a run had begun that cycle before
    if any((each.closed_us or each.at_us) >= click.at_us for each in book.link_orders(case_id)):
        return  # a login brings the data, too
    view = book.view_at(case_id, due_us)
    if view is None or view.state not in NOT_BEGUN or (view.state == "DUE" and manifest.has("bulk")):
        return
    yield Breach(
        due_us,
        f"{case_id}: a refresh was asked for at {at(history, click.at_us)} in {click.cycle}; by "
        f"{at(history, due_us)} none was made, and the case shows {view.state}",
        "one POST to the source order, or a state from which somebody sees that there is none",
        ops=(click,),
    )


# --- RF-02 ------------------------------------------------------------------------------------------------------------


def _new_id_plans() -> tuple[Scenario, ...]:
    return (
        plan("The new report differs from the old one", people=PersonRule(connected_ago="90d"), lasts="2d"),
        plan("A refresh that takes hours, while the original stays complete",
             provider=ProviderRule(id="truv_api", task_seconds=14_400), lasts="2d"),
        plan("Employer ids are those of the original", people=PersonRule(employers=2), lasts="2d",
             profile={"employer_ids": "equal"}),
        plan("Events name the order", profile={"task_event_order_id": True}, lasts="2d"),
        plan("Reports are read by link", profile={"report_place": "link"}, lasts="2d"),
        plan("All events are lost", fault=Lose(), lasts="3d"),
        plan("A second cycle", driver=(request(), request("2d", cycle="cycle-2")), lasts="4d"),
        plan("A retry has a third id", provider=down("0s", "20m"), lasts="3d"),
    )  # fmt: skip


@clause(
    "RF-02", "MUST", "the new id is used from then on", section=SECTION,
    source="renewals page and data refresh: a refresh is a new order, the original is never updated",
    plans=_new_id_plans,
    advice="Store the id that the POST answers and read that order; the original's id is for the next POST alone.",
)  # fmt: skip
def new_id_is_used(history: History) -> Iterator[Trigger | Breach]:
    """Once the POST is answered, the case works with the new order: it is the active one, and data are its own."""
    book = Casebook.of(history)
    for case_id in history.cases:
        orders = book.refreshes(case_id)
        for number, order in enumerate(orders):
            op = book.request_of(order)
            if op is None or not book.is_known(order):
                continue
            yield Trigger(order.at_us, f"refresh {order.order_id} of {case_id} was made")
            cycle = book.cycle_of(order)
            until_us = book.cycle_ends_us(case_id, cycle, order.at_us)
            if number + 1 < len(orders):
                until_us = min(until_us, orders[number + 1].at_us)
            for shown in book.views(case_id):
                if shown.seq < op.seq or not op.ended_us <= shown.at_us < until_us or shown.view.cycle != cycle:
                    continue
                wrong = _uses_original(book, order, op.order_id or order.source_id, shown)
                if wrong:
                    yield Breach(
                        shown.at_us,
                        f"{case_id}: refresh {order.order_id} was made from {op.order_id} at "
                        f"{at(history, order.at_us)}, but at {at(history, shown.at_us)} the case is shown with {wrong}",
                        f"{order.order_id} as active_order_id, and then its data; {op.order_id} will never change",
                        ops=(op, shown),
                    )
                    break


def _uses_original(book: Casebook, order: OrderFacts, original: str | None, shown: Shown) -> str | None:
    """Return how a showing takes the original for the refresh; None: it does not."""
    view, known = shown.view, book.orders.get(original or "")
    final = known is None or (known.closed_us is not None and known.closed_us <= shown.at_us)
    if view.state == "REFRESHING" and final and view.active_order_id == original:
        return f"{original}, the original, as active_order_id"
    done = order.status == "completed" and (order.closed_us or shown.at_us + 1) <= shown.at_us
    named = prefill_orders(view)
    if view.state == "READY" and is_fresh(view.prefill) and done and set(named) == {original}:
        return f"a prefill made from {original}, the original"
    return None


# --- RF-05 ------------------------------------------------------------------------------------------------------------


def _evidence_plans() -> tuple[Scenario, ...]:
    slow = ProviderRule(id="truv_api", task_seconds=57_600)
    return (
        plan("Every status of the task lasts two hours or more", provider=slow, lasts="3d"),
        plan("The same, read by link: the report there is the old one until the end", provider=slow,
             profile={"report_place": "link"}, lasts="3d"),
        plan("The same, with order events only once per order", provider=slow,
             profile={"order_events": "order", "task_event_order_id": True}, lasts="3d"),
        plan("The same, with all events lost", provider=slow, fault=Lose(), lasts="3d"),
        plan("The second cycle is slow, and the first one's data are there",
             provider=ProviderRule(id="truv_api", task_seconds=14_400),
             driver=(request(), request("1d", cycle="cycle-2")), lasts="3d"),
        plan("Order reads lag by a minute", profile={"order_read_lag_seconds": 60}, lasts="2d"),
        plan("The provider goes down after the login", provider=(slow, down("7h", "1h")), lasts="4d"),
    )  # fmt: skip


@clause(
    "RF-05", "MUST", "prefill only when the new order is complete", section=SECTION,
    source="tasks lifecycle; orders object", plans=_evidence_plans,
    advice="Fill in only when a read of the new order shows it completed; parse, full_parse and 201 are not that.",
)  # fmt: skip
def prefill_needs_completion(history: History) -> Iterator[Trigger | Breach]:
    """No data are shown as this cycle's before Truv completed the new order; acceptance and progress are not enough."""
    book = Casebook.of(history)
    for case_id in history.cases:
        for order in book.refreshes(case_id):
            if book.shown_in(case_id, NOT_BEGUN, order.at_us, first_done_us(order) or history.end_us):
                yield Trigger(order.at_us, f"refresh {order.order_id} of {case_id} was open")
        said = set[str]()
        for shown in book.views(case_id):
            wrong = _too_early(book, case_id, shown)
            if wrong and wrong not in said:
                said.add(wrong)
                yield Breach(
                    shown.at_us,
                    f"{case_id} was shown {shown.view.state} with fresh data at {at(history, shown.at_us)}; {wrong}",
                    "nothing, or the earlier data marked stale, until the new order is completed",
                    ops=(*book.evidence(*book.refreshes(case_id)[-2:]), shown),
                )


def _too_early(book: Casebook, case_id: str, shown: Shown) -> str | None:
    """Return why fresh data came too early; None: they did not."""
    view = shown.view
    if not is_fresh(view.prefill):
        return None
    for named in prefill_orders(view):
        order = book.orders.get(named)
        if order is None or order.case_id != case_id:
            continue
        done_us = first_done_us(order)
        if done_us is None or done_us > shown.at_us:
            when = f"was completed at {at(book.history, done_us)} only" if done_us else "had not been completed"
            return f"order {named} {when}"
    asked = next((op for op in book.asked(case_id) if op.cycle == view.cycle), None)
    if view.state != "READY" or asked is None or shown.seq < asked.seq:
        return None
    before = book.view_at(case_id, asked.at_us - 1)
    if before is not None and before.state not in {"IDLE", "READY", "DUE"}:
        return None  # a cycle at work may be relabelled
    begun = [order.at_us for order in book.refreshes(case_id) if order.at_us <= asked.at_us]
    if begun and any(begun[-1] <= death.at_us <= asked.at_us for death in book.deaths):
        return None  # killed at work, it had not even shown that it was at work
    ended = [part.ended_us or 0 for order in book.of_person(case_id) for part in order.parts if part.status == "done"]
    if any(asked.at_us <= ended_us <= shown.at_us for ended_us in ended):
        return None
    if book.was_read(case_id, asked.at_us, shown.at_us):
        return None
    return f"no order was completed since {view.cycle} was asked for at {at(book.history, asked.at_us)}"
