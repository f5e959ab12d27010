"""How a task goes on: what each step asks the connection at that instant, and what it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import (
    asset_reports,
    billing,
    deposits,
    notices,
    products,
    reading,
    records,
    reports,
    sandbox_scenarios,
)
from mock_truv.core.base import suborders
from mock_truv.core.connections import is_down, judge_refresh
from mock_truv.core.due import TaskDue
from mock_truv.core.instants import MINUTE_US, SECOND_US
from mock_truv.core.model import OPEN_SUBORDER, Company, OrderEvent, SuborderStatus, Task
from mock_truv.core.model import TaskStatus as S
from mock_truv.core.tasks import EIGHTHS, ERRORS, FINAL, MESSAGES, check_move

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Order, Suborder

TASK_LIMIT_US = 20 * MINUTE_US
"""A task that takes longer ends (data processing page); that it ends in ``error`` is inferred.

It does not hold where a provider was told to take longer than that: so a task can stay for hours in each status.
"""
LIMIT_REACHED = "Refresh limit for the access_token exceeded"
"""``error_message`` of a task that was over the limit, where only the task fails (text documented, place assumed)."""

LISTED = (
    SuborderStatus.COMPLETED,
    SuborderStatus.CANCELED,
    SuborderStatus.EXPIRED,
    SuborderStatus.NO_DATA,
    SuborderStatus.SKIPPED,
)
"""Suborder statuses that the order's event list knows (orders_events_list)."""


def start(world: WorldBase, task: Task) -> None:
    """Put a new task into the world: status ``new``, announced, its next stage scheduled."""
    world.state.tasks[task.id] = task
    task.path.append(task.status)
    task.path_us.append(world.now_us)
    link = world.state.links.get(task.link_id or "")
    if link is not None:
        link.status = task.status
        link.last_task_id = link.product_tasks[task.product] = task.id
        if task.is_refresh:
            link.last_refresh_task_id = task.id
        world.touch(link)
    world.happened("task", task.id, task.status, order_id=task.order_id, link_id=task.link_id)
    notices.task_changed(world, task)
    _schedule_next(world, task)


def go_on(world: WorldBase, task: Task) -> None:
    """Take the next step of a task whose time has come."""
    following = _following(world, task)
    if following is S.DONE:
        reading.finish(world, task)
    elif task.status in {S.LOGIN, S.MFA} and following in {S.PARSE, S.SWITCH_DEPOSIT} and not task.is_refresh:
        _connect(world, task)
    _enter(world, task, following)
    if following in ERRORS:
        _fail(world, task)
    elif following is S.DONE:
        _complete(world, task)
    else:
        _schedule_next(world, task)


def _following(world: WorldBase, task: Task) -> S:
    """Return the status that comes next, asking connection and provider as they are now."""
    provider = world.state.providers[task.provider_id]
    link = world.state.links.get(task.link_id or "")
    if link is not None and link.deleted_us is not None:
        return S.ERROR
    if world.now_us - task.created_us > TASK_LIMIT_US >= provider.task_seconds * SECOND_US:
        return S.ERROR
    logged_in = S.SWITCH_DEPOSIT if task.product in products.SWITCHES else S.PARSE
    match task.status:
        case S.NEW:
            return S.LOGIN
        case S.LOGIN:
            if task.is_refresh:
                assert link is not None, "a refresh has a link"
                verdict = task.verdict or judge_refresh(link.connection, provider, world.now_us)
                verdict = sandbox_scenarios.after_login(task.script, verdict)
                asked = verdict is S.MFA_ERROR
            else:
                assert task.verdict is not None, "a person's login is judged when it is typed"
                verdict = task.verdict
                asked = task.code_asked and verdict in {S.LOGIN, S.MFA_ERROR}
            if asked:
                return S.MFA
            return logged_in if verdict is S.LOGIN else verdict
        case S.MFA:
            return logged_in if not task.is_refresh and task.verdict is S.LOGIN else S.MFA_ERROR
        case S.PARSE:
            if is_down(provider, world.now_us):
                return S.UNAVAILABLE
            if link is not None and not link.connection.has_records:
                return S.NO_DATA
            return sandbox_scenarios.ends_after(task.script, S.PARSE) or S.FULL_PARSE
        case S.SWITCH_DEPOSIT:
            if is_down(provider, world.now_us):
                return S.UNAVAILABLE
            if link is not None and not link.connection.has_records:
                return S.NO_DATA
            scripted = sandbox_scenarios.ends_after(task.script, S.SWITCH_DEPOSIT)
            return scripted or (S.CONFIG_ERROR if _refusal(world, task) else S.DONE)
        case _:
            assert task.status is S.FULL_PARSE, f"a task in {task.status} has nothing to come"
            if is_down(provider, world.now_us):
                return S.UNAVAILABLE
            return sandbox_scenarios.ends_after(task.script, S.FULL_PARSE) or S.DONE


