"""Objects as the API shows them: every documented key, in the order of the reference pages."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import own_url
from mock_truv.core import records
from mock_truv.core.base import suborders
from mock_truv.core.instants import text_blank, text_z
from mock_truv.core.model import SuborderStatus as O
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import ERRORS, FINAL

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Delivery, Link, Order, Report, Suborder, Subscription, Task, User


def moment(instant_us: int | None) -> str | None:
    """Return an instant as text, None when there is none."""
    return None if instant_us is None else text_z(instant_us)


def order(world: WorldBase, it: Order, *, listed: bool = False, as_of_us: int | None = None) -> dict[str, Any]:
    """Return an order (orders_read); in lists its suborders come without ``employments``.

    ``as_of_us`` shows what happened until then only (a read that lags); what is fixed at creation is always shown.
    """
    seen_us = world.now_us if as_of_us is None else as_of_us
    completed = it.completed_us is not None and it.completed_us <= seen_us
    return {
        "id": it.id,
        "status": order_status(it, [status_at(each, seen_us) for each in suborders(it)]),
        "products": it.products,
        "source": it.source,
        "order_number": it.order_number,
        "custom_field": it.custom_field,
        "client_name": world.state.profile.client_name,
        "first_name": it.first_name,
        "last_name": it.last_name,
        "user_id": it.user_id,
        "bridge_token": it.bridge_token,
        "share_url": own_url(f"/employment.html?bridge_token={it.bridge_token}&order_group_id={it.id}"),
        "short_share_url": own_url(f"/s/{it.short_code}"),
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
        "canceled_at": moment(it.canceled_us),
        "completed_at": moment(it.completed_us) if completed else None,
        "expired_at": text_z(it.expires_us),
        "is_expired": it.completed_us is None and it.canceled_us is None and world.now_us >= it.expires_us,
        "user_consent_at": moment(it.user_consent_us),
        "initial_order": it.initial_order,
        "refresh_order": it.refresh_order,
        "voie_report_id": it.voie_report_id if any_completed(it, seen_us) else None,
        "voa_report_id": None,
        "manager": it.details.get("manager"),
        "loan": it.details.get("loan"),
        "employers": [suborder(world, it, each, seen_us, listed=listed) for each in it.employers],
        "financial_accounts": [suborder(world, it, each, seen_us, listed=listed) for each in it.financial_accounts],
    }


def order_status(it: Order, statuses: list[O] | None = None) -> str:
    """Return the status of the whole order (assumed: no reference page shows one)."""
    if statuses is None:
        statuses = [each.status for each in suborders(it)]
    if O.SENT in statuses:
        return O.SENT
    if O.PENDING in statuses:
        return O.PENDING
    for status in (O.COMPLETED, O.ERROR, O.NO_DATA, O.EXPIRED, O.SKIPPED, O.CANCELED):
        if status in statuses:
            return status
    return O.CANCELED if it.canceled_us is not None else O.PENDING


def status_at(sub: Suborder, seen_us: int) -> O:
    """Return a suborder's status as it was at an instant."""
    past = bisect_right(sub.path_us, seen_us)
    return sub.path[past - 1] if past else O.PENDING


def any_completed(it: Order, seen_us: int) -> bool:
    """Return whether a connection of the order was completed by an instant."""
    return any(each.completed_us is not None and each.completed_us <= seen_us for each in suborders(it))


