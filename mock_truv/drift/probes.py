"""What ``drift --live`` asks a service: a fixed table, read from top to bottom.

Nothing in it is billed in a sandbox by what is documented, and only the last two are refreshes. What a probe makes is
taken back by a later one; a run that ends early takes it back as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Group = Literal["read", "write", "refresh"]
KNOWN = {"unknown": "0" * 32}
"""Names that need no probe: an id that nothing has."""
RECEIVER = "https://mock-truv-drift.invalid/webhooks"
"""No such host can exist (RFC 2606), so nothing that happens in the sandbox is sent to anybody."""
OWN_ID = "mock-truv-drift"
"""The user's id in the client's own system: the order is this user's, so that both go together."""
PERSON = {"first_name": "Drift", "last_name": "Probe"}
REFUSED = frozenset({400, 403, 404})
"""How a read of data may be refused that the connection at hand does not have."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One request, and what is expected of it."""

    method: str
    path: str
    """Below ``/v1``; names in braces are those that earlier probes gave."""
    group: Group = "read"
    query: str = ""
    body: Mapping[str, Any] | None = None
    gives: Mapping[str, str] = field(default_factory=dict)
    """Name -> where in the answer it stands: keys by dots, ``[]`` the first entry of a list, ``[key=word]`` the first
    with it."""
    expects: int | None = None
    """The status; by default the good one of our description."""
    refusals: frozenset[int] = frozenset()
    """Statuses that are no difference, either; the shape of the error is judged where we describe it."""
    keys: bool = True
    """Whether the keys are sent."""
    undo: tuple[tuple[str, str], ...] = ()
    """Methods and paths that take back what this makes, the last first."""

    def needs(self) -> set[str]:
        """Return the names that have to be known."""
        return {part.partition("}")[0] for part in self.path.split("{")[1:]} | {
            part.partition("}")[0] for part in self.query.split("{")[1:]
        }


def _get(path: str, **more: Any) -> Probe:
    return Probe(method="GET", path=path, **more)


