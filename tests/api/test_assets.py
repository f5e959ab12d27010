"""Asset reports (VOA): every documented key, what they may be asked, and that they never change."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.api.shapes.assets import AssetReport
from tests.api.banks import ACCOUNT, OWNER, TRANSACTION, everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

AVERAGES = {"avg_30": "money?", "avg_60": "money?", "avg_90": "money?"}
REPORT: dict[str, Any] = {
    "report_id": "id", "created_at": "time", "completed_at": "time?", "days_requested": "whole", "as_of_date": "date",
    "large_deposit_threshold": "whole?", "is_voe": "flag",
    "borrower": {"id": "id", "external_user_id": "text?", "first_name": "text?", "last_name": "text?", "email": "text?",
                 "phone": "text?", "ssn": "text?", "created_at": "time", "updated_at": "time"},
    "links": "list", "summary": {"balance": "money", **AVERAGES},
}  # fmt: skip
LINK = {"link_id": "id", "created_at": "time", "updated_at": "time", "tracking_info": "text?", "provider": "text",
        "provider_name": "text", "accounts": "list"}  # fmt: skip
REPORTED: dict[str, Any] = {
    **ACCOUNT, "routing_number": "text", "days_available": "whole", "nsf": "whole", "owners": [OWNER],
    "summary": AVERAGES, "transactions": "list",
}  # fmt: skip


@pytest.fixture
def order(api: Api) -> Any:
    """An order of assets whose one bank is connected."""
    made = api.order(products=["assets"], employers=None, financial_institutions=[{"name": "Any Bank"}])
    api.sandbox.complete_bridge(made["financial_accounts"][0]["bridge_token"])
    api.sandbox.settle()
    return api.get(f"/orders/{made['id']}/")


def ask(api: Api, order: Any, **wishes: Any) -> Any:
    """Create a report of the order's user."""
    return api.post(f"/users/{order['user_id']}/assets/reports/", wishes)


def accounts(report: Any) -> list[Any]:
    """Return the accounts of all banks of a report."""
    return [account for link in report["links"] for account in link["accounts"]]


def test_report_has_every_documented_key(api: Api, order: Any, check_shape: Callable[..., None]) -> None:
    """Creating a report answers all of it, reading it gives the same bytes, and the user names it."""
    path = f"/users/{order['user_id']}/assets/reports/"
    answer = api.send("POST", path, content=b"", headers={"content-type": "application/json"})
    assert answer.status_code == 201
    report = answer.json()
    check_shape(report, REPORT)
    msgspec.json.decode(answer.content, type=AssetReport)
    (link,) = report["links"]
    check_shape(link, LINK)
    for account in link["accounts"]:
        check_shape(account, REPORTED)
        for each in account["transactions"]:
            check_shape({key: value for key, value in each.items() if key != "location"}, TRANSACTION)
    assert link["link_id"] == order["financial_accounts"][0]["link_id"]
    assert link["tracking_info"] == order["financial_accounts"][0]["id"]
    assert [account["type"] for account in link["accounts"]] == ["CHECKING", "SAVINGS", "INVESTMENT"]
    assert api.send("GET", f"{path}{report['report_id']}/").content == answer.content
    assert api.get(f"/users/{order['user_id']}/")["voa_report_id"] == report["report_id"]
    paper = api.send("GET", f"{path}{report['report_id']}/", params={"fmt": "pdf"})
    assert (paper.status_code, paper.headers["content-type"], paper.content[:5]) == (200, "application/pdf", b"%PDF-")


def test_each_completed_connection_brings_a_report(api: Api, order: Any) -> None:
    """Order and user name a report once a bank was connected, and another one after a refresh, by its wishes."""
    first = order["voa_report_id"]
    assert first == api.get(f"/users/{order['user_id']}/")["voa_report_id"]
    assert api.get(f"/users/{order['user_id']}/assets/reports/{first}/")["days_requested"] == 60
    voa = {"days_requested": 90, "large_deposit_threshold": {"fixed_amount": 700}, "account_ids": ["unknown", 5]}
    again = api.post(f"/orders/{order['id']}/", {"products": ["assets"], "reports": {"voa": voa}})
    api.sandbox.settle()
    second = api.get(f"/orders/{again['id']}/")["voa_report_id"]
    assert second not in {None, first}
    report = api.get(f"/users/{order['user_id']}/assets/reports/{second}/")
    assert (report["days_requested"], report["large_deposit_threshold"]) == (90, 700)
    assert api.get(f"/orders/{order['id']}/")["voa_report_id"] == first


def test_report_never_changes(api: Api, order: Any) -> None:
    """Neither time, nor a new reading, nor a change of the user changes a byte of a report."""
    report = ask(api, order, days_requested=120)
    path = f"/users/{order['user_id']}/assets/reports/{report['report_id']}/"
    before = api.send("GET", path).content
    api.patch(f"/users/{order['user_id']}/", {"first_name": "Other"})
    api.sandbox.clock.advance(days=70)
    api.post(f"/orders/{order['id']}/", {"products": ["assets"]})
    api.sandbox.settle()
    assert api.send("GET", path).content == before
    newer = ask(api, order, days_requested=120)
    assert newer["as_of_date"] > report["as_of_date"]
    assert newer["borrower"]["first_name"] == "Other"
    assert newer["summary"] != report["summary"]


