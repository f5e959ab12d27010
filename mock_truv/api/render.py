"""Objects as the API shows them: from the state to the shapes."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, structs

from mock_truv.api import render_payroll as payroll
from mock_truv.api.call import own_url
from mock_truv.api.files import FOLDER, file_of
from mock_truv.api.financial_accounts import financial_account
from mock_truv.api.shapes.links import CompanyMapping, Link
from mock_truv.api.shapes.orders import CompanyAddress, Order, Suborder
from mock_truv.api.shapes.reports import LinkReport, LinkVoeReport, ListedReport, ReportedLink, UserReport
from mock_truv.api.shapes.tasks import Provider, RefreshTask, Task
from mock_truv.api.shapes.users import OneUser, User
from mock_truv.core import deposits, records
from mock_truv.core.base import suborders
from mock_truv.core.instants import text_blank, text_z
from mock_truv.core.model import SuborderStatus as O
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import ERRORS, FINAL

if TYPE_CHECKING:
    from mock_truv.api.shapes.financial_accounts import FinancialAccount
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase


def moment(instant_us: int | None) -> str | None:
    """Return an instant as text, None when there is none."""
    return None if instant_us is None else text_z(instant_us)


def order(world: WorldBase, it: model.Order, *, listed: bool = False, as_of_us: int | None = None) -> Order:
    """Return an order; in lists its suborders come without ``employments``.

    ``as_of_us`` shows what happened until then only (a read that lags); what is fixed at creation is always shown.
    """
    seen_us = world.now_us if as_of_us is None else as_of_us
    completed = it.completed_us is not None and it.completed_us <= seen_us
    reported = any_completed(it, seen_us)
    return Order(
        id=it.id,
        status=order_status(it, [status_at(each, seen_us) for each in suborders(it)]),
        products=it.products,
        source=it.source,
        order_number=it.order_number,
        custom_field=it.custom_field,
        client_name=world.state.profile.client_name,
        first_name=it.first_name,
        last_name=it.last_name,
        user_id=it.user_id,
        bridge_token=it.bridge_token,
        share_url=own_url(f"/employment.html?bridge_token={it.bridge_token}&order_group_id={it.id}"),
        short_share_url=own_url(f"/s/{it.short_code}"),
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        canceled_at=moment(it.canceled_us),
        completed_at=moment(it.completed_us) if completed else None,
        expired_at=text_z(it.expires_us),
        is_expired=it.completed_us is None and it.canceled_us is None and world.now_us >= it.expires_us,
        user_consent_at=moment(it.user_consent_us),
        initial_order=it.initial_order,
        refresh_order=it.refresh_order,
        voie_report_id=it.voie_report_id if reported else None,
        voa_report_id=it.voa_report_id if reported else None,
        manager=it.details.get("manager"),
        loan=it.details.get("loan"),
        employers=[suborder(world, it, each, seen_us, listed=listed) for each in it.employers],
        financial_accounts=[bank_of_order(world, it, each, seen_us, listed=listed) for each in it.financial_accounts],
    )


def order_status(it: model.Order, statuses: list[O] | None = None) -> O:
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


def status_at(sub: model.Suborder, seen_us: int) -> O:
    """Return a suborder's status as it was at an instant."""
    past = bisect_right(sub.path_us, seen_us)
    return sub.path[past - 1] if past else O.PENDING


def any_completed(it: model.Order, seen_us: int) -> bool:
    """Return whether a connection of the order was completed by an instant."""
    return any(each.completed_us is not None and each.completed_us <= seen_us for each in suborders(it))


def bank_of_order(
    world: WorldBase, it: model.Order, sub: model.Suborder, seen_us: int, *, listed: bool = False
) -> FinancialAccount:
    """Return an entry of ``financial_accounts``."""
    shown = suborder(world, it, sub, seen_us, listed=True)
    return financial_account(world, sub, shown, seen_us, listed=listed)


