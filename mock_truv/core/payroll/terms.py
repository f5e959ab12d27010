"""The terms of a job, as ``fixtures/people/*.json`` write them: who pays, when, what for, and what is taken off.

Facts only. The rules around them (raises, overtime, commission, trips, deductions) are assumed.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

StateCode = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Phone = Annotated[str, Meta(pattern=r"^\d{10}$")]
Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=1)]
Month = Annotated[int, Meta(ge=1, le=12)]
DayOfMonth = Annotated[int, Meta(ge=1, le=31)]
TripsOfADay = Annotated[int, Meta(ge=0, le=20)]
"""Few enough that the trips of a day have numbers of their own (see ``trips.py``)."""
Minutes = Annotated[int, Meta(ge=1, le=40)]
"""Short enough that the last of a day's trips ends on that day."""

MONDAY_TO_FRIDAY = 5
FRIDAY = 4
RATE_DECIMALS = 4
"""Rates may be finer than a cent, as those of real payrolls are; amounts never."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, cache_hash=True):
    """An immutable, hashable record; a field it does not know is an error."""


class Address(Record, frozen=True, kw_only=True):
    """A postal address in the documented shape."""

    street: Text
    city: Text
    state: StateCode
    zip: Annotated[str, Meta(pattern=r"^\d{5}$")]
    country: Literal["US"] = "US"


class Employer(Record, frozen=True, kw_only=True):
    """Who pays; ``domain`` is how an order may name it and is not part of a report's company."""

    name: Text
    domain: Text
    address: Address
    phone: Phone
    ein: Annotated[str, Meta(pattern=r"^\d{2}-\d{7}$")]


class Raise(Record, frozen=True, kw_only=True):
    """A new rate (same unit as the job's) from day ``on``; pay follows with the first period that begins then."""

    on: date
    rate: Decimal

    def __post_init__(self) -> None:
        require_money("rate", self.rate, positive=True, decimals=RATE_DECIMALS)


class PayDay(Record, frozen=True, kw_only=True):
    """When pay dates fall: one known pay date (W, BW), or days of the month (SM two, else one; 31 is the last).

    ``months`` are those that have a pay date at all, for A (one) and C.
    """

    anchor: date | None = None
    days_of_month: tuple[DayOfMonth, ...] = ()
    months: tuple[Month, ...] = ()

    def __post_init__(self) -> None:
        if self.anchor is not None and self.anchor.weekday() > FRIDAY:
            raise ValueError(f"anchor must be a day from Monday to Friday, {self.anchor} is not")
        if any(earlier >= later for earlier, later in pairwise(self.months)):
            raise ValueError("months must be named once each, in their order")


class Overtime(Record, frozen=True, kw_only=True):
    """``hours`` of overtime in every ``every``-th full pay period."""

    every: Count
    hours: Decimal

    def __post_init__(self) -> None:
        require_money("hours", self.hours, positive=True)


class Commission(Record, frozen=True, kw_only=True):
    """A ``percent`` of what was sold: ``sales`` are dollars of one pay period after the other, over and over."""

    name: Text
    percent: Decimal
    sales: Annotated[tuple[Decimal, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        require_percent(self.percent)
        for amount in self.sales:
            require_money("sales", amount)


class Trips(Record, frozen=True, kw_only=True):
    """Work paid by the trip: how many on each day from Monday to Sunday, and what one after the other brings.

    ``fares`` and ``tips`` are dollars and ``minutes`` last one trip after the other, over and over.
    """

    type: Literal["delivery", "rideshare", "other"]
    per_weekday: Annotated[tuple[TripsOfADay, ...], Meta(min_length=7, max_length=7)]
    fares: Annotated[tuple[Decimal, ...], Meta(min_length=1)]
    tips: tuple[Decimal, ...] = ()
    minutes: Annotated[tuple[Minutes, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if not all(self.per_weekday[:MONDAY_TO_FRIDAY]):
            raise ValueError("per_weekday must have trips on every day from Monday to Friday")
        for name, amounts in (("fares", self.fares), ("tips", self.tips)):
            for amount in amounts:
                require_money(name, amount, positive=name == "fares")


class Extra(Record, frozen=True, kw_only=True):
    """A sum in dollars paid with the first pay date of each named month."""

    name: Text
    category: Literal["bonus", "commission", "other_pay"]
    months: Annotated[tuple[Month, ...], Meta(min_length=1)]
    amount: Decimal

    def __post_init__(self) -> None:
        require_money("amount", self.amount, positive=True)


class Deduction(Record, frozen=True, kw_only=True):
    """What is taken from each pay: a ``percent`` of gross or an ``amount`` in dollars, one of the two."""

    name: Text
    category: Literal["retirement", "insurance", "other"]
    percent: Decimal | None = None
    amount: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("give either percent or amount")
        if self.percent is not None:
            require_percent(self.percent)
        if self.amount is not None:
            require_money("amount", self.amount)


class BankAccount(Record, frozen=True, kw_only=True):
    """Where pay goes, in the documented letters: C or S; E (entire), P (percent) or A (amount)."""

    account_number: Text
    routing_number: Annotated[str, Meta(pattern=r"^\d{9}$")]
    account_name: str | None = None
    account_type: Literal["C", "S"]
    deposit_type: Literal["E", "P", "A"]
    deposit_value: Decimal
    bank_name: Text

    def __post_init__(self) -> None:
        require_money("deposit_value", self.deposit_value, positive=True)


def require_money(field: str, value: Decimal, *, positive: bool = False, decimals: int = 2) -> None:
    """Refuse what is not a plain number of at most ``decimals``, negative, or (``positive``) zero."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -decimals or value < 0 or (positive and value == 0):
        wanted = "more than 0" if positive else "0 or more"
        raise ValueError(f"{field} must be {wanted} with at most {_COUNT[decimals]} decimals, not {value}")


def require_percent(value: Decimal) -> None:
    """Refuse what is not a plain number from 0 to 100."""
    if not (value.is_finite() and 0 <= value <= 100):
        raise ValueError(f"percent must be from 0 to 100, not {value}")


_COUNT = {2: "two", RATE_DECIMALS: "four"}
