"""Orders: made, refreshed, canceled, notified, expired.

A refresh makes a *new* order with its own id, linked by ``initial_order`` and ``refresh_order``; nothing else of the
original changes (data refresh pages).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from mock_truv.core import billing, ids, notices, products, progress, records, sandbox_scenarios
from mock_truv.core.base import suborders
from mock_truv.core.due import ExpireDue, NotifyDue
from mock_truv.core.errors import ApiError, WrongInput
from mock_truv.core.instants import HOUR_US, SECOND_US, add_business_hours, text_z
from mock_truv.core.model import (
    OPEN_SUBORDER,
    BridgeToken,
    Company,
    Order,
    OrderEvent,
    Suborder,
    SuborderStatus,
    Task,
    TaskStatus,
)
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, User

ACCOUNT_PRODUCTS = products.ACCOUNT_PRODUCTS
REFRESHABLE = ("employment", "income", "insurance", "transactions", "assets")
"""Products a refresh may ask for (orders_create_refresh_order)."""

REMINDERS = 3
"""Reminders after the first message, at most (follow-up page)."""
WIDEST_HOURS = 8760
"""The widest window that the knob allows: as long a refresh is remembered, since the knob may be turned at any time."""
LIMIT_MESSAGE = progress.LIMIT_REACHED


def create(world: WorldBase, user: User, asked: list[str], **fields: Any) -> Order:
    """Make an order of the products ``asked``, without suborders, that will expire; ``fields`` are its further ones."""
    order = furnish(world, user, asked, **fields)
    world.schedule(order.expires_us, ExpireDue(order.id))
    return order


def furnish(world: WorldBase, user: User, asked: list[str], **fields: Any) -> Order:
    """Make an order of the products ``asked``, without suborders, and plan nothing."""
    now_us = world.now_us
    order_id = world.new_id("order")
    order = Order(
        id=order_id,
        products=asked,
        user_id=user.id,
        bridge_token=world.new_id("bridge-token"),
        short_code=ids.short_code(world.state.seed, world.state.ordinals["order"]),
        created_us=now_us,
        updated_us=now_us,
        expires_us=add_business_hours(now_us, world.state.profile.order_expiry_hours),
        **fields,
    )
    world.state.orders[order_id] = order
    user.order_ids.append(order_id)
    if order.order_number and order.initial_order is None:
        world.state.orders_by_number[order.order_number] = order_id
    _remember_token(world, order, None)
    order.events.append(OrderEvent(object="order", type="order_created", at_us=now_us))
    world.happened("order", order_id, "created", order_id=order_id)
    return order


def open_order(world: WorldBase, order: Order) -> None:
    """Announce a new order and plan its first message."""
    notices.order_created(world, order)
    first_us = _first_message_us(world, order)
    if first_us is not None:
        world.schedule(first_us, NotifyDue(order.id))


def announce_added(world: WorldBase, order: Order, suborder: Suborder) -> None:
    """Plan a message about a suborder that was added after the first message had gone out; else that one tells it.

    That the person is told: order-add-new-employer; when, and that no reminders follow, is assumed.
    """
    first_us = _first_message_us(world, order)
    if first_us is not None and first_us <= world.now_us:
        due_us = world.now_us + world.state.profile.order_notify_seconds * SECOND_US
        world.schedule(due_us, NotifyDue(order.id, suborder_id=suborder.id))


def _first_message_us(world: WorldBase, order: Order) -> int | None:
    """Return when the first message about an order goes out, None when nobody is to be written to."""
    settings = order.details.get("notification_settings") or {}
    if not (order.email or order.phone) or settings.get("suppress_user_notifications") or order.initial_order:
        return None
    delay_us = world.state.profile.order_notify_seconds * SECOND_US
    return order.created_us + delay_us + (settings.get("first_notification_delay_hours") or 0) * HOUR_US


def add_suborder(world: WorldBase, order: Order, product: str, company: Company, **fields: Any) -> Suborder:
    """Add an employer or a financial account to an order, ``pending``."""
    suborder = Suborder(
        id=fields.pop("id", None) or world.new_id("suborder"),
        product=product,
        status=SuborderStatus.PENDING,
        created_us=world.now_us,
        updated_us=world.now_us,
        bridge_token=world.new_id("bridge-token"),
        company=company,
        **fields,
    )
    (order.financial_accounts if product in ACCOUNT_PRODUCTS else order.employers).append(suborder)
    _remember_token(world, order, suborder)
    world.happened("suborder", suborder.id, suborder.status, order_id=order.id)
    return suborder


def sources_of(order: Order, product: str) -> list[Suborder]:
    """Return the suborders of an order that a refresh of ``product`` may be about."""
    mine = order.financial_accounts if product in ACCOUNT_PRODUCTS else order.employers
    return [each for each in mine if products.same_data(each.product, product)]


def refresh(world: WorldBase, original: Order, product: str, sources: Sequence[Suborder], **fields: Any) -> Order:
    """Make the refresh order of ``sources``, suborders of ``original`` that have a connection: one task a connection.

    Every refresh task counts against its connection's limit and is billed, at this instant.

    Raises:
        WrongInput: A connection is at its limit; nothing was made.
    """
    user = world.state.users[original.user_id]
    order = create(
        world,
        user,
        [product],
        first_name=fields.pop("first_name", original.first_name),
        last_name=fields.pop("last_name", original.last_name),
        ssn=original.ssn,
        email=fields.pop("email", None) or original.email,
        phone=fields.pop("phone", None) or original.phone,
        source=original.source,
        order_number=original.order_number,
        custom_field=original.custom_field,
        template_id=original.template_id,
        initial_order=original.id,
        details=fields.pop("details", {}),
    )
    original.refresh_order = order.id
    made = [_copy_suborder(world, order, product, source) for source in sources]
    open_order(world, order)
    for link_id in dict.fromkeys(suborder.link_id for suborder in made if suborder.link_id):
        mine = [suborder for suborder in made if suborder.link_id == link_id]
        link = world.state.links[link_id]
        task = start_refresh(world, link, product, tracking_info=mine[0].id, order=order, suborder=mine[0])
        for suborder in mine:
            suborder.task_ids.append(task.id)
    return order


def start_refresh(
    world: WorldBase, link: Link, product: str, *, tracking_info: str | None, order: Order | None = None,
    suborder: Suborder | None = None, account: dict[str, Any] | None = None,
) -> Task:  # fmt: skip
    """Start a refresh task on a link: counted, billed, announced. ``account`` is where a deposit switch sends pay."""
    task = Task(
        id=world.new_id("task"),
        status=TaskStatus.NEW,
        product=product,
        provider_id=link.provider_id,
        user_id=link.user_id,
        created_us=world.now_us,
        updated_us=world.now_us,
        is_refresh=True,
        link_id=link.id,
        order_id=order.id if order else None,
        suborder_id=suborder.id if suborder else None,
        tracking_info=tracking_info,
        data_source=link.data_source,
        is_suspicious=link.is_suspicious,
        account=account,
    )
    if at_limit(world, link):
        task.verdict = TaskStatus.ERROR
    else:
        del link.refreshes_us[: _old(world, link, WIDEST_HOURS)]
        link.refreshes_us.append(world.now_us)
        if world.state.profile.billing == "commit":
            billing.bill(world, task)
        known = world.state.sandbox_scenarios.values()
        task.script = sandbox_scenarios.refresh_script(known, link, product, world.state.seed)
        task.is_suspicious |= records.flagged(task.script)
    progress.start(world, task)
    return task


def at_limit(world: WorldBase, link: Link) -> bool:
    """Return whether another refresh of a link now would exceed its limit."""
    return _counting(world, link) >= world.state.profile.refresh_limit


def refuses_at_limit(world: WorldBase, link: Link) -> bool:
    """Return whether a refresh of a link now is to be refused; else, at its limit, only the task fails."""
    return world.state.profile.refresh_limit_effect == "refuse" and at_limit(world, link)


def limit_error(world: WorldBase, *problems: tuple[str, str]) -> ApiError:
    """Return the answer to a refresh beyond the limit (its text is documented, its status is a knob)."""
    if world.state.profile.refresh_limit_status == 400:
        return WrongInput(*problems, message=LIMIT_MESSAGE)
    return ApiError(429, "throttled", LIMIT_MESSAGE, WrongInput(*problems).extra)


def cancel(world: WorldBase, order: Order) -> None:
    """Cancel an order by hand: what is still open becomes ``canceled``."""
    order.canceled_us = world.now_us
    world.touch(order)
    world.happened("order", order.id, "canceled", order_id=order.id)
    _end_open(world, order, SuborderStatus.CANCELED)


def expire(world: WorldBase, order: Order) -> None:
    """End an order's window; what already runs is left to its task."""
    if order.canceled_us is None:  # one that was completed may have been given another employer since
        _end_open(world, order, SuborderStatus.EXPIRED)


