"""The employers of an order: those it is created with, and those added later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation
from mock_truv.api.shapes.orders import Suborder
from mock_truv.core import orders, products
from mock_truv.core.errors import WrongInput
from mock_truv.core.model import Company

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mock_truv.api.call import Call
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase


def add_employer(call: Call) -> Suborder:
    """Add an employer to an order that is neither canceled nor expired; the person is told of it.

    Where the order asks several things of each employer, the answer is the first of the suborders made.
    """
    order: model.Order = call.target
    orders.check_open(order, call.world.now_us)
    check(call.world, [call.body], "")
    added = add(call.world, order, call.body)
    for each in added:
        orders.announce_added(call.world, order, each)
    call.world.touch(order)
    return render.suborder(call.world, order, added[0], call.world.now_us)


def check(world: WorldBase, employers: Sequence[bodies.Employer], field: str) -> None:
    """Refuse employers that the company search does not know; ``field`` is where they stand, empty for the body.

    Raises:
        WrongInput: The mapping ids that are neither known nor ``self_employed``.
    """
    problems = []
    for at, employer in enumerate(employers):
        mapping_id = employer.company_mapping_id
        if mapping_id and mapping_id != "self_employed" and world.catalog.employer(mapping_id) is None:
            path = f"{field}[{at}].company_mapping_id" if field else "company_mapping_id"
            problems.append(
                (path, f"No company has the mapping id {mapping_id!r}; search for it, or send company_name")
            )
    if problems:
        raise WrongInput(*problems)


def add(world: WorldBase, order: model.Order, employer: bodies.Employer) -> list[model.Suborder]:
    """Add an employer to an order: a suborder for each product that the order asks of employers."""
    known: Mapping[str, Any] = world.catalog.employer(employer.company_mapping_id or "") or {}
    company = Company(
        name=employer.company_name or known.get("name"),
        domain=employer.company_domain or known.get("domain"),
        logo=employer.company_logo,
        address=plain(employer.company_address) if employer.company_address else known.get("address"),
        mapping_id=employer.company_mapping_id,
    )
    return [
        orders.add_suborder(
            world,
            order,
            product,
            company,
            suborder_number=employer.suborder_number,
            start_date=employer.start_date,
            end_date=employer.end_date,
            data_sources=list(employer.data_sources) if employer.data_sources else None,
            account=plain(employer.account) if employer.account else None,
        )
        for product in products.employer_products(order.products)
    ]


def plain(value: msgspec.Struct) -> dict[str, Any]:
    """Return a part of a body as the state keeps it."""
    kept: dict[str, Any] = msgspec.to_builtins(value)
    return kept


OPERATIONS = (
    Operation(
        "POST", "/orders/{order}/employers/", add_employer, "order-add-new-employer", bodies.Employer, 201,
        answer=Suborder,
    ),
)  # fmt: skip
