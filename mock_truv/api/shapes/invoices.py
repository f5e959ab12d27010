"""Answers about invoices."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mock_truv.api.enums import Product
from mock_truv.api.shapes.base import Id, Moment, Shape, Url, assumed, inferred
from mock_truv.core.invoices import InvoiceStatus

Uuid = Annotated[str, Meta(max_length=64, extra_json_schema={"format": "uuid"})]
"""Dashed, as the reference's type says; without the dashes it is the identifier that other objects show."""


class Invoice(Shape):
    """The invoice of an order."""

    SOURCE = "order_group_invoice_detail"

    id: Uuid
    order_group_id: Annotated[Uuid, inferred("share_url: the order group is the order")]
    file: Annotated[
        Url | None, inferred("order_group_invoice_detail: null until it is made, and unless file_urls asks for it")
    ]
    status: Annotated[InvoiceStatus, inferred("order_group_invoice_detail: pending until all is over")]
    created_at: Moment
    updated_at: Moment


class InvoiceLine(Shape):
    """A verification that was billed: a line of the billing ledger."""

    SOURCE = "refresh object: each refresh is billed as a separate verification"
    BASIS = "assumed"

    billed_at: Moment
    task_id: Id
    link_id: Id
    product_type: Product
    is_free: bool


class InvoicePaper(Shape):
    """What stands on the invoice as PDF. No price is public, so it counts verifications."""

    SOURCE = "the file of an invoice was not seen"
    BASIS = "assumed"

    invoice_id: Uuid
    order_id: Id
    order_number: str | None
    client_name: str
    status: InvoiceStatus
    billed_verifications: int
    free_verifications: int
    lines: list[InvoiceLine]


class InvoiceQuery(msgspec.Struct, kw_only=True):
    """The query of an invoice."""

    fmt: Annotated[Literal["json", "pdf"] | None, assumed("as reports have it")] = None