def notify(world: WorldBase, order: Order, reminder: int, suborder_id: str | None = None) -> None:
    """Send the first message, whereby open suborders become ``sent``, or a reminder; then plan the next.

    With ``suborder_id`` the message is about this one alone, and none follows.

    Reminders by e-mail are spread evenly up to the expiry and stop when nothing is open any more (follow-up page).
    Reminders by SMS must be enabled in the service's dashboard, and are not.
    """
    mine = [each for each in suborders(order) if suborder_id in {None, each.id}]
    waiting = [suborder for suborder in mine if suborder.status in OPEN_SUBORDER]
    if order.canceled_us is not None or (mine and not waiting):
        return
    for channel, address in (("email", order.email), ("sms", order.phone)):
        if address and (not reminder or channel == "email"):
            kind = "reminder" if reminder else "first"
            event = OrderEvent(object="notification", type=f"{channel}_{kind}_sent", at_us=world.now_us)
            progress.note(world, order, event)
    for suborder in waiting if not reminder else []:
        if suborder.status is SuborderStatus.PENDING:
            progress.set_suborder(world, order, suborder, SuborderStatus.SENT)
    if order.email and reminder < REMINDERS and suborder_id is None:
        left_us = max(order.expires_us - world.now_us, 0)
        next_us = world.now_us + left_us // (REMINDERS + 1 - reminder)
        world.schedule(next_us, NotifyDue(order.id, reminder + 1))


