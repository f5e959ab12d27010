"""Races: events before the answer, events and polls at once, several triggers at once, a crash at the request."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.common import Casebook, at, lasting
from mock_truv.contract.clauses.unknown_posts import (
    asks_refresh,
    bought_twice,
    buys_again,
    is_unknown,
    left_lying,
    unknown_posts,
    wrong_order,
)
from mock_truv.contract.plan import ORDER_POST, ORDER_READ, crash, down, during, plan, request, run_due
from mock_truv.core import faults
from mock_truv.core.instants import MINUTE_US, SECOND_US
from mock_truv.core.scenario import ConnectionRule, DriverRule, ProviderRule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Hook, Op, Sent
    from mock_truv.core.scenario import Scenario

SECTION = "H. Races, crashes, restarts"
SESSION_OVER = ConnectionRule(session_ends_after="29d")
TOGETHER_US = 10 * MINUTE_US
"""Two effects of one cause come so close after each other; later ones have causes of their own."""
UNSETTLED = frozenset({"IDLE", "DUE", "REFRESHING", "UNKNOWN_OUTCOME"})


def is_about(hook: Hook, order: OrderFacts) -> bool:
    """Return whether a genuine event tells of an order or of its tasks."""
    tasks = {part.task_id for part in order.parts}
    named = hook.event.get("order_id") == order.order_id or hook.event.get("task_id") in tasks
    return named and hook.forgery is None


# --- an event before the answer


def early_plans() -> tuple[Scenario, ...]:
    """Return: the refresh ends, and all events come, while the request for it is still open."""
    fast = ProviderRule(id="truv_api", task_seconds=2)
    slow = faults.Slow(**ORDER_POST, seconds=5.0, times=1)
    return (
        plan("all events come before the answer", provider=fast, fault=slow, lasts="2d"),
        plan("a login failure comes before the answer", provider=fast, fault=slow, lasts="3d",
             connection=SESSION_OVER),
        plan("all events come and the answer never does", provider=fast, lasts="2d",
             fault=faults.Timeout(**ORDER_POST, commit=True, times=1), profile={"order_list": "absent"}),
        plan("all events come early and name the order", provider=fast, fault=slow, lasts="2d",
             profile={"task_event_order_id": True, "order_events": "order"}),
        plan("all events come early, reads fail for a minute", provider=fast, lasts="2d",
             fault=(slow, during(faults.Status(**ORDER_READ, status=503), after="1s", lasting="1m"))),
        plan("the provider is down: told before the answer", provider=(fast, down("0s", "2h")), fault=slow, lasts="3d"),
    )  # fmt: skip


@clause("RF-85", "MUST", "Event before the POST response", section=SECTION, plans=early_plans,
        needs=("core", "webhook"), source="observed with other services: events overtake the answer",
        advice="Keep events that match nothing yet; look at them again once the answer brought the id.")  # fmt: skip
def early_events_count(history: History) -> Iterator[Trigger | Breach]:
    """Events that arrive before the answer to the refresh request are not lost: the case comes to its right end.

    No second refresh is made for it.
    """
    book = Casebook.of(history)
    for order in history.refreshes():
        op = book.request_of(order)
        early = op is not None and _told_early(book, order, op)
        if op is None or not early or order.case_id is None:
            continue
        yield Trigger(op.ended_us, f"{order.order_id} ended before its request was answered")
        yield from _forgotten(book, order, op)
        again = buys_again(book, order)
        if again is not None and not is_unknown(op) and op.error is None:
            yield Breach(
                again.at_us,
                f"order {order.order_id} of {order.case_id} ended while its request (of {at(history, op.at_us)}) was"
                f" open; when the answer had come, order {again.order_id} was made too, at {at(history, again.at_us)}",
                "Use the order that the answer names.",
                ops=(op, *book.evidence(again)),
            )


def _told_early(book: Casebook, order: OrderFacts, op: Sent) -> bool:
    ended_us = [part.ended_us for part in order.parts]
    if any(each is None or each >= op.ended_us for each in ended_us):
        return False
    return any(op.seq < hook.seq and hook.at_us <= op.ended_us + SECOND_US and is_about(hook, order)
               for hook in book.hooks)  # fmt: skip


def _forgotten(book: Casebook, order: OrderFacts, op: Sent) -> Iterator[Breach]:
    """Yield a breach if a case did not come to the end that its order has."""
    case_id = order.case_id or ""
    facts, due_us = book.history.cases.get(case_id), book.until(op.ended_us, "B-LOSS")
    if facts is None or due_us is None or len(facts.wanted) != 1 or _went_on(book, order):
        return
    view = book.view_at(case_id, due_us)
    ended = {part.status for part in order.parts}
    if view is None or is_unknown(op) or op.error is not None:
        wrong = view is not None and view.state in UNSETTLED - {"UNKNOWN_OUTCOME"}
    elif ended == {"done"} and not _other_trouble(book, op):
        wrong = view.state != "READY"
    else:
        wrong = view.state in UNSETTLED
    if view is not None and wrong:
        yield Breach(
            due_us,
            f"order {order.order_id} of {case_id} ended in {', '.join(sorted(map(str, ended)))}, and its events came,"
            f" before its request was answered (sent {at(book.history, op.at_us)}, answered"
            f" {at(book.history, op.ended_us)}); {lasting(due_us - op.ended_us)} after the answer {case_id} was still"
            f" shown {view.state}",
            "Keep early events, or read the order once its id is known.",
            ops=(op,),
        )


def _other_trouble(book: Casebook, op: Sent) -> bool:
    return any(it.seq > op.seq and (it.error is not None or (it.status or 0) >= 400) for it in book.requests.values())


def _went_on(book: Casebook, order: OrderFacts) -> bool:
    """Return whether a case was closed, asked for anew, or has later orders."""
    case_id = order.case_id or ""
    return (
        book.closed_us(case_id) is not None
        or any(each.seq > (order.sent_seq or 0) for each in book.asked(case_id))
        or any(it.at_us > order.at_us for it in book.of_person(case_id))
    )


# --- an event and a poll at once


def at_once_plans() -> tuple[Scenario, ...]:
    """Return: events are lost at first, and all come while the poll that shows the end is open."""
    race = DriverRule(do="redeliver", at="sending", nth=1, times=30, **ORDER_READ)

    def raced(title: str, slow: faults.Slow, **fields: Any) -> Scenario:
        return plan(title, fault=(faults.Lose(), slow), driver=(request(), race), lasts="2d", **fields)

    second = faults.Slow(**ORDER_READ, seconds=3.0, nth=(2,))
    every = faults.Slow(**ORDER_READ, seconds=3.0)
    return (
        raced("a login failure is told while the second read shows it", second, connection=SESSION_OVER),
        raced("a login failure is told while any read shows it", every, connection=SESSION_OVER),
        raced("a login failure is told while the first read shows it", faults.Slow(**ORDER_READ, seconds=3.0, nth=(1,)),
              connection=SESSION_OVER),
        raced("the end is told while the second read shows it", second),
        raced("the provider is down: told while the second read shows it", second, provider=down("0s", "30m")),
        raced("a login failure is told by events that name the order", every, connection=SESSION_OVER,
              profile={"task_event_order_id": True, "webhook_retry_id": "new"}),
        plan("each event three times at once, reads are slow", connection=SESSION_OVER, lasts="2d",
             fault=(faults.Duplicate(copies=2), every)),
    )  # fmt: skip


@clause("RF-86", "MUST", "Event and poll at once have one effect", section=SECTION, plans=at_once_plans,
        needs=("core", "webhook", "poll"), source="inferred: polling beside events is advised (webhooks page)",
        advice="Let both lead to the same step, guarded by the case's state in one transaction.")  # fmt: skip
def event_and_poll_act_once(history: History) -> Iterator[Trigger | Breach]:
    """An ending that an event and a poll show at the same time has one effect: one link, one retry, one notice."""
    book = Casebook.of(history)
    for order in history.refreshes():
        ended_us = max((part.ended_us or 0 for part in order.parts), default=0)
        reads = [op for op in book.requests.values() if op.method == "GET" and op.order_id == order.order_id]
        race = next(
            (
                (op, hook) for hook in book.hooks if is_about(hook, order) and hook.at_us >= ended_us > 0
                for op in reads if op.at_us - SECOND_US <= hook.at_us <= op.ended_us + SECOND_US
            ),
            None,
        )  # fmt: skip
        if race is None or order.case_id is None:
            continue
        yield Trigger(race[1].at_us, f"an event and a poll showed the end of {order.order_id}")
        yield from _twice(book, order, race[1].at_us, race)


def _twice(book: Casebook, order: OrderFacts, from_us: int, proof: Sequence[Op]) -> Iterator[Breach]:
    case_id = order.case_id or ""
    links = [it for it in book.link_orders(case_id) if it.case_id == case_id and book.is_known(it)]
    told = [it for it in book.messages(case_id) if it.kind == "announcement" and it.order_id == order.order_id]
    effects: tuple[tuple[str, list[int]], ...] = (
        ("refreshes of one connection", _retries(book, order)),
        ("orders for a new login", [it.at_us for it in links]),
        ("messages with a link", [it.at_us for it in book.messages(case_id) if it.kind == "link"]),
        ("announcements", [it.at_us for it in told]),
    )
    for what, times_us in effects:
        first_two = sorted(each for each in times_us if each >= from_us)[:2]
        if len(first_two) < 2 or first_two[1] - first_two[0] >= TOGETHER_US:
            continue
        until_us = first_two[1]
        if book.came_back(case_id, from_us, until_us) or any(order.at_us <= it.at_us <= until_us for it in book.deaths):
            continue
        yield Breach(
            until_us,
            f"an event and a poll showed the end of order {order.order_id} at the same time"
            f" ({at(book.history, from_us)}); {case_id} got two {what} for it: at {at(book.history, first_two[0])} and"
            f" at {at(book.history, first_two[1])}",
            "One reaction: whichever comes second finds the case moved on, and does nothing.",
            ops=tuple(proof),
        )


def _retries(book: Casebook, order: OrderFacts) -> list[int]:
    """Return when an ended refresh was made again, and when that was made again although it ran or was done."""
    for part in order.parts:
        for at_us, later in book.repeats(order, part)[:1]:
            again = buys_again(book, later)
            if again is not None and book.is_known(later) and book.is_known(again):
                return [at_us, again.at_us]
    return []


# --- several triggers at once


def triggers_plans() -> tuple[Scenario, ...]:
    """Return: a case is asked for several times at once, in all ways."""
    reads = {"method": "GET", "path": "/v1/orders/*/"}
    return (
        plan("a click while the first one's request is open", lasts="1d",
             driver=(request(), request(at="sending", **ORDER_POST))),
        plan("eight clicks at once", driver=request(together=8), lasts="1d"),
        plan("a click when the refresh was just made", driver=(request(), request(at="committed", **ORDER_POST)),
             lasts="1d"),
        plan("a click when the answer just came", driver=(request(), request(at="answered", **ORDER_POST)), lasts="1d"),
        plan("a click while the source order is read", driver=(request(), request(at="sending", **reads)), lasts="1d"),
        plan("a run and a click", driver=(run_due("0s"), request(at="sending", **ORDER_POST)), lasts="1d"),
        plan("two runs at once", people=3, driver=run_due("0s", together=2), lasts="1d"),
        plan("a click and a run", driver=(request(), run_due("0s", at="sending", **ORDER_POST)), lasts="1d"),
        plan("eight clicks while answers are slow", driver=request(together=8), lasts="1d",
             fault=faults.Slow(**ORDER_POST, seconds=5.0)),
    )  # fmt: skip


@clause("RF-87", "MUST", "Concurrent triggers for one case have one effect", section=SECTION, plans=triggers_plans,
        source="inferred: every refresh is billed (refresh object)",
        advice="Claim the case in the store before sending; whoever finds it claimed does nothing.")  # fmt: skip
def triggers_act_once(history: History) -> Iterator[Trigger | Breach]:
    """A case that is asked for several times at once is refreshed once."""
    book = Casebook.of(history)
    for case_id in history.cases:
        asked = book.asked(case_id)
        rivals = [later for first, later in pairwise(asked) if later.at_us - first.at_us <= SECOND_US * 10]
        if not rivals:
            continue
        yield Trigger(rivals[0].at_us, f"{case_id} was asked for {len(rivals) + 1} times at once")
        for order in book.refreshes(case_id):
            if not any(abs(order.at_us - rival.at_us) < TOGETHER_US for rival in rivals):
                continue
            again, op = buys_again(book, order), book.request_of(order)
            if again is None or op is None or is_unknown(op) or op.error is not None:
                continue
            if again.at_us - order.at_us < TOGETHER_US:
                yield Breach(
                    again.at_us,
                    f"a refresh of {case_id} was asked for {len(rivals) + 1} times at {at(history, rivals[0].at_us)},"
                    f" and two refreshes were bought: orders {order.order_id} and {again.order_id}",
                    "One refresh; the other calls find the case at work.",
                    ops=(*asked[:2], op, *book.evidence(again)),
                )
                return


# --- a crash around the POST


def crash_plans() -> tuple[Scenario, ...]:
    """Return: the program dies before the request, after its commit, after its answer."""
    points = ("sending", "committed", "answered")
    short = [
        plan(f"killed with the request {point}, back after 5 min, events lost", fault=faults.Lose(), lasts="5d",
             driver=(request(), crash(point, lasting="5m", **ORDER_POST)))
        for point in points
    ]  # fmt: skip
    return (
        short[1],
        short[0],
        short[2],
        plan("killed with the request committed, back at once", lasts="2d",
             driver=(request(), crash("committed", **ORDER_POST))),
        plan("killed with the request committed; the list lags", fault=faults.Lose(), lasts="2d",
             profile={"order_list_lag_seconds": 60},
             driver=(request(), crash("committed", lasting="10s", **ORDER_POST))),
        plan("killed with the second cycle's request committed", fault=faults.Lose(), lasts="4d",
             driver=(request(), request(after="30h", cycle="cycle-2"),
                     crash("committed", after="29h", lasting="5m", **ORDER_POST))),
        plan("killed before the second cycle's request", fault=faults.Lose(), lasts="6d",
             driver=(request(), request(after="30h", cycle="cycle-2"),
                     crash("sending", after="29h", lasting="5m", **ORDER_POST))),
        plan("killed twice", fault=faults.Lose(), lasts="5d",
             driver=(request(), crash("sending", lasting="5m", **ORDER_POST),
                     crash("committed", lasting="5m", **ORDER_POST))),
        plan("killed with the request committed; there is no list", lasts="2d", profile={"order_list": "absent"},
             driver=(request(), crash("committed", lasting="20s", **ORDER_POST))),
    )  # fmt: skip


@clause("RF-88", "MUST", "Crash around the POST", section=SECTION, plans=crash_plans, needs=("core", "persist"),
        source="inferred: no idempotency key is documented",
        advice="Write the attempt down before sending; at start, open attempts are unknown outcomes.")  # fmt: skip
def crash_neither_loses_nor_repeats(history: History) -> Iterator[Trigger | Breach]:
    """Killed before its request was carried out, the integrator still refreshes; killed after, it adopts the order."""
    book = Casebook.of(history)
    for post, later in unknown_posts(book, crashes=True):
        if not asks_refresh(post.op):
            continue
        yield Trigger(post.op.at_us, post.story)
        yield from bought_twice(book, post, later)
        yield from wrong_order(book, post)
        back_us = next((it.back_us for it in book.deaths if it.at_us >= post.op.at_us and it.back_us), None)
        if back_us is not None:
            yield from left_lying(book, post, back_us)
