"""Reports: which links each is about, as of which instant, and what was asked for."""

from __future__ import annotations

from mock_truv.core.plain import Frozen, Plain

DEFAULT_DAYS, LEAST_DAYS, MOST_DAYS = 60, 30, 730
"""Days of history: the range is documented, the default only seen in samples."""


class Report(Plain, kw_only=True):
    """A user-level VOIE or VOE report: which links, each as of which instant."""

    id: str
    user_id: str
    is_voe: bool
    created_us: int
    entries: list[ReportEntry]


class ReportEntry(Frozen, frozen=True, kw_only=True):
    """One link in a report."""

    id: str
    link_id: str
    read_us: int
    tracking_info: str | None


class Wishes(Frozen, frozen=True, kw_only=True):
    """What a report is to be like (assets-report-create)."""

    days_requested: int = DEFAULT_DAYS
    as_of_date: str | None = None
    large_deposit_threshold: int | None = None
    is_voe: bool = False
    account_ids: list[str] | None = None


class Borrower(Frozen, frozen=True, kw_only=True):
    """The user as known when the report was made."""

    id: str
    external_user_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    ssn: str | None
    created_us: int
    updated_us: int


class AssetReport(Plain, kw_only=True):
    """A VOA report."""

    id: str
    user_id: str
    created_us: int
    wishes: Wishes
    borrower: Borrower
    entries: list[ReportEntry]


class IncomeInsightsReport(Plain, kw_only=True):
    """A report of the income that deposits show."""

    id: str
    user_id: str
    created_us: int
    days_requested: int
    purpose: str | None
    """Why it was asked for; kept, and not shown (the reference's report has no such key)."""
    entries: list[ReportEntry]


class PayrollReport(Plain, kw_only=True):
    """What was paid at a company between two days; fixed at the instant at which it was asked for."""

    id: str
    link_id: str
    start_date: str
    end_date: str
    created_us: int
