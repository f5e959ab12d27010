"""What an order of Truv says: how each connection ended, which data belong to it, whose they are. Decides nothing."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from examples.integrators.common.truv import Refused, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from examples.integrators.common.truv import JsonObject, Truv

LOGIN_FAILED = frozenset({"login_error", "mfa_error"})
PASSING = frozenset({"unavailable", "error"})
"""Endings that a later try may mend; all other failures need somebody who looks at them."""
EXACT = LOGIN_FAILED | {"unavailable", "config_error", "account_locked", "no_data", "unable_to_reset", "not_supported"}
OVER = frozenset({"no_data", "expired", "skipped", "canceled"})
LIMIT_REFRESHES, LIMIT_S = 3, 86_400.0
SETTLE_S = 120.0
"""An order may take so long to show up in a list; before that, nothing found proves nothing."""
SKEW_S = 1.0
LATE_S = 600.0
GRACE_S = 3600.0
"""A login that began in time may end a little after the expiry."""


def ending(truv: Truv, suborder: JsonObject) -> str | None:
    """Return how the refresh of one connection ended: ``done``, ``limit`` or what failed; None while it has not.

    Where the order says no more than ``error``, the task and then the link are asked for the exact reason.
    """
    status, task = suborder.get("status"), last_task(suborder)
    if status == "completed":
        return "done"
    if status in OVER:
        return str(status)
    known = task.get("status")
    if known in EXACT:
        return str(known)
    if status != "error" and known != "error":
        return None
    if "limit" in str(task.get("error_message") or "").lower():
        return "limit"
    for path, field in (
        (f"/refresh/tasks/{task.get('id')}/", "status"),
        (f"/links/{suborder.get('link_id')}/income/report/", "refresh_status"),
        (f"/links/{suborder.get('link_id')}/", "status"),
    ):
        try:
            known = truv.get(path).get(field)
        except Refused:
            continue
        if known in EXACT:
            return str(known)
    return "error"


def link_ending(truv: Truv, order: JsonObject, suborder: JsonObject) -> str | None:
    """Return how a person's part of a link order ended: ``done`` or why not; None while the person may still come.

    A login that fails is no ending here: the person types again.
    """
    status = suborder.get("status")
    if status == "completed":
        return "done"
    if status in OVER or status == "error":
        return str(status)
    expires = instant(order.get("expired_at"))
    return "expired" if expires is not None and truv.now() > expires + GRACE_S else None


def data(truv: Truv, order: JsonObject, suborder: JsonObject, product: str, old_reports: Iterable[str]) -> Any:
    """Return the data that a completed suborder brought, None while they cannot be read yet.

    ``{"order_id", "report_id", "as_of", "items"}``. They stand in the order, or else in the report of the link. That
    one is shared with every earlier order, so it counts only if it was finished after this order was made.
    """
    items, report = suborder.get("employments"), order.get("voie_report_id")
    as_of = last_task(suborder).get("updated_at") or order.get("completed_at") or order.get("updated_at")
    if not items:
        kind = "employment" if product == "employment" else "income"
        try:
            found = truv.get(f"/links/{suborder.get('link_id')}/{kind}/report/")
        except Refused as refused:
            if refused.status == 404 and truv.now() < (instant(as_of) or 0.0) + LATE_S:
                return None  # served a little later than the order says
            raise
        as_of = found.get("finished_at") or found.get("completed_at")
        made, finished = instant(order.get("created_at")), instant(as_of)
        items, report = found.get("employments"), found.get("id")
        if found.get("status") != "done" or made is None or finished is None or finished < made - SKEW_S:
            return None
    if not isinstance(items, list) or not items or report in set(old_reports):
        return None
    return {
        "order_id": order["id"],
        "report_id": report,
        "as_of": as_of,
        # what the caseworker's screen needs; account numbers it does not
        "items": [{name: value for name, value in item.items() if name != "bank_accounts"} for item in items],
    }


def last_task(suborder: JsonObject) -> JsonObject:
    """Return the newest task of a suborder, empty if it shows none."""
    tasks = suborder.get("tasks")
    return tasks[-1] if isinstance(tasks, list) and tasks and isinstance(tasks[-1], dict) else {}


def parts(order: JsonObject, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, JsonObject]:
    """Return {case's key: suborder of this order}; ``wanted`` tells of each key its ``sub``, ``link`` and ``name``.

    A refresh order may have new suborder ids: then the connection tells them apart, and the name where two share one.
    """
    free = [it for it in order.get("employers") or [] if isinstance(it, dict)]
    found: dict[str, JsonObject] = {}
    for rule in ("id", "link and name", "link"):
        for key, want in wanted.items():
            match = next((it for it in free if key not in found and _fits(it, want, rule)), None)
            if match is not None:
                found[key] = match
                free.remove(match)
    return found


def _fits(suborder: JsonObject, want: Mapping[str, Any], rule: str) -> bool:
    if rule == "id":
        return bool(suborder.get("id") == want["sub"])
    same_link = want["link"] is not None and suborder.get("link_id") == want["link"]
    return same_link and (rule == "link" or suborder.get("company_name") == want["name"])


def asked(order: JsonObject, names: Mapping[str, str | None]) -> dict[str, str]:
    """Return {suborder id: case's key} of a link order; ``names`` are the employers asked for, in that order."""
    free = [it for it in order.get("employers") or [] if isinstance(it, dict) and it.get("id")]
    found: dict[str, str] = {}
    for key, name in names.items():
        match = next((it for it in free if name and it.get("company_name") == name), free[0] if free else None)
        if match is not None:
            found[match["id"]] = key
            free.remove(match)
    return found


def same_person(order: JsonObject, names: list[str]) -> bool:
    """Return whether an order is in the name that the case's source order had."""
    return [order.get("first_name"), order.get("last_name")] == names


def same_employer(items: list[JsonObject], name: str | None, known: list[str]) -> bool:
    """Return whether the account that a person connected is the one asked for; ``known`` are its earlier ``marks``."""
    if known and marks(items) and not set(known) & set(marks(items)):
        return False
    found = {str((item.get("company") or {}).get("name") or "").casefold() for item in items}
    return not name or not any(found) or name.casefold() in found


def marks(items: Any) -> list[str]:
    """Return a fingerprint of each employment: whose it is and where, readable for nobody."""
    found = [((it.get("profile") or {}).get("ssn"), (it.get("company") or {}).get("ein")) for it in items or []]
    return [sha256(f"{ssn} {ein}".encode()).hexdigest()[:16] for ssn, ein in found if ssn and ein]


def marks_of_link(truv: Truv, link_id: str | None) -> list[str]:
    """Return the fingerprints of a connection's employments, none where its report cannot be read any more."""
    if link_id is None:
        return []
    try:
        return marks(truv.get(f"/links/{link_id}/employment/report/").get("employments"))
    except Refused:
        return []


def may_be_asked(source: JsonObject, product: str) -> bool:
    """Return whether an order permits a refresh of this product: income orders also one of employment."""
    products = source.get("products") or []
    return product in products or (product == "employment" and "income" in products)


def window_opens(refreshes: list[float], now: float) -> float | None:
    """Return when a connection may be refreshed again, None: at once. At most three in any 24 hours."""
    recent = sorted(at for at in refreshes if at > now - LIMIT_S)
    return recent[-LIMIT_REFRESHES] + LIMIT_S if len(recent) >= LIMIT_REFRESHES else None


def find_refresh(
    truv: Truv, source: str, since: float, known: set[str], strangers: Iterable[str] = ()
) -> JsonObject | None:
    """Return the refresh order that an attempt with unknown outcome made, None if there is none.

    It is a refresh of ``source``, made since the attempt began, and known to no case. Looked for in the source order,
    in the list (which some accounts lack) and among orders that events spoke of.
    """
    since += min(truv.skew_s, 0.0) - SKEW_S
    found: list[JsonObject] = []
    latest = truv.order(source).get("refresh_order")
    for order_id in {*([latest] if isinstance(latest, str) else []), *strangers} - known:
        try:
            found.append(truv.order(order_id))
        except Refused:
            continue
    try:
        found += truv.orders()
    except Refused as refused:
        if refused.status != 404:
            raise
    fitting = {
        order["id"]: order
        for order in found
        if order.get("initial_order") == source
        and order.get("id") not in known
        and (instant(order.get("created_at")) or 0.0) >= since
    }
    return min(fitting.values(), key=lambda order: str(order["created_at"])) if fitting else None


def find_link_order(truv: Truv, number: str, events: Mapping[str, str | None]) -> JsonObject | None:
    """Return the link order that carries our own number, None if there is none; ``events`` are {order id: number}.

    Raises:
        Refused: There is no list and no event told of it: nobody can say, and a person has to look.
    """
    for order_id, told in events.items():
        if told == number:
            return truv.order(order_id)
    mine = [it for it in truv.orders() if it.get("order_number") == number and it.get("initial_order") is None]
    return truv.order(mine[0]["id"]) if mine else None
