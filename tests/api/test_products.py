"""Products over the API: which provider and source they use, orders of several, banks of an order, own scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api

PROVIDER = {"id": "text", "name": "text", "logo_url": "url?"}
BANK: dict[str, Any] = {
    "id": "id", "product_type": "text", "status": "text", "suborder_number": "text?", "created_at": "time",
    "bridge_token": "id", "link_id": "id?", "access_token": "id?", "data_source": "text?", "provider": PROVIDER,
    "is_suspicious": "flag", "last_task_status": "text?",
    "accounts": [{"id": "id", "type": "text", "subtype": "text?", "mask": "text", "balance": "money",
                  "owners": [{"full_name": "text"}]}],
    "bank_income_sources": "list",
}  # fmt: skip
LINKED = ("provider", "data_source", "link_id", "access_token")


def complete(api: Api, token: str, **login: Any) -> Any:
    """Log in through a token with the usual test login unless told otherwise, let it end, and return the task."""
    usual = {"username": "goodlogin", "password": "goodpassword"}
    answer = api.send("POST", f"/_mock/bridge/{token}/complete", json=usual | login)
    assert answer.status_code == 200, answer.text
    api.sandbox.settle()
    return api.get(f"/tasks/{answer.json()['task_id']}/")


def refused(api: Api, token: str, **login: Any) -> str:
    """Log in through a token in vain; return what is wrong with the provider."""
    usual = {"username": "goodlogin", "password": "goodpassword"}
    answer = api.send("POST", f"/_mock/bridge/{token}/complete", json=usual | login)
    assert answer.status_code == 400, answer.text
    (problem,) = answer.json()["error"]["extra"]["invalid-params"]
    assert problem["field"] == "provider_id"
    message: str = problem["message"]
    return message


@pytest.mark.parametrize(
    ("product", "data_sources", "provider_id", "source", "provider"),
    [
        ("income", None, None, "payroll", "truv_api"), ("income", ["docs"], None, "docs", "docdrop"),
        ("income", ["tax"], None, "tax", "return_desk"), ("income", ["docs", "payroll"], None, "payroll", "truv_api"),
        ("income", ["financial_accounts"], None, "financial_accounts", "maplebank"),
        ("income", None, "tidepool", "financial_accounts", "tidepool"),
        ("employment", ["insurance"], None, "payroll", "truv_api"),
        ("assets", None, None, "financial_accounts", "maplebank"),
        ("transactions", ["payroll"], None, "financial_accounts", "maplebank"),
        ("assets", None, "cobalt_brokerage", "financial_accounts", "cobalt_brokerage"),
        ("insurance", None, None, "insurance", "fireside_mutual"),
        ("insurance", ["docs"], None, "insurance", "fireside_mutual"),
        ("deposit_switch", ["docs"], None, "payroll", "truv_api"),
        ("income", ["docs"], "truv_api", None, None), ("assets", None, "harborpay", None, None),
        ("insurance", None, "maplebank", None, None), ("deposit_switch", None, "maplebank", None, None),
        ("assets", None, "rooftree", None, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_login_goes_to_a_provider_of_its_source(
    api: Api, product: str, data_sources: list[str] | None, provider_id: str | None, source: str | None,
    provider: str | None,
) -> None:  # fmt: skip
    """Product and ``data_sources`` decide where the data come from; a provider without them is refused with words."""
    user = api.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
    body = {"product_type": product} | ({"data_sources": data_sources} if data_sources else {})
    token = api.post(f"/users/{user['id']}/tokens/", body, 200)["bridge_token"]
    if source is None:
        before = api.world_digest()
        assert product in refused(api, token, provider_id=provider_id)
        assert api.world_digest() == before
        return
    task = complete(api, token, provider_id=provider_id)
    assert (task["status"], task["data_source"], task["provider"]["id"]) == ("done", source, provider)
    link = api.get(f"/links/{task['link_id']}/")
    assert (link["data_source"], link["provider_id"], link["initial_product_type"]) == (source, provider, product)
    assert link["is_dds_available"] is (source == "payroll")
    has_work = source in {"payroll", "docs", "tax"}
    assert (link["company_mapping"]["name"] is not None) == has_work
    shown = api.get(f"/links/{task['link_id']}/income/report/")["employments"]
    assert bool(shown) == (has_work and product != "deposit_switch")


def test_a_bank_of_an_order_has_its_own_shape(api: Api, check_shape: Callable[..., None]) -> None:
    """A bank shows its accounts once it is completed, not employments; in lists and before that it has less."""
    named = {"id": "tidepool", "name": "Tidepool", "suborder_number": "7"}
    order = api.order(products=["assets"], employers=None, financial_institutions=[named])
    (bank,) = order["financial_accounts"]
    check_shape(bank, BANK | dict.fromkeys(LINKED, "null") | {"last_task_status": "null"})
    assert (bank["accounts"], bank["bank_income_sources"], order["voa_report_id"]) == ([], [], None)
    task = complete(api, bank["bridge_token"])
    assert (task["provider"]["id"], task["tracking_info"]) == ("tidepool", bank["id"])
    order = api.get(f"/orders/{order['id']}/")
    (bank,) = order["financial_accounts"]
    check_shape(bank, BANK)
    assert (bank["status"], bank["last_task_status"], bank["suborder_number"]) == ("completed", "done", "7")
    assert len(bank["accounts"]) > 1
    assert {each["full_name"] for account in bank["accounts"] for each in account["owners"]} == {"Ada Quill"}
    assert bank["bank_income_sources"][0]["historical_summary"]
    ids = {each["id"] for each in bank["accounts"]}
    assert {each["account_id"] for each in bank["bank_income_sources"]} <= ids
    assert order["voie_report_id"] is None
    report = api.get(f"/users/{order['user_id']}/assets/reports/{order['voa_report_id']}/")
    reported = {each["id"]: each["balances"]["balance"] for each in report["links"][0]["accounts"]}
    assert reported.items() <= {each["id"]: each["balance"] for each in bank["accounts"]}.items()
    assert reported
    (listed,) = api.get("/orders/")["results"]
    data = {"accounts", "bank_income_sources"}
    check_shape(listed["financial_accounts"][0], {key: kind for key, kind in BANK.items() if key not in data})


def test_a_bank_is_refreshed_alone(api: Api) -> None:
    """``financial_accounts`` of a refresh names one bank by id or number; what it shows is fixed at its completion."""
    order = api.order(products=["transactions"], employers=None, financial_institutions=[
        {"id": "tidepool", "suborder_number": "1"}, {"id": "first_heron", "suborder_number": "2"},
    ])  # fmt: skip
    for bank in order["financial_accounts"]:
        assert complete(api, bank["bridge_token"])["status"] == "done"
    order = api.get(f"/orders/{order['id']}/")
    first, second = order["financial_accounts"]
    assert first["link_id"] != second["link_id"]
    api.sandbox.clock.advance(days=20)
    path = f"/orders/{order['id']}/"
    for chosen in ({"suborder_number": "2"}, {"id": second["id"]}):
        made = api.post(path, {"products": ["transactions"], "financial_accounts": [chosen]})
        api.sandbox.settle()
        made = api.get(f"/orders/{made['id']}/")
        assert [(each["link_id"], each["last_task_status"]) for each in made["financial_accounts"]] == [
            (second["link_id"], "done")
        ]
        balances = [each["balance"] for each in made["financial_accounts"][0]["accounts"]]
        assert balances != [each["balance"] for each in second["accounts"]]
    assert api.get(path)["financial_accounts"] == order["financial_accounts"]
    assert list(
        api.refused("POST", path, {"products": ["transactions"], "financial_accounts": [{"id": "0" * 32}]})
    ) == ["financial_accounts[0].id"]
    assert list(api.refused("POST", path, {"products": ["assets"]})) == ["products[0]"]
    assert len(api.sandbox.billing) == 2


def test_an_order_of_several_products_is_connected_one_by_one(api: Api) -> None:
    """Each product has its own suborder; through the order's token the person connects one after the other."""
    order = api.order(products=["income", "assets", "insurance"], employers=None)
    assert order["employers"] == order["financial_accounts"] == []
    token = order["bridge_token"]
    assert complete(api, token)["product_type"] == "income"
    assert complete(api, token, provider_id="tidepool")["product_type"] == "assets"
    assert complete(api, token)["product_type"] == "insurance"
    answer = api.send("POST", f"/_mock/bridge/{token}/complete", json={"username": "a", "password": "b"})
    assert answer.status_code == 400
    order = api.get(f"/orders/{order['id']}/")
    assert [each["product_type"] for each in order["employers"]] == ["income", "insurance"]
    assert [each["product_type"] for each in order["financial_accounts"]] == ["assets"]
    assert order["status"] == "completed"
    links = {each["link_id"] for each in order["employers"] + order["financial_accounts"]}
    assert len(links) == 3
    for product in ("income", "employment", "insurance", "assets"):
        made = api.post(f"/orders/{order['id']}/", {"products": [product]})
        shown = made["employers"] + made["financial_accounts"]
        assert [each["product_type"] for each in shown] == [product]


