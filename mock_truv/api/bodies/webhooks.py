"""Request bodies of registered webhooks."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.api.enums import EnvType, EventType

WebhookName = Annotated[str, Meta(max_length=128)]
WebhookUrl = Annotated[
    str, Meta(max_length=2048, pattern=r"^https?://([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?#]\S*)?$")
]


class CreateWebhook(msgspec.Struct):
    """``POST /v1/webhooks/``."""

    name: WebhookName
    webhook_url: WebhookUrl
    env_type: EnvType
    events: list[EventType] | None = None
    enabled: bool | None = None


class PatchWebhook(msgspec.Struct):
    """``PATCH /v1/webhooks/{id}/``."""

    name: WebhookName | None = None
    webhook_url: WebhookUrl | None = None
    env_type: EnvType | None = None
    events: list[EventType] | None = None
    enabled: bool | None = None
