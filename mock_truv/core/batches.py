"""Batches of orders: accepted at once, made in the background on virtual time, one outcome for each entry.

What an entry means is for the API to say; here is only which ones are due, what became of them, and when it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.due import BatchDue
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import Batch, EntryOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase

ENTRIES_LIMIT = 10_000
"""Orders in one batch (orders_batch_create)."""
CHUNK = 100
"""Orders made in one go; another go follows a second later (assumed: the page says only that it takes a while)."""


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