def test_the_provider_picks_what_is_connected(api: Api) -> None:
    """Through an order's token a bank connects the bank's part, although the employer is open, too."""
    order = api.order(products=["employment", "assets"])
    task = complete(api, order["bridge_token"], provider_id="cobalt_brokerage")
    assert task["product_type"] == "assets"
    order = api.get(f"/orders/{order['id']}/")
    assert [each["status"] for each in order["employers"]] == ["pending"]
    assert [each["status"] for each in order["financial_accounts"]] == ["completed"]
    assert "employment" in refused(api, order["bridge_token"], provider_id="rooftree")


def test_the_same_login_at_two_sources_makes_two_links(api: Api) -> None:
    """A person's payroll and bank are two links, each refreshed for what it has; the report of pay has one of them."""
    order = api.order(products=["income", "assets"])
    for each in order["employers"]:
        complete(api, each["bridge_token"])
    complete(api, order["bridge_token"])
    order = api.get(f"/orders/{order['id']}/")
    pay, bank = order["employers"][0], order["financial_accounts"][0]
    assert pay["link_id"] != bank["link_id"]
    report = api.post(f"/users/{order['user_id']}/reports/")
    assert [each["link_id"] for each in report["links"]] == [pay["link_id"]]
    body = {"access_token": bank["access_token"], "product_type": "income"}
    assert list(api.refused("POST", "/refresh/tasks/", body)) == ["product_type"]
    token = {"product_type": "assets", "access_token": pay["access_token"]}
    assert list(api.refused("POST", f"/users/{order['user_id']}/tokens/", token)) == ["product_type"]
    body["product_type"] = "assets"
    assert api.post("/refresh/tasks/", body, 200)["task_id"]


