"""Answers of the employer's side, a product of old.

The official sample reads ``payroll_report_id`` and ``status``; all other keys are assumed, named as in other reports.
"""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.enums import DataSource
from mock_truv.api.shapes.base import Day, Id, Moment, Money, Shape, inferred
from mock_truv.core.model import TaskStatus


class Worker(Shape):
    """Somebody who works or worked at the company."""

    SOURCE = "named as in employment reports"
    BASIS = "assumed"

    id: Id
    first_name: str | None
    last_name: str | None
    email: str | None
    job_title: str | None
    job_type: str | None
    start_date: Day | None
    end_date: Day | None
    is_active: bool | None
    manager_name: str | None
    company_name: str | None


class AdminReport(Shape):
    """Who works at the companies of a link."""

    SOURCE = "official sample (directory of an administrator); the keys around it are those of link reports"
    BASIS = "assumed"

    id: Id
    status: TaskStatus
    finished_at: Moment | None
    access_token: Id
    tracking_info: str | None
    employees: list[Worker]
    provider: str
    data_source: DataSource


class RequestedPayroll(Shape):
    """The answer to a request for a payroll report."""

    SOURCE = "official sample"

    payroll_report_id: Id


class PayrollEntry(Shape):
    """One pay of one person."""

    SOURCE = "named as in pay statements"
    BASIS = "assumed"

    employee_id: Id
    statement_id: Id
    first_name: str | None
    last_name: str | None
    hours: Money | None
    gross_pay: Money | None
    net_pay: Money | None


class Payroll(Shape):
    """Everything that was paid on one day."""

    SOURCE = "named as in pay statements"
    BASIS = "assumed"

    pay_date: Day
    gross_pay: Money
    net_pay: Money
    employees: list[PayrollEntry]


class PayrollReport(Shape):
    """What was paid at the companies of a link between two days, newest first."""

    SOURCE = "official sample (status); all else assumed"
    BASIS = "assumed"

    id: Id
    status: Annotated[TaskStatus, inferred("official sample: it waits for done; here the report is made at once")]
    created_at: Moment
    completed_at: Moment | None
    start_date: Day
    end_date: Day
    gross_pay: Money
    net_pay: Money
    payrolls: list[Payroll]
