"""Unknown outcomes: did the request make an order? Look before repeating, long enough for lists that lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference import attempts, endings, rules
from mock_truv.contract.reference.rules import MINUTE_US, SECOND_US, entries, instant_us
from mock_truv.contract.reference.truv import Held, Known, Outcome, Refused

if TYPE_CHECKING:
    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row

Shown = dict[str, Any]


def look(context: Context, attempt: Row) -> Shown | None:
    """Return the order that an attempt made; None: nothing found now, and what happens next is arranged."""
    for search in (_among_strangers, _in_list, _at_source, _among_deliveries):
        found = search(context, attempt)
        if found is None:
            continue
        if isinstance(found, dict):
            return found
        with context.store.writing():
            _look_later(context, attempt, found)
        return None
    with context.store.writing():
        if context.now_us() < attempt["settle_us"]:
            context.store.set_timer("attempt", attempt["attempt_id"], attempt["settle_us"])
        else:
            _repeat(context, attempt)
    return None


def answers(context: Context, attempt: Row, order: Shown) -> bool:
    """Return whether an order is what an attempt made: right kind, made after it began, and nobody else's."""
    created_us = instant_us(order.get("created_at"))
    if created_us is None or created_us < attempt["started_us"] - rules.CREATED_EARLIER_US:
        return False
    if context.store.row("SELECT 1 FROM attempts WHERE order_id = ?", order.get("id")):
        return False
    if attempt["kind"] == "link":
        return bool(order.get("order_number") == attempt["number"])
    links = {entry.get("link_id") for entry in entries(order.get("employers"))}
    wanted = {part["link_id"] for part in context.store.parts(attempt["attempt_id"])}
    return (
        order.get("initial_order") == attempt["source_order"]
        and order.get("products") == [attempt["product"]]
        and links in (wanted, {None})
    )


def belongs(attempt: Row, order: Shown) -> bool:
    """Return whether an order is about the person and the source that its attempt is about."""
    if attempt["kind"] == "link":
        return order.get("order_number") in {None, attempt["number"]}
    same_user = attempt["user_id"] is None or order.get("user_id") in {None, attempt["user_id"]}
    return same_user and order.get("initial_order") in {None, attempt["source_order"]}


def _among_strangers(context: Context, attempt: Row) -> Shown | Outcome | None:
    """Read each order that an event named and nobody knows, once."""
    store = context.store
    for row in store.rows("SELECT order_id FROM strangers WHERE at_us >= ? ORDER BY at_us",
                          attempt["started_us"] - rules.CREATED_EARLIER_US):  # fmt: skip
        key = {"order_id": row["order_id"]}
        if store.row("SELECT 1 FROM attempts WHERE order_id = ?", row["order_id"]):
            continue
        if store.row("SELECT 1 FROM strangers WHERE order_id = ? AND looked >= ?", row["order_id"],
                     attempt["attempt_id"]):  # fmt: skip
            continue
        outcome = context.truv.read_order(row["order_id"])
        if not isinstance(outcome, Known | Refused):
            return outcome
        store.change("strangers", key, looked=attempt["attempt_id"])
        if isinstance(outcome, Known) and answers(context, attempt, outcome.body):
            return outcome.body
    return None


def _in_list(context: Context, attempt: Row) -> Shown | Outcome | None:
    """Go through the whole list of orders; where there is none, nothing is found there."""
    for page in context.truv.list_orders():
        if isinstance(page, Refused):
            return None
        if not isinstance(page, Known):
            return page
        for order in entries(page.body["results"]):
            if answers(context, attempt, order):
                return order
    return None


def _at_source(context: Context, attempt: Row) -> Shown | Outcome | None:
    """Follow the source order's pointer to its latest refresh."""
    if attempt["kind"] == "link":
        return None
    outcome = context.truv.read_order(attempt["source_order"])
    if isinstance(outcome, Known):
        latest = outcome.body.get("refresh_order")
        if not isinstance(latest, str) or context.store.row("SELECT 1 FROM attempts WHERE order_id = ?", latest):
            return None
        outcome = context.truv.read_order(latest)
        if isinstance(outcome, Known):
            return outcome.body if answers(context, attempt, outcome.body) else None
    return None if isinstance(outcome, Refused) else outcome


def _among_deliveries(context: Context, attempt: Row) -> Shown | Outcome | None:
    """Take what Truv has tried to deliver since for events that came: where there is no list, nothing else is left."""
    since_us = attempt["started_us"] - rules.CREATED_EARLIER_US
    for page in context.truv.list_deliveries("order-created", str(rules.text_of(since_us))):
        if isinstance(page, Refused):
            break
        if not isinstance(page, Known):
            return page
        for event in entries([each.get("webhook_payload") for each in entries(page.body["results"])]):
            if isinstance(event.get("order_id"), str):
                context.store.do("INSERT OR IGNORE INTO strangers VALUES (?, ?, 0)", event["order_id"], context.truv_us)
    return _among_strangers(context, attempt)


def _look_later(context: Context, attempt: Row, outcome: Outcome) -> None:
    now_us = context.now_us()
    if context.truv_us > attempt["started_us"] + rules.STUCK_US and attempt["polls"] >= rules.LOOKS_MIN:
        attempts.give_up(context, attempt, "unknown outcome")
        return
    pause_us = context.pause_us(30 * SECOND_US, attempt["polls"], 30 * MINUTE_US, attempt["attempt_id"])
    context.store.change("attempts", {"attempt_id": attempt["attempt_id"]}, polls=attempt["polls"] + 1)
    at_us = outcome.until_us if isinstance(outcome, Held) else now_us + pause_us
    context.store.set_timer("attempt", attempt["attempt_id"], at_us)


def _repeat(context: Context, attempt: Row) -> None:
    """Give the attempt up and ask again. What it may have cost stays counted."""
    ident = attempt["attempt_id"]
    parts = context.store.parts(ident)
    context.store.change("attempts", {"attempt_id": ident}, status="ended")
    context.store.set_timer("attempt", ident, None)
    for part in attempts.mine(parts, ident):
        endings.lost(context, part)
    endings.arm(context, parts)
