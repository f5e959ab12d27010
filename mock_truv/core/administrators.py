"""The employer's side, a product of old: who works at a company, and what was paid to them.

Its fields are not documented any more; the figures are those of the pay statements, as every report has them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mock_truv.core import payroll, records
from mock_truv.core.instants import date_of, text_z
from mock_truv.core.model import PayrollReport

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link
    from mock_truv.core.payroll import Job

JsonObject = dict[str, Any]


def request_payroll(world: WorldBase, link: Link, start_date: str, end_date: str) -> PayrollReport:
    """Make a payroll report of the company that a link belongs to."""
    report = PayrollReport(
        id=world.new_id("payroll-report"),
        link_id=link.id,
        start_date=start_date,
        end_date=end_date,
        created_us=world.now_us,
    )
    world.state.payroll_reports[report.id] = report
    world.happened("payroll-report", report.id, link_id=link.id)
    return report


def directory(world: WorldBase, link: Link, read_us: int) -> list[JsonObject]:
    """Return an employment, without figures, for everybody at the link's companies: first the link's own person."""
    found = records.employments(world, link, read_us, voe=True)
    return found + [_employment(world, link, key, job, read_us) for key, job in _colleagues(world, link, read_us)]


def statements(world: WorldBase, report: PayrollReport) -> list[tuple[JsonObject, JsonObject]]:
    """Return (employment, statement) of every pay within a report's days and before it was asked for."""
    link = world.state.links[report.link_id]
    found = [
        (employment, statement)
        for employment in records.employments(world, link, report.created_us, voe=False)
        for statement in employment["statements"]
    ]
    since = date.fromisoformat(report.start_date)
    for key, job in _colleagues(world, link, report.created_us):
        employment = _employment(world, link, key, job, report.created_us, since=since)
        found += [(employment, statement) for statement in employment["statements"]]
    return [each for each in found if report.start_date <= (each[1]["pay_date"] or "") <= report.end_date]


def total(amounts: list[str | None]) -> str:
    """Return the sum of amounts, to the cent."""
    return str(sum((Decimal(each) for each in amounts if each is not None), Decimal("0.00")))


def _colleagues(world: WorldBase, link: Link, read_us: int) -> list[tuple[str, Job]]:
    """Return (key of a person, job) of all others in the catalog who have worked at a company that the link shows."""
    names = {(it.employer or "").casefold() for it in records.shown(world, link, read_us)}
    return [
        (key, job)
        for key, person in world.catalog.people.items()
        if key != link.person
        for job in payroll.jobs_known(person, date_of(read_us))
        if job.employer.name.casefold() in names
    ]


def _employment(
    world: WorldBase, link: Link, key: str, job: Job, read_us: int, *, since: date | None = None
) -> JsonObject:
    """Return a colleague's employment; with ``since`` its statements from that day on."""
    entry: JsonObject = payroll.employment(
        world.catalog.people[key],
        job,
        since=since or job.start_date,
        as_of=date_of(read_us),
        id_of=lambda kind, ident: records.object_id(world, link, f"{kind} of {key}", ident),
        voe=since is None,
        created_at=text_z(link.created_us),
        updated_at=text_z(read_us),
    )
    return entry
