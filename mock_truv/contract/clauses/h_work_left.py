"""Work that a crash leaves behind, and work that nobody wants any more because the case was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.unknown_posts import asks_refresh, buys_again, case_of, is_unknown
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_POST, ORDER_READ, crash, down, person, plan, request, run_due
from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Called, Died, Sent
    from mock_truv.core.scenario import Scenario

SECTION = "H. Races, crashes, restarts"
SESSION_OVER = ConnectionRule(session_ends_after="29d")
AT_WORK = frozenset({"DUE", "REFRESHING", "RETRY_WAIT", "UNKNOWN_OUTCOME"})


# --- no orphan


def orphan_plans() -> tuple[Scenario, ...]:
    """Return: the program dies at each point of its work, for ten minutes, and what it missed is not told again."""
    silent = faults.Lose()

    def killed(title: str, rule: DriverRule, *more: DriverRule, **fields: Any) -> Scenario:
        return plan(title, fault=silent, driver=(request(), rule, *more), lasts="5d", **fields)

    return (
        killed("killed when the answer to the refresh came", crash("answered", lasting="10m", **ORDER_POST)),
        killed("killed before the refresh is asked for", crash("sending", lasting="10m", **ORDER_POST)),
        killed("killed with the refresh committed", crash("committed", lasting="10m", **ORDER_POST)),
        killed("killed while the refresh runs", DriverRule(do="crash", after="4s", lasting="10m")),
        killed("killed while the source order is read", crash("sending", lasting="10m", **ORDER_READ)),
        killed("killed when the end was read", crash("answered", nth=2, lasting="10m", **ORDER_READ)),
        killed("killed while a retry waits", DriverRule(do="crash", after="10m", lasting="10m"),
               provider=down("0s", "30m")),
        plan("killed when an event was acknowledged", lasts="5d",
             driver=(request(), crash("acknowledged", nth=4, lasting="10m"))),
        plan("killed while six cases are started", people=6, fault=silent, lasts="5d",
             driver=(request(cases=6), crash("committed", nth=3, lasting="10m", **ORDER_POST))),
        plan("killed three times, with six cases at work", people=PersonRule(count=6), fault=silent, lasts="5d",
             driver=(request(cases=6), crash("answered", nth=2, lasting="10m", **ORDER_POST),
                     crash("sending", nth=4, lasting="1m", **ORDER_POST), crash("answered", nth=9, **ORDER_READ))),
        plan("killed while a nightly run works", people=4, fault=silent, lasts="5d",
             driver=(run_due("0s", every="24h", times=3),
                     crash("committed", nth=2, lasting="10m", **ORDER_POST))),
    )  # fmt: skip


@clause("RF-91", "MUST", "No orphan", section=SECTION, plans=orphan_plans, needs=("core", "persist"),
        source="inferred: jobs and leases were seen to be left behind by workers that died",
        advice="Let claims die with the process (or lease them); at start, look at all that is not final.")  # fmt: skip
def work_is_taken_up_again(history: History) -> Iterator[Trigger | Breach]:
    """Whatever the integrator was at when it died is taken up again within B-STUCK, and done once."""
    book = Casebook.of(history)
    for death in book.deaths:
        if death.back_us is None or death.back_us > history.end_us:
            continue
        for case_id in history.cases:
            view = book.view_at(case_id, death.at_us)
            clicked = any(op.case_id is not None and op.seq < death.seq for op in book.asked(case_id))
            begun = any(order.at_us <= death.at_us for order in book.refreshes(case_id))
            at_work = (view is not None and view.state in AT_WORK) or ((clicked or begun) and _is_new(view))
            if not at_work or not (clicked or begun) or book.closed_us(case_id) is not None:
                continue
            yield Trigger(death.at_us, f"{case_id} was at work when the program was killed {death.where}")
            yield from _orphaned(book, case_id, death)
            yield from _done_twice(book, case_id, death)


def _is_new(view: object) -> bool:
    """Return whether a case has not been shown at work yet (its first work was cut short)."""
    return view is None or getattr(view, "state", None) == "IDLE"


def _orphaned(book: Casebook, case_id: str, death: Died) -> Iterator[Breach]:
    back_us = death.back_us or death.at_us
    due_us = book.until(back_us, "B-STUCK")
    if due_us is None or book.waits_for_run(back_us, due_us):
        return
    if any(op.seq > death.seq for op in book.asked(case_id)):
        return
    view = book.view_at(case_id, due_us)
    patient = book.history.manifest.policies.get("unknown_post") != "reconcile"
    waiting = (AT_WORK | {"IDLE"}) - ({"UNKNOWN_OUTCOME"} if patient else set())
    if view is None or view.state not in waiting:
        return
    if view.next_action_at is not None and view.state == "RETRY_WAIT":
        return
    if not any(back_us <= op.at_us <= due_us and _concerns(book, op, case_id) for op in book.requests.values()):
        yield Breach(
            due_us,
            f"{case_id} was being worked on when the program was killed at {at(book.history, death.at_us)}"
            f" ({death.when}); in the {lasting(due_us - back_us)} after its restart"
            f" ({at(book.history, back_us)}) nothing was sent for {case_id}, and it was still shown {view.state}",
            "At start, take up every case that is not final.",
            ops=(death,),
        )


def _concerns(book: Casebook, op: Sent, case_id: str) -> bool:
    orders = book.of_person(case_id)
    facts = book.history.cases[case_id]
    ids = {facts.order_id, *facts.links.values(), *(order.order_id for order in orders)}
    ids |= {part.task_id or "" for order in orders for part in order.parts}
    return bool(ids & set(op.path.split("/"))) or op.path.strip("/") == "v1/orders"


def _done_twice(book: Casebook, case_id: str, death: Died) -> Iterator[Breach]:
    for order in book.refreshes(case_id):
        op, again = book.request_of(order), buys_again(book, order)
        if op is None or again is None or op.seq > death.seq or again.at_us < (death.back_us or 0):
            continue
        if op.error is None and not is_unknown(op) and op.fault is None and op.ended_us < death.at_us:
            yield Breach(
                again.at_us,
                f"order {order.order_id} was made for {case_id} before the program was killed at"
                f" {at(book.history, death.at_us)}; after its restart it made order {again.order_id} too, at"
                f" {at(book.history, again.at_us)}",
                f"Go on with {order.order_id}.",
                ops=(op, death, *book.evidence(again)),
            )


# --- cancelled means cancelled


def closed_plans() -> tuple[Scenario, ...]:
    """Return: a case is closed in each state: running, waiting, unknown, with a link out, with requests open."""

    def closed(title: str, rule: DriverRule, *more: DriverRule, lasts: str = "4d", **fields: Any) -> Scenario:
        return plan(title, driver=(request(), rule, *more), lasts=lasts, **fields)

    def close_at(after: str) -> DriverRule:
        return DriverRule(do="close", after=after)

    slow_link = faults.Slow(**NEW_ORDER_POST, seconds=5.0)
    return (
        closed("closed while a link is out; the person completes all the same", close_at("1h"),
               person("completes", after="3h"), connection=SESSION_OVER),
        closed("closed while a retry waits", close_at("10m"), provider=down("0s", "30m")),
        closed("closed while the refresh runs", close_at("4s"), lasts="2d"),
        closed("closed while the order behind a link is made", DriverRule(do="close", at="sending", **NEW_ORDER_POST),
               connection=SESSION_OVER, fault=slow_link),
        closed("closed while the end is read", DriverRule(do="close", at="sending", nth=2, **ORDER_READ), lasts="2d",
               fault=faults.Slow(**ORDER_READ, seconds=3.0)),
        closed("closed while the refresh is asked for", DriverRule(do="close", at="committed", **ORDER_POST),
               lasts="2d", fault=faults.Slow(**ORDER_POST, seconds=5.0)),
        closed("closed with an unknown outcome", close_at("20s"), lasts="2d",
               fault=faults.Timeout(**ORDER_POST, commit=True, times=1)),
        closed("closed before an unknown outcome of nothing is settled", close_at("20s"), lasts="2d",
               fault=faults.Timeout(**ORDER_POST, times=1)),
        closed("closed at the limit", close_at("1h"), DriverRule(do="elsewhere", times=3),
               profile={"refresh_limit": 2}),
        closed("closed while a link is out; a nightly run comes", close_at("1h"),
               run_due("24h"), connection=SESSION_OVER),
        closed("closed with the login failure untold", close_at("30s"), connection=SESSION_OVER,
               fault=faults.Delay(seconds=120.0)),
    )  # fmt: skip


@clause("RF-92", "MUST", "Cancelled means cancelled", section=SECTION, plans=closed_plans, needs=("core", "close"),
        source="inferred: consent ends with the case; manage orders page: an order's link can be canceled",
        advice="Check the case's state in the write that sends or fills in; cancel its open link order.")  # fmt: skip
def closed_stays_closed(history: History) -> Iterator[Trigger | Breach]:
    """After a case is closed nothing is asked for it, nobody is contacted, nothing filled in; its link is withdrawn."""
    book = Casebook.of(history)
    for case_id in history.cases:
        closing = next(iter(history.calls("close_case", case_id)), None)
        if closing is None:
            continue
        again = [op.at_us for op in book.asked(case_id) if op.case_id is not None and op.seq > closing.seq]
        until_us = min([*again, history.end_us])
        yield Trigger(closing.at_us, f"{case_id} was closed")
        yield from _asked_for(book, case_id, closing, until_us)
        yield from _contacted(book, case_id, closing, until_us)
        yield from _filled_in(book, case_id, closing, until_us)
        if not again:
            yield from _left_out(book, case_id, closing)


def _asked_for(book: Casebook, case_id: str, closing: Called, until_us: int) -> Iterator[Breach]:
    for op in book.requests.values():
        if not closing.at_us < op.at_us <= until_us or not (asks_refresh(op) or op.is_new_order):
            continue
        alone = book.kin(case_id) == {case_id}
        if case_of(book, op) == case_id and (asks_refresh(op) or alone):
            what = "a refresh" if asks_refresh(op) else "an order for a new login"
            yield Breach(
                op.at_us,
                f"{case_id} was closed at {at(book.history, closing.at_us)}; {lasting(op.at_us - closing.at_us)} later"
                f" the program asked for {what} (POST {op.path})",
                "Nothing more for a closed case.",
                ops=(closing, op),
            )
            return


def _contacted(book: Casebook, case_id: str, closing: Called, until_us: int) -> Iterator[Breach]:
    for message in book.messages(case_id):
        sent_us = min(message.sent_us or message.at_us, message.at_us)
        if message.kind in {"link", "reminder"} and closing.at_us < sent_us <= until_us:
            yield Breach(
                message.at_us,
                f"{case_id} was closed at {at(book.history, closing.at_us)}; {lasting(sent_us - closing.at_us)} later"
                f" its person {message.person_ref} was sent a {message.kind}",
                "Check that the case is open in the same write that sends.",
                ops=(closing, message),
            )
            return


def _filled_in(book: Casebook, case_id: str, closing: Called, until_us: int) -> Iterator[Breach]:
    views = book.views(case_id)
    before = [op.view.prefill for op in views if op.at_us <= closing.at_us]
    known = before[-1] if before else None
    for op in views:
        prefill = op.view.prefill
        if not closing.at_us < op.at_us <= until_us or not prefill or prefill == known:
            continue
        if known is None or prefill.get("order_id") != known.get("order_id"):
            yield Breach(
                op.at_us,
                f"{case_id} was closed at {at(book.history, closing.at_us)}; {lasting(op.at_us - closing.at_us)} later"
                f" it was shown with the data of order {prefill.get('order_id')}",
                "Drop what arrives for a closed case.",
                ops=(closing, op),
            )
            return


def _left_out(book: Casebook, case_id: str, closing: Called) -> Iterator[Breach]:
    """Yield a breach for a link that was not withdrawn although nobody else waited for it."""
    for order in book.link_orders(case_id):
        due_us = book.until(max(closing.at_us, order.at_us), "B-LOSS")
        if due_us is None or set(order.case_ids) != {case_id} or not _was_left(book, order, closing, due_us):
            continue
        cancels = [op for op in book.requests.values() if op.order_id == order.order_id and "/cancel" in op.path]
        sent = any(message.order_id == order.order_id for message in book.messages(case_id))
        if sent and not cancels:
            yield Breach(
                due_us,
                f"{case_id} was closed at {at(book.history, closing.at_us)} while the link of order {order.order_id}"
                f" was out; {lasting(due_us - closing.at_us)} later nothing had been done to withdraw it",
                "Cancel its order.",
                ops=(closing, *book.evidence(order)),
            )
            return


def _was_left(book: Casebook, order: OrderFacts, closing: Called, due_us: int) -> bool:
    """Return whether an order was open at the closing and stayed so until ``due_us``, or longer than it lived."""
    ended = [each for each in (order.canceled_us, order.closed_us) if each is not None]
    lived_us = min([*ended, order.expires_us])
    return book.is_known(order) and order.at_us <= closing.at_us and lived_us > due_us
