"""Work by the day: the shifts of hourly and daily jobs, a volunteer's hours, and the days of work paid by the trip.

All assumed. A pay period's hours and pay are spread over the days worked in it, to the hundredth of an hour and to the
cent, so that the shifts of a period add up to its statement: line by line, except what is not paid for time or trips
(commission and the extras of a month). A day's amount may therefore differ by a cent from its rate times its units.
Salaried and weekly paid people clock in nowhere and have no shifts.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core.payroll.calendar import WEEKDAYS, paid_indices, pay_run
from mock_truv.core.payroll.documents import earning, texts
from mock_truv.core.payroll.earnings import Line, earnings_of
from mock_truv.core.payroll.money import ZERO, exact, parts
from mock_truv.core.payroll.people import PayDay
from mock_truv.core.payroll.trips import trips_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mock_truv.core.payroll.calendar import PayRun
    from mock_truv.core.payroll.documents import IdOf
    from mock_truv.core.payroll.people import Job

JsonObject = dict[str, Any]

PAID_BY_TIME = ("regular", "overtime")
BREAK = timedelta(minutes=30)
BREAK_AFTER = Decimal(6)
"""Hours; longer workdays are halved by the break."""
SECONDS_PER_HOUR = 3600
LONGEST_WAIT = timedelta(days=400)
"""More than from the first day of any period to its pay date."""


def shift_entries(job: Job, since: date, as_of: date, variation: int, id_of: IdOf) -> list[JsonObject]:
    """Return the shifts that begin from ``since`` to ``as_of``, newest first.

    A shift is all the work of one day. Ids are asked for as ("shift", "job key:day") and ("time_entry", "job key:day:
    number"). ``created_at`` and ``updated_at`` are left to the caller, as they belong to a connection.
    """
    if job.trips is None and job.basis_of_pay in {"S", "W"}:
        return []
    is_paid = job.pay_frequency is not None
    worked = job if is_paid else _as_if_paid_weekly(job)
    first, last = since.isoformat(), as_of.isoformat()
    return [
        _with_ids(job, body, id_of)
        for index in reversed(_periods(worked, since, as_of))
        for body in reversed(_shifts_of_period(worked, index, variation, is_paid=is_paid))
        if first <= body["start_date"] <= last
    ]


def count_shifts(job: Job, since: date, as_of: date) -> int:
    """Return how many shifts ``shift_entries`` has, which are as many for any variation, without making them."""
    if job.trips is None and job.basis_of_pay in {"S", "W"}:
        return 0
    worked = job if job.pay_frequency is not None else _as_if_paid_weekly(job)
    return sum(since <= day <= as_of for index in _periods(worked, since, as_of) for day in _days_worked(worked, index))


def _with_ids(job: Job, body: JsonObject, id_of: IdOf) -> JsonObject:
    key = f"{job.key}:{body['start_date']}"
    entries = [
        {"id": id_of("time_entry", f"{key}:{number}"), **entry} for number, entry in enumerate(body["time_entries"], 1)
    ]
    return {"id": id_of("shift", key), **body, "time_entries": entries}


@lru_cache(maxsize=256)
def _as_if_paid_weekly(job: Job) -> Job:
    """Return unpaid work with the calendar of weeks from Monday to Sunday, for its hours."""
    friday = PayDay(anchor=date(2026, 1, 9))
    return msgspec.structs.replace(
        job, pay_frequency="W", basis_of_pay="H", rate=Decimal(1), pay_day=friday, pay_lag_days=5
    )


def _periods(job: Job, since: date, as_of: date) -> list[int]:
    """Return the indices of the periods that may hold days from ``since`` to ``as_of``, paid by then or not."""
    found = []
    for index in paid_indices(job, since, as_of + LONGEST_WAIT):
        if pay_run(job, index).first > as_of:
            break
        found.append(index)
    return found


@lru_cache(maxsize=1024)
def _shifts_of_period(job: Job, index: int, variation: int, *, is_paid: bool) -> tuple[JsonObject, ...]:
    """Return the shifts of a whole period without ids, oldest first."""
    with exact():
        shifts = _days_of_trips if job.trips is not None else _workdays
        return tuple([body if is_paid else body | {"earnings": []} for body in shifts(job, index, variation)])


def _workdays(job: Job, index: int, variation: int) -> Iterator[JsonObject]:
    """Yield the days of a period that is paid by the hour or the day, its hours and pay spread evenly over them."""
    run = pay_run(job, index)
    hours, earned = earnings_of(job, index, variation)
    lines = [line for line in earned if line.category in PAID_BY_TIME]
    days = _hours_by_day(job, run, hours, lines)
    even = [Decimal(1)] * len(days)
    lines_by_day = [_spread(line, even) for line in lines]
    for place, (day, hours_of_day) in enumerate(days):
        if hours_of_day:
            paid = [spread[place] for spread in lines_by_day if spread[place].amount or spread[place].units]
            yield _shift(job, day, "shift", _clocked(job, day, hours_of_day), paid)


def _hours_by_day(job: Job, run: PayRun, hours: Decimal | None, lines: Sequence[Line]) -> list[tuple[date, Decimal]]:
    """Return the workdays of a period with the hours worked on each, spread evenly."""
    days = [day for day in _days(run.first, run.last) if day.weekday() < WEEKDAYS]
    if job.basis_of_pay == "D":
        days = days[: int(sum((line.units or ZERO for line in lines), ZERO))]
    return list(zip(days, parts(hours or ZERO, [Decimal(1)] * len(days)), strict=True))


def _days_worked(job: Job, index: int) -> list[date]:
    """Return the days of a period that have a shift."""
    run = pay_run(job, index)
    if job.trips is not None:
        return [day for day in _days(run.first, run.last) if job.trips.per_weekday[day.weekday()]]
    with exact():
        hours, earned = earnings_of(job, index, 0)
        lines = [line for line in earned if line.category in PAID_BY_TIME]
        return [day for day, hours_of_day in _hours_by_day(job, run, hours, lines) if hours_of_day]


def _spread(line: Line, even: Sequence[Decimal]) -> list[Line]:
    """Return a line of a period as lines of its days."""
    units = parts(line.units or ZERO, even)
    amounts = parts(line.amount, units)
    return [
        Line(line.name, line.category, amount, line.rate, count) for amount, count in zip(amounts, units, strict=True)
    ]


def _clocked(job: Job, day: date, hours: Decimal) -> list[tuple[datetime, datetime]]:
    """Return when the person clocked in and out on a day of so many hours."""
    start = datetime.combine(day, time(job.day_starts_at))
    whole = timedelta(seconds=int(hours * SECONDS_PER_HOUR))
    if hours <= BREAK_AFTER:
        return [(start, start + whole)]
    half = whole // 2
    return [(start, start + half), (start + half + BREAK, start + BREAK + whole)]


def _days_of_trips(job: Job, index: int, variation: int) -> Iterator[JsonObject]:
    """Yield the days of a period on which trips were made; each trip is a time entry."""
    assert job.trips is not None, f"{job.key} is not paid by the trip"
    run = pay_run(job, index)
    for day in _days(run.first, run.last):
        made = trips_on(job.trips, day, variation)
        if made:
            sums = (("Trip Pay", "regular", [it.fare for it in made]), ("Tips", "other_pay", [it.tip for it in made]))
            lines = [Line(name, category, sum(amounts, ZERO)) for name, category, amounts in sums]
            times = [(trip.start, trip.end) for trip in made]
            yield _shift(job, day, job.trips.type, times, [line for line in lines if line.amount])


def _shift(
    job: Job, day: date, kind: str, times: Sequence[tuple[datetime, datetime]], lines: Sequence[Line]
) -> JsonObject:
    text = texts(job)
    return {
        "external_id": f"sh-{day:%Y%m%d}",
        "start_date": day.isoformat(),
        "end_date": times[-1][1].date().isoformat(),
        "time_entries": [
            {
                "external_id": f"te-{day:%Y%m%d}-{number}",
                "entry_date": start.date().isoformat(),
                "start": _written(start),
                "end": _written(end),
            }
            for number, (start, end) in enumerate(times, 1)
        ],
        "earnings": [earning(line, text) for line in lines],
        "type": kind,
    }


def _written(moment: datetime) -> str:
    """Return the time on the wall in the form of all date-times; that it is written as UTC is assumed."""
    return f"{moment.isoformat(timespec='microseconds')}Z"


def _days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)
