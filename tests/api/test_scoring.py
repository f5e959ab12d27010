"""Scoring attributes: what the lender sends, and the figures that follow from it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api.shapes.scoring import ScoringReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

PATH = "/scoring_attributes/reports"
REPORT: dict[str, Any] = {
    "report_id": "id", "guid": "id", "source_guid": "id?", "refresh": "flag", "lender_reference": "text",
    "customer_identifier": "text", "purpose": "text", "status": "text", "cutoff_date": "date", "created_at": "text",
    "updated_at": "text", "alerts": [{"alert_code": "whole", "message": "text"}],
    "scores": [{"name": "text", "version": "whole", "value": "whole"}], "metrics": "list", "derived_incomes": "list",
}  # fmt: skip
METRIC = {"name", "time_period", "short_name", "unit", "value"}
INCOME = {"description", "frequency", "days", "formatted_frequency", "months", "average_amount", "monthly_amount"}
CUTOFF = date(2021, 3, 31)


def transaction(number: int, days_ago: int, amount: float, description: str = "Local Purchase", **more: Any) -> Any:
    """Return a transaction some days before the cutoff date."""
    usual = {"account_identifier": "acct-1", "status": "posted"}
    day = (CUTOFF - timedelta(days=days_ago)).isoformat()
    return {"identifier": f"tran-{number}", "post_date": day, "amount": amount, "description": description,
            **usual, **more}  # fmt: skip


def request(*transactions: Any, **fields: Any) -> dict[str, Any]:
    """Return a request with one account at one bank."""
    usual: dict[str, Any] = {
        "lender_reference": "appl-1234", "customer_identifier": "cust-1", "purpose": "decisioning",
        "cutoff_date": CUTOFF.isoformat(), "institutions": [{"identifier": "inst-1", "name": "Any Bank"}],
        "accounts": [{"identifier": "acct-1", "institution_identifier": "inst-1", "type": "checking",
                      "balance_amount": 35.22, "balance_date": CUTOFF.isoformat(), "autopay": True}],
        "transactions": list(transactions),
    }  # fmt: skip
    return {**usual, **fields}


def ask(api: Api, body: dict[str, Any]) -> Any:
    """Create a report and read it."""
    made = api.post(PATH, body)
    assert list(made) == ["report_id"]
    return api.get(f"{PATH}/{made['report_id']}")


def value(report: Any, name: str, period: str) -> float:
    """Return one metric."""
    (found,) = [each["value"] for each in report["metrics"] if (each["name"], each["time_period"]) == (name, period)]
    return float(found)


def test_report_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """A report has every key of the reference, and money in plain numbers."""
    pay = [transaction(at, 14 * at, 900.5, "ACME PAYROLL") for at in range(6)]
    report = ask(api, request(*pay))
    check_shape(report, REPORT)
    msgspec.convert(report, ScoringReport)
    assert (report["status"], report["alerts"], report["refresh"]) == ("success", [], False)
    assert all(set(each) == METRIC and isinstance(each["value"], float) for each in report["metrics"])
    (income,) = report["derived_incomes"]
    assert set(income) == INCOME
    assert (income["frequency"], income["average_amount"], income["monthly_amount"]) == ("bi_weekly", 900.5, 1951.08)
    assert income["days"] == [CUTOFF.isoweekday()]


def test_metrics_add_up_what_was_posted(api: Api) -> None:
    """Sums take what was posted within their period up to the cutoff date, and fees by their words."""
    report = ask(api, request(
        transaction(1, 0, 100.10), transaction(2, 29, -40.05), transaction(3, 30, 7), transaction(4, 60, 3),
        transaction(5, 61, 5), transaction(6, -1, 1000), transaction(7, 3, 500, status="pending"),
        transaction(8, 10, -34, "NSF RETURNED ITEM FEE"),
    ))  # fmt: skip
    assert value(report, "deposit_amount", "1m_l0") == 100.10
    assert value(report, "withdrawal_amount", "1m_l0") == 74.05
    assert value(report, "deposit_amount", "2m_l0") == 110.10
    assert value(report, "deposit_amount", "6m_l0") == 115.10
    assert value(report, "transaction_count", "1m_l0") == 3
    assert (value(report, "derived_nsf_fee_amount", "2m_l0"), value(report, "derived_nsf_fee_count", "2m_l0")) == (
        34,
        1,
    )
    assert report["alerts"] == [{"alert_code": 1, "message": "No consistent income sources present"}]
    assert report["scores"] == [{"name": "Overdraft Risk Score", "version": 1, "value": 810}]


def test_card_data_count_only_when_asked_for(api: Api) -> None:
    """What was bought on a card is left out unless ``loan_data_enabled``."""
    card = {"identifier": "card", "institution_identifier": "inst-1", "type": "credit_card", "balance_amount": 1,
            "balance_date": "2021-03-31"}  # fmt: skip
    body = request(transaction(1, 1, -10, account_identifier="card"))
    body["accounts"].append(card)
    assert value(ask(api, body), "withdrawal_amount", "1m_l0") == 0
    assert value(ask(api, {**body, "loan_data_enabled": True}), "withdrawal_amount", "1m_l0") == 10


@pytest.mark.parametrize(
    ("gap", "count", "frequency"), [(7, 8, "weekly"), (15, 6, "semi_monthly"), (30, 4, "monthly"), (50, 3, None)]
)
def test_frequency_is_that_of_the_deposits(api: Api, gap: int, count: int, frequency: str | None) -> None:
    """Deposits in a rhythm are income with that frequency; others are not."""
    report = ask(api, request(*(transaction(at, gap * at, 10, "SOMEBODY") for at in range(count))))
    assert [each["frequency"] for each in report["derived_incomes"]] == ([] if frequency is None else [frequency])


def test_verification_has_no_score(api: Api) -> None:
    """Only decisions and analyses are scored; a customer's later report names the one before."""
    first = ask(api, request(purpose="analytics"))
    second = ask(api, request(purpose="verification"))
    assert (len(first["scores"]), second["scores"]) == (1, [])
    assert (first["source_guid"], second["source_guid"]) == (None, first["guid"])
    assert ask(api, request(customer_identifier="cust-2"))["source_guid"] is None


