"""Operations on links, their token exchange, their reports, and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page
from mock_truv.api.shapes.links import ExchangedToken, Link, LinkQuery
from mock_truv.api.shapes.reports import LinkReport, LinkVoeReport
from mock_truv.api.shapes.tasks import RefreshTask, StartedRefresh, Task, TaskQuery
from mock_truv.core import bridge, links, orders
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.products import may_come_from

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder


def list_links(call: Call) -> Page[Link]:
    """Return the links, newest first; filtered by ``user_id`` they show their whole access tokens."""
    user_id = call.params.user_id
    found = [it for it in reversed(call.world.state.links.values()) if user_id is None or it.user_id == user_id]
    return page(call, found, lambda it: render.link(call.world, it, full_token=user_id is not None))


def read(call: Call) -> Link:
    """Return one link."""
    return render.link(call.world, call.target)


def delete(call: Call) -> None:
    """Remove a link's data and credentials."""
    if call.target.deleted_us is not None:
        raise NotFound
    links.delete(call.world, call.target)


def exchange(call: Call) -> ExchangedToken:
    """Exchange a public token for the link's access token; an unknown one is 404 (assumed)."""
    token = call.world.state.public_tokens.get(call.body.public_token)
    if token is None:
        raise NotFound
    link = bridge.exchange(call.world, token)
    return ExchangedToken(access_token=link.access_token, link_id=link.id, tracking_info=token.tracking_info)


def income_report(call: Call) -> LinkReport:
    """Return the link's income report, readable while it is incomplete."""
    _check_readable(call)
    return render.link_report(call.world, call.target)


def employment_report(call: Call) -> LinkVoeReport:
    """Return the link's employment report."""
    _check_readable(call)
    return render.link_voe_report(call.world, call.target)


def create_refresh_task(call: Call) -> StartedRefresh:
    """Start a refresh of a link; without ``product_type`` its first product."""
    body: bodies.CreateRefreshTask = call.body
    world = call.world
    link_id = world.state.access_tokens.get(body.access_token)
    if link_id is None:
        raise WrongInput(("access_token", "No link has this access_token; it may have been deleted"))
    link = world.state.links[link_id]
    product = body.product_type or link.product
    if (
        product != link.product
        and product not in link.allowed_products
        and (link.product, product) != ("income", "employment")
    ):
        allowed = ", ".join(dict.fromkeys([link.product, *link.allowed_products]))
        raise WrongInput(("product_type", f"The link may be used for {allowed}; got {product!r}"))
    if not may_come_from(product, link.data_source):
        raise WrongInput(("product_type", f"The link is one of {link.data_source}; it has no {product}"))
    if not link.connected:
        raise WrongInput(("access_token", "The link's first login has not succeeded yet"))
    if orders.refuses_at_limit(world, link):
        raise orders.limit_error(world, ("access_token", orders.LIMIT_MESSAGE))
    account = msgspec.to_builtins(body.account) if body.account else None
    task = orders.start_refresh(world, link, product, tracking_info=link.tracking_info, account=account)
    return StartedRefresh(task_id=task.id)


def read_refresh_task(call: Call) -> RefreshTask:
    """Return a refresh task."""
    if not call.target.is_refresh:
        raise NotFound
    return render.refresh_task(call.world, call.target)


def list_tasks(call: Call) -> Page[Task]:
    """Return the tasks, newest first; ``user_id`` picks one person's."""
    user_id = call.params.user_id
    found = [it for it in reversed(call.world.state.tasks.values()) if user_id is None or it.user_id == user_id]
    return page(call, found, lambda it: render.task(call.world, it))


def read_task(call: Call) -> Task:
    """Return one task."""
    return render.task(call.world, call.target)


def _check_readable(call: Call) -> None:
    if call.target.deleted_us is not None or call.world.state.profile.report_place == "order":
        raise NotFound


OPERATIONS = (
    Operation("GET", "/links/", list_links, "links-list", query=LinkQuery, answer=Page[Link]),
    Operation("GET", "/links/{link}/", read, "links-item", answer=Link),
    Operation("DELETE", "/links/{link}/", delete, "account links", status=204),
    Operation(
        "POST", "/link-access-tokens/", exchange, "link_exchange_token_flow", bodies.ExchangeToken,
        answer=ExchangedToken, errors=(404, 410),
    ),
    Operation("GET", "/links/{link}/income/report/", income_report, "link_detail_reports_income", answer=LinkReport),
    Operation(
        "GET", "/links/{link}/employment/report/", employment_report, "link_detail_reports_employment",
        answer=LinkVoeReport,
    ),
    Operation(
        "POST", "/refresh/tasks/", create_refresh_task, "refresh_task_create", bodies.CreateRefreshTask,
        answer=StartedRefresh,
    ),
    Operation("GET", "/refresh/tasks/{task}/", read_refresh_task, "refresh_task", answer=RefreshTask),
    Operation("GET", "/tasks/", list_tasks, "tasks_list", query=TaskQuery, answer=Page[Task]),
    Operation("GET", "/tasks/{task}/", read_task, "tasks_read", answer=Task),
)  # fmt: skip
FINDERS: dict[str, Finder] = {
    "link": lambda world, ident, _: world.state.links.get(ident),
    "task": lambda world, ident, _: world.state.tasks.get(ident),
}
