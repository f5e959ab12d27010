"""Operations on users, their bridge tokens and their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api import bodies, printing, render
from mock_truv.api.call import Operation, Printed, instant_given
from mock_truv.api.pages import page
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.reports import ListedReport, UserReport
from mock_truv.api.shapes.users import BridgeToken, OneUser, OneUserQuery, ReportQuery, User, UserQuery
from mock_truv.core import links, model, reports
from mock_truv.core.errors import WrongInput
from mock_truv.core.products import may_come_from

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase

FIELDS = ("external_user_id", "first_name", "last_name", "email", "phone", "ssn")


def create(call: Call) -> User:
    """Create a user; an ``external_user_id`` in use is refused."""
    body: bodies.CreateUser = call.body
    _check_free(call.world, body.external_user_id, None)
    made = _make(call.world, {name: getattr(body, name) for name in FIELDS})
    return render.user(call.world, made)


def list_users(call: Call) -> Page[User]:
    """Return the users, newest first; ``list_links=true`` adds their links, the other parameters pick."""
    wanted: UserQuery = call.params
    from_us = instant_given(call, "created_at__gte")
    until_us = instant_given(call, "created_at__lte")

    def is_wanted(user: model.User) -> bool:
        return (
            user.deleted_us is None
            and wanted.external_user_id in {None, user.external_user_id}
            and (from_us is None or from_us <= user.created_us)
            and (until_us is None or user.created_us <= until_us)
            and (wanted.product_type is None or _may_use(call.world, user, wanted.product_type))
        )

    users = [user for user in reversed(call.world.state.users.values()) if is_wanted(user)]
    return page(call, users, lambda user: render.user(call.world, user, links=wanted.list_links is True))


def read(call: Call) -> OneUser:
    """Return one user with the ids of the latest reports."""
    return render.one_user(call.world, call.target, links=call.params.list_links is True)


def patch(call: Call) -> OneUser:
    """Change fields of a user."""
    body: bodies.CreateUser = call.body
    user: model.User = call.target
    _check_free(call.world, body.external_user_id, user)
    call.world.state.users_by_external_id.pop(user.external_user_id or "", None)
    for name in FIELDS:
        value = getattr(body, name)
        if value is not None:
            setattr(user, name, value)
    if user.external_user_id:
        call.world.state.users_by_external_id[user.external_user_id] = user.id
    call.world.touch(user)
    return render.one_user(call.world, user)


def delete(call: Call) -> None:
    """Delete a user with all links; the orders stay."""
    user: model.User = call.target
    state = call.world.state
    for link_id in user.link_ids:
        if state.links[link_id].deleted_us is None:
            links.delete(call.world, state.links[link_id])
    state.users_by_external_id.pop(user.external_user_id or "", None)
    user.deleted_us = call.world.now_us
    call.world.touch(user)
    call.world.happened("user", user.id, "deleted")


def create_token(call: Call) -> BridgeToken:
    """Create a bridge token; with a link's ``access_token`` it repairs that link (update mode)."""
    body: bodies.CreateToken = call.body
    world = call.world
    if body.access_token is not None:
        link_id = world.state.access_tokens.get(body.access_token)
        link = world.state.links.get(link_id or "")
        if link is None or link.user_id != call.target.id or link.deleted_us is not None:
            raise WrongInput(("access_token", "No link of this user has this access_token"))
        if not may_come_from(body.product_type, link.data_source):
            raise WrongInput(("product_type", f"The link is one of {link.data_source}; it has no {body.product_type}"))
    elif body.product_type == "pll" and not body.company_mapping_id:  # refused, as the official sample says
        raise WrongInput(("company_mapping_id", "A token for pll needs the employer; search the companies for it"))
    token = model.BridgeToken(
        token=world.new_id("bridge-token"),
        user_id=call.target.id,
        created_us=world.now_us,
        product=body.product_type,
        allowed_products=list(body.allowed_products or [body.product_type]),
        data_sources=list(body.data_sources) if body.data_sources else None,
        tracking_info=body.tracking_info,
        company_mapping_id=body.company_mapping_id,
        provider_id=body.provider_id,
        access_token=body.access_token,
        template_id=body.template_id,
        client_name=body.client_name,
        account=msgspec.to_builtins(body.account) if body.account else None,
    )
    world.state.tokens[token.token] = token
    world.happened("bridge-token", token.token)
    return shown_token(world, token)


