"""Links, and what lies behind them.

A *connection* is what decides whether a refresh of a link works.
"""

from __future__ import annotations

from mock_truv.core.model.orders import Company
from mock_truv.core.model.sandbox_scenarios import Payload
from mock_truv.core.model.statuses import TaskStatus
from mock_truv.core.plain import Frozen, Plain


class Deposit(Frozen, frozen=True, kw_only=True):
    """Pay that a deposit switch has sent to an account since an instant. Words as in the deposit switch report."""

    at_us: int
    task_id: str
    product: str
    account_number: str
    routing_number: str
    account_type: str
    bank_name: str
    deposit_type: str
    """``entire``, ``percent`` or ``amount``."""
    deposit_value: str


class Connection(Plain, kw_only=True):
    """What decides whether a refresh of a link works. All of it is state on the calendar."""

    kind: str
    """``oauth`` (a grant with an end) or ``credentials`` (a session that the provider ends)."""
    logged_in_us: int
    expires_us: int | None
    """End of the grant or of the session; it holds while ``now < expires_us``. None: it has no end."""
    second_factor: str = "never"
    """When the provider asks a code: ``never``, on a ``new_session``, or ``always``."""
    credentials_known: int = 1
    """Version of the credentials that Truv has stored."""
    credentials_at_provider: int = 1
    """Version in force at the provider; a changed password raises it."""
    locked: bool = False
    organisation_ok: bool = True
    has_records: bool = True
    broken: bool = False
    """Something else is wrong at the provider with this account: every task ends in ``broken_as``."""
    broken_as: str = "error"
    """``error``, ``unable_to_reset`` or ``not_supported``."""


class Link(Plain, kw_only=True):
    """An authenticated connection of a user to a provider (links page)."""

    id: str
    access_token: str
    link_hash: str
    user_id: str
    provider_id: str
    username: str
    person: str
    variation: int
    scenario_ordinal: int = 0
    """Its number among the connections made in the scenario in force then; 0: made without one."""
    history_since: str
    product: str
    status: TaskStatus
    created_us: int
    updated_us: int
    connection: Connection
    company: Company = Company()
    profile_overrides: dict[str, str] = {}
    """Name and e-mail that the client gave the person before the link was made: its profile shows them for good, so
    that a report never changes when the user does."""
    data_source: str = "payroll"
    allowed_products: list[str] = []
    tracking_info: str | None = None
    deleted_us: int | None = None
    connected: bool = False
    is_suspicious: bool = False
    read_us: int | None = None
    """When its data were last read completely."""
    statement_counts: dict[str, int] = {}
    """Job key -> number of statements at that reading."""
    credentials: str | None = None
    """Keyed hash of the login it was last made or repaired with; refreshes are matched with sandbox scenarios by it."""
    payloads: list[Payload] = []
    """Data of sandbox scenarios that it has shown, oldest first; empty: always the built-in data."""
    last_task_id: str | None = None
    last_refresh_task_id: str | None = None
    product_tasks: dict[str, str] = {}
    """Product -> its latest task on this link."""
    deposits: list[Deposit] = []
    """Every deposit switch that was done through it, oldest first."""
    refreshes_us: list[int] = []
    """Commit instants of its latest refreshes, oldest first (while some knob can make them count)."""
    free_us: list[int] = []
    """Instants of its free re-verifications within 90 days, where the GSE rule is on."""
