"""Days of a bank: business days, months, and the instants at which a bank's work is done. All in UTC (assumed)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from mock_truv.core.instants import DAY_US, HOUR_US, MINUTE_US

ONE_DAY = timedelta(days=1)
SATURDAY = 5
EPOCH_DAY = date(1970, 1, 1).toordinal()
POSTING_HOUR = 6
"""Banks post before they open: what has reached them by then is in the balance of the day."""


def instant(day: date, hour: int = 0, minute: int = 0) -> int:
    """Return the instant of a time of day, in microseconds since 1970."""
    return (day.toordinal() - EPOCH_DAY) * DAY_US + hour * HOUR_US + minute * MINUTE_US


def end_of_day(day: date) -> int:
    """Return the last microsecond of a day."""
    return instant(day + ONE_DAY) - 1


def business_day(day: date) -> date:
    """Return ``day``, or the Monday after it when it is a Saturday or a Sunday (bank holidays are working days)."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= SATURDAY else day


def posting(day: date, business_days: int) -> int:
    """Return when something of ``day`` is posted that takes a number of business days."""
    for _ in range(business_days):
        day = business_day(day + ONE_DAY)
    return instant(day, POSTING_HOUR)


def month_number(day: date) -> int:
    """Return the number of a day's month; consecutive months have consecutive numbers."""
    return day.year * 12 + day.month - 1


def first_of(month: int) -> date:
    """Return the first day of a month, given by its number."""
    return date(month // 12, month % 12 + 1, 1)


def last_of(month: int) -> date:
    """Return the last day of a month, given by its number."""
    first = first_of(month)
    return first.replace(day=monthrange(first.year, first.month)[1])
