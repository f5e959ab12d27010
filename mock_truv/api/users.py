"""Operations on users, their bridge tokens and their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation
from mock_truv.api.pages import page
from mock_truv.core import links, reports
from mock_truv.core.errors import WrongInput
from mock_truv.core.model import BridgeToken, User

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Report

FIELDS = ("external_user_id", "first_name", "last_name", "email", "phone", "ssn")


def create(call: Call) -> dict[str, Any]:
    """Create a user; an ``external_user_id`` in use is refused."""
    body: bodies.CreateUser = call.body
    _check_free(call.world, body.external_user_id, None)
    made = _make(call.world, {name: getattr(body, name) for name in FIELDS})
    return render.user(call.world, made)


def list_users(call: Call) -> dict[str, Any]:
    """Return the users, newest first; ``external_user_id`` picks, ``list_links=true`` adds their links."""
    wanted = call.query.get("external_user_id")
    users = [
        user
        for user in reversed(call.world.state.users.values())
        if user.deleted_us is None and (wanted is None or user.external_user_id == wanted)
    ]
    with_links = call.query.get("list_links", "").lower() == "true"
    return page(call, users, lambda user: render.user(call.world, user, links=with_links))


def read(call: Call) -> dict[str, Any]:
    """Return one user with the ids of the latest reports."""
    with_links = call.query.get("list_links", "").lower() == "true"
    return render.user(call.world, call.target, one=True, links=with_links)


def patch(call: Call) -> dict[str, Any]:
    """Change fields of a user."""
    body: bodies.CreateUser = call.body
    user: User = call.target
    _check_free(call.world, body.external_user_id, user)
    call.world.state.users_by_external_id.pop(user.external_user_id or "", None)
    for name in FIELDS:
        value = getattr(body, name)
        if value is not None:
            setattr(user, name, value)
    if user.external_user_id:
        call.world.state.users_by_external_id[user.external_user_id] = user.id
    call.world.touch(user)
    return render.user(call.world, user, one=True)


def delete(call: Call) -> None:
    """Delete a user with all links; the orders stay."""
    user: User = call.target
    state = call.world.state
    for link_id in user.link_ids:
        if state.links[link_id].deleted_us is None:
            links.delete(call.world, state.links[link_id])
    state.users_by_external_id.pop(user.external_user_id or "", None)
    user.deleted_us = call.world.now_us
    call.world.touch(user)
    call.world.happened("user", user.id, "deleted")


def create_token(call: Call) -> dict[str, Any]:
    """Create a bridge token; with a link's ``access_token`` it repairs that link (update mode)."""
    body: bodies.CreateToken = call.body
    world = call.world
    if body.access_token is not None:
        link_id = world.state.access_tokens.get(body.access_token)
        link = world.state.links.get(link_id or "")
        if link is None or link.user_id != call.target.id or link.deleted_us is not None:
            raise WrongInput(("access_token", "No link of this user has this access_token"))
    token = BridgeToken(
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
    )
    world.state.tokens[token.token] = token
    world.happened("bridge-token", token.token)
    return {
        "bridge_token": token.token,
        "user_id": token.user_id,
        "tracking_info": token.tracking_info,
        "client_name": token.client_name or world.state.profile.client_name,
        "product_type": token.product,
        "allowed_products": token.allowed_products,
        "company_mapping_id": token.company_mapping_id,
        "provider_id": token.provider_id,
        "access_token": token.access_token,
        "template_id": token.template_id,
        "data_sources": token.data_sources,
    }


def create_report(call: Call) -> dict[str, Any]:
    """Create a VOIE (or VOE) report; the answer is already the whole report."""
    report = reports.create(call.world, call.target, is_voe=call.body.is_voe)
    if not report.is_voe:
        call.target.voie_report_id = report.id
        call.world.touch(call.target)
    return render.report(call.world, report)


def list_reports(call: Call) -> dict[str, Any]:
    """Return a user's reports, newest first (entries assumed: id and times)."""
    mine = [call.world.state.reports[report_id] for report_id in reversed(call.target.report_ids)]
    return page(call, mine, _listed_report)


def read_report(call: Call) -> dict[str, Any]:
    """Return one report as JSON."""
    wanted = call.query.get("fmt", "json")
    if wanted != "json":
        raise WrongInput(("fmt", f"This version of mock-truv renders reports as json only; got {wanted!r}"))
    return render.report(call.world, call.second)


def user_for_order(world: WorldBase, body: bodies.CreateOrder) -> User:
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


def _make(world: WorldBase, given: dict[str, Any]) -> User:
    user = User(id=world.new_id("user"), created_us=world.now_us, updated_us=world.now_us, **given)
    world.state.users[user.id] = user
    if user.external_user_id:
        world.state.users_by_external_id[user.external_user_id] = user.id
    world.happened("user", user.id, "created")
    return user


def _check_free(world: WorldBase, external_user_id: str | None, user: User | None) -> None:
    owner = world.state.users_by_external_id.get(external_user_id or "")
    if owner is not None and (user is None or owner != user.id):
        raise WrongInput(("external_user_id", f"A user with external_user_id {external_user_id!r} already exists"))


def _listed_report(report: Report) -> dict[str, Any]:
    return {
        "report_id": report.id,
        "created_at": render.moment(report.created_us),
        "completed_at": render.moment(report.created_us),
        "is_voe": report.is_voe,
    }


OPERATIONS = (
    Operation("GET", "/users/", list_users, "users_list"),
    Operation("POST", "/users/", create, "users_create", bodies.CreateUser, 201),
    Operation("GET", "/users/{user}/", read, "users_read"),
    Operation("PATCH", "/users/{user}/", patch, "users_partial_update", bodies.CreateUser),
    Operation("DELETE", "/users/{user}/", delete, "users_delete", status=204),
    Operation("POST", "/users/{user}/tokens/", create_token, "users_tokens; status inferred", bodies.CreateToken),
    Operation("GET", "/users/{user}/reports/", list_reports, "sample reports guide; entries assumed", basis="inferred"),
    Operation("POST", "/users/{user}/reports/", create_report, "users_reports", bodies.CreateReport, 201),
    Operation("GET", "/users/{user}/reports/{report}/", read_report, "users_get_report", pdf=True),
)


def _find_user(world: WorldBase, ident: str, _outer: None) -> User | None:
    user = world.state.users.get(ident)
    return user if user is not None and user.deleted_us is None else None


def _find_report(world: WorldBase, ident: str, user: User) -> Report | None:
    report = world.state.reports.get(ident)
    return report if report is not None and report.user_id == user.id else None


FINDERS: dict[str, Finder] = {"user": _find_user, "report": _find_report}