def _write(method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Probe:
    return Probe(method=method, path=path, body=body, group="write", **more)


def _link_reads() -> Iterator[Probe]:
    """Yield the reads of what a connection shows, for one of each source of data."""
    for part in ("employments", "employment", "identity", "bank_accounts", "documents", "parsed-documents"):
        yield _get(f"/links/{{payroll_link}}/{part}/", refusals=REFUSED)
    yield _get("/links/{payroll_link}/income/report/", refusals=REFUSED)
    yield _get("/links/{payroll_link}/employment/report/", refusals=REFUSED)
    yield _get(
        "/links/{payroll_link}/statements/", query="page_size=2", refusals=REFUSED, gives={"statement": "results.[].id"}
    )
    yield _get("/links/{payroll_link}/statements/{statement}/", refusals=REFUSED)
    yield _get("/links/{payroll_link}/shifts/", query="page_size=2", refusals=REFUSED)
    yield _get("/links/{payroll_link}/tax/", refusals=REFUSED, gives={"tax": "[].id"})
    yield _get("/links/{payroll_link}/tax/{tax}/", refusals=REFUSED)
    yield _get("/links/{bank_link}/transactions/", query="page_size=2", refusals=REFUSED)
    for part in ("balances", "auth", "liabilities", "investments", "income/transactions/reports"):
        yield _get(f"/links/{{bank_link}}/{part}/", refusals=REFUSED)
    yield _get("/links/{insurance_link}/insurance/report/", refusals=REFUSED)


READS = (
    _get("/users/", query="page_size=2", gives={"user": "results.[].id"}),
    _get("/users/{user}/", query="list_links=true"),
    _get("/users/{user}/reports/", refusals=REFUSED),
    _get("/orders/", query="page_size=50",
         gives={"order": "results.[].id", "completed": "results.[status=completed].id"}),
    _get("/orders/{order}/"),
    _get("/orders/{completed}/"),
    _get("/orders/{order}/events/"),
    _get("/orders/{completed}/certifications/", refusals=REFUSED),
    _get("/orders/{completed}/invoice/", refusals=REFUSED),
    _get("/links/", query="page_size=50", gives={
        "link": "results.[].id",
        "payroll_link": "results.[data_source=payroll].id",
        "bank_link": "results.[data_source=financial_accounts].id",
        "insurance_link": "results.[data_source=insurance].id",
    }),
    _get("/links/{link}/"),
    *_link_reads(),
    _get("/tasks/", query="page_size=2", gives={"task": "results.[].id"}),
    _get("/tasks/{task}/"),
    _get("/webhooks/", gives={"known_webhook": "results.[].id"}),
    _get("/webhooks/{known_webhook}/"),
    _get("/webhook-requests/", query="page_size=2"),
    _get("/templates/", gives={"known_template": "results.[].id"}),
    _get("/templates/{known_template}/"),
    _get("/company-mappings-search/", query="query=home", gives={"company": "[].company_mapping_id"}),
    _get("/companies/{company}/"),
    _get("/providers/", query="page_size=2", gives={"provider": "results.[].id"}),
    _get("/providers/{provider}/"),
    _get("/documents/collections/"),
    _get("/sandbox/scenarios/"),
    _get("/users/{unknown}/", expects=404),
    _get("/orders/{unknown}/", expects=404),
    _get("/users/", query="page=999999", expects=404),
    _get("/users/", expects=401, keys=False),
    Probe(method="POST", path="/orders/lookup/", body={}, expects=400),
    Probe(method="POST", path="/orders/lookup/", body={"ssn": "0000"}, refusals=REFUSED),
)  # fmt: skip
"""Lookups are POSTs that change nothing."""

WRITES = (
    _write("POST", "/webhooks/", {"name": "mock-truv drift", "webhook_url": RECEIVER, "env_type": "sandbox"},
           refusals=frozenset({400}), gives={"new_webhook": "id"}, undo=(("DELETE", "/webhooks/{new_webhook}/"),)),
    _write("GET", "/webhooks/{new_webhook}/"),
    _write("PATCH", "/webhooks/{new_webhook}/", {"name": "mock-truv drift, changed"}),
    _write("DELETE", "/webhooks/{new_webhook}/"),
    _write("POST", "/users/", {**PERSON, "external_user_id": OWN_ID}, gives={"new_user": "id"},
           undo=(("DELETE", "/users/{new_user}/"),)),
    _write("GET", "/users/{new_user}/"),
    _write("PATCH", "/users/{new_user}/", {"last_name": "Probed"}),
    _write("POST", "/users/{new_user}/tokens/", {"product_type": "income"}),
    _write("POST", "/orders/", {"products": ["income"], **PERSON, "order_number": "mock-truv-drift",
                                "external_user_id": OWN_ID, "employers": [{"company_name": "Home Depot"}]},
           gives={"new_order": "id", "order_user": "user_id"},
           undo=(("DELETE", "/users/{order_user}/"), ("POST", "/orders/{new_order}/cancel/"))),
    _write("GET", "/orders/{new_order}/"),
    _write("GET", "/orders/{new_order}/events/"),
    _write("POST", "/orders/{new_order}/cancel/"),
    _write("DELETE", "/users/{new_user}/"),
    _write("POST", "/orders/", {"products": []}, expects=400, gives={"odd_order": "id"},
           undo=(("POST", "/orders/{odd_order}/cancel/"),)),
    _write("POST", "/templates/", {"name": "mock-truv drift", "branding": {"company_name": "mock-truv drift"}},
           refusals=frozenset({400, 403}), gives={"new_template": "id"},
           undo=(("DELETE", "/templates/{new_template}/"),)),
    _write("GET", "/templates/{new_template}/"),
    _write("PATCH", "/templates/{new_template}/", {"name": "mock-truv drift, changed"}),
    _write("DELETE", "/templates/{new_template}/"),
    _write("POST", "/sandbox/scenarios/", {"label": "mock-truv drift", "data_source": "payroll",
                                           "username": "mock-truv-drift", "password": "of-the-test"},
           refusals=frozenset({400, 403}), gives={"new_scenario": "id"},
           undo=(("DELETE", "/sandbox/scenarios/{new_scenario}/"),)),
    _write("GET", "/sandbox/scenarios/{new_scenario}/"),
    _write("DELETE", "/sandbox/scenarios/{new_scenario}/"),
)  # fmt: skip

REFRESHES = (
    Probe(method="POST", path="/orders/{completed}/", body={"products": ["income"]}, group="refresh",
          refusals=REFUSED, gives={"refreshed": "id"}),
    Probe(method="GET", path="/orders/{refreshed}/", group="refresh"),
)  # fmt: skip

PROBES = (*READS, *WRITES, *REFRESHES)
