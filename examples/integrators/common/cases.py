"""A case as these programs keep it, as plain data: what it holds, what is due, how a caseworker sees it.

Nothing here sends, waits or stores. A case has *employers* (keyed by their ids in the first source order),
*attempts* (refresh orders under way), at most one *offer* (a link order) and *parts* (the data of each employer). Times
are seconds since 1970.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from examples.integrators.common import orders
from mock_truv.contract.adapter import CaseView

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from examples.integrators.common.truv import JsonObject
    from mock_truv.contract.adapter import CaseIn

Record = dict[str, Any]

WAITING = ("DUE", "RETRY_WAIT", "LIMIT_WAIT")
OPEN = (*WAITING, "REFRESHING", "UNKNOWN_OUTCOME", "REAUTH_NEEDED", "REAUTH_SENT")
SHOWN = (
    "UNKNOWN_OUTCOME",
    "REFRESHING",
    "REAUTH_SENT",
    "REAUTH_NEEDED",
    "LIMIT_WAIT",
    "RETRY_WAIT",
    "DUE",
    "MANUAL",
    "READY",
)
"""Of several employers' states a case shows the first of these that occurs."""


def new(case: CaseIn) -> Record:
    """Return the record of a case that nobody asked anything of yet."""
    return {
        "id": case.case_id, "person": case.person_ref, "source": case.source_order_id, "product": case.product,
        "wanted": None if case.employers is None else list(case.employers), "due_on": case.due_on,
        "cycle": "", "closed": False, "names": None, "reason": None, "active": None,
        "employers": {}, "attempts": [], "offer": None, "offers": 0, "engaged": [], "parts": {},
        "known": [case.source_order_id], "made": 0, "at": None, "fails": 0, "refusals": 0,
    }  # fmt: skip


def under_way(case: Record) -> list[Record]:
    """Return the attempts and the offer of a case."""
    return [*case["attempts"], *([case["offer"]] if case["offer"] else [])]


def next_at(case: Record) -> float | None:
    """Return a case's earliest timer."""
    if case["closed"]:
        return None if case["at"] is None else float(case["at"])
    times = [it["look_at"] for it in under_way(case)]
    states = WAITING if times else (*WAITING, "REAUTH_NEEDED")  # a link is made when nothing else is under way
    times += [it["at"] or 0.0 for it in case["employers"].values() if it["state"] in states]
    if case["at"] is not None:
        times.append(case["at"])
    return min(times, default=None)


def is_open(case: Record) -> bool:
    """Return whether a case's cycle is still at work."""
    return not case["closed"] and (
        case["at"] is not None or any(it["state"] in OPEN for it in case["employers"].values())
    )


def begin(case: Record, cycle: str, now: float) -> None:
    """Begin a cycle; one that is at work goes on under the new name, and the same cycle again changes nothing."""
    if case["closed"] or case["cycle"] == cycle:
        return
    busy = is_open(case)
    case["cycle"] = cycle
    if busy:
        return
    case |= {"offers": 0, "reason": None, "at": None if case["names"] else now, "fails": 0, "refusals": 0}
    for part in case["parts"].values():
        part["stale"] = True
    for it in case["employers"].values():
        # a connection whose login failed is not tried again before the person was there
        state = "MANUAL" if it["link"] is None else "REAUTH_NEEDED" if it["broken"] else "DUE"
        it |= {"state": state, "at": None, "tries": 0, "errors": 0, "lost": 0, "refusals": 0, "reason": None}


def take_source(case: Record, order: JsonObject) -> None:
    """Learn from the source order what there is to refresh, and in whose name."""
    found = {it["id"]: it for it in order["employers"] if isinstance(it, dict)}
    for key in found if case["wanted"] is None else case["wanted"]:
        it = found.get(key, {})
        usable = bool(it.get("link_id")) and orders.may_be_asked(order, case["product"])
        link_id = it["link_id"] if usable else None
        case["employers"][key] = {
            "source": case["source"], "sub": key, "link": link_id,
            "marks": orders.marks(it.get("employments")), "name": it.get("company_name"),
            "state": "DUE" if usable else "MANUAL", "reason": None if usable else "cannot be refreshed", "at": None,
            "tries": 0, "errors": 0, "lost": 0, "refusals": 0, "broken": False,
        }  # fmt: skip
    case |= {"names": [order.get("first_name"), order.get("last_name")], "at": None, "fails": 0, "refusals": 0}
    case["reason"] = None if case["employers"] else "nothing connected"


def due(case: Record, states: Sequence[str], now: float) -> dict[str, Record]:
    """Return the employers in one of these states whose time has come."""
    return {key: it for key, it in case["employers"].items() if it["state"] in states and (it["at"] or 0.0) <= now}


def give_up(case: Record, keys: Iterable[str], reason: str) -> None:
    """Hand employers to a person."""
    for key in keys:
        case["employers"][key] |= {"state": "MANUAL", "at": None, "reason": reason}


def view(case: Record, next_at: float | None, *, blocked: bool = False, hold: bool = False) -> CaseView:
    """Return what the caseworker's screen shows; with ``hold`` no data before the last employer is final."""
    states = {key: it["state"] for key, it in case["employers"].items()}
    fresh = {} if hold and is_open(case) else {key: it for key, it in case["parts"].items() if not it["stale"]}
    shown = fresh or {key: it for key, it in case["parts"].items() if it["stale"]}
    newest = max(shown.values(), key=lambda it: float(it["taken_at"]), default=None)
    prefill = None if newest is None else {
        **{name: newest[name] for name in ("order_id", "report_id", "as_of")},
        "stale": not fresh,
        "orders": list(dict.fromkeys(it["order_id"] for it in shown.values())),
        "reports": list(dict.fromkeys(it["report_id"] for it in shown.values())),
        "items": [{**item, "employer_id": key} for key, it in shown.items() for item in it["items"]],
    }  # fmt: skip
    reasons = (it["reason"] for it in case["employers"].values() if it["state"] != "READY" and it["reason"])
    return CaseView(
        case_id=case["id"],
        state="BLOCKED" if blocked and is_open(case) else _state(case, set(states.values())),
        cycle=case["cycle"],
        reason=case["reason"] or next(reasons, None),
        active_order_id=case["active"],
        source_order_id=next((it["source"] for it in case["employers"].values()), case["source"]),
        next_action_at=None if next_at is None else datetime.fromtimestamp(next_at, UTC),
        employers=states,
        prefill=prefill,
        engagements=[dict(it) for it in case["engaged"]],
    )


def _state(case: Record, states: set[str]) -> str:
    if case["closed"]:
        return "CLOSED"
    if not states:
        return "DUE" if case["at"] is not None else "MANUAL" if case["reason"] else "IDLE"
    if not case["cycle"]:
        return "IDLE"
    if "READY" in states and len(states) > 1 and states != {"READY", "MANUAL"}:
        return "PARTIAL"
    return next(state for state in SHOWN if state in states)
