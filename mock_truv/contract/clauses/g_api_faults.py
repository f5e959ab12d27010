"""Faults of the API, first part: requests that make orders, when their answer is lost, broken or a refusal."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.unknown_posts import (
    asks_refresh,
    case_of,
    is_broken_success,
    left_lying,
    settled,
    unknown_posts,
)
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_POST, ORDER_READ, during, plan, request
from mock_truv.core import faults
from mock_truv.core.scenario import ConnectionRule, DriverRule, PersonRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.clauses.unknown_posts import UnknownPost
    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Sent
    from mock_truv.core.scenario import Scenario

SECTION = "G. Faults of the API"
PERMANENT = frozenset({400, 404, 405, 410, 415})
"""Answers that stay the same however often the request is repeated."""
TRIES_MAX = 2
"""A permanent refusal is heard so often at most."""
SESSION_OVER = ConnectionRule(session_ends_after="29d")
SECOND_CYCLE = (request(), request(after="30h", cycle="cycle-2"))


def unknown_plans() -> tuple[Scenario, ...]:
    """Return: the answer is lost after the commit; events, list and older siblings vary."""
    lost = faults.Timeout(**ORDER_POST, commit=True, times=1)
    second = faults.Timeout(**ORDER_POST, commit=True, nth=(2,))
    silent = faults.Lose()
    absent = {"order_list": "absent"}
    return (
        plan("the answer is lost after the commit, and so are the events", fault=(lost, silent), lasts="1d"),
        plan("the answer is lost after the commit", fault=lost, lasts="1d"),
        plan("the same; the list lags by a minute", fault=(lost, silent), lasts="1d",
             profile={"order_list_lag_seconds": 60}),
        plan("the same; there is no list, events come", fault=lost, profile=absent, lasts="1d"),
        plan("the same; there is no list and no event", fault=(lost, silent), profile=absent, lasts="4d"),
        plan("the same in a second cycle", fault=(second, silent), driver=SECOND_CYCLE, lasts="3d"),
        plan("the same in a second cycle, with an order of another system", lasts="3d",
             fault=(faults.Timeout(**ORDER_POST, commit=True, nth=(3,)), silent),
             driver=(*SECOND_CYCLE, DriverRule(do="elsewhere", after="3h"))),
        plan("nothing happened in the second cycle; older orders have the same number", lasts="3d",
             people=PersonRule(order_number="HH-1"), fault=(faults.Timeout(**ORDER_POST, nth=(3,)), silent),
             driver=(*SECOND_CYCLE, DriverRule(do="elsewhere", after="3h"))),
        plan("the answer for a new login's order is lost", connection=SESSION_OVER, lasts="2d",
             fault=(faults.Timeout(**NEW_ORDER_POST, commit=True, times=1), faults.Lose(event_type="order-created"))),
        plan("the answer is lost after the commit, reads lag", fault=lost, lasts="1d",
             profile={"order_read_lag_seconds": 60}),
    )  # fmt: skip


@clause("RF-70", "MUST", "An unknown outcome is settled before a repeat", section=SECTION, plans=unknown_plans,
        source="inferred: no idempotency key is documented and every refresh is billed (refresh object)",
        advice="Write the attempt down before sending; after a lost answer read the list, your events and the source "
               "order for an order made since; repeat after 2 min at the earliest.")  # fmt: skip
def unknown_is_settled(history: History) -> Iterator[Trigger | Breach]:
    """When nobody knows whether a request made an order, the integrator looks for that order and takes it over.

    It repeats the request after two minutes at the earliest, and only if nothing is found, or hands the case over.
    """
    book = Casebook.of(history)
    yield from settled(book, lambda _: True)


def nothing_happened_plans() -> tuple[Scenario, ...]:
    """Return: the answer is lost, and nothing had happened."""
    return (
        plan("the request never arrives", fault=faults.Timeout(**ORDER_POST, times=1), lasts="4d"),
        plan("the same, without a list", fault=faults.Timeout(**ORDER_POST, times=1), lasts="4d",
             profile={"order_list": "absent"}),
        plan("the connection breaks twice", fault=faults.Reset(**ORDER_POST, times=2), lasts="5d"),
        plan("a proxy answers instead", fault=faults.Html(**ORDER_POST, status=502, times=1), lasts="4d"),
    )  # fmt: skip


@clause("RF-71", "MUST", "A POST that did not happen is repeated", section=SECTION, plans=nothing_happened_plans,
        source="inferred from the same; a due case is to be refreshed (renewals page)",
        advice="Arm a timer with the attempt; if it finds no order, ask again or show it to a person.")  # fmt: skip
def lost_request_is_repeated(history: History) -> Iterator[Trigger | Breach]:
    """A refresh whose request never reached Truv is asked for again within B-STUCK, or a person gets the case."""
    book = Casebook.of(history)
    for post, _ in unknown_posts(book):
        if post.made is not None or post.op.committed or not asks_refresh(post.op):
            continue
        yield Trigger(post.op.ended_us, post.story)
        yield from left_lying(book, post, post.op.ended_us)


def broken_success_plans() -> tuple[Scenario, ...]:
    """Return: the order is made, and the answer is broken in one way after the other."""
    broken: dict[str, faults.Fault] = {
        "the answer has no body": faults.Empty(**ORDER_POST, times=1),
        "the connection breaks": faults.Reset(**ORDER_POST, commit=True, times=1),
        "half the answer comes": faults.Truncated(**ORDER_POST, times=1),
        "a proxy says 200 in HTML": faults.Html(**ORDER_POST, status=200, commit=True, times=1),
        "a proxy says 502 in HTML": faults.Html(**ORDER_POST, status=502, commit=True, times=1),
    }
    plain = [plan(f"{title} after the commit, events lost", fault=(fault, faults.Lose()), lasts="1d")
             for title, fault in broken.items()]  # fmt: skip
    return (
        *plain,
        plan("no body after the commit; the list lags", fault=(broken["the answer has no body"], faults.Lose()),
             profile={"order_list_lag_seconds": 60}, lasts="1d"),
        plan("no body for a new login's order", connection=SESSION_OVER, lasts="2d",
             fault=faults.Empty(**NEW_ORDER_POST, times=1)),
    )  # fmt: skip


@clause("RF-73", "MUST", "Broken success body is an unknown outcome", section=SECTION, plans=broken_success_plans,
        source="observed with other services: success answers cut off or replaced by a proxy's page",
        advice="Judge a POST by the id in its body; without one, look for the order as after a timeout.")  # fmt: skip
def broken_success_is_unknown(history: History) -> Iterator[Trigger | Breach]:
    """An order whose answer is cut off, empty or a proxy's page was perhaps made: it is looked for, not repeated."""
    book = Casebook.of(history)

    def is_broken(post: UnknownPost) -> bool:
        html = (post.op.status or 0) >= 500 and post.op.fault == "html"
        return html or post.op.error in {"cut", "reset"} or is_broken_success(post.op)

    yield from settled(book, is_broken)


