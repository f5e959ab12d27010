"""Tasks, and the logins that start them."""

from __future__ import annotations

from typing import Any

from mock_truv.core.model.sandbox_scenarios import Script
from mock_truv.core.model.statuses import TaskStatus
from mock_truv.core.plain import Frozen, Plain


class Login(Frozen, frozen=True, kw_only=True):
    """What a typed login *means*. The password itself is never kept."""

    username: str
    person: str | None = None
    """Key of the person whose records this login opens; None: nobody's."""
    wanted_status: str | None = None
    """The ending asked for by a test login (``error.user``), else None."""
    asks_code: bool = False
    """The login itself asks a second factor (test login ``mfa``); the provider's habit may ask one, too."""
    code: str = "missing"
    """The second factor that was typed: ``right``, ``wrong`` or ``missing``."""
    extra_wait_us: int = 0
    credentials: str | None = None
    """Keyed hash of user name and password (``core/sandbox_scenarios.credentials``), for refreshes to be matched by."""
    sandbox_scenario: str | None = None
    """Id of the sandbox scenario that this login hit."""


class Task(Plain, kw_only=True):
    """One action on a link: each login attempt and each refresh makes one (task pages)."""

    id: str
    status: TaskStatus
    product: str
    provider_id: str
    user_id: str
    created_us: int
    updated_us: int
    is_refresh: bool
    link_id: str | None = None
    order_id: str | None = None
    suborder_id: str | None = None
    tracking_info: str | None = None
    bridge_token: str | None = None
    data_source: str = "payroll"
    is_suspicious: bool = False
    error_message: str | None = None
    login: Login | None = None
    """The person's login, judged when it was typed; None for a refresh, which uses what Truv has stored."""
    verdict: TaskStatus | None = None
    """How the login was judged when it was typed: ``login`` if it held, else the status it ends in."""
    code_asked: bool = False
    """The provider asks the person for a code, so the task passes through ``mfa``."""
    billed: bool = False
    """It has its line in the ledger: when it was accepted or when it was done, as the knob said then."""
    script: Script | None = None
    """What the sandbox scenario that the task has hit makes of it."""
    account: dict[str, Any] | None = None
    """Where a deposit switch is to send pay, as the client sent it; None: it said nothing."""
    path: list[TaskStatus] = []
    """Every status so far, in order."""
    path_us: list[int] = []
    """When it entered each of them."""
