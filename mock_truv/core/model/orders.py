"""Orders, the suborders in them, and what happened to them.

A *suborder* is an entry of an order's ``employers`` or ``financial_accounts``.
"""

from __future__ import annotations

from typing import Any

from mock_truv.core.model.statuses import SuborderStatus
from mock_truv.core.plain import Frozen, Plain


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
