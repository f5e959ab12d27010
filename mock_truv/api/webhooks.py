"""Operations on registered webhooks and their delivery history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from mock_truv.api import bodies
from mock_truv.api.call import Operation, instant_given, own_url
from mock_truv.api.pages import page, page_size
from mock_truv.api.shapes.base import Page, Paged
from mock_truv.api.shapes.webhooks import Webhook, WebhookRequest, WebhookRequestQuery, WebhookRequests
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import DAY_US, text_z
from mock_truv.core.model import Subscription

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.model import Delivery

HISTORY_DAYS = 30
CURSOR = re.compile(r"([ab])(\d{1,18})-(\d{1,18})-(\d{1,18})", re.ASCII)
Tried = tuple[tuple[int, int, int], "Delivery"]
"""(instant, ordinal of the delivery, number of the attempt) and the delivery."""


def create(call: Call) -> Webhook:
    """Register a webhook; the same URL twice in one environment is refused, naming ``env_type``."""
    body: bodies.CreateWebhook = call.body
    _check_free(call, body.webhook_url, body.env_type, None)
    world = call.world
    made = Subscription(
        id=world.new_id("subscription"),
        name=body.name,
        webhook_url=body.webhook_url,
        env_type=body.env_type,
        events=list(dict.fromkeys(body.events or [])),
        enabled=body.enabled is not False,
        created_us=world.now_us,
        updated_us=world.now_us,
    )
    world.state.subscriptions[made.id] = made
    world.happened("subscription", made.id, "created")
    return shown_webhook(made)


def list_webhooks(call: Call) -> Page[Webhook]:
    """Return the registered webhooks, oldest first."""
    return page(call, list(call.world.state.subscriptions.values()), shown_webhook)


def read(call: Call) -> Webhook:
    """Return one registered webhook."""
    return shown_webhook(call.target)


def patch(call: Call) -> Webhook:
    """Change a registered webhook; ``"enabled": true`` switches it on again."""
    body: bodies.PatchWebhook = call.body
    it: Subscription = call.target
    _check_free(call, body.webhook_url or it.webhook_url, body.env_type or it.env_type, it)
    for name in ("name", "webhook_url", "env_type", "enabled"):
        value = getattr(body, name)
        if value is not None:
            setattr(it, name, value)
    if body.enabled:
        it.failed_in_a_row = 0
    if body.events is not None:
        it.events = list(dict.fromkeys(body.events))
    call.world.touch(it)
    call.world.happened("subscription", it.id, "changed")
    return shown_webhook(it)


def delete(call: Call) -> None:
    """Delete a registered webhook; what was still on its way to it is dropped."""
    del call.world.state.subscriptions[call.target.id]
    call.world.happened("subscription", call.target.id, "deleted")


def list_requests(call: Call) -> WebhookRequests:
    """Return the delivery history of the last 30 days, newest first, by cursor (no ``count``)."""
    wanted: WebhookRequestQuery = call.params
    floor_us = call.world.now_us - HISTORY_DAYS * DAY_US
    from_us = max(instant_given(call, "created_at__gte") or floor_us, floor_us)
    until_us = instant_given(call, "created_at__lte")
    if until_us is None:
        until_us = call.world.now_us
    tried: list[Tried] = []
    for ordinal, it in enumerate(call.world.state.deliveries.values()):
        if from_us <= it.created_us <= until_us and wanted.event_type in {None, it.event_type}:
            tried += [
                ((attempt.at_us, ordinal, index), it)
                for index, attempt in enumerate(it.attempts)
                if wanted.status_code in {None, attempt.status_code}
            ]
    tried.sort(key=lambda entry: entry[0], reverse=True)
    return _cursor_page(call, tried)


def _cursor_page(call: Call, tried: list[Tried]) -> WebhookRequests:
    """Cut one page. A cursor names the entry beside which the page stands, so new entries do not move it."""
    size = page_size(call)
    text = call.params.cursor or ""
    match = CURSOR.fullmatch(text)
    if text and match is None:
        raise WrongInput(("cursor", f"Use the cursor of next or previous as it is; got {text!r}"))
    place = tuple(int(part) for part in match.groups()[1:]) if match else None
    if match is None or place is None:
        shown = tried[:size]
    elif match[1] == "a":
        shown = [entry for entry in tried if entry[0] < place][:size]
    else:
        shown = [entry for entry in tried if entry[0] > place][-size:]

    def link(side: str, entry: Tried) -> Any:
        cursor = side + "-".join(str(part) for part in entry[0])
        return own_url(f"{call.request.path}?{urlencode(call.query | {'cursor': cursor})}")

    return WebhookRequests(
        next=link("a", shown[-1]) if shown and shown[-1] is not tried[-1] else None,
        previous=link("b", shown[0]) if shown and shown[0] is not tried[0] else None,
        results=[_shown_request(it, place[2]) for place, it in shown],
    )


def _check_free(call: Call, url: str, env_type: str, besides: Subscription | None) -> None:
    for it in call.world.state.subscriptions.values():
        if it is not besides and it.webhook_url == url and it.env_type == env_type:
            raise WrongInput(("env_type", f"Webhook url for {env_type} already registered"))


def shown_webhook(it: Subscription) -> Webhook:
    """Return a registered webhook."""
    return Webhook(
        id=it.id,
        name=it.name,
        webhook_url=it.webhook_url,
        env_type=it.env_type,
        events=it.events,
        enabled=it.enabled,
        created_at=text_z(it.created_us),
        updated_at=text_z(it.updated_us),
    )


def _shown_request(it: Delivery, attempt: int) -> WebhookRequest:
    """Return one entry of the delivery history: one per attempt (assumed)."""
    tried = it.attempts[attempt]
    payload: Any = msgspec.Raw(it.body.encode())
    return WebhookRequest(
        webhook_id=it.webhook_id,
        event_type=it.event_type,
        event_created_at=text_z(it.created_us),
        status_code=tried.status_code,
        error_message=tried.error,
        webhook_payload=payload,
        webhook_url=it.url,
    )


OPERATIONS = (
    Operation("GET", "/webhooks/", list_webhooks, "webhooks list", query=Paged, answer=Page[Webhook]),
    Operation("POST", "/webhooks/", create, "webhooks_create", bodies.CreateWebhook, 201, answer=Webhook),
    Operation("GET", "/webhooks/{webhook}/", read, "webhooks read", answer=Webhook),
    Operation("PATCH", "/webhooks/{webhook}/", patch, "webhooks update", bodies.PatchWebhook, answer=Webhook),
    Operation("DELETE", "/webhooks/{webhook}/", delete, "webhooks delete", status=204),
    Operation(
        "GET", "/webhook-requests/", list_requests, "webhook_requests_list", query=WebhookRequestQuery,
        answer=WebhookRequests,
    ),
)  # fmt: skip
FINDERS: dict[str, Finder] = {"webhook": lambda world, ident, _: world.state.subscriptions.get(ident)}
