"""What can be held in an investment account, and what it is worth on a day: invented papers, simple rules (assumed).

A price grows along a line and swings around it; a day's price never depends on who asks or when.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from mock_truv.core.payroll.money import cents, exact

HoldingType = Literal["EXCHANGE_TRADED_FUND", "MUTUAL_FUND", "STOCK", "BOND"]
FIRST_DAY = date(2020, 1, 1)
FOUR_PLACES = Decimal("0.0001")


class Paper(NamedTuple):
    """Something that can be bought. ``growth`` is per year; the price swings by ``swing`` within ``period`` days."""

    symbol: str
    description: str
    type: HoldingType
    base: Decimal
    growth: Decimal
    swing: Decimal
    period: int
    rate: Decimal | None = None
    """Per cent a year that a bond pays."""


PAPERS = {
    "brokerage": (
        Paper("NSTX", "Northstar Total Market ETF", "EXCHANGE_TRADED_FUND", Decimal("92.40"), Decimal("0.07"),
              Decimal("0.05"), 220),
        Paper("HBVLX", "Harbor Balanced Value Fund", "MUTUAL_FUND", Decimal("41.15"), Decimal("0.05"),
              Decimal("0.03"), 310),
    ),
    "stocks": (
        Paper("LKFC", "Larkspur Freight Cooperative", "STOCK", Decimal("27.80"), Decimal("0.06"), Decimal("0.12"), 140),
        Paper("JHDW", "Juniper Hardware", "STOCK", Decimal("63.05"), Decimal("0.08"), Decimal("0.09"), 190),
    ),
    "bonds": (
        Paper("WLWCO34", "Willow County 4.25% 2034", "BOND", Decimal("98.60"), Decimal("0.004"), Decimal("0.01"), 400,
              Decimal("4.25")),
    ),
}  # fmt: skip
"""Account key -> what it holds."""


@lru_cache(maxsize=8192)
def price_on(paper: Paper, day: date) -> Decimal:
    """Return what one unit costs on a day, in dollars."""
    with exact():
        years = Decimal((day - FIRST_DAY).days) / Decimal("365.25")
        at = Decimal(day.toordinal() % paper.period) / paper.period
        wave = 1 - 4 * abs(at - Decimal("0.5"))
        return cents(max(Decimal(1), paper.base * (1 + paper.growth * years) * (1 + paper.swing * wave)))


def units_for(amount: Decimal, price: Decimal) -> Decimal:
    """Return how many units ``amount`` dollars buy, to four places, rounded down."""
    with exact():
        units = (amount / price).quantize(FOUR_PLACES)
        return units - FOUR_PLACES if cents(units * price) > amount else units


def value_of(units: Decimal, price: Decimal) -> Decimal:
    """Return what a number of units is worth, to the cent."""
    with exact():
        return cents(units * price)
