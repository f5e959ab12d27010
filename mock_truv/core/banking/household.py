"""Whose accounts they are, and the habits that follow from that: all of them assumed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from mock_truv.core import ids, payroll
from mock_truv.core.banking.days import first_of, month_number
from mock_truv.core.payroll import Job, Person
from mock_truv.core.payroll.money import ZERO, exact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    T = TypeVar("T")

LINGERING_DAYS = 180
"""So long a household lives on as before after a job has ended: its bills do not end with the pay."""
SPENT_OF_NET = Decimal("0.92")
OWNERS_FROM = 2500
"""Dollars a month from which a household may own its home."""
SIXTEEN = Struct(">16I")
SIDE_INCOMES = ("GIG_ECONOMY", "RENTAL", "EWA_PAYROLL")


class Household(msgspec.Struct, frozen=True, cache_hash=True, kw_only=True):
    """One person's money as one connection shows it.

    ``key`` is the source of everything that varies (amounts, days, account numbers); ``since`` is the first day of the
    history, the first of a month; ``variation`` is per mille of the person's rates of pay.
    """

    person: Person
    key: str
    since: date
    variation: int = 0

    def __post_init__(self) -> None:
        if self.since.day != 1:
            raise ValueError(f"since must be the first day of a month, not {self.since}")

    @property
    def first_month(self) -> int:
        """The number of the first month."""
        return month_number(self.since)

    def number(self, stream: str, ordinal: int | str, below: int) -> int:
        """Return an integer in ``range(below)`` of a named stream."""
        return ids.number(self.key, stream, ordinal, below)

    def numbers(self, stream: str, ordinal: int | str) -> tuple[int, ...]:
        """Return sixteen integers from 0 to 2^32 - 1 of a named stream, at the price of one."""
        digest = blake2b(f"{stream}\n{ordinal}".encode(), key=self.key.encode(), digest_size=64).digest()
        return SIXTEEN.unpack(digest)

    def one_of(self, stream: str, ordinal: int | str, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.number(stream, ordinal, len(choices))]

    def dollars(self, stream: str, ordinal: int | str, low: int | Decimal, high: int | Decimal) -> Decimal:
        """Return an amount from ``low`` to ``high`` dollars, to the cent."""
        low_cents, high_cents = int(low * 100), int(high * 100)
        return Decimal(low_cents + self.number(stream, ordinal, max(1, high_cents - low_cents))) / 100 + ZERO

    @property
    def side_income(self) -> str:
        """The income category of what the person earns besides the jobs."""
        return SIDE_INCOMES[crc32(self.person.key.encode()) % len(SIDE_INCOMES)]

    @property
    def is_careful(self) -> bool:
        """Whether savings step in when checking would not do; the others let a bill bounce."""
        return crc32(self.person.key.encode()) % 5 > 1

    @property
    def is_owner(self) -> bool:
        """Whether the household pays a mortgage instead of rent."""
        return crc32(self.person.key.encode()) % 2 == 1 and usual_level(self) >= OWNERS_FROM


@lru_cache(maxsize=1024)
def level(household: Household, month: int) -> int:
    """Return what the household has to live on in a month, in whole tens of dollars: a share of the year's net pay.

    It changes once a year and with the jobs only, as rent and plans do.
    """
    first = first_of(month)
    with exact():
        total = sum((_monthly(household, job, first) for job in household.person.jobs if _counts(job, first)), ZERO)
        return int(total * SPENT_OF_NET / 10) * 10


@lru_cache(maxsize=256)
def usual_level(household: Household) -> int:
    """Return the highest level with which a job begins within the history: what loans were once granted on."""
    starts = {max(month_number(job.start_date) + 1, household.first_month) for job in household.person.jobs}
    return max((level(household, month) for month in sorted(starts)), default=0)


def paid_in(household: Household, job: Job, year: int) -> Decimal:
    """Return the net pay of a job in a calendar year, in dollars."""
    found = payroll.statements(household.person, job, date(year, 1, 1), date(year, 12, 31), household.variation)
    return sum((each.net_pay for each in found), ZERO)


def _counts(job: Job, first: date) -> bool:
    if job.start_date > first:
        return False
    return job.end_date is None or (first - job.end_date).days < LINGERING_DAYS


def _monthly(household: Household, job: Job, first: date) -> Decimal:
    """Return a job's net pay by the months it had in the year, or in its last year when that is over."""
    year = first.year if job.end_date is None else min(first.year, job.end_date.year)
    begin, end = max(job.start_date, date(year, 1, 1)), min(job.end_date or date.max, date(year, 12, 31))
    return paid_in(household, job, year) / (month_number(end) - month_number(begin) + 1)
