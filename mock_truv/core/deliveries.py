"""A webhook on its way: sent, answered, retried, given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_truv.core.base import Deliver
from mock_truv.core.due import DeliveryDue
from mock_truv.core.errors import NotFound, WrongInput
from mock_truv.core.instants import SECOND_US, text_z
from mock_truv.core.model import Attempt, Subscription
from mock_truv.core.outgoing import ENV_TYPE

if TYPE_CHECKING:
    from mock_truv.core.base import WorldBase
    from mock_truv.core.model import Delivery


def send(world: WorldBase, delivery: Delivery) -> None:
    """Ask the outside to make the next attempt; a webhook whose subscription is gone or switched off is dropped."""
    if delivery.state not in {"waiting", "in_flight"}:
        return
    subscription = world.state.subscriptions.get(delivery.subscription_id)
    if subscription is None or not subscription.enabled:
        delivery.state = "dropped"
        world.happened("webhook", delivery.webhook_id, "dropped")
        return
    delivery.state = "in_flight"
    profile = world.state.profile
    if delivery.attempts and profile.webhook_retry_id == "new":
        fresh = world.new_id("webhook")
        delivery.body = delivery.body.replace(delivery.sent_id, fresh, 1)
        delivery.sent_id = fresh
    world.effects.append(
        Deliver(
            webhook_id=delivery.webhook_id,
            attempt=len(delivery.attempts) + 1,
            url=delivery.url,
            body=delivery.body.encode(),
            forgery=delivery.forgery,
            timeout_seconds=profile.webhook_timeout_seconds,
            redirects=profile.webhook_redirects,
        )
    )


def record(world: WorldBase, webhook_id: str, status_code: int | None, error: str | None) -> None:
    """Note how an attempt went: 2xx ends it, anything else is retried while retries are left (webhooks page)."""
    delivery = world.state.deliveries[webhook_id]
    delivery.attempts.append(Attempt(at_us=world.now_us, status_code=status_code, error=error))
    tried = len(delivery.attempts)
    profile = world.state.profile
    if error is None and status_code is not None and 200 <= status_code < 300:
        delivery.state = "delivered"
    elif tried <= profile.webhook_retries and delivery.forgery is None:
        delivery.state = "waiting"
        world.schedule(world.now_us + profile.webhook_retry_seconds * SECOND_US, DeliveryDue(webhook_id))
    else:
        delivery.state = "failed"
    _count_failures(world, delivery)
    world.happened("attempt", webhook_id, str(status_code) if error is None else error)


def _count_failures(world: WorldBase, delivery: Delivery) -> None:
    """Switch an endpoint off that fails continuously, where the knob says so (documented for production only)."""
    subscription = world.state.subscriptions.get(delivery.subscription_id)
    if subscription is None or delivery.forgery is not None or delivery.state not in {"delivered", "failed"}:
        return
    subscription.failed_in_a_row = subscription.failed_in_a_row + 1 if delivery.state == "failed" else 0
    limit = world.state.profile.webhook_disable_after
    if limit is not None and subscription.failed_in_a_row >= limit and subscription.enabled:
        subscription.enabled = False
        world.touch(subscription)
        world.happened("subscription", subscription.id, "disabled")


def redeliver(world: WorldBase, webhook_id: str) -> dict[str, Any]:
    """Send a webhook once more, as soon as the clock steps.

    Raises:
        NotFound: There is no such webhook.
        WrongInput: It is still on its way.
    """
    delivery = world.state.deliveries.get(webhook_id)
    if delivery is None:
        raise NotFound
    if delivery.state in {"waiting", "in_flight"}:
        raise WrongInput(
            ("webhook_id", f"It is {delivery.state}; redeliver it when it is delivered, failed or dropped")
        )
    delivery.state = "waiting"
    world.schedule(world.now_us, DeliveryDue(webhook_id))
    world.happened("webhook", webhook_id, "redelivered")
    return shown(delivery)


def resume(world: WorldBase) -> None:
    """Put what was in flight when the process ended back on the agenda."""
    for delivery in world.state.deliveries.values():
        if delivery.state == "in_flight":
            delivery.state = "waiting"
            world.schedule(world.now_us, DeliveryDue(delivery.webhook_id))


def subscribe(world: WorldBase, url: str) -> None:
    """Register the sandbox's standing webhook."""
    it = Subscription(
        id=world.new_id("subscription"),
        name="mock-truv --webhook-url",
        webhook_url=url,
        env_type=ENV_TYPE,
        events=[],
        enabled=True,
        created_us=world.now_us,
        updated_us=world.now_us,
        standing=True,
    )
    world.state.subscriptions[it.id] = it
    world.happened("subscription", it.id, "created")


def shown(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with all its attempts, as the control API shows it."""
    return {
        "webhook_id": delivery.webhook_id,
        "event_type": delivery.event_type,
        "url": delivery.url,
        "state": delivery.state,
        "created_at": text_z(delivery.created_us),
        "attempts": [
            {"at": text_z(attempt.at_us), "status_code": attempt.status_code, "error": attempt.error}
            for attempt in delivery.attempts
        ],
        "body": delivery.body,
    }
