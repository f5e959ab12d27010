"""The request bodies, as types: parsed by them, described by them.

Lengths and required marks follow the reference pages; where a field's form is not documented it is left open. Dates are
text of the form ``YYYY-MM-DD``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Product = Literal["income", "employment", "deposit_switch", "pll", "insurance", "transactions", "assets"]
RefreshProduct = Literal["employment", "income", "insurance", "transactions", "assets"]
DataSource = Literal["payroll", "docs", "insurance", "financial_accounts", "tax", "instant"]
EnvType = Literal["sandbox", "dev", "prod"]
Name = Annotated[str, Meta(min_length=1, max_length=50)]
Ssn = Annotated[str, Meta(pattern=r"^(\d{4}|\d{9})$")]
Date = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Source = Literal[
    "internal", "external_webpage", "individual", "self_signup", "encompass", "encompass_consumer_connect", "floify",
    "besmartee", "lenderlogix", "byte", "core_logic", "xactus", "constellation", "banno", "mx", "q2", "clutch",
    "accio", "tpo_connect", "darkmatter", "tazworks", "simplenexus", "alkami", "blue_sage", "lodasoft", "blend",
    "tidalwave",
]  # fmt: skip
EventType = Literal[
    "task-status-updated", "order-status-updated", "order-created", "order-refresh-failed", "link-connected",
    "link-disconnected", "link-deleted", "employment-created", "employment-updated", "profile-created",
    "profile-updated", "statements-created", "statements-updated", "shifts-created", "shifts-updated",
    "bank-accounts-created", "bank-accounts-updated", "order-finalized", "certification-completed",
]  # fmt: skip


class Address(msgspec.Struct):
    """An employer's address."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Account(msgspec.Struct):
    """A bank account for deposit switch and paycheck-linked loans."""

    account_number: str | None = None
    routing_number: str | None = None
    account_type: Literal["checking", "savings"] | None = None
    bank_name: str | None = None
    deposit_type: str | None = None
    deposit_value: str | float | None = None
    action: str | None = None


class Employer(msgspec.Struct):
    """An employer of an order (orders_create, order-add-new-employer)."""

    company_name: str | None = None
    company_domain: str | None = None
    company_logo: str | None = None
    company_address: Address | None = None
    company_mapping_id: str | None = None
    start_date: Date | None = None
    end_date: Date | None = None
    suborder_number: str | None = None
    data_sources: list[DataSource] | None = None
    account: Account | None = None


class FinancialInstitution(msgspec.Struct):
    """A bank of an order."""

    id: str | None = None
    name: str | None = None
    suborder_number: str | None = None


class NotificationSettings(msgspec.Struct):
    """Who writes to the person, and when."""

    suppress_user_notifications: bool | None = None
    first_notification_delay_hours: Annotated[int, Meta(ge=0, le=2016)] | None = None


class CreateOrder(msgspec.Struct):
    """``POST /v1/orders/``."""

    products: Annotated[list[Product], Meta(min_length=1)]
    first_name: Name
    last_name: Name
    email: str | None = None
    phone: str | None = None
    ssn: Ssn | None = None
    social_security_number: Ssn | None = None
    order_number: str | None = None
    external_user_id: str | None = None
    template_id: str | None = None
    custom_field: str | None = None
    date_of_birth: Date | None = None
    source: Source | None = None
    cc_emails: list[str] | None = None
    insurance: dict[str, Any] | None = None
    employers: list[Employer] | None = None
    financial_institutions: list[FinancialInstitution] | None = None
    loan: dict[str, Any] | None = None
    manager: dict[str, Any] | None = None
    notification_settings: NotificationSettings | None = None
    notes: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    reports: dict[str, Any] | None = None
    include_recent_paystub: bool | None = None


class PatchOrder(msgspec.Struct):
    """``PATCH /v1/orders/{id}/``."""

    first_name: Name | msgspec.UnsetType = msgspec.UNSET
    last_name: Name | msgspec.UnsetType = msgspec.UNSET
    ssn: Annotated[str, Meta(max_length=128)] | msgspec.UnsetType | None = msgspec.UNSET
    refresh_approved: bool | msgspec.UnsetType = msgspec.UNSET
    loan: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    notes: Annotated[str, Meta(min_length=1, max_length=2000)] | msgspec.UnsetType | None = msgspec.UNSET
    notification_settings: NotificationSettings | msgspec.UnsetType = msgspec.UNSET