def _refusal(world: WorldBase, task: Task) -> str | None:
    """Return why the payroll provider refuses the deposit switch that a task is about to do, None: it does not."""
    link = world.state.links[task.link_id or ""]
    return deposits.refusal(world, link, task, records.pay_accounts(world, link))


def _enter(world: WorldBase, task: Task, status: S) -> None:
    check_move(task.status, status)
    refused = task.status is S.SWITCH_DEPOSIT and status is S.CONFIG_ERROR
    refusal = _refusal(world, task) if refused else None
    task.status = status
    task.path.append(status)
    task.path_us.append(world.now_us)
    task.error_message = refusal or MESSAGES.get(status)
    if task.is_refresh and task.verdict is status:
        task.error_message = LIMIT_REACHED
    if status in FINAL and task.script is not None:
        task.error_message = sandbox_scenarios.message_of(task.script, status) or task.error_message
        task.script = sandbox_scenarios.spent(task.script)
    world.touch(task)
    link = world.state.links.get(task.link_id or "")
    if link is not None and link.last_task_id == task.id:
        link.status = status
        world.touch(link)
    world.happened("task", task.id, status, order_id=task.order_id, link_id=task.link_id)
    if not (task.is_refresh and status in ERRORS):
        notices.task_changed(world, task)


def _schedule_next(world: WorldBase, task: Task) -> None:
    if task.status in FINAL:
        return
    provider = world.state.providers[task.provider_id]
    stay_us = provider.task_seconds * SECOND_US * EIGHTHS[task.status] // 8
    if task.status is S.LOGIN and task.login is not None:
        stay_us += task.login.extra_wait_us
    if task.status is S.LOGIN and task.script is not None:
        stay_us += task.script.wait_us
    world.schedule(world.now_us + stay_us, TaskDue(task.id))


def _connect(world: WorldBase, task: Task) -> None:
    """The first authentication worked: ``link-connected``, once per link (links events page)."""
    link = world.state.links[task.link_id or ""]
    if not link.connected:
        link.connected = True
        world.touch(link)
        world.happened("link", link.id, "connected", link_id=link.id)
        notices.link_changed(world, "link-connected", link, task)


def _complete(world: WorldBase, task: Task) -> None:
    link = world.state.links[task.link_id or ""]
    report_id = reports.latest_changed(world, link, task)
    asset_report_id = asset_reports.latest_changed(world, link, task)
    if task.is_refresh and world.state.profile.billing == "done" and not task.billed:
        billing.bill(world, task)
    if task.order_id is None:
        return
    order = world.state.orders[task.order_id]
    waiting = _waiting(order, task)
    if not waiting:
        return  # canceled while the task ran: nothing of the order completes any more
    for suborder in waiting:
        suborder.completed_us = world.now_us
        fill_company(world, link, suborder)
        set_suborder(world, order, suborder, SuborderStatus.COMPLETED, task.id)
    order.voie_report_id = report_id or order.voie_report_id
    order.voa_report_id = asset_report_id or order.voa_report_id
    if all(suborder.status not in OPEN_SUBORDER for suborder in suborders(order)):
        order.completed_us = world.now_us


