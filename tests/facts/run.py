"""One deterministic run that shows every documented field: the tour, and a longer one with all that can befall.

All people and banks, every product, every ending, documents, refreshes that fail, settings with nothing left out.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.api.call import ORIGIN, Request
from mock_truv.api.dispatch import PREFIX
from mock_truv.commands import AddFault, Change, Delivered, LeaveBridge, RemoveFault
from mock_truv.core.faults import Status
from mock_truv.core.instants import DAY_US, HOUR_US, SECOND_US
from mock_truv.openapi.tour import tour
from mock_truv.openapi.touring import OWN_ADDRESS, Tour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.openapi.touring import Stop

PERSON = {"first_name": "Marisol", "last_name": "Quill"}
WHOLE_PERSON = {**PERSON, "email": "m.quill@applicants.example", "phone": "+15035550142", "ssn": "991919991"}
ADDRESS = {"street": "77 Dockside Way", "city": "Portland", "state": "OR", "zip": "97217"}
EMPLOYER: dict[str, Any] = {
    "company_name": "Larkspur Freight", "company_domain": "larkspur.example", "company_address": ADDRESS,
    "company_logo": "https://cdn.larkspur.example/logo.png", "start_date": "2022-08-15", "end_date": "2026-08-14",
    "suborder_number": "204170000001",
}  # fmt: skip
ACCOUNT = {
    "account_number": "16002600", "routing_number": "12345678", "account_type": "checking", "bank_name": "Truv Bank",
}  # fmt: skip
PAID_INTO = {
    "account_number": "11112222", "routing_number": "323070380", "account_name": "Everyday", "account_type": "C",
    "deposit_type": "E", "deposit_value": "100.00", "bank_name": "Cascade Community Bank",
}  # fmt: skip
ENDINGS = ("login_error", "mfa_error", "config_error", "account_locked", "no_data", "unavailable", "error")
BANK_LOGINS = ("goodlogin.checking", "goodlogin.checking.savings", "goodlogin.inv", "goodlogin.all", "sit")
PAYROLL_READS = (
    "employments", "employment", "identity", "tax", "bank_accounts", "income/report", "employment/report",
)  # fmt: skip
BANK_READS = ("transactions", "balances", "auth", "liabilities", "investments", "income/transactions/reports")
PAPERS = (
    "paystub.pdf", "w2.pdf", "1099-div.pdf", "1040.pdf", "volunteer.log.pdf", "volunteer.pdf", "passport.pdf",
    "bank statement.pdf", "green card.pdf", "driver license.pdf", "empty.txt",
)  # fmt: skip


@dataclass
class Shown:
    """All that a run was answered and sent."""

    stops: list[Stop] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[int, list[Any]] = field(default_factory=dict)
    """Status -> bodies of refusals."""


class LongRun(Tour):
    """A tour that is refused things, too."""

    def __init__(self) -> None:
        super().__init__(b"facts".hex().ljust(64, "0"))
        self.errors: dict[int, list[Any]] = {}
        self.knobs(file_urls="own")

    def drop_webhooks(self) -> None:
        """Let the receiver answer nothing for as long as a webhook is tried."""
        for _ in range(4):
            outcome = self.world.step()
            for effect in outcome.effects:
                self._give(Delivered(effect.webhook_id, effect.attempt, None, "no answer within 10 s"))

    def knobs(self, **fields: Any) -> None:
        """Turn knobs."""
        self._give(Change("profile", "profile", fields))

    def change(self, link_id: str, **fields: Any) -> None:
        """Let something befall a connection."""
        self._give(Change("connection", link_id, fields))

    def leave(self, token: str) -> None:
        """Let the person leave Bridge without logging in."""
        self._give(LeaveBridge(token))

    def reject(self, order_id: str, decisions: Sequence[dict[str, Any]]) -> None:
        """Let the person say of each entry whether it represents them."""
        self._give(Change("certification", order_id, {"decisions": list(decisions)}))

    def refuse(self, method: str, path: str, body: Any = None, *, status: int, **request: Any) -> None:
        """Ask for something that is refused with a status."""
        text = body if isinstance(body, str) else "" if body is None else msgspec.json.encode(body).decode()
        given = {"content_type": "application/json" if text else "", **request}
        answer = self._give(Request(method, PREFIX + path, body=text, **given)).answer
        assert answer is not None, "a request has an answer"
        assert answer.status == status, f"{method} {path}: {answer.status} {answer.body.decode()}"
        self.errors.setdefault(status, []).append(msgspec.json.decode(answer.body.replace(ORIGIN, OWN_ADDRESS)))

    def fail_once(self, status: int) -> None:
        """Read a list while the service answers every request with a status."""
        self._give(AddFault(Status(status=status), name="closed"))
        self.refuse("GET", "/users/", status=status)
        self._give(RemoveFault("closed"))

    def token(self, product: str, **asked: Any) -> tuple[str, str]:
        """Make a user and a bridge token for a product; return the user's id and the token."""
        user = self.call("POST", "/users/", {**WHOLE_PERSON, "external_user_id": f"case-{self._count()}"})
        token = self.call(
            "POST", "/users/{user}/tokens/",
            {"product_type": product, "tracking_info": "case-7741", **asked}, user=user["id"],
        )  # fmt: skip
        return user["id"], token["bridge_token"]

    def linked(self, product: str, username: str = "goodlogin", *, provider_id: str | None = None,
               **asked: Any) -> tuple[str, str]:  # fmt: skip
        """Connect an account of a new person; return the ids of user and link."""
        user_id, token = self.token(product, **asked)
        where = {} if provider_id is None else {"provider_id": provider_id}
        public_token = self.log_in(token, username, **where)
        return user_id, self.call("POST", "/link-access-tokens/", {"public_token": public_token})["link_id"]

    def read(self, link_id: str, *parts: str, query: str = "") -> None:
        """Read what a link shows."""
        for part in parts:
            self.call("GET", f"/links/{{link}}/{part}/", query=query, link=link_id)

    def _count(self) -> int:
        return len(self.world.state.users)


