"""Deposit switches and paycheck-linked loans: their reports, what they do to the pay, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

PROVIDER = {"id": "text", "name": "text", "logo_url": "url?"}
EMPLOYER = {"id": "text?", "name": "text?", "logo_url": "url?"}
DETAILS = dict.fromkeys(
    ("account_number", "account_type", "routing_number", "bank_name", "deposit_type", "deposit_value"), "text"
)
INITIAL = {**DETAILS, "account_name": "text?", "deposit_value": "money"}
REPORT: dict[str, Any] = {
    "id": "id", "status": "text", "finished_at": "time?", "completed_at": "blank time?", "access_token": "id?",
    "tracking_info": "text?", "is_suspicious": "flag", "deposit_details": DETAILS, "initial_accounts": [INITIAL],
    "pdf_report": "url?", "provider": PROVIDER, "employer": EMPLOYER,
}  # fmt: skip
USER_REPORT: dict[str, Any] = {"completed_at": "time?", "links": [{
    "link_id": "id", "deposit_details": DETAILS, "tracking_info": "text?", "access_token": "id?",
    "provider": {**PROVIDER, "supported_bank_account_actions": "texts"}, "employer": EMPLOYER, "created_at": "time",
    "updated_at": "time",
}]}  # fmt: skip
ACCOUNT = {"account_number": "555001", "routing_number": "12345678", "account_type": "savings",
           "bank_name": "Example Bank"}  # fmt: skip
PATHS = {"deposit_switch": ("direct_deposit", "deposit_switch"), "pll": ("pll",)}
"""Product -> names under which a link's report is read."""


def order_of(api: Api, product: str, **account: Any) -> Any:
    """Return the completed order of one product that sends pay to ``ACCOUNT``."""
    return api.connected(products=[product], employers=[{"account": ACCOUNT | account}], external_user_id="one")


@pytest.mark.parametrize("product", PATHS)
def test_a_switch_has_a_report_under_every_name(api: Api, check_shape: Callable[..., None], product: str) -> None:
    """A link's report has every documented key, the account as it was sent, and the accounts of the pay before."""
    order = order_of(api, product, deposit_type="percent", deposit_value="35")
    (employer,) = order["employers"]
    link_id = employer["link_id"]
    reports = [api.get(f"/links/{link_id}/{name}/report/") for name in PATHS[product]]
    assert all(each == reports[0] for each in reports)
    report = reports[0]
    check_shape(report, REPORT)
    assert report["deposit_details"] == {**ACCOUNT, "deposit_type": "percent", "deposit_value": "35"}
    assert [(each["deposit_type"], each["deposit_value"]) for each in report["initial_accounts"]] == [
        ("percent", "80.00"), ("percent", "20.00"),
    ]  # fmt: skip
    assert (report["status"], report["tracking_info"], report["access_token"]) == (
        "done", employer["id"], employer["access_token"],
    )  # fmt: skip
    other = next(name for kind, names in PATHS.items() if kind != product for name in names)
    assert api.get(f"/links/{link_id}/{other}/report/", 404) == {"detail": "Not Found."}


@pytest.mark.parametrize("product", PATHS)
def test_reports_are_files_where_they_are_asked_for(api: Api, product: str) -> None:
    """With the knob ``file_urls = own`` a report names an address of this mock where a PDF is; else it names none."""
    (employer,) = order_of(api, product, deposit_type="amount", deposit_value="35")["employers"]
    path = f"/links/{employer['link_id']}/{PATHS[product][0]}/report/"
    assert api.get(path)["pdf_report"] is None
    api.sandbox.change_profile(file_urls="own")
    address = api.get(path)["pdf_report"]
    assert api.get(path)["id"] in address
    answer = api.client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    kind = {"deposit_switch": "deposit-report", "pll": "loan-report"}[product]
    other = {"deposit_switch": "loan-report", "pll": "deposit-report"}[product]
    assert api.client.get(address.replace(kind, other)).status_code == 404


