"""Reads a case's order and says of each employer what came of it: its data, how it failed, or nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examples.integrators.common import orders
from examples.integrators.common.truv import instant

if TYPE_CHECKING:
    from examples.integrators.common.cases import Record
    from examples.integrators.common.truv import Truv

Results = dict[str, Any]
"""Key of an employer -> its part (data and where they are from), or the word for how it ended without."""


def refresh_results(truv: Truv, case: Record, sent: Record, *, stuck_s: float) -> Results | None:
    """Return what a refresh order came to; None before its last employer is final.

    After ``stuck_s``, by the service's clock, the wait is over: what is not final then has ended in ``stuck``.
    """
    order = truv.order(sent["order_id"])
    if not orders.same_person(order, case["names"]):
        return dict.fromkeys(sent["keys"], "another person")
    stuck = truv.now() >= (instant(order.get("created_at")) or sent["began"]) + stuck_s
    found = orders.parts(order, {key: case["employers"][key] for key in sent["keys"]})
    results: Results = {}
    for key in sent["keys"]:
        result: Any = orders.ending(truv, found[key]) if key in found else None
        if result == "done":
            result = orders.data(truv, order, found[key], case["product"], _old_reports(case))
        if result is None and not stuck:
            return None
        results[key] = result or "stuck"
    return results


def offer_results(truv: Truv, case: Record, offer: Record) -> Results:
    """Return what came of each employer whose part in a link order is over; the others may still come."""
    order = truv.order(offer["order_id"])
    if not orders.same_person(order, case["names"]):
        return dict.fromkeys(offer["keys"], "another person")
    results: Results = {}
    for suborder in order["employers"]:
        key = offer["subs"].get(suborder.get("id"))
        result: Any = orders.link_ending(truv, order, suborder) if key in offer["keys"] else None
        if result == "done":
            result = orders.data(truv, order, suborder, case["product"], _old_reports(case))
            if result and not _same_employer(truv, case["employers"][key], result["items"]):
                result = "another account"
            elif result:  # the next cycle refreshes the connection that was confirmed by this login
                result |= {"source": {"source": order["id"], "sub": suborder["id"], "link": suborder.get("link_id")}}
        if result is not None:
            results[key] = result
    return results


def _same_employer(truv: Truv, employer: Record, items: list[Any]) -> bool:
    """Return whether a login reached the account asked for; where orders show no data, the old link's report tells."""
    known = employer["marks"] or orders.marks_of_link(truv, employer["link"])
    return orders.same_employer(items, employer["name"], known)


def live_link(truv: Truv, offer: Record) -> tuple[str, float] | None:
    """Return address and expiry of a link order's page, both as the order says now; None if it is dead."""
    order = truv.order(offer["order_id"])
    expires = instant(order.get("expired_at"))
    address = order.get("short_share_url") or order.get("share_url")
    if order.get("is_expired") or order.get("canceled_at") or expires is None or expires <= truv.now() or not address:
        return None
    return address, expires


def _old_reports(case: Record) -> list[str]:
    return [part["report_id"] for part in case["parts"].values() if part["stale"]]
