"""Banks and insurers that the client names in an order, so that nobody has to search for them in Bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mock_truv.core import orders, products
from mock_truv.core.model import Company

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Order


class Institution(Protocol):
    """A bank as the client names it."""

    id: str | None
    name: str | None
    suborder_number: str | None


def add(world: WorldBase, order: Order, institutions: Sequence[Institution], insurer: str | None) -> None:
    """Add a suborder for each bank that the client named, and for the insurer, where the order has products for them.

    A bank gets one for each product of bank accounts (inferred). ``insurer``: id of a provider.
    """
    for product in order.products if institutions else ():
        if product in products.ACCOUNT_PRODUCTS:
            for each in institutions:
                known = _known_provider(world, each.id, products.BANKS)
                fields = {"suborder_number": each.suborder_number, "provider_id": known}
                orders.add_suborder(world, order, product, Company(name=each.name), **fields)
    if insurer and "insurance" in order.products and not any(each.product == "insurance" for each in order.employers):
        provider_id = _known_provider(world, insurer, products.INSURERS)
        orders.add_suborder(world, order, "insurance", Company(), provider_id=provider_id)


def _known_provider(world: WorldBase, ident: str | None, source: str) -> str | None:
    """Return a provider's id if it is known and of a source; the search of the service knows more than we (assumed)."""
    provider = world.state.providers.get(ident or "")
    return provider.id if provider is not None and provider.data_source == source else None
