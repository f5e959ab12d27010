"""Answers about the client's own sandbox scenarios."""

from __future__ import annotations

from typing import Any

from mock_truv.api.bodies.sandbox import Mfa
from mock_truv.api.enums import DataSource, Product
from mock_truv.api.shapes.base import Id, Moment, Shape
from mock_truv.core.model import TaskStatus


class SandboxScenario(Shape):
    """A login of the client's own making; everything that was sent is given back."""

    SOURCE = "sandbox object; that everything sent is given back is inferred"
    BASIS = "inferred"

    id: Id
    data_source: DataSource
    label: str
    description: str | None
    products: list[Product]
    enabled: bool
    username: str | None
    password: str | None
    is_refresh: bool | None
    provider_id: str | None
    company_domain: str | None
    first_name: str | None
    last_name: str | None
    payload: dict[str, Any] | None
    behavior_status: TaskStatus | None
    behavior_error_message: str | None
    behavior_duration_seconds: int | None
    behavior_mfa: Mfa | None
    created_at: Moment
    updated_at: Moment


class ResolvedScenario(Shape):
    """Which scenario a login would hit."""

    SOURCE = "sandbox object names the call; its answer is assumed"
    BASIS = "assumed"

    scenario: SandboxScenario | None
