"""Webhooks: verified over the bytes that came, kept, answered; later read as hints where to look, never as facts."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from mock_truv.contract.reference.rules import DAY_US, QUIET
from mock_truv.contract.reference.truv import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mock_truv.contract.reference.context import Context
    from mock_truv.contract.reference.store import Row, Store

HEADER = "x-webhook-sign"
TOLD = frozenset({
    "task-status-updated", "order-status-updated", "order-refresh-failed", "order-created", "link-disconnected",
    "link-deleted", "employment-updated",
})  # fmt: skip
"""Events that may be news for this program; all others are acknowledged and forgotten."""


def is_genuine(headers: Sequence[tuple[str, str]], raw: bytes, secret: str) -> bool:
    """Return whether the bytes are signed with our access secret."""
    given = [value for name, value in headers if name.lower() == HEADER]
    if not secret or len(given) != 1:
        return False
    expected = "v1=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given[0].encode(errors="replace"))


def keep(store: Store, raw: bytes, now_us: int) -> None:
    """Keep an event until it was looked into; the same bytes once."""
    digest = hashlib.sha256(raw).digest()
    store.do("INSERT OR IGNORE INTO events (digest, raw, at_us) VALUES (?, ?, ?)", digest, raw, now_us)


def digest_all(context: Context) -> None:
    """Turn the events that are kept into looks at orders."""
    for row in context.store.rows("SELECT digest, raw FROM events WHERE raw IS NOT NULL ORDER BY at_us"):
        with context.store.writing():
            event = parsed(row["raw"])
            if event is not None and _text(event, "event_type") in TOLD:
                _follow(context, event)
            context.store.change("events", {"digest": row["digest"]}, raw=None)


def _follow(context: Context, event: dict[str, Any]) -> None:
    order_id, link_id = _text(event, "order_id"), _text(event, "link_id")
    if event["event_type"] == "link-deleted":
        if link_id is not None:
            _forget_link(context, link_id)
        return
    if order_id is not None and not context.store.row("SELECT 1 FROM attempts WHERE order_id = ?", order_id):
        _note_stranger(context, order_id)
        return
    if event["event_type"] == "order-created" or _text(event, "status") in QUIET:
        return
    for attempt in _concerned(context, order_id, link_id, _text(event, "tracking_info")):
        context.store.change("attempts", {"attempt_id": attempt["attempt_id"]}, polls=0)
        context.store.set_timer("attempt", attempt["attempt_id"], context.now_us())


def _concerned(context: Context, order_id: str | None, link_id: str | None, sub: str | None) -> list[Row]:
    """Return the running attempts that an event may be about: by its order, else by its connection or employer."""
    if order_id is not None:
        return context.store.rows(
            "SELECT attempt_id FROM attempts WHERE order_id = ? AND status = 'running'", order_id)  # fmt: skip
    return context.store.rows(
        "SELECT DISTINCT attempt_id FROM attempts JOIN parts USING (attempt_id)"
        " WHERE status = 'running' AND parts.link_id = ?"
        " UNION SELECT attempt_id FROM attempts JOIN subs USING (attempt_id) WHERE status = 'running' AND subs.sub = ?",
        link_id or "", sub or "")  # fmt: skip


def _note_stranger(context: Context, order_id: str) -> None:
    """Keep an order that nobody knows, as long as a request is open or its outcome unknown: it may be the answer."""
    waiting = context.store.rows("SELECT attempt_id, status FROM attempts WHERE status IN ('posting', 'unknown')")
    if not waiting:
        return
    now_us = context.now_us()
    context.store.do("DELETE FROM strangers WHERE at_us < ?", now_us - 2 * DAY_US)
    context.store.do("INSERT OR IGNORE INTO strangers VALUES (?, ?, 0)", order_id, now_us)
    for attempt in waiting:
        if attempt["status"] == "unknown":
            context.store.set_timer("attempt", attempt["attempt_id"], now_us)


def _forget_link(context: Context, link_id: str) -> None:
    """Use a deleted connection no more: whoever needs it asks the person for another."""
    store, now_us = context.store, context.now_us()
    store.do("INSERT OR REPLACE INTO links VALUES (?, 'deleted')", link_id)
    for slot in store.rows(
        "SELECT slots.*, person_ref FROM slots JOIN cases USING (case_id) WHERE link_id = ? AND NOT closed"
        " AND slots.state IN ('DUE', 'REFRESHING', 'RETRY_WAIT', 'LIMIT_WAIT')", link_id
    ):  # fmt: skip
        context.set_slot(slot, "REAUTH_NEEDED", reason="link_deleted", at_us=now_us, attempt_id=None)
        store.set_timer("person", slot["person_ref"], now_us)
        context.arm_cases([slot["case_id"]])


def _text(event: dict[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) and value else None
