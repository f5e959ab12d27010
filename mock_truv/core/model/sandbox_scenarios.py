"""Logins of the client's own making, and the data that they bring."""

from __future__ import annotations

from typing import Any

from mock_truv.core.model.statuses import TaskStatus
from mock_truv.core.plain import Frozen, Plain


class SandboxScenario(Plain, kw_only=True):
    """A login of the client's own making, with the data and the ending it brings (sandbox/object).

    It has nothing to do with ``Scenario``, the failure stories of this program. Its password is part of what the client
    defined and has to be given back, so it is kept, and journaled, as it was sent; only *typed* passwords are not.
    """

    id: str
    data_source: str
    label: str
    created_us: int
    updated_us: int
    description: str | None = None
    products: list[str] = []
    enabled: bool = True
    username: str | None = None
    password: str | None = None
    is_refresh: bool | None = None
    provider_id: str | None = None
    company_domain: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    payload: dict[str, Any] | None = None
    behavior_status: TaskStatus | None = None
    behavior_error_message: str | None = None
    behavior_duration_seconds: int | None = None
    behavior_mfa: dict[str, Any] | None = None


class Script(Frozen, frozen=True, kw_only=True):
    """What a sandbox scenario does to one task, as it was when the task started: later changes do not touch it."""

    sandbox_scenario: str
    status: TaskStatus | None = None
    error_message: str | None = None
    wait_us: int = 0
    payload: dict[str, Any] | None = None


class Payload(Frozen, frozen=True, kw_only=True):
    """The client's own data that a link shows from an instant on; None: the built-in data again."""

    from_us: int
    payload: dict[str, Any] | None
    is_suspicious: bool
