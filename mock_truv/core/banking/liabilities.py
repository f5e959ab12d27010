"""What is owed at an instant and what is due next: the terms of cards and loans, read off their transactions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from mock_truv.core.banking.days import business_day, first_of, instant, last_of, month_number
from mock_truv.core.banking.entries import CARD_PAYMENT, INTEREST_CHARGE, LOAN_PAYMENT
from mock_truv.core.banking.loans import (
    ADVANCES_APR,
    CARD_DUE_DAY,
    LOANS,
    PURCHASES_APR,
    minimum_payment,
    monthly_interest,
    monthly_payment,
)
from mock_truv.core.instants import date_of
from mock_truv.core.payroll.money import ZERO, exact

if TYPE_CHECKING:
    from mock_truv.core.banking.accounts import Account
    from mock_truv.core.banking.entries import Entry
    from mock_truv.core.banking.ledger import Ledger


class CardTerms(NamedTuple):
    """A credit card, in dollars; rates in per cent a year."""

    purchases_apr: Decimal
    advances_apr: Decimal
    credit_line: Decimal
    current_balance: Decimal
    available_credit: Decimal
    available_cash: Decimal
    minimum_payment: Decimal
    next_payment: Decimal
    next_payment_date: date
    last_payment: Decimal | None
    last_payment_date: date | None
    statement_balance: Decimal
    statement_date: date
    past_due: Decimal


class LoanTerms(NamedTuple):
    """A loan, in dollars; the rate in per cent a year."""

    rate: Decimal
    rate_since: date
    interest_this_year: Decimal
    months: int
    ends_on: date
    escrow: Decimal | None
    next_payment: Decimal
    next_payment_date: date | None
    last_payment: Decimal | None
    last_payment_date: date | None
    original_principal: Decimal
    principal: Decimal


def card_terms(ledger: Ledger, account: Account) -> CardTerms:
    """Return a card's terms: its statement closes with each month and is due on the 15th of the next one (assumed)."""
    assert account.credit_limit is not None, "a card has a limit"
    month = month_number(ledger.today)
    start_us = instant(first_of(month))
    statement = max(ZERO, ledger.balance(account, start_us - 1))
    payments = _paid(ledger, account, CARD_PAYMENT)
    with exact():
        paid = sum((each.amount for each in payments if each.posted_us >= start_us), ZERO)
        left = max(ZERO, statement - paid)
        late = ledger.today > business_day(_day_of(month, CARD_DUE_DAY))
        due = minimum_payment(left)
        available = max(ZERO, ledger.available(account) or ZERO)
        return CardTerms(
            purchases_apr=PURCHASES_APR, advances_apr=ADVANCES_APR, credit_line=account.credit_limit,
            current_balance=ledger.balance(account), available_credit=available,
            available_cash=min(available, account.credit_limit / 4).quantize(ZERO), minimum_payment=due,
            next_payment=left, next_payment_date=_day_of(month + late, CARD_DUE_DAY),
            last_payment=payments[0].amount if payments else None,
            last_payment_date=date_of(payments[0].posted_us) if payments else None,
            statement_balance=statement, statement_date=last_of(month - 1), past_due=due if late else ZERO,
        )  # fmt: skip


def loan_terms(ledger: Ledger, account: Account) -> LoanTerms:
    """Return a loan's terms; it was granted when the history begins, with the balance of that day (assumed)."""
    terms, owed = LOANS[account.key], ledger.balance(account)
    payments = _paid(ledger, account, LOAN_PAYMENT)
    year_us, month = instant(date(ledger.today.year, 1, 1)), month_number(ledger.today)
    month_us = instant(first_of(month))
    with exact():
        charged = [each for each in ledger.by_account[account.key] if INTEREST_CHARGE in each.categories]
        interest = sum((each.amount for each in charged if each.posted_us >= year_us), ZERO)
        payment = min(owed + monthly_interest(owed, account.key), monthly_payment(account.opening, account.key))
    seen = any(each.transacted_us >= month_us for each in ledger.by_account[account.key])
    return LoanTerms(
        rate=terms.rate, rate_since=ledger.household.since, interest_this_year=interest, months=terms.months,
        ends_on=_day_of(ledger.household.first_month + terms.months, terms.due_day),
        escrow=ZERO if account.type == "MORTGAGE" else None, next_payment=payment,
        next_payment_date=business_day(_day_of(month + seen, terms.due_day)) if owed else None,
        last_payment=payments[0].amount if payments else None,
        last_payment_date=date_of(payments[0].posted_us) if payments else None,
        original_principal=account.opening, principal=owed,
    )  # fmt: skip


def _paid(ledger: Ledger, account: Account, category: str) -> list[Entry]:
    """Return the posted payments on a debt, newest first."""
    return [
        each
        for each in ledger.by_account[account.key]
        if category in each.categories and each.type == "CREDIT" and each.posted_us <= ledger.as_of_us
    ]


def _day_of(month: int, day: int) -> date:
    return first_of(month).replace(day=day)