def run() -> Shown:
    """Return all that the tour and the longer run show."""
    it = LongRun()
    _settings(it)
    _people(it)
    _orders(it)
    _batch(it)
    _endings(it)
    _banks(it)
    _other_products(it)
    _documents(it)
    _scenarios(it)
    _lists(it)
    _refusals(it)
    first = tour()
    return Shown(
        stops=[*first, *it.stops],
        webhooks=[msgspec.json.decode(each.body) for each in it.world.state.deliveries.values()],
        errors=it.errors,
    )


def _settings(it: LongRun) -> None:
    """Make a template and a webhook with nothing left out."""
    whole = {
        "name": "Renewals", "products": ["income"], "default_for_products": False,
        "bridge": {"texts": {"search_header": "Who pays you?", "success_cta": "Back"}, "hide_truv_logo": True,
                   "hide_support_button": True},
        "branding": {"company_name": "Orchard County", "logo": "https://cdn.county.example/logo.png",
                     "accent_color": "#003366", "background_color": "#ffffff", "hide_confetti": True,
                     "custom_end_user_agreement": {"header": "Terms", "url": "https://county.example/terms"}},
        "orders": {"link_expiration": "72", "custom_field_title": "Worker", "support_email": "help@county.example",
                   "first_sms": {"text": "Please connect your payroll account"},
                   "suppress_user_notifications": False},
        "document_upload": {"paystub": {"count": 2, "required": True}}, "data": {"mask_ssn": True},
        "reports": {"income_insights": {"days": 90}}, "data_sources_flow": {"order": ["payroll", "docs"]},
    }  # fmt: skip
    made = it.call("POST", "/templates/", whole)
    it.call("GET", "/templates/{template}/", template=made["id"])
    it.call("PATCH", "/templates/{template}/", {"name": "Annual renewals"}, template=made["id"])
    it.call("GET", "/templates/", query="page_size=1")
    it.call("POST", "/templates/", {"name": "Another"})
    it.call("GET", "/templates/", query="page_size=1&page=2")
    events = ["task-status-updated", "order-refresh-failed"]
    url = "http://127.0.0.1:9000/webhooks/all"
    hook = it.call("POST", "/webhooks/", {"name": "All", "webhook_url": url, "env_type": "sandbox", "events": events})
    it.call("PATCH", "/webhooks/{webhook}/", {"enabled": True, "events": events[:1]}, webhook=hook["id"])
    it.call("GET", "/webhooks/{webhook}/", webhook=hook["id"])
    it.call("GET", "/webhooks/", query="page_size=1")
    it.call("GET", "/webhooks/", query="page_size=1&page=2")
    it.call("DELETE", "/webhooks/{webhook}/", webhook=hook["id"])


