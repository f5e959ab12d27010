"""Operations of old: the token of a link in the body, and the employer's side."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from mock_truv.api.bodies.legacy import RequestPayroll, TokenInBody
from mock_truv.api.call import Operation
from mock_truv.api.shapes import legacy as shapes
from mock_truv.core import administrators, records
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.instants import text_z
from mock_truv.core.model import TaskStatus
from mock_truv.core.tasks import FINAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mock_truv.api.call import Call, Finder
    from mock_truv.core import model
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Link

_LINK_REPORT = re.compile(r"/links/\{link\}/(\w+)/report/")


def with_token_in_body(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return the old form of every report of a link: ``POST /links/reports/{product}/``, ``access_token`` in the body.

    The official sample asks so for income, employment, deposit switch, paycheck-linked loans and the directory of an
    administrator; that every report answers so is inferred.
    """
    return tuple(
        replace(
            operation,
            method="POST",
            path=f"/links/reports/{found[1]}/",
            handler=_by_token(operation),
            source="official sample, older form",
            body=TokenInBody,
            basis="inferred",
            errors=tuple(dict.fromkeys((*operation.errors, 404))),  # for the link that the path named
        )
        for operation in operations
        if operation.method == "GET" and (found := _LINK_REPORT.fullmatch(operation.path))
    )


def admin_report(call: Call) -> shapes.AdminReport:
    """Return who works at the companies of a link."""
    world, link = call.world, call.target
    if link.deleted_us is not None:
        raise NotFound
    last = world.state.tasks.get(link.last_task_id or "")
    found = [] if link.read_us is None else administrators.directory(world, link, link.read_us)
    return shapes.AdminReport(
        id=records.object_id(world, link, "admin-report", link.last_task_id or ""),
        status=link.status,
        finished_at=text_z(last.updated_us) if last is not None and last.status in FINAL else None,
        access_token=link.access_token,
        tracking_info=last.tracking_info if last else link.tracking_info,
        employees=[_worker(each) for each in found],
        provider=link.provider_id,
        data_source=link.data_source,
    )


def request_payroll(call: Call) -> shapes.RequestedPayroll:
    """Ask for everything that was paid at the companies of a link between two days."""
    body: RequestPayroll = call.body
    link = _link_of(call.world, body.access_token)
    wrong = [each for each in ("start_date", "end_date") if not _is_day(getattr(body, each))]
    if wrong:
        raise WrongInput(*[(each, f"The calendar has no {getattr(body, each)}") for each in wrong])
    if body.end_date < body.start_date:
        raise WrongInput(("end_date", f"Must not be before start_date {body.start_date}, got {body.end_date}"))
    if link.read_us is None:
        raise WrongInput(("access_token", "Nothing was read by this link yet; wait for its task-status-updated = done"))
    report = administrators.request_payroll(call.world, link, body.start_date, body.end_date)
    return shapes.RequestedPayroll(payroll_report_id=report.id)


def read_payroll(call: Call) -> shapes.PayrollReport:
    """Return a payroll report: one payroll for each pay date, newest first, with what everybody was paid."""
    report: model.PayrollReport = call.target
    if call.world.state.links[report.link_id].deleted_us is not None:
        raise NotFound
    paid = administrators.statements(call.world, report)
    days = sorted({statement["pay_date"] for _, statement in paid}, reverse=True)
    return shapes.PayrollReport(
        id=report.id,
        status=TaskStatus.DONE,
        created_at=text_z(report.created_us),
        completed_at=text_z(report.created_us),
        start_date=report.start_date,
        end_date=report.end_date,
        gross_pay=administrators.total([it.get("gross_pay") for _, it in paid]),
        net_pay=administrators.total([it.get("net_pay") for _, it in paid]),
        payrolls=[_payroll(day, [each for each in paid if each[1]["pay_date"] == day]) for day in days],
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _by_token(operation: Operation) -> Any:
    def handler(call: Call) -> Any:
        call.target = _link_of(call.world, call.body.access_token)
        return operation.handler(call)

    handler.__doc__ = operation.handler.__doc__
    return handler


def _link_of(world: WorldBase, access_token: str) -> Link:
    link_id = world.state.access_tokens.get(access_token)
    if link_id is None:
        raise WrongInput(("access_token", "No link has this access_token; it may have been deleted"))
    return world.state.links[link_id]


def _worker(employment: dict[str, Any]) -> shapes.Worker:
    profile = employment.get("profile") or {}
    return shapes.Worker(
        id=employment["id"],
        first_name=profile.get("first_name"),
        last_name=profile.get("last_name"),
        email=profile.get("email"),
        job_title=employment.get("job_title"),
        job_type=employment.get("job_type"),
        start_date=employment.get("start_date"),
        end_date=employment.get("end_date"),
        is_active=employment.get("is_active"),
        manager_name=employment.get("manager_name"),
        company_name=(employment.get("company") or {}).get("name"),
    )


def _payroll(day: str, paid: list[tuple[dict[str, Any], dict[str, Any]]]) -> shapes.Payroll:
    return shapes.Payroll(
        pay_date=day,
        gross_pay=administrators.total([it.get("gross_pay") for _, it in paid]),
        net_pay=administrators.total([it.get("net_pay") for _, it in paid]),
        employees=[
            shapes.PayrollEntry(
                employee_id=employment["id"],
                statement_id=statement["id"],
                first_name=(employment.get("profile") or {}).get("first_name"),
                last_name=(employment.get("profile") or {}).get("last_name"),
                hours=statement.get("hours"),
                gross_pay=statement.get("gross_pay"),
                net_pay=statement.get("net_pay"),
            )
            for employment, statement in paid
        ],
    )


SAMPLE = "official sample; keys assumed"
OPERATIONS = (
    Operation("GET", "/links/{link}/admin/report/", admin_report, SAMPLE, basis="inferred", answer=shapes.AdminReport),
    Operation(
        "POST", "/administrators/payrolls/", request_payroll, SAMPLE, RequestPayroll, 201, "inferred",
        answer=shapes.RequestedPayroll,
    ),
    Operation(
        "GET", "/administrators/payrolls/{payroll_report}/", read_payroll, SAMPLE, basis="inferred",
        answer=shapes.PayrollReport,
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"payroll_report": lambda world, ident, _: world.state.payroll_reports.get(ident)}
