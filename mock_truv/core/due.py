"""What can stand on the agenda: each entry says what is due, never when."""

from __future__ import annotations

from typing import Any

from mock_truv.core.faults import Fault
from mock_truv.core.plain import Frozen


class TaskDue(Frozen, frozen=True, tag="task"):
    """The next stage of a task is due."""

    task_id: str


class DeliveryDue(Frozen, frozen=True, tag="delivery"):
    """A webhook is to be sent."""

    webhook_id: str


class NotifyDue(Frozen, frozen=True, tag="notify"):
    """A message about an order goes out: the first one (0), or a reminder."""

    order_id: str
    reminder: int = 0
    suborder_id: str | None = None
    """The message is about this one only, which was added after the first message had gone out."""


class BatchDue(Frozen, frozen=True, tag="batch"):
    """The next orders of a batch are to be made."""

    batch_id: str


class FileDue(Frozen, frozen=True, tag="file"):
    """The next stage of an uploaded file is due."""

    collection_id: str
    file_id: str


class ExpireDue(Frozen, frozen=True, tag="expire"):
    """An order's window ends."""

    order_id: str


class ReleaseDue(Frozen, frozen=True, tag="release"):
    """A reordering fault has held webhooks long enough; ``first`` is the first one it held."""

    fault_id: str
    first: str


class ChangeDue(Frozen, frozen=True, tag="change"):
    """Something outside Truv is to change: fields of a connection or provider."""

    target: str
    id: str
    fields: dict[str, Any]


class FaultDue(Frozen, frozen=True, tag="fault"):
    """A fault begins, or ends (``fault`` None)."""

    id: str
    fault: Fault | None


Due = TaskDue | DeliveryDue | NotifyDue | BatchDue | FileDue | ExpireDue | ReleaseDue | ChangeDue | FaultDue
