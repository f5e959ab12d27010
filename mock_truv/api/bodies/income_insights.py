"""Bodies of income insights reports."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mock_truv.api.bodies.assets import Days


class CreateIncomeInsights(msgspec.Struct):
    """``POST /v1/users/{id}/income_insights/reports/``. The list of purposes is not known, so any is taken."""

    days_requested: Days | None = None
    consumer_report_permissible_purpose: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
