"""H. Crashes around asking a person: one order is made for it, and its link is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.asking import offers
from mock_truv.contract.clauses.common import TO_PERSON, Casebook, at, lasting
from mock_truv.contract.clauses.h_restarts import SECTION, SESSION_OVER, is_live
from mock_truv.contract.clauses.unknown_posts import bought_twice, unknown_posts
from mock_truv.contract.plan import NEW_ORDER_POST, crash, person, plan, request
from mock_truv.core import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Died, Message, Sent
    from mock_truv.core.scenario import Scenario


def contact_plans() -> tuple[Scenario, ...]:
    """Return: the program dies before, while and after it makes the order behind a link, and after sending it."""
    absent = {"order_list": "absent"}
    at_post = {
        point: plan(
            f"killed with the order for a new login {point}, events lost", connection=SESSION_OVER, lasts="5d",
            fault=faults.Lose(), driver=(request(), crash(point, lasting="10m", **NEW_ORDER_POST)),
        )
        for point in ("sending", "committed", "answered")
    }  # fmt: skip
    return (
        at_post["committed"],
        at_post["answered"],
        at_post["sending"],
        plan("killed when the link was just sent", connection=SESSION_OVER, lasts="5d",
             driver=(request(), crash("announced", lasting="10m"))),
        plan("killed with the order for a new login committed; the list lags", connection=SESSION_OVER, lasts="3d",
             profile={"order_list_lag_seconds": 60}, driver=(request(), crash("committed", **NEW_ORDER_POST))),
        plan("killed with the order for a new login committed; a new user is made", connection=SESSION_OVER, lasts="3d",
             profile={"user_of_new_order": "replaced"},
             driver=(request(), crash("committed", lasting="10m", **NEW_ORDER_POST), person("completes", after="1d"))),
        plan("killed with the order for a new login committed; no list, the event comes again", lasts="3d",
             connection=SESSION_OVER, profile=absent,
             driver=(request(), crash("committed", lasting="1m", **NEW_ORDER_POST))),
        plan("killed with the order for a new login committed; no list, and the event was given up", lasts="3d",
             connection=SESSION_OVER, profile=absent,
             driver=(request(), crash("committed", lasting="10m", **NEW_ORDER_POST))),
        plan("killed with the order for a new login committed; no list, events lost: somebody is to know", lasts="5d",
             connection=SESSION_OVER, profile=absent, fault=faults.Lose(),
             driver=(request(), crash("committed", lasting="10m", **NEW_ORDER_POST))),
    )  # fmt: skip


@clause("RF-89", "MUST", "Crash around contact", section=SECTION, plans=contact_plans,
        needs=("core", "persist", "reauth", "outbox"), source="inferred: people were seen to get two messages",
        advice="Write down that a link order is about to be made, with an order number of your own; after a start look "
               "for it (order list, events, delivery history); send the link in the write that notes it.")  # fmt: skip
def crash_asks_once(history: History) -> Iterator[Trigger | Breach]:
    """However the integrator dies around asking a person, one order is made for it and the person gets its link.

    The link comes once; twice, carrying the same order, only if the crash fell between sending and recording.
    """
    book = Casebook.of(history)
    for post, later in unknown_posts(book, crashes=True):
        if post.op.is_new_order:
            yield Trigger(post.op.at_us, post.story)
            yield from bought_twice(book, post, later)
            yield from _never_asked(book, post.case_id, post.op)
    for death in book.deaths:
        before = [it for it in history.messages if it.kind == "link" and it.seq < death.seq]
        if death.where != "announced" or not before:
            continue
        last = before[-1]
        yield Trigger(death.at_us, f"killed when the link for {last.case_id} was just sent")
        yield from _other_page(book, last, death)
        first = book.orders.get(last.order_id or "")
        for other in book.link_orders(last.case_id):
            if first is not None and is_live(first, other.at_us) and other.at_us > death.at_us:
                yield Breach(
                    other.at_us,
                    f"the program was killed at {at(history, death.at_us)} when it had sent the link of"
                    f" {first.order_id} for {last.case_id}; started again, it made {other.order_id} although the first"
                    " was alive",
                    "Nothing, or the same link once more.",
                    ops=(last, death, *book.evidence(other)),
                )
                break
    yield from _same_link_often(book)


def _other_page(book: Casebook, last: Message, death: Died) -> Iterator[Breach]:
    """Yield a breach where another page of the program's own (Update Mode) followed while the first was alive."""
    given = [it for it in offers(book) if it.case_id == last.case_id and it.order is None]
    first = next((it for it in given if it.op is last), None)
    for other in given if first is not None else ():
        if first is not None and death.at_us < other.at_us < first.dead_us and not other.leads_where(first):
            yield Breach(
                other.at_us,
                f"the program was killed at {at(book.history, death.at_us)} when it had sent {first.name} for"
                f" {last.case_id}; started again, it sent {other.name} although the first was alive",
                "Nothing, or the same page once more.",
                ops=(last, death, other.op),
            )
            return


def _never_asked(book: Casebook, case_id: str, op: Sent) -> Iterator[Breach]:
    back_us = next((it.back_us for it in book.deaths if it.at_us >= op.at_us and it.back_us), None)
    due_us = None if back_us is None else book.until(back_us, "B-STUCK")
    if due_us is None or book.closed_us(case_id) is not None or book.waits_for_run(op.at_us, due_us):
        return
    kin = book.kin(case_id)
    asked = any(it.kind in TO_PERSON and it.at_us >= op.at_us for each in kin for it in book.messages(each))
    anew = any(each.seq > op.seq for each in book.asked(case_id))
    view = book.view_at(case_id, due_us)
    waits = view is not None and view.state in {"IDLE", "DUE", "REFRESHING", "REAUTH_NEEDED", "REAUTH_SENT"}
    if view is not None and waits and not asked and not anew and not book.came_back(case_id, op.at_us, due_us):
        yield Breach(
            due_us,
            f"the program was killed at {at(book.history, op.at_us)} around POST {op.path} for {case_id};"
            f" {lasting(due_us - op.at_us)} later no link had been sent and it was still shown {view.state}",
            "Find the order that was made (or make one) and send its link.",
            ops=(op,),
        )


def _same_link_often(book: Casebook) -> Iterator[Breach]:
    for case_id in book.history.cases:
        by_order: dict[str, list[int]] = {}
        for message in book.messages(case_id):
            place = f"order {message.order_id}" if message.order_id is not None else message.url
            if message.kind == "link" and place is not None:
                by_order.setdefault(place, []).append(message.at_us)
        for place, times_us in by_order.items():
            deaths = [it for it in book.deaths if times_us[0] <= it.at_us <= times_us[-1]]
            if deaths and len(times_us) > 1 + len(deaths):
                yield Breach(
                    times_us[-1],
                    f"the link of {place} was sent {len(times_us)} times for {case_id}, last at"
                    f" {at(book.history, times_us[-1])}, with {len(deaths)} crashes in that time",
                    "Once; once more at most for a crash between sending and recording.",
                    ops=tuple(it for it in book.messages(case_id) if place in {f"order {it.order_id}", it.url}),
                )
