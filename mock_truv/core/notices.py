"""Webhooks: which event carries which fields, and how its bytes get on their way.

Field sets and their order follow the events pages of tasks, orders, links, employments, statements. Bytes are fixed
once, when the event happens; every attempt sends the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core import outgoing
from mock_truv.core.instants import text_offset, text_seconds, text_z

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Order, Suborder, Task

EVENT_TYPES = (
    "task-status-updated",
    "order-status-updated",
    "order-created",
    "order-refresh-failed",
    "link-connected",
    "link-disconnected",
    "link-deleted",
    "employment-created",
    "employment-updated",
    "profile-created",
    "profile-updated",
    "statements-created",
    "statements-updated",
    "shifts-created",
    "shifts-updated",
    "bank-accounts-created",
    "bank-accounts-updated",
    "order-finalized",
    "certification-completed",
)


def announce(world: WorldBase, event_type: str, fields: dict[str, Any]) -> None:
    """Send an event that happens now."""
    outgoing.announce(world, event_type, {"event_created_at": _time(world, world.now_us, "created"), **fields})


def task_changed(world: WorldBase, task: Task) -> None:
    """``task-status-updated``: at every change of a task's status."""
    order = world.state.orders.get(task.order_id or "")
    announce(
        world,
        "task-status-updated",
        {
            "updated_at": _time(world, task.updated_us, "updated"),
            "product": task.product,
            "link_id": task.link_id,
            **({} if _is_of_collection(task) else {"user_id": task.user_id}),
            "data_source": task.data_source,
            "task_id": task.id,
            "tracking_info": task.tracking_info,
            "status": task.status,
            "template_id": order.template_id if order else None,
            **({"order_id": task.order_id} if world.state.profile.task_event_order_id else {}),
        },
    )


def _is_of_collection(task: Task) -> bool:
    """Return whether a task reads a document collection: its events come without ``user_id`` (official sample).

    No token opened Bridge for it, as one does for documents that a person uploads there.
    """
    return task.data_source == "docs" and task.bridge_token is None and not task.is_refresh


def order_created(world: WorldBase, order: Order) -> None:
    """``order-created``: status always ``pending``, no employer, link or source."""
    fields = _order_fields(world, order, order.products[0], None, "pending", order.updated_us)
    announce(world, "order-created", fields)


def order_changed(world: WorldBase, order: Order, suborder: Suborder) -> None:
    """``order-status-updated``: every time one suborder changes status."""
    fields = _order_fields(world, order, suborder.product, suborder, suborder.status, suborder.updated_us)
    announce(world, "order-status-updated", fields)


def order_ended(world: WorldBase, order: Order, status: str) -> None:
    """``order-status-updated`` of an order that has no suborder to speak of (assumed)."""
    announce(
        world, "order-status-updated", _order_fields(world, order, order.products[0], None, status, order.updated_us)
    )


def order_refresh_failed(world: WorldBase, order: Order, suborder: Suborder, status: str) -> None:
    """``order-refresh-failed``: its status is the failed task's, its order the refresh order (both inferred)."""
    fields = _order_fields(world, order, suborder.product, suborder, status, order.updated_us)
    announce(world, "order-refresh-failed", fields)


def link_changed(world: WorldBase, event_type: str, link: Link, task: Task | None) -> None:
    """``link-connected``, ``link-disconnected``, ``link-deleted``: no status, no reason, no order."""
    announce(
        world,
        event_type,
        {
            "link_id": link.id,
            "product": task.product if task else link.product,
            "data_source": link.data_source,
            "tracking_info": task.tracking_info if task else link.tracking_info,
            "user_id": link.user_id,
        },
    )


def object_changed(world: WorldBase, event_type: str, task: Task, object_id: str) -> None:
    """``employment-…`` and ``profile-…``: name the object."""
    announce(world, event_type, _data_fields(task) | {"object_id": object_id, "user_id": task.user_id})


def objects_counted(world: WorldBase, event_type: str, task: Task, employment_id: str, count: int) -> None:
    """``statements-…``, ``shifts-…`` and ``bank-accounts-…``: how many objects of an employment there are now."""
    counted = {"employment_id": employment_id, "objects_count": count, "user_id": task.user_id}
    announce(world, event_type, _data_fields(task) | counted)


def _order_fields(
    world: WorldBase, order: Order, product: str, suborder: Suborder | None, status: str, updated_us: int
) -> dict[str, Any]:
    link = world.state.links.get(suborder.link_id or "") if suborder else None
    return {
        "updated_at": _time(world, updated_us, "updated"),
        "product": product,
        "link_id": suborder.link_id if suborder else None,
        "user_id": order.user_id,
        "data_source": link.data_source if link else None,
        "order_id": order.id,
        "order_number": order.order_number,
        "employer_id": suborder.id if suborder else None,
        "status": status,
        "template_id": order.template_id,
    }


def _data_fields(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "link_id": task.link_id,
        "product": task.product,
        "data_source": task.data_source,
        "tracking_info": task.tracking_info,
    }


def _time(world: WorldBase, instant_us: int, which: str) -> str:
    """Return a time in the form that the knob asks for (K-TSFMT); the documented ones differ by field."""
    forms = TIME_FORMS[world.state.profile.time_format]
    return forms[which == "updated"](instant_us)


TIME_FORMS: dict[str, tuple[Callable[[int], str], Callable[[int], str]]] = {
    "documented": (text_z, text_offset),
    "z": (text_z, text_z),
    "offset": (text_offset, text_offset),
    "mixed": (text_offset, text_seconds),
    "seconds": (text_seconds, text_seconds),
}
"""Knob value -> (form of ``event_created_at``, form of ``updated_at``)."""