def _people(it: LongRun) -> None:
    """Connect everybody, read all their papers, refresh, and read again."""
    template = it.call("GET", "/templates/")["results"][0]["id"]
    for person in it.world.catalog.people.values():
        asked = {"template_id": template, "allowed_products": ["income", "employment"], "data_sources": ["payroll"],
                 "client_name": "Orchard County"}  # fmt: skip
        user_id, link_id = it.linked("income", person.usernames[0], **asked)
        token = it.world.state.links[link_id].access_token
        it.read(link_id, *PAYROLL_READS)
        it.read(link_id, "statements", "shifts", query="page_size=2&page=1")
        if person.key == "hourly-two-jobs":
            it.read(link_id, "statements", "shifts", query="page_size=2&page=2")
        shown = it.call("GET", "/links/{link}/statements/", query="page_size=1", link=link_id)["results"]
        if shown:
            it.call("GET", "/links/{link}/statements/{statement}/", link=link_id, statement=shown[0]["id"])
        for each in it.call("GET", "/links/{link}/tax/", link=link_id)[:2]:
            it.call("GET", "/links/{link}/tax/{tax_document}/", link=link_id, tax_document=each["id"])
        for product in ("income", "employment"):
            it.call("POST", f"/links/reports/{product}/", {"access_token": token})
        for is_voe in (False, True):
            report = it.call("POST", "/users/{user}/reports/", {"is_voe": is_voe}, user=user_id)
            it.call("GET", "/users/{user}/reports/{report}/", user=user_id, report=report["report_id"])
    user_id, link_id = it.linked("income", "hourly.part-time", company_mapping_id=_employer(it))
    repair = {"product_type": "income", "access_token": it.world.state.links[link_id].access_token}
    for asked in (repair, {"product_type": "income", "provider_id": "truv_api"}):
        it.call("POST", "/users/{user}/tokens/", asked, user=user_id)
    _refresh_link(it, link_id)
    it.call("PATCH", "/users/{user}/", {"phone": "+15035550143"}, user=user_id)
    it.call("GET", "/users/{user}/", query="list_links=true", user=user_id)
    it.call("GET", "/users/", query="list_links=true&page_size=2")
    it.call("POST", "/bridge-tokens/", {
        "product_type": "income", "user": {"external_user_id": "case-old"}, "tracking_info": "case-1",
        "company_mapping_id": _employer(it), "template_id": template, "data_sources": ["payroll"],
    })  # fmt: skip
    it.call("DELETE", "/links/{link}/", link=link_id)
    it.call("GET", "/links/{link}/", link=link_id)
    it.call("GET", "/links/", query="page_size=2&page=2")


def _employer(it: LongRun) -> str:
    known = next(each for each in it.world.catalog.employers if each["logo_url"])
    ident: str = known["company_mapping_id"]
    return ident


def _refresh_link(it: LongRun, link_id: str) -> None:
    """Refresh a link while it works, and when its password is no longer known."""
    token = it.world.state.links[link_id].access_token
    it.wait(45 * DAY_US)
    for works in (True, False):
        if not works:
            it.change(link_id, credentials_changed=True)
        task = it.call("POST", "/refresh/tasks/", {"access_token": token, "product_type": "income"})["task_id"]
        it.call("GET", "/refresh/tasks/{task}/", task=task)
        it.wait()
        it.call("GET", "/refresh/tasks/{task}/", task=task)
        it.call("GET", "/tasks/{task}/", task=task)
        it.call("GET", "/links/{link}/income/report/", link=link_id)
        it.call("GET", "/links/{link}/employment/report/", link=link_id)
        for product in ("income", "employment"):
            it.call("POST", f"/links/reports/{product}/", {"access_token": token})


