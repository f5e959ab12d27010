"""What an integrator asks of people: every link that it gave, to whom, for how long it was alive.

With an outbox the messages are judged, without one the orders that were made for a login.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_truv.contract.clauses.common import LOGIN_LOST, at
from mock_truv.contract.declarations import PAGE_HOURS
from mock_truv.contract.operations import Sent
from mock_truv.core.instants import HOUR_US

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_truv.contract.clauses.common import Casebook
    from mock_truv.contract.history import OrderFacts
    from mock_truv.contract.operations import Message, Op


@dataclass(frozen=True, slots=True)
class Offer:
    """A link given to a person."""

    at_us: int
    case_id: str
    person_ref: str
    op: Op
    """The message, or the request that made the order."""
    order: OrderFacts | None
    """The order behind it; None: a page of the integrator's own."""
    url: str | None
    dead_us: int
    """From when on it is of no use: used, expired or withdrawn."""

    @property
    def name(self) -> str:
        """Return what it is called in evidence."""
        return f"the link of order {self.order.order_id}" if self.order else f"the link to the page {self.url}"

    def leads_where(self, other: Offer) -> bool:
        """Return whether both lead to the same place."""
        if self.order is not None and other.order is not None:
            return self.order.order_id == other.order.order_id
        return self.order is other.order and self.url == other.url


def page_us(book: Casebook) -> int:
    """Return how long a page of the integrator's own is alive by its manifest (``page_hours``)."""
    return (book.history.manifest.counts.get("page_hours") or PAGE_HOURS) * HOUR_US


def offers(book: Casebook) -> list[Offer]:
    """Return every link that was given to a person, in order, repeated messages included."""
    history = book.history
    withdrawn = {
        op.order_id: op.at_us for op in reversed(book.requests.values())
        if op.is_write and op.path.rstrip("/").endswith("/cancel")
    }  # fmt: skip
    if history.manifest.has("outbox"):
        return [_of_message(book, op, withdrawn) for op in history.messages if op.kind == "link"]
    return [
        _offer(book, order.case_id or "", book.request_of(order) or Sent(at_us=order.at_us, method="POST", path=""),
               order, order.url, withdrawn)
        for order in history.link_orders() if order.case_id in history.cases and not order.elsewhere
    ]  # fmt: skip


def alive_together(book: Casebook) -> Iterator[tuple[Offer, Offer]]:
    """Yield (an offer, a later one to the same person while it was alive).

    Left out: a second message with the same link after a crash (that there was a first may not have been written down),
    and, without an outbox, orders of which the first was made by a request with an unknown outcome.
    """
    known: dict[str, list[Offer]] = {}
    by_message = book.history.manifest.has("outbox")
    for second in offers(book):
        earlier = known.setdefault(second.person_ref, [])
        for first in reversed(earlier):
            if not first.at_us <= second.at_us < first.dead_us:
                continue
            if second.leads_where(first) and _repeats_after_crash(book, earlier, second):
                continue
            if not by_message and first.order is not None and not book.is_known(first.order):
                continue
            yield first, second
            break
        earlier.append(second)


def login_failures(book: Casebook, case_id: str, from_us: int, until_us: int) -> list[tuple[int, str]]:
    """Return (when, connection) of each own refresh that ended for want of a login in ``[from_us, until_us]``."""
    return sorted(
        (part.ended_us, part.link_id)
        for order in book.refreshes(case_id) for part in order.parts
        if part.status in LOGIN_LOST and part.link_id is not None and part.ended_us is not None
        and from_us <= part.ended_us <= until_us
    )  # fmt: skip


def went_unused(book: Casebook, offer: Offer) -> bool:
    """Return whether a link ended by itself or was left, and was neither used nor withdrawn."""
    order = offer.order
    if order is None:
        return offer.dead_us > offer.at_us and not book.came_back(offer.case_id, offer.at_us, offer.dead_us)
    if order.canceled_us is not None or offer.dead_us not in {order.expires_us, order.closed_us}:
        return False
    used = any(part.status == "done" or part.suborder_status == "completed" for part in order.parts)
    return not used and not book.came_back(offer.case_id, offer.at_us, offer.dead_us)


def told(book: Casebook, offer: Offer) -> str:
    """Return an offer as evidence names it: what, for whom, when."""
    return f"{offer.name}, given to {offer.person_ref} for {offer.case_id} at {at(book.history, offer.at_us)}"


def _of_message(book: Casebook, message: Message, withdrawn: Mapping[str | None, int]) -> Offer:
    order = book.orders.get(message.order_id or "")
    if order is None and message.order_id is None and message.url is not None:
        order = next((it for it in book.history.orders if it.url and it.url in message.url), None)
    return _offer(book, message.case_id, message, order, message.url, withdrawn)


def _offer(book: Casebook, case_id: str, op: Op, order: OrderFacts | None, url: str | None,
           withdrawn: Mapping[str | None, int]) -> Offer:  # fmt: skip
    if order is None:
        logins = [it.at_us for it in book.did(case_id) if it.status == "login" and it.at_us >= op.at_us]
        ends_us = op.at_us + (0 if book.clock_stepped else page_us(book))  # it ends by the program's own clock
        dead_us = min([*logins, ends_us])
    else:
        ends = [order.expires_us or None, order.canceled_us, order.closed_us, withdrawn.get(order.order_id)]
        dead_us = min((at_us for at_us in ends if at_us is not None), default=book.history.end_us + 1)
    facts = book.history.cases.get(case_id)
    return Offer(
        at_us=op.at_us, case_id=case_id, person_ref=facts.person_ref if facts else getattr(op, "person_ref", ""), op=op,
        order=order, url=url, dead_us=dead_us,
    )  # fmt: skip


def _repeats_after_crash(book: Casebook, earlier: list[Offer], offer: Offer) -> bool:
    died = any(death.at_us <= offer.at_us for death in book.deaths)
    return died and sum(each.leads_where(offer) for each in earlier) == 1
