"""Bodies of webhooks as types; ``core/notices`` makes what they describe."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mock_truv.api.enums import DataSource, EventType, Product
from mock_truv.api.shapes.base import Id, Moment, Shape, assumed, inferred
from mock_truv.core.model import SuborderStatus, TaskStatus


class TaskEvent(Shape, kw_only=True):
    """A task has changed its status."""

    SOURCE = "tasks/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    updated_at: Moment
    product: Product
    link_id: Id | None
    user_id: Annotated[Id | UnsetType, inferred("official sample: left out for tasks of document collections")] = UNSET
    data_source: DataSource
    task_id: Id
    tracking_info: str | None
    status: TaskStatus
    template_id: str | None
    order_id: Annotated[Id | UnsetType | None, assumed("only where the profile asks for it")] = UNSET


class LinkEvent(Shape):
    """A link was connected, disconnected by a failed refresh, or deleted."""

    SOURCE = "links/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    link_id: Id
    product: Product
    data_source: DataSource
    tracking_info: str | None
    user_id: Id


class ObjectEvent(Shape):
    """An employment or a profile was read for the first time, or again."""

    SOURCE = "tasks/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    task_id: Id
    link_id: Id | None
    product: Product
    data_source: DataSource
    tracking_info: str | None
    object_id: Id
    user_id: Id


class CountEvent(Shape):
    """Statements, shifts or bank accounts were read: so many there are now."""

    SOURCE = "statements/events, shifts/events, bank-accounts/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    task_id: Id
    link_id: Id | None
    product: Product
    data_source: DataSource
    tracking_info: str | None
    employment_id: Id
    objects_count: int
    user_id: Id


class OrderEventBody(Shape):
    """An order was created, or one of its suborders has changed its status."""

    SOURCE = "orders/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    updated_at: Moment
    product: Product
    link_id: Id | None
    user_id: Id
    data_source: DataSource | None
    order_id: Id
    order_number: str | None
    employer_id: Id | None
    status: SuborderStatus
    template_id: str | None


class RefreshFailedEvent(OrderEventBody):
    """A refresh of an order has failed."""

    status: Annotated[  # type: ignore[assignment]
        TaskStatus, inferred("orders/events: the failure status; the renewals guide names those of tasks")
    ]


class OrderEndEvent(Shape):
    """A person has certified an order, or it is final."""

    SOURCE = "orders/events"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    updated_at: Moment
    user_id: Id
    order_id: Id
    order_number: str | None
    template_id: str | None


EVENTS: dict[str, type[Shape]] = {
    "order-created": OrderEventBody,
    "order-status-updated": OrderEventBody,
    "order-refresh-failed": RefreshFailedEvent,
    "order-finalized": OrderEndEvent,
    "certification-completed": OrderEndEvent,
    "task-status-updated": TaskEvent,
    **{f"link-{end}": LinkEvent for end in ("connected", "disconnected", "deleted")},
    **{f"{part}-{end}": ObjectEvent for part in ("employment", "profile") for end in ("created", "updated")},
    **{f"{parts}-created": CountEvent for parts in ("statements", "shifts", "bank-accounts")},
    **{f"{parts}-updated": CountEvent for parts in ("statements", "shifts", "bank-accounts")},
}
"""Event type -> the type of its body."""
