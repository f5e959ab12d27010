"""D. Time: the links that people are sent are alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses.asking import offers, page_us
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at
from mock_truv.contract.clauses.d_time import SECTION
from mock_truv.contract.clauses.e_plans import PASSWORD
from mock_truv.contract.plan import NEW_ORDER_POST, ORDER_LIST, ORDER_READ, during, person, plan, request
from mock_truv.core.faults import Slow, Status, Timeout
from mock_truv.core.scenario import ConnectionRule, DriverRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Message
    from mock_truv.core.scenario import Scenario


def _dead_link_plans() -> tuple[Scenario, ...]:
    lost = ConnectionRule(password_changes_after=PASSWORD)
    unsure = Timeout(commit=True, times=1, **NEW_ORDER_POST)
    short = {"order_expiry_hours": 24}

    def blind(lasting_: str) -> tuple[object, ...]:
        return (
            unsure,
            during(Status(status=503, **ORDER_READ), "10s", lasting_),
            during(Status(status=503, **ORDER_LIST), "10s", lasting_),
        )

    return (
        plan("The order of the link is found after its life of a day", connection=lost, fault=blind("30h"),  # type: ignore[arg-type]
             profile=short, lasts="7d"),
        plan("A link made on Friday, for two days", connection=lost, driver=(request("4d"), person("completes", "80h")),
             profile={"order_expiry_hours": 48}, lasts="12d"),
        plan("A link that lives a day, and a person who never comes", connection=lost, profile=short, lasts="9d"),
        plan("The answer with the link comes slowly", connection=lost, profile=short, lasts="5d",
             fault=Slow(seconds=9.0, **NEW_ORDER_POST)),
        plan("The program is down while its link dies", connection=lost, profile=short, lasts="7d",
             driver=(request(), DriverRule(do="crash", at="committed", method="POST", path="/v1/orders/",
                                           lasting="2d"), person("completes", "1h"))),
        plan("The order of the link is found over a weekend", connection=lost, fault=unsure, driver=request("4d"),
             profile=short | {"order_list_lag_seconds": 60}, lasts="9d"),
    )  # fmt: skip


@clause(
    "RF-32", "MUST", "never offer a dead link", section=SECTION, needs=("reauth", "outbox"),
    source="manage orders page: 72 h by default, 1 day to 12 weeks, weekends not counted; expired_at, is_expired",
    plans=_dead_link_plans,
    advice="Read expired_at and is_expired of the order right before the message goes out; compute no life yourself.",
)  # fmt: skip
def no_dead_link(history: History) -> Iterator[Trigger | Breach]:
    """When a link is sent its order is alive: not expired, not canceled; a page of the program's own opens."""
    yield from _closed_pages(Casebook.of(history))
    for message in history.messages:
        order = _order_of(history, message)
        if order is None or message.kind not in {"link", "reminder"}:
            continue
        yield Trigger(message.at_us, f"a {message.kind} for order {order.order_id} was sent")
        sent_us = min(message.sent_us or message.at_us, message.at_us)
        dead_us = min(order.expires_us, order.canceled_us or order.expires_us)
        if sent_us >= dead_us:
            how = "expired" if dead_us == order.expires_us else "was canceled"
            yield Breach(
                message.at_us,
                f"{message.case_id}: a {message.kind} for order {order.order_id} went out at "
                f"{at(history, sent_us)}; the order {how} at {at(history, dead_us)}",
                "a look at the order right before; where it is dead a new order, and the link of that",
                ops=(*[op for op in history.sent if op.made == order.order_id][:1], message),
            )


def _closed_pages(book: Casebook) -> Iterator[Trigger | Breach]:
    """Judge pages of the program's own (Update Mode) that a person opened while they should have been alive."""
    history = book.history
    firsts = {offer.case_id: offer for offer in reversed(offers(book))}  # whose page a later visit is to, nobody sees
    for offer in () if book.clock_stepped else firsts.values():
        visits = [op for op in book.did(offer.case_id) if op.order_id is None and offer.at_us <= op.at_us]
        if offer.order is not None or not visits or visits[0].at_us >= offer.at_us + page_us(book):
            continue
        visit = visits[0]
        if any(op.at_us == visit.at_us and (op.error or (op.status or 500) >= 400) for op in history.sent):
            continue  # it could not make a session then
        yield Trigger(visit.at_us, f"{offer.case_id}'s person opened {offer.name}")
        if visit.did == "too-late" and _still_asked(book, offer.case_id, visit.at_us):
            yield Breach(
                visit.at_us,
                f"{offer.case_id}: {offer.name} went out at {at(history, offer.at_us)}; when the person opened it at "
                f"{at(history, visit.at_us)} it led to no session",
                "a page that makes a new session as long as the connection is to be repaired",
                ops=(offer.op, visit),
            )


def _still_asked(book: Casebook, case_id: str, at_us: int) -> bool:
    view = book.view_at(case_id, at_us)
    return view is not None and view.state in ASKS_PERSON


def _order_of(history: History, message: Message) -> OrderFacts | None:
    """Return the link order that a message is about."""
    order = history.order(message.order_id)
    if order is None and message.url:
        named = (it for it in history.orders if it.url and (it.url in str(message.url)))
        order = next(named, None)
    return order if order is not None and not order.is_refresh else None