def _order(it: LongRun, **fields: Any) -> Any:
    """Make an order with nothing left out."""
    usual = {
        "products": ["income"], **WHOLE_PERSON, "order_number": "CASE-20417", "external_user_id": "applicant-20417",
        "custom_field": "worker 12", "employers": [EMPLOYER], "manager": {"name": "Max Worker"},
        "loan": {"loan_number": "L-1", "originator_name": "Ada"},
        "template_id": it.call("GET", "/templates/")["results"][0]["id"],
    }  # fmt: skip
    return it.call("POST", "/orders/", {**usual, **fields})


def _orders(it: LongRun) -> None:
    """Take orders through everything that can become of them."""
    two: list[dict[str, Any]] = [EMPLOYER, {"company_name": "The Corner Kettle", "suborder_number": "204170000002"}]
    order = _order(it, employers=[*two, {"company_name": "Moonrise Textiles"}, {"company_name": "Copper Ridge Clinic"}])
    logins = ("goodlogin", "hourly.part-time", "null-heavy", "dates-from-statements")
    for employer, login in zip(order["employers"], logins, strict=True):
        it.log_in(employer["bridge_token"], login)
    _certify(it, order["id"])
    it.wait(45 * DAY_US)
    for path in ("/orders/{order}/", "/orders/{order}/refresh/"):
        body = {"products": ["income"], "manager": {"name": "Max Worker"}}
        refreshed = it.call("POST", path, body, order=order["id"])
        it.wait()
        it.call("GET", "/orders/{order}/", order=refreshed["id"])
    for employer in it.call("GET", "/orders/{order}/", order=order["id"])["employers"]:
        it.change(employer["link_id"], credentials_changed=True)
    it.wait(2 * DAY_US)
    failed = it.call("POST", "/orders/{order}/", {"products": ["income"]}, order=order["id"])
    it.wait()
    it.call("GET", "/orders/{order}/", order=failed["id"])
    it.call("GET", "/orders/{order}/events/", query="include_refresh=true", order=order["id"])
    it.call("GET", "/orders/{order}/invoice/", order=order["id"])
    _unfinished_orders(it, two)


def _unfinished_orders(it: LongRun, two: list[dict[str, Any]]) -> None:
    """Let orders be for employment alone, be canceled, half done, skipped, and expire; then list all."""
    voe = _order(it, products=["employment"])
    it.call("GET", "/orders/{order}/invoice/", order=voe["id"])
    it.log_in(voe["employers"][0]["bridge_token"])
    it.call("GET", "/orders/{order}/", order=voe["id"])
    canceled = _order(it, order_number="CASE-2")
    it.call("POST", "/orders/{order}/employers/", EMPLOYER, order=canceled["id"])
    it.call("POST", "/orders/{order}/cancel/", None, order=canceled["id"])
    it.call("GET", "/orders/{order}/", order=canceled["id"])
    half = _order(it, order_number="CASE-3", employers=two)
    it.log_in(half["employers"][0]["bridge_token"])
    it.call("POST", "/orders/{order}/employers/", {"company_name": "Juniper Hardware"}, order=half["id"])
    it.call("POST", "/orders/{order}/cancel/", None, order=half["id"])
    skipped = _order(it, order_number="CASE-4")
    it.leave(skipped["bridge_token"])
    it.call("GET", "/orders/{order}/", order=skipped["id"])
    expired = _order(it, order_number="CASE-5")
    it.wait(8 * DAY_US)
    it.call("GET", "/orders/{order}/", order=expired["id"])
    it.call("GET", "/orders/{order}/events/", order=expired["id"])
    it.call("POST", "/orders/lookup/", {"ssn": "991919991"}, query="page_size=2&page=2")
    it.call("GET", "/orders/", query="page_size=2&page=2")
    it.call("GET", "/orders/", query="page_size=100")
    it.call("POST", "/orders/lookup/", {"ssn": "991919991"}, query="page_size=100")


