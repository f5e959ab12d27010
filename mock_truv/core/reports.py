"""User-level reports: which of a person's links they show, each as read at which instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core import products
from mock_truv.core.model import Report, ReportEntry

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link, Task, User

PAYROLL_PRODUCTS = ("income", "employment")


def latest_changed(world: WorldBase, link: Link, task: Task) -> str | None:
    """Make the new VOIE report that each completed payroll connection brings (orders events page); return its id."""
    if task.product not in PAYROLL_PRODUCTS:
        return None
    user = world.state.users[link.user_id]
    if all(world.state.links[link_id].data_source == products.DOCS for link_id in user.link_ids):
        return None  # documents alone bring no such report, only that of their link (official sample's notes)
    report = create(world, user, is_voe=False)
    user.voie_report_id = report.id
    world.touch(user)
    return report.id


def create(world: WorldBase, user: User, *, is_voe: bool) -> Report:
    """Make a report of everything the person's links have shown so far; it never changes again."""
    links = [world.state.links[link_id] for link_id in user.link_ids]
    entries = [
        ReportEntry(
            id=world.new_id("report-entry"), link_id=link.id, read_us=link.read_us, tracking_info=_tracking(world, link)
        )
        for link in links
        if link.read_us is not None and link.deleted_us is None and _is_about_work(link)
    ]
    report = Report(id=world.new_id("report"), user_id=user.id, is_voe=is_voe, created_us=world.now_us, entries=entries)
    world.state.reports[report.id] = report
    user.report_ids.append(report.id)
    world.happened("report", report.id)
    return report


def _is_about_work(link: Link) -> bool:
    """Return whether a link belongs into a VOIE report: not one of assets or insurance, but bank income does."""
    return link.data_source not in products.WITHOUT_WORK or link.product in PAYROLL_PRODUCTS


def _tracking(world: WorldBase, link: Link) -> str | None:
    task = world.state.tasks.get(link.last_task_id or "")
    return task.tracking_info if task else link.tracking_info
