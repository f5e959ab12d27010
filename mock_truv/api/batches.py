"""Operations on batches of orders, and how an entry of a batch becomes an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api import bodies, orders
from mock_truv.api.bodies.batches import CreateBatch
from mock_truv.api.call import Operation
from mock_truv.api.parsing import parse_value
from mock_truv.api.shapes import batches as shapes
from mock_truv.core import batches
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import text_z
from mock_truv.core.model import EntryOutcome

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Batch


def create(call: Call) -> shapes.Batch:
    """Take up to 10,000 orders; they are made in the background, one by one."""
    return _shown(batches.accept(call.world, call.body.orders))


def read(call: Call) -> shapes.Batch:
    """Return how far a batch has come, with the outcome of every entry that is done."""
    return _shown(call.target)


def go_on(world: WorldBase, batch: Batch) -> None:
    """Make the orders of a batch that are due now. One that is wrong fails by itself."""
    batches.record(world, batch, [_outcome(world, entry) for entry in batches.due(batch)])


def _outcome(world: WorldBase, entry: dict[str, Any]) -> EntryOutcome:
    """Make the order of an entry, unless there is one with its ``order_number`` (orders_batch_create).

    A wrong entry fails even if its number is known; a number that came up earlier in the batch is known; of several
    orders with one number the latest counts, and no refresh order (all assumed).
    """
    sent = entry.get("order_number")
    number = sent if isinstance(sent, str) else None
    try:
        body = parse_value(entry, bodies.CreateOrder)
        existing = world.state.orders_by_number.get(number) if number else None
        order_id = existing or orders.make(world, body).id
    except WrongInput as error:
        problems = (error.extra or {})["invalid-params"]
        return EntryOutcome(outcome="failed", order_number=number, errors=problems)
    return EntryOutcome(outcome="existing" if existing else "created", order_id=order_id, order_number=number)


def _shown(batch: Batch) -> shapes.Batch:
    return shapes.Batch(
        id=batch.id,
        status=batch.status,
        order_count=batch.order_count,
        created_count=batch.created_count,
        failed_count=batch.failed_count,
        results=[_result(index, each) for index, each in enumerate(batch.results)],
        errors=None,
        created_at=text_z(batch.created_us),
        updated_at=text_z(batch.updated_us),
    )


def _result(index: int, it: EntryOutcome) -> shapes.BatchResult:
    return shapes.BatchResult(
        index=index,
        outcome=it.outcome,
        order_id=it.order_id,
        order_number=it.order_number,
        errors=[shapes.EntryError(**each) for each in it.errors] if it.errors is not None else None,
    )


OPERATIONS = (
    Operation("POST", "/orders/batch/", create, "orders_batch_create", CreateBatch, 202, answer=shapes.Batch),
    Operation("GET", "/orders/batch/{batch}/", read, "orders_batch_status", answer=shapes.Batch),
)
FINDERS: dict[str, Finder] = {"batch": lambda world, ident, _: world.state.batches.get(ident)}
