"""Every input of a world is one of these values. They are the journal's vocabulary."""

from __future__ import annotations

from typing import Any

from mock_truv.api.call import Request
from mock_truv.core.faults import Fault
from mock_truv.core.model import Login
from mock_truv.core.plain import Frozen
from mock_truv.core.scenario import Scenario


class Step(Frozen, frozen=True, tag="step"):
    """Let the next entry of the agenda happen."""


class MoveClock(Frozen, frozen=True, tag="clock"):
    """Nothing more is due: set the clock forward."""

    to_us: int


class Delivered(Frozen, frozen=True, tag="delivered"):
    """How one attempt to deliver a webhook went."""

    webhook_id: str
    attempt: int
    status_code: int | None
    error: str | None


class CompleteBridge(Frozen, frozen=True, tag="bridge", omit_defaults=True):
    """A person logs in through Bridge; the login is what it means, never what was typed."""

    token: str
    login: Login
    provider_id: str | None = None
    company_mapping_id: str | None = None


class LeaveBridge(Frozen, frozen=True, tag="leave"):
    """A person opens an order's link and leaves again."""

    token: str


class Change(Frozen, frozen=True, tag="change"):
    """The world outside Truv changes: a connection, a provider, a knob; or a person certifies an order."""

    target: str
    """``connection``, ``provider``, ``profile`` or ``certification`` (of an order)."""
    id: str
    fields: dict[str, Any]


class PutScenario(Frozen, frozen=True, tag="scenario"):
    """A scenario is in force from now on."""

    scenario: Scenario


class AddFault(Frozen, frozen=True, tag="add_fault"):
    """A fault is in force from now on."""

    fault: Fault
    name: str | None = None


class RemoveFault(Frozen, frozen=True, tag="remove_fault"):
    """A fault ends; what it held back goes out."""

    id: str


class Redeliver(Frozen, frozen=True, tag="redeliver"):
    """Send a webhook once more, with the same bytes."""

    webhook_id: str


class Subscribe(Frozen, frozen=True, tag="subscribe"):
    """Register the webhook that the sandbox was started with."""

    url: str


class Resume(Frozen, frozen=True, tag="resume"):
    """The process was started again: what was in flight then is sent anew."""


Command = (
    Request
    | Step
    | MoveClock
    | Delivered
    | CompleteBridge
    | LeaveBridge
    | Change
    | PutScenario
    | AddFault
    | RemoveFault
    | Redeliver
    | Subscribe
    | Resume
)
