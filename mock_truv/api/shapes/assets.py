"""What an asset report (VOA) looks like."""

from __future__ import annotations

from typing import Annotated

from mock_truv.api.shapes.banking import AccountOwner, Balances, Transaction
from mock_truv.api.shapes.base import Day, Id, Moment, Money, Shape, inferred
from mock_truv.core.banking.accounts import AccountType

TOO_SHORT = "null where fewer days were requested: an example of 60 days has no avg_90"


class Borrower(Shape):
    """The user as known when the report was made."""

    SOURCE = "assets-report-create"

    id: Id
    external_user_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    ssn: str | None
    created_at: Moment
    updated_at: Moment


class AccountSummary(Shape):
    """Average balances of one account over the last days."""

    SOURCE = "data reference for verification of assets"

    avg_30: Money | None
    avg_60: Annotated[Money | None, inferred(TOO_SHORT)]
    avg_90: Annotated[Money | None, inferred(TOO_SHORT)]


class AssetSummary(Shape):
    """Balance and averages over all accounts of a report."""

    SOURCE = "data reference for verification of assets"

    balance: Money
    avg_30: Money | None
    avg_60: Annotated[Money | None, inferred(TOO_SHORT)]
    avg_90: Annotated[Money | None, inferred(TOO_SHORT)]


class AssetAccount(Shape):
    """An account of a report."""

    SOURCE = "assets-report-create, data reference for verification of assets"

    id: Id
    created_at: Moment
    updated_at: Moment
    type: AccountType
    subtype: str | None
    mask: str
    nickname: str | None
    routing_number: str
    days_available: int
    nsf: Annotated[int, inferred("a count; over the days requested")]
    balances: Balances
    owners: list[AccountOwner]
    summary: AccountSummary
    transactions: list[Transaction]


class AssetLink(Shape):
    """What one bank shows."""

    SOURCE = "assets-report-create, data reference for verification of assets"

    link_id: Id
    created_at: Annotated[Moment, inferred("income-insights/object: its links have it")]
    updated_at: Annotated[Moment, inferred("income-insights/object: its links have it")]
    tracking_info: str | None
    provider: str
    provider_name: str
    accounts: list[AssetAccount]


class AssetReport(Shape):
    """A person's accounts at all banks."""

    SOURCE = "user-asset-verification-reports/object"

    report_id: Id
    created_at: Moment
    completed_at: Annotated[Moment | None, inferred("null while it is made; here it is at once")]
    days_requested: int
    as_of_date: Annotated[Day, inferred("read by the official sample; where none was asked for, the day it was made")]
    large_deposit_threshold: int | None
    is_voe: bool
    borrower: Borrower
    links: list[AssetLink]
    summary: AssetSummary
