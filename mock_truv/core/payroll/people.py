"""People and their jobs: the data model of ``fixtures/people/*.json``.

Facts only; what a job pays on which day is worked out elsewhere. Field names that also occur in reports are the
documented ones; the rules around them are assumed.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from mock_truv.core.payroll.terms import (
    RATE_DECIMALS,
    Address,
    BankAccount,
    Commission,
    Deduction,
    Employer,
    Extra,
    Overtime,
    PayDay,
    Phone,
    Raise,
    Record,
    StateCode,
    Text,
    Trips,
    require_money,
)

__all__ = [
    "Address", "BankAccount", "Commission", "Deduction", "Employer", "Extra", "Job", "JobType", "MissingField",
    "Overtime", "PayDay", "PayFrequency", "Person", "Raise", "Trips",
]  # fmt: skip

JobType = Literal["F", "P", "S", "D", "C", "V"]
PayFrequency = Literal["W", "BW", "SM", "M", "A", "C"]
BasisOfPay = Literal["S", "H", "D", "W"]
MissingField = Literal[
    "job_title", "job_type", "start_date", "end_date", "original_hire_date", "external_last_updated", "is_active",
    "manager_name", "income", "income_unit", "pay_rate", "pay_frequency", "statements", "annual_income_summary", "w2s",
    "bank_accounts", "ein",
]  # fmt: skip
MissingStatementField = Literal[
    "check_number", "hours", "earnings", "earnings_ytd", "deductions", "deductions_ytd",
]  # fmt: skip
MissingSummaryField = Literal["regular", "overtime", "bonus", "commission", "other_pay", "gross_pay", "net_pay"]

SHORTEST_HALF_MONTH, LONGEST_HALF_MONTH = 10, 20


class Job(Record, frozen=True, kw_only=True):
    """One period of work at one employer.

    ``rate`` is dollars per year, or per month (``salary_unit``), for basis S, per hour for H, per working day for D,
    per week for W; null is no base pay. Work without pay (a volunteer's) has neither frequency nor basis.

    ``pay_lag_days`` lie between the end of a period and its pay date. ``hours_swing`` are hours added to the usual
    ones, ``days_off`` working days not worked, one full period after the other, over and over. A workday begins at
    ``day_starts_at`` o'clock. Pre-tax deductions may be ``retirement`` or ``insurance``; pay reported on a 1099-NEC
    has none and no tax taken off.

    Fields named as missing are null, or empty lists. ``dates_from_statements``: the provider tells no dates, so the
    start is that of the oldest period read. ``decimals``: amounts as ``29.70``, or as short as they go: ``29.7``.
    """

    key: Text
    employer: Employer
    job_title: Text
    job_type: JobType
    start_date: date
    original_hire_date: date
    end_date: date | None = None
    basis_of_pay: BasisOfPay | None = None
    rate: Decimal | None = None
    salary_unit: Literal["YEARLY", "MONTHLY"] = "YEARLY"
    raises: tuple[Raise, ...] = ()
    pay_frequency: PayFrequency | None = None
    pay_day: PayDay = PayDay()
    pay_lag_days: Annotated[int, Meta(ge=0, le=31)] = 0
    hours_per_week: Decimal
    hours_swing: tuple[Decimal, ...] = ()
    days_off: tuple[Annotated[int, Meta(ge=0)], ...] = ()
    day_starts_at: Annotated[int, Meta(ge=0, le=23)] = 8
    overtime: Overtime | None = None
    commission: Commission | None = None
    trips: Trips | None = None
    extras: tuple[Extra, ...] = ()
    tax_form: Literal["W2", "F1099_NEC"] = "W2"
    pre_tax: tuple[Deduction, ...] = ()
    post_tax: tuple[Deduction, ...] = ()
    state: StateCode
    manager_name: str | None = None
    bank_accounts: tuple[BankAccount, ...] = ()
    missing_data_fields: tuple[MissingField, ...] = ()
    derived_fields: tuple[str, ...] = ()
    statement_missing_data_fields: tuple[MissingStatementField, ...] = ()
    statement_derived_fields: tuple[str, ...] = ()
    summary_missing_fields: tuple[MissingSummaryField, ...] = ()
    dates_from_statements: bool = False
    decimals: Literal["two", "shortest"] = "two"

    def __post_init__(self) -> None:
        if self.rate is not None:
            require_money("rate", self.rate, positive=True, decimals=RATE_DECIMALS)
        require_money("hours_per_week", self.hours_per_week, positive=True)
        _require_pay_day(self)
        _require_sources_of_pay(self)
        _require_order_of_days(self)
        if self.basis_of_pay != "H" and (self.overtime is not None or self.hours_swing):
            raise ValueError("overtime and hours_swing are for hourly jobs (basis_of_pay H)")
        if self.basis_of_pay != "D" and self.days_off:
            raise ValueError("days_off is for jobs paid by the day (basis_of_pay D)")
        if any(not hours.is_finite() for hours in self.hours_swing):
            raise ValueError("hours_swing must hold plain numbers")
        if any(deduction.category == "other" for deduction in self.pre_tax):
            raise ValueError("pre_tax deductions must be of category retirement or insurance")
        if self.pre_tax and self.tax_form != "W2":
            raise ValueError("pre_tax deductions need tax_form W2: nothing is taxed on a 1099-NEC")


class Person(Record, frozen=True, kw_only=True):
    """A person the sandbox knows, and the login names that lead to them.

    ``is_suspicious`` marks data that Truv would take for forged (documented flag of links, tasks and reports).
    """

    key: Text
    title: Text
    usernames: Annotated[tuple[Text, ...], Meta(min_length=1)]
    first_name: Text
    last_name: Text
    middle_initials: str | None = None
    email: Text | None
    phone: Phone
    ssn: Annotated[str, Meta(pattern=r"^\d{9}$")]
    date_of_birth: date
    home_address: Address
    is_suspicious: bool = False
    jobs: Annotated[tuple[Job, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        keys = [job.key for job in self.jobs]
        if len(set(keys)) != len(keys):
            raise ValueError(f"every job needs a key of its own, these are {', '.join(keys)}")


def _require_order_of_days(job: Job) -> None:
    """Refuse days that do not follow one another as they must."""
    if job.original_hire_date > job.start_date:
        raise ValueError("original_hire_date must not be after start_date")
    if job.end_date is not None and job.end_date < job.start_date:
        raise ValueError("end_date must not be before start_date")
    days = [job.start_date, *(change.on for change in job.raises)]
    if any(earlier >= later for earlier, later in pairwise(days)):
        raise ValueError("raises must come after start_date, one after the other")


def _require_pay_day(job: Job) -> None:
    """Refuse a pay day rule that does not fit the job's pay frequency."""
    frequency, rule = job.pay_frequency, job.pay_day
    if frequency is None:
        if rule != PayDay():
            raise ValueError("pay_day must be left out when there is no pay_frequency")
        return
    if frequency in {"W", "BW"}:
        if rule.anchor is None or rule.days_of_month or rule.months:
            raise ValueError("pay_day must have an anchor and no days_of_month when pay_frequency is W or BW")
        return
    days = rule.days_of_month
    if rule.anchor is not None or len(days) != (2 if frequency == "SM" else 1):
        raise ValueError("pay_day must have days_of_month only: two for pay_frequency SM, else one")
    if len(days) > 1 and not SHORTEST_HALF_MONTH <= days[1] - days[0] <= LONGEST_HALF_MONTH:
        raise ValueError("pay_day's two days_of_month must be 10 to 20 days apart, the earlier one first")
    wanted = {"A": range(1, 2), "C": range(1, 13)}.get(frequency, range(1))
    if len(rule.months) not in wanted:
        raise ValueError("pay_day must have one month for pay_frequency A, one or more for C, and none for others")


def _require_sources_of_pay(job: Job) -> None:
    """Refuse a job whose pay comes from nowhere, or from more than its frequency allows."""
    sources = (job.rate, job.commission, job.trips)
    if job.pay_frequency is None:
        if any(sources) or job.extras or job.raises or job.basis_of_pay is not None:
            raise ValueError("a job without pay_frequency must not have pay: no basis_of_pay, rate, raises, extras")
        return
    if job.basis_of_pay is None:
        raise ValueError("basis_of_pay must be given with pay_frequency")
    if not any(sources):
        raise ValueError("a job with pay_frequency needs a rate, a commission or trips")
    if job.raises and job.rate is None:
        raise ValueError("raises need a rate")
    if job.trips is not None:
        days = (job.start_date, job.end_date or job.start_date)
        if job.rate is not None or job.tax_form != "F1099_NEC" or job.pay_frequency not in {"W", "BW"}:
            raise ValueError("trips need pay_frequency W or BW and tax_form F1099_NEC, and no rate beside them")
        if any(day.weekday() > 4 for day in days):  # a first or last week of a mere weekend would not be paid
            raise ValueError("a job with trips must begin and end on a day from Monday to Friday")
