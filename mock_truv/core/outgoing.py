"""From an event to what is sent: one delivery for each subscription that wants it, through the faults in force."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from mock_truv.core import faults
from mock_truv.core.due import DeliveryDue, ReleaseDue
from mock_truv.core.instants import SECOND_US
from mock_truv.core.model import Delivery
from mock_truv.core.striking import striking_event

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Subscription

ENV_TYPE = "sandbox"
_ESCAPE_OR_A = re.compile(r"\\u[0-9a-f]{4}|a")
NULLABLE = ("order_number", "template_id", "employer_id", "link_id", "data_source", "tracking_info")
"""Fields that the events pages mark nullable."""
STRANGERS = ("order_id", "link_id", "user_id", "task_id", "tracking_info", "employer_id", "object_id", "employment_id")


def announce(world: WorldBase, event_type: str, fields: dict[str, Any]) -> None:
    """Send an event, ``webhook_id`` and ``event_type`` in front, to every subscription that wants it."""
    for subscription in world.state.subscriptions.values():
        if not subscription.enabled or subscription.env_type != ENV_TYPE:
            continue
        if not subscription.events or event_type in subscription.events:
            _send(world, subscription, {"event_type": event_type, **fields})


def release(world: WorldBase, active: faults.Active) -> None:
    """Let everything go that a reordering fault still holds, in the order in which it came."""
    for webhook_id in active.held:
        world.schedule(world.now_us, DeliveryDue(webhook_id))
    active.held = []


def _send(world: WorldBase, subscription: Subscription, fields: dict[str, Any]) -> None:
    """Make the delivery of one event for one subscription, and what the faults make of it."""
    in_force = world.state.edge.faults
    striking = list(striking_event(world, fields["event_type"], fields.get("status"))) if in_force else ()
    if not striking:
        _dispatch(world, _make(world, subscription, fields), 0)
        return
    lost = any(isinstance(active.fault, faults.Lose) for active in striking)
    for active in striking:
        match active.fault:
            case faults.Forge(forgery=forgery, instead=instead):
                _dispatch(world, _make(world, subscription, fields, forgery=forgery), 0)
                lost |= instead
            case faults.Strange(what=what, instead=instead):
                _dispatch(world, _make(world, subscription, _strange(world, fields, what)), 0)
                lost |= instead
            case _:
                pass
    form = next((active.fault.form for active in striking if isinstance(active.fault, faults.Bytes)), None)
    delivery = _make(world, subscription, fields, form=form)
    holder = next((active for active in striking if isinstance(active.fault, faults.Reorder)), None)
    delay_us = sum(round(it.fault.seconds * SECOND_US) for it in striking if isinstance(it.fault, faults.Delay))
    if lost:
        delivery.state = "lost"
        world.happened("webhook", delivery.webhook_id, "lost")
    elif holder is not None:
        _hold(world, holder, delivery)
    else:
        _dispatch(world, delivery, delay_us)
    for duplicate in (active.fault for active in striking if isinstance(active.fault, faults.Duplicate)):
        for number in range(1, duplicate.copies + 1):
            copy = _make(world, subscription, fields, form=form, sent_id=None if duplicate.new_id else delivery.sent_id)
            _dispatch(world, copy, delay_us + round(duplicate.gap_seconds * SECOND_US) * number)


def _make(
    world: WorldBase,
    subscription: Subscription,
    fields: dict[str, Any],
    *,
    form: str | None = None,
    forgery: str | None = None,
    sent_id: str | None = None,
) -> Delivery:
    """Make a delivery; its bytes are fixed here."""
    webhook_id = world.new_id("webhook")
    delivery = Delivery(
        webhook_id=webhook_id,
        subscription_id=subscription.id,
        url=subscription.webhook_url,
        event_type=fields["event_type"],
        created_us=world.now_us,
        sent_id=sent_id or webhook_id,
        forgery=forgery,
        body=_encode({"webhook_id": sent_id or webhook_id, **fields}, form),
    )
    world.state.deliveries[webhook_id] = delivery
    world.happened("webhook-made", webhook_id, delivery.event_type)
    return delivery


def _dispatch(world: WorldBase, delivery: Delivery, delay_us: int) -> None:
    world.schedule(world.now_us + delay_us, DeliveryDue(delivery.webhook_id))


def _hold(world: WorldBase, holder: faults.Active, delivery: Delivery) -> None:
    """Hold a delivery back until enough came, then let all go in the fault's order."""
    assert isinstance(holder.fault, faults.Reorder)
    if not holder.held:
        patience_us = round(holder.fault.patience_seconds * SECOND_US)
        world.schedule(world.now_us + patience_us, ReleaseDue(holder.id, delivery.webhook_id))
    holder.held.append(delivery.webhook_id)
    world.happened("webhook", delivery.webhook_id, "held")
    if len(holder.held) == len(holder.fault.order):
        holder.held = [holder.held[place - 1] for place in holder.fault.order]
        release(world, holder)


def _strange(world: WorldBase, fields: dict[str, Any], what: str) -> dict[str, Any]:
    """Return an event that no integrator has seen before."""
    match what:
        case "event-type":
            return fields | {"event_type": "report-archived"}
        case "status":
            return fields | {"status": faults.NEW_STATUS}
        case "field":
            return fields | {"schema_version": 7, "extension": {"labels": ["a", None], "share": 0.5}}
        case "nulls":
            return {name: None if name in NULLABLE else value for name, value in fields.items()}
        case _:
            ids = {name: world.new_id("stranger") for name in STRANGERS if fields.get(name) is not None}
            return fields | ids


def _encode(payload: dict[str, Any], form: str | None) -> str:
    """Return the body; the odd forms are as legal as the plain one."""
    match form:
        case "spaces":
            return json.dumps(payload, indent=3, separators=(" , ", " : "), ensure_ascii=False)
        case "key-order":
            return json.dumps(dict(reversed(payload.items())), ensure_ascii=False)
        case "escapes":
            return _ESCAPE_OR_A.sub(lambda it: it[0] if len(it[0]) > 1 else "\\u0061", json.dumps(payload))
        case "numbers":
            text = json.dumps(payload, ensure_ascii=False)
            count = payload.get("objects_count")
            return text if count is None else text.replace(f'"objects_count": {count}', f'"objects_count": {count}.0')
        case "slashes":
            return json.dumps(payload, ensure_ascii=False).replace("/", "\\/")
        case "newline":
            return json.dumps(payload, ensure_ascii=False) + "\r\n"
        case _:
            return msgspec.json.encode(payload).decode()
