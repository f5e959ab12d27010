"""Answers about tasks, and the provider that links and tasks name."""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.enums import DataSource, Product
from mock_truv.api.shapes.base import Day, Id, Moment, Paged, Shape, Url, inferred
from mock_truv.core.model import TaskStatus


class Provider(Shape):
    """The service that the data come from."""

    SOURCE = "tasks_read, links-item"

    id: str
    name: str
    logo_url: Url | None


class Task(Shape):
    """One action on a link: a login attempt, or a refresh."""

    SOURCE = "tasks_read"

    id: Id
    status: Annotated[
        TaskStatus, inferred("tasks_read lists final words only; webhooks and the refresh page show running ones")
    ]
    product_type: Product
    provider: Provider
    created_at: Moment
    updated_at: Moment
    link_id: Id | None
    user_id: Id
    error_message: str | None
    tracking_info: str | None
    bridge_token: Id | None
    data_source: DataSource | None
    is_suspicious: bool
    order_id: Id | None


class RefreshTask(Shape):
    """A refresh of one link."""

    SOURCE = "refresh_task"

    id: Id
    status: TaskStatus
    refresh_date: Day
    created_at: Moment


class StartedRefresh(Shape):
    """What starting a refresh answers."""

    SOURCE = "refresh_task_create"

    task_id: Id


class TaskQuery(Paged):
    """The query of the task list; ``user_id`` is seen in the official sample."""

    user_id: str | None = None
