"""What Schemathesis has to be given to reach existing things: ids, tokens, and objects in the right state.

A description can say that a path names an order, not which orders there are. So before a *valid* request goes out, ids
in its path become those of things that exist (made here, over the same HTTP, one for each kind of account), references
in its body become good ones, and names that must not be used twice become new ones. Requests that are meant to be
wrong, and requests whose ids come from links, go out as they were drawn. Answers are counted; the count is
written to the file that ``MOCK_TRUV_FUZZ_COUNT`` names.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests
import schemathesis
from schemathesis import GenerationMode

if TYPE_CHECKING:
    from schemathesis import Case, HookContext
    from schemathesis.core.transport import Response

PERSON = {"first_name": "Ada", "last_name": "Quill"}
ACCOUNT = {"account_number": "16002600", "routing_number": "12345678", "account_type": "checking"}
LOAN = {**ACCOUNT, "deposit_type": "amount", "deposit_value": "5"}


class Ground:
    """A sandbox with one of everything, and makers of more."""

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        self.session = requests.Session()
        self.session.headers.update(headers)
        self.base_url = base_url
        self.numbers = itertools.count()
        self.key: str | None = None
        """Id of the active key that a request has made."""
        self.ask("PATCH", "/_mock/profile", {"refresh_limit": 1_000_000})
        self.employer = self.ask("GET", "/v1/companies/")["results"][0]["company_mapping_id"]
        self.links: list[dict[str, Any]] = []
        asked_for: dict[str, dict[str, Any]] = {
            "income": {},
            "deposit_switch": {"account": ACCOUNT},
            "insurance": {},
            "assets": {"provider_id": "maplebank"},
            "pll": {"account": LOAN, "company_mapping_id": self.employer},
        }
        for product, asked in asked_for.items():
            self.links.append(self.connect(product, **asked))
        self.things = self._things()
        self.suitable: dict[str, list[dict[str, str]]] = {}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what a request answers that must succeed."""
        answer = self.session.request(method, self.base_url + path, json=body, timeout=120)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def connect(self, product: str, **asked: Any) -> dict[str, Any]:
        """Connect an account of a new user; return ``user_id``, ``link_id``, ``access_token``."""
        user = self.ask("POST", "/v1/users/", PERSON)
        token = self.ask("POST", f"/v1/users/{user['id']}/tokens/", {"product_type": product, **asked})
        exchanged = self.ask("POST", "/v1/link-access-tokens/", {"public_token": self.log_in(token["bridge_token"])})
        return {"user_id": user["id"], "link_id": exchanged["link_id"], "access_token": exchanged["access_token"]}

    def log_in(self, bridge_token: str) -> str:
        """Do what a person does in Bridge; return the public token."""
        login = {"username": "goodlogin", "password": "goodpassword"}
        done = self.ask("POST", f"/_mock/bridge/{bridge_token}/complete", login)
        self.ask("POST", "/_mock/settle", {})
        public_token: str = done["public_token"]
        return public_token

    def order(self) -> dict[str, Any]:
        """Return a new order with one open employer."""
        asked = {**PERSON, "products": ["income"], "employers": [{"company_name": "Larkspur Freight"}]}
        order: dict[str, Any] = self.ask("POST", "/v1/orders/", asked)
        return order

    def collection(self, name: str = "paystub") -> str:
        """Return the id of a new collection of one document."""
        user = self.ask("POST", "/v1/users/", PERSON)
        file = {"filename": f"{name}-{next(self.numbers)}.pdf", "mime_type": "application/pdf", "content": self.pdf()}
        asked = {"documents": [{**file, "user_id": user["id"]}], "users": [{"id": user["id"]}]}
        made = self.ask("POST", "/v1/documents/collections/", asked)
        self.ask("POST", "/_mock/settle", {})
        ident: str = made["collection_id"]
        return ident

    def pdf(self) -> str:
        """Return a file that no other equals."""
        return b64encode(b"%PDF-1.7\n" + str(next(self.numbers)).encode().ljust(1024) + b"\n%%EOF\n").decode()

    def _things(self) -> dict[str, list[str]]:
        """Return {name of a path parameter: ids of things that stay}."""
        order = self.order()
        self.log_in(order["employers"][0]["bridge_token"])
        income, bank = self.links[0], self.links[3]
        token = {"access_token": income["access_token"]}
        finalized = self.collection("volunteer letter")
        self.ask("POST", f"/v1/documents/collections/{finalized}/finalize/", {})
        self.ask("POST", "/_mock/settle", {})
        newest = self.ask("GET", "/v1/links/")["results"][0]["id"]
        refreshed = self.ask("POST", "/v1/refresh/tasks/", token)["task_id"]
        scored = {
            "lender_reference": "L", "customer_identifier": "C", "purpose": "decisioning",
            "cutoff_date": "2026-01-01", "institutions": [], "accounts": [], "transactions": [],
        }  # fmt: skip
        days = {"start_date": "2025-11-01", "end_date": "2025-12-31"}
        payroll = self.ask("POST", "/v1/administrators/payrolls/", {**token, **days})
        insights = {"days_requested": 90, "consumer_report_permissible_purpose": "ACCOUNT_REVIEW_CREDIT"}
        mine = f"/v1/users/{bank['user_id']}"
        made = {
            "batch_id": [self.ask("POST", "/v1/orders/batch/", {"orders": [{}]})["id"]],
            "payroll_report_id": [payroll["payroll_report_id"]],
            "report_id": [self.ask("POST", f"/v1/users/{income['user_id']}/reports/", {})["report_id"]],
            "asset_report_id": [self.ask("POST", f"{mine}/assets/reports/", {})["report_id"]],
            "income_insights_report_id": [self.ask("POST", f"{mine}/income_insights/reports/", insights)["report_id"]],
            "scoring_report_id": [self.ask("POST", "/v1/scoring_attributes/reports/", scored)["report_id"]],
            "webhook_id": [self.webhook()], "template_id": [self.template()], "scenario_id": [self.scenario()],
            "collection_id": [finalized], "task_id": [refreshed], "order_id": [order["id"]],
            "company_mapping_id": [self.employer], "provider_id": ["truv_api"], "product_type": ["income"],
            "user_id": [each["user_id"] for each in self.links],
            "link_id": [*(each["link_id"] for each in self.links), newest],
        }  # fmt: skip
        self.ask("POST", "/_mock/clock/advance", {"seconds": 40 * 86400})
        self.ask("POST", "/v1/refresh/tasks/", token)
        self.ask("POST", "/_mock/settle", {})
        for name, path in {"statement_id": "statements", "tax_document_id": "tax"}.items():
            found = self.ask("GET", f"/v1/links/{income['link_id']}/{path}/")
            made[name] = [(found["results"] if isinstance(found, dict) else found)[0]["id"]]
        for name, path in {"uploaded_document_id": "documents", "parsed_document_id": "parsed-documents"}.items():
            made[name] = [self.ask("GET", f"/v1/links/{newest}/{path}/")[0]["id"]]
        return made

    def free_key(self) -> None:
        """Deactivate the key made last: an environment has two at most."""
        if self.key is not None:
            self.ask("POST", "/v1/keys/deactivate/", {"id": self.key})
        self.key = None

    def new_key(self) -> str:
        """Return the id of a new key that the request at hand will deactivate."""
        ident: str = self.ask("POST", "/v1/keys/", {})["id"]
        return ident

    def webhook(self) -> str:
        """Return the id of a new webhook that is told of nothing that happens here."""
        url = f"http://127.0.0.1:9/{next(self.numbers)}"
        asked = {"name": "w", "webhook_url": url, "env_type": "sandbox", "events": ["order-finalized"]}
        ident: str = self.ask("POST", "/v1/webhooks/", asked)["id"]
        return ident

    def template(self) -> str:
        """Return the id of a new template."""
        ident: str = self.ask("POST", "/v1/templates/", {"name": f"t{next(self.numbers)}"})["id"]
        return ident

    def scenario(self) -> str:
        """Return the id of a new sandbox scenario."""
        number = next(self.numbers)
        asked = {"label": f"s{number}", "username": f"s{number}", "data_source": "payroll"}
        ident: str = self.ask("POST", "/v1/sandbox/scenarios/", asked)["id"]
        return ident

    def fresh(self, method: str, path: str) -> dict[str, str] | None:
        """Return path parameters of things just made, for what uses them up; None where standing ones will do."""
        match method, path.removeprefix("/v1"):
            case "DELETE", "/users/{user_id}/":
                return {"user_id": self.ask("POST", "/v1/users/", PERSON)["id"]}
            case "DELETE", "/links/{link_id}/":
                return {"link_id": self.connect("income")["link_id"]}
            case "DELETE", "/webhooks/{webhook_id}/":
                return {"webhook_id": self.webhook()}
            case "DELETE", "/templates/{template_id}/":
                return {"template_id": self.template()}
            case "DELETE", "/sandbox/scenarios/{scenario_id}/":
                return {"scenario_id": self.scenario()}
            case (
                "PATCH",
                "/orders/{order_id}/",
            ) | ("POST", "/orders/{order_id}/cancel/" | "/orders/{order_id}/employers/"):
                return {"order_id": self.order()["id"]}
            case (
                "POST",
                "/documents/collections/{collection_id}/finalize/" | "/documents/collections/{collection_id}/upload/",
            ):
                return {"collection_id": self.collection()}
            case _:
                return None

    def standing(self, path: str, names: list[str], at: int) -> dict[str, str]:
        """Return path parameters of things that go together: all that answer a GET, else the first of each."""
        if path not in self.suitable:
            choices = [
                dict(zip(names, each, strict=True)) for each in itertools.product(*(self.things[n] for n in names))
            ]
            good = [each for each in choices if self._answers(path, each)]
            self.suitable[path] = good or choices[:1]
        found = self.suitable[path]
        return found[at % len(found)]

    def _answers(self, path: str, named: dict[str, str]) -> bool:
        filled = path.format(**{name: quote(value, safe="") for name, value in named.items()})
        return bool(self.session.get(self.base_url + filled, timeout=30).status_code == 200)


