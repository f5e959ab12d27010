"""Figures of a stretch of days: average balances, how much history there is, how often money was missing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mock_truv.core.banking.days import end_of_day, instant
from mock_truv.core.banking.entries import NSF
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from decimal import Decimal

    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.ledger import Ledger


def average_balance(ledger: Ledger, account: Account, days: int) -> Decimal:
    """Return the mean of the balances at the end of each of the last ``days`` days, to the cent.

    The last of them is the day of the ledger, with the balance at its instant. How the service averages is not
    documented: assumed.
    """
    with exact():
        ends_us = [min(end_of_day(ledger.today - timedelta(days=back)), ledger.as_of_us) for back in range(days)]
        return cents(sum((ledger.balance(account, end_us) for end_us in ends_us), ZERO) / days)


def days_available(ledger: Ledger, account: Account) -> int:
    """Return the days from the earliest transaction to the ledger's day, both included (income insights object)."""
    entries = ledger.by_account[account.key]
    return (ledger.today - date_of(entries[-1].transacted_us)).days + 1 if entries else 0


def nsf_count(ledger: Ledger, account: Account, days: int) -> int:
    """Return how many items were returned for want of money within the last ``days`` days: one fee each."""
    start_us = instant(ledger.today - timedelta(days=days - 1))
    return sum(
        1
        for each in ledger.by_account[account.key]
        if NSF in each.categories and start_us <= each.posted_us <= ledger.as_of_us
    )
