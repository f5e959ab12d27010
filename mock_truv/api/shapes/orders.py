"""Answers about orders: the order, its suborders, its events."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from mock_truv.api.enums import DataSource, Product, Source
from mock_truv.api.shapes.base import Day, Id, Moment, Shape, Url, assumed, inferred
from mock_truv.api.shapes.certifications import OrderEmployment
from mock_truv.api.shapes.financial_accounts import FinancialAccount
from mock_truv.api.shapes.tasks import Provider, Task
from mock_truv.core.model import SuborderStatus


class CompanyAddress(Shape):
    """Where an employer is."""

    SOURCE = "orders_read, order-add-new-employer"

    street: str | None
    city: str | None
    state: str | None
    zip: str | None


class Suborder(Shape):
    """One employer, or an insurer, of an order."""

    SOURCE = "orders_read, orders_list_lookup, order-add-new-employer"

    id: Id
    product_type: Product
    status: SuborderStatus
    suborder_number: str | None
    created_at: Moment
    bridge_token: Id
    link_id: Id | None
    access_token: Annotated[Id | None, inferred("orders_read: null until connected")]
    pdf_report: Annotated[Url | None, inferred("integrators: null on first orders, a URL on refresh orders")]
    data_source: DataSource | None
    provider: Provider | None
    is_suspicious: bool
    start_date: Day | None
    end_date: Day | None
    company_name: str | None
    company_address: CompanyAddress | None
    company_domain: str | None
    company_logo: Url | None
    tasks: Annotated[list[Task], inferred("not in the reference's example; the official sample reads it")]
    employments: list[OrderEmployment] | UnsetType = UNSET
    """Left out in lists."""


class Order(Shape):
    """A request to one person to connect accounts, or the refresh of an earlier one."""

    SOURCE = "orders_read, orders_list_lookup"

    id: Id
    status: Annotated[SuborderStatus, assumed("no reference page shows it, the official sample reads it")]
    products: list[Product]
    source: Source
    order_number: str | None
    custom_field: str | None
    client_name: str
    first_name: str
    last_name: str
    user_id: Id
    bridge_token: Id
    share_url: Url
    short_share_url: Url
    created_at: Moment
    updated_at: Moment
    canceled_at: Moment | None
    completed_at: Moment | None
    expired_at: Moment
    is_expired: bool
    user_consent_at: Moment | None
    initial_order: Annotated[Id | None, inferred("orders_read: null where the order is no refresh, rather than absent")]
    refresh_order: Annotated[Id | None, inferred("orders_read: null before the first refresh, rather than absent")]
    voie_report_id: Annotated[Id | None, inferred("sample reports guide: null until a connection is completed")]
    voa_report_id: Annotated[Id | None, inferred("sample reports guide: null until a connection is completed")]
    manager: Annotated[dict[str, Any] | None, inferred("earlier orders page; given back as it was sent")]
    loan: Annotated[dict[str, Any] | None, inferred("orders_partial_update; given back as it was sent")]
    employers: list[Suborder]
    financial_accounts: list[FinancialAccount]
    additional_income_sources: Annotated[
        list[dict[str, Any]] | UnsetType, inferred("orders_read: with the query certification; none are certified here")
    ] = UNSET


class OrderEvent(Shape):
    """An entry of an order's history."""

    SOURCE = "orders_events_list"

    object: Annotated[str, inferred("v1_orders_events_list: order, link; the word of notifications is not shown")]
    type: Annotated[str, inferred("v1_orders_events_list: the list is cut, suborder_error and sms_reminder_ follow")]
    is_refresh: bool
    order_id: Id
    timestamp: Moment
    suborder_id: Id | None
    task_id: Id | None
    link_id: Id | None


class OrderEvents(Shape):
    """An order's history, not paged."""

    SOURCE = "orders_events_list"

    results: list[OrderEvent]


class EventQuery(msgspec.Struct, kw_only=True):
    """The query of an order's history."""

    include_refresh: Annotated[
        bool | None, assumed("orders_events_list: there is such a parameter; its name is not known")
    ] = None
