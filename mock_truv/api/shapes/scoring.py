"""What a report of scoring attributes looks like. Its amounts are plain numbers, unlike everywhere else."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from mock_truv.api.shapes.base import Basis, Day, Id, Shape, assumed, inferred
from mock_truv.core.model.scoring import Purpose
from mock_truv.core.scoring import Outcome

WHICH = "scoring-attributes-report-retrieve shows one entry; which there are is assumed"


class ScoringReportId(Shape):
    """The answer to a request for a report."""

    SOURCE = "scoring-attributes-report-create"

    report_id: Id


class Alert(Shape):
    """Something that the lender should know of a report."""

    SOURCE = "scoring-attributes-report-retrieve"

    alert_code: int
    message: str


class Score(Shape):
    """A score; there are none for mere verification."""

    SOURCE = "scoring-attributes-report-retrieve"

    name: str
    version: int
    value: int


class Metric(Shape):
    """A figure of one period."""

    SOURCE = "scoring-attributes-report-retrieve"

    name: str
    time_period: str
    short_name: str
    unit: Annotated[Literal["dollars", "count"], assumed("dollars is documented")]
    value: float


class DerivedIncome(Shape):
    """Deposits that come again and again."""

    SOURCE = "scoring-attributes-report-retrieve"

    description: str
    frequency: str
    days: list[int]
    formatted_frequency: str
    months: int
    average_amount: float
    monthly_amount: float


class ScoringReport(Shape):
    """Scoring attributes of a customer."""

    SOURCE = "scoring-attributes-report-retrieve, scoring-attributes/object"
    BASIS: ClassVar[Basis] = "documented"

    report_id: Id
    guid: Id
    source_guid: Annotated[Id | None, inferred("scoring-attributes/object: null for a new customer")]
    refresh: bool
    lender_reference: str
    customer_identifier: str
    purpose: Purpose
    status: Outcome
    cutoff_date: Day
    created_at: str
    updated_at: str
    alerts: list[Alert]
    scores: Annotated[list[Score], assumed(WHICH)]
    metrics: Annotated[list[Metric], assumed(WHICH)]
    derived_incomes: list[DerivedIncome]