def test_the_users_report_has_the_latest_switch_of_each_link(api: Api, check_shape: Callable[..., None]) -> None:
    """Without a switch it is 404; with one it names link, account and provider; no loans, no deleted links."""
    order = api.connected(external_user_id="one")
    path = f"/users/{order['user_id']}/deposit_switch/report/"
    assert api.get(path, 404) == {"detail": "Not Found."}
    order_of(api, "pll")
    api.get(path, 404)
    switched = order_of(api, "deposit_switch", deposit_type="entire")
    report = api.get(path)
    check_shape(report, USER_REPORT)
    (link,) = report["links"]
    assert (link["link_id"], link["tracking_info"]) == (
        switched["employers"][0]["link_id"], switched["employers"][0]["id"],
    )  # fmt: skip
    assert link["deposit_details"]["deposit_type"] == "entire"
    assert report["completed_at"] == switched["completed_at"]
    order_of(api, "deposit_switch", account_number="555002")
    assert [each["deposit_details"]["account_number"] for each in api.get(path)["links"]] == ["555002"]
    api.delete(f"/links/{link['link_id']}/")
    api.get(path, 404)


def test_pay_goes_where_the_switch_said(api: Api) -> None:
    """After a switch the income report of the same link shows the new accounts, and a refresh tells of their number."""
    order = api.connected(products=["income", "deposit_switch"], employers=[
        {"company_name": "Larkspur Freight", "account": {**ACCOUNT, "deposit_type": "percent", "deposit_value": 30}},
    ])  # fmt: skip
    income, switch = order["employers"]
    assert (income["product_type"], switch["product_type"]) == ("income", "deposit_switch")
    assert income["link_id"] == switch["link_id"]
    link_id = income["link_id"]

    def accounts() -> list[tuple[str, str, str]]:
        (job,) = api.get(f"/links/{link_id}/income/report/")["employments"]
        return [(each["account_number"], each["deposit_type"], each["deposit_value"]) for each in job["bank_accounts"]]

    before = accounts()
    assert [each[1:] for each in before] == [("P", "80.00"), ("P", "20.00")]
    made = api.refresh(order["id"], products=["income"])
    assert [each["product_type"] for each in made["employers"]] == ["income"]
    api.sandbox.settle()
    assert accounts() == [("555001", "P", "30.00"), (before[0][0], "P", "70.00")]
    less = {**ACCOUNT, "deposit_type": "percent", "deposit_value": 10}
    body = {"access_token": income["access_token"], "product_type": "deposit_switch", "account": less}
    api.post("/refresh/tasks/", body, 200)
    api.sandbox.settle()
    assert accounts() == [("555001", "P", "30.00"), (before[0][0], "P", "70.00")]  # as it was read last
    report = api.get(f"/links/{link_id}/direct_deposit/report/")
    assert [(each["account_number"], each["deposit_value"]) for each in report["initial_accounts"]] == [
        ("555001", "30.00"), (before[0][0], "70.00"),
    ]  # fmt: skip
    api.refresh(order["id"])
    api.sandbox.settle()
    assert accounts() == [("555001", "P", "10.00"), (before[0][0], "P", "90.00")]


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({"account_number": "0"}, "already receives 100%"),
        ({"account_number": "1", "deposit_type": "percent", "deposit_value": "101"}, "not between 0 and 100 percent"),
        ({"account_number": "1", "deposit_type": "percent", "deposit_value": "12.5"}, "multiple of 1"),
        ({"account_number": "1", "deposit_type": "amount", "deposit_value": "0"}, "is not an amount"),
        ({"account_number": "1", "deposit_type": "amount", "deposit_value": "much"}, "is not an amount"),
    ],
    ids=str,
)  # fmt: skip
def test_the_provider_refuses_in_its_own_words(api: Api, account: dict[str, Any], words: str) -> None:
    """A switch that cannot be done ends in ``config_error`` with the provider's text, and changes nothing."""
    first = order_of(api, "deposit_switch", account_number="0", deposit_type="entire")
    again = api.order(products=["deposit_switch"], employers=[{"account": ACCOUNT | account}], external_user_id="one")
    ending = api.sandbox.complete_bridge(again["bridge_token"])
    assert ending["link_id"] == first["employers"][0]["link_id"]
    api.sandbox.settle()
    task = api.get(f"/tasks/{ending['task_id']}/")
    assert task["status"] == "config_error"
    assert words in task["error_message"]
    report = api.get(f"/links/{ending['link_id']}/direct_deposit/report/")
    assert (report["status"], report["deposit_details"]["account_number"]) == (
        "config_error",
        account["account_number"],
    )
    assert [each["account_number"] for each in report["initial_accounts"]] == ["0"]
    user = api.get(f"/users/{first['user_id']}/deposit_switch/report/")
    assert [each["deposit_details"]["account_number"] for each in user["links"]] == ["0"]


