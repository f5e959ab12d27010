"""Reports of bank income: a user's and a link's, every documented key, and figures that follow from transactions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api.shapes.income_insights import IncomeInsights
from tests.api.banks import OWNER, everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

AMOUNT = {"amount": "money", "iso_currency_code": "text"}
DEPOSIT = {"amount": "money", "iso_currency_code": "text", "date": "date", "check_number": "text?",
           "description": "text", "pending": "flag", "transaction_id": "id"}  # fmt: skip
MONTH = {"start_date": "date", "end_date": "date", "total_amount": "money", "iso_currency_code": "text",
         "transactions": [DEPOSIT]}  # fmt: skip
SOURCE: dict[str, Any] = {
    "start_date": "date", "end_date": "date", "account_id": "id", "total_amount": "money", "transaction_count": "whole",
    "historical_summary": [MONTH], "avg_deposit_amount": "money", "avg_gross_deposit_amount": "money?",
    "income_description": "text", "income_category": "text", "pay_frequency": "text?", "next_payment_date": "date?",
    "iso_currency_code": "text", "historical_average_monthly_income": "money",
    "historical_average_monthly_gross_income": "money?", "forecasted_average_monthly_income": "money",
}  # fmt: skip
SUMMARY: dict[str, Any] = {
    "start_date": "date?", "end_date": "date?", "income_sources_count": "whole", "income_categories_count": "whole",
    "income_transactions_count": "whole", "total_amounts": [AMOUNT], "historical_average_monthly_income": [AMOUNT],
    "forecasted_average_monthly_income": [AMOUNT], "historical_annual_income": [AMOUNT],
}  # fmt: skip
ACCOUNT: dict[str, Any] = {"id": "id", "mask": "text", "nickname": "text?", "type": "text", "subtype": "text?",
                           "days_available": "whole", "owners": [OWNER]}  # fmt: skip
LINK: dict[str, Any] = {
    "link_id": "id", "created_at": "time", "updated_at": "time", "provider": "text", "provider_name": "text",
    "tracking_info": "text?", "accounts": [ACCOUNT], "bank_income_sources": [SOURCE],
}  # fmt: skip
REPORT: dict[str, Any] = {"report_id": "id", "created_at": "time", "completed_at": "time?", "days_requested": "whole",
                          "links": [LINK], "bank_income_summary": SUMMARY}  # fmt: skip
LINK_REPORT: dict[str, Any] = {
    "status": "text", "completed_at": "time?", "days_requested": "whole", "tracking_info": "text?", "provider": "text",
    "access_token": "id", "companies": "texts", "accounts": [{**ACCOUNT, "created_at": "time", "updated_at": "time"}],
    "income": [SOURCE], "summary": SUMMARY, "is_suspicious": "flag",
}  # fmt: skip


@pytest.fixture
def user(api: Api) -> str:
    """A user with one bank connected."""
    made = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})["id"]
    token = api.post(f"/users/{made}/tokens/", {"product_type": "transactions", "tracking_info": "case-1"}, 200)
    api.sandbox.complete_bridge(token["bridge_token"])
    api.sandbox.settle()
    return str(made)


def ask(api: Api, user: str, **body: Any) -> Any:
    """Create a report of a user's income."""
    return api.post(f"/users/{user}/income_insights/reports/", body)


def cents(amount: Decimal) -> str:
    """Return an amount as the API writes it."""
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_report_has_every_documented_key(api: Api, user: str, check_shape: Callable[..., None]) -> None:
    """Creating a report answers all of it, reading it gives the same bytes, and the user names it."""
    path = f"/users/{user}/income_insights/reports/"
    body = {"days_requested": 90, "consumer_report_permissible_purpose": "ACCOUNT_REVIEW_CREDIT"}
    answer = api.send("POST", path, json=body)
    assert answer.status_code == 201
    report = answer.json()
    check_shape(report, REPORT)
    msgspec.json.decode(answer.content, type=IncomeInsights)
    assert report["links"][0]["tracking_info"] == "case-1"
    assert [account["type"] for account in report["links"][0]["accounts"]] == ["CHECKING", "SAVINGS"]
    assert all(account["mask"].startswith("****") for account in report["links"][0]["accounts"])
    assert api.send("GET", f"{path}{report['report_id']}/").content == answer.content
    assert api.get(f"/users/{user}/")["income_insights_report_id"] == report["report_id"]
    paper = api.send("GET", f"{path}{report['report_id']}/", params={"fmt": "pdf"})
    assert (paper.status_code, paper.headers["content-type"], paper.content[:5]) == (200, "application/pdf", b"%PDF-")


