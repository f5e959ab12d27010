"""Bodies of scoring attributes. Required fields and words by the reference page, lengths and limits assumed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.common import Date
from mock_truv.core.model.scoring import Purpose

Key = Annotated[str, Meta(min_length=1, max_length=255)]
Day = Annotated[Date, Meta(description="a date, YYYY-MM-DD")]
Amount = Annotated[float, Meta(ge=-1_000_000_000_000, le=1_000_000_000_000)]


class Institution(msgspec.Struct):
    """A bank."""

    identifier: Key
    name: str
    data_source: str | None = None


class Account(msgspec.Struct):
    """An account at one of the banks."""

    identifier: Key
    institution_identifier: Key
    type: Key
    balance_amount: Amount
    balance_date: Day
    autopay: bool | None = None


class Transaction(msgspec.Struct):
    """A transaction of one of the accounts; money in is positive."""

    identifier: Key
    account_identifier: Key
    post_date: Day
    amount: Amount
    status: str
    description: str


class CreateScoringReport(msgspec.Struct):
    """``POST /v1/scoring_attributes/reports``."""

    lender_reference: Key
    customer_identifier: Key
    purpose: Purpose
    cutoff_date: Day
    institutions: list[Institution]
    accounts: list[Account]
    transactions: list[Transaction]
    loan_data_enabled: bool | None = None
