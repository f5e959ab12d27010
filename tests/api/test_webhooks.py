"""Registered webhooks and their delivery history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Receiver, Reply

WEBHOOK: dict[str, Any] = {
    "id": "id", "name": "text", "webhook_url": "text", "env_type": "text", "events": "texts", "enabled": "flag",
    "created_at": "time", "updated_at": "time",
}  # fmt: skip
REQUEST: dict[str, Any] = {
    "webhook_id": "id", "event_type": "text", "event_created_at": "time", "status_code": "whole?",
    "error_message": "text?", "webhook_payload": "object", "webhook_url": "url",
}  # fmt: skip
EVENTS = [
    "task-status-updated", "order-status-updated", "order-created", "order-refresh-failed", "link-connected",
    "link-disconnected", "link-deleted", "employment-created", "employment-updated", "profile-created",
    "profile-updated", "statements-created", "statements-updated", "shifts-created", "shifts-updated",
    "bank-accounts-created", "bank-accounts-updated", "order-finalized", "certification-completed",
]  # fmt: skip
URL = "http://127.0.0.1:9/hooks"
HOOK = {"name": "desk", "webhook_url": URL, "env_type": "sandbox"}


def test_webhook_has_every_documented_key(api: Api, check_shape: Callable[..., None]) -> None:
    """A registered webhook is 201 with the documented keys; every documented event may be subscribed."""
    made = api.post("/webhooks/", {**HOOK, "events": EVENTS, "enabled": True})
    check_shape(made, WEBHOOK)
    assert (made["events"], made["enabled"]) == (EVENTS, True)
    assert api.get(f"/webhooks/{made['id']}/") == made
    assert api.get("/webhooks/")["results"] == [made]
    for url in ("https://example.org/x?y=1#z", "http://[::1]:9000/hooks", "http://localhost", "http://ünï.example/"):
        plain = api.post("/webhooks/", {**HOOK, "webhook_url": url})
        assert (plain["webhook_url"], plain["events"], plain["enabled"]) == (url, [], True)


def test_same_url_twice_names_env_type(api: Api) -> None:
    """The same URL twice in one environment is 400 with the documented field and sentence; elsewhere it is free."""
    api.post("/webhooks/", HOOK)
    assert api.refused("POST", "/webhooks/", HOOK) == {"env_type": "Webhook url for sandbox already registered"}
    api.post("/webhooks/", {**HOOK, "env_type": "prod"})
    other = api.post("/webhooks/", {**HOOK, "webhook_url": URL + "/2"})
    path = f"/webhooks/{other['id']}/"
    assert api.refused("PATCH", path, {"webhook_url": URL}) == {
        "env_type": "Webhook url for sandbox already registered"
    }
    assert api.patch(path, {"webhook_url": URL + "/2", "name": "x"})["name"] == "x"


def test_webhook_is_changed_and_deleted(api: Api) -> None:
    """PATCH changes what it names, DELETE is 204, and a deleted webhook is 404 and may be registered anew."""
    made = api.post("/webhooks/", HOOK)
    path = f"/webhooks/{made['id']}/"
    changed = api.patch(path, {"enabled": False, "events": ["order-created"]})
    assert (changed["enabled"], changed["events"], changed["name"]) == (False, ["order-created"], "desk")
    assert changed["updated_at"] > made["updated_at"]
    assert api.patch(path, {"enabled": True})["events"] == ["order-created"]
    assert api.patch(path, {"events": []})["events"] == []
    api.delete(path)
    assert api.get(path, 404) == {"detail": "Not Found."}
    api.post("/webhooks/", HOOK)


def test_wrong_webhooks_name_every_field(api: Api) -> None:
    """Name, URL and environment are required; every wrong field is named and nothing is registered."""
    assert set(api.refused("POST", "/webhooks/", {})) == {"name", "webhook_url", "env_type"}
    wrong = {"name": "x" * 129, "webhook_url": "ftp://x", "env_type": "moon", "events": ["order-created", "nope"],
             "enabled": "yes"}  # fmt: skip
    assert set(api.refused("POST", "/webhooks/", wrong)) == {
        "name", "webhook_url", "env_type", "events[1]", "enabled",
    }  # fmt: skip
    assert api.get("/webhooks/")["count"] == 0


@pytest.mark.parametrize("url", [
    "", "example.org/hooks", "javascript:alert(1)", "http://", "http:///x", "http://a b/",
    "http://x:99999999/", "http://x/" + "y" * 2048, "//x/y", "http://[::1", "\nhttp://x/",
])  # fmt: skip
def test_urls_that_are_none(api: Api, url: str) -> None:
    """A URL that is none, or is longer than 2048 characters, is refused by name."""
    assert list(api.refused("POST", "/webhooks/", {**HOOK, "webhook_url": url})) == ["webhook_url"]


def test_webhooks_are_listed_in_pages(api: Api) -> None:
    """Webhooks come in pages that can be followed to the end."""
    made = [api.post("/webhooks/", {**HOOK, "webhook_url": f"{URL}/{number}"})["id"] for number in range(3)]
    page = api.get("/webhooks/", page_size=2)
    assert list(page) == ["count", "next", "previous", "results"]
    rest = api.client.get(page["next"], headers=api.sandbox.headers).json()
    assert [each["id"] for each in page["results"] + rest["results"]] == made
    assert rest["next"] is None


def test_history_shows_every_attempt(
    api: Api, receiver: Receiver, reply: type[Reply], check_shape: Callable[..., None]
) -> None:
    """The history has one entry per attempt with its status and the exact payload, newest first, and no count."""
    hook = api.subscribe(receiver.url, events=["order-created"])
    receiver.plan(reply(500))
    order = api.order()
    api.sandbox.settle()
    history = api.get("/webhook-requests/")
    assert list(history) == ["next", "previous", "results"]
    for each in history["results"]:
        check_shape(each, REQUEST)
    assert [each["status_code"] for each in history["results"]] == [200, 500]
    assert len({each["webhook_id"] for each in history["results"]}) == 1
    assert history["results"][0]["webhook_payload"] == receiver.events[0]
    assert history["results"][0]["webhook_payload"]["order_id"] == order["id"]
    assert history["results"][0]["webhook_url"] == hook["webhook_url"]


def test_history_is_filtered(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """The history can be narrowed by event, status and time, each alone and together."""
    api.subscribe(receiver.url)
    receiver.plan(reply(500))
    api.connected()
    api.sandbox.clock.advance(hours=1)
    api.order()
    api.sandbox.settle()
    path = "/webhook-requests/"

    def types(**query: Any) -> list[str]:
        return [each["event_type"] for each in api.get(path, page_size=100, **query)["results"]]

    assert set(types(event_type="order-created")) == {"order-created"}
    assert types(status_code=500) == ["order-created"]
    assert types(created_at__gte="2026-01-05T15:30:00Z") == ["order-created"]
    assert "link-connected" in types(created_at__lte="2026-01-05T15:30:00Z")
    assert types(created_at__gte="2026-01-05T15:30:00Z", event_type="link-connected") == []
    assert types(created_at__gte="2026-01-05") == types()
    for query in ("created_at__gte=yesterday", "status_code=x", "cursor=zz", "page_size=-1"):
        assert list(api.refused("GET", f"{path}?{query}", None)) == [query.partition("=")[0]]


def test_history_is_paged_by_cursor(api: Api, receiver: Receiver) -> None:
    """Cursors lead through all entries once, back again, and are not disturbed by new entries."""
    api.subscribe(receiver.url)
    api.connected()
    everything = [each["webhook_id"] for each in api.get("/webhook-requests/", page_size=100)["results"]]
    page, seen = api.get("/webhook-requests/", page_size=5), []
    back = None
    while True:
        seen += [each["webhook_id"] for each in page["results"]]
        if page["next"] is None:
            back = page["previous"]
            break
        assert "cursor=" in page["next"]
        api.order()
        api.sandbox.settle()
        page = api.client.get(page["next"], headers=api.sandbox.headers).json()
    assert seen == everything
    previous = api.client.get(back, headers=api.sandbox.headers).json()
    last = len(everything) % 5 or 5
    assert [each["webhook_id"] for each in previous["results"]] == everything[-last - 5 : -last]


def test_history_reaches_30_days_back(api: Api, receiver: Receiver) -> None:
    """Entries older than 30 days are not in the history, whatever the query says."""
    api.subscribe(receiver.url)
    api.order()
    api.sandbox.settle()
    api.sandbox.clock.advance(days=29)
    assert api.get("/webhook-requests/")["results"]
    api.sandbox.clock.advance(days=2)
    old = [each for each in api.get("/webhook-requests/", created_at__gte="2026-01-01T00:00:00Z")["results"]
           if each["event_type"] == "order-created"]  # fmt: skip
    assert old == []
