"""Requests for scoring attributes, with the bank data that the lender sent."""

from __future__ import annotations

from typing import Literal

from mock_truv.core.plain import Frozen, Plain

Purpose = Literal["decisioning", "verification", "analytics"]


class ScoredAccount(Frozen, frozen=True, kw_only=True):
    """An account as it was sent."""

    identifier: str
    institution_identifier: str
    type: str
    balance_amount: float
    balance_date: str
    autopay: bool | None = None


class ScoredTransaction(Frozen, frozen=True, kw_only=True):
    """A transaction as it was sent."""

    identifier: str
    account_identifier: str
    post_date: str
    amount: float
    status: str
    description: str


class ScoringReport(Plain, kw_only=True):
    """A request for scoring attributes; its result follows from it alone."""

    id: str
    created_us: int
    lender_reference: str
    customer_identifier: str
    purpose: Purpose
    cutoff_date: str
    loan_data_enabled: bool
    source_id: str | None
    """The latest earlier report of the same customer."""
    institutions: list[str]
    accounts: list[ScoredAccount]
    transactions: list[ScoredTransaction]
