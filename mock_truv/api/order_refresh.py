"""Refreshing an order: the documented call, and the alias that some programs use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation
from mock_truv.api.shapes.orders import Order
from mock_truv.core import orders
from mock_truv.core.base import suborders
from mock_truv.core.errors import WrongInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.api.call import Call
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link


def refresh(call: Call) -> Order:
    """Create the refresh order of an order."""
    body: bodies.RefreshOrder = call.body
    order: model.Order = call.target
    product = body.products[0]
    if order.initial_order is not None and call.world.state.profile.refresh_of_refresh == "refused":
        raise WrongInput(("id", f"This is a refresh order; refresh the original order {order.initial_order}"))
    _check_product(order, product)
    sources = _sources(call.world, order, product, body)
    details = {
        key: value
        for key in ("manager", "include_recent_paystub", "reports")
        if (value := getattr(body, key)) is not None
    }
    made = orders.refresh(call.world, order, product, sources, email=body.email, phone=body.phone, details=details)
    return render.order(call.world, made)


def refresh_alias(call: Call) -> Order:
    """Create the refresh order by the undocumented path; without products: the first that may be refreshed."""
    body: bodies.RefreshOrderAlias = call.body
    if body.products is None:
        possible = [product for product in call.target.products if product in orders.REFRESHABLE]
        if not possible:
            raise WrongInput(("products", f"None of this order's products can be refreshed: {call.target.products}"))
        body.products = possible[:1]
    return refresh(call)


def _check_product(order: model.Order, product: str) -> None:
    """Refuse a product that the original does not permit: income also as employment, the others as they are."""
    permitted = [each for each in order.products if each in orders.REFRESHABLE]
    if "income" in permitted and "employment" not in permitted:
        permitted.append("employment")
    if product not in permitted:
        text = f"An order of {', '.join(order.products)} can be refreshed as {' or '.join(permitted) or 'nothing'}"
        raise WrongInput(("products[0]", f"{text}; got {product!r}"))


def _sources(world: WorldBase, order: model.Order, product: str, body: bodies.RefreshOrder) -> list[model.Suborder]:
    """Return the suborders to refresh, each with a connection below its limit.

    Raises:
        WrongInput: Every entry that is unknown, without connection, or at its limit; nothing was made.
    """
    field = "financial_accounts" if product in orders.ACCOUNT_PRODUCTS else "employers"
    mine = orders.sources_of(order, product)
    chosen: Sequence[bodies.Chosen] | None = getattr(body, field)
    problems: list[tuple[str, str]] = []
    found: dict[str, tuple[str, model.Suborder]] = {}
    for at, wanted in enumerate(chosen or []):
        path = f"{field}[{at}]." + ("id" if wanted.id is not None else "suborder_number")
        matching = [each for each in mine if _is_wanted(each, wanted)]
        problem = _selection_problem(world, order, wanted, matching)
        if problem:
            problems.append((path, problem))
        for each in matching:
            found.setdefault(each.id, (path, each))
    if chosen is None:
        found = {each.id: (field, each) for each in mine if _connection(world, each) is not None}
        if not found:
            problems.append((field, _nothing_connected(order, field)))
    elif not chosen:
        problems.append((field, "Name at least one, or leave the field out to refresh all"))
    beyond = list(_limit_problems(world, list(found.values())))
    if beyond and not problems:
        raise orders.limit_error(world, *beyond)
    if problems:
        raise WrongInput(*problems, *beyond)
    return [each for _, each in found.values()]


def _selection_problem(
    world: WorldBase, order: model.Order, wanted: bodies.Chosen, matching: list[model.Suborder]
) -> str | None:
    if wanted.id is None and wanted.suborder_number is None:
        return "Name the employer by its id or its suborder_number"
    if not matching:
        name = wanted.id if wanted.id is not None else wanted.suborder_number
        ids = ", ".join(each.id for each in suborders(order)) or "none"
        return f"Order {order.id} has no such employer {name!r}; it has: {ids}"
    if all(_connection(world, each) is None for each in matching):
        return f"Employer {matching[0].id} has no connection yet; only connected ones can be refreshed"
    return None


def _nothing_connected(order: model.Order, field: str) -> str:
    if not suborders(order):
        return f"Nobody has connected an account for order {order.id} yet; wait for its task-status-updated = done"
    return f"None of the order's {field} has a connection yet; wait for task-status-updated = done, or for a new login"


def _limit_problems(world: WorldBase, found: list[tuple[str, model.Suborder]]) -> Iterator[tuple[str, str]]:
    for path, each in found:
        link = _connection(world, each)
        if link is not None and orders.refuses_at_limit(world, link):
            yield path, f"{orders.LIMIT_MESSAGE} (employer {each.id})"


def _connection(world: WorldBase, suborder: model.Suborder) -> Link | None:
    link = world.state.links.get(suborder.link_id or "")
    return link if link is not None and link.deleted_us is None and link.connected else None


def _is_wanted(suborder: model.Suborder, wanted: bodies.Chosen) -> bool:
    if wanted.id is not None:
        return suborder.id == wanted.id and wanted.suborder_number in {None, suborder.suborder_number}
    return wanted.suborder_number is not None and suborder.suborder_number == wanted.suborder_number


OPERATIONS = (
    Operation(
        "POST", "/orders/{order}/", refresh, "orders_create_refresh_order", bodies.RefreshOrder, 201, answer=Order
    ),
    Operation(
        "POST", "/orders/{order}/refresh/", refresh_alias, "official sample's client; not documented",
        bodies.RefreshOrderAlias, 201, "inferred", answer=Order,
    ),
)  # fmt: skip
