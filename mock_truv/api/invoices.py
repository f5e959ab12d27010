"""The invoice of an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.api.call import Operation, Printed, own_url
from mock_truv.api.shapes.invoices import Invoice, InvoiceLine, InvoicePaper, InvoiceQuery
from mock_truv.core import invoices
from mock_truv.core.instants import text_z

if TYPE_CHECKING:
    from mock_truv.api.call import Call
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase


def read(call: Call) -> Invoice | Printed:
    """Return the invoice of an order, pending while anything of it may still be billed; or its lines on paper."""
    if call.params.fmt == "pdf":
        return Printed(title="Order invoice", document=_paper(call.world, call.target))
    return _invoice(call.world, call.target)


def _invoice(world: WorldBase, order: model.Order) -> Invoice:
    status = invoices.status(world, order)
    shows_file = status == "success" and world.state.profile.file_urls == "own"
    return Invoice(
        id=dashed(invoices.invoice_id(world, order)),
        order_group_id=dashed(order.id),
        file=own_url(f"/v1/orders/{order.id}/invoice/?fmt=pdf") if shows_file else None,
        status=status,
        created_at=text_z(order.created_us),
        updated_at=text_z(invoices.changed_us(order)),
    )


def _paper(world: WorldBase, order: model.Order) -> InvoicePaper:
    found = invoices.lines(world, order)
    return InvoicePaper(
        invoice_id=dashed(invoices.invoice_id(world, order)),
        order_id=order.id,
        order_number=order.order_number,
        client_name=world.state.profile.client_name,
        status=invoices.status(world, order),
        billed_verifications=sum(not line.free for line in found),
        free_verifications=sum(line.free for line in found),
        lines=[
            InvoiceLine(
                billed_at=text_z(line.at_us),
                task_id=line.task_id,
                link_id=line.link_id,
                product_type=line.product,
                is_free=line.free,
            )
            for line in found
        ],
    )


def dashed(ident: str) -> str:
    """Return an identifier of 32 hex characters as a UUID."""
    return f"{ident[:8]}-{ident[8:12]}-{ident[12:16]}-{ident[16:20]}-{ident[20:]}"


OPERATIONS = (
    Operation(
        "GET", "/orders/{order}/invoice/", read, "order_group_invoice_detail; as PDF: assumed", pdf=True,
        query=InvoiceQuery, answer=Invoice,
    ),
)  # fmt: skip