def _batch(it: LongRun) -> None:
    """Make orders at once: a new one, one that is none, and one that is there already."""
    bad = {"products": ["income"], "first_name": "", "last_name": "Quill"}
    entries = [{"products": ["income"], **PERSON, "order_number": "CASE-20419"}, bad]
    batch = it.call("POST", "/orders/batch/", {"orders": [*entries, {**entries[0], "order_number": "CASE-20417"}]})
    it.call("GET", "/orders/batch/{batch}/", batch=batch["id"])
    it.wait()
    it.call("GET", "/orders/batch/{batch}/", batch=batch["id"])


def _certify(it: LongRun, order_id: str) -> None:
    """Let the person confirm the first entry that an order shows, and reject the others."""
    shown = it.call("GET", "/orders/{order}/", order=order_id)
    found = [each["id"] for employer in shown["employers"] for each in employer["employments"]]
    found += [each["id"] for bank in shown["financial_accounts"] for each in bank["accounts"]]
    no = {"decision": "not_representative", "rejection_reason": "incorrect_amount", "rejection_comment": "Not mine"}
    it.reject(order_id, [{"id": each, **({"decision": "representative"} if at == 0 else no)}
                         for at, each in enumerate(found)])  # fmt: skip
    it.call("GET", "/orders/{order}/certifications/", order=order_id)
    it.call("GET", "/orders/{order}/", query="certification=all", order=order_id)


def _endings(it: LongRun) -> None:
    """Let logins end in every way."""
    for ending in ENDINGS:
        order = _order(it, order_number=f"CASE-{ending}", external_user_id=f"applicant-{ending}")
        it.log_in(order["employers"][0]["bridge_token"], "error.user", ending)
        it.call("GET", "/orders/{order}/", order=order["id"])
        it.call("GET", "/orders/{order}/events/", order=order["id"])
        task = it.call("GET", "/tasks/", query=f"user_id={order['user_id']}")["results"][0]
        it.call("GET", "/tasks/{task}/", task=task["id"])
        if task["link_id"]:
            it.call("GET", "/links/{link}/", link=task["link_id"])


def _banks(it: LongRun) -> None:
    """Connect banks in every way, read all that they show, and make reports of assets and of income."""
    for login in BANK_LOGINS:
        user_id, link_id = it.linked("assets", login, provider_id="maplebank")
        it.read(link_id, *BANK_READS)
        it.read(link_id, "transactions", query="page_size=5&page=2")
        asked = {"days_requested": 120, "is_voe": True, "large_deposit_threshold": {"fixed_amount": 2500}}
        report = it.call("POST", "/users/{user}/assets/reports/", asked, user=user_id)
        it.call("GET", "/users/{user}/assets/reports/{asset_report}/", user=user_id, asset_report=report["report_id"])
        insights = it.call(
            "POST", "/users/{user}/income_insights/reports/",
            {"days_requested": 365, "consumer_report_permissible_purpose": "EXTENSION_OF_CREDIT"}, user=user_id,
        )  # fmt: skip
        it.call("GET", "/users/{user}/income_insights/reports/{income_insights_report}/", user=user_id,
                income_insights_report=insights["report_id"])  # fmt: skip
        it.call("GET", "/users/{user}/", user=user_id)
    order = _order(it, products=["assets"], employers=None, external_user_id="applicant-bank", order_number="CASE-B",
                   financial_institutions=[{"name": "Maplebank", "suborder_number": "b-1"}])  # fmt: skip
    it.log_in(order["financial_accounts"][0]["bridge_token"], "goodlogin.all", provider_id="maplebank")
    it.call("GET", "/orders/{order}/", order=order["id"])
    _certify(it, order["id"])
    again = it.call("POST", "/orders/{order}/", {"products": ["assets"]}, order=order["id"])
    it.wait()
    it.call("GET", "/orders/{order}/", order=again["id"])


