"""What an investment account holds at an instant: what it began with and what was bought since."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.banking.days import ONE_DAY
from mock_truv.core.banking.prices import FOUR_PLACES, PAPERS, Paper, price_on, value_of
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import ZERO, exact

if TYPE_CHECKING:
    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.household import Household
    from mock_truv.core.banking.ledger import Ledger


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


def holdings(ledger: Ledger, account: Account, at_us: int | None = None) -> list[Holding]:
    """Return what an investment account holds at an instant (default: the ledger's); none of any other account."""
    wanted_us = ledger.as_of_us if at_us is None else at_us
    day = date_of(wanted_us)
    found = []
    with exact():
        for paper in PAPERS.get(account.key, ()):
            units = opening_units(ledger.household, paper.symbol)
            cost = value_of(units, price_on(paper, ledger.household.since))
            for each in ledger.by_account[account.key]:
                if each.symbol == paper.symbol and each.quantity is not None and each.posted_us <= wanted_us:
                    units += each.quantity
                    cost += each.amount
            price = price_on(paper, day)
            units = units.quantize(FOUR_PLACES)
            found.append(Holding(paper, units, cost, price, price_on(paper, day - ONE_DAY), value_of(units, price)))
    return found


def market_value(ledger: Ledger, account: Account, at_us: int) -> Decimal:
    """Return what everything in an investment account is worth at an instant, without its cash."""
    return sum((each.value for each in holdings(ledger, account, at_us)), ZERO)
