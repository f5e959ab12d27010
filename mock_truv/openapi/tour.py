"""A tour: one small deterministic run that calls every operation with good input.

Its answers are the examples of the document, and what the types are held against.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from mock_truv.core.instants import DAY_US
from mock_truv.openapi.touring import RECEIVER, Tour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.openapi.touring import Stop

PERSON = {"first_name": "Marisol", "last_name": "Quill"}
EMPLOYER = {"company_name": "Larkspur Freight", "suborder_number": "204170000001"}
ACCOUNT = {
    "account_number": "16002600", "routing_number": "12345678", "account_type": "checking", "bank_name": "Truv Bank",
}  # fmt: skip
OF_PAYROLL = ("income", "employment", "admin")
PAYROLL_READS = ("employments", "employment", "identity", "bank_accounts")
BANK_READS = (
    "transactions", "balances", "auth", "liabilities", "investments", "bank_statements", "income/transactions/reports",
)  # fmt: skip


def tour() -> Sequence[Stop]:
    """Return all stops of the tour, in order."""
    return toured().stops


def toured() -> Tour:
    """Return the whole tour: its stops, and the world as it is then."""
    it = Tour()
    user_id, link_id = _embedded(it)
    _payroll(it, link_id)
    _orders(it)
    _batch(it)
    _bank(it)
    _other_products(it)
    _documents(it, user_id)
    _companies(it)
    _lists(it, user_id)
    _settings(it)
    _webhooks(it)
    _sandbox(it)
    it.call("DELETE", "/links/{link}/", link=link_id)
    it.call("DELETE", "/users/{user}/", user=user_id)
    return it


def _embedded(it: Tour) -> tuple[str, str]:
    """Connect an account by a user's own bridge token, refresh it, and make reports of it."""
    user = it.call("POST", "/users/", {**PERSON, "external_user_id": "applicant-20417", "ssn": "991919991"})
    it.call("PATCH", "/users/{user}/", {"email": "marisol.quill@applicants.example"}, user=user["id"])
    token = it.call(
        "POST", "/users/{user}/tokens/", {"product_type": "income", "tracking_info": "case-7741"}, user=user["id"]
    )
    exchanged = it.call("POST", "/link-access-tokens/", {"public_token": it.log_in(token["bridge_token"])})
    started = it.call("POST", "/refresh/tasks/", {"access_token": exchanged["access_token"], "product_type": "income"})
    it.wait(45 * DAY_US)
    it.call("GET", "/refresh/tasks/{task}/", task=started["task_id"])
    it.call("GET", "/tasks/{task}/", task=started["task_id"])
    it.call("POST", "/refresh/tasks/", {"access_token": exchanged["access_token"]})
    it.wait()
    report = it.call("POST", "/users/{user}/reports/", {"is_voe": False}, user=user["id"])
    it.call("POST", "/users/{user}/reports/", {"is_voe": True}, user=user["id"])
    it.call("GET", "/users/{user}/reports/{report}/", user=user["id"], report=report["report_id"])
    it.call("GET", "/users/{user}/reports/", user=user["id"])
    it.call("GET", "/users/{user}/", query="list_links=true", user=user["id"])
    return user["id"], exchanged["link_id"]


def _payroll(it: Tour, link_id: str) -> None:
    """Read everything that a payroll account shows, by its link and by its token."""
    link = it.call("GET", "/links/{link}/", link=link_id)
    user_links = it.call("GET", "/links/", query=f"user_id={_owner(it, link['id'])}")
    token = user_links["results"][0]["access_token"]
    for product in OF_PAYROLL:
        it.call("GET", f"/links/{{link}}/{product}/report/", link=link_id)
        it.call("POST", f"/links/reports/{product}/", {"access_token": token})
    for part in PAYROLL_READS:
        it.call("GET", f"/links/{{link}}/{part}/", link=link_id)
    statements = it.call("GET", "/links/{link}/statements/", query="page_size=2", link=link_id)
    it.call("GET", "/links/{link}/statements/{statement}/", link=link_id, statement=statements["results"][0]["id"])
    papers = it.call("GET", "/links/{link}/tax/", link=link_id)
    it.call("GET", "/links/{link}/tax/{tax_document}/", link=link_id, tax_document=papers[0]["id"])
    days = {"start_date": "2025-11-01", "end_date": "2025-12-31"}
    asked = it.call("POST", "/administrators/payrolls/", {"access_token": token, **days})
    it.wait()
    it.call("GET", "/administrators/payrolls/{payroll_report}/", payroll_report=asked["payroll_report_id"])
    _, hourly = it.connect("income", "hourly.part-time")
    it.call("GET", "/links/{link}/shifts/", link=hourly)


def _owner(it: Tour, link_id: str) -> str:
    return it.world.state.links[link_id].user_id


