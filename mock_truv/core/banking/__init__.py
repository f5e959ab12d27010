"""Bank accounts on a calendar: what a person's accounts have seen by a given instant.

Everything is a pure function of (household, as of): no clock, no chance, no files. Pay goes in on the pay dates of the
person's jobs, to the accounts their deposit rules name; living is paid out of it. Move the instant on and there are
more transactions; those that were posted never change, and a balance is always its opening plus what was posted.
"""

from mock_truv.core.banking.accounts import ASSETS, CURRENCY, Account, accounts_of
from mock_truv.core.banking.averages import average_balance, days_available, nsf_count
from mock_truv.core.banking.days import end_of_day
from mock_truv.core.banking.entries import Entry, Status
from mock_truv.core.banking.holdings import Holding
from mock_truv.core.banking.household import Household
from mock_truv.core.banking.incomes import IncomeSource, income_sources
from mock_truv.core.banking.ledger import Ledger
from mock_truv.core.banking.liabilities import CardTerms, LoanTerms, card_terms, loan_terms

__all__ = [
    "ASSETS",
    "CURRENCY",
    "Account",
    "CardTerms",
    "Entry",
    "Holding",
    "Household",
    "IncomeSource",
    "Ledger",
    "LoanTerms",
    "Status",
    "accounts_of",
    "average_balance",
    "card_terms",
    "days_available",
    "end_of_day",
    "income_sources",
    "loan_terms",
    "nsf_count",
]
