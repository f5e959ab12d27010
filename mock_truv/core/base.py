"""What every rule of the world stands on: time, identifiers, the agenda, and the record of what happened."""

from __future__ import annotations

import heapq
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mock_truv.core import ids
from mock_truv.core.instants import LAST_US
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.core.catalog import Catalog
    from mock_truv.core.due import Due
    from mock_truv.core.model import Link, Order, SandboxScenario, Suborder, Subscription, Task, User
    from mock_truv.core.state import State

AGENDA_LIMIT = 5_000_000
"""More entries than this on the agenda is our own error or a runaway client, never a real world."""


class Event(Frozen, frozen=True, omit_defaults=True):
    """Something that happened, for the journal, the inspector and the checkers."""

    name: str
    id: str
    status: str | None = None
    order_id: str | None = None
    link_id: str | None = None


class Deliver(Frozen, frozen=True):
    """Effect: send these bytes to this address now; the outcome comes back as a command."""

    webhook_id: str
    attempt: int
    url: str
    body: bytes
    timeout_seconds: int
    redirects: int
    forgery: str | None = None
    """Not a genuine webhook: sign it wrongly, in this way."""


class WorldBase:
    """State, the immutable catalog it refers to, and the primitives by which rules change it."""

    def __init__(self, state: State, catalog: Catalog) -> None:
        self.state = state
        self.catalog = catalog
        self.events: list[Event] = []
        self.effects: list[Deliver] = []

    @property
    def now_us(self) -> int:
        """The world's present instant, in microseconds since 1970."""
        return self.state.now_us

    def move_clock(self, to_us: int) -> None:
        """Set the present instant. Time never goes back."""
        assert self.state.now_us <= to_us <= LAST_US, f"time may not go from {self.state.now_us} to {to_us}"
        self.state.now_us = to_us

    @contextmanager
    def at(self, past_us: int) -> Iterator[None]:
        """Make things as of an earlier instant: only for what a scenario says was there before."""
        present_us = self.state.now_us
        assert past_us <= present_us, "only the past can be furnished"
        self.state.now_us = past_us
        try:
            yield
        finally:
            self.state.now_us = present_us

    def new_id(self, kind: str) -> str:
        """Return the next identifier of a kind."""
        state = self.state
        ordinal = state.ordinals[kind] = state.ordinals.get(kind, 0) + 1
        return ids.identifier(state.seed, kind, ordinal)

    def new_ordinal(self, kind: str) -> int:
        """Return the next ordinal of a kind, from 1."""
        ordinals = self.state.ordinals
        ordinal = ordinals[kind] = ordinals.get(kind, 0) + 1
        return ordinal

    def schedule(self, due_us: int, entry: Due) -> None:
        """Put an entry on the agenda; entries of one instant happen in the order in which they were put there."""
        state = self.state
        assert due_us >= state.now_us, "nothing can be scheduled in the past"
        assert len(state.agenda) < AGENDA_LIMIT, f"the agenda holds {AGENDA_LIMIT} entries; something runs away"
        state.agenda_number += 1
        heapq.heappush(state.agenda, (due_us, state.agenda_number, entry))

    def next_due_us(self) -> int | None:
        """Return when the next agenda entry is due, or None when nothing is planned."""
        return self.state.agenda[0][0] if self.state.agenda else None

    def touch(self, thing: User | Order | Suborder | Task | Link | Subscription | SandboxScenario) -> int:
        """Set ``updated_us`` of an object, which strictly increases, and return it."""
        thing.updated_us = max(self.state.now_us, thing.updated_us + 1)
        return thing.updated_us

    def happened(
        self, name: str, ident: str, status: str | None = None, *, order_id: str | None = None,
        link_id: str | None = None,
    ) -> None:  # fmt: skip
        """Record an event."""
        self.events.append(Event(name, ident, status, order_id, link_id))


def suborders(order: Order) -> list[Suborder]:
    """Return all suborders of an order, employers first."""
    return order.employers + order.financial_accounts if order.financial_accounts else order.employers
