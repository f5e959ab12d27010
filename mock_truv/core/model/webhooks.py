"""Registered webhooks and what is on its way to them."""

from __future__ import annotations

from mock_truv.core.plain import Frozen, Plain


class Subscription(Plain, kw_only=True):
    """A registered webhook (webhooks_create)."""

    id: str
    name: str
    webhook_url: str
    env_type: str
    events: list[str]
    enabled: bool
    created_us: int
    updated_us: int
    failed_in_a_row: int = 0
    standing: bool = False
    """It came with the sandbox (``--webhook-url``) and survives a reset."""


class Attempt(Frozen, frozen=True, kw_only=True):
    """One try to deliver a webhook."""

    at_us: int
    status_code: int | None
    error: str | None


class Delivery(Plain, kw_only=True):
    """One webhook on its way to one subscription; its bytes are fixed when it is made."""

    webhook_id: str
    subscription_id: str
    url: str
    event_type: str
    created_us: int
    body: str
    sent_id: str = ""
    """The ``webhook_id`` in the body: a retry may get a new one, a duplicate has the first one's."""
    forgery: str | None = None
    """It is a forgery of this kind: sent once, never retried."""
    state: str = "waiting"
    """``waiting``, ``in_flight``, ``delivered``, ``failed``, ``dropped`` or ``lost``."""
    attempts: list[Attempt] = []
