"""The knobs: every value that the documentation leaves open or gives differently, in one typed profile.

Each knob says what it does, how sure its default is (*documented*, *inferred*, *assumed*) and where that is from. The
manual's table of knobs is printed from here. Units stand at the end of the names.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


def _knob(text: str, basis: str, source: str, **limits: Any) -> Meta:
    """Return the description of a knob: what it does, how sure its default is, and the source of that."""
    return Meta(description=text, extra_json_schema={"x-basis": basis, "x-source": source}, **limits)


AtLeastOne = Annotated[int, Meta(ge=1, le=1_000_000)]
FailureEvent = Literal["task-status-updated", "link-disconnected", "order-refresh-failed"]
ReasonPlace = Literal["order", "task", "link"]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The knobs of one sandbox."""

    # limits and money
    refresh_limit: Annotated[
        int, _knob("refreshes of one connection within the window", "documented", "refresh object", ge=0, le=1_000_000)
    ] = 3
    refresh_limit_hours: Annotated[
        int,
        _knob("width of the half-open window", "documented", "refresh object; that it rolls: assumed", ge=1, le=8760),
    ] = 24
    refresh_limit_counts_failed: Annotated[
        bool, _knob("a failed refresh counts (K-LIMIT)", "assumed", "not documented")
    ] = True
    refresh_limit_effect: Annotated[
        Literal["refuse", "fail_task"],
        _knob(
            "at the limit the call is refused whole, or only that connection's task fails", "assumed", "not documented"
        ),
    ] = "refuse"
    refresh_limit_status: Annotated[
        Literal[400, 429], _knob("HTTP status of a refresh beyond the limit", "inferred", "only the text is documented")
    ] = 400
    gse_refreshes: Annotated[
        int,
        _knob(
            "further free refreshes of a connection within 90 days, 0: none",
            "documented",
            "data refresh",
            ge=0,
            le=1000,
        ),
    ] = 0
    billing: Annotated[
        Literal["commit", "done"],
        _knob("a refresh is billed when accepted, or when done (K-BILL)", "documented", "refresh object"),
    ] = "commit"
    requests_per_minute: Annotated[
        AtLeastOne | None, _knob("requests a minute per secret, null: no limit; documented 300", "documented", "errors")
    ] = None
    # connections
    oauth_days: Annotated[
        AtLeastOne | None,
        _knob("life of an OAuth grant, null: the provider's own (K-AGE)", "documented", "refresh object"),
    ] = None
    # webhooks
    webhook_retries: Annotated[
        int, _knob("retries after the first delivery", "inferred", "official sample guide", ge=0, le=100)
    ] = 3
    webhook_retry_seconds: Annotated[
        int, _knob("pause before each retry", "inferred", "official sample guide", ge=0, le=86400)
    ] = 30
    webhook_timeout_seconds: Annotated[
        int, _knob("a slower answer is a failed delivery", "documented", "webhooks object", ge=1, le=60)
    ] = 10
    webhook_redirects: Annotated[
        int,
        _knob("redirects followed in one attempt", "assumed", "that they are followed: webhooks object", ge=0, le=20),
    ] = 5
    webhook_retry_id: Annotated[
        Literal["kept", "new"],
        _knob("a retry keeps its webhook_id, or gets a new one (K-WID)", "inferred", "webhooks object"),
    ] = "kept"
    webhook_disable_after: Annotated[
        AtLeastOne | None,
        _knob(
            "failed webhooks in a row that switch an endpoint off, null: never (K-DISABLE)",
            "assumed",
            "webhooks object",
        ),
    ] = None
    task_event_order_id: Annotated[
        bool, _knob("task-status-updated carries order_id (K-TASKID)", "documented", "tasks events: it does not")
    ] = False
    order_events: Annotated[
        Literal["suborder", "order", "success"],
        _knob("order-status-updated per suborder, once per order, or per suborder but never on failure (K-ORDEVT)",
              "documented", "orders events"),
    ] = "suborder"  # fmt: skip
    failure_events: Annotated[
        tuple[FailureEvent, ...],
        _knob(
            "what a failed refresh tells, in this order (K-FAILEVT)",
            "inferred",
            "links and orders events",
            min_length=1,
        ),
    ] = ("task-status-updated", "link-disconnected", "order-refresh-failed")
    time_format: Annotated[
        Literal["documented", "z", "offset", "mixed", "seconds"],
        _knob("form of the times in webhooks (K-TSFMT)", "documented", "events pages"),
    ] = "documented"
    # reads
    order_list: Annotated[
        Literal["present", "absent"], _knob("GET /v1/orders/ is served (K-LIST)", "documented", "orders_list")
    ] = "present"
    order_list_lag_seconds: Annotated[
        int, _knob("a new order is listed only after this time (K-LIST)", "assumed", "not documented", ge=0, le=3600)
    ] = 0
    order_read_lag_seconds: Annotated[
        int,
        _knob(
            "an order's read shows its state of this long ago (K-LAG)",
            "assumed",
            "an integrator's report",
            ge=0,
            le=3600,
        ),
    ] = 0
    report_place: Annotated[
        Literal["both", "order", "link"],
        _knob("data are read in the order, by link, or both (K-REPORT)", "documented", "orders_read, link reports"),
    ] = "both"
    file_urls: Annotated[
        Literal["absent", "own"],
        _knob("addresses of files (file, pdf_report) are null, or addresses of this mock that give a PDF", "assumed",
              "the service's are pre-signed addresses of its own"),
    ] = "absent"  # fmt: skip
    document_checks: Annotated[
        Literal["content", "names"],
        _knob("uploaded files are judged by their content, or by their names alone as the service's sandbox does",
              "assumed", "document collections object, test documents page"),
    ] = "content"  # fmt: skip
    failure_reason_in: Annotated[
        tuple[ReasonPlace, ...],
        _knob("reads that show the exact failure reason (K-READ)", "inferred", "pages differ", min_length=1),
    ] = ("order", "task", "link")
    page_size: Annotated[
        int, _knob("entries of a page when the request does not say", "assumed", "not documented", ge=1, le=1000)
    ] = 20
    page_size_max: Annotated[int, _knob("largest page that is served", "assumed", "not documented", ge=1, le=1000)] = (
        100
    )
    # orders
    idempotency_header: Annotated[
        Literal["ignored", "honoured"],
        _knob("a repeated Idempotency-Key on a POST that makes something (K-IDEM)", "documented", "none is documented"),
    ] = "ignored"
    user_of_new_order: Annotated[
        Literal["reused", "replaced"],
        _knob(
            "an order with a known external_user_id re-uses the user, or makes a new one (K-USER)",
            "documented",
            "best practices",
        ),
    ] = "reused"
    employer_ids: Annotated[
        Literal["differ", "equal"],
        _knob("suborder ids of a refresh order and its original (K-EMPID)", "inferred", "create refresh order"),
    ] = "differ"
    refresh_of_refresh: Annotated[
        Literal["allowed", "refused"],
        _knob("a refresh order may itself be refreshed (K-CHAIN)", "inferred", "not documented"),
    ] = "allowed"
    order_expiry_hours: Annotated[
        int, _knob("life of a link; weekends do not count", "documented", "manage orders", ge=24, le=2016)
    ] = 72
    order_notify_seconds: Annotated[
        int, _knob("from creation to the first message", "assumed", "not documented", ge=0, le=86400)
    ] = 1
    bridge_token_hours: Annotated[
        int, _knob("life of a bridge token", "documented", "bridge widget guide", ge=1, le=8760)
    ] = 6
    public_token_hours: Annotated[
        int, _knob("life of a public token", "inferred", "older glossary; now: short-lived", ge=1, le=8760)
    ] = 6
    history_years: Annotated[
        int, _knob("whole years of pay statements before the first login", "assumed", "not documented", ge=0, le=10)
    ] = 1
    client_name: Annotated[
        str,
        _knob("the company's name at Truv, shown in orders", "documented", "orders_read", min_length=1, max_length=200),
    ] = "Example County HHS"


