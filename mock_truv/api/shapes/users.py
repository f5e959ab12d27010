"""Answers about users and their bridge tokens."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mock_truv.api.enums import DataSource, Product
from mock_truv.api.shapes.base import Id, Moment, Paged, Shape, assumed, inferred
from mock_truv.api.shapes.links import Link

MADE_LATER = "users_read: null until there is such a report"


class User(Shape):
    """A person known to Truv, as a list shows it."""

    SOURCE = "users_create, users_list"

    id: Id
    external_user_id: str | None
    first_name: Annotated[str | None, inferred("users_create requires it, official samples leave it out")]
    last_name: Annotated[str | None, inferred("users_create requires it, official samples leave it out")]
    email: str | None
    phone: str | None
    ssn: Annotated[str | None, inferred("users_create: optional")]
    created_at: Moment
    updated_at: Moment
    links: list[Link] | UnsetType = UNSET
    """Only when asked for."""


class OneUser(User, kw_only=True):
    """A person with the ids of the latest reports."""

    SOURCE = "users_read, users_partial_update"

    voie_report_id: Annotated[Id | None, inferred(MADE_LATER)]
    voa_report_id: Annotated[Id | None, inferred(MADE_LATER)]
    income_insights_report_id: Annotated[Id | None, inferred(MADE_LATER)]
    aim_check_report_id: Annotated[str | None, assumed("users_read: FM-…; a mock asks no Freddie Mac, so always null")]


class BridgeToken(Shape):
    """A token that opens Bridge for a user."""

    SOURCE = "users_tokens, bridge-token object"

    bridge_token: Id
    user_id: Id
    tracking_info: str | None
    client_name: str
    product_type: Product
    allowed_products: list[Product]
    company_mapping_id: str | None
    provider_id: Annotated[str | None, inferred("bridge-token object lists it, its sample does not")]
    access_token: str | None
    template_id: str | None
    data_sources: Annotated[list[DataSource] | None, inferred("users_tokens: as sent; null where nothing was sent")]


class UserQuery(Paged):
    """The query of the user list."""

    external_user_id: str | None = None
    list_links: bool | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
    product_type: Annotated[
        Product | None, inferred("users_list names the filter; here: users with an account that may be used for it")
    ] = None


class OneUserQuery(msgspec.Struct, kw_only=True):
    """The query of one user."""

    list_links: Annotated[bool | None, inferred("users_read: there is such a flag; its name is that of the list")] = (
        None
    )


class ReportQuery(msgspec.Struct, kw_only=True):
    """The query of a report that can be had as a PDF."""

    fmt: Literal["json", "pdf"] | None = None
