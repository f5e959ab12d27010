"""Reads that show a status which no page names: what was decided from one, and what it came to in the end.

Nothing here blames such a read for what another answer, a webhook, another order or the order's age explains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger
from mock_truv.contract.clauses.common import at, prefill_orders
from mock_truv.contract.clauses.g_api_reads import is_whole
from mock_truv.contract.clauses.hooks import ENDINGS
from mock_truv.contract.clauses.mail import Mail
from mock_truv.contract.operations import STATUSES
from mock_truv.core.instants import HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History, OrderFacts
    from mock_truv.contract.operations import Op, Sent

FAULT = "unknown-status"
DECIDED = frozenset({"READY", "PARTIAL", "MANUAL", "BLOCKED", "REAUTH_NEEDED", "REAUTH_SENT"})
"""States of a case that follow from an end."""
GIVEN_UP = frozenset({"MANUAL", "PARTIAL", "BLOCKED"})
PATIENCE_US = 12 * HOUR_US
"""A refresh so old may be given up, whatever a read says."""


def unknown_reads_decide_nothing(history: History) -> Iterator[Trigger | Breach]:
    """Judge reads of refresh orders that showed unknown statuses: nothing follows from one, and the end is found."""
    mail = Mail.of(history)
    last: dict[str, Sent] = {}
    for read in history.sent:
        order = mail.book.orders.get(read.order_id or "") if read.fault == FAULT and is_whole(read) else None
        if order is None or not order.is_refresh or order.elsewhere:
            continue
        last[order.order_id] = read
        yield Trigger(read.ended_us, f"GET {read.path} showed a status that no page names")
        for op, what in () if _is_explained(mail, order, read) else _decided(mail, order, read):
            text = (
                f"at {at(history, read.ended_us)} GET {read.path} showed {_strange(read)}; nothing else had told of an "
            )
            text += f"end, and at {at(history, op.at_us)} {what}"
            yield Breach(op.at_us, text, "Another read later; nothing before one shows a known end.", (read, op))
    for order_id, read in last.items():
        late = mail.unsettled(mail.book.orders[order_id], read.ended_us, "B-LOSS")
        if late is not None:
            text = (
                f"at {at(history, read.ended_us)} GET {read.path} showed {_strange(read)}; its refresh is over, and at "
            )
            text += f"{at(history, late[0])} {late[1].case_id} is still shown {late[1].state}"
            yield Breach(late[0], text, "The order is read again and its end shown.", (read,))


def _strange(read: Sent) -> str:
    """Return the unknown statuses that a read showed, for evidence."""
    answer = read.answer if isinstance(read.answer, dict) else {}
    parts = [answer, *(each for each in answer.get("employers") or () if isinstance(each, dict))]
    found = {str(each["status"]) for each in parts if each.get("status") and each["status"] not in STATUSES}
    return f"the status {', '.join(sorted(found))}, which no page names" if found else "a status that no page names"


def _decided(mail: Mail, order: OrderFacts, read: Sent) -> Iterator[tuple[Op, str]]:
    """Yield (operation, what) of a case that was decided, filled in, or whose person got a link, as a read came."""
    case_id, before = order.case_id or "", None
    fair = DECIDED - GIVEN_UP if read.ended_us - order.at_us > PATIENCE_US else DECIDED
    for shown in mail.book.views(case_id):
        old, before = before, shown.view
        if shown.at_us != read.ended_us or shown.seq < read.seq:
            continue
        if order.order_id in prefill_orders(shown.view) and (old is None or shown.view.prefill != old.prefill):
            yield shown, f"{case_id} was shown with data of {order.order_id}"
        elif shown.view.state in fair and (old is None or shown.view.state != old.state):
            yield shown, f"{case_id} was shown {shown.view.state}"
    for message in mail.book.messages(case_id):
        if message.kind == "link" and message.at_us == read.ended_us and message.seq > read.seq:
            yield message, f"a link was sent for {case_id}"


def _is_explained(mail: Mail, order: OrderFacts, read: Sent) -> bool:
    """Return whether anything else can have decided at the instant of a read, or before it.

    That is: an end that an event or another read had told, any other answer of that instant, or another order of the
    person that was under way. A new order of that instant may itself be what was decided.
    """
    book, at_us = mail.book, read.ended_us
    ended_us = min((part.ended_us for part in order.parts if part.ended_us is not None), default=at_us + 1)
    for op in book.requests.values():
        is_new = op.is_new_order and op.committed and op.error is None
        if op.fault == FAULT or is_new or op.seq == order.sent_seq:
            continue
        if op.ended_us == at_us or (ended_us <= op.ended_us <= at_us and is_whole(op)):
            return True
    told = any(
        hook.event.get("status") in ENDINGS or "link" in str(hook.event.get("event_type"))
        for hook in mail.about(order, from_us=order.at_us, to_us=at_us)
    )
    beside = any(
        other is not order and other.at_us < at_us and (other.closed_us or at_us) >= order.at_us
        for other in book.of_person(order.case_id or "")
    )
    return told or beside