def leave(world: WorldBase, order: Order, suborder: Suborder | None) -> None:
    """Let the person open the link and leave: what was open becomes ``skipped`` (manage orders page)."""
    check_open(order, world.now_us)
    mine = [each for each in suborders(order) if suborder is None or each is suborder]
    waiting = [each for each in mine if each.status in OPEN_SUBORDER]
    if not waiting:
        raise WrongInput(("bridge_token", "Nothing of this order is open to leave"))
    for each in waiting:
        progress.set_suborder(world, order, each, SuborderStatus.SKIPPED)


def check_open(order: Order, now_us: int) -> None:
    """Refuse a change of an order that is over.

    Raises:
        WrongInput: It is canceled or expired.
    """
    if order.canceled_us is not None:
        raise WrongInput(("id", f"The order was canceled at {text_z(order.canceled_us)}; create a new order"))
    if now_us >= order.expires_us:
        raise WrongInput(("id", f"The order expired at {text_z(order.expires_us)}; create a new order"))


def _end_open(world: WorldBase, order: Order, status: SuborderStatus) -> None:
    if not suborders(order):
        world.touch(order)
        notices.order_ended(world, order, status)
    for suborder in suborders(order):
        runs = any(world.state.tasks[task_id].status not in FINAL for task_id in suborder.task_ids)
        if suborder.status in OPEN_SUBORDER and not (runs and status is SuborderStatus.EXPIRED):
            progress.set_suborder(world, order, suborder, status)


def _copy_suborder(world: WorldBase, order: Order, product: str, source: Suborder) -> Suborder:
    return add_suborder(
        world,
        order,
        product,
        source.company,
        suborder_number=source.suborder_number,
        start_date=source.start_date,
        end_date=source.end_date,
        data_sources=source.data_sources,
        account=source.account,
        provider_id=source.provider_id,
        link_id=source.link_id,
        id=source.id if world.state.profile.employer_ids == "equal" else None,
    )


def _counting(world: WorldBase, link: Link) -> int:
    """Return how many refreshes are in the half-open window that ends now, ``(now - 24 h, now]`` (rolling: assumed)."""
    return len(link.refreshes_us) - _old(world, link, world.state.profile.refresh_limit_hours)


def _old(world: WorldBase, link: Link, hours: int) -> int:
    """Return how many of a link's refreshes, oldest first, are out of a window of so many hours."""
    return bisect_right(link.refreshes_us, world.now_us - hours * HOUR_US)


def _remember_token(world: WorldBase, order: Order, suborder: Suborder | None) -> None:
    token = suborder.bridge_token if suborder else order.bridge_token
    world.state.tokens[token] = BridgeToken(
        token=token,
        user_id=order.user_id,
        created_us=world.now_us,
        product=suborder.product if suborder else order.products[0],
        order_id=order.id,
        suborder_id=suborder.id if suborder else None,
    )
