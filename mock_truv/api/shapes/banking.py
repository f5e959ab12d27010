"""What bank data look like: accounts, balances, transactions, numbers, liabilities, investments, statements.

The pages print days as date-times at midnight in places, an artefact of their generator: days are plain dates here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from mock_truv.api.shapes.base import Day, Id, Moment, Money, Shape, Url, assumed, inferred
from mock_truv.core.banking.accounts import AccountType
from mock_truv.core.banking.entries import Status
from mock_truv.core.banking.prices import HoldingType

ACCOUNT_TYPES = "liabilities/object and the asset test guide name the types; that there are no others is inferred"


class Balances(Shape):
    """What is in an account, or owed on it."""

    SOURCE = "balances/object"

    currency_code: str
    balance: Money | None
    available_balance: Money | None
    credit_limit: Money | None


class BankAccount(Shape):
    """An account at a bank."""

    SOURCE = "balances/object, transactions/object"

    id: Id
    created_at: Moment
    updated_at: Moment
    type: Annotated[AccountType, inferred(ACCOUNT_TYPES)]
    subtype: Annotated[str | None, inferred("liabilities/object says string or null; no closed list of subtypes")]
    mask: str
    nickname: str | None
    balances: Balances


class Location(Shape):
    """Where something was bought."""

    SOURCE = "transactions/object"

    latitude: float
    longitude: float


class Transaction(Shape):
    """One movement of an account. ``amount`` is positive; ``type`` says which way it goes."""

    SOURCE = "transactions/object"

    id: Id
    created_at: Moment
    updated_at: Moment
    account_id: Id
    external_id: str
    amount: Money
    currency_code: str
    check_number: Annotated[str | None, inferred("null where there is no check")]
    categories: list[str]
    description: str
    merchant_name: Annotated[str | None, inferred("null where there is no merchant")]
    status: Status
    type: Literal["CREDIT", "DEBIT", "MEMO"]
    posted_at: Annotated[Moment | None, inferred("null while it is not posted")]
    transacted_at: Moment
    memo: Annotated[str | None, inferred("null or text")]
    merchant_category_code: Annotated[int | None, inferred("a number in the sample, a string in the table")]
    location: Annotated[Location | None, inferred("null where the place is not known; numbers in the current sample")]


class Transactions(Shape):
    """A page of transactions, with the accounts they may belong to."""

    SOURCE = "link-bank-data-transactions"

    count: int
    next: str | None
    previous: str | None
    accounts: list[BankAccount]
    transactions: list[Transaction]


class AccountNumber(Shape):
    """The numbers by which an account is reached in one network."""

    SOURCE = "auth/object"

    account_number: str
    routing_number: str
    is_tokenized_account_number: bool


class Numbers(Shape):
    """Numbers by network."""

    SOURCE = "auth/object"

    ACH: list[AccountNumber]
    RTP: list[AccountNumber]
    OTHERS: list[AccountNumber]


class NumberedAccount(Shape):
    """An account with its numbers."""

    SOURCE = "auth/object"

    id: Id
    created_at: Moment
    updated_at: Moment
    type: Annotated[AccountType, inferred(ACCOUNT_TYPES)]
    subtype: str | None
    mask: str
    nickname: str | None
    is_open: bool
    balances: Balances
    provider: str
    provider_name: str
    numbers: Numbers


class Auth(Shape):
    """Account and routing numbers of all accounts that have any."""

    SOURCE = "auth/object"

    accounts: list[NumberedAccount]


class CreditLiability(Shape):
    """A credit card and what is due on it."""

    SOURCE = "liabilities/object, link_liabilities"

    account_id: Id
    purchases_apr: Money
    advances_apr: Money
    credit_line: Money
    current_balance: Money
    balance_as_of: Moment
    available_credit: Money
    available_cash: Money
    minimum_payment_amount: Money
    next_payment_amount: Money
    next_payment_date: Day
    last_payment_amount: Annotated[Money | None, inferred("null before the first payment")]
    last_payment_date: Annotated[Day | None, inferred("null before the first payment")]
    last_stmt_balance: Money
    last_stmt_date: Day
    past_due_amount: Money


class LoanLiability(Shape):
    """A loan or mortgage and what is due on it."""

    SOURCE = "liabilities/object, link_liabilities"

    account_id: Id
    original_principal: Money
    principal_balance: Money
    balance_as_of: Moment
    interest_rate: Money
    interest_rate_as_of: Moment
    interest_paid_year_to_date: Money
    loan_term: str
    """Months."""
    maturity_date: Moment
    escrow_balance: Annotated[Money | None, inferred("of mortgages; null on other loans")]
    next_payment_amount: Money
    next_payment_date: Annotated[Moment | None, inferred("null once the loan is paid")]
    last_payment_amount: Annotated[Money | None, inferred("null before the first payment")]
    last_payment_date: Annotated[Moment | None, inferred("null before the first payment")]


class LiabilityDetails(Shape):
    """The terms of everything owed."""

    SOURCE = "link_liabilities"

    credit: list[CreditLiability]
    loans: list[LoanLiability]


class Liabilities(Shape):
    """Accounts on which something is owed, and their terms."""

    SOURCE = "link_liabilities"

    accounts: list[BankAccount]
    liabilities: LiabilityDetails


class InvestmentAccount(BankAccount, kw_only=True):
    """An investment account: cash and holdings."""

    SOURCE = "link-investments-list"

    holdings_value: Money


class Holding(Shape):
    """What an investment account holds of one paper."""

    SOURCE = "link-investments-list"

    id: Id
    created_at: Moment
    updated_at: Moment
    account_id: Id
    holding_type: Annotated[HoldingType, inferred("the sample shows EXCHANGE_TRADED_FUND only")]
    symbol: str
    description: str
    quantity: Money
    currency_code: str
    cost_basis: Money
    purchase_price: Money
    current_price: Money
    current_price_as_of: Moment
    daily_change: Money
    market_value: Money
    total_ugl_amount: Money
    total_ugl_percentage: Money
    face_value: Annotated[Money | None, inferred("of bonds; null on other papers")]
    rate: Annotated[Money | None, inferred("of bonds; null on other papers")]


class Investments(Shape):
    """A page of holdings, with the accounts they are in."""

    SOURCE = "link-investments-list"

    count: int
    next: str | None
    previous: str | None
    accounts: list[InvestmentAccount]
    holdings: list[Holding]


class BankStatement(Shape):
    """The statement of one account for one month."""

    SOURCE = "link-bank-statements"

    id: Id
    external_id: str
    statement_date: Day
    account_id: Id
    file: Annotated[Url | None, assumed("null: no statement is drawn as a file; the page shows an address of a PDF")]


class OwnerAddress(Shape):
    """Where the owner of an account lives."""

    SOURCE = "income-insights-report-create"

    street: str
    city: str
    state: str
    zip: str
    country: str


class AccountOwner(Shape):
    """Who owns an account."""

    SOURCE = "income-insights/object, user-asset-verification-reports/object"

    id: Id
    full_name: str
    email: str | None
    phone: str | None
    address: OwnerAddress
    relation_type: Annotated[str, inferred("PRIMARY in all samples; no other word was seen")]
