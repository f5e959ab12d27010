"""What a household's accounts look like at an instant: transactions so far, balances, what is still on its way."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from mock_truv.core.banking.accounts import LOANS, OWED, accounts_of
from mock_truv.core.banking.days import instant, month_number
from mock_truv.core.banking.holdings import holdings
from mock_truv.core.banking.months import entries_until
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import ZERO, exact

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.entries import Entry
    from mock_truv.core.banking.holdings import Holding
    from mock_truv.core.banking.household import Household


class Ledger:
    """A household's accounts as a login shows them at an instant. It is a view: nothing in it changes."""

    def __init__(self, household: Household, username: str, as_of_us: int) -> None:
        self.household = household
        self.as_of_us = as_of_us
        self.accounts: tuple[Account, ...] = accounts_of(household, username)
        """The accounts shown, in a fixed order."""

    @property
    def today(self) -> date:
        """The day of the instant."""
        return date_of(self.as_of_us)

    @cached_property
    def entries(self) -> list[Entry]:
        """What the accounts have seen, newest first; posted or not."""
        shown = {account.key for account in self.accounts}
        known = entries_until(self.household, month_number(self.today))
        found = [each for each in known if each.account in shown and each.transacted_us <= self.as_of_us]
        return sorted(found, key=lambda each: (each.transacted_us, each.key), reverse=True)

    @cached_property
    def by_account(self) -> dict[str, list[Entry]]:
        """The entries of each account shown, newest first."""
        found: dict[str, list[Entry]] = {account.key: [] for account in self.accounts}
        for each in self.entries:
            found[each.account].append(each)
        return found

    def entries_since(self, first: date) -> list[Entry]:
        """Return the entries transacted from a day on, newest first."""
        start_us = instant(first)
        return [each for each in self.entries if each.transacted_us >= start_us]

    def balance(self, account: Account, at_us: int | None = None) -> Decimal:
        """Return the balance at an instant not after the ledger's own (default): opening and everything posted by then.

        What is in a deposit account, what is owed on a debt; an investment account has its cash and the market value
        of what it holds.
        """
        wanted_us = self.as_of_us if at_us is None else at_us
        assert wanted_us <= self.as_of_us, "a ledger does not know the future"
        days, sums = self._running[account.key]
        past = bisect_right(days, wanted_us)
        cash = sums[past - 1] if past else account.opening
        if account.type == "INVESTMENT":
            with exact():
                return cash + sum((each.value for each in self.holdings(account, wanted_us)), ZERO)
        return cash

    def holdings(self, account: Account, at_us: int | None = None) -> list[Holding]:
        """Return what an investment account holds at an instant (default: the ledger's); none of any other account."""
        wanted_us = self.as_of_us if at_us is None else at_us
        return holdings(self.household, account, self.by_account[account.key], wanted_us)

    def cash(self, account: Account) -> Decimal:
        """Return the balance without the value of holdings."""
        sums = self._running[account.key][1]
        return sums[-1] if sums else account.opening

    def available(self, account: Account) -> Decimal | None:
        """Return what can be spent: the cash less debits on their way; of a card what is left of its limit.

        None of a loan, from which nothing can be spent.
        """
        if account.type in LOANS:
            return None
        with exact():
            pending = [each for each in self.by_account[account.key] if each.posted_us > self.as_of_us]
            going = sum((each.amount for each in pending if each.type == "DEBIT"), ZERO)
            if account.credit_limit is not None:
                return account.credit_limit - self.balance(account) - going
            return self.cash(account) - going

    @cached_property
    def _running(self) -> dict[str, tuple[list[int], list[Decimal]]]:
        """Posting instants and balances of cash after each of them, oldest first, by account."""
        found: dict[str, tuple[list[int], list[Decimal]]] = {}
        with exact():
            for account in self.accounts:
                total, instants_us, sums = account.opening, [], []
                posted = [each for each in self.by_account[account.key] if each.posted_us <= self.as_of_us]
                for each in sorted(posted, key=lambda each: (each.posted_us, each.key)):
                    total += change(account, each)
                    instants_us.append(each.posted_us)
                    sums.append(total)
                found[account.key] = instants_us, sums
        return found


def change(account: Account, entry: Entry) -> Decimal:
    """Return by how much a posted entry changes the balance of its account."""
    if entry.type == "MEMO":
        return ZERO
    raises = (entry.type == "DEBIT") == (account.type in OWED)
    return entry.amount if raises else -entry.amount