def suborder(world: WorldBase, it: model.Order, sub: model.Suborder, seen_us: int, *, listed: bool = False) -> Suborder:
    """Return an entry of ``employers``."""
    link = world.state.links.get(sub.link_id or "")
    completed = sub.completed_us is not None and sub.completed_us <= seen_us
    company = sub.company
    return Suborder(
        id=sub.id,
        product_type=sub.product,
        status=status_at(sub, seen_us),
        suborder_number=sub.suborder_number,
        created_at=text_z(sub.created_us),
        bridge_token=sub.bridge_token,
        link_id=sub.link_id,
        access_token=link.access_token if link else None,
        pdf_report=own_url(f"{FOLDER}/{sub.link_id}/report/{it.voie_report_id}.pdf")
        if completed and it.initial_order is not None and it.voie_report_id is not None
        else None,
        data_source=link.data_source if link else None,
        provider=provider(world, link.provider_id) if link else None,
        is_suspicious=records.is_suspicious(link, sub.completed_us if completed else None) if link else False,
        start_date=sub.start_date,
        end_date=sub.end_date,
        company_name=company.name,
        company_address=_company_address(company.address),
        company_domain=company.domain,
        company_logo=company.logo,
        tasks=[task(world, world.state.tasks[task_id], seen_us, place="order") for task_id in sub.task_ids],
        employments=UNSET if listed else _employments(world, link, sub, completed=completed),
    )


def _company_address(given: dict[str, Any] | None) -> CompanyAddress | None:
    if given is None:
        return None
    return CompanyAddress(
        street=given.get("street"), city=given.get("city"), state=given.get("state"), zip=given.get("zip")
    )


def _employments(world: WorldBase, link: model.Link | None, sub: model.Suborder, *, completed: bool) -> list[Any]:
    if not completed or link is None or sub.completed_us is None or link.deleted_us is not None:
        return []
    if world.state.profile.report_place == "link":
        return []
    return employments(world, link, sub.completed_us, voe=sub.product == "employment")


def employments(world: WorldBase, link: model.Link, read_us: int, *, voe: bool) -> list[Any]:
    """Return the employments of a link as read at an instant, with the addresses of their files if they have any."""
    found = records.employments(world, link, read_us, voe=voe)
    if voe or world.state.profile.file_urls == "absent":
        return found  # plain data, shared between readings: they encode to the same bytes as the shapes
    return [payroll.employment(entry, file_of(world, link.id)) for entry in found]


def provider(world: WorldBase, provider_id: str) -> Provider:
    """Return a provider as ``{id, name, logo_url}``."""
    known = world.state.providers[provider_id]
    return Provider(id=known.id, name=known.name, logo_url=known.logo_url)


def task(world: WorldBase, it: model.Task, seen_us: int | None = None, *, place: str = "task") -> Task:
    """Return a task, as it was at an instant; running statuses are shown, too."""
    status = it.status
    if seen_us is not None:
        status = it.path[max(bisect_right(it.path_us, seen_us), 1) - 1]
    shown = reason(world, status, place)
    return Task(
        id=it.id,
        status=shown,
        product_type=it.product,
        provider=provider(world, it.provider_id),
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        link_id=it.link_id,
        user_id=it.user_id,
        error_message=it.error_message if shown is it.status else None,
        tracking_info=it.tracking_info,
        bridge_token=it.bridge_token,
        data_source=it.data_source,
        is_suspicious=it.is_suspicious,
        order_id=it.order_id,
    )


def reason(world: WorldBase, status: TaskStatus, place: str) -> TaskStatus:
    """Return a task's status as a read of ``place`` shows it: the exact failure, or only ``error`` (K-READ)."""
    if status in ERRORS and place not in world.state.profile.failure_reason_in:
        return TaskStatus.ERROR
    return status


def refresh_task(world: WorldBase, it: model.Task) -> RefreshTask:
    """Return a refresh task; ``refresh_date`` is deprecated and only a date."""
    return RefreshTask(
        id=it.id,
        status=reason(world, it.status, "task"),
        refresh_date=text_z(it.created_us)[:10],
        created_at=text_z(it.created_us),
    )


def link(world: WorldBase, it: model.Link, *, full_token: bool = False) -> Link:
    """Return a link; its token is masked unless the list is one user's."""
    user = world.state.users[it.user_id]
    employer = next((each.employer for each in records.shown(world, it)), None) or it.company.name
    mapping = world.catalog.employer_named(employer or "")
    return Link(
        id=it.id,
        access_token=it.access_token if full_token else "*" * 28 + it.access_token[-4:],
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
        deleted_at=moment(it.deleted_us),
        tracking_info=it.tracking_info,
        status=reason(world, it.status, "link"),
        user_external_id=user.external_user_id,
        provider_id=it.provider_id,
        provider=provider(world, it.provider_id),
        company_mapping=CompanyMapping(
            id=it.company.mapping_id or (mapping["company_mapping_id"] if mapping else None),
            name=employer,
            logo_url=mapping["logo_url"] if mapping else None,
        ),
        link_hash=it.link_hash,
        allowed_products=it.allowed_products,
        initial_product_type=it.product,
        data_source=it.data_source,
        is_suspicious=it.is_suspicious,
        is_dds_available=(switchable := deposits.is_available(world, it)),
        is_dds_supported=switchable,
    )


