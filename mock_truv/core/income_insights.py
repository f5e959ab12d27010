"""User-level income insights reports: which bank links they look at, as of which reading, how many days back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_truv.core.asset_reports import entries_now
from mock_truv.core.model import IncomeInsightsReport
from mock_truv.core.model.reports import DEFAULT_DAYS

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import User


def create(world: WorldBase, user: User, days_requested: int | None, purpose: str | None) -> IncomeInsightsReport:
    """Make a report of all bank links as they were last read; it is the user's latest from now on."""
    report = IncomeInsightsReport(
        id=world.new_id("income-insights-report"),
        user_id=user.id,
        created_us=world.now_us,
        days_requested=days_requested or DEFAULT_DAYS,
        purpose=purpose,
        entries=entries_now(world, user),
    )
    world.state.income_insights_reports[report.id] = report
    user.income_insights_report_id = report.id
    world.touch(user)
    world.happened("income-insights-report", report.id)
    return report