def suborder(world: WorldBase, it: Order, sub: Suborder, seen_us: int, *, listed: bool = False) -> dict[str, Any]:
    """Return an entry of ``employers`` or ``financial_accounts`` (orders_read)."""
    link = world.state.links.get(sub.link_id or "")
    completed = sub.completed_us is not None and sub.completed_us <= seen_us
    company = sub.company
    shown = {
        "id": sub.id,
        "product_type": sub.product,
        "status": status_at(sub, seen_us),
        "suborder_number": sub.suborder_number,
        "created_at": text_z(sub.created_us),
        "bridge_token": sub.bridge_token,
        "link_id": sub.link_id,
        "access_token": link.access_token if link else None,
        "pdf_report": own_url(f"/v1/users/{it.user_id}/reports/{it.voie_report_id}/?fmt=pdf")
        if completed and it.initial_order is not None and it.voie_report_id is not None
        else None,
        "data_source": link.data_source if link else None,
        "provider": provider(world, link.provider_id) if link else None,
        "is_suspicious": records.is_suspicious(link, sub.completed_us if completed else None) if link else False,
        "start_date": sub.start_date,
        "end_date": sub.end_date,
        "company_name": company.name,
        "company_address": company.address,
        "company_domain": company.domain,
        "company_logo": company.logo,
        "tasks": [task(world, world.state.tasks[task_id], seen_us, place="order") for task_id in sub.task_ids],
    }
    if not listed:
        shown["employments"] = (
            records.employments(world, link, sub.completed_us, voe=sub.product == "employment")
            if completed
            and link is not None
            and sub.completed_us is not None
            and link.deleted_us is None
            and world.state.profile.report_place != "link"
            else []
        )
    return shown


def provider(world: WorldBase, provider_id: str) -> dict[str, Any]:
    """Return a provider as ``{id, name, logo_url}``."""
    known = world.state.providers[provider_id]
    return {"id": known.id, "name": known.name, "logo_url": known.logo_url}


def task(world: WorldBase, it: Task, seen_us: int | None = None, *, place: str = "task") -> dict[str, Any]:
    """Return a task (tasks_read); running statuses are shown, too (inferred)."""
    status = it.status
    if seen_us is not None:
        status = it.path[max(bisect_right(it.path_us, seen_us), 1) - 1]
    shown = reason(world, status, place)
    return {
        "id": it.id,
        "status": shown,
        "product_type": it.product,
        "provider": provider(world, it.provider_id),
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
        "link_id": it.link_id,
        "user_id": it.user_id,
        "error_message": it.error_message if shown is it.status else None,
        "tracking_info": it.tracking_info,
        "bridge_token": it.bridge_token,
        "data_source": it.data_source,
        "is_suspicious": it.is_suspicious,
        "order_id": it.order_id,
    }


def reason(world: WorldBase, status: TaskStatus, place: str) -> TaskStatus:
    """Return a task's status as a read of ``place`` shows it: the exact failure, or only ``error`` (K-READ)."""
    if status in ERRORS and place not in world.state.profile.failure_reason_in:
        return TaskStatus.ERROR
    return status


def refresh_task(world: WorldBase, it: Task) -> dict[str, Any]:
    """Return a refresh task (refresh_task); ``refresh_date`` is deprecated and only a date."""
    return {
        "id": it.id,
        "status": reason(world, it.status, "task"),
        "refresh_date": text_z(it.created_us)[:10],
        "created_at": text_z(it.created_us),
    }


def link(world: WorldBase, it: Link, *, full_token: bool = False) -> dict[str, Any]:
    """Return a link (links-item); its token is masked unless the list is one user's."""
    user = world.state.users[it.user_id]
    employer = next((each.employer for each in records.shown(world, it)), None) or it.company.name
    name = (employer or "").casefold()
    mapping = next((e for e in world.catalog.employers if e["name"].casefold() == name), None)
    return {
        "id": it.id,
        "access_token": it.access_token if full_token else "*" * 28 + it.access_token[-4:],
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
        "deleted_at": moment(it.deleted_us),
        "tracking_info": it.tracking_info,
        "status": reason(world, it.status, "link"),
        "user_external_id": user.external_user_id,
        "provider_id": it.provider_id,
        "provider": provider(world, it.provider_id),
        "company_mapping": {
            "id": it.company.mapping_id or (mapping or {}).get("company_mapping_id"),
            "name": employer,
            "logo_url": None,
        },
        "link_hash": it.link_hash,
        "allowed_products": it.allowed_products,
        "initial_product_type": it.product,
        "data_source": it.data_source,
        "is_suspicious": it.is_suspicious,
        "is_dds_available": False,
        "is_dds_supported": False,
    }


