"""Operations on scoring attributes: the lender sends bank data and gets figures back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from mock_truv.api.bodies.scoring import CreateScoringReport
from mock_truv.api.call import Operation
from mock_truv.api.shapes.scoring import Alert, DerivedIncome, Metric, Score, ScoringReport, ScoringReportId
from mock_truv.core import model
from mock_truv.core import scoring as rules
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import datetime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.api.call import Call, Finder

NO_INCOME = Alert(alert_code=1, message="No consistent income sources present")
NOT_IMPORTED = Alert(alert_code=2, message="An account or transaction refers to something that was not sent")
SHORT_WORDS = {"derived": "drvd", "amount": "amt", "count": "cnt", "transaction": "trn", "deposit": "dep",
               "withdrawal": "wdrl"}  # fmt: skip


def create(call: Call) -> ScoringReportId:
    """Create a report of scoring attributes; only its id is answered."""
    body: CreateScoringReport = call.body
    wrong = list(_wrong_days(body))
    if wrong:
        raise WrongInput(*wrong)
    world = call.world
    report = model.ScoringReport(
        id=world.new_id("scoring-report"),
        created_us=world.now_us,
        lender_reference=body.lender_reference,
        customer_identifier=body.customer_identifier,
        purpose=body.purpose,
        cutoff_date=body.cutoff_date,
        loan_data_enabled=bool(body.loan_data_enabled),
        source_id=rules.previous(world, body.customer_identifier),
        institutions=[each.identifier for each in body.institutions],
        accounts=[
            model.ScoredAccount(
                identifier=each.identifier,
                institution_identifier=each.institution_identifier,
                type=each.type,
                balance_amount=each.balance_amount,
                balance_date=each.balance_date,
                autopay=each.autopay,
            )
            for each in body.accounts
        ],
        transactions=[
            model.ScoredTransaction(
                identifier=each.identifier,
                account_identifier=each.account_identifier,
                post_date=each.post_date,
                amount=each.amount,
                status=each.status,
                description=each.description,
            )
            for each in body.transactions
        ],
    )
    return ScoringReportId(report_id=rules.create(world, report).id)


def read(call: Call) -> ScoringReport:
    """Return a report of scoring attributes; it is never ``processing`` here."""
    report: model.ScoringReport = call.target
    world = call.world
    status = rules.outcome(report)
    good = status == "success"
    incomes = rules.derived_incomes(report) if good else []
    earlier = world.state.scoring_reports.get(report.source_id or "")
    moment = f"{datetime_of(report.created_us):%Y-%m-%d %H:%M:%S} +0000"
    return ScoringReport(
        report_id=report.id,
        guid=rules.guid(world, report),
        source_guid=None if earlier is None else rules.guid(world, earlier),
        refresh=False,
        lender_reference=report.lender_reference,
        customer_identifier=report.customer_identifier,
        purpose=report.purpose,
        status=status,
        cutoff_date=report.cutoff_date,
        created_at=moment,
        updated_at=moment,
        alerts=[NOT_IMPORTED] if not good else [] if incomes else [NO_INCOME],
        scores=[Score(name="Overdraft Risk Score", version=1, value=rules.overdraft_risk(report))]
        if good and report.purpose != "verification"
        else [],
        metrics=[_metric(each) for each in rules.metrics(report)] if good else [],
        derived_incomes=[_income(each) for each in incomes],
    )


def _metric(each: rules.Metric) -> Metric:
    short = "_".join(SHORT_WORDS.get(word, word) for word in each.name.split("_"))
    return Metric(
        name=each.name,
        time_period=each.time_period,
        short_name=f"{short}_{each.time_period}",
        unit="dollars" if each.unit == "dollars" else "count",
        value=float(each.value),
    )


def _income(each: rules.DerivedIncome) -> DerivedIncome:
    return DerivedIncome(
        description=each.description,
        frequency=each.frequency,
        days=each.days,
        formatted_frequency=each.formatted_frequency,
        months=each.months,
        average_amount=float(each.average_amount),
        monthly_amount=float(each.monthly_amount),
    )


def _wrong_days(body: CreateScoringReport) -> Iterator[tuple[str, str]]:
    """Yield every date that is of the right form and in no calendar."""
    days = {"cutoff_date": body.cutoff_date}
    days |= {f"accounts[{at}].balance_date": each.balance_date for at, each in enumerate(body.accounts)}
    days |= {f"transactions[{at}].post_date": each.post_date for at, each in enumerate(body.transactions)}
    for field, text in days.items():
        try:
            date.fromisoformat(text)
        except ValueError:
            yield field, f"There is no such day: {text!r}"


OPERATIONS = (
    Operation(
        "POST", "/scoring_attributes/reports/", create, "scoring-attributes-report-create; status inferred",
        CreateScoringReport, 201, answer=ScoringReportId,
    ),
    Operation("GET", "/scoring_attributes/reports/{scoring_report}/", read, "scoring-attributes-report-retrieve",
              answer=ScoringReport),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"scoring_report": lambda world, ident, _: world.state.scoring_reports.get(ident)}
