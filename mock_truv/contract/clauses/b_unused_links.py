"""B. Links that nobody used: what follows when the order behind one, or a page of the program's own, has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.contract.clause import Breach, Trigger, clause
from mock_truv.contract.clauses import b_plans
from mock_truv.contract.clauses.asking import offers, told, went_unused
from mock_truv.contract.clauses.b_logins import SECTION
from mock_truv.contract.clauses.common import ASKS_PERSON, Casebook, at
from mock_truv.core.instants import DAY_US

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.contract.history import History
    from mock_truv.contract.operations import Op

NOT_COMPLETED = frozenset({"expired", "skipped", "canceled", "error"})


@clause(
    "RF-19", "MUST", "endings of the link order are handled", section=SECTION, needs=("core", "reauth"),
    source="manage orders page", plans=b_plans.unused_links,
    advice="Watch the link's order to its end: offer again a bounded number of times, a day apart, then MANUAL.",
)  # fmt: skip
def unused_links_are_followed(history: History) -> Iterator[Trigger | Breach]:
    """A link that expired, was skipped or canceled is followed by a new one, later, or by a caseworker's review."""
    book = Casebook.of(history)
    yield from _unused_pages(book)
    withdrawn = {op.order_id for op in book.requests.values() if op.path.rstrip("/").endswith("/cancel")}
    for order in history.link_orders():
        if order.elsewhere or order.case_id is None or order.order_id in withdrawn or not book.is_known(order):
            continue
        statuses = {part.suborder_status for part in order.parts} or {"expired"}
        ended_us = order.closed_us if order.parts else order.expires_us
        if ended_us is None or ended_us > history.end_us or not statuses <= NOT_COMPLETED:
            continue
        yield Trigger(ended_us, f"link order {order.order_id} of {order.case_id} ended: {', '.join(sorted(statuses))}")
        how, proof = ", ".join(sorted(statuses)), tuple(book.evidence(order))
        name, cycle = f"the link of order {order.order_id}", book.cycle_of(order)
        yield from _waits_on(book, name, proof, order.case_id, cycle, order.at_us, ended_us, how)


def _unused_pages(book: Casebook) -> Iterator[Trigger | Breach]:
    """Judge pages of the program's own (Update Mode) that nobody came to."""
    for offer in offers(book):
        if offer.order is None and offer.case_id in book.history.cases and went_unused(book, offer):
            yield Trigger(offer.dead_us, f"{told(book, offer)} ended unused")
            cycle = book.cycle_at(offer.case_id, offer.op.seq)
            span = offer.at_us, offer.dead_us
            yield from _waits_on(book, offer.name, (offer.op,), offer.case_id, cycle, *span, "unused")


def _waits_on(
    book: Casebook, name: str, proof: tuple[Op, ...], case_id: str, cycle: str | None,
    at_us: int, ended_us: int, how: str,
) -> Iterator[Breach]:  # fmt: skip
    """Yield a case that goes on waiting for a link that is dead."""
    history = book.history
    due_us = book.until(ended_us, "B-STUCK", extra_us=DAY_US)
    if due_us is None or due_us >= book.cycle_ends_us(case_id, cycle, at_us):
        return
    newer = any(at_us < it.at_us <= due_us for it in book.link_orders(case_id))
    newer |= any(
        message.kind == "link" and ended_us < message.at_us <= due_us
        for kin in book.kin(case_id) for message in book.messages(kin)
    )  # fmt: skip
    view = book.view_at(case_id, due_us)
    if newer or view is None or book.came_back(case_id, at_us, due_us):
        return
    later = view.state == "REAUTH_NEEDED" and view.next_action_at is not None
    if later or not ASKS_PERSON & {view.state, *view.employers.values()}:
        return
    yield Breach(
        due_us,
        f"{case_id}: {name}, which the person has, ended ({how}) at {at(history, ended_us)}; by "
        f"{at(history, due_us)} there was no new link, and the case still shows {view.state}",
        "a new link some time later, or MANUAL",
        ops=(*proof, *book.standing(case_id, due_us, due_us)),
    )