def refused_plans() -> tuple[Scenario, ...]:
    """Return: requests and reads are refused for good, one status after the other."""
    refusals = [
        plan(f"the refresh is refused with {status}", fault=faults.Status(**ORDER_POST, status=status), lasts="5d")
        for status in (400, 404, 405, 410, 415)
    ]
    return (
        *refusals,
        plan("every read of the new order says 404", lasts="5d",
             fault=during(faults.Status(**ORDER_READ, status=404), after="5s")),
        plan("every read of the source order says 404", fault=faults.Status(**ORDER_READ, status=404), lasts="5d"),
        plan("the refresh is refused with 400 and no body", lasts="5d",
             fault=faults.Status(**ORDER_POST, status=400, body="empty")),
        plan("a new login's order is refused", connection=SESSION_OVER, lasts="5d",
             fault=faults.Status(**NEW_ORDER_POST, status=400)),
        plan("two cases, each refused", people=2, fault=faults.Status(**ORDER_POST, status=404), lasts="5d"),
    )  # fmt: skip


@clause("RF-76", "MUST", "Permanent refusals are not hammered", section=SECTION, plans=refused_plans,
        source="errors page: these codes say that the request itself is wrong",
        advice="Count refusals by request; after the second one show the case as MANUAL with the code as its "
               "reason.")  # fmt: skip
