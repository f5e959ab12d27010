"""Batches of orders."""

from __future__ import annotations

from typing import Any, Literal

from mock_truv.core.plain import Frozen, Plain

BatchStatus = Literal["pending", "completed", "failed"]
Outcome = Literal["created", "existing", "failed"]
"""What became of an entry (orders_batch_status)."""


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