def _fail(world: WorldBase, task: Task) -> None:
    """A refresh that fails is told; a person whose login fails may simply try again."""
    order = world.state.orders.get(task.order_id or "")
    if task.is_refresh:
        _tell_failed_refresh(world, task, order)
        link = world.state.links[task.link_id or ""]
        counted = task.verdict is None and task.created_us in link.refreshes_us
        if counted and not world.state.profile.refresh_limit_counts_failed:
            link.refreshes_us.remove(task.created_us)  # its own place, not that of another one of the same instant
    if order is None:
        return
    ending = SuborderStatus.NO_DATA if task.status is S.NO_DATA else SuborderStatus.ERROR
    if task.is_refresh or task.status is S.NO_DATA:
        for suborder in _waiting(order, task):
            set_suborder(world, order, suborder, ending, task.id)
    else:
        where = {"suborder_id": task.suborder_id, "task_id": task.id, "link_id": task.link_id}
        note(world, order, OrderEvent(object="link", type="login_attempt", at_us=world.now_us, **where))
        if world.now_us >= order.expires_us:  # the window ended while the login ran, and there will be no other try
            for suborder in _waiting(order, task):
                if all(world.state.tasks[task_id].status in FINAL for task_id in suborder.task_ids):
                    set_suborder(world, order, suborder, SuborderStatus.EXPIRED)


def _tell_failed_refresh(world: WorldBase, task: Task, order: Order | None) -> None:
    """Announce a failed refresh: by default three events in this order (K-FAILEVT; order inferred).

    Neither ``no_data`` nor a limit that was reached is a failure of the connection, so no ``link-disconnected`` tells
    them (assumed).
    """
    link = world.state.links[task.link_id or ""]
    for event_type in world.state.profile.failure_events:
        if event_type == "task-status-updated":
            notices.task_changed(world, task)
        elif event_type == "link-disconnected" and task.status is not S.NO_DATA and task.verdict is None:
            world.happened("link", link.id, "disconnected", link_id=link.id)
            notices.link_changed(world, "link-disconnected", link, task)
        elif event_type == "order-refresh-failed" and order is not None:
            for suborder in _waiting(order, task):
                world.touch(order)
                notices.order_refresh_failed(world, order, suborder, task.status)


def _waiting(order: Order, task: Task) -> list[Suborder]:
    """Return the open suborders that a task was for: those that list it."""
    return [each for each in suborders(order) if task.id in each.task_ids and each.status in OPEN_SUBORDER]


def set_suborder(
    world: WorldBase, order: Order, suborder: Suborder, status: SuborderStatus, task_id: str | None = None
) -> None:
    """Give a suborder a new status, note it in the order's events and announce it."""
    suborder.status = status
    suborder.path.append(status)
    suborder.path_us.append(world.now_us)
    world.touch(suborder)
    world.touch(order)
    world.happened("suborder", suborder.id, status, order_id=order.id, link_id=suborder.link_id)
    if status in LISTED:
        where = {"suborder_id": suborder.id, "task_id": task_id, "link_id": suborder.link_id}
        note(world, order, OrderEvent(object="order", type=f"suborder_{status}", at_us=world.now_us, **where))
    if _is_announced(world, order, status):
        notices.order_changed(world, order, suborder)


def _is_announced(world: WorldBase, order: Order, status: SuborderStatus) -> bool:
    """Return whether a suborder's new status is told by ``order-status-updated`` (K-ORDEVT)."""
    match world.state.profile.order_events:
        case "order":
            return all(each.status not in OPEN_SUBORDER for each in suborders(order))
        case "success":
            return status not in {SuborderStatus.ERROR, SuborderStatus.NO_DATA}
        case _:
            return True


def note(world: WorldBase, order: Order, event: OrderEvent) -> None:
    """Add an entry to an order's event list."""
    order.events.append(event)
    world.happened("order-event", order.id, event.type, order_id=order.id)


def fill_company(world: WorldBase, link: Link, suborder: Suborder) -> None:
    """Take from the data what the client did not say about the employer."""
    found = records.shown(world, link)[:1]
    company = suborder.company
    for it in found:
        suborder.company = Company(
            name=company.name or it.employer,
            domain=company.domain or it.domain,
            logo=company.logo,
            address=company.address or it.address,
            mapping_id=company.mapping_id,
        )
        suborder.start_date = suborder.start_date or it.start_date
