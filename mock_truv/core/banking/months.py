"""Years of transactions: every month's plans carried out, and what the bank itself does at its end (all assumed)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.banking.accounts import SCALE
from mock_truv.core.banking.books import Books, Closing
from mock_truv.core.banking.days import first_of, instant, last_of
from mock_truv.core.banking.household import level, usual_level
from mock_truv.core.banking.plans import plans_of
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from mock_truv.core.banking.entries import Entry
    from mock_truv.core.banking.household import Household

MONTHS_A_BLOCK = 12
SAVINGS_RATE = {"savings": Decimal("0.036"), "certificate": Decimal("0.048")}
KEPT_IN_SAVINGS = Decimal(25)
DIVIDEND_SHARE = Decimal("0.3")
"""A quarter's dividend, of the cash that the account began with: a small constant sum."""


class Block(NamedTuple):
    """Twelve months of entries, in the order in which they were booked, and what the next twelve start from."""

    entries: tuple[Entry, ...]
    closing: Closing


def entries_until(household: Household, month: int) -> list[Entry]:
    """Return the entries of all months up to ``month``, given by its number, that one included."""
    count = month - household.first_month + 1
    found: list[Entry] = []
    for number in range(-(-count // MONTHS_A_BLOCK)):
        found += _block(household, number).entries
    return found


@lru_cache(maxsize=128)
def _block(household: Household, number: int) -> Block:
    """Return twelve months, the past and the future alike; callers go through the blocks from the first one on."""
    before = _block(household, number - 1).closing if number else None
    books = Books(household, before)
    first = household.first_month + number * MONTHS_A_BLOCK
    with exact():
        for month in range(first, first + MONTHS_A_BLOCK):
            _carry_out_month(household, books, month)
    return Block(tuple(books.entries), books.closing())


def _carry_out_month(household: Household, books: Books, month: int) -> None:
    start = first_of(month)
    books.begin_month(f"{start:%Y-%m}")
    if start.month == 1:
        _tell_interest(books, month)
    for plan in plans_of(household, month):
        books.carry_out(plan)
    evening_us = instant(last_of(month), 23)
    books.release(evening_us)
    _even_out(household, books, month, evening_us)
    _credit_interest(books, evening_us)
    if start.month % 3 == 0:
        _pay_dividends(books, evening_us)


def _tell_interest(books: Books, month: int) -> None:
    """A note in January on the interest of the year before: it moves no money (type ``MEMO``)."""
    if books.interest:
        at_us = instant(first_of(month).replace(day=2), 12)
        text = f"INTEREST PAID IN {first_of(month).year - 1}"
        books.add("savings", "MEMO", books.interest, ("Interest",), text, at_us, at_us, memo="For your tax records")
    books.interest = ZERO


def _even_out(household: Household, books: Books, month: int, at_us: int) -> None:
    """Save what is left at the end of a month, or take from savings what is missing, in whole tens of dollars."""
    for key in [key for key in books.available if "-" in key]:
        surplus = _tens(books.available[key] - books.openings[key])
        if surplus > 0:
            books.transfer(key, "checking", surplus, at_us)
    living = level(household, month + 1) or level(household, month)
    wanted = Decimal(max(living, usual_level(household) // 4, 400)) * SCALE["checking"] + 200
    have, saved = books.available["checking"], books.available["savings"] - KEPT_IN_SAVINGS
    if have > wanted + 50:
        books.transfer("checking", "savings", _tens(have - wanted), at_us)
    elif have < wanted and saved >= 10:
        missing = _tens(min(saved, wanted - have + 10))
        if missing > 0:
            books.transfer("savings", "checking", missing, at_us)


def _credit_interest(books: Books, at_us: int) -> None:
    for key, rate in SAVINGS_RATE.items():
        interest = cents(max(ZERO, books.available[key]) * rate / 12)
        if interest:
            books.add(key, "CREDIT", interest, ("Interest",), "INTEREST PAYMENT", at_us, at_us)
            books.interest += interest if key == "savings" else ZERO


def _pay_dividends(books: Books, at_us: int) -> None:
    for key in ("brokerage", "stocks", "bonds"):
        dividend = cents(books.openings[key] * DIVIDEND_SHARE)
        books.add(key, "CREDIT", dividend, ("Dividend",), "DIVIDEND", at_us, at_us)


def _tens(amount: Decimal) -> Decimal:
    return Decimal(int(amount / 10) * 10) + ZERO