def test_data_that_do_not_fit_are_not_imported(api: Api) -> None:
    """A transaction of an unknown account, or an account of an unknown bank, ends the report in an error."""
    for body in (request(transaction(1, 1, 1, account_identifier="other")), request(institutions=[])):
        report = ask(api, body)
        assert (report["status"], report["metrics"], report["scores"]) == ("data_import_error", [], [])
        assert [each["alert_code"] for each in report["alerts"]] == [2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purpose": "other"}, "purpose"), ({"cutoff_date": "2021-02-30"}, "cutoff_date"),
        ({"cutoff_date": "2021-03-31T00:00:00.000Z"}, "cutoff_date"), ({"accounts": None}, "accounts"),
        ({"transactions": [transaction(1, 1, 1) | {"amount": "1"}]}, "transactions[0].amount"),
        ({"transactions": [transaction(1, 1, 1, post_date="2021-04-31")]}, "transactions[0].post_date"),
        ({"transactions": [transaction(1, 1, 1e300)]}, "transactions[0].amount"), ({"lender_reference": ""},
                                                                                  "lender_reference"),
    ],
)  # fmt: skip
def test_wrong_requests_are_refused(api: Api, change: dict[str, Any], field: str) -> None:
    """A wrong field is refused by its name and nothing is kept; an unknown report is not there."""
    digest = api.world_digest()
    assert list(api.refused("POST", PATH, {**request(), **change})) == [field]
    assert api.world_digest() == digest
    assert api.send("GET", f"{PATH}/{'0' * 32}").status_code == 404


def test_oldest_day_is_fine(api: Api) -> None:
    """The first day of the calendar is a cutoff date like any other."""
    assert ask(api, request(cutoff_date="0001-01-01"))["status"] == "success"