def _orders(it: Tour) -> None:
    """Take an order through its first completion, a certification and two refreshes, and another to its end."""
    asked = {
        "products": ["income"],
        **PERSON,
        "order_number": "CASE-20417",
        "employers": [EMPLOYER],
        "ssn": "991919991",
    }
    order = it.call("POST", "/orders/", asked)
    named = {"order": order["id"]}
    it.call("PATCH", "/orders/{order}/", {"notes": "Second case of this household"}, **named)
    it.log_in(order["employers"][0]["bridge_token"])
    it.call("GET", "/orders/{order}/", **named)
    it.certify(order["id"])
    it.call("GET", "/orders/{order}/certifications/", **named)
    it.call("GET", "/orders/{order}/", query="certification=all", **named)
    it.wait(15 * DAY_US)
    refreshed = it.call("POST", "/orders/{order}/", {"products": ["income"]}, **named)
    it.wait()
    it.call("POST", "/orders/{order}/refresh/", None, **named)
    it.wait()
    it.call("GET", "/orders/{order}/", order=refreshed["id"])
    it.call("GET", "/orders/{order}/invoice/", **named)
    it.call("GET", "/orders/{order}/events/", query="include_refresh=true", **named)
    other = it.call("POST", "/orders/", {**asked, "order_number": "CASE-20418"})
    it.call("POST", "/orders/{order}/employers/", {"company_name": "Juniper Hardware"}, order=other["id"])
    it.call("POST", "/orders/{order}/cancel/", None, order=other["id"])
    it.call("POST", "/orders/lookup/", {"ssn": "9991"})


def _batch(it: Tour) -> None:
    """Make two orders at once, one of which is none."""
    order = {"products": ["income"], **PERSON, "order_number": "CASE-20419", "employers": [EMPLOYER]}
    batch = it.call("POST", "/orders/batch/", {"orders": [order, {**order, "first_name": ""}]})
    it.wait()
    it.call("GET", "/orders/batch/{batch}/", batch=batch["id"])


def _bank(it: Tour) -> None:
    """Connect a bank, read everything that it shows, and make reports of assets and of income."""
    user_id, link_id = it.connect("assets", provider_id="maplebank")
    for part in BANK_READS:
        it.call("GET", f"/links/{{link}}/{part}/", link=link_id)
    report = it.call("POST", "/users/{user}/assets/reports/", {"days_requested": 60}, user=user_id)
    it.call("GET", "/users/{user}/assets/reports/{asset_report}/", user=user_id, asset_report=report["report_id"])
    insights = it.call(
        "POST", "/users/{user}/income_insights/reports/",
        {"days_requested": 90, "consumer_report_permissible_purpose": "ACCOUNT_REVIEW_CREDIT"}, user=user_id,
    )  # fmt: skip
    it.call(
        "GET", "/users/{user}/income_insights/reports/{income_insights_report}/", user=user_id,
        income_insights_report=insights["report_id"],
    )  # fmt: skip
    order = it.call(
        "POST", "/orders/", {"products": ["assets"], **PERSON, "financial_institutions": [{"name": "Maplebank"}]}
    )
    it.log_in(order["financial_accounts"][0]["bridge_token"], provider_id="maplebank")
    it.call("GET", "/orders/{order}/", order=order["id"])
    _scoring(it)


def _scoring(it: Tour) -> None:
    asked = {
        "lender_reference": "L-1", "customer_identifier": "C-1", "purpose": "decisioning", "cutoff_date": "2026-02-01",
        "institutions": [{"identifier": "i1", "name": "Maplebank"}],
        "accounts": [{"identifier": "a1", "institution_identifier": "i1", "type": "checking", "balance_amount": 1840.11,
                      "balance_date": "2026-02-01"}],
        "transactions": [{"identifier": "t1", "account_identifier": "a1", "post_date": "2026-01-15", "amount": 1698.55,
                          "status": "posted", "description": "LARKSPUR FREIGHT PAYROLL"}],
    }  # fmt: skip
    made = it.call("POST", "/scoring_attributes/reports/", asked)
    it.wait()
    it.call("GET", "/scoring_attributes/reports/{scoring_report}/", scoring_report=made["report_id"])


def _other_products(it: Tour) -> None:
    """Switch a deposit, link a loan to pay, and connect an insurer."""
    user_id, link_id = it.connect("deposit_switch", account=ACCOUNT)
    it.call("GET", "/users/{user}/deposit_switch/report/", user=user_id)
    for path in ("direct_deposit", "deposit_switch"):
        _both(it, path, link_id)
    employer = it.world.catalog.employers[0]["company_mapping_id"]
    account = {**ACCOUNT, "deposit_type": "amount", "deposit_value": "50"}
    _, loan = it.connect("pll", account=account, company_mapping_id=employer)
    _both(it, "pll", loan)
    _, insured = it.connect("insurance")
    _both(it, "insurance", insured)
    it.call("GET", "/links/{link}/insurance/report/home/", link=insured)
    it.call("GET", "/links/{link}/insurance/report/auto/", link=insured)


def _both(it: Tour, product: str, link_id: str) -> None:
    """Read a link's report by its id, and the older way by its token."""
    it.call("GET", f"/links/{{link}}/{product}/report/", link=link_id)
    it.call("POST", f"/links/reports/{product}/", {"access_token": it.world.state.links[link_id].access_token})


