"""Operations on orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.users import user_for_order
from mock_truv.core import orders
from mock_truv.core.base import suborders
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.instants import SECOND_US, text_z
from mock_truv.core.model import OPEN_SUBORDER, Company

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Order, Suborder

KEPT = (
    "cc_emails",
    "insurance",
    "loan",
    "manager",
    "notification_settings",
    "notes",
    "reports",
    "include_recent_paystub",
)


def create(call: Call) -> dict[str, Any]:
    """Create an order: the user is made or re-used, suborders are pending, ``order-created`` goes out."""
    body: bodies.CreateOrder = call.body
    world = call.world
    _check_employers(world, body.employers or [], "employers")
    order = orders.create(
        world,
        user_for_order(world, body),
        list(dict.fromkeys(body.products)),
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email or None,
        phone=body.phone or None,
        ssn=body.ssn or body.social_security_number,
        source=body.source or "internal",
        order_number=body.order_number,
        custom_field=body.custom_field,
        template_id=body.template_id,
        details=_kept(body),
    )
    for employer in body.employers or []:
        _add_employer(world, order, orders.employer_product(order), employer)
    banks = [product for product in order.products if product in orders.ACCOUNT_PRODUCTS]
    for bank in (body.financial_institutions or []) if banks else []:
        orders.add_suborder(world, order, banks[0], Company(name=bank.name), suborder_number=bank.suborder_number)
    orders.open_order(world, order)
    return render.order(world, order)


def refresh(call: Call) -> dict[str, Any]:
    """Create the refresh order of an order."""
    body: bodies.RefreshOrder = call.body
    order: Order = call.target
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


def refresh_alias(call: Call) -> dict[str, Any]:
    """Create the refresh order by the undocumented path; without products: the first that may be refreshed."""
    body: bodies.RefreshOrderAlias = call.body
    if body.products is None:
        possible = [product for product in call.target.products if product in orders.REFRESHABLE]
        if not possible:
            raise WrongInput(("products", f"None of this order's products can be refreshed: {call.target.products}"))
        body.products = possible[:1]
    return refresh(call)


def read(call: Call) -> dict[str, Any]:
    """Return one order, as it was some seconds ago where reads lag."""
    lag_us = call.world.state.profile.order_read_lag_seconds * SECOND_US
    return render.order(call.world, call.target, as_of_us=call.world.now_us - lag_us)


def list_orders(call: Call) -> dict[str, Any]:
    """Return the orders, newest first."""
    profile = call.world.state.profile
    if profile.order_list == "absent":
        raise NotFound
    until_us = call.world.now_us - profile.order_list_lag_seconds * SECOND_US
    newest = [order for order in reversed(call.world.state.orders.values()) if order.created_us <= until_us]
    return page(call, newest, lambda order: render.order(call.world, order, listed=True))


def lookup(call: Call) -> dict[str, Any]:
    """Return the orders of people with this SSN, newest first; four digits find every number that ends so."""
    ssn: str = call.body.ssn
    found = [
        order
        for order in reversed(call.world.state.orders.values())
        if order.ssn is not None and order.ssn.endswith(ssn[-len(order.ssn) :])
    ]
    return page(call, found, lambda order: render.order(call.world, order, listed=True))


def patch(call: Call) -> None:
    """Change an order while all its employers are ``pending`` or ``sent``."""
    body: bodies.PatchOrder = call.body
    order: Order = call.target
    late = [each for each in suborders(order) if each.status not in OPEN_SUBORDER]
    if late:
        text = f"Employer {late[0].id} is {late[0].status}; an order can be changed while all are pending or sent"
        raise WrongInput(("employers", text))
    orders.check_open(order, call.world.now_us)
    for name in ("first_name", "last_name", "ssn"):
        value = getattr(body, name)
        if value is not msgspec.UNSET:
            setattr(order, name, value)
    for name in ("refresh_approved", "loan", "notes"):
        value = getattr(body, name)
        if value is not msgspec.UNSET:
            order.details = order.details | {name: value}
    if body.notification_settings is not msgspec.UNSET:
        given = {key: value for key, value in _plain(body.notification_settings).items() if value is not None}
        merged = (order.details.get("notification_settings") or {}) | given
        order.details = order.details | {"notification_settings": merged}
    call.world.touch(order)
    call.world.happened("order", order.id, "changed", order_id=order.id)


def cancel(call: Call) -> dict[str, Any]:
    """Cancel an order; one that is over cannot be canceled (assumed)."""
    order: Order = call.target
    if order.canceled_us is not None:
        raise WrongInput(("id", f"The order was canceled before, at {text_z(order.canceled_us)}"))
    if suborders(order) and all(each.status not in OPEN_SUBORDER for each in suborders(order)):
        raise WrongInput(("id", f"The order is {render.order_status(order)}; there is nothing left to cancel"))
    orders.cancel(call.world, order)
    return render.order(call.world, order)


def add_employer(call: Call) -> dict[str, Any]:
    """Add an employer to an order that is neither canceled nor expired."""
    order: Order = call.target
    orders.check_open(order, call.world.now_us)
    _check_employers(call.world, [call.body], "")
    added = _add_employer(call.world, order, orders.employer_product(order), call.body)
    call.world.touch(order)
    return render.suborder(call.world, order, added, call.world.now_us)


def list_events(call: Call) -> dict[str, Any]:
    """Return an order's events, oldest first; ``include_refresh=true`` adds those of its refreshes (name assumed)."""
    order: Order = call.target
    shown = [order]
    if call.query.get("include_refresh", "").lower() in {"true", "1"}:
        mine = call.world.state.users[order.user_id].order_ids
        shown += [each for each in (call.world.state.orders[it] for it in mine) if each.initial_order == order.id]
    events = [
        {
            "object": event.object,
            "type": event.type,
            "is_refresh": each.initial_order is not None,
            "order_id": each.id,
            "timestamp": text_z(event.at_us),
            "suborder_id": event.suborder_id,
            "task_id": event.task_id,
            "link_id": event.link_id,
        }
        for each in shown
        for event in each.events
    ]
    return {"results": sorted(events, key=lambda event: str(event["timestamp"]))}