def user(world: WorldBase, it: model.User, *, links: bool = False) -> User:
    """Return a user as lists show it; links only when asked for."""
    return User(**_user(world, it, links=links))


def one_user(world: WorldBase, it: model.User, *, links: bool = False) -> OneUser:
    """Return a user with the ids of the latest reports."""
    return OneUser(
        **_user(world, it, links=links),
        voie_report_id=it.voie_report_id,
        voa_report_id=it.voa_report_id,
        income_insights_report_id=it.income_insights_report_id,
        aim_check_report_id=None,
    )


def _user(world: WorldBase, it: model.User, *, links: bool) -> dict[str, Any]:
    return {
        "id": it.id,
        "external_user_id": it.external_user_id,
        "first_name": it.first_name,
        "last_name": it.last_name,
        "email": it.email,
        "phone": it.phone,
        "ssn": it.ssn,
        "created_at": text_z(it.created_us),
        "updated_at": text_z(it.updated_us),
        "links": [link(world, world.state.links[link_id]) for link_id in it.link_ids] if links else UNSET,
    }


def report(world: WorldBase, it: model.Report) -> UserReport:
    """Return a user-level VOIE or VOE report."""
    shown = [entry for entry in it.entries if world.state.links[entry.link_id].deleted_us is None]
    return UserReport(
        report_id=it.id,
        created_at=text_z(it.created_us),
        completed_at=text_z(it.created_us),
        last_task_at=moment(max((entry.read_us for entry in shown), default=None)),
        links=[_reported_link(world, entry, voe=it.is_voe) for entry in shown],
    )


def _reported_link(world: WorldBase, entry: model.ReportEntry, *, voe: bool) -> ReportedLink:
    link = world.state.links[entry.link_id]
    found = employments(world, link, entry.read_us, voe=voe)
    return ReportedLink(
        id=entry.id,
        link_id=entry.link_id,
        tracking_info=entry.tracking_info,
        data_source=link.data_source,
        provider=link.provider_id,
        provider_name=world.state.providers[link.provider_id].name,
        employments=[_accepted(employment) for employment in found],
    )


def _accepted(employment: Any) -> Any:
    plain = employment if isinstance(employment, dict) else structs.asdict(employment)
    return {**plain, "gse_accepted": True}


def listed_report(it: model.Report) -> ListedReport:
    """Return an entry of a user's list of reports."""
    return ListedReport(
        report_id=it.id, created_at=text_z(it.created_us), completed_at=text_z(it.created_us), is_voe=it.is_voe
    )


def link_report(world: WorldBase, it: model.Link) -> LinkReport:
    """Return the income report of one link; readable while its task still runs."""
    return LinkReport(**_link_report(world, it, voe=False))


def link_voe_report(world: WorldBase, it: model.Link) -> LinkVoeReport:
    """Return the employment report of one link."""
    return LinkVoeReport(**_link_report(world, it, voe=True))


def _link_report(world: WorldBase, it: model.Link, *, voe: bool) -> dict[str, Any]:
    last = world.state.tasks.get(it.last_task_id or "")
    refreshed = world.state.tasks.get(it.last_refresh_task_id or "")
    ended_us = last.updated_us if last is not None and last.status in FINAL else None
    ident = records.object_id(world, it, "voe-report" if voe else "voie-report", it.last_task_id or "")
    return {
        "id": ident,
        "status": reason(world, it.status, "link"),
        "finished_at": moment(ended_us),
        "completed_at": None if ended_us is None else text_blank(ended_us),
        "access_token": it.access_token,
        "tracking_info": last.tracking_info if last else it.tracking_info,
        "is_suspicious": it.is_suspicious,
        "refresh_status": reason(world, refreshed.status, "link") if refreshed else None,
        "employments": [] if it.read_us is None else employments(world, it, it.read_us, voe=voe),
        "pdf_report": file_of(world, it.id)("employment-report" if voe else "income-report", ident),
        "provider": it.provider_id,
        "data_source": it.data_source,
    }