class Chosen(msgspec.Struct):
    """A suborder of the original order, by its id or by the client's own number."""

    id: str | None = None
    suborder_number: str | None = None


class RefreshOrder(msgspec.Struct):
    """``POST /v1/orders/{id}/``."""

    products: Annotated[list[RefreshProduct], Meta(min_length=1, max_length=1)]
    employers: list[Chosen] | None = None
    financial_accounts: list[Chosen] | None = None
    manager: dict[str, Any] | None = None
    email: str | None = None
    phone: str | None = None
    include_recent_paystub: bool | None = None
    reports: dict[str, Any] | None = None


class RefreshOrderAlias(RefreshOrder):
    """``POST /v1/orders/{id}/refresh/``: the same, and without ``products`` the first one that may be refreshed."""

    products: Annotated[list[RefreshProduct], Meta(min_length=1, max_length=1)] | None = None  # type: ignore[assignment]


class LookupOrders(msgspec.Struct):
    """``POST /v1/orders/lookup/``."""

    ssn: Ssn


class CreateUser(msgspec.Struct):
    """``POST /v1/users/``. The reference requires three fields; official samples send any subset."""

    external_user_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    ssn: Ssn | None = None


class CreateToken(msgspec.Struct):
    """``POST /v1/users/{id}/tokens/``."""

    product_type: Product
    allowed_products: list[Product] | None = None
    tracking_info: str | None = None
    company_mapping_id: str | None = None
    provider_id: str | None = None
    access_token: str | None = None
    template_id: str | None = None
    use_case: str | None = None
    request_extended_history: bool | None = None
    locale: str | None = None
    data_sources: list[DataSource] | None = None
    account: Account | None = None
    client_name: str | None = None


class ExchangeToken(msgspec.Struct):
    """``POST /v1/link-access-tokens/``."""

    public_token: str


class CreateRefreshTask(msgspec.Struct):
    """``POST /v1/refresh/tasks/``."""

    access_token: str
    product_type: Product | None = None
    account: Account | None = None


class CreateWebhook(msgspec.Struct):
    """``POST /v1/webhooks/``."""

    name: Annotated[str, Meta(max_length=128)]
    webhook_url: Annotated[
        str, Meta(max_length=2048, pattern=r"^https?://([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?#]\S*)?$")
    ]
    env_type: EnvType
    events: list[EventType] | None = None
    enabled: bool | None = None


class PatchWebhook(msgspec.Struct):
    """``PATCH /v1/webhooks/{id}/``."""

    name: Annotated[str, Meta(max_length=128)] | None = None
    webhook_url: (
        Annotated[
            str, Meta(max_length=2048, pattern=r"^https?://([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?([/?#]\S*)?$")
        ]
        | None
    ) = None
    env_type: EnvType | None = None
    events: list[EventType] | None = None
    enabled: bool | None = None


class CreateReport(msgspec.Struct):
    """``POST /v1/users/{id}/reports/``."""

    is_voe: bool = False


Ending = Literal[
    "done", "login_error", "mfa_error", "config_error", "account_locked", "no_data", "unavailable", "unable_to_reset",
    "not_supported", "error",
]  # fmt: skip
Label = Annotated[str, Meta(min_length=1, max_length=128)]
Typed = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=2000)]
Seconds = Annotated[int, Meta(ge=0, le=1200)]


class TextChallenge(msgspec.Struct, tag_field="type", tag="TEXT"):
    """A question that one text answers."""

    answer: Typed
    label: Text | None = None


class Option(msgspec.Struct):
    """One of the answers that a question offers."""

    value: Typed
    label: Text | None = None


class OptionsChallenge(msgspec.Struct, tag_field="type", tag="OPTIONS"):
    """A question with answers to choose from; any of ``answers`` is right."""

    options: Annotated[list[Option], Meta(min_length=1, max_length=50)]
    answers: Annotated[list[Typed], Meta(min_length=1, max_length=50)]
    label: Text | None = None


class Mfa(msgspec.Struct):
    """What a sandbox scenario asks the person."""

    challenges: Annotated[list[TextChallenge | OptionsChallenge], Meta(max_length=10)]