def _other_products(it: LongRun) -> None:
    """Switch deposits, link loans, connect insurers and a tax portal."""
    for product, share in (("deposit_switch", {"deposit_type": "percent", "deposit_value": "40"}),
                           ("pll", {"deposit_type": "amount", "deposit_value": "50"})):  # fmt: skip
        account = {**ACCOUNT, **share}
        user_id, link_id = it.linked(product, "high-earner", account=account, company_mapping_id=_employer(it))
        token = it.world.state.links[link_id].access_token
        names = ("pll",) if product == "pll" else ("direct_deposit", "deposit_switch")
        for name in names:
            it.read(link_id, f"{name}/report")
            it.call("POST", f"/links/reports/{name}/", {"access_token": token})
        if product == "deposit_switch":
            it.call("GET", "/users/{user}/deposit_switch/report/", user=user_id)
        it.call("GET", "/links/{link}/", link=link_id)
    for provider_id in ("fireside_mutual", "rooftree") * 6:
        _, link_id = it.linked("insurance", provider_id=provider_id)
        it.read(link_id, "insurance/report", "insurance/report/home", "insurance/report/auto")
        it.call("POST", "/links/reports/insurance/", {"access_token": it.world.state.links[link_id].access_token})
    _, link_id = it.linked("income", "contractor", provider_id="return_desk")
    it.wait(150 * DAY_US)
    it.call("POST", "/refresh/tasks/", {"access_token": it.world.state.links[link_id].access_token})
    it.wait()
    it.read(link_id, "tax", "income/report")


def _documents(it: LongRun) -> None:
    """Send documents of every kind, and some that are none."""
    user = it.call("POST", "/users/", {**WHOLE_PERSON, "external_user_id": "applicant-docs"})
    files = [_file(name, user["id"]) for name in PAPERS[:10]]
    made = it.call("POST", "/documents/collections/", {"documents": files, "users": [{"id": user["id"]}]})
    named = {"collection": made["collection_id"]}
    for _ in range(4):
        it.call("GET", "/documents/collections/{collection}/", **named)
        it.wait(SECOND_US)
    noise = b64encode(b"x" * 2000).decode()
    more = [
        {"filename": "paystub copy.pdf", "mime_type": "application/pdf", "content": files[0]["content"],
         "external_user_id": "applicant-docs"},
        {"filename": "noise.pdf", "mime_type": "image/png", "content": noise},
    ]  # fmt: skip
    it.call("POST", "/documents/collections/{collection}/upload/", {"documents": more}, **named)
    it.wait()
    it.call("GET", "/documents/collections/{collection}/", **named)
    it.call("POST", "/documents/collections/{collection}/finalize/", {"product_type": "income"}, **named)
    it.wait()
    done = it.call("GET", "/documents/collections/{collection}/finalize/", **named)
    it.call("GET", "/documents/collections/")
    link_id = done["users"][0]["links"][0]["link_id"]
    it.read(link_id, "tax", "income/report")
    it.call("GET", "/links/{link}/", link=link_id)
    for each in it.call("GET", "/links/{link}/tax/", link=link_id):
        it.call("GET", "/links/{link}/tax/{tax_document}/", link=link_id, tax_document=each["id"])
    for each in it.call("GET", "/links/{link}/documents/", link=link_id):
        it.call("GET", "/links/{link}/documents/{uploaded_document}/", link=link_id, uploaded_document=each["id"])
    for each in it.call("GET", "/links/{link}/parsed-documents/", link=link_id):
        it.call("GET", "/links/{link}/parsed-documents/{parsed_document}/", link=link_id, parsed_document=each["id"])


def _file(name: str, user_id: str) -> dict[str, Any]:
    content = b64encode(b"%PDF-1.7\n" + name.encode().ljust(1500) + b"\n%%EOF\n").decode()
    return {"filename": name, "mime_type": "application/pdf", "content": content, "user_id": user_id}