def shown_token(world: WorldBase, it: model.BridgeToken) -> BridgeToken:
    """Return a bridge token: what was sent, and what it was resolved to."""
    return BridgeToken(
        bridge_token=it.token,
        user_id=it.user_id,
        tracking_info=it.tracking_info,
        client_name=it.client_name or world.state.profile.client_name,
        product_type=it.product,
        allowed_products=it.allowed_products,
        company_mapping_id=it.company_mapping_id,
        provider_id=it.provider_id,
        access_token=it.access_token,
        template_id=it.template_id,
        data_sources=it.data_sources,
    )


def create_report(call: Call) -> UserReport:
    """Create a VOIE (or VOE) report; the answer is already the whole report."""
    report = reports.create(call.world, call.target, is_voe=call.body.is_voe)
    if not report.is_voe:
        call.target.voie_report_id = report.id
        call.world.touch(call.target)
    return render.report(call.world, report)


def list_reports(call: Call) -> Page[ListedReport]:
    """Return a user's reports, newest first (entries assumed: id and times)."""
    mine = [call.world.state.reports[report_id] for report_id in reversed(call.target.report_ids)]
    return page(call, mine, render.listed_report)


def read_report(call: Call) -> UserReport | Printed:
    """Return one report, as JSON or on paper."""
    if call.params.fmt == "pdf":
        return printing.printed_report(call.world, call.second)
    return render.report(call.world, call.second)


def user_for_order(world: WorldBase, body: bodies.CreateOrder) -> model.User:
    """Return the user of a new order: the same ``external_user_id`` means the same person (best practices)."""
    given = {name: getattr(body, name) for name in FIELDS}
    given["ssn"] = given["ssn"] or body.social_security_number
    known = world.state.users_by_external_id.get(body.external_user_id or "")
    if known is None or world.state.profile.user_of_new_order == "replaced":
        return _make(world, given)
    user = world.state.users[known]
    for name, value in given.items():
        if value:
            setattr(user, name, value)
    world.touch(user)
    return user


def _make(world: WorldBase, given: dict[str, Any]) -> model.User:
    user = model.User(id=world.new_id("user"), created_us=world.now_us, updated_us=world.now_us, **given)
    world.state.users[user.id] = user
    if user.external_user_id:
        world.state.users_by_external_id[user.external_user_id] = user.id
    world.happened("user", user.id, "created")
    return user


def _check_free(world: WorldBase, external_user_id: str | None, user: model.User | None) -> None:
    owner = world.state.users_by_external_id.get(external_user_id or "")
    if owner is not None and (user is None or owner != user.id):
        raise WrongInput(("external_user_id", f"A user with external_user_id {external_user_id!r} already exists"))


def _may_use(world: WorldBase, user: model.User, product: str) -> bool:
    """Return whether one of a user's accounts may be used for a product."""
    links = (world.state.links[link_id] for link_id in user.link_ids)
    return any(link.deleted_us is None and product in {link.product, *link.allowed_products} for link in links)


OPERATIONS = (
    Operation("GET", "/users/", list_users, "users_list", query=UserQuery, answer=Page[User]),
    Operation("POST", "/users/", create, "users_create", bodies.CreateUser, 201, answer=User),
    Operation("GET", "/users/{user}/", read, "users_read", query=OneUserQuery, answer=OneUser),
    Operation("PATCH", "/users/{user}/", patch, "users_partial_update", bodies.CreateUser, answer=OneUser),
    Operation("DELETE", "/users/{user}/", delete, "users_delete", status=204),
    Operation(
        "POST", "/users/{user}/tokens/", create_token, "users_tokens; status inferred", bodies.CreateToken,
        answer=BridgeToken,
    ),
    Operation(
        "GET", "/users/{user}/reports/", list_reports, "sample reports guide; entries assumed", basis="inferred",
        query=Paged, answer=Page[ListedReport],
    ),
    Operation(
        "POST", "/users/{user}/reports/", create_report, "users_reports", bodies.CreateReport, 201, answer=UserReport
    ),
    Operation(
        "GET", "/users/{user}/reports/{report}/", read_report, "users_get_report", pdf=True, query=ReportQuery,
        answer=UserReport,
    ),
)  # fmt: skip


def _find_user(world: WorldBase, ident: str, _outer: None) -> model.User | None:
    user = world.state.users.get(ident)
    return user if user is not None and user.deleted_us is None else None


def _find_report(world: WorldBase, ident: str, user: model.User) -> model.Report | None:
    report = world.state.reports.get(ident)
    return report if report is not None and report.user_id == user.id else None


FINDERS: dict[str, Finder] = {"user": _find_user, "report": _find_report}