def refusals_end(history: History) -> Iterator[Trigger | Breach]:
    """A request that Truv refuses for good is sent once more at most; then a caseworker sees it.

    Nobody is contacted because of it.
    """
    book = Casebook.of(history)
    prompts = _prompts(book)
    refused: dict[tuple[str, str, str, str | None], list[Sent]] = {}
    for op in book.requests.values():
        case_id = _concerned(book, op)
        key = (case_id or "", op.method, op.path, repr(op.body) if op.is_new_order else None)
        if not _is_refusal(op):
            refused.pop(key, None)
            continue
        before = refused.setdefault(key, [])
        asked = [each.seq for each in book.asked(case_id or "")]
        if before and (_any_between(prompts, before[-1], op) or _any_between(asked, before[-1], op)):
            before.clear()
        before.append(op)
        yield Trigger(op.at_us, f"{op.method} {op.path} was refused with {op.status}")
        if len(before) == TRIES_MAX + 1:
            tries = ", ".join(f"{it.status} at {at(history, it.at_us)}" for it in before)
            whose = f" for {case_id}" if case_id else ""
            yield Breach(
                op.at_us,
                f"{op.method} {op.path}{whose} was refused and sent again unchanged: {tries}",
                f"Repeat it once at most, then show {case_id or 'the case'} as MANUAL with the code as its reason.",
                ops=tuple(before),
            )
    yield from _contacts_after_refusal(book, [op for ops in refused.values() for op in ops if asks_refresh(op)])
    yield from _unseen_refusals(book)


def _is_refusal(op: Sent) -> bool:
    """Return whether an answer refuses for good; limits, missing lists and reports that are not there yet do not."""
    if op.status not in PERMANENT or "limit" in str(op.answer).lower():
        return False
    parts = op.path.strip("/").split("/")
    return parts[:2] == ["v1", "orders"] and (len(parts) == 3 or (len(parts) == 2 and op.method == "POST"))


def _concerned(book: Casebook, op: Sent) -> str | None:
    return case_of(book, op) if op.order_id is not None or op.is_new_order else None


def _prompts(book: Casebook) -> list[int]:
    """Return the ``seq`` of what may make any program look again: genuine events that it took, and its own starts."""
    news = [hook.seq for hook in book.hooks if hook.forgery is None and (hook.status or 500) < 300]
    return sorted(news + [each.seq for each in book.history.calls("start")])


def _any_between(seqs: list[int], before: Sent, op: Sent) -> bool:
    place = bisect_right(seqs, before.seq)
    return place < len(seqs) and seqs[place] < op.seq


def _contacts_after_refusal(book: Casebook, refusals: list[Sent]) -> Iterator[Breach]:
    for op in refusals:
        case_id = _concerned(book, op)
        if case_id is None:
            continue
        for at_us, what, proof in book.contacts(case_id, op.at_us - 1, book.history.end_us):
            if not book.excuses_contact(case_id, at_us, {"done"}):
                yield Breach(
                    at_us,
                    f"POST {op.path} was refused with {op.status} at {at(book.history, op.at_us)}; the program then"
                    f" {what} for {case_id}, although no login had failed",
                    "Show it to a caseworker; the person cannot mend a refused request.",
                    ops=(op, *([proof] if proof is not None else [])),
                )
                return


def _unseen_refusals(book: Casebook) -> Iterator[Breach]:
    """Yield a breach for a case whose last request was refused for good and which nobody gets to see."""
    last: dict[str, Sent] = {}
    for op in book.requests.values():
        case_id = _concerned(book, op)
        if case_id is not None:
            last[case_id] = op
    for case_id, op in last.items():
        due_us = book.until(op.ended_us, "B-STUCK")
        if not _is_refusal(op) or due_us is None or _moved_on(book, case_id, op):
            continue
        view = book.view_at(case_id, due_us)
        if view is not None and view.state in {"DUE", "REFRESHING", "RETRY_WAIT", "UNKNOWN_OUTCOME"}:
            yield Breach(
                due_us,
                f"{op.method} {op.path} for {case_id} was refused with {op.status} at {at(book.history, op.ended_us)};"
                f" {lasting(due_us - op.ended_us)} later, with nothing sent for it since, {case_id} was still shown"
                f" {view.state}",
                f"Show {case_id} as MANUAL with the code as its reason.",
                ops=(op,),
            )


def _moved_on(book: Casebook, case_id: str, op: Sent) -> bool:
    """Return whether the case is closed or asked for since, or orders of its person are under way."""
    orders: list[OrderFacts] = book.of_person(case_id)
    return (
        book.closed_us(case_id) is not None
        or not book.asked(case_id)
        or any(each.seq > op.seq for each in book.asked(case_id))
        or any(order.at_us >= op.at_us for order in orders)
        or book.waits_for_run(op.at_us, book.history.end_us)
    )