def _documents(it: Tour, user_id: str) -> None:
    """Send documents, add one, have them read, and look at what the link shows of them."""
    made = it.call(
        "POST", "/documents/collections/",
        {"documents": [_file("paystub january.pdf", user_id)], "users": [{"id": user_id}]},
    )  # fmt: skip
    named = {"collection": made["collection_id"]}
    it.call(
        "POST", "/documents/collections/{collection}/upload/",
        {"documents": [_file("volunteer letter.pdf", user_id)]}, **named,
    )  # fmt: skip
    it.wait()
    it.call("GET", "/documents/collections/{collection}/", **named)
    it.call("POST", "/documents/collections/{collection}/finalize/", {"product_type": "income"}, **named)
    it.wait()
    it.call("GET", "/documents/collections/{collection}/finalize/", **named)
    it.call("GET", "/documents/collections/")
    link_id = next(reversed(it.world.state.links))
    uploaded = it.call("GET", "/links/{link}/documents/", link=link_id)
    it.call("GET", "/links/{link}/documents/{uploaded_document}/", link=link_id, uploaded_document=uploaded[0]["id"])
    parsed = it.call("GET", "/links/{link}/parsed-documents/", link=link_id)
    it.call("GET", "/links/{link}/parsed-documents/{parsed_document}/", link=link_id, parsed_document=parsed[0]["id"])


def _file(name: str, user_id: str) -> dict[str, Any]:
    """Return a file that is whole and large enough to be read; what it is stands in its name."""
    content = b64encode(b"%PDF-1.7\n" + name.encode().ljust(1024) + b"\n%%EOF\n").decode()
    return {"filename": name, "mime_type": "application/pdf", "content": content, "user_id": user_id}


def _companies(it: Tour) -> None:
    """Search employers and providers."""
    found = it.call("GET", "/company-mappings-search/", query="query=hearthside")
    it.call("GET", "/companies/", query="page_size=2")
    it.call("POST", "/companies/", {"name": "Hearthside Home Suply", "state": "GA"})
    it.call("GET", "/companies/{company}/", company=found[0]["company_mapping_id"])
    it.call("GET", "/providers/", query="page_size=2")
    it.call("GET", "/providers/{provider}/", provider="truv_api")
    it.call("GET", "/payroll-providers/supported/{product_type}/", product_type="income")


def _lists(it: Tour, user_id: str) -> None:
    """Read lists page by page."""
    it.call("GET", "/users/", query="list_links=true&page_size=2")
    it.call("GET", "/orders/", query="page_size=2")
    it.call("GET", "/tasks/", query=f"user_id={user_id}")


def _settings(it: Tour) -> None:
    """Make a template and a key, change them, and do away with them."""
    made = it.call("POST", "/templates/", {"name": "Renewals", "branding": {"company_name": "Orchard County"}})
    it.call("GET", "/templates/{template}/", template=made["id"])
    it.call("PATCH", "/templates/{template}/", {"products": ["income"]}, template=made["id"])
    it.call("GET", "/templates/")
    it.call("DELETE", "/templates/{template}/", template=made["id"])
    key = it.call("POST", "/keys/", {})
    it.call("POST", "/keys/deactivate/", {"id": key["id"]})
    it.call("POST", "/bridge-tokens/", {"product_type": "income", "user": {"external_user_id": "applicant-20418"}})


def _webhooks(it: Tour) -> None:
    """Register a webhook, change it, and read what was delivered."""
    made = it.call("POST", "/webhooks/", {"name": "Cases", "webhook_url": f"{RECEIVER}/cases", "env_type": "sandbox"})
    it.call("GET", "/webhooks/{webhook}/", webhook=made["id"])
    it.call("PATCH", "/webhooks/{webhook}/", {"events": ["order-status-updated"]}, webhook=made["id"])
    it.call("GET", "/webhooks/")
    it.call("GET", "/webhook-requests/", query="page_size=3")
    it.call("DELETE", "/webhooks/{webhook}/", webhook=made["id"])


def _sandbox(it: Tour) -> None:
    """Define a login of one's own, ask which one a login hits, and delete it."""
    login = {"username": "case.worker", "password": "of-the-test"}
    made = it.call("POST", "/sandbox/scenarios/", {"label": "No data", "data_source": "payroll", **login})
    named = {"sandbox_scenario": made["id"]}
    it.call("GET", "/sandbox/scenarios/{sandbox_scenario}/", **named)
    it.call("PATCH", "/sandbox/scenarios/{sandbox_scenario}/", {"behavior_status": "no_data"}, **named)
    it.call("PUT", "/sandbox/scenarios/{sandbox_scenario}/", {"behavior_duration_seconds": 3}, **named)
    it.call("GET", "/sandbox/scenarios/")
    it.call("POST", "/sandbox/scenarios/resolve/", {"data_source": "payroll", **login})
    it.call("DELETE", "/sandbox/scenarios/{sandbox_scenario}/", **named)
