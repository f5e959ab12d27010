"""Work paid by the trip: which trips a day has, and what they bring. All rules assumed.

A trip's number follows from its day and its place in it, so that any day is looked up without walking along the ones
before. A day's trips begin at ``FIRST_TRIP`` o'clock and follow one another with a pause between.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.payroll.money import ZERO, scaled

if TYPE_CHECKING:
    from decimal import Decimal

    from mock_truv.core.payroll.terms import Trips

FIRST_TRIP = 10
"""O'clock. With the most trips of a day, each as long as may be, the last one still ends on that day's evening."""
NUMBERS_PER_DAY = 20
PAUSE = timedelta(minutes=2)


class Trip(NamedTuple):
    """One delivery or ride; amounts are dollars, times those of the clock on the wall."""

    start: datetime
    end: datetime
    fare: Decimal
    tip: Decimal


@lru_cache(maxsize=4096)
def trips_on(trips: Trips, day: date, variation: int) -> tuple[Trip, ...]:
    """Return the trips of a day, in the order they were made."""
    start = datetime.combine(day, time(FIRST_TRIP))
    made = []
    for place in range(trips.per_weekday[day.weekday()]):
        number = day.toordinal() * NUMBERS_PER_DAY + place
        end = start + timedelta(minutes=trips.minutes[number % len(trips.minutes)])
        fare = scaled(trips.fares[number % len(trips.fares)], variation)
        tip = scaled(trips.tips[number % len(trips.tips)], variation) if trips.tips else ZERO
        made.append(Trip(start, end, fare, tip))
        start = end + PAUSE
    return tuple(made)


def earned_between(trips: Trips, first: date, last: date, variation: int) -> tuple[Decimal, Decimal]:
    """Return the fares and the tips of all trips from ``first`` to ``last``, both included."""
    made = [
        trip
        for ordinal in range(first.toordinal(), last.toordinal() + 1)
        for trip in trips_on(trips, date.fromordinal(ordinal), variation)
    ]
    return sum((trip.fare for trip in made), ZERO), sum((trip.tip for trip in made), ZERO)
