"""People and their jobs: the data model of ``fixtures/people/*.json``.

Facts only; what a job pays on which day is worked out elsewhere. Field names that also occur in reports are the
documented ones; the rules around them (raises, overtime, deductions) are assumed.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

JobType = Literal["F", "P", "S", "D", "C", "V"]
PayFrequency = Literal["W", "BW", "SM", "M"]
EarningCategory = Literal["regular", "overtime", "bonus", "commission", "other_pay"]
MissingField = Literal[
    "job_title", "job_type", "original_hire_date", "external_last_updated", "manager_name", "income", "income_unit",
    "pay_rate", "pay_frequency", "statements", "annual_income_summary", "w2s", "bank_accounts",
]  # fmt: skip
StateCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Phone = Annotated[str, Meta(pattern=r"^\d{10}$")]
Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
Month = Annotated[int, Meta(ge=1, le=12)]
DayOfMonth = Annotated[int, Meta(ge=1, le=31)]

SHORTEST_HALF_MONTH, LONGEST_HALF_MONTH = 10, 20
FRIDAY = 4


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, cache_hash=True):
    """An immutable, hashable record; a field it does not know is an error."""


class Address(_Record, frozen=True, kw_only=True):
    """A postal address in the documented shape."""

    street: Text
    city: Text
    state: StateCode
    zip: Annotated[str, Meta(pattern=r"^\d{5}$")]
    country: Literal["US"] = "US"


class Employer(_Record, frozen=True, kw_only=True):
    """Who pays; ``domain`` is how an order may name it and is not part of a report's company."""

    name: Text
    domain: Text
    address: Address
    phone: Phone
    ein: Annotated[str, Meta(pattern=r"^\d{2}-\d{7}$")]


class Raise(_Record, frozen=True, kw_only=True):
    """A new rate (same unit as the job's) from day ``on``; pay follows with the first period that begins then."""

    on: date
    rate: Decimal

    def __post_init__(self) -> None:
        _require_money("rate", self.rate, positive=True)


class PayDay(_Record, frozen=True, kw_only=True):
    """When pay dates fall: one known pay date (W, BW), or the days of the month (SM two, M one; 31 is the last)."""

    anchor: date | None = None
    days_of_month: tuple[DayOfMonth, ...] = ()

    def __post_init__(self) -> None:
        if self.anchor is not None and self.anchor.weekday() > FRIDAY:
            raise ValueError(f"anchor must be a day from Monday to Friday, {self.anchor} is not")


class Overtime(_Record, frozen=True, kw_only=True):
    """``hours`` of overtime in every ``every``-th full pay period."""

    every: Count
    hours: Decimal

    def __post_init__(self) -> None:
        _require_money("hours", self.hours, positive=True)


class Extra(_Record, frozen=True, kw_only=True):
    """A sum in dollars paid with the first pay date of each named month."""

    name: Text
    category: Literal["bonus", "commission", "other_pay"]
    months: Annotated[tuple[Month, ...], Meta(min_length=1)]
    amount: Decimal

    def __post_init__(self) -> None:
        _require_money("amount", self.amount, positive=True)


class Deduction(_Record, frozen=True, kw_only=True):
    """What is taken from each pay: a ``percent`` of gross or an ``amount`` in dollars, one of the two."""

    name: Text
    category: Literal["retirement", "insurance", "other"]
    percent: Decimal | None = None
    amount: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("give either percent or amount")
        if self.percent is not None and not (self.percent.is_finite() and 0 <= self.percent <= 100):
            raise ValueError(f"percent must be from 0 to 100, not {self.percent}")
        if self.amount is not None:
            _require_money("amount", self.amount)


class BankAccount(_Record, frozen=True, kw_only=True):
    """Where pay goes, in the documented letters: C or S; E (entire), P (percent) or A (amount)."""

    account_number: Text
    routing_number: Annotated[str, Meta(pattern=r"^\d{9}$")]
    account_name: str | None = None
    account_type: Literal["C", "S"]
    deposit_type: Literal["E", "P", "A"]
    deposit_value: Decimal
    bank_name: Text

    def __post_init__(self) -> None:
        _require_money("deposit_value", self.deposit_value, positive=True)