def test_a_foreign_ssn_is_seen_at_payroll_alone(api: Api) -> None:
    """An SSN that differs from the one of the data makes a payroll link suspicious; a bank has none to compare."""
    order = api.order(products=["income", "assets"], ssn="900000000")
    for _ in range(2):
        complete(api, order["bridge_token"])
    order = api.get(f"/orders/{order['id']}/")
    made = api.post(f"/orders/{order['id']}/", {"products": ["assets"]})
    api.sandbox.settle()
    again = api.get(f"/orders/{made['id']}/")["financial_accounts"]
    shown = order["employers"] + order["financial_accounts"] + again
    assert [each["is_suspicious"] for each in shown] == [True, False, False]
    own = {"label": "own", "data_source": "financial_accounts", "username": "zed", "payload": {"accounts": []}}
    api.post("/sandbox/scenarios/", own)
    order = api.order(products=["assets"], ssn="900000000", external_user_id="two")
    assert complete(api, order["bridge_token"], username="zed", password="x")["is_suspicious"] is False


@pytest.mark.parametrize(
    ("source", "product"), [("financial_accounts", "assets"), ("financial_accounts", "transactions"),
                            ("insurance", "insurance"), ("payroll", "deposit_switch")],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["no_data", "error", "unavailable", "unable_to_reset"])
def test_own_scenarios_are_hit_by_source(api: Api, source: str, product: str, ending: str) -> None:
    """A client's own scenario of any source is hit by a login of it and by no other; so is that of its refresh."""
    path = "/sandbox/scenarios/"
    same = {"data_source": source, "username": "zed", "password": "own-password"}
    works = api.post(path, {**same, "label": "works", "payload": {"flags": {"is_suspicious": True}}})
    fails = {"is_refresh": True, "behavior_status": ending, "behavior_error_message": "as ordered"}
    api.post(path, {**same, **fails, "label": "fails"})
    login = {"username": "zed", "password": "own-password"}
    resolved = api.post(path + "resolve/", {"data_source": source, "product": product, **login}, 200)
    assert resolved["scenario"]["id"] == works["id"]
    other = "insurance" if source != "insurance" else "income"
    assert complete(api, api.order(products=[other])["bridge_token"], **login)["status"] == "login_error"
    order = api.order(products=[product])
    task = complete(api, order["bridge_token"], **login)
    assert (task["status"], task["is_suspicious"]) == ("done", True)
    access = api.sandbox.runtime.journal.world.state.links[task["link_id"]].access_token
    refresh = api.post("/refresh/tasks/", {"access_token": access, "product_type": product}, 200)
    api.sandbox.settle()
    ended = api.get(f"/tasks/{refresh['task_id']}/")
    assert (ended["status"], ended["error_message"]) == (ending, "as ordered")


def test_a_scenario_of_a_known_provider_has_its_source(api: Api) -> None:
    """The provider that a scenario names tells its data source; another source is refused."""
    made = api.post("/sandbox/scenarios/", {"label": "one", "provider_id": "rooftree", "username": "zed"})
    assert made["data_source"] == "insurance"
    body = {"label": "two", "provider_id": "rooftree", "data_source": "payroll"}
    assert list(api.refused("POST", "/sandbox/scenarios/", body)) == ["data_source"]
