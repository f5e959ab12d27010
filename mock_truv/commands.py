"""Every input of a world is one of these values. They are the journal's vocabulary."""

from __future__ import annotations

from typing import Any

import msgspec

from mock_truv.api.call import Request
from mock_truv.core.model import Login


class Step(msgspec.Struct, frozen=True, tag="step"):
    """Let the next entry of the agenda happen."""


class MoveClock(msgspec.Struct, frozen=True, tag="clock"):
    """Nothing more is due: set the clock forward."""

    to_us: int


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """How one attempt to deliver a webhook went."""

    webhook_id: str
    attempt: int
    status_code: int | None
    error: str | None


class CompleteBridge(msgspec.Struct, frozen=True, tag="bridge", omit_defaults=True):
    """A person logs in through Bridge; the login is what it means, never what was typed."""

    token: str
    login: Login
    provider_id: str | None = None
    company_mapping_id: str | None = None


class Change(msgspec.Struct, frozen=True, tag="change"):
    """The world outside Truv changes: a connection, a provider, or a knob."""

    target: str
    """``connection``, ``provider`` or ``profile``."""
    id: str
    fields: dict[str, Any]


class Redeliver(msgspec.Struct, frozen=True, tag="redeliver"):
    """Send a webhook once more, with the same bytes."""

    webhook_id: str


class Subscribe(msgspec.Struct, frozen=True, tag="subscribe"):
    """Register the webhook that the sandbox was started with."""

    url: str


class Resume(msgspec.Struct, frozen=True, tag="resume"):
    """The process was started again: what was in flight then is sent anew."""


Command = Request | Step | MoveClock | Delivered | CompleteBridge | Change | Redeliver | Subscribe | Resume
