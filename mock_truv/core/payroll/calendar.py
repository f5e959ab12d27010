"""The pay calendar: which days a job pays on, and which period each pay date is for. No money here.

Pay dates are numbered without gap, before and after the job too, so that every question is answered by arithmetic
instead of by walking along. A number ("index") means nothing but its place in this row.

All assumed: periods lie end to end and end ``pay_lag_days`` before the date the rule gives; a pay date by days of the
month that falls on a weekend moves back to Friday while its period stays, so that without lag such a pay already
counts the days to the period's end; the first and the last period may be partial, and one in which no day from Monday
to Friday was worked pays nothing. Holidays are working days. Frequency A pays once a year, C in the months it names,
each for all the time since the pay before; a job without frequency never pays.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mock_truv.core.payroll.people import Job

ONE_DAY = timedelta(days=1)
WEEKDAYS = 5
FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
PAYS_PER_YEAR = {"W": 52, "BW": 26, "SM": 24, "M": 12}


class PayRun(NamedTuple):
    """One pay: when, and for which part of its period the person was employed."""

    pay_date: date
    first: date
    """First and last day of the period, cut to the job."""
    last: date
    weekdays: int
    """Days from Monday to Friday between the two."""
    whole_weekdays: int
    """The same for the whole period."""
    is_full: bool
    """The whole period lies within the job."""
    opens_month: bool
    """No earlier pay date of the calendar is in this month."""


def pay_dates(job: Job, since: date, until: date) -> list[date]:
    """Return the days from ``since`` to ``until``, both included, on which the job pays, oldest first."""
    return [pay_date(job, index) for index in paid_indices(job, since, until)]


def count_statements(job: Job, since: date, as_of: date) -> int:
    """Return how many pay statements there are from ``since`` to ``as_of``; the cost does not grow with the number."""
    return len(paid_indices(job, since, as_of))


def paid_indices(job: Job, since: date, until: date) -> range:
    """Return the indices of the pay dates from ``since`` to ``until``, both included, on which the job pays."""
    if job.pay_frequency is None:
        return range(0)
    first_worked = _next_weekday(job.start_date)
    low = max(_index_paying(job, first_worked), _index_from(job, max(since, job.start_date)))
    high = _index_from(job, until + ONE_DAY) - 1 if until >= job.start_date else low - 1
    if job.end_date is not None:
        last_worked = _previous_weekday(job.end_date)
        high = min(high, _index_paying(job, last_worked)) if first_worked <= last_worked else low - 1
    return range(low, max(low, high + 1))


def pays_per_year(job: Job) -> int:
    """Return how many pay dates a usual year has: 52, 26, or what the days of the month give."""
    assert job.pay_frequency is not None, f"{job.key} is not paid"
    return PAYS_PER_YEAR.get(job.pay_frequency) or len(job.pay_day.months)


def pay_date(job: Job, index: int) -> date:
    """Return the day on which pay ``index`` is paid; always from Monday to Friday."""
    day = _rule_date(job, index)
    return day - timedelta(days=max(0, day.weekday() - FRIDAY))


@lru_cache(maxsize=4096)
def pay_run(job: Job, index: int) -> PayRun:
    """Return everything the calendar knows of pay ``index``."""
    rule_date, previous, paid_on = _rule_date(job, index), _rule_date(job, index - 1), pay_date(job, index)
    lag = timedelta(days=job.pay_lag_days)
    period = previous - lag + ONE_DAY, rule_date - lag
    worked = max(period[0], job.start_date), period[1] if job.end_date is None else min(period[1], job.end_date)
    opens_month = paid_on.month != pay_date(job, index - 1).month
    return PayRun(paid_on, *worked, weekdays(*worked), weekdays(*period), worked == period, opens_month)


def weekdays(first: date, last: date) -> int:
    """Return the number of days from Monday to Friday between ``first`` and ``last``, both included."""
    weeks, rest = divmod(max(0, (last - first).days + 1), 7)
    start = first.weekday()
    return weeks * WEEKDAYS + sum((start + day) % 7 < SATURDAY for day in range(rest))


def _rule_date(job: Job, index: int) -> date:
    """Return the pay date as the job's rule gives it, weekend or not."""
    if job.pay_day.anchor is not None:
        return job.pay_day.anchor + timedelta(days=_days_between(job) * index)
    days, months = job.pay_day.days_of_month, job.pay_day.months
    row, slot = divmod(index, len(days))
    if months:
        year, month = row // len(months), months[row % len(months)]
    else:
        year, month = row // 12, row % 12 + 1
    return date(year, month, min(days[slot], monthrange(year, month)[1]))


def _index_on_or_after(job: Job, day: date) -> int:
    """Return the first index whose rule date is ``day`` or later."""
    if job.pay_day.anchor is not None:
        return -((job.pay_day.anchor - day).days // _days_between(job))
    months = job.pay_day.months
    index = day.year * len(months) if months else (day.year * 12 + day.month - 1) * len(job.pay_day.days_of_month)
    while _rule_date(job, index) < day:
        index += 1
    return index


def _index_from(job: Job, day: date) -> int:
    """Return the first index whose pay date is ``day`` or later (a weekend date may have moved to before ``day``)."""
    index = _index_on_or_after(job, day)
    while pay_date(job, index) < day:
        index += 1
    return index


def _index_paying(job: Job, day: date) -> int:
    """Return the index of the pay date whose period holds ``day``."""
    return _index_on_or_after(job, day + timedelta(days=job.pay_lag_days))


def _days_between(job: Job) -> int:
    return 7 if job.pay_frequency == "W" else 14


def _next_weekday(day: date) -> date:
    return day + timedelta(days={SATURDAY: 2, SUNDAY: 1}.get(day.weekday(), 0))


def _previous_weekday(day: date) -> date:
    return day - timedelta(days={SATURDAY: 1, SUNDAY: 2}.get(day.weekday(), 0))
