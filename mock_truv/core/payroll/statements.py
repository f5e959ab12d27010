"""Pay statements as value objects: each one the pay of one period with the year to date.

A statement depends on its job and variation and on the earlier pay of its own year, on nothing else: the day one
looks never changes it. Years are those of the pay date; every sum begins anew in January.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

import msgspec

from mock_truv.core.payroll.calendar import paid_indices, pay_run
from mock_truv.core.payroll.earnings import Line, earnings_of
from mock_truv.core.payroll.money import ZERO, exact
from mock_truv.core.payroll.withholding import withhold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from mock_truv.core.payroll.people import Job, Person

__all__ = ["Line", "Statement", "TaxYear", "nonemployee_pay", "statements", "tax_year", "year_of_statements"]


class Statement(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One pay. Amounts are dollars; ``pay`` and ``pay_ytd`` are sums by earnings category, only those that occurred.

    ``federal_wages``, ``social_security_wages`` and ``medicare_wages`` are what the taxes were worked out from.
    """

    check_number: str
    pay_date: date
    period_start: date
    period_end: date
    hours: Decimal | None
    basis_of_pay: str
    pay: Mapping[str, Decimal]
    pay_ytd: Mapping[str, Decimal]
    gross_pay: Decimal
    gross_pay_ytd: Decimal
    net_pay: Decimal
    net_pay_ytd: Decimal
    earnings: tuple[Line, ...]
    earnings_ytd: tuple[Line, ...]
    deductions: tuple[Line, ...]
    deductions_ytd: tuple[Line, ...]
    federal_wages: Decimal
    social_security_wages: Decimal
    medicare_wages: Decimal


class TaxYear(NamedTuple):
    """The figures of a W-2, in dollars, by their documented names."""

    wages: Decimal
    federal_tax: Decimal
    social_security_wages: Decimal
    social_security_tax: Decimal
    medicare_wages: Decimal
    medicare_tax: Decimal


def statements(person: Person, job: Job, since: date, as_of: date, variation: int = 0) -> list[Statement]:
    """Return the statements paid from ``since`` to ``as_of``, newest first; ``variation`` is per mille of the rates."""
    assert job in person.jobs, f"{job.key} is not a job of {person.key}"
    since = max(since, job.start_date)
    return [
        statement
        for year in range(as_of.year, since.year - 1, -1)
        for statement in reversed(year_of_statements(job, year, variation))
        if since <= statement.pay_date <= as_of
    ]


@lru_cache(maxsize=256)
def year_of_statements(job: Job, year: int, variation: int) -> tuple[Statement, ...]:
    """Return every statement of a calendar year, past or to come, oldest first."""
    sums = _YearToDate()
    first_number = crc32(f"{job.employer.ein}:{job.key}:{variation}".encode()) % 900_000
    first_index = paid_indices(job, job.start_date, job.start_date).start
    with exact():
        return tuple(
            _statement(job, index, variation, sums, f"{first_number + index - first_index:09d}")
            for index in paid_indices(job, date(year, 1, 1), date(year, 12, 31))
        )


@lru_cache(maxsize=256)
def tax_year(job: Job, year: int, variation: int) -> TaxYear | None:
    """Return the W-2 figures of a calendar year, the sums of all its statements; None if it has no W-2.

    A year without pay has none, and a job whose pay is reported on a 1099-NEC.
    """
    paid = year_of_statements(job, year, variation)
    if not paid or job.tax_form != "W2":
        return None
    taxes: dict[str, Decimal] = {}
    with exact():
        for line in paid[-1].deductions_ytd:
            taxes[line.category] = taxes.get(line.category, ZERO) + line.amount
        return TaxYear(
            wages=sum((statement.federal_wages for statement in paid), ZERO),
            federal_tax=taxes.get("federal", ZERO),
            social_security_wages=sum((statement.social_security_wages for statement in paid), ZERO),
            social_security_tax=taxes.get("socialsec", ZERO),
            medicare_wages=sum((statement.medicare_wages for statement in paid), ZERO),
            medicare_tax=taxes.get("medicare", ZERO),
        )


def nonemployee_pay(job: Job, year: int, variation: int) -> Decimal | None:
    """Return the dollars of a calendar year's 1099-NEC, the gross pay of all its statements; None if it has none."""
    paid = year_of_statements(job, year, variation)
    return paid[-1].gross_pay_ytd if paid and job.tax_form == "F1099_NEC" else None


class _YearToDate:
    """The sums of the year so far, changed only while a year is being worked out."""

    def __init__(self) -> None:
        self.gross = self.net = self.social_security = self.medicare = ZERO
        self.pay: dict[str, Decimal] = {}
        self.earnings: dict[tuple[str, str], Decimal] = {}
        self.deductions: dict[tuple[str, str], Decimal] = {}


def _statement(job: Job, index: int, variation: int, sums: _YearToDate, check_number: str) -> Statement:
    """Return the statement of pay ``index`` and add it to the ``sums`` of its year."""
    run = pay_run(job, index)
    hours, earned = earnings_of(job, index, variation)
    gross = sum((line.amount for line in earned), ZERO)
    taken = withhold(job, gross, year=run.pay_date.year, so_far=(sums.social_security, sums.medicare))
    net = gross - sum((line.amount for line in taken.lines), ZERO)
    pay: dict[str, Decimal] = {}
    for line in earned:
        pay[line.category] = pay.get(line.category, ZERO) + line.amount
    for category, amount in pay.items():
        sums.pay[category] = sums.pay.get(category, ZERO) + amount
    sums.gross += gross
    sums.net += net
    sums.social_security += taken.social_security_wages
    sums.medicare += taken.medicare_wages
    return Statement(
        check_number=check_number,
        pay_date=run.pay_date,
        period_start=run.first,
        period_end=run.last,
        hours=hours,
        basis_of_pay=job.basis_of_pay or "",
        pay=pay,
        pay_ytd=dict(sums.pay),
        gross_pay=gross,
        gross_pay_ytd=sums.gross,
        net_pay=net,
        net_pay_ytd=sums.net,
        earnings=earned,
        earnings_ytd=_add(sums.earnings, earned),
        deductions=taken.lines,
        deductions_ytd=_add(sums.deductions, taken.lines),
        federal_wages=taken.federal_wages,
        social_security_wages=taken.social_security_wages,
        medicare_wages=taken.medicare_wages,
    )


def _add(sums: dict[tuple[str, str], Decimal], lines: Iterable[Line]) -> tuple[Line, ...]:
    """Add ``lines`` to the ``sums`` by name and category, and return these as lines in the order they first came."""
    for line in lines:
        what = (line.name, line.category)
        sums[what] = sums.get(what, ZERO) + line.amount
    return tuple([Line(name, category, amount) for (name, category), amount in sums.items()])
