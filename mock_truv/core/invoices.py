"""The invoice of an order: the lines that the billing ledger has for it.

Nothing is stored: a line of the ledger never changes, and each task knows whether it has one.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Literal

from mock_truv.core import ids
from mock_truv.core.base import suborders
from mock_truv.core.model import OPEN_SUBORDER
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import LedgerLine, Order, Task

InvoiceStatus = Literal["pending", "success", "error"]


def invoice_id(world: WorldBase, order: Order) -> str:
    """Return the invoice's identifier: 32 hex characters, the same for good."""
    return ids.identifier(world.state.seed, "invoice", order.id)


def status(world: WorldBase, order: Order) -> InvoiceStatus:
    """Return ``pending`` while anything of the order may still be billed, else ``success`` (inferred)."""
    if any(each.status in OPEN_SUBORDER for each in suborders(order)) and order.canceled_us is None:
        return "pending"
    running = any(task.status not in FINAL for task in tasks(world, order))
    return "pending" if running or (not suborders(order) and world.now_us < order.expires_us) else "success"


def tasks(world: WorldBase, order: Order) -> list[Task]:
    """Return the order's tasks, each once, oldest first."""
    mine = dict.fromkeys(task_id for each in suborders(order) for task_id in each.task_ids)
    return [world.state.tasks[task_id] for task_id in mine]


def lines(world: WorldBase, order: Order) -> list[LedgerLine]:
    """Return the ledger's lines of an order, oldest first."""
    found = [_line(world, task) for task in tasks(world, order) if task.billed]
    return sorted(found, key=lambda line: line.at_us)


def changed_us(order: Order) -> int:
    """Return when the order's billing last could have changed: with the latest status of a suborder."""
    return max([order.created_us, order.canceled_us or 0, *(each.updated_us for each in suborders(order))])


def _line(world: WorldBase, task: Task) -> LedgerLine:
    """Return a task's line. The ledger is in the order of time, and a task is billed when it starts or when it ends."""
    ledger = world.state.ledger
    for at_us in (task.created_us, task.path_us[-1]):
        at = bisect_left(ledger, at_us, key=lambda line: line.at_us)
        while at < len(ledger) and ledger[at].at_us == at_us:
            if ledger[at].task_id == task.id:
                return ledger[at]
            at += 1
    raise AssertionError(f"task {task.id} is billed and has no line")
