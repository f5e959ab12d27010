"""Journal and ledger as the control API and the sandbox object show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core.instants import text_z

if TYPE_CHECKING:
    from mock_truv.core.model import LedgerLine
    from mock_truv.journal.journal import Record


def shown_record(record: Record) -> dict[str, Any]:
    """Return an entry of the journal with its time as text, the status of its answer, and its events."""
    return {
        "seq": record.entry.seq,
        "at": text_z(record.entry.at_us),
        "step": record.entry.step,
        "command": msgspec.to_builtins(record.entry.command),
        "status": record.status,
        "events": msgspec.to_builtins(record.events),
        "digest": record.entry.digest,
    }


def shown_line(line: LedgerLine) -> dict[str, Any]:
    """Return a line of the billing ledger."""
    return {
        "at": text_z(line.at_us),
        "task_id": line.task_id,
        "link_id": line.link_id,
        "order_id": line.order_id,
        "product_type": line.product,
        "free": line.free,
    }
