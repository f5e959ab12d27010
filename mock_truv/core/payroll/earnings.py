"""What a job earns in one pay period, before anything is taken off. All rules assumed.

A rate counts for whole periods: the one in force on the first day worked in it. A partial period pays the share of
its days from Monday to Friday that were worked: of the salary (S), of the usual hours (H), of the week (W), or each of
them (D). Full periods differ by ``hours_swing`` (H) or ``days_off`` (D), and by overtime at one and a half times the
rate (H). Commission is a percentage of the period's sales, in a partial period of its share of them. Trips are paid
for the days they are made on, weekends too. Callers open a ``money.exact`` block around all this.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.payroll.calendar import WEEKDAYS, pay_run, pays_per_year
from mock_truv.core.payroll.money import ZERO, cents, scaled, scaled_rate
from mock_truv.core.payroll.trips import earned_between
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from datetime import date

    from mock_truv.core.payroll.calendar import PayRun
    from mock_truv.core.payroll.people import Job

WEEKS_PER_YEAR = 52
MONTHS_PER_YEAR = 12
OVERTIME_FACTOR = Decimal("1.5")
INCOME_UNITS = {"H": "HOURLY", "D": "DAILY", "W": "WEEKLY"}


class Line(Frozen, frozen=True):
    """One line of earnings or deductions in dollars.

    Of earnings also ``rate`` (dollars per unit) and ``units``: hours, for basis D days, for basis W weeks.
    """

    name: str
    category: str
    amount: Decimal
    rate: Decimal | None = None
    units: Decimal | None = None


class Earnings(NamedTuple):
    """Hours of one period, None where nobody counts them, and the lines they and the extras of the month give."""

    hours: Decimal | None
    lines: tuple[Line, ...]


def rate_on(job: Job, day: date, variation: int) -> Decimal | None:
    """Return the rate in force on ``day`` in dollars per ``income_unit``; None without base pay."""
    rate = job.rate
    for change in job.raises:
        if change.on > day:
            break
        rate = change.rate
    return None if rate is None else scaled_rate(rate, variation)


def income_unit(job: Job) -> str:
    """Return the unit of a job's rate in the documented words."""
    return INCOME_UNITS.get(job.basis_of_pay or "", job.salary_unit)


def pay_per_cycle(job: Job, day: date, variation: int) -> Decimal | None:
    """Return the regular pay of a full pay cycle at the rate in force on ``day`` (documented meaning of pay_rate)."""
    rate = rate_on(job, day, variation)
    if rate is None:
        return None
    match job.basis_of_pay:
        case "H":
            yearly = rate * job.hours_per_week * WEEKS_PER_YEAR
        case "D":
            yearly = rate * WEEKDAYS * WEEKS_PER_YEAR
        case "W":
            yearly = rate * WEEKS_PER_YEAR
        case _:
            yearly = _salary(job, rate)
    return cents(yearly / pays_per_year(job))


def earnings_of(job: Job, index: int, variation: int) -> Earnings:
    """Return hours and lines of pay ``index``; regular pay comes first."""
    run = pay_run(job, index)
    hours, lines = _base(job, index, run, variation)
    if job.commission is not None:
        sold = scaled(job.commission.sales[index % len(job.commission.sales)], variation)
        share = sold * job.commission.percent * run.weekdays / (100 * run.whole_weekdays)
        lines.append(Line(job.commission.name, "commission", cents(share)))
    if run.opens_month:
        lines += [
            Line(extra.name, extra.category, scaled(extra.amount, variation))
            for extra in job.extras
            if run.pay_date.month in extra.months
        ]
    return Earnings(hours, tuple(lines))


def _base(job: Job, index: int, run: PayRun, variation: int) -> tuple[Decimal | None, list[Line]]:
    """Return the hours of a period and what is paid for being at work."""
    if job.trips is not None:
        fares, tips = earned_between(job.trips, run.first, run.last, variation)
        lines = [Line("Trip Pay", "regular", fares)]
        return None, [*lines, Line("Tips", "other_pay", tips)] if tips else lines
    rate = rate_on(job, run.first, variation)
    if rate is None:
        return None, []
    match job.basis_of_pay:
        case "H":
            return _hourly(job, index, run, rate)
        case "D":
            days = Decimal(run.weekdays)
            if run.is_full and job.days_off:
                days = max(ZERO, days - job.days_off[index % len(job.days_off)])
            hours = cents(days * job.hours_per_week / WEEKDAYS)
            return hours, [Line("Daily Pay", "regular", cents(rate * days), rate, cents(days))]
        case "W":
            weeks = cents(Decimal(run.weekdays) / WEEKDAYS)
            hours = cents(weeks * job.hours_per_week)
            return hours, [Line("Weekly Pay", "regular", cents(rate * weeks), rate, weeks)]
        case _:
            hours = cents(run.weekdays * job.hours_per_week / WEEKDAYS)
            amount = cents(_salary(job, rate) * run.weekdays / (pays_per_year(job) * run.whole_weekdays))
            return hours, [Line("Salary", "regular", amount, None, hours)]


def _hourly(job: Job, index: int, run: PayRun, rate: Decimal) -> tuple[Decimal, list[Line]]:
    """Return the hours of the period's working days, in a full one with its swing and overtime, and their pay."""
    swing = job.hours_swing[index % len(job.hours_swing)] if run.is_full and job.hours_swing else ZERO
    hours = cents(max(ZERO, run.weekdays * job.hours_per_week / WEEKDAYS + swing))
    lines = [Line("Hourly Pay", "regular", cents(rate * hours), rate, hours)]
    if job.overtime is not None and run.is_full and index % job.overtime.every == 0:
        more_hours, more_rate = cents(job.overtime.hours), cents(rate * OVERTIME_FACTOR)
        lines.append(Line("Overtime 1.5", "overtime", cents(more_rate * more_hours), more_rate, more_hours))
        hours += more_hours
    return hours, lines


def _salary(job: Job, rate: Decimal) -> Decimal:
    """Return a salary's dollars a year."""
    return rate * MONTHS_PER_YEAR if job.salary_unit == "MONTHLY" else rate