PRESETS: dict[str, dict[str, Any]] = {
    "documented": {},
    "strict": {"requests_per_minute": 300, "webhook_disable_after": 20, "refresh_of_refresh": "refused"},
    "older-docs": {
        "order_events": "order",
        "order_list": "absent",
        "oauth_days": 90,
        "billing": "done",
        "report_place": "link",
        "time_format": "z",
    },
    "harsh": {
        "requests_per_minute": 300,
        "order_events": "success",
        "failure_events": ["order-refresh-failed", "link-disconnected", "task-status-updated"],
        "time_format": "mixed",
        "webhook_retry_id": "new",
        "webhook_disable_after": 5,
        "order_list_lag_seconds": 60,
        "order_read_lag_seconds": 60,
        "failure_reason_in": ["task"],
        "user_of_new_order": "replaced",
        "refresh_of_refresh": "refused",
        "refresh_limit_status": 429,
    },
}
"""Named sets of knobs: what is documented; its strictest reading; the older pages; whatever is hardest to live with."""


def preset(name: str) -> Profile:
    """Return the profile called ``name``.

    Raises:
        ValueError: There is none; the message lists them.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no profile {name!r}; use one of {', '.join(PRESETS)}")
    return msgspec.convert(PRESETS[name], Profile)


def differences(profile: Profile) -> dict[str, Any]:
    """Return the knobs that are not at their defaults."""
    given: dict[str, Any] = msgspec.to_builtins(profile)
    default: dict[str, Any] = msgspec.to_builtins(Profile())
    return {name: value for name, value in given.items() if value != default[name]}
