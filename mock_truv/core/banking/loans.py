"""Loans: their terms, and what a month of one costs. Annuities of round terms (assumed)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from mock_truv.core.payroll.money import cents, exact


class Terms(NamedTuple):
    """Yearly rate in per cent, number of monthly payments, day of the month on which one is due."""

    rate: Decimal
    months: int
    due_day: int


LOANS = {"auto_loan": Terms(Decimal("6.49"), 60, 20), "mortgage": Terms(Decimal("5.75"), 360, 1)}
CARD_DUE_DAY = 15
CARD_MINIMUM = Decimal("25.00")
CARD_MINIMUM_SHARE = Decimal("0.02")
PURCHASES_APR, ADVANCES_APR = Decimal("23.49"), Decimal("29.24")


@lru_cache(maxsize=256)
def monthly_payment(principal: Decimal, key: str) -> Decimal:
    """Return the constant payment that repays ``principal`` dollars within the term."""
    terms = LOANS[key]
    with exact():
        rate = terms.rate / 1200
        return cents(principal * rate / (1 - (1 + rate) ** -terms.months))


def monthly_interest(owed: Decimal, key: str) -> Decimal:
    """Return a month's interest on what is owed, in dollars."""
    with exact():
        return cents(owed * LOANS[key].rate / 1200)


def minimum_payment(statement: Decimal) -> Decimal:
    """Return the least that is due on a card's statement balance."""
    with exact():
        return min(statement, max(CARD_MINIMUM, cents(statement * CARD_MINIMUM_SHARE)))