@pytest.mark.parametrize("days", [30, 60, 365, 730])
def test_figures_follow_from_the_transactions(api: Api, user: str, days: int) -> None:
    """Every deposit of a source is a transaction of the link; totals, averages and counts follow from them."""
    report = ask(api, user, days_requested=days)
    (link,) = report["links"]
    known = {each["id"]: each for each in everything(api, link["link_id"])}
    sources = link["bank_income_sources"]
    for source in sources:
        deposits = [each for month in source["historical_summary"] for each in month["transactions"]]
        for each in deposits:
            transaction = known[each["transaction_id"]]
            assert (transaction["amount"], transaction["type"]) == (each["amount"], "CREDIT")
            assert transaction["account_id"] == source["account_id"]
            assert transaction["transacted_at"].startswith(each["date"])
            assert each["pending"] == (transaction["status"] != "POSTED")
        for month in source["historical_summary"]:
            assert month["total_amount"] == cents(
                sum((Decimal(it["amount"]) for it in month["transactions"]), Decimal(0))
            )
        total = sum((Decimal(each["amount"]) for each in deposits), Decimal(0))
        assert source["total_amount"] == cents(total)
        assert source["transaction_count"] == len(deposits)
        assert source["avg_deposit_amount"] == cents(total / len(deposits))
        assert source["historical_average_monthly_income"] == cents(total / len(source["historical_summary"]))
        assert (source["start_date"], source["end_date"]) == (deposits[0]["date"], deposits[-1]["date"])
    summary = report["bank_income_summary"]
    assert summary["income_sources_count"] == len(sources)
    assert summary["income_categories_count"] == len({source["income_category"] for source in sources})
    assert summary["income_transactions_count"] == sum(source["transaction_count"] for source in sources)
    for key, part in (
        ("total_amounts", "total_amount"),
        ("historical_average_monthly_income",) * 2,
        ("forecasted_average_monthly_income",) * 2,
    ):
        assert summary[key][0]["amount"] == cents(sum((Decimal(it[part]) for it in sources), Decimal(0)))
    monthly = Decimal(summary["historical_average_monthly_income"][0]["amount"])
    assert summary["historical_annual_income"][0]["amount"] == cents(monthly * 12)


def test_paychecks_are_the_pay_statements(api: Api, user: str) -> None:
    """What a payroll link says was paid out in net pay, the bank link of the same person says came in."""
    token = api.post(f"/users/{user}/tokens/", {"product_type": "income"}, 200)
    link = api.sandbox.complete_bridge(token["bridge_token"])["link_id"]
    api.sandbox.settle()
    papers = api.get(f"/links/{link}/income/report/")["employments"][0]["statements"]
    paid = {paper["pay_date"]: Decimal(paper["net_pay"]) for paper in papers if paper["pay_date"] >= "2025-01-01"}
    arrived: dict[str, Decimal] = {}
    (bank,) = ask(api, user, days_requested=730)["links"]
    for source in bank["bank_income_sources"]:
        if source["income_category"] == "PAYCHECK":
            assert source["pay_frequency"] == "BW"
            for month in source["historical_summary"]:
                for each in month["transactions"]:
                    arrived[each["date"]] = arrived.get(each["date"], Decimal(0)) + Decimal(each["amount"])
    assert {day: amount for day, amount in arrived.items() if day >= "2025-01-01"} == paid
    assert len(paid) > 20


def test_reports_never_change(api: Api, user: str) -> None:
    """A report stays as it was made; a later one of a new reading has moved on."""
    report = ask(api, user)
    path = f"/users/{user}/income_insights/reports/{report['report_id']}/"
    before = api.send("GET", path).content
    link = report["links"][0]["link_id"]
    api.sandbox.clock.advance(days=35)
    token = api.sandbox.runtime.journal.world.state.links[link].access_token
    api.post("/refresh/tasks/", {"access_token": token}, 200)
    api.sandbox.settle()
    assert api.send("GET", path).content == before
    newer = ask(api, user)
    assert newer["bank_income_summary"]["end_date"] > report["bank_income_summary"]["end_date"]


def test_link_has_its_own_report(api: Api, user: str, check_shape: Callable[..., None]) -> None:
    """The link's report has the same sources as the user's, of one bank, and the employers by name."""
    whole = ask(api, user, days_requested=60)
    link = whole["links"][0]["link_id"]
    report = api.get(f"/links/{link}/income/transactions/reports/")
    check_shape(report, LINK_REPORT)
    assert (report["status"], report["days_requested"], report["tracking_info"]) == ("success", 60, "case-1")
    assert report["income"] == whole["links"][0]["bank_income_sources"]
    assert report["summary"] == whole["bank_income_summary"]
    assert report["companies"] == ["HEARTHSIDE HOME SUPPLY"]


def test_wrong_wishes_are_refused(api: Api, user: str) -> None:
    """Days out of range are refused; a user without banks has a report without income, which only that user reads."""
    path = f"/users/{user}/income_insights/reports/"
    assert list(api.refused("POST", path, {"days_requested": 29})) == ["days_requested"]
    other = api.post("/users/", {"first_name": "Bea", "last_name": "Quill"})["id"]
    empty = ask(api, other)
    assert (empty["links"], empty["bank_income_summary"]["start_date"]) == ([], None)
    assert empty["bank_income_summary"]["total_amounts"] == [{"amount": "0.00", "iso_currency_code": "USD"}]
    assert api.send("GET", f"{path}{empty['report_id']}/").status_code == 404
