"""Answers about income and employment reports: a user's, and a link's."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, UnsetType

from mock_truv.api.enums import DataSource
from mock_truv.api.shapes.base import Id, Moment, Shape, Url, assumed, inferred
from mock_truv.api.shapes.payroll import W2, AnnualIncomeSummary, BankAccount, Employment, Statement, VoeEmployment
from mock_truv.core.model import TaskStatus

DEPRECATED = "deprecated for its odd form: a blank instead of T, +00:00 instead of Z"


class EitherEmployment(VoeEmployment):
    """An employment where a report may be of income or of employment alone; the latter leaves the parts out."""

    SOURCE = "orders_read, users_get_report"

    statements: list[Statement] | UnsetType = UNSET
    annual_income_summary: list[AnnualIncomeSummary] | UnsetType = UNSET
    w2s: list[W2] | UnsetType = UNSET
    bank_accounts: list[BankAccount] | UnsetType = UNSET


class AcceptedEmployment(EitherEmployment, kw_only=True):
    """An employment in a user's report."""

    SOURCE = "user-income-and-employment-reports/object"

    gse_accepted: Annotated[bool, inferred("reports of income show it; reports of employment may not")]


class ReportedLink(Shape):
    """What one account shows in a user's report."""

    SOURCE = "users_get_report"

    id: Id
    link_id: Id
    tracking_info: str | None
    data_source: DataSource
    provider: str
    provider_name: str
    employments: list[AcceptedEmployment]


class UserReport(Shape):
    """A report of all of a person's accounts: income and employment (VOIE), or employment alone (VOE)."""

    SOURCE = "users_reports, users_get_report"

    report_id: Id
    created_at: Moment
    completed_at: Annotated[Moment | None, inferred("users_get_report: null while it is made; here it is at once")]
    last_task_at: Annotated[Moment | None, inferred("users_get_report: null where no account was read")]
    links: list[ReportedLink]


class ListedReport(Shape):
    """An entry of a person's list of reports."""

    SOURCE = "sample reports guide mentions the list; its entries are assumed"
    BASIS = "assumed"

    report_id: Id
    created_at: Moment
    completed_at: Moment | None
    is_voe: bool


class LinkVoeReport(Shape):
    """The employment report of one account; it can be read while its task still runs."""

    SOURCE = "link_detail_reports_employment"

    id: Id
    status: TaskStatus
    finished_at: Moment | None
    completed_at: Annotated[str | None, inferred(DEPRECATED)]
    access_token: Id
    tracking_info: str | None
    is_suspicious: bool
    refresh_status: TaskStatus | None
    employments: list[VoeEmployment]
    pdf_report: Annotated[Url | None, assumed("null, unless the profile asks for addresses of this mock")]
    provider: str
    data_source: DataSource


class LinkReport(LinkVoeReport):
    """The income report of one account."""

    SOURCE = "link_detail_reports_income"

    employments: list[Employment]  # type: ignore[assignment]
