"""Batches of orders: accepted at once, made in the background on virtual time, one outcome for each entry.

What an entry means is for the API to say; here is only which ones are due, what became of them, and when it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mock_truv.core.due import BatchDue
from mock_truv.core.instants import SECOND_US
from mock_truv.core.plain import Frozen, Plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase

BatchStatus = Literal["pending", "completed", "failed"]
Outcome = Literal["created", "existing", "failed"]
"""What became of an entry (orders_batch_status)."""
ENTRIES_LIMIT = 10_000
"""Orders in one batch (orders_batch_create)."""
CHUNK = 100
"""Orders made in one go; another go follows a second later (assumed: the page says only that it takes a while)."""


class EntryOutcome(Frozen, frozen=True, kw_only=True):
    """What became of one entry of a batch."""

    outcome: Outcome
    order_id: str | None = None
    order_number: str | None = None
    errors: list[dict[str, str]] | None = None
    """``{field, message}`` of everything that is wrong with an entry that failed."""


class Batch(Plain, kw_only=True):
    """A job that makes many orders (orders_batch_status)."""

    id: str
    created_us: int
    updated_us: int
    order_count: int
    waiting: list[dict[str, Any]]
    """All entries as they were sent, until the last one is done."""
    results: list[EntryOutcome] = []
    created_count: int = 0
    """Orders that can be used: those that were made and those that existed."""
    failed_count: int = 0

    @property
    def status(self) -> BatchStatus:
        """``pending`` until every entry has its outcome, then ``completed``; nothing makes a whole job fail here."""
        return "completed" if len(self.results) == self.order_count else "pending"


def accept(world: WorldBase, entries: Sequence[dict[str, Any]]) -> Batch:
    """Take a batch; its first orders are made a second later.

    Every entry counts against the limit of requests, the request itself does not (orders_batch_create). Where fewer
    are left it is taken all the same, and nothing else until they have grown old (assumed).
    """
    batch = Batch(
        id=world.new_id("batch"),
        created_us=world.now_us,
        updated_us=world.now_us,
        order_count=len(entries),
        waiting=list(entries),
    )
    world.state.batches[batch.id] = batch
    if world.state.profile.requests_per_minute is not None:
        world.state.edge.recent_us += [world.now_us] * (len(entries) - 1)  # the request itself was the first
    world.happened("batch", batch.id, batch.status)
    world.schedule(world.now_us + SECOND_US, BatchDue(batch.id))
    return batch


def due(batch: Batch) -> list[dict[str, Any]]:
    """Return the entries whose turn it is."""
    done = len(batch.results)
    return batch.waiting[done : done + CHUNK]


def record(world: WorldBase, batch: Batch, outcomes: Sequence[EntryOutcome]) -> None:
    """Note what became of the entries that were due, and plan the next ones."""
    batch.results = [*batch.results, *outcomes]
    failed = sum(each.outcome == "failed" for each in outcomes)
    batch.failed_count += failed
    batch.created_count += len(outcomes) - failed
    batch.updated_us = world.now_us
    if batch.status == "pending":
        world.schedule(world.now_us + SECOND_US, BatchDue(batch.id))
    else:
        batch.waiting = []
        world.happened("batch", batch.id, batch.status)
