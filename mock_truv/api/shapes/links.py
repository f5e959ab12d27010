"""Answers about links and their token exchange."""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.enums import DataSource, Product
from mock_truv.api.shapes.base import Id, Moment, Paged, Shape, Url, assumed, inferred
from mock_truv.api.shapes.tasks import Provider
from mock_truv.core.model import TaskStatus


class CompanyMapping(Shape):
    """The employer of a link."""

    SOURCE = "links-item"

    id: Annotated[str | None, assumed("null where the employer is not in the company search")]
    name: Annotated[str | None, assumed("null where neither the data nor the client named one")]
    logo_url: Url | None


class Link(Shape):
    """A connected account."""

    SOURCE = "links-item"

    id: Id
    access_token: Annotated[str, inferred("links-item: masked, 28 stars and the last four; whole in a user's own list")]
    created_at: Moment
    updated_at: Moment
    deleted_at: Moment | None
    tracking_info: str | None
    status: TaskStatus
    user_external_id: str | None
    provider_id: str
    provider: Provider
    company_mapping: CompanyMapping
    link_hash: Id
    allowed_products: list[Product]
    initial_product_type: Product
    data_source: DataSource
    is_suspicious: bool
    is_dds_available: bool
    is_dds_supported: Annotated[bool, inferred("older name of is_dds_available, which the official sample reads")]


class ExchangedToken(Shape):
    """What the exchange of a public token answers."""

    SOURCE = "link_exchange_token_flow"

    access_token: Id
    link_id: Id
    tracking_info: Annotated[str | None, inferred("users and bridge pages: probable")]


class LinkQuery(Paged):
    """The query of the link list; with ``user_id`` the access tokens come whole."""

    user_id: str | None = None
