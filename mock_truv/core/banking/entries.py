"""Transactions as value objects, and what a bank says of one that it has not posted yet."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from mock_truv.core.instants import DAY_US

Status = Literal["POSTED", "PENDING", "AUTHORIZATION", "MEMO"]
Kind = Literal["CREDIT", "DEBIT", "MEMO"]
Way = Literal["card", "deposit", "other"]
IncomeCategory = Literal[
    "PAYCHECK", "GIG_ECONOMY", "RENTAL", "EWA_PAYROLL", "P2P_TRANSFER", "TAX_CREDITS", "CASH_OR_CHECK"
]  # fmt: skip
"""Those that were seen of a longer list (income insights object)."""

NSF = "Insufficient Funds Fee"
CARD_PAYMENT = "Credit Card Payment"
LOAN_PAYMENT = "Loan Payment"
INTEREST_CHARGE = "Interest Charge"


class Entry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One movement of one account, in dollars; ``amount`` is never negative, ``type`` says which way it goes.

    A credit raises what is in an account and lowers what is owed on one; a ``MEMO`` moves nothing.
    """

    key: str
    """Unique within a household: its month and its number in it."""
    account: str
    amount: Decimal
    type: Kind
    categories: tuple[str, ...]
    description: str
    transacted_us: int
    posted_us: int
    way: Way = "other"
    """How it came: a card is authorised first, a deposit is noted (memo-posted) until it is good."""
    merchant: str | None = None
    code: int | None = None
    """Merchant category code (ISO 18245)."""
    place: tuple[float, float] | None = None
    """Latitude and longitude of the merchant."""
    check_number: str | None = None
    memo: str | None = None
    income: IncomeCategory | None = None
    """What kind of income it is, if it is income."""
    symbol: str | None = None
    """What was bought with it, in an investment account, and how much of it."""
    quantity: Decimal | None = None

    def status(self, at_us: int) -> Status:
        """Return how far it has come by an instant (which words mean which stage is assumed)."""
        if self.posted_us <= at_us:
            return "POSTED"
        if self.way == "card" and at_us - self.transacted_us < DAY_US:
            return "AUTHORIZATION"
        return "MEMO" if self.way == "deposit" else "PENDING"
