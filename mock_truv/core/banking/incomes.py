"""Income read off deposits: which of them belong together, how often they come, what they come to a month.

Deposits of one category and description into one account are one source. A regular source needs three deposits, has to
recur and to be current; irregular categories only have to be current (income insights object). Averages take every
deposit; that the service leaves out extreme ones is not imitated.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Literal, NamedTuple

from mock_truv.core.banking.accounts import DEPOSITS
from mock_truv.core.banking.days import first_of, last_of, month_number
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.entries import Entry, IncomeCategory
    from mock_truv.core.banking.ledger import Ledger

Frequency = Literal["W", "BW", "SM", "M"]

LEAST_DEPOSITS = 3
DAYS_BETWEEN = {"W": 7, "BW": 14, "SM": 16, "M": 31}
PER_YEAR = {"W": 52, "BW": 26, "SM": 24, "M": 12}
CURRENT_DAYS = {"TAX_CREDITS": 400}
"""So long an irregular source counts as current after its last deposit, by category (assumed)."""
CURRENT_DAYS_OTHERWISE = 75
NET_OF_GROSS = Decimal("0.78")
"""What is left of a gross paycheck: a share by which the service's estimate of the gross is imitated (assumed)."""


class Bucket(NamedTuple):
    """A calendar month of one source, cut to the days asked for."""

    first: date
    last: date
    total: Decimal
    entries: list[Entry]


class IncomeSource(NamedTuple):
    """One stream of income within the days asked for. Amounts in dollars."""

    account: Account
    category: IncomeCategory
    description: str
    first: date
    last: date
    frequency: Frequency | None
    next_on: date | None
    entries: list[Entry]
    """Its deposits, oldest first."""
    buckets: list[Bucket]
    total: Decimal
    average: Decimal
    average_gross: Decimal | None
    monthly: Decimal
    """Total by the number of months."""
    monthly_gross: Decimal | None
    forecast: Decimal
    """What a month will bring: by the frequency, or where there is none, as before."""
    employer: str | None


def income_sources(ledger: Ledger, days: int, accounts: Sequence[Account] | None = None) -> list[IncomeSource]:
    """Return the sources of the last ``days`` days, in the order of the accounts, then by first deposit."""
    start = ledger.today - timedelta(days=days - 1)
    found = []
    for account in ledger.accounts if accounts is None else accounts:
        if account.type not in DEPOSITS:
            continue
        for (category, description), entries in _streams(ledger, account).items():
            frequency = _frequency([date_of(each.transacted_us) for each in entries])
            recent = [each for each in entries if date_of(each.transacted_us) >= start]
            if recent and _qualifies(ledger, category, entries, frequency):
                found.append(_source(account, category, description, frequency, recent, start, ledger.today))
    return found


def _streams(ledger: Ledger, account: Account) -> dict[tuple[IncomeCategory, str], list[Entry]]:
    """Return the deposits of an account that are income, oldest first, by category and description."""
    found: dict[tuple[IncomeCategory, str], list[Entry]] = {}
    for each in reversed(ledger.by_account[account.key]):
        if each.income is not None:
            found.setdefault((each.income, each.description), []).append(each)
    return found


def _qualifies(ledger: Ledger, category: str, entries: list[Entry], frequency: Frequency | None) -> bool:
    silent_days = (ledger.today - date_of(entries[-1].transacted_us)).days
    if category != "PAYCHECK":
        return silent_days <= CURRENT_DAYS.get(category, CURRENT_DAYS_OTHERWISE)
    return len(entries) >= LEAST_DEPOSITS and frequency is not None and silent_days <= DAYS_BETWEEN[frequency] * 3 / 2


def _frequency(days: list[date]) -> Frequency | None:
    """Return the rhythm of deposits by the days between them, None where there is none."""
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(gaps) < LEAST_DEPOSITS - 1:
        return None
    usual = median_low(gaps)
    if usual in {7, 14} and sum(gap == usual for gap in gaps) * 2 > len(gaps):
        return "W" if usual == 7 else "BW"
    if 11 <= usual <= 19:
        return "SM"
    return "M" if 26 <= usual <= 35 else None


def _source(account: Account, category: IncomeCategory, description: str, frequency: Frequency | None,
            entries: list[Entry], start: date, today: date) -> IncomeSource:  # fmt: skip
    days = [date_of(each.transacted_us) for each in entries]
    buckets = [
        _bucket(month, entries, start, today) for month in range(month_number(days[0]), month_number(days[-1]) + 1)
    ]
    is_pay = category == "PAYCHECK"
    with exact():
        total = sum((each.amount for each in entries), ZERO)
        average, monthly = cents(total / len(entries)), cents(total / len(buckets))
        forecast = monthly if frequency is None else cents(average * PER_YEAR[frequency] / 12)
        return IncomeSource(
            account=account, category=category, description=description, first=days[0], last=days[-1],
            frequency=frequency, next_on=_next(days[-1], frequency), entries=entries, buckets=buckets, total=total,
            average=average, average_gross=cents(average / NET_OF_GROSS) if is_pay else None, monthly=monthly,
            monthly_gross=cents(monthly / NET_OF_GROSS) if is_pay else None, forecast=forecast,
            employer=description.removesuffix(" PAYROLL") if is_pay else None,
        )  # fmt: skip


def _bucket(month: int, entries: list[Entry], start: date, today: date) -> Bucket:
    inside = [each for each in entries if month_number(date_of(each.transacted_us)) == month]
    total = sum((each.amount for each in inside), ZERO)
    return Bucket(max(first_of(month), start), min(last_of(month), today), total, inside)


def _next(last: date, frequency: Frequency | None) -> date | None:
    """Return when the next deposit is to be expected."""
    match frequency:
        case None:
            return None
        case "W" | "BW":
            return last + timedelta(days=DAYS_BETWEEN[frequency])
        case "SM":
            return last + timedelta(days=15)
        case _:
            month = month_number(last) + 1
            return min(last_of(month), first_of(month) + timedelta(days=last.day - 1))
