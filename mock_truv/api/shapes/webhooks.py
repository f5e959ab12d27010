"""Answers about registered webhooks and their delivery history."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_truv.api.enums import EnvType, EventType
from mock_truv.api.shapes.base import Id, Moment, Shape, Url, assumed, inferred


class Webhook(Shape):
    """A registered webhook."""

    SOURCE = "webhooks_create"

    id: Annotated[str, Meta(max_length=32)]
    name: Annotated[str, Meta(max_length=128)]
    webhook_url: Url
    env_type: EnvType
    events: Annotated[list[EventType], inferred("webhooks_create: empty stands for all")]
    enabled: bool
    created_at: Moment
    updated_at: Moment


class WebhookRequest(Shape):
    """One attempt to deliver a webhook."""

    SOURCE = "webhook_requests_list"

    webhook_id: Id
    event_type: EventType
    event_created_at: Moment
    status_code: Annotated[int | None, inferred("webhook_requests_list: null where nothing answered")]
    error_message: str | None
    webhook_payload: dict[str, Any]
    webhook_url: Url


class WebhookRequests(Shape):
    """A page of the delivery history, by cursor."""

    SOURCE = "webhook_requests_list"

    next: Url | None
    previous: Url | None
    results: list[WebhookRequest]


class WebhookRequestQuery(msgspec.Struct, kw_only=True):
    """The query of the delivery history; instants are ISO 8601, a bare day is its midnight."""

    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    event_type: EventType | None = None
    status_code: Annotated[int, Meta(ge=100, le=599)] | None = None
    cursor: Annotated[
        Annotated[
            str,
            Meta(pattern=r"^[ab]\d{1,18}-\d{1,18}-\d{1,18}$", description="the cursor of next or previous as it is"),
        ]
        | None,
        inferred("webhook_requests_list: what stands in it is not shown"),
    ] = None
    page_size: Annotated[
        Annotated[int, Meta(ge=1, le=999_999_999)] | None,
        assumed("webhook_requests_list: the name is cut after its first letter"),
    ] = None
