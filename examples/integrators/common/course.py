"""The course of a case's orders: refreshes and offers of a link, from the moment they are stored until they are over.

Plain data are changed, nothing is sent. An attempt or offer is ``sending`` (stored, perhaps sent), ``unknown`` (no
answer), then ``running`` for a refresh, ``made`` and ``sent`` for a link.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from examples.integrators.common import orders
from examples.integrators.common.cases import WAITING, due, give_up
from examples.integrators.common.truv import LimitReached, Refused, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from examples.integrators.common.cases import Record
    from examples.integrators.common.truv import JsonObject

ERRORS_MAX, LOST_MAX, REOFFERS = 2, 2, 2
REOFFER_S = 86_400.0
KEPT = 20
"""Refreshes remembered of a connection; more than the limit lets happen within a day."""


def within_limits(case: Record, refreshes: dict[str, list[float]], now: float) -> dict[str, Record]:
    """Return the employers of one source order that may be refreshed now; the others are put off until they may be."""
    found = due(case, WAITING, now)
    for it in found.values():
        opens = orders.window_opens(refreshes.get(it["link"], []), now)
        if opens is not None:
            it |= {"state": "LIMIT_WAIT", "at": opens + orders.SKEW_S, "reason": "limit"}
    free = {key: it for key, it in found.items() if (it["at"] or 0.0) <= now}
    return {key: it for key, it in free.items() if it["source"] == next(iter(free.values()))["source"]}


def attempt(mine: dict[str, Record], now: float) -> Record:
    """Return the record of a refresh of these employers, to be stored before it is asked for."""
    for it in mine.values():
        it |= {"state": "REFRESHING", "at": None}
    links = sorted({it["link"] for it in mine.values()})
    return _sending(mine, now) | {"source": next(iter(mine.values()))["source"], "links": links}


def failed(it: Record, ending: str, now: float, retry_s: Sequence[float]) -> None:
    """Let an employer's refresh have ended without data: each ending has its own consequence."""
    it |= {"reason": ending, "at": None}
    if ending in orders.LOGIN_FAILED:
        it |= {"state": "REAUTH_NEEDED", "broken": True}
    elif ending == "limit":
        it |= {"state": "LIMIT_WAIT", "at": now + orders.LIMIT_S}
    elif ending in orders.PASSING:
        it["tries"] += 1
        it["errors"] += ending == "error"
        if it["tries"] > len(retry_s) or it["errors"] > ERRORS_MAX:
            it["state"] = "MANUAL"
        else:
            it |= {"state": "RETRY_WAIT", "at": now + retry_s[it["tries"] - 1]}
    else:
        it["state"] = "MANUAL"


def not_begun(mine: Iterable[Record], problem: Exception, now: float, again_s: float) -> None:
    """Put off employers whose refresh was refused: until the window opens, or for a second and last try."""
    mine = list(mine)
    for it in mine:
        it |= {"state": "DUE", "at": None}
    if isinstance(problem, LimitReached):
        named = [it for it in mine if it["sub"] in problem.text]
        for it in named or mine:
            it |= {"state": "LIMIT_WAIT", "at": now + orders.LIMIT_S, "reason": "limit"}
    elif isinstance(problem, Refused):
        for it in mine:
            it["refusals"] += 1
            it |= {
                "state": "RETRY_WAIT" if it["refusals"] < 2 else "MANUAL",
                "at": now + again_s,
                "reason": str(problem),
            }


def settle(case: Record, sent: Record, results: Record, now: float, retry_s: Sequence[float]) -> None:
    """Let a refresh order be over, with these results (see ``reading.refresh_results``)."""
    case["attempts"].remove(sent)
    for key, result in results.items():
        if isinstance(result, str):
            failed(case["employers"][key], result, now, retry_s)
        else:
            _succeeded(case, key, result, now)


def offer(case: Record, keys: Iterable[str], now: float) -> Record:
    """Return the record of a link order for these employers, to be stored before it is made; its number is unique."""
    case["made"] += 1
    return _sending(keys, now) | {"number": f"{case['id']}-{case['made']}-link", "sent_at": None, "expires": None}


def _sending(keys: Iterable[str], now: float) -> Record:
    return {
        "state": "sending", "keys": list(keys), "began": now, "look_at": now, "order_id": None, "subs": {}, "links": [],
        "user": None, "counted": None, "hurry": 0, "fails": 0, "refusals": 0,
    }  # fmt: skip


def link_order(case: Record, asked: Record) -> JsonObject:
    """Return the body of a link order: the same person, the employers whose login failed."""
    names = [case["employers"][key]["name"] for key in asked["keys"]]
    return {
        "products": [case["product"]],
        "first_name": case["names"][0],
        "last_name": case["names"][1],
        "external_user_id": case["person"],
        "order_number": asked["number"],
        "employers": [{"company_name": name} if name else {} for name in names],
    }


def not_offered(mine: Iterable[Record], problem: Refused, now: float) -> None:
    """Let a link order have been refused: one more try, then a person."""
    for it in mine:
        it["refusals"] += 1
        it |= {"state": "REAUTH_NEEDED" if it["refusals"] < 2 else "MANUAL", "at": now + 300.0, "reason": str(problem)}