class Counted:
    """How valid requests were answered, by operation."""

    def __init__(self) -> None:
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self.valid: dict[str, Counter[int]] = {}

    def write(self) -> None:
        target = os.environ.get("MOCK_TRUV_FUZZ_COUNT")
        if target:
            shown = {"requests": self.requests, "statuses": self.statuses, "valid": self.valid}
            Path(target).write_text(json.dumps(shown, indent=1))


GROUNDS: dict[str, Ground] = {}
COUNTED = Counted()
atexit.register(COUNTED.write)


def ground_of(case: Case[Any]) -> Ground:
    """Return the sandbox behind a case, furnished at its first request."""
    parts = urlsplit(case.operation.base_url or "")
    base_url = f"{parts.scheme}://{parts.netloc}"
    if base_url not in GROUNDS:
        config = case.operation.schema.config.headers or {}
        GROUNDS[base_url] = Ground(base_url, {name: str(value) for name, value in config.items()})
    return GROUNDS[base_url]


def is_valid(case: Case[Any]) -> bool:
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: Any) -> None:
    """Let a valid request name things that exist."""
    del context, kwargs
    if not is_valid(case):
        return
    ground = ground_of(case)
    from_links = case.meta is not None and case.meta.phase.name.value == "stateful"
    if case.path_parameters and not from_links:
        names = list(case.path_parameters)
        at = sum(len(str(value)) for value in case.path_parameters.values())
        case.path_parameters = ground.fresh(case.method.upper(), case.path) or ground.standing(case.path, names, at)
    if isinstance(case.body, dict):
        case.body = with_good_references(ground, case.path, dict(case.body))


