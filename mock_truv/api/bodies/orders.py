"""Request bodies of orders and of their refresh."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.common import Account, Address, Date, Name, Ssn
from mock_truv.api.enums import DataSource, Product, RefreshProduct, Source


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