def offered(case: Record, order_id: str, address: str, now: float) -> Record:
    """Let a link have been sent; return the message."""
    case["offers"] += 1
    case["engaged"].append({"order_id": order_id, "sent_at": text_of(now), "person_ref": case["person"],
                            "url_sha256": sha256(address.encode()).hexdigest(), "live": True})  # fmt: skip
    for key in case["offer"]["keys"]:
        case["employers"][key]["state"] = "REAUTH_SENT"
    case["offer"] |= {"state": "sent", "sent_at": now}
    return {"kind": "link", "case_id": case["id"], "person_ref": case["person"], "order_id": order_id, "url": address,
            "sent_at": text_of(now)}  # fmt: skip


def settle_offer(case: Record, results: Record, now: float) -> None:
    """Let parts of a link order be over; the person is asked again where the login is what failed."""
    out = case["offer"]
    for key, result in results.items():
        if not isinstance(result, str):
            case["employers"][key] |= result.pop("source")
            _succeeded(case, key, result, now)
            case["active"] = result["order_id"]
        elif result in {"expired", "skipped", "canceled", "error"}:
            continue
        else:
            give_up(case, [key], result)
        out["keys"].remove(key)
    if all(key in results for key in out["keys"]):
        offer_over(case)


def offer_over(case: Record) -> None:
    """Let an offer be over; what it did not bring is offered again a day after it was sent, a few times."""
    over = case["offer"]
    case["offer"] = None
    case["offers"] += over["sent_at"] is None
    for it in case["engaged"]:
        it["live"] = False
    for key in over["keys"]:
        if case["offers"] > REOFFERS:
            give_up(case, [key], "the person did not come")
        else:
            case["employers"][key] |= {"state": "REAUTH_NEEDED", "at": (over["sent_at"] or over["began"]) + REOFFER_S}


def _succeeded(case: Record, key: str, part: Record, now: float) -> None:
    case["parts"][key] = part | {"stale": False, "taken_at": now}
    case["employers"][key] |= {"state": "READY", "at": None, "reason": None, "broken": False}


def count(refreshes: dict[str, list[float]], sent: Record, at: float | None) -> None:
    """Count an attempt against its connections' limit: from its begin, then from its answer; None: not at all."""
    for link in sent["links"]:
        times = refreshes.setdefault(link, [])
        if sent["counted"] is not None:
            times.remove(sent["counted"])  # one of them: another case may have asked at the same instant
        if at is not None:
            times.append(at)
        del times[:-KEPT]
    sent["counted"] = at


def adopt(case: Record, sent: Record, order: JsonObject, look_at: float) -> None:
    """Let an attempt or an offer have its order: from now on, that one is read."""
    sent |= {"order_id": order["id"], "user": order.get("user_id"), "look_at": look_at, "fails": 0, "refusals": 0}
    case["known"].append(order["id"])
    if sent is case["offer"]:
        names = {key: case["employers"][key]["name"] for key in sent["keys"]}
        sent |= {"state": "made", "subs": orders.asked(order, names)}
        return
    sent |= {"state": "running", "subs": {it["id"]: None for it in order["employers"]}}
    case["active"] = order["id"]
    for key in sent["keys"]:
        case["employers"][key]["state"] = "REFRESHING"


def unknown(case: Record, sent: Record, now: float) -> None:
    """Let nobody know whether an order was made: it is looked for once it must show up."""
    sent |= {"state": "unknown", "look_at": now + orders.SETTLE_S}
    for key in sent["keys"] if sent is not case["offer"] else ():
        case["employers"][key]["state"] = "UNKNOWN_OUTCOME"


def nothing_made(case: Record, sent: Record) -> None:
    """Let an attempt of unknown outcome have made nothing: it is made anew, a few times."""
    case["attempts"].remove(sent)
    for it in (case["employers"][key] for key in sent["keys"]):
        it["lost"] += 1
        it |= {"state": "DUE" if it["lost"] <= LOST_MAX else "MANUAL", "reason": "no answer"}


def put_off(case: Record, thing: Record, problem: Exception, now: float, pause_s: float, stuck_s: float) -> None:
    """Put off what failed; what was refused twice, or has failed for too long, goes to a person."""
    refused = isinstance(problem, Refused)
    thing |= {"fails": thing["fails"] + 1, "refusals": thing["refusals"] + refused}
    thing["at" if thing is case else "look_at"] = now + (orders.SETTLE_S if refused else pause_s)
    stuck = thing is not case and thing["state"] != "sent" and now > thing["began"] + stuck_s
    if thing["refusals"] > 1 or stuck:
        hand_over(case, thing, str(problem))


def close(case: Record, now: float) -> None:
    """Close a case at once; its link, if one is out, is to be withdrawn when there is time."""
    if not case["closed"]:
        case |= {"closed": True, "attempts": [], "at": now, "fails": 0, "refusals": 0}
        for it in case["engaged"]:
            it["live"] = False


def hand_over(case: Record, thing: Record, reason: str) -> None:
    """Hand an attempt, an offer, or a whole case without employers yet, to a person."""
    if thing is case:
        case |= {"at": None, "reason": reason}
        return
    give_up(case, thing["keys"], reason)
    if thing is case["offer"]:
        case["offer"] = None
    else:
        case["attempts"].remove(thing)
