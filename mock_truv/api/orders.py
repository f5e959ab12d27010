"""Operations on orders: created, read, listed, looked up, changed, canceled, and what happened to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import bodies, certifications, order_employers, render
from mock_truv.api.call import Operation
from mock_truv.api.certifications import OrderQuery
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.orders import EventQuery, Order, OrderEvent, OrderEvents
from mock_truv.api.users import user_for_order
from mock_truv.core import institutions, orders
from mock_truv.core.base import suborders
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.instants import SECOND_US, text_z
from mock_truv.core.model import OPEN_SUBORDER

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase

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


def create(call: Call) -> Order:
    """Create an order: the user is made or re-used, suborders are pending, ``order-created`` goes out."""
    return render.order(call.world, make(call.world, call.body))


def make(world: WorldBase, body: bodies.CreateOrder) -> model.Order:
    """Make an order, asked for by itself or in a batch.

    Raises:
        WrongInput: An employer is not known; nothing was made.
    """
    order_employers.check(world, body.employers or [], "employers")
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
        order_employers.add(world, order, employer)
    insurer = (body.insurance or {}).get("provider_id")
    institutions.add(world, order, body.financial_institutions or [], insurer if isinstance(insurer, str) else None)
    orders.open_order(world, order)
    return order


def read(call: Call) -> Order:
    """Return one order, as it was some seconds ago where reads lag; asked for with what the person certified."""
    lag_us = call.world.state.profile.order_read_lag_seconds * SECOND_US
    shown = render.order(call.world, call.target, as_of_us=call.world.now_us - lag_us)
    mode = call.params.certification
    return shown if mode is None else certifications.annotated(call.world, call.target, shown, mode)


def list_orders(call: Call) -> Page[Order]:
    """Return the orders, newest first."""
    profile = call.world.state.profile
    if profile.order_list == "absent":
        raise NotFound
    until_us = call.world.now_us - profile.order_list_lag_seconds * SECOND_US
    newest = [order for order in reversed(call.world.state.orders.values()) if order.created_us <= until_us]
    return page(call, newest, lambda order: render.order(call.world, order, listed=True))


def lookup(call: Call) -> Page[Order]:
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
    order: model.Order = call.target
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
        given = order_employers.plain(body.notification_settings)
        given = {key: value for key, value in given.items() if value is not None}
        merged = (order.details.get("notification_settings") or {}) | given
        order.details = order.details | {"notification_settings": merged}
    call.world.touch(order)
    call.world.happened("order", order.id, "changed", order_id=order.id)


def cancel(call: Call) -> Order:
    """Cancel an order; one that is over cannot be canceled (assumed)."""
    order: model.Order = call.target
    if order.canceled_us is not None:
        raise WrongInput(("id", f"The order was canceled before, at {text_z(order.canceled_us)}"))
    if suborders(order) and all(each.status not in OPEN_SUBORDER for each in suborders(order)):
        raise WrongInput(("id", f"The order is {render.order_status(order)}; there is nothing left to cancel"))
    orders.cancel(call.world, order)
    return render.order(call.world, order)


def list_events(call: Call) -> OrderEvents:
    """Return an order's events, oldest first; ``include_refresh=true`` adds those of its refreshes (name assumed)."""
    order: model.Order = call.target
    shown = [order]
    if call.params.include_refresh:
        mine = call.world.state.users[order.user_id].order_ids
        shown += [each for each in (call.world.state.orders[it] for it in mine) if each.initial_order == order.id]
    events = [
        OrderEvent(
            object=event.object,
            type=event.type,
            is_refresh=each.initial_order is not None,
            order_id=each.id,
            timestamp=text_z(event.at_us),
            suborder_id=event.suborder_id,
            task_id=event.task_id,
            link_id=event.link_id,
        )
        for each in shown
        for event in each.events
    ]
    return OrderEvents(results=sorted(events, key=lambda event: event.timestamp))


def _kept(body: bodies.CreateOrder) -> dict[str, Any]:
    kept = {key: getattr(body, key) for key in KEPT}
    if body.notification_settings is not None:
        kept["notification_settings"] = order_employers.plain(body.notification_settings)
    return {key: value for key, value in kept.items() if value is not None}


OPERATIONS = (
    Operation("GET", "/orders/", list_orders, "orders_list", query=Paged, answer=Page[Order], errors=(404,)),
    Operation("POST", "/orders/", create, "orders_create", bodies.CreateOrder, 201, answer=Order),
    Operation(
        "POST", "/orders/lookup/", lookup, "orders_list_lookup", bodies.LookupOrders, query=Paged, answer=Page[Order]
    ),
    Operation("GET", "/orders/{order}/", read, "orders_read", query=OrderQuery, answer=Order),
    Operation("PATCH", "/orders/{order}/", patch, "orders_partial_update", bodies.PatchOrder),
    Operation(
        "POST", "/orders/{order}/cancel/", cancel, "orders_cancel_create; answer assumed", answer=Order, errors=(400,)
    ),
    Operation(
        "GET", "/orders/{order}/events/", list_events, "orders_events_list", query=EventQuery, answer=OrderEvents
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"order": lambda world, ident, _: world.state.orders.get(ident)}
