"""Webhooks: which event carries which fields, and how its bytes get on their way.

Field sets and their order follow the events pages of tasks, orders, links, employments, statements. Bytes are fixed
once, when the event happens; every attempt sends the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core.instants import text_offset, text_z
from mock_truv.core.model import Delivery, DeliveryDue

if TYPE_CHECKING:
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

ENV_TYPE = "sandbox"


def announce(world: WorldBase, event_type: str, fields: dict[str, Any]) -> None:
    """Make one delivery of an event for each subscription that wants it, due now."""
    state = world.state
    for subscription in state.subscriptions.values():
        if not subscription.enabled or subscription.env_type != ENV_TYPE:
            continue
        if subscription.events and event_type not in subscription.events:
            continue
        webhook_id = world.new_id("webhook")
        payload = {
            "webhook_id": webhook_id,
            "event_type": event_type,
            "event_created_at": text_z(state.now_us),
            **fields,
        }
        state.deliveries[webhook_id] = Delivery(
            webhook_id=webhook_id,
            subscription_id=subscription.id,
            url=subscription.webhook_url,
            event_type=event_type,
            created_us=state.now_us,
            body=msgspec.json.encode(payload).decode(),
        )
        world.schedule(state.now_us, DeliveryDue(webhook_id))
        world.happened("webhook-made", webhook_id, event_type)


def task_changed(world: WorldBase, task: Task) -> None:
    """``task-status-updated``: at every change of a task's status."""
    order = world.state.orders.get(task.order_id or "")
    announce(
        world,
        "task-status-updated",
        {
            "updated_at": text_offset(task.updated_us),
            "product": task.product,
            "link_id": task.link_id,
            "user_id": task.user_id,
            "data_source": task.data_source,
            "task_id": task.id,
            "tracking_info": task.tracking_info,
            "status": task.status,
            "template_id": order.template_id if order else None,
        },
    )


def order_created(world: WorldBase, order: Order) -> None:
    """``order-created``: status always ``pending``, no employer, link or source."""
    fields = _order_fields(order, order.products[0], None, "pending", order.updated_us)
    announce(world, "order-created", fields)


def order_changed(world: WorldBase, order: Order, suborder: Suborder) -> None:
    """``order-status-updated``: every time one suborder changes status."""
    fields = _order_fields(order, suborder.product, suborder, suborder.status, suborder.updated_us)
    announce(world, "order-status-updated", fields)


def order_ended(world: WorldBase, order: Order, status: str) -> None:
    """``order-status-updated`` of an order that has no suborder to speak of (assumed)."""
    announce(world, "order-status-updated", _order_fields(order, order.products[0], None, status, order.updated_us))


def order_refresh_failed(world: WorldBase, order: Order, suborder: Suborder, status: str) -> None:
    """``order-refresh-failed``: its status is the failed task's, its order the refresh order (both inferred)."""
    fields = _order_fields(order, suborder.product, suborder, status, order.updated_us)
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
    """``statements-…`` and ``bank-accounts-…``: how many objects of an employment there are now."""
    counted = {"employment_id": employment_id, "objects_count": count, "user_id": task.user_id}
    announce(world, event_type, _data_fields(task) | counted)


def _order_fields(
    order: Order, product: str, suborder: Suborder | None, status: str, updated_us: int
) -> dict[str, Any]:
    connected = suborder is not None and suborder.link_id is not None
    return {
        "updated_at": text_offset(updated_us),
        "product": product,
        "link_id": suborder.link_id if suborder else None,
        "user_id": order.user_id,
        "data_source": "payroll" if connected else None,
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