class Job(_Record, frozen=True, kw_only=True):
    """One period of work at one employer.

    ``rate`` is dollars per year (basis S) or per hour (basis H). ``pay_lag_days`` lie between the end of a period and
    its pay date. ``hours_swing`` are hours added to the usual ones, one full period after the other, over and over.
    Pre-tax deductions may be ``retirement`` or ``insurance``. ``missing_data_fields`` are shown as null or empty.
    """

    key: Text
    employer: Employer
    job_title: Text
    job_type: JobType
    start_date: date
    original_hire_date: date
    end_date: date | None = None
    basis_of_pay: Literal["S", "H"]
    rate: Decimal
    raises: tuple[Raise, ...] = ()
    pay_frequency: PayFrequency
    pay_day: PayDay
    pay_lag_days: Annotated[int, Meta(ge=0, le=31)]
    hours_per_week: Decimal
    hours_swing: tuple[Decimal, ...] = ()
    overtime: Overtime | None = None
    extras: tuple[Extra, ...] = ()
    pre_tax: tuple[Deduction, ...] = ()
    post_tax: tuple[Deduction, ...] = ()
    state: StateCode
    manager_name: str | None = None
    bank_accounts: tuple[BankAccount, ...] = ()
    missing_data_fields: tuple[MissingField, ...] = ()
    derived_fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_money("rate", self.rate, positive=True)
        _require_money("hours_per_week", self.hours_per_week, positive=True)
        _require_pay_day(self)
        if self.original_hire_date > self.start_date:
            raise ValueError("original_hire_date must not be after start_date")
        if self.end_date is not None and self.end_date < self.start_date:
            raise ValueError("end_date must not be before start_date")
        days = [self.start_date, *(change.on for change in self.raises)]
        if any(earlier >= later for earlier, later in pairwise(days)):
            raise ValueError("raises must come after start_date, one after the other")
        if self.basis_of_pay == "S" and (self.overtime is not None or self.hours_swing):
            raise ValueError("overtime and hours_swing are for hourly jobs (basis_of_pay H)")
        if any(not hours.is_finite() for hours in self.hours_swing):
            raise ValueError("hours_swing must hold plain numbers")
        if any(deduction.category == "other" for deduction in self.pre_tax):
            raise ValueError("pre_tax deductions must be of category retirement or insurance")


class Person(_Record, frozen=True, kw_only=True):
    """A person the sandbox knows, and the login names that lead to them."""

    key: Text
    title: Text
    usernames: Annotated[tuple[Text, ...], Meta(min_length=1)]
    first_name: Text
    last_name: Text
    middle_initials: str | None = None
    email: Text
    phone: Phone
    ssn: Annotated[str, Meta(pattern=r"^\d{9}$")]
    date_of_birth: date
    home_address: Address
    jobs: Annotated[tuple[Job, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        keys = [job.key for job in self.jobs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"every job needs a key of its own, these are {', '.join(keys)}")


def _require_money(field: str, value: Decimal, *, positive: bool = False) -> None:
    """Refuse what is not a plain number of at most two decimals, negative, or (``positive``) zero."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -2 or value < 0 or (positive and value == 0):
        wanted = "more than 0" if positive else "0 or more"
        raise ValueError(f"{field} must be {wanted} with at most two decimals, not {value}")


def _require_pay_day(job: Job) -> None:
    """Refuse a pay day rule that does not fit the job's pay frequency."""
    days = job.pay_day.days_of_month
    if job.pay_frequency in {"W", "BW"}:
        if job.pay_day.anchor is None or days:
            raise ValueError("pay_day must have an anchor and no days_of_month when pay_frequency is W or BW")
        return
    if job.pay_day.anchor is not None or len(days) != (2 if job.pay_frequency == "SM" else 1):
        raise ValueError("pay_day must have days_of_month only: two for pay_frequency SM, one for M")
    if len(days) > 1 and not SHORTEST_HALF_MONTH <= days[1] - days[0] <= LONGEST_HALF_MONTH:
        raise ValueError("pay_day's two days_of_month must be 10 to 20 days apart, the earlier one first")
