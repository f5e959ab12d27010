"""The plain data of one sandbox. All of it encodes and decodes; there is no behaviour here.

Names are Truv's. Instants end in ``_us`` (microseconds since 1970, UTC). A *suborder* is an entry of an order's
``employers`` or ``financial_accounts``; a *connection* is what decides whether a refresh of a link works.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from mock_truv.core.plain import Frozen, Plain


class TaskStatus(StrEnum):
    """States of a task (task lifecycle page)."""

    NEW = "new"
    LOGIN = "login"
    MFA = "mfa"
    PARSE = "parse"
    FULL_PARSE = "full_parse"
    SWITCH_DEPOSIT = "switch_deposit"
    DONE = "done"
    LOGIN_ERROR = "login_error"
    MFA_ERROR = "mfa_error"
    CONFIG_ERROR = "config_error"
    ACCOUNT_LOCKED = "account_locked"
    NO_DATA = "no_data"
    UNAVAILABLE = "unavailable"
    UNABLE_TO_RESET = "unable_to_reset"
    NOT_SUPPORTED = "not_supported"
    ERROR = "error"


class SuborderStatus(StrEnum):
    """States of a suborder (reference page of *add an employer*)."""

    PENDING = "pending"
    SENT = "sent"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NO_DATA = "no_data"
    SKIPPED = "skipped"


OPEN_SUBORDER = (SuborderStatus.PENDING, SuborderStatus.SENT)


class User(Plain, kw_only=True):
    """A person known to Truv (users page)."""

    id: str
    created_us: int
    updated_us: int
    external_user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ssn: str | None = None
    deleted_us: int | None = None
    voie_report_id: str | None = None
    voa_report_id: str | None = None
    income_insights_report_id: str | None = None
    link_ids: list[str] = []
    order_ids: list[str] = []
    report_ids: list[str] = []


class Company(Frozen, frozen=True, kw_only=True):
    """The employer of a suborder as the client described it, or as it was found in the connection's data."""

    name: str | None = None
    domain: str | None = None
    logo: str | None = None
    address: dict[str, Any] | None = None
    mapping_id: str | None = None


class Suborder(Plain, kw_only=True):
    """One employer or financial account of an order."""

    id: str
    product: str
    status: SuborderStatus
    created_us: int
    updated_us: int
    bridge_token: str
    suborder_number: str | None = None
    company: Company = Company()
    start_date: str | None = None
    end_date: str | None = None
    data_sources: list[str] | None = None
    account: dict[str, Any] | None = None
    """Where the pay is to go, for deposit switches and paycheck-linked loans."""
    provider_id: str | None = None
    """The bank or insurer that the client named; one that is not known here is not kept."""
    link_id: str | None = None
    completed_us: int | None = None
    """When its data were read; the report of the suborder is fixed at this instant."""
    path: list[SuborderStatus] = []
    """Every status after ``pending``, in order."""
    path_us: list[int] = []
    """When it entered each of them."""
    task_ids: list[str] = []


class OrderEvent(Frozen, frozen=True, kw_only=True):
    """An entry of an order's event list (orders_events_list)."""

    object: str
    type: str
    at_us: int
    suborder_id: str | None = None
    task_id: str | None = None
    link_id: str | None = None


class Order(Plain, kw_only=True):
    """A request to one person to connect accounts, or the refresh of an earlier one (``initial_order`` set)."""

    id: str
    products: list[str]
    user_id: str
    bridge_token: str
    short_code: str
    first_name: str
    last_name: str
    created_us: int
    updated_us: int
    expires_us: int
    source: str = "internal"
    order_number: str | None = None
    custom_field: str | None = None
    template_id: str | None = None
    email: str | None = None
    phone: str | None = None
    ssn: str | None = None
    canceled_us: int | None = None
    completed_us: int | None = None
    user_consent_us: int | None = None
    initial_order: str | None = None
    refresh_order: str | None = None
    voie_report_id: str | None = None
    voa_report_id: str | None = None
    employers: list[Suborder] = []
    financial_accounts: list[Suborder] = []
    events: list[OrderEvent] = []
    details: dict[str, Any] = {}
    """What was sent and is only kept: loan, manager, notes, notification_settings, reports, cc_emails …"""


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


class BridgeToken(Plain, kw_only=True):
    """A token that opens Bridge: a user's own, an order's, or a suborder's."""

    token: str
    user_id: str
    created_us: int
    product: str
    order_id: str | None = None
    suborder_id: str | None = None
    allowed_products: list[str] = []
    data_sources: list[str] | None = None
    tracking_info: str | None = None
    company_mapping_id: str | None = None
    provider_id: str | None = None
    access_token: str | None = None
    template_id: str | None = None
    client_name: str | None = None
    account: dict[str, Any] | None = None
    """Where a deposit switch is to send pay."""


class PublicToken(Plain, kw_only=True):
    """What Bridge hands to the page on success; single use."""

    token: str
    link_id: str
    created_us: int
    tracking_info: str | None = None
    used: bool = False


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


class Report(Plain, kw_only=True):
    """A user-level VOIE or VOE report: which links, each as of which instant."""

    id: str
    user_id: str
    is_voe: bool
    created_us: int
    entries: list[ReportEntry]


class ReportEntry(Frozen, frozen=True, kw_only=True):
    """One link in a report."""

    id: str
    link_id: str
    read_us: int
    tracking_info: str | None


class LedgerLine(Frozen, frozen=True, kw_only=True):
    """One billed verification: a refresh task (refresh page: each is billed as a separate verification)."""

    at_us: int
    task_id: str
    link_id: str
    product: str
    order_id: str | None
    free: bool = False


class Outage(Frozen, frozen=True, kw_only=True):
    """A provider is down while ``from_us <= now < until_us``; no end: until further notice."""

    from_us: int
    until_us: int | None = None


class Provider(Plain, kw_only=True):
    """A payroll provider, bank or insurer, and its habits (habits are assumed)."""

    id: str
    name: str
    logo_url: str | None = None
    kind: str = "oauth"
    lifetime_days: int | None = 180
    second_factor: str = "never"
    task_seconds: int = 8
    outages: list[Outage] = []
    data_source: str = "payroll"
    """``payroll``, ``financial_accounts`` (a bank) or ``insurance``."""
