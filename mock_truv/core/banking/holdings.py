"""What an investment account holds at an instant: what it began with and what was bought since."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.banking.days import ONE_DAY
from mock_truv.core.banking.prices import FOUR_PLACES, PAPERS, Paper, price_on, value_of
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import exact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.entries import Entry
    from mock_truv.core.banking.household import Household


class Holding(NamedTuple):
    """Some units of one paper. Amounts in dollars."""

    paper: Paper
    units: Decimal
    cost: Decimal
    """What all of them cost when they were bought."""
    price: Decimal
    price_before: Decimal
    """The price of the day before."""
    value: Decimal


@lru_cache(maxsize=256)
def opening_units(household: Household, symbol: str) -> Decimal:
    """Return how many units the history begins with."""
    return Decimal(household.number("units", symbol, 60) + 4) + Decimal("0.0000")


def holdings(household: Household, account: Account, entries: Iterable[Entry], at_us: int) -> list[Holding]:
    """Return what an investment account with these entries holds at an instant; none of any other account."""
    day = date_of(at_us)
    found = []
    with exact():
        for paper in PAPERS.get(account.key, ()):
            units = opening_units(household, paper.symbol)
            cost = value_of(units, price_on(paper, household.since))
            for each in entries:
                if each.symbol == paper.symbol and each.quantity is not None and each.posted_us <= at_us:
                    units += each.quantity
                    cost += each.amount
            price = price_on(paper, day)
            units = units.quantize(FOUR_PLACES)
            found.append(Holding(paper, units, cost, price, price_on(paper, day - ONE_DAY), value_of(units, price)))
    return found
