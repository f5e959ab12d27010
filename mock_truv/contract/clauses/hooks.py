"""What single webhooks tell: which were accepted, repeated, stale, or of no kind that a page names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from mock_truv.contract.operations import STATUSES
from mock_truv.core.instants import parse_instant
from mock_truv.core.notices import EVENT_TYPES
from mock_truv.core.outgoing import NULLABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from mock_truv.contract.history import History, OrderFacts, Part
    from mock_truv.contract.operations import Hook

WAITING = frozenset({"IDLE", "DUE", "REFRESHING", "UNKNOWN_OUTCOME"})
"""States of a case that nobody has heard the end of."""
SETTLED = frozenset({"READY", "MANUAL", "REAUTH_NEEDED", "REAUTH_SENT"})
RETRYABLE = frozenset({"unavailable", "error"})
MAYBE_STRANGER = frozenset({404, 408, 410, 425, 429})
"""Answers that say nothing against an event itself: nobody knows its ids, or not now."""
ENDINGS = frozenset({
    "done", "login_error", "mfa_error", "config_error", "account_locked", "no_data", "unavailable", "unable_to_reset",
    "not_supported", "error", "completed", "canceled", "expired", "skipped",
})  # fmt: skip
"""Statuses of a task or an order after which nothing follows."""
FAILURES = ENDINGS - {"done", "completed"}
FIELDS = frozenset({
    "webhook_id", "event_type", "event_created_at", "updated_at", "product", "link_id", "user_id", "data_source",
    "task_id", "tracking_info", "status", "template_id", "order_id", "order_number", "employer_id", "object_id",
    "employment_id", "objects_count",
})  # fmt: skip
"""Fields of webhooks that a page names."""
ID_LENGTH = 16
"""Shorter texts are no ids."""


def accepted(hook: Hook) -> bool:
    """Return whether a webhook was answered 2xx in time."""
    return hook.status is not None and 200 <= hook.status < 300


def tells_end(hook: Hook, order: OrderFacts, part: Part) -> bool:
    """Return whether an event that was accepted tells how a part of an order ended."""
    if not accepted(hook) or hook.fault or has_odd_fields(hook):
        return False
    event = hook.event
    if event.get("event_type") == "link-disconnected":
        return part.status != "done" and event.get("link_id") == part.link_id
    if event.get("status") not in ENDINGS:
        return False
    whole = event.get("order_id") == order.order_id and event.get("employer_id") is None
    return whole or part.task_id == event.get("task_id") or part.suborder_id == event.get("employer_id")


def repeats(hooks: Sequence[Hook], *, same_id: bool) -> Iterator[tuple[Hook, Hook]]:
    """Yield (first, again) where an event comes that was accepted before: under the same id, or under a new one."""
    known: dict[str, Hook] = {}
    for hook in hooks:
        ident = hook.event.get("webhook_id")
        if not isinstance(ident, str) or not ident:
            continue
        key = ident if same_id else fact(hook.event)
        first = known.get(key)
        if first is None:
            if accepted(hook):
                known[key] = hook
        elif same_id or first.event["webhook_id"] != ident:
            yield first, hook


def fact(event: Mapping[str, Any]) -> str:
    """Return what an event says, whatever id it comes under."""
    return json.dumps({name: value for name, value in event.items() if name != "webhook_id"}, sort_keys=True)


def time_of(event: Mapping[str, Any], name: str = "event_created_at") -> int | None:
    """Return a time that an event carries, in microseconds; None: it carries none that can be read."""
    try:
        return parse_instant(event[name])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def stale(hooks: Sequence[Hook]) -> list[tuple[Hook, Hook]]:
    """Return (newer, older) where an event came after one that tells a later change of the same task or suborder."""
    newest: dict[tuple[str, str], tuple[int, Hook]] = {}
    found = []
    for hook in hooks:
        updated_us = time_of(hook.event, "updated_at")
        subject = hook.event.get("task_id") or hook.event.get("employer_id")
        if updated_us is None or not isinstance(subject, str) or hook.fault:
            continue
        key = (str(hook.event.get("event_type")), subject)
        before = newest.get(key)
        if before is not None and updated_us < before[0]:
            found.append((before[1], hook))
        elif before is None or updated_us > before[0]:
            newest[key] = (updated_us, hook)
    return found


def told(hook: Hook) -> str:
    """Return what an event tells, in words."""
    event = hook.event
    status = event.get("status")
    named = [f" of {name[:-3]} {event[name]}" for name in ("task_id", "order_id", "link_id") if event.get(name)]
    return "".join([str(event.get("event_type", "an unreadable body")), f" {status}" if status else "", *named[:1]])


def is_unknown_type(hook: Hook) -> bool:
    """Return whether an event is of a type that no page names."""
    return hook.forgery is None and "event_type" in hook.event and hook.event["event_type"] not in EVENT_TYPES


def is_unknown_status(hook: Hook) -> bool:
    """Return whether an event tells a status that no page names."""
    status = hook.event.get("status")
    return hook.forgery is None and isinstance(status, str) and status not in STATUSES


def is_unreadable(hook: Hook) -> bool:
    """Return whether a signed body is no JSON object."""
    return hook.forgery is None and not hook.event


def has_odd_bytes(hook: Hook) -> bool:
    """Return whether a genuine body is spelled otherwise than by a plain encoder."""
    return hook.forgery is None and bool(hook.event) and hook.raw not in {b"", msgspec.json.encode(hook.event)}


def has_odd_fields(hook: Hook) -> bool:
    """Return whether a genuine event has a field that no page names, or null in every field that may be null."""
    if hook.forgery is not None or not hook.event or is_unknown_type(hook):
        return False
    nullable = [hook.event[name] for name in NULLABLE if name in hook.event]
    return not FIELDS.issuperset(hook.event) or (len(nullable) > 1 and all(value is None for value in nullable))


def of_strangers(history: History) -> list[Hook]:
    """Return the genuine events about an order and a person that nobody in this story has."""
    known = {ident for facts in history.cases.values() for ident in (facts.user_id, facts.order_id)}
    known |= {ident for order in history.orders for ident in (order.user_id, order.order_id)}
    return [
        hook for hook in history.hooks
        if hook.forgery is None and isinstance(hook.event.get("user_id"), str)
        and not known & {hook.event["user_id"], hook.event.get("order_id")}
        and not is_unknown_type(hook) and not is_unknown_status(hook)
    ]  # fmt: skip


def foreign_ids(history: History, hooks: Sequence[Hook]) -> dict[str, Hook]:
    """Return the ids that only these events name: no answer, no other event, no case has them."""
    seqs = {hook.seq for hook in hooks}
    named: dict[str, Hook] = {}
    for hook in hooks:
        for name, value in hook.event.items():
            if name.endswith("_id") and name != "webhook_id" and isinstance(value, str) and len(value) >= ID_LENGTH:
                named.setdefault(value, hook)
    if not named:
        return {}
    known: set[str] = set()
    for facts in history.cases.values():
        known.update((facts.user_id, facts.order_id, *facts.links, *facts.links.values()))
    for order in history.orders:
        known.update((order.order_id, order.user_id))
        known.update(str(ident) for it in order.parts for ident in (it.suborder_id, it.link_id, it.task_id))
    for other in history.hooks:
        if other.seq not in seqs and other.forgery is None:
            known.update(str(value) for value in other.event.values())
    return {ident: hook for ident, hook in named.items() if ident not in known}