def _scenarios(it: LongRun) -> None:
    """Define logins of one's own with nothing left out."""
    text = {"type": "TEXT", "label": "Code", "answer": "12345"}
    choice = {"type": "OPTIONS", "label": "Which?", "options": [{"value": "a", "label": "A"}], "answers": ["a"]}
    whole = {
        "label": "Everything", "data_source": "payroll", "description": "for the tests", "products": ["income"],
        "enabled": True, "username": "case.worker", "password": "of-the-test", "is_refresh": True,
        "provider_id": "truv_api", "company_domain": "larkspur.example", "first_name": "Marisol", "last_name": "Quill",
        "payload": {"flags": {"is_suspicious": True}, "employments": []}, "behavior_status": "mfa_error",
        "behavior_error_message": "no code came", "behavior_duration_seconds": 3,
        "behavior_mfa": {"challenges": [text, choice]},
    }  # fmt: skip
    made = it.call("POST", "/sandbox/scenarios/", whole)
    named = {"sandbox_scenario": made["id"]}
    it.call("GET", "/sandbox/scenarios/{sandbox_scenario}/", **named)
    it.call("PATCH", "/sandbox/scenarios/{sandbox_scenario}/", {"description": "for tests"}, **named)
    it.call("PUT", "/sandbox/scenarios/{sandbox_scenario}/", {"behavior_duration_seconds": 4}, **named)
    it.call("POST", "/sandbox/scenarios/", {"label": "Other", "data_source": "payroll", "username": "other.worker"})
    it.call("GET", "/sandbox/scenarios/")
    it.call("GET", "/sandbox/scenarios/", query="page_size=1&page=1")
    it.call("GET", "/sandbox/scenarios/", query="page_size=1&page=2")
    login = {"data_source": "payroll", "username": "changing.accounts", "password": "of-the-test"}
    for is_refresh, accounts in ((False, 1), (True, 2)):
        data = {"employments": [{"company": {"name": "Juniper Hardware"}, "bank_accounts": [PAID_INTO] * accounts}]}
        asked = {**login, "label": f"{accounts} accounts", "is_refresh": is_refresh, "payload": data}
        it.call("POST", "/sandbox/scenarios/", asked)
    _, token = it.token("income")
    link_id = it.call("POST", "/link-access-tokens/",
                      {"public_token": it.log_in(token, "changing.accounts", "of-the-test")})["link_id"]  # fmt: skip
    it.call("POST", "/refresh/tasks/", {"access_token": it.world.state.links[link_id].access_token})
    it.wait()


def _lists(it: LongRun) -> None:
    """Turn pages, and read employers and providers of every kind."""
    it.call("GET", "/tasks/", query="page_size=50&page=2")
    it.call("GET", "/users/", query="page_size=2&page=2")
    it.call("GET", "/documents/collections/", query="page_size=1")
    it.call("GET", "/providers/", query="page_size=100")
    it.call("GET", "/providers/", query="page_size=3&page=2")
    for provider in ("basilworks", "harrow_timecards", "old_mill"):
        it.call("GET", "/providers/{provider}/", provider=provider)
    for employer in it.world.catalog.employers:
        it.call("GET", "/companies/{company}/", company=employer["company_mapping_id"])
        it.call("POST", "/companies/", {"name": employer["name"]})
        it.call("GET", "/company-mappings-search/", query=f"query={employer['name'].split()[0]}")
    it.call("POST", "/companies/", {"name": "Nobody Knows This One"})
    _order(it, order_number="CASE-W")
    it.drop_webhooks()
    first = it.call("GET", "/webhook-requests/", query="page_size=3")
    it.call("GET", "/webhook-requests/", query=first["next"].partition("?")[2])
    it.call("GET", "/webhook-requests/", query="page_size=100")


def _refusals(it: LongRun) -> None:
    """Be refused in every documented way."""
    it.refuse("POST", "/orders/", {"products": ["income"]}, status=400)
    it.refuse("POST", "/sandbox/scenarios/", {"label": "Mine", "data_source": "payroll", "username": "goodlogin"},
              status=400)  # fmt: skip
    it.refuse("POST", "/sandbox/scenarios/", {"label": "Mine", "username": "x"}, status=400)
    it.refuse("POST", "/link-access-tokens/", {"public_token": next(iter(it.world.state.public_tokens))}, status=410)
    it.refuse("GET", f"/orders/{'0' * 32}/", status=404)
    it.refuse("DELETE", "/tasks/", status=405)
    it.refuse("GET", "/tasks/", status=406, accept="text/html")
    it.refuse("POST", "/orders/", "a=1", status=415, content_type="application/x-www-form-urlencoded")
    it.fail_once(401)
    it.fail_once(403)
    it.knobs(requests_per_minute=1)
    it.call("GET", "/users/", query="page_size=1")
    it.refuse("GET", "/users/", status=429)
    it.knobs(requests_per_minute=None)
    it.wait(HOUR_US)
