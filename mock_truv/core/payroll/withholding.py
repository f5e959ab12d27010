"""What is taken off one gross pay: simple tables, the right order, never more than there is. All rules assumed.

Order: pre-tax deductions, Social Security, Medicare, federal tax, state tax, post-tax deductions. Pre-tax insurance
lowers every taxable wage; pre-tax retirement lowers the federal and state ones only. The tables stand in for the real
ones: near enough to look right, and the same for every year except the Social Security wage base.

* Social Security: 6.2 % of the year's wages up to the year's base, at each employer anew.
* Medicare: 1.45 % of all wages, and 0.9 % more of those above 200,000 dollars of the year (a line of its own).
* Federal tax: that on the pay times the number of pays a year, one filer, divided by that number.
* State tax: a flat rate by state of the job, of the wages that are taxed federally.

A year's Social Security and Medicare tax are exactly their rates of the year's wages, as a W-2 has to show. Pay
reported on a 1099-NEC has no tax taken off, only the post-tax deductions.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.payroll.calendar import pays_per_year
from mock_truv.core.payroll.earnings import Line
from mock_truv.core.payroll.money import ZERO, cents

if TYPE_CHECKING:
    from mock_truv.core.payroll.people import Deduction, Job

SOCIAL_SECURITY_RATE = Decimal("0.062")
MEDICARE_RATE = Decimal("0.0145")
ADDITIONAL_MEDICARE_RATE = Decimal("0.009")
ADDITIONAL_MEDICARE_ABOVE = Decimal("200000.00")
# Dollars a year up to which Social Security is due; the last value is carried on, the first one back.
SOCIAL_SECURITY_BASES = {
    2020: Decimal(137700), 2021: Decimal(142800), 2022: Decimal(147000), 2023: Decimal(160200),
    2024: Decimal(168600), 2025: Decimal(176100), 2026: Decimal(184500),
}  # fmt: skip
FEDERAL_ALLOWANCE = Decimal(15000)
# (dollars a year above the allowance, rate from there on), one filer
FEDERAL_BRACKETS = tuple(
    (Decimal(start), Decimal(rate))
    for start, rate in (
        (0, "0.10"), (11900, "0.12"), (48400, "0.22"), (103300, "0.24"), (197300, "0.32"), (250500, "0.35"),
        (626300, "0.37"),
    )
)  # fmt: skip
UNLISTED_STATE_RATE = Decimal("0.04")
STATE_RATES = {
    **dict.fromkeys(("AK", "FL", "NH", "NV", "SD", "TN", "TX", "WA", "WY"), Decimal(0)),
    "AZ": Decimal("0.025"), "CA": Decimal("0.052"), "CO": Decimal("0.044"), "GA": Decimal("0.0539"),
    "IL": Decimal("0.0495"), "IN": Decimal("0.03"), "MI": Decimal("0.0425"), "MN": Decimal("0.0595"),
    "NC": Decimal("0.0425"), "NY": Decimal("0.055"), "OH": Decimal("0.0275"), "OR": Decimal("0.08"),
    "PA": Decimal("0.0307"), "UT": Decimal("0.0455"), "WI": Decimal("0.049"),
}  # fmt: skip


class Withheld(NamedTuple):
    """The deduction lines of one pay, and the wages each tax was worked out from, in dollars."""

    lines: tuple[Line, ...]
    federal_wages: Decimal
    social_security_wages: Decimal
    medicare_wages: Decimal


def withhold(job: Job, gross: Decimal, *, year: int, so_far: tuple[Decimal, Decimal]) -> Withheld:
    """Return what is taken off ``gross``; ``so_far`` are this year's Social Security and Medicare wages before it.

    Lines of nothing (no tax in this state, wage base reached) are left out.
    """
    if job.tax_form != "W2":
        return _untaxed(job, gross)
    social_security_so_far, medicare_so_far = so_far
    left = gross
    lines: list[Line] = []

    def take(name: str, category: str, amount: Decimal) -> Decimal:
        nonlocal left
        taken = min(amount, left)
        left -= taken
        if taken:
            lines.append(Line(name, category, taken))
        return taken

    retirement = insurance = ZERO
    for deduction in job.pre_tax:
        taken = take(deduction.name, deduction.category, _amount(deduction, gross))
        if deduction.category == "retirement":
            retirement += taken
        else:
            insurance += taken
    medicare_wages = gross - insurance
    federal_wages = medicare_wages - retirement
    room = max(ZERO, cents(social_security_base(year)) - social_security_so_far)
    social_security_wages = min(medicare_wages, room)
    take("Social Security", "socialsec", _share(social_security_wages, social_security_so_far, SOCIAL_SECURITY_RATE))
    take("Medicare", "medicare", _share(medicare_wages, medicare_so_far, MEDICARE_RATE))
    take("Additional Medicare", "medicare", _additional_medicare(medicare_wages, medicare_so_far))
    take("Federal Income Tax", "federal", federal_tax(federal_wages, pays_per_year(job)))
    take(f"{job.state} State Income Tax", "state", cents(federal_wages * state_rate(job.state)))
    for deduction in job.post_tax:
        take(deduction.name, deduction.category, _amount(deduction, gross))
    return Withheld(tuple(lines), federal_wages, social_security_wages, medicare_wages)


def _untaxed(job: Job, gross: Decimal) -> Withheld:
    """Return what is taken off pay that no tax is withheld from."""
    left, lines = gross, list[Line]()
    for deduction in job.post_tax:
        taken = min(_amount(deduction, gross), left)
        left -= taken
        if taken:
            lines.append(Line(deduction.name, deduction.category, taken))
    return Withheld(tuple(lines), ZERO, ZERO, ZERO)


@lru_cache(maxsize=4096)
def federal_tax(wages: Decimal, pays_per_year: int) -> Decimal:
    """Return the federal tax on the taxable ``wages`` of one pay: that on a year of them, divided by their number."""
    yearly = wages * pays_per_year - FEDERAL_ALLOWANCE
    tax, previous = Decimal(0), Decimal(0)
    for start, rate in FEDERAL_BRACKETS:
        if yearly <= start:
            break
        tax += (yearly - start) * (rate - previous)
        previous = rate
    return cents(tax / pays_per_year)


def social_security_base(year: int) -> Decimal:
    """Return the dollars of ``year`` up to which Social Security is due."""
    return SOCIAL_SECURITY_BASES[min(max(year, min(SOCIAL_SECURITY_BASES)), max(SOCIAL_SECURITY_BASES))]


def state_rate(state: str) -> Decimal:
    """Return the flat rate of a state (two letters), 0 where wages are not taxed."""
    return STATE_RATES.get(state, UNLISTED_STATE_RATE)


def _share(wages: Decimal, so_far: Decimal, rate: Decimal) -> Decimal:
    """Return the tax on ``wages`` such that the year's tax is exact to the cent, not each pay's."""
    return cents((so_far + wages) * rate) - cents(so_far * rate)


def _additional_medicare(wages: Decimal, so_far: Decimal) -> Decimal:
    above = max(so_far, ADDITIONAL_MEDICARE_ABOVE)
    return _share(max(ZERO, so_far + wages - above), above - ADDITIONAL_MEDICARE_ABOVE, ADDITIONAL_MEDICARE_RATE)


def _amount(deduction: Deduction, gross: Decimal) -> Decimal:
    if deduction.amount is not None:
        return cents(deduction.amount)
    assert deduction.percent is not None, "a deduction has one of the two"
    return cents(gross * deduction.percent / 100)
