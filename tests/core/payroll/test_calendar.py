"""The pay calendar on dates one can check against a wall calendar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mock_truv.core.payroll import Job, count_statements, pay_dates
from mock_truv.core.payroll.calendar import pay_run, weekdays
from mock_truv.core.payroll.people import Address, Employer, PayDay

ADDRESS = Address(street="1 Test St", city="Testville", state="GA", zip="30000")
EMPLOYER = Employer(name="Test & Sons", domain="test.example", address=ADDRESS, phone="4045550100", ein="89-0000001")


def job_paid(
    frequency: Any, *, lag: int = 0, start: date = date(2020, 1, 6), end: date | None = None, **rule: Any
) -> Job:
    return Job(
        key="job", employer=EMPLOYER, job_title="Tester", job_type="F", start_date=start, original_hire_date=start,
        end_date=end, basis_of_pay="S", rate=Decimal(52000), pay_frequency=frequency, pay_day=PayDay(**rule),
        pay_lag_days=lag, hours_per_week=Decimal(40), state="TX",
    )  # fmt: skip


def texts(days: list[date]) -> list[str]:
    return [day.isoformat() for day in days]


@pytest.mark.parametrize(("year", "last"), [(2023, "2023-02-28"), (2024, "2024-02-29"), (2028, "2028-02-29")])
def test_last_day_of_february_follows_leap_years(year: int, last: str) -> None:
    """A job paid on the last day of the month pays on 29 February in leap years and on the 28th in others."""
    job = job_paid("M", days_of_month=(31,))
    assert texts(pay_dates(job, date(year, 2, 1), date(year, 2, 29) if last.endswith("29") else date(year, 2, 28))) == [
        last
    ]


def test_fortnights_run_through_a_leap_day() -> None:
    """Fortnightly pay dates are 14 days apart across 29 February."""
    job = job_paid("BW", anchor=date(2024, 2, 16))
    assert texts(pay_dates(job, date(2024, 2, 10), date(2024, 3, 20))) == ["2024-02-16", "2024-03-01", "2024-03-15"]


def test_weekend_pay_date_moves_back_to_friday() -> None:
    """Semi-monthly pay dates on Saturday or Sunday are paid on the Friday before; the periods stay half months."""
    job = job_paid("SM", lag=7, days_of_month=(7, 22))
    days = pay_dates(job, date(2026, 2, 1), date(2026, 3, 31))
    assert texts(days) == ["2026-02-06", "2026-02-20", "2026-03-06", "2026-03-20"]
    index = (2026 * 12 + 1) * 2
    assert (pay_run(job, index).first, pay_run(job, index).last) == (date(2026, 1, 16), date(2026, 1, 31))
    assert (pay_run(job, index + 1).first, pay_run(job, index + 1).last) == (date(2026, 2, 1), date(2026, 2, 15))


def test_new_year_pay_date_can_belong_to_december() -> None:
    """A monthly pay date of 1 January that is a Saturday is paid in the year before."""
    job = job_paid("M", lag=1, days_of_month=(1,))
    assert texts(pay_dates(job, date(2027, 12, 15), date(2028, 1, 31))) == ["2027-12-31"]


def test_year_may_have_27_fortnights() -> None:
    """A fortnightly job that pays on 1 January pays 27 times that year, and 26 times in the year before."""
    job = job_paid("BW", anchor=date(2026, 1, 2))
    assert count_statements(job, date(2027, 1, 1), date(2027, 12, 31)) == 27
    assert count_statements(job, date(2026, 1, 1), date(2026, 12, 31)) == 26


def test_first_and_last_period_are_cut_to_the_job() -> None:
    """The first period begins with the job, the last ends with it and is paid after the end."""
    job = job_paid("W", lag=5, anchor=date(2026, 1, 9), start=date(2026, 1, 7), end=date(2026, 1, 20))
    days = pay_dates(job, date(2026, 1, 1), date(2026, 12, 31))
    assert texts(days) == ["2026-01-16", "2026-01-23", "2026-01-30"]
    runs = [pay_run(job, index) for index in (1, 2, 3)]
    assert [(run.first.day, run.last.day) for run in runs] == [(7, 11), (12, 18), (19, 20)]
    assert [run.weekdays for run in runs] == [3, 5, 2]


def test_period_of_only_a_weekend_pays_nothing() -> None:
    """Someone who begins on a Saturday at the end of a period is first paid for the next one."""
    job = job_paid("W", lag=5, anchor=date(2026, 1, 9), start=date(2026, 1, 10), end=date(2026, 1, 19))
    assert texts(pay_dates(job, date(2026, 1, 1), date(2026, 12, 31))) == ["2026-01-23", "2026-01-30"]


def test_job_of_only_a_weekend_pays_nothing() -> None:
    """A job that begins on a Saturday and ends on the Sunday after it never pays."""
    job = job_paid("BW", anchor=date(2026, 1, 9), start=date(2026, 1, 10), end=date(2026, 1, 11))
    assert pay_dates(job, date(2020, 1, 1), date(2030, 1, 1)) == []


def test_window_outside_the_job_is_empty() -> None:
    """Before the first day of the job nothing is paid, and a window that ends before it begins holds nothing."""
    job = job_paid("BW", anchor=date(2026, 1, 9), start=date(2026, 1, 5))
    assert count_statements(job, date.min, date(2026, 1, 4)) == 0
    assert count_statements(job, date(2026, 6, 1), date(2026, 5, 1)) == 0
    assert texts(pay_dates(job, date.min, date(2026, 1, 9))) == ["2026-01-09"]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2026-01-05", "2026-01-09", 5), ("2026-01-10", "2026-01-11", 0), ("2026-01-09", "2026-01-12", 2),
     ("2024-02-01", "2024-02-29", 21), ("2026-01-06", "2026-01-05", 0)],
)  # fmt: skip
def test_weekdays_are_counted_with_both_ends(first: str, last: str, count: int) -> None:
    """Days from Monday to Friday are counted, both ends included."""
    assert weekdays(date.fromisoformat(first), date.fromisoformat(last)) == count