def user(world: WorldBase, it: User, *, one: bool = False, links: bool = False) -> dict[str, Any]:
    """Return a user (users_read); report ids only when one user is read, links only when asked for."""
    shown: dict[str, Any] = {
        "id": it.id,
        "external_user_id": it.external_user_id,
        "first_name": it.first_name,
        "last_name": it.last_name,
        "email": it.email,
        "phone": it.phone,
        "ssn": it.ssn,
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
    }
    if links:
        shown["links"] = [link(world, world.state.links[link_id]) for link_id in it.link_ids]
    if one:
        shown |= {
            "voie_report_id": it.voie_report_id,
            "voa_report_id": None,
            "income_insights_report_id": None,
            "aim_check_report_id": None,
        }
    return shown


def webhook(it: Subscription) -> dict[str, Any]:
    """Return a registered webhook (webhooks_create)."""
    return {
        "id": it.id,
        "name": it.name,
        "webhook_url": it.webhook_url,
        "env_type": it.env_type,
        "events": it.events,
        "enabled": it.enabled,
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
    }


def report(world: WorldBase, it: Report) -> dict[str, Any]:
    """Return a user-level VOIE or VOE report."""
    shown = [entry for entry in it.entries if world.state.links[entry.link_id].deleted_us is None]
    return {
        "report_id": it.id,
        "created_at": text_z(it.created_us),
        "completed_at": text_z(it.created_us),
        "last_task_at": moment(max((entry.read_us for entry in shown), default=None)),
        "links": [
            {
                "id": entry.id,
                "link_id": entry.link_id,
                "tracking_info": entry.tracking_info,
                "data_source": world.state.links[entry.link_id].data_source,
                "provider": world.state.links[entry.link_id].provider_id,
                "provider_name": world.state.providers[world.state.links[entry.link_id].provider_id].name,
                "employments": [
                    {**employment, "gse_accepted": True}
                    for employment in records.employments(
                        world, world.state.links[entry.link_id], entry.read_us, voe=it.is_voe
                    )
                ],
            }
            for entry in shown
        ],
    }


def link_report(world: WorldBase, it: Link, *, voe: bool) -> dict[str, Any]:
    """Return the income or employment report of one link; readable while its task still runs."""
    last = world.state.tasks.get(it.last_task_id or "")
    refreshed = world.state.tasks.get(it.last_refresh_task_id or "")
    ended_us = last.updated_us if last is not None and last.status in FINAL else None
    return {
        "id": records.object_id(world, it, "voe-report" if voe else "voie-report", it.last_task_id or ""),
        "status": reason(world, it.status, "link"),
        "finished_at": moment(ended_us),
        "completed_at": None if ended_us is None else text_blank(ended_us),
        "access_token": it.access_token,
        "tracking_info": last.tracking_info if last else it.tracking_info,
        "is_suspicious": it.is_suspicious,
        "refresh_status": reason(world, refreshed.status, "link") if refreshed else None,
        "employments": [] if it.read_us is None else records.employments(world, it, it.read_us, voe=voe),
        "pdf_report": None,
        "provider": it.provider_id,
        "data_source": it.data_source,
    }


def webhook_request(it: Delivery, attempt: int) -> dict[str, Any]:
    """Return one entry of the delivery history (webhook_requests_list): one per attempt (assumed)."""
    tried = it.attempts[attempt]
    return {
        "webhook_id": it.webhook_id,
        "event_type": it.event_type,
        "event_created_at": text_z(it.created_us),
        "status_code": tried.status_code,
        "error_message": tried.error,
        "webhook_payload": msgspec.Raw(it.body.encode()),
        "webhook_url": it.url,
    }
