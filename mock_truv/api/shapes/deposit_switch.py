"""Answers about deposit switches and paycheck-linked loans: where a person's pay goes, before and after."""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.shapes.base import Id, Moment, Money, Shape, Url, assumed, inferred
from mock_truv.api.shapes.reports import DEPRECATED
from mock_truv.api.shapes.tasks import Provider
from mock_truv.core.model import TaskStatus

AccountType = Literal["checking", "savings"]
DepositType = Literal["entire", "percent", "amount"]


class DepositDetails(Shape):
    """The account that pay goes to by the switch, and which share of it."""

    SOURCE = "link_detail_reports_dds"

    account_number: str
    account_type: AccountType
    routing_number: str
    bank_name: str
    deposit_type: DepositType
    deposit_value: Annotated[str, inferred("link_detail_reports_dds: text; given back as it was sent")]


class InitialAccount(Shape):
    """An account that pay went to before the switch."""

    SOURCE = "link_detail_reports_dds"

    account_number: str
    routing_number: str
    account_type: AccountType
    account_name: str | None
    bank_name: str
    deposit_type: DepositType
    deposit_value: Money


class ReportedEmployer(Shape):
    """The employer whose payroll was told."""

    SOURCE = "link_detail_reports_dds, dds-report-retrieve"

    id: Annotated[str | None, inferred("links-item: the company mapping; null where the search does not know it")]
    name: str | None
    logo_url: Url | None


class DepositReport(Shape):
    """The deposit switch of one account, or its paycheck-linked loan; it can be read while its task still runs."""

    SOURCE = "link_detail_reports_dds, DEMO for pll"

    id: Id
    status: TaskStatus
    finished_at: Moment | None
    completed_at: Annotated[str | None, inferred("link_detail_reports_dds", DEPRECATED)]
    access_token: Id | None
    tracking_info: str | None
    is_suspicious: bool
    deposit_details: DepositDetails
    initial_accounts: Annotated[
        list[InitialAccount] | None, inferred("link_detail_reports_dds: null until the accounts were read")
    ]
    pdf_report: Annotated[Url | None, assumed("null, unless the profile asks for addresses of this mock")]
    provider: Provider
    employer: ReportedEmployer | None


class ActingProvider(Provider, kw_only=True):
    """A provider, and what it can do with bank accounts."""

    SOURCE = "dds-report-retrieve"

    supported_bank_account_actions: Annotated[
        list[Literal["create"]], inferred("dds-report-retrieve: `create` is the only word seen")
    ]


class SwitchedLink(Shape):
    """What one account shows in a user's deposit switch report."""

    SOURCE = "dds-report-retrieve"

    link_id: Id
    deposit_details: DepositDetails
    tracking_info: str | None
    access_token: Id | None
    provider: ActingProvider
    employer: ReportedEmployer | None
    created_at: Moment
    updated_at: Moment


class UserDepositReport(Shape):
    """The latest deposit switch of each of a person's accounts."""

    SOURCE = "dds-report-retrieve"

    completed_at: Annotated[Moment | None, inferred("dds-report-retrieve: that of the latest switch")]
    links: list[SwitchedLink]
