"""Answers about batches of orders."""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.shapes.base import Id, Moment, Shape, assumed, inferred
from mock_truv.core.model.batches import BatchStatus, Outcome


class EntryError(Shape):
    """What is wrong with a field of an entry: as an error answer names it."""

    SOURCE = "orders_batch_status; the form is that of the errors page"
    BASIS = "inferred"

    field: str
    message: str


class BatchResult(Shape):
    """What became of one entry of a batch."""

    SOURCE = "orders_batch_status"

    index: Annotated[int, assumed("orders_batch_status: results go by position; the key's name is not known")]
    outcome: Outcome
    order_id: Annotated[Id | None, assumed("orders_batch_status: the key's name is not known; null where it failed")]
    order_number: Annotated[str | None, assumed("not documented; as it was sent")]
    errors: Annotated[list[EntryError] | None, inferred("orders_batch_status: null unless the entry failed")]


class Batch(Shape):
    """A job that makes many orders."""

    SOURCE = "orders_batch_status; orders_batch_create answers a job id, that it stands in the whole job: inferred"

    id: Id
    status: Annotated[BatchStatus, assumed("nothing makes a whole job fail here, so never failed")]
    order_count: int
    created_count: int
    failed_count: int
    results: list[BatchResult]
    errors: list[EntryError] | None
    created_at: Moment
    updated_at: Moment