class CreateSandboxScenario(msgspec.Struct):
    """``POST /v1/sandbox/scenarios/``. Lengths, the longest delay and that only a final status is taken are assumed."""

    label: Label
    data_source: DataSource | None = None
    description: Text | None = None
    products: list[Product] | None = None
    enabled: bool | None = None
    username: Typed | None = None
    password: Typed | None = None
    is_refresh: bool | None = None
    provider_id: Typed | None = None
    company_domain: Typed | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    payload: dict[str, Any] | None = None
    behavior_status: Ending | None = None
    behavior_error_message: Text | None = None
    behavior_duration_seconds: Seconds | None = None
    behavior_mfa: Mfa | None = None


class PatchSandboxScenario(msgspec.Struct):
    """``PATCH`` and ``PUT /v1/sandbox/scenarios/{id}/``: absent keys stay, null unsets."""

    label: Label | msgspec.UnsetType = msgspec.UNSET
    data_source: DataSource | msgspec.UnsetType | None = msgspec.UNSET
    description: Text | msgspec.UnsetType | None = msgspec.UNSET
    products: list[Product] | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType | None = msgspec.UNSET
    username: Typed | msgspec.UnsetType | None = msgspec.UNSET
    password: Typed | msgspec.UnsetType | None = msgspec.UNSET
    is_refresh: bool | msgspec.UnsetType | None = msgspec.UNSET
    provider_id: Typed | msgspec.UnsetType | None = msgspec.UNSET
    company_domain: Typed | msgspec.UnsetType | None = msgspec.UNSET
    first_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    last_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    payload: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    behavior_status: Ending | msgspec.UnsetType | None = msgspec.UNSET
    behavior_error_message: Text | msgspec.UnsetType | None = msgspec.UNSET
    behavior_duration_seconds: Seconds | msgspec.UnsetType | None = msgspec.UNSET
    behavior_mfa: Mfa | msgspec.UnsetType | None = msgspec.UNSET


class ResolveSandboxScenario(msgspec.Struct):
    """``POST /v1/sandbox/scenarios/resolve/``."""

    data_source: DataSource | None = None
    product: Product | None = None
    username: Text | None = None
    password: Text | None = None
    provider_id: Text | None = None


class GivenAddress(msgspec.Struct):
    """An address in a payload."""

    street: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None


class GivenProfile(msgspec.Struct):
    """A person in a payload."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    middle_initials: str | None = None
    full_name: str | None = None
    email: str | None = None
    ssn: Ssn | None = None
    date_of_birth: Date | None = None
    home_address: GivenAddress | None = None


class GivenCompany(msgspec.Struct):
    """An employer in a payload."""

    name: str | None = None
    address: GivenAddress | None = None
    phone: str | None = None
    ein: str | None = None


class GivenStatement(msgspec.Struct):
    """A pay statement in a payload."""

    id: str | None = None
    pay_date: Date | None = None
    period_start: Date | None = None
    period_end: Date | None = None
    earnings: list[dict[str, Any]] | None = None
    earnings_ytd: list[dict[str, Any]] | None = None
    deductions: list[dict[str, Any]] | None = None
    deductions_ytd: list[dict[str, Any]] | None = None
    derived_fields: list[str] | None = None
    missing_data_fields: list[str] | None = None


class GivenEmployment(msgspec.Struct):
    """An employment in a payload; its other fields may have any form and are shown as they are."""

    id: str | None = None
    start_date: Date | None = None
    original_hire_date: Date | None = None
    end_date: Date | None = None
    is_active: bool | None = None
    dates_from_statements: bool | None = None
    derived_fields: list[str] | None = None
    missing_data_fields: list[str] | None = None
    profile: GivenProfile | None = None
    company: GivenCompany | None = None
    statements: list[GivenStatement] | None = None
    annual_income_summary: list[dict[str, Any]] | None = None
    w2s: list[dict[str, Any]] | None = None
    bank_accounts: list[dict[str, Any]] | None = None


class GivenFlags(msgspec.Struct):
    """What a payload says about fraud."""

    is_fraudulent: bool | None = None
    is_suspicious: bool | None = None


class PayrollPayload(msgspec.Struct):
    """What the payload of a payroll scenario has to be."""

    flags: GivenFlags | None = None
    employments: list[GivenEmployment] | None = None