@pytest.mark.parametrize("days", [30, 60, 90, 730])
def test_figures_follow_from_the_accounts(api: Api, order: Any, days: int) -> None:
    """The summary adds up the accounts; averages and transactions reach back as many days as were asked for."""
    report = ask(api, order, days_requested=days)
    assert report["days_requested"] == days
    for span in (30, 60, 90):
        each = [account["summary"][f"avg_{span}"] for account in accounts(report)]
        if span > days:
            assert {*each, report["summary"][f"avg_{span}"]} == {None}
        else:
            assert sum(Decimal(it) for it in each) == Decimal(report["summary"][f"avg_{span}"])
    balances = [Decimal(account["balances"]["balance"]) for account in accounts(report)]
    assert sum(balances) == Decimal(report["summary"]["balance"])
    link = report["links"][0]["link_id"]
    whole = {each["id"]: each for each in everything(api, link)}
    for account in accounts(report):
        assert all(whole[each["id"]] == each for each in account["transactions"])
        fees = [it for it in account["transactions"] if "Insufficient Funds Fee" in it["categories"]]
        assert account["nsf"] == len(fees)
        assert account["days_available"] >= 730


def test_balances_are_those_of_the_day_asked_for(api: Api, order: Any) -> None:
    """``as_of_date`` shows the accounts as they were at the end of that day, and no transaction after it."""
    today, earlier = ask(api, order), ask(api, order, as_of_date="2025-11-14", days_requested=45)
    assert (today["as_of_date"], earlier["as_of_date"]) == ("2026-01-05", "2025-11-14")
    whole = everything(api, today["links"][0]["link_id"])
    for now, then in zip(accounts(today), accounts(earlier), strict=True):
        assert now["id"] == then["id"]
        assert all("2025-10-01" <= each["transacted_at"][:10] <= "2025-11-14" for each in then["transactions"])
        if now["type"] == "INVESTMENT":
            continue
        moved = [
            Decimal(each["amount"]) * {"CREDIT": 1, "DEBIT": -1, "MEMO": 0}[each["type"]]
            for each in whole
            if each["account_id"] == now["id"] and each["posted_at"] and each["posted_at"] > "2025-11-15"
        ]
        assert Decimal(now["balances"]["balance"]) - Decimal(then["balances"]["balance"]) == sum(moved, Decimal(0))


def test_report_may_be_of_some_accounts(api: Api, order: Any) -> None:
    """``account_ids`` leaves only those accounts; one that is not the user's is refused by its place."""
    whole = ask(api, order)
    one = accounts(whole)[1]["id"]
    assert [account["id"] for account in accounts(ask(api, order, account_ids=[one]))] == [one]
    path = f"/users/{order['user_id']}/assets/reports/"
    digest = api.world_digest()
    assert list(api.refused("POST", path, {"account_ids": [one, "0" * 32]})) == ["account_ids[1]"]
    assert api.world_digest() == digest


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ({}, None),
        ({"fixed_amount": 2500.7, "sales_price": 1}, 2500),
        ({"sales_price": 400000}, 4000),
        ({"sales_price": 400000, "qualifying_monthly_income": 9000, "loan_type": "FHA"}, 4000),
        ({"sales_price": 400000, "qualifying_monthly_income": 9000, "loan_type": "OTHER"}, 4500),
    ],
)
def test_threshold_is_one_number(api: Api, order: Any, given: Any, expected: int | None) -> None:
    """The object of the request becomes the amount from which a deposit is large."""
    assert ask(api, order, large_deposit_threshold=given)["large_deposit_threshold"] == expected


def test_report_of_employment_has_deposits_only(api: Api, order: Any) -> None:
    """With ``is_voe`` the transactions are the deposits, among them the paychecks."""
    report = ask(api, order, is_voe=True)
    assert report["is_voe"] is True
    found = [each for account in accounts(report) for each in account["transactions"]]
    assert {each["type"] for each in found} == {"CREDIT"}
    assert any("Paycheck" in each["categories"] for each in found)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days_requested": 29}, "days_requested"), ({"days_requested": 731}, "days_requested"),
        ({"days_requested": "60"}, "days_requested"), ({"as_of_date": "2026-01-06"}, "as_of_date"),
        ({"as_of_date": "2020-01-01"}, "as_of_date"), ({"as_of_date": "2025-02-30"}, "as_of_date"),
        ({"as_of_date": "yesterday"}, "as_of_date"), ({"is_voe": "yes"}, "is_voe"),
        ({"large_deposit_threshold": {"fixed_amount": -1}}, "large_deposit_threshold.fixed_amount"),
    ],
)  # fmt: skip
def test_wrong_wishes_are_refused(api: Api, order: Any, body: Any, field: str) -> None:
    """A wish out of range, or of the wrong type, or of a day that cannot be, is refused by its name."""
    path = f"/users/{order['user_id']}/assets/reports/"
    digest = api.world_digest()
    assert list(api.refused("POST", path, body)) == [field]
    assert api.world_digest() == digest


def test_users_without_a_bank_have_an_empty_report(api: Api) -> None:
    """A report of a person with no bank has no links and a balance of nothing; nobody else reads it."""
    users = [api.post("/users/", {"first_name": name, "last_name": "Quill"})["id"] for name in ("Ada", "Bea")]
    report = api.post(f"/users/{users[0]}/assets/reports/")
    assert (report["links"], report["summary"]["balance"]) == ([], "0.00")
    assert api.send("GET", f"/users/{users[1]}/assets/reports/{report['report_id']}/").status_code == 404
    assert api.send("GET", f"/users/{users[0]}/assets/reports/{'0' * 32}/").status_code == 404


def test_deleted_bank_leaves_the_report(api: Api, order: Any) -> None:
    """Once a link is deleted, no report shows its accounts any more."""
    report = ask(api, order)
    api.delete(f"/links/{report['links'][0]['link_id']}/")
    again = api.get(f"/users/{order['user_id']}/assets/reports/{report['report_id']}/")
    assert (again["links"], again["summary"]["balance"]) == ([], "0.00")
