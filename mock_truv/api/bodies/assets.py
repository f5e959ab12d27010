"""Bodies of asset reports."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.common import Date

Days = Annotated[int, Meta(ge=30, le=730)]
Dollars = Annotated[float, Meta(ge=0, le=1_000_000_000_000)]


class LargeDepositThreshold(msgspec.Struct):
    """By what a deposit counts as large."""

    fixed_amount: Dollars | None = None
    sales_price: Dollars | None = None
    qualifying_monthly_income: Dollars | None = None
    loan_type: Annotated[str, Meta(max_length=64)] | None = None


class CreateAssetReport(msgspec.Struct):
    """``POST /v1/users/{id}/assets/reports/``; no body at all is fine."""

    days_requested: Days | None = None
    as_of_date: Annotated[Date, Meta(description="a date, YYYY-MM-DD")] | None = None
    large_deposit_threshold: LargeDepositThreshold | None = None
    is_voe: bool | None = None
    account_ids: list[str] | None = None