@pytest.mark.parametrize(
    ("provider_id", "account", "status"),
    [
        ("fieldhand", {"deposit_type": "percent", "deposit_value": "50"}, "config_error"),
        ("tallyworks", {"deposit_type": "percent", "deposit_value": "50"}, "done"),
        ("tallyworks", {"deposit_type": "percent", "deposit_value": "10"}, "config_error"),
        ("tallyworks", {"deposit_type": "percent", "deposit_value": "50.001"}, "config_error"),
        ("tallyworks", {"deposit_type": "entire"}, "done"), ("fieldhand", {}, "done"), ("maplebank", {}, None),
        ("paycastle", {}, "not_supported"),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_payroll_provider_can_do(
    api: Api, provider_id: str, account: dict[str, Any], status: str | None
) -> None:
    """A type or a number of accounts that a provider does not have is refused by it; one without switches at once."""
    order = api.order(products=["deposit_switch"], employers=[{"account": ACCOUNT | account}])
    command = {"username": "goodlogin", "password": "goodpassword", "provider_id": provider_id}
    path = f"/_mock/bridge/{order['bridge_token']}/complete"
    answer = api.send("POST", path, json=command)
    if status is None:
        assert answer.status_code == 400
        assert answer.json()["error"]["extra"]["invalid-params"][0]["field"] == "provider_id"
        return
    api.sandbox.settle()
    assert api.get(f"/tasks/{answer.json()['task_id']}/")["status"] == status
    if answer.json()["link_id"]:
        link = api.get(f"/links/{answer.json()['link_id']}/")
        assert link["is_dds_available"] is link["is_dds_supported"] is True


def test_a_report_can_be_read_while_the_switch_runs(api: Api) -> None:
    """Before anybody has looked at the accounts they are null; what is wanted is shown from the start."""
    order = api.order(products=["deposit_switch"], employers=[{"account": ACCOUNT}])
    ending = api.sandbox.complete_bridge(order["bridge_token"])
    path = f"/links/{ending['link_id']}/direct_deposit/report/"
    seen: dict[str, Any] = {}
    for _ in range(20):
        report = api.get(path)
        assert report["deposit_details"]["account_number"] == "555001"
        assert (report["finished_at"] is None) == (report["status"] != "done")
        seen[report["status"]] = report["initial_accounts"]
        api.sandbox.clock.advance(seconds=1)
    assert list(seen) == ["new", "login", "switch_deposit", "done"]
    assert seen["new"] is seen["login"] is None
    assert seen["switch_deposit"] == seen["done"] != []


def test_a_token_of_ones_own_switches_too(api: Api) -> None:
    """A user's own token carries the account; one for a paycheck-linked loan needs the employer."""
    mapping = api.sandbox.server.hub.catalog.employers[0]["company_mapping_id"]
    link_id, _ = api.link_of(product_type="deposit_switch", account=ACCOUNT)
    assert api.get(f"/links/{link_id}/deposit_switch/report/")["deposit_details"]["account_number"] == "555001"
    link_id, _ = api.link_of(product_type="pll", account=ACCOUNT, company_mapping_id=mapping)
    assert api.get(f"/links/{link_id}/pll/report/")["deposit_details"]["deposit_type"] == "amount"
    user = api.post("/users/", {})
    assert list(api.refused("POST", f"/users/{user['id']}/tokens/", {"product_type": "pll"})) == ["company_mapping_id"]