REFERENCES = ("account_ids", "document_ids", "user_id", "users", "financial_accounts", "template_id", "provider_id")
"""Keys of a body that name things; all may be left out."""


def with_good_references(ground: Ground, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a body in which what is named exists, and what must be new is new."""
    for key in REFERENCES:
        body.pop(key, None)
    if path == "/v1/orders/{order_id}/" or path.endswith("/refresh/"):
        body.pop("employers", None)
    if "company_mapping_id" in body:
        body["company_mapping_id"] = ground.employer
    for each in body.get("employers") or []:
        if isinstance(each, dict) and each.get("company_mapping_id"):
            each["company_mapping_id"] = ground.employer
    number = next(ground.numbers)
    for key in ("external_user_id", "label", "username"):
        if isinstance(body.get(key), str):
            body[key] = f"{key}-{number}"
    if path.startswith("/v1/webhooks/"):
        body["enabled"] = False  # what nobody listens to would be sent again and again
    if isinstance(body.get("webhook_url"), str):
        body["webhook_url"] = f"http://127.0.0.1:9/{number}"
    for document in body.get("documents") or []:
        if isinstance(document, dict):
            document |= {"content": ground.pdf()}
            document.pop("user_id", None)
            document.pop("external_user_id", None)
    return _with_tokens(ground, path, body)


def _with_tokens(ground: Ground, path: str, body: dict[str, Any]) -> dict[str, Any]:
    if path.endswith("/tokens/") or path == "/v1/bridge-tokens/":
        body.pop("access_token", None)
    elif "access_token" in body:
        product = path.removesuffix("/").rpartition("/")[2]
        place = {"deposit_switch": 1, "direct_deposit": 1, "insurance": 2, "pll": 4}.get(product, 0)
        body["access_token"] = ground.links[place]["access_token"]
        body.pop("product_type", None)
    if path == "/v1/link-access-tokens/":
        token = ground.ask("POST", f"/v1/users/{ground.links[0]['user_id']}/tokens/", {"product_type": "income"})
        body["public_token"] = ground.log_in(token["bridge_token"])
    if path.startswith("/v1/keys/"):
        ground.free_key()
    if path == "/v1/keys/deactivate/":
        body["id"] = ground.new_key()
    return body


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Count the answer."""
    del context
    COUNTED.requests += 1
    if case.path == "/v1/keys/" and response.status_code == 201:
        ground_of(case).key = response.json()["id"]
    COUNTED.statuses[response.status_code] += 1
    if is_valid(case):
        name = f"{case.method.upper()} {case.path}"
        COUNTED.valid.setdefault(name, Counter())[response.status_code] += 1
