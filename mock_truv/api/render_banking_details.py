"""The longer objects of a bank link: accounts with numbers, terms of cards and loans, holdings."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mock_truv.api import render_banking as objects
from mock_truv.api.shapes import banking as shapes
from mock_truv.core.banking import CURRENCY, card_terms, loan_terms
from mock_truv.core.banking.days import instant
from mock_truv.core.instants import text_seconds
from mock_truv.core.payroll.money import ZERO, cents, exact

if TYPE_CHECKING:
    from datetime import date

    from mock_truv.api.render_banking import Bank
    from mock_truv.core.banking import Account, Holding

RATE_DECIMALS = Decimal("0.0001")
FACE_VALUE = Decimal(100)


def numbered(it: Bank, account: Account) -> shapes.NumberedAccount:
    """Return an account with its numbers: real ones for ACH, and a token for instant payments (assumed)."""
    shown = objects.account_shown(it, account)
    token = f"9{it.ident('token', account.key).translate(str.maketrans('abcdef', '012345'))[:11]}"
    return shapes.NumberedAccount(
        id=shown.id,
        created_at=shown.created_at,
        updated_at=shown.updated_at,
        type=shown.type,
        subtype=shown.subtype,
        mask=shown.mask,
        nickname=shown.nickname,
        is_open=True,
        balances=shown.balances,
        provider=it.link.provider_id,
        provider_name=it.provider_name,
        numbers=shapes.Numbers(
            ACH=[_number(account, account.number, tokenized=False)],
            RTP=[_number(account, token, tokenized=True)],
            OTHERS=[],
        ),
    )


def _number(account: Account, number: str, *, tokenized: bool) -> shapes.AccountNumber:
    return shapes.AccountNumber(
        account_number=number, routing_number=account.routing_number, is_tokenized_account_number=tokenized
    )


def credit(it: Bank, account: Account) -> shapes.CreditLiability:
    """Return what is owed on a card and when how much of it is due."""
    terms = card_terms(it.ledger, account)
    return shapes.CreditLiability(
        account_id=it.ident("account", account.key),
        purchases_apr=str(terms.purchases_apr),
        advances_apr=str(terms.advances_apr),
        credit_line=str(terms.credit_line),
        current_balance=str(terms.current_balance),
        balance_as_of=it.updated_at,
        available_credit=str(terms.available_credit),
        available_cash=str(terms.available_cash),
        minimum_payment_amount=str(terms.minimum_payment),
        next_payment_amount=str(terms.next_payment),
        next_payment_date=str(terms.next_payment_date),
        last_payment_amount=_text(terms.last_payment),
        last_payment_date=_text(terms.last_payment_date),
        last_stmt_balance=str(terms.statement_balance),
        last_stmt_date=str(terms.statement_date),
        past_due_amount=str(terms.past_due),
    )


def loan(it: Bank, account: Account) -> shapes.LoanLiability:
    """Return what is owed on a loan and what its next payment is."""
    terms = loan_terms(it.ledger, account)
    return shapes.LoanLiability(
        account_id=it.ident("account", account.key),
        original_principal=str(terms.original_principal),
        principal_balance=str(terms.principal),
        balance_as_of=it.updated_at,
        interest_rate=str(terms.rate),
        interest_rate_as_of=_midnight(terms.rate_since),
        interest_paid_year_to_date=str(terms.interest_this_year),
        loan_term=str(terms.months),
        maturity_date=_midnight(terms.ends_on),
        escrow_balance=_text(terms.escrow),
        next_payment_amount=str(terms.next_payment),
        next_payment_date=None if terms.next_payment_date is None else _midnight(terms.next_payment_date),
        last_payment_amount=_text(terms.last_payment),
        last_payment_date=None if terms.last_payment_date is None else _midnight(terms.last_payment_date),
    )


def holding(it: Bank, account: Account, held: Holding) -> shapes.Holding:
    """Return what an investment account holds of one paper."""
    paper = held.paper
    with exact():
        gain = held.value - held.cost
        share = (gain / held.cost).quantize(RATE_DECIMALS) if held.cost else ZERO
        bought_at = cents(held.cost / held.units) if held.units else ZERO
        change = held.price - held.price_before
    return shapes.Holding(
        id=it.ident("holding", f"{account.key}:{paper.symbol}"),
        created_at=it.created_at,
        updated_at=it.updated_at,
        account_id=it.ident("account", account.key),
        holding_type=paper.type,
        symbol=paper.symbol,
        description=paper.description,
        quantity=str(held.units),
        currency_code=CURRENCY,
        cost_basis=str(held.cost),
        purchase_price=str(bought_at),
        current_price=str(held.price),
        current_price_as_of=_midnight(it.ledger.today),
        daily_change=str(change),
        market_value=str(held.value),
        total_ugl_amount=str(gain),
        total_ugl_percentage=str(share),
        face_value=None if paper.rate is None else str(cents(held.units * FACE_VALUE)),
        rate=_text(paper.rate),
    )


def _midnight(day: date) -> str:
    return text_seconds(instant(day))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
