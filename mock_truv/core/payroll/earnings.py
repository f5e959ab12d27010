"""What a job earns in one pay period, before anything is taken off. All rules assumed.

A rate counts for whole periods: the one in force on the first day worked in it. A partial period pays the share of
its days from Monday to Friday that were worked. Callers open a ``money.exact`` block around all this.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.payroll.calendar import WEEKDAYS, pay_run
from mock_truv.core.payroll.money import cents, scaled
from mock_truv.core.plain import Frozen

if TYPE_CHECKING:
    from datetime import date

    from mock_truv.core.payroll.calendar import PayRun
    from mock_truv.core.payroll.people import Job

PAYS_PER_YEAR = {"W": 52, "BW": 26, "SM": 24, "M": 12}
WEEKS_PER_YEAR = 52
OVERTIME_FACTOR = Decimal("1.5")
NO_HOURS = Decimal(0)


class Line(Frozen, frozen=True):
    """One line of earnings or deductions in dollars; ``rate`` (dollars per hour) and ``units`` (hours) of earnings."""

    name: str
    category: str
    amount: Decimal
    rate: Decimal | None = None
    units: Decimal | None = None


class Earnings(NamedTuple):
    """Hours of one period and the lines they and the extras of the month give."""

    hours: Decimal
    lines: tuple[Line, ...]


def rate_on(job: Job, day: date, variation: int) -> Decimal:
    """Return the rate in force on ``day``: dollars per year (basis S) or per hour (basis H)."""
    rate = job.rate
    for change in job.raises:
        if change.on > day:
            break
        rate = change.rate
    return scaled(rate, variation)


def pay_per_cycle(job: Job, day: date, variation: int) -> Decimal:
    """Return the regular pay of a full pay cycle at the rate in force on ``day`` (documented meaning of pay_rate)."""
    rate, cycles = rate_on(job, day, variation), PAYS_PER_YEAR[job.pay_frequency]
    yearly = rate if job.basis_of_pay == "S" else rate * job.hours_per_week * WEEKS_PER_YEAR
    return cents(yearly / cycles)


def earnings_of(job: Job, index: int, variation: int) -> Earnings:
    """Return hours and lines of pay ``index``; regular pay comes first."""
    run = pay_run(job, index)
    rate = rate_on(job, run.first, variation)
    hours = _regular_hours(job, index, run)
    lines: list[Line] = []
    if job.basis_of_pay == "S":
        amount = cents(rate * run.weekdays / (PAYS_PER_YEAR[job.pay_frequency] * run.whole_weekdays))
        lines.append(Line("Salary", "regular", amount, None, hours))
    else:
        lines.append(Line("Hourly Pay", "regular", cents(rate * hours), rate, hours))
        if job.overtime is not None and run.is_full and index % job.overtime.every == 0:
            more_hours, more_rate = cents(job.overtime.hours), cents(rate * OVERTIME_FACTOR)
            lines.append(Line("Overtime 1.5", "overtime", cents(more_rate * more_hours), more_rate, more_hours))
            hours += more_hours
    if run.opens_month:
        lines += [
            Line(extra.name, extra.category, scaled(extra.amount, variation))
            for extra in job.extras
            if run.pay_date.month in extra.months
        ]
    return Earnings(hours, tuple(lines))


def _regular_hours(job: Job, index: int, run: PayRun) -> Decimal:
    """Return the hours of the period's working days; in a full one the swing comes on top."""
    swing = job.hours_swing[index % len(job.hours_swing)] if run.is_full and job.hours_swing else NO_HOURS
    return cents(max(NO_HOURS, run.weekdays * job.hours_per_week / WEEKDAYS + swing))