def _check_product(order: Order, product: str) -> None:
    """Refuse a product that the original does not permit: income also as employment, the others as they are."""
    permitted = [each for each in order.products if each in orders.REFRESHABLE]
    if "income" in permitted and "employment" not in permitted:
        permitted.append("employment")
    if product not in permitted:
        text = f"An order of {', '.join(order.products)} can be refreshed as {' or '.join(permitted) or 'nothing'}"
        raise WrongInput(("products[0]", f"{text}; got {product!r}"))


def _sources(world: WorldBase, order: Order, product: str, body: bodies.RefreshOrder) -> list[Suborder]:
    """Return the suborders to refresh, each with a connection below its limit.

    Raises:
        WrongInput: Every entry that is unknown, without connection, or at its limit; nothing was made.
    """
    field = "financial_accounts" if product in orders.ACCOUNT_PRODUCTS else "employers"
    mine = order.financial_accounts if field == "financial_accounts" else order.employers
    chosen: Sequence[bodies.Chosen] | None = getattr(body, field)
    problems: list[tuple[str, str]] = []
    found: dict[str, tuple[str, Suborder]] = {}
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


def _selection_problem(world: WorldBase, order: Order, wanted: bodies.Chosen, matching: list[Suborder]) -> str | None:
    if wanted.id is None and wanted.suborder_number is None:
        return "Name the employer by its id or its suborder_number"
    if not matching:
        name = wanted.id if wanted.id is not None else wanted.suborder_number
        ids = ", ".join(each.id for each in suborders(order)) or "none"
        return f"Order {order.id} has no such employer {name!r}; it has: {ids}"
    if all(_connection(world, each) is None for each in matching):
        return f"Employer {matching[0].id} has no connection yet; only connected ones can be refreshed"
    return None


def _nothing_connected(order: Order, field: str) -> str:
    if not suborders(order):
        return f"Nobody has connected an account for order {order.id} yet; wait for its task-status-updated = done"
    return f"None of the order's {field} has a connection yet; wait for task-status-updated = done, or for a new login"


def _limit_problems(world: WorldBase, found: list[tuple[str, Suborder]]) -> Iterator[tuple[str, str]]:
    for path, each in found:
        link = _connection(world, each)
        if link is not None and orders.refuses_at_limit(world, link):
            yield path, f"{orders.LIMIT_MESSAGE} (employer {each.id})"


def _connection(world: WorldBase, suborder: Suborder) -> Link | None:
    link = world.state.links.get(suborder.link_id or "")
    return link if link is not None and link.deleted_us is None and link.connected else None


def _is_wanted(suborder: Suborder, wanted: bodies.Chosen) -> bool:
    if wanted.id is not None:
        return suborder.id == wanted.id and wanted.suborder_number in {None, suborder.suborder_number}
    return wanted.suborder_number is not None and suborder.suborder_number == wanted.suborder_number


def _check_employers(world: WorldBase, employers: Sequence[bodies.Employer], field: str) -> None:
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


def _add_employer(world: WorldBase, order: Order, product: str, employer: bodies.Employer) -> Suborder:
    known = world.catalog.employer(employer.company_mapping_id or "") or {}
    return orders.add_suborder(
        world,
        order,
        product,
        Company(
            name=employer.company_name or known.get("name"),
            domain=employer.company_domain or known.get("domain"),
            logo=employer.company_logo,
            address=_plain(employer.company_address) if employer.company_address else known.get("address"),
            mapping_id=employer.company_mapping_id,
        ),
        suborder_number=employer.suborder_number,
        start_date=employer.start_date,
        end_date=employer.end_date,
        data_sources=list(employer.data_sources) if employer.data_sources else None,
        account=_plain(employer.account) if employer.account else None,
    )


def _kept(body: bodies.CreateOrder) -> dict[str, Any]:
    kept = {key: getattr(body, key) for key in KEPT}
    if body.notification_settings is not None:
        kept["notification_settings"] = _plain(body.notification_settings)
    return {key: value for key, value in kept.items() if value is not None}


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain


OPERATIONS = (
    Operation("GET", "/orders/", list_orders, "orders_list"),
    Operation("POST", "/orders/", create, "orders_create", bodies.CreateOrder, 201),
    Operation("POST", "/orders/lookup/", lookup, "orders_list_lookup", bodies.LookupOrders),
    Operation("GET", "/orders/{order}/", read, "orders_read"),
    Operation("PATCH", "/orders/{order}/", patch, "orders_partial_update", bodies.PatchOrder),
    Operation("POST", "/orders/{order}/", refresh, "orders_create_refresh_order", bodies.RefreshOrder, 201),
    Operation(
        "POST", "/orders/{order}/refresh/", refresh_alias, "official sample's client; not documented",
        bodies.RefreshOrderAlias, 201, "inferred",
    ),
    Operation("POST", "/orders/{order}/cancel/", cancel, "orders_cancel_create; answer assumed"),
    Operation("POST", "/orders/{order}/employers/", add_employer, "order-add-new-employer", bodies.Employer, 201),
    Operation("GET", "/orders/{order}/events/", list_events, "orders_events_list"),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"order": lambda world, ident, _: world.state.orders.get(ident)}
