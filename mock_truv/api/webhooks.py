"""Operations on registered webhooks and their delivery history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from mock_truv.api import bodies, render
from mock_truv.api.call import Operation, own_url
from mock_truv.api.pages import page, positive
from mock_truv.core.errors import WrongInput
from mock_truv.core.instants import DAY_US, parse_instant
from mock_truv.core.model import Subscription

if TYPE_CHECKING:
    from mock_truv.api.call import Call, Finder
    from mock_truv.core.model import Delivery

HISTORY_DAYS = 30
CURSOR = re.compile(r"([ab])(\d{1,18})-(\d{1,18})-(\d{1,18})", re.ASCII)
Tried = tuple[tuple[int, int, int], "Delivery"]
"""(instant, ordinal of the delivery, number of the attempt) and the delivery."""


def create(call: Call) -> dict[str, Any]:
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
    return render.webhook(made)


def list_webhooks(call: Call) -> dict[str, Any]:
    """Return the registered webhooks, oldest first."""
    return page(call, list(call.world.state.subscriptions.values()), render.webhook)


def read(call: Call) -> dict[str, Any]:
    """Return one registered webhook."""
    return render.webhook(call.target)


def patch(call: Call) -> dict[str, Any]:
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
    return render.webhook(it)


def delete(call: Call) -> None:
    """Delete a registered webhook; what was still on its way to it is dropped."""
    del call.world.state.subscriptions[call.target.id]
    call.world.happened("subscription", call.target.id, "deleted")


def list_requests(call: Call) -> dict[str, Any]:
    """Return the delivery history of the last 30 days, newest first, by cursor (no ``count``)."""
    query = call.query
    floor_us = call.world.now_us - HISTORY_DAYS * DAY_US
    from_us = max(_instant(call, "created_at__gte", floor_us), floor_us)
    until_us = _instant(call, "created_at__lte", call.world.now_us)
    wanted_type, wanted_code = query.get("event_type"), positive(call, "status_code", 0)
    tried: list[Tried] = []
    for ordinal, it in enumerate(call.world.state.deliveries.values()):
        if from_us <= it.created_us <= until_us and wanted_type in {None, it.event_type}:
            tried += [
                ((attempt.at_us, ordinal, index), it)
                for index, attempt in enumerate(it.attempts)
                if wanted_code in {0, attempt.status_code}
            ]
    tried.sort(key=lambda entry: entry[0], reverse=True)
    return _cursor_page(call, tried)


def _cursor_page(call: Call, tried: list[Tried]) -> dict[str, Any]:
    """Cut one page. A cursor names the entry beside which the page stands, so new entries do not move it."""
    profile = call.world.state.profile
    size = min(positive(call, "page_size", profile.page_size), profile.page_size_max)
    text = call.query.get("cursor", "")
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

    return {
        "next": link("a", shown[-1]) if shown and shown[-1] is not tried[-1] else None,
        "previous": link("b", shown[0]) if shown and shown[0] is not tried[0] else None,
        "results": [render.webhook_request(it, place[2]) for place, it in shown],
    }


def _instant(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if not text:
        return default
    try:
        return parse_instant(text if len(text) > 10 else f"{text}T00:00:00Z")
    except ValueError as error:
        raise WrongInput((name, str(error))) from None


def _check_free(call: Call, url: str, env_type: str, besides: Subscription | None) -> None:
    for it in call.world.state.subscriptions.values():
        if it is not besides and it.webhook_url == url and it.env_type == env_type:
            raise WrongInput(("env_type", f"Webhook url for {env_type} already registered"))


OPERATIONS = (
    Operation("GET", "/webhooks/", list_webhooks, "webhooks list"),
    Operation("POST", "/webhooks/", create, "webhooks_create", bodies.CreateWebhook, 201),
    Operation("GET", "/webhooks/{webhook}/", read, "webhooks read"),
    Operation("PATCH", "/webhooks/{webhook}/", patch, "webhooks update", bodies.PatchWebhook),
    Operation("DELETE", "/webhooks/{webhook}/", delete, "webhooks delete", status=204),
    Operation("GET", "/webhook-requests/", list_requests, "webhook_requests_list"),
)
FINDERS: dict[str, Finder] = {"webhook": lambda world, ident, _: world.state.subscriptions.get(ident)}
