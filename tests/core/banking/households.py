"""The households that the tests look at: one for each person of the fixtures, each worked out once."""

from __future__ import annotations

from datetime import date
from functools import cache

from mock_truv.core.banking import Household, Ledger
from mock_truv.core.banking.days import end_of_day, instant
from mock_truv.runtime.hub import load_catalog

PEOPLE = load_catalog().people
KEYS = sorted(PEOPLE)
SINCE = date(2023, 12, 1)
FIRST, LAST = date(2026, 1, 5), date(2029, 1, 5)
"""Three virtual years from the day on which every manual clock starts."""


def household(key: str) -> Household:
    """Return the household of a person."""
    return Household(person=PEOPLE[key], key=f"household of {key}", since=SINCE, variation=17)


@cache
def ledger(key: str, day: date = LAST) -> Ledger:
    """Return everything that a person's accounts have seen by the end of a day."""
    return Ledger(household(key), "goodlogin", end_of_day(day))


def ledger_at(key: str, day: date, hour: int) -> Ledger:
    """Return the accounts as they were at an hour of a day."""
    return Ledger(household(key), "goodlogin", instant(day, hour))
