"""Scoring attributes: figures from bank data that the lender sends itself (scoring-attributes pages).

Names and shape of the result are documented by one sample; which figures there are and how they come about is assumed.
Amounts are plain numbers here, money in is positive.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from mock_truv.core import ids
from mock_truv.core.model import ScoredTransaction, ScoringReport
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.base import WorldBase

Outcome = Literal["success", "failed", "data_import_error", "processing"]

NSF_WORDS = ("NSF", "INSUFFICIENT FUNDS", "OVERDRAFT", "RETURNED ITEM")
PERIOD_DAYS = {"1m_l0": 30, "2m_l0": 61, "6m_l0": 183}
"""Period of a metric -> how many days it reaches back from the cutoff date."""
LEAST_DEPOSITS = 3
BEST_SCORE, WORST_SCORE = 850, 300
POINTS_FOR_NSF = 40
RHYTHMS = ((7, "weekly", "Weekly", 52), (14, "bi_weekly", "Bi-Weekly", 26), (15, "semi_monthly", "Semi-Monthly", 24),
           (30, "monthly", "Monthly", 12))  # fmt: skip


class Metric(NamedTuple):
    """One figure of one period."""

    name: str
    time_period: str
    unit: str
    value: Decimal


class DerivedIncome(NamedTuple):
    """Deposits that come again and again. Amounts in dollars."""

    description: str
    frequency: str
    days: list[int]
    formatted_frequency: str
    months: int
    average_amount: Decimal
    monthly_amount: Decimal


def create(world: WorldBase, report: ScoringReport) -> ScoringReport:
    """Keep a report and return it."""
    world.state.scoring_reports[report.id] = report
    world.happened("scoring-report", report.id)
    return report


def previous(world: WorldBase, customer_identifier: str) -> str | None:
    """Return the id of the customer's latest report, None when this is the first one."""
    known = reversed(world.state.scoring_reports.values())
    return next((each.id for each in known if each.customer_identifier == customer_identifier), None)


def guid(world: WorldBase, report: ScoringReport) -> str:
    """Return the second identifier of a report."""
    return ids.identifier(world.state.seed, "scoring guid", report.id)


def outcome(report: ScoringReport) -> Outcome:
    """Return how a report ended: data whose accounts or institutions are not among those sent cannot be imported."""
    accounts = {account.identifier for account in report.accounts}
    whole = all(account.institution_identifier in report.institutions for account in report.accounts)
    whole = whole and all(each.account_identifier in accounts for each in report.transactions)
    return "success" if whole else "data_import_error"


def metrics(report: ScoringReport) -> list[Metric]:
    """Return sums and counts of each period before the cutoff date."""
    found = []
    with exact():
        for period, days in PERIOD_DAYS.items():
            inside = _within(report, days)
            amounts = [_amount(each) for each in inside]
            fees = [-_amount(each) for each in inside if _is_nsf(each) and each.amount < 0]
            found += [
                Metric("deposit_amount", period, "dollars", sum((it for it in amounts if it > 0), ZERO)),
                Metric("withdrawal_amount", period, "dollars", -sum((it for it in amounts if it < 0), ZERO)),
                Metric("transaction_count", period, "count", Decimal(len(inside))),
                Metric("derived_nsf_fee_amount", period, "dollars", sum(fees, ZERO)),
                Metric("derived_nsf_fee_count", period, "count", Decimal(len(fees))),
            ]
    return found


def derived_incomes(report: ScoringReport) -> list[DerivedIncome]:
    """Return the deposits with one description that came at least three times, in a rhythm."""
    streams: dict[str, list[ScoredTransaction]] = {}
    for each in _within(report, PERIOD_DAYS["6m_l0"]):
        if each.amount > 0:
            streams.setdefault(each.description, []).append(each)
    found = [_income(name, entries) for name, entries in streams.items() if len(entries) >= LEAST_DEPOSITS]
    return [each for each in found if each is not None]


def overdraft_risk(report: ScoringReport) -> int:
    """Return a score from 300 (worst) to 850: less for every fee of the last six months."""
    fees = sum(1 for each in _within(report, PERIOD_DAYS["6m_l0"]) if _is_nsf(each) and each.amount < 0)
    return max(WORST_SCORE, BEST_SCORE - POINTS_FOR_NSF * fees)


def _within(report: ScoringReport, days: int) -> list[ScoredTransaction]:
    """Return the posted transactions of the last ``days`` days up to the cutoff date, oldest first.

    Those of cards and loans count only with ``loan_data_enabled``.
    """
    last = date.fromisoformat(report.cutoff_date)
    first = date.min if last.toordinal() <= days else last - timedelta(days=days - 1)
    debts = {it.identifier for it in report.accounts if it.type.lower() in {"credit_card", "loan", "mortgage"}}
    inside = [
        each
        for each in report.transactions
        if str(first) <= each.post_date <= report.cutoff_date
        and each.status.lower() == "posted"
        and (report.loan_data_enabled or each.account_identifier not in debts)
    ]
    return sorted(inside, key=lambda each: (each.post_date, each.identifier))


def _income(description: str, entries: Sequence[ScoredTransaction]) -> DerivedIncome | None:
    days = [date.fromisoformat(each.post_date) for each in entries]
    average_gap = (days[-1] - days[0]).days / (len(days) - 1)
    gap, frequency, text, per_year = min(RHYTHMS, key=lambda rhythm: abs(average_gap - rhythm[0]))
    if abs(average_gap - gap) > gap / 10:
        return None
    with exact():
        average = cents(sum((_amount(each) for each in entries), ZERO) / len(entries))
        monthly = cents(average * per_year / 12)
    on = sorted({day.isoweekday() if per_year > 24 else day.day for day in days})
    months = len({(day.year, day.month) for day in days})
    shown = ", ".join(str(each) for each in on)
    return DerivedIncome(description, frequency, on, f"{text} ({shown})", months, average, monthly)


def _amount(each: ScoredTransaction) -> Decimal:
    return cents(Decimal(str(each.amount)))


def _is_nsf(each: ScoredTransaction) -> bool:
    return any(word in each.description.upper() for word in NSF_WORDS)
