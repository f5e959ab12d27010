"""The knobs: each one's effect is seen over HTTP; presets, files of knobs, and values that are none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from mock_truv.core.profile import PRESETS, Profile
from mock_truv.runtime.profiles import ProfileError, load_profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import Api, Receiver, Reply

TESTS = {
    "refresh_limit": "test_refresh_limit",
    "refresh_limit_hours": "test_refresh_limit_hours",
    "refresh_limit_counts_failed": "test_refresh_limit_counts_failed",
    "refresh_limit_effect": "test_refresh_limit_effect",
    "refresh_limit_status": "test_refresh_limit_status",
    "gse_refreshes": "test_gse_refreshes",
    "billing": "test_billing",
    "requests_per_minute": "test_requests_per_minute",
    "oauth_days": "test_oauth_days",
    "webhook_retries": "test_webhook_retries",
    "webhook_retry_seconds": "test_webhook_retries",
    "webhook_timeout_seconds": "test_webhook_timeout_seconds",
    "webhook_redirects": "test_webhook_redirects",
    "webhook_retry_id": "test_webhook_retry_id",
    "webhook_disable_after": "test_webhook_disable_after",
    "task_event_order_id": "test_task_event_order_id",
    "order_events": "test_order_events",
    "failure_events": "test_failure_events",
    "time_format": "test_time_format",
    "order_list": "test_order_list",
    "order_list_lag_seconds": "test_order_list_lag_seconds",
    "order_read_lag_seconds": "test_order_read_lag_seconds",
    "report_place": "test_report_place",
    "file_urls": "test_file_urls",
    "document_checks": "test_document_checks",
    "failure_reason_in": "test_failure_reason_in",
    "page_size": "test_page_size",
    "page_size_max": "test_page_size",
    "idempotency_header": "test_idempotency_header",
    "user_of_new_order": "test_user_of_new_order",
    "employer_ids": "test_employer_ids",
    "refresh_of_refresh": "test_refresh_of_refresh",
    "order_expiry_hours": "test_order_expiry_hours",
    "order_notify_seconds": "test_order_notify_seconds",
    "bridge_token_hours": "test_bridge_token_hours",
    "public_token_hours": "test_public_token_hours",
    "history_years": "test_history_years",
    "client_name": "test_client_name",
}
"""Knob -> the test that sees its effect."""
EMPLOYER = {"company_name": "Hearthside Home Supply"}
TWO = [EMPLOYER, {"company_name": "Brightcart Grocers"}]
INCOME = {"products": ["income"]}
ALL_FAILURE_EVENTS = ["task-status-updated", "link-disconnected", "order-refresh-failed"]
TIMES = {
    "z": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "offset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00",
    "seconds": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
}  # fmt: skip


def turn(api: Api, **knobs: Any) -> None:
    """Turn knobs from now on."""
    changed = api.patch("/_mock/profile", knobs)
    assert {name: changed[name] for name in knobs} == knobs


def refused(api: Api, order: Any) -> int:
    """Try to refresh an order: 0 when it was made, else the status of the refusal."""
    status = api.send("POST", f"/orders/{order['id']}/", json=INCOME).status_code
    return 0 if status == 201 else status


def failed(api: Api, order: Any) -> Any:
    """Return the refresh order of a connection whose password has changed, when it has failed."""
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    made = api.refresh(order["id"])
    api.sandbox.settle()
    return api.get(f"/orders/{made['id']}/")


def statuses(receiver: Receiver, event_type: str) -> list[str]:
    """Return the statuses told by events of a type."""
    return [each["status"] for each in receiver.events if each["event_type"] == event_type]


def test_every_knob_has_a_test() -> None:
    """The table of this file names every knob, and tests that exist."""
    assert set(TESTS) == set(Profile.__struct_fields__)
    assert all(callable(globals().get(name)) for name in TESTS.values())


# --- limits and money -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, 1, 3, 5])
def test_refresh_limit(api: Api, limit: int) -> None:
    """So many refreshes are made and the next one is refused."""
    turn(api, refresh_limit=limit)
    order = api.connected()
    assert [refused(api, order) for _ in range(limit + 1)] == [0] * limit + [400]


@pytest.mark.parametrize("hours", [1, 24, 48])
def test_refresh_limit_hours(api: Api, hours: int) -> None:
    """The window is so many hours wide."""
    turn(api, refresh_limit=1, refresh_limit_hours=hours)
    order = api.connected()
    assert refused(api, order) == 0
    api.sandbox.clock.advance(hours=hours, seconds=-0.000001)
    assert refused(api, order) == 400
    api.sandbox.clock.advance(seconds=0.000001)
    assert refused(api, order) == 0


@pytest.mark.parametrize("counts", [True, False])
def test_refresh_limit_counts_failed(api: Api, counts: bool) -> None:
    """A failed refresh uses up the limit, or does not."""
    turn(api, refresh_limit=1, refresh_limit_counts_failed=counts)
    order = api.connected()
    failed(api, order)
    assert refused(api, order) == (400 if counts else 0)


@pytest.mark.parametrize("effect", ["refuse", "fail_task"])
def test_refresh_limit_effect(api: Api, effect: str) -> None:
    """At the limit the call is refused, or accepted with a task that fails."""
    turn(api, refresh_limit=0, refresh_limit_effect=effect)
    order = api.connected()
    assert refused(api, order) == (400 if effect == "refuse" else 0)
    api.sandbox.settle()
    tasks = [each["status"] for each in api.get("/tasks/")["results"]]
    assert tasks == (["done"] if effect == "refuse" else ["error", "done"])


@pytest.mark.parametrize("status", [400, 429])
def test_refresh_limit_status(api: Api, status: int) -> None:
    """A refresh beyond the limit is refused with this status."""
    turn(api, refresh_limit=0, refresh_limit_status=status)
    assert refused(api, api.connected()) == status


@pytest.mark.parametrize("free", [0, 1, 2])
def test_gse_refreshes(api: Api, free: int) -> None:
    """So many refreshes of a connection are free."""
    turn(api, gse_refreshes=free)
    order = api.connected()
    for _ in range(3):
        api.refresh(order["id"])
    assert [line["free"] for line in api.sandbox.billing] == [True] * free + [False] * (3 - free)


@pytest.mark.parametrize("when", ["commit", "done"])
def test_billing(api: Api, when: str) -> None:
    """A refresh is billed when it is accepted, or when it is done, and a failed one then never."""
    turn(api, billing=when)
    order = api.connected()
    api.refresh(order["id"])
    lines = [len(api.sandbox.billing)]
    api.sandbox.settle()
    lines.append(len(api.sandbox.billing))
    failed(api, order)
    lines.append(len(api.sandbox.billing))
    assert lines == ([1, 1, 2] if when == "commit" else [0, 1, 1])


@pytest.mark.parametrize("limit", [None, 1, 5])
def test_requests_per_minute(api: Api, limit: int | None) -> None:
    """So many requests a minute are served; unlimited ones all."""
    turn(api, requests_per_minute=limit)
    seen = [api.send("GET", "/users/").status_code for _ in range(7)]
    assert seen == [200] * (limit or 7) + [429] * (7 - (limit or 7))
    api.sandbox.clock.advance(seconds=60)
    assert api.send("GET", "/users/").status_code == 200


@pytest.mark.parametrize("days", [None, 90, 365])
def test_oauth_days(api: Api, days: int | None) -> None:
    """A grant lives so long, whatever its provider's habit; sessions live as their provider says."""
    turn(api, oauth_days=days)
    lives = []
    for provider in ("truv_api", "tallyworks", "paycastle"):
        order = api.connected({"provider_id": provider})
        shown = api.get(f"/_mock/connections/{order['employers'][0]['link_id']}")
        began, ends = (datetime.fromisoformat(shown[key]) for key in ("logged_in_at", "expires_at"))
        lives.append((ends - began).days)
    assert lives == [days or 180, days or 365, 14]


# --- webhooks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("retries", "seconds"), [(0, 30), (1, 30), (3, 30), (5, 1), (2, 3600)])
def test_webhook_retries(api: Api, receiver: Receiver, reply: type[Reply], retries: int, seconds: int) -> None:
    """A webhook that is refused is sent so many times more, so many seconds apart, and then given up."""
    turn(api, webhook_retries=retries, webhook_retry_seconds=seconds)
    receiver.otherwise = reply(500)
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    api.sandbox.clock.advance(days=1)
    (delivery,) = api.get("/_mock/deliveries/")["results"]
    instants = [datetime.fromisoformat(each["at"]) for each in delivery["attempts"]]
    assert (delivery["state"], len(receiver.received)) == ("failed", retries + 1)
    assert [each - instants[0] for each in instants] == [timedelta(seconds=seconds * at) for at in range(retries + 1)]


@pytest.mark.parametrize("limit", [1, 10])
def test_webhook_timeout_seconds(api: Api, receiver: Receiver, reply: type[Reply], limit: int) -> None:
    """A receiver that answers after a second and a bit has failed with a limit of one, not with one of ten."""
    turn(api, webhook_timeout_seconds=limit, webhook_retries=0)
    held = threading.Event()
    timer = threading.Timer(1.2, held.set)
    receiver.plan(reply(hold=held))
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    timer.start()
    api.sandbox.settle()
    timer.join()
    (delivery,) = api.get("/_mock/deliveries/")["results"]
    (attempt,) = delivery["attempts"]
    assert (delivery["state"], attempt["status_code"]) == (("failed", None) if limit == 1 else ("delivered", 200))


@pytest.mark.parametrize("most", [0, 1, 3])
def test_webhook_redirects(api: Api, receiver: Receiver, reply: type[Reply], most: int) -> None:
    """So many redirects are followed; the answer after the last one counts."""
    turn(api, webhook_redirects=most, webhook_retries=0)
    receiver.plan(reply(307, location="/1"), reply(307, location="/2"))
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    api.sandbox.settle()
    (delivery,) = api.get("/_mock/deliveries/")["results"]
    assert [each.path for each in receiver.received] == ["/hooks", "/1", "/2"][: most + 1]
    assert delivery["state"] == ("delivered" if most >= 2 else "failed")


@pytest.mark.parametrize("way", ["kept", "new"])
def test_webhook_retry_id(api: Api, receiver: Receiver, reply: type[Reply], way: str) -> None:
    """A retry has the same webhook_id and bytes, or another id in otherwise the same body."""
    turn(api, webhook_retry_id=way)
    receiver.plan(reply(500), reply(500))
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    api.sandbox.clock.advance(seconds=100)
    bodies = {each.body for each in receiver.received}
    assert len(receiver.received) == 3
    assert len(bodies) == (1 if way == "kept" else 3)
    assert len({each["webhook_id"] for each in receiver.events}) == len(bodies)
    assert len({json.dumps(each | {"webhook_id": ""}) for each in receiver.events}) == 1


@pytest.mark.parametrize("after", [None, 1, 3])
def test_webhook_disable_after(api: Api, receiver: Receiver, reply: type[Reply], after: int | None) -> None:
    """After so many failed webhooks in a row the endpoint is switched off; a success starts the count anew."""
    turn(api, webhook_disable_after=after, webhook_retries=0)
    hook = api.subscribe(receiver.url, events=["order-created"])
    enabled = []
    for status in (500, 200, 500, 500, 500, 200):
        receiver.planned.clear()
        receiver.plan(reply(status))
        api.order()
        api.sandbox.settle()
        enabled.append(api.get(f"/webhooks/{hook['id']}/")["enabled"])
    assert enabled == {None: [True] * 6, 1: [False] * 6, 3: [True] * 4 + [False] * 2}[after]
    assert len(receiver.received) == {None: 6, 1: 1, 3: 5}[after]


@pytest.mark.parametrize("shown", [False, True])
def test_task_event_order_id(api: Api, receiver: Receiver, shown: bool) -> None:
    """``task-status-updated`` carries its order's id, or does not know the field."""
    turn(api, task_event_order_id=shown)
    api.subscribe(receiver.url, events=["task-status-updated"])
    order = api.connected()
    assert [each.get("order_id", "none") for each in receiver.events] == [order["id"] if shown else "none"] * 5


@pytest.mark.parametrize(
    ("way", "told"), [("suborder", ["error", "completed"]), ("order", ["completed"]), ("success", ["completed"])]
)
def test_order_events(api: Api, receiver: Receiver, way: str, told: list[str]) -> None:
    """``order-status-updated`` comes for each suborder, once for the order, or for successes only."""
    turn(api, order_events=way)
    order = api.connected(employers=TWO)
    api.subscribe(receiver.url)
    assert [each["status"] for each in failed(api, order)["employers"]] == ["error", "completed"]
    assert statuses(receiver, "order-status-updated") == told


def test_order_events_of_a_failed_order(api: Api, receiver: Receiver) -> None:
    """Where only successes are told, a refresh order that fails wholly is never told by ``order-status-updated``."""
    turn(api, order_events="success")
    order = api.connected()
    api.subscribe(receiver.url)
    failed(api, order)
    assert statuses(receiver, "order-status-updated") == []


@pytest.mark.parametrize(
    "events", [ALL_FAILURE_EVENTS, ALL_FAILURE_EVENTS[::-1], ["task-status-updated"], ["order-refresh-failed"]]
)
def test_failure_events(api: Api, receiver: Receiver, events: list[str]) -> None:
    """A failed refresh is told by these events, in this order, and by no other of them."""
    turn(api, failure_events=events)
    order = api.connected()
    api.subscribe(receiver.url)
    failed(api, order)
    told = [
        each["event_type"]
        for each in receiver.events
        if each["event_type"] in ALL_FAILURE_EVENTS and each.get("status") not in {"new", "login"}
    ]
    assert told == events


@pytest.mark.parametrize(
    ("way", "created", "updated"),
    [("documented", "z", "offset"), ("z", "z", "z"), ("offset", "offset", "offset"), ("seconds", "seconds", "seconds"),
     ("mixed", "offset", "seconds")],
)  # fmt: skip
def test_time_format(api: Api, receiver: Receiver, way: str, created: str, updated: str) -> None:
    """The times in webhooks have these forms."""
    import re

    turn(api, time_format=way)
    api.subscribe(receiver.url)
    api.connected()
    assert len(receiver.events) == 12
    for each in receiver.events:
        assert re.fullmatch(TIMES[created], each["event_created_at"])
        assert re.fullmatch(TIMES[updated], each.get("updated_at", "")) or "updated_at" not in each


# --- reads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["present", "absent"])
def test_order_list(api: Api, way: str) -> None:
    """The list of orders is served, or 404; creating and reading orders is not touched by that."""
    turn(api, order_list=way)
    order = api.order()
    answer = api.send("GET", "/orders/")
    assert answer.status_code == (200 if way == "present" else 404)
    assert api.get(f"/orders/{order['id']}/")["id"] == order["id"]


def test_order_list_lag_seconds(api: Api) -> None:
    """A new order is in the list so many seconds later, to the microsecond; it can be read at once."""
    turn(api, order_list_lag_seconds=60)
    order = api.order()
    counts = []
    for seconds in (0, 59.999999, 0.000001):
        api.sandbox.clock.advance(seconds=seconds)
        counts.append(api.get("/orders/")["count"])
        assert api.get(f"/orders/{order['id']}/")["id"] == order["id"]
    assert counts == [0, 0, 1]


def test_order_read_lag_seconds(api: Api) -> None:
    """An order is read as it was so long ago: status, data and tasks together."""
    turn(api, order_read_lag_seconds=60)
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    seen = []
    for seconds in (8, 55, 5):
        api.sandbox.clock.advance(seconds=seconds)
        now = api.get(f"/orders/{order['id']}/")
        employer = now["employers"][0]
        seen.append((now["status"], employer["tasks"][0]["status"], bool(employer["employments"])))
    assert seen == [("pending", "new", False), ("pending", "parse", False), ("completed", "done", True)]
    turn(api, order_read_lag_seconds=0)


@pytest.mark.parametrize(
    ("place", "by_order", "by_link"), [("both", True, True), ("order", True, False), ("link", False, True)]
)
def test_report_place(api: Api, place: str, by_order: bool, by_link: bool) -> None:
    """Data are read in the order, by link, or both."""
    turn(api, report_place=place)
    employer = api.connected()["employers"][0]
    assert bool(employer["employments"]) is by_order
    report = api.send("GET", f"/links/{employer['link_id']}/income/report/")
    assert report.status_code == (200 if by_link else 404)
    assert not by_link or report.json()["employments"]


def test_file_urls(api: Api) -> None:
    """The files of statements have no address, or one of this mock."""
    link_id, _ = api.link_of()
    assert api.get(f"/links/{link_id}/statements/")["results"][0]["file"] is None
    turn(api, file_urls="own")
    one = api.get(f"/links/{link_id}/statements/")["results"][0]
    assert one["file"] == f"{api.sandbox.base_url}/files/{link_id}/statement/{one['id']}.pdf"


@pytest.mark.parametrize(("checks", "status"), [("content", "invalid"), ("names", "successful")])
def test_document_checks(api: Api, checks: str, status: str) -> None:
    """An uploaded file of three bytes is refused for its content, or taken for its name."""
    turn(api, document_checks=checks)
    files = [{"filename": "paystub.pdf", "mime_type": "application/pdf", "content": "YWJj"}]
    made = api.post("/documents/collections/", {"documents": files})
    api.sandbox.settle()
    assert api.get(f"/documents/collections/{made['collection_id']}/")["uploaded_files"][0]["status"] == status


@pytest.mark.parametrize("places", [["order", "task", "link"], ["order"], ["task"], ["link"]])
def test_failure_reason_in(api: Api, places: list[str]) -> None:
    """The exact reason stands in these reads; the others say ``error`` and give no message."""
    turn(api, failure_reason_in=places)
    order = api.connected()
    after = failed(api, order)
    (employer,) = after["employers"]
    (inside,) = employer["tasks"]
    task = api.get(f"/tasks/{inside['id']}/")
    report = api.get(f"/links/{employer['link_id']}/income/report/")
    shown = {
        "order": [inside["status"]],
        "task": [task["status"], api.get(f"/refresh/tasks/{inside['id']}/")["status"],
                 api.get("/tasks/")["results"][0]["status"]],
        "link": [report["refresh_status"], report["status"], api.get(f"/links/{employer['link_id']}/")["status"]],
    }  # fmt: skip
    for place, found in shown.items():
        assert set(found) == {"login_error" if place in places else "error"}, place
    assert (inside["error_message"] is not None, task["error_message"] is not None) == (
        "order" in places, "task" in places,
    )  # fmt: skip


def test_page_size(api: Api) -> None:
    """A page has so many entries when nothing is asked, and never more than the most, whatever is asked."""
    turn(api, page_size=2, page_size_max=3)
    for _ in range(5):
        api.order()
    sizes = [len(api.get("/orders/", **query)["results"]) for query in ({}, {"page_size": 1}, {"page_size": 100})]
    assert sizes == [2, 1, 3]
    turn(api, page_size=5)
    assert len(api.get("/orders/")["results"]) == 3


# --- orders ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["ignored", "honoured"])
def test_idempotency_header(api: Api, way: str) -> None:
    """A repeated key gives the first answer again and makes nothing, or is ignored; another key is another call."""
    turn(api, idempotency_header=way)
    order = api.connected()
    path = f"/orders/{order['id']}/"
    same = [api.send("POST", path, json=INCOME, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    other = api.send("POST", path, json=INCOME, headers={"Idempotency-Key": "k-2"})
    assert (same[0].content == same[1].content) is (way == "honoured")
    assert other.json()["id"] not in {each.json()["id"] for each in same}
    assert len(api.sandbox.billing) == (2 if way == "honoured" else 3)


@pytest.mark.parametrize("way", ["reused", "replaced"])
def test_user_of_new_order(api: Api, way: str) -> None:
    """A second order of one external_user_id has the same user, or a new one."""
    turn(api, user_of_new_order=way)
    first, second = (api.order(external_user_id="case-1") for _ in range(2))
    assert (first["user_id"] == second["user_id"]) is (way == "reused")


@pytest.mark.parametrize("way", ["differ", "equal"])
def test_employer_ids(api: Api, receiver: Receiver, way: str) -> None:
    """The suborders of a refresh order have new ids, or those of the original; events say the same."""
    turn(api, employer_ids=way)
    order = api.connected()
    api.subscribe(receiver.url, events=["order-status-updated"])
    made = api.refresh(order["id"])
    api.sandbox.settle()
    assert (made["employers"][0]["id"] == order["employers"][0]["id"]) is (way == "equal")
    assert receiver.events[0]["employer_id"] == made["employers"][0]["id"]
    assert api.get(f"/orders/{made['id']}/")["status"] == "completed"
    assert api.get(f"/orders/{order['id']}/") == {**order, "refresh_order": made["id"]}


@pytest.mark.parametrize("way", ["allowed", "refused"])
def test_refresh_of_refresh(api: Api, way: str) -> None:
    """A refresh order is refreshed itself, or refused by name; the original can always be."""
    turn(api, refresh_of_refresh=way)
    order = api.connected()
    made = api.refresh(order["id"])
    api.sandbox.settle()
    assert refused(api, made) == (0 if way == "allowed" else 400)
    assert refused(api, order) == 0


@pytest.mark.parametrize(("hours", "days"), [(24, 1), (72, 3), (168, 9)])
def test_order_expiry_hours(api: Api, hours: int, days: int) -> None:
    """An order expires after so many hours, of which those of a weekend do not count."""
    turn(api, order_expiry_hours=hours)
    order = api.order()
    assert datetime.fromisoformat(order["expired_at"]) - datetime.fromisoformat(order["created_at"]) == timedelta(days)
    api.sandbox.clock.advance(days=days, seconds=-0.000001)
    assert api.get(f"/orders/{order['id']}/")["status"] == "pending"
    api.sandbox.clock.advance(seconds=0.000001)
    after = api.get(f"/orders/{order['id']}/")
    assert (after["status"], after["is_expired"]) == ("expired", True)


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_order_notify_seconds(api: Api, seconds: int) -> None:
    """The first message goes out so long after the order was made."""
    turn(api, order_notify_seconds=seconds)
    order = api.order(email="ada@example.com")
    seen = []
    if seconds:
        api.sandbox.clock.advance(seconds=seconds - 0.000001)
        seen.append(api.get(f"/orders/{order['id']}/")["status"])
    api.sandbox.clock.advance(seconds=0.000001)
    seen.append(api.get(f"/orders/{order['id']}/")["status"])
    assert seen == [*(["pending"] if seconds else []), "sent"]


@pytest.mark.parametrize("hours", [1, 6])
def test_bridge_token_hours(api: Api, hours: int) -> None:
    """A user's own bridge token opens Bridge for so many hours."""
    turn(api, bridge_token_hours=hours)
    user = api.post("/users/", {"first_name": "Ada"})
    body = {"product_type": "income"}
    tokens = [api.post(f"/users/{user['id']}/tokens/", body, 200)["bridge_token"] for _ in range(2)]
    good = {"username": "goodlogin", "password": "goodpassword"}
    seen = []
    for token, seconds in zip(tokens, (hours * 3600 - 0.000001, 0.000001), strict=True):
        api.sandbox.clock.advance(seconds=seconds)
        seen.append(api.send("POST", f"/_mock/bridge/{token}/complete", json=good).status_code)
    assert seen == [200, 410]


@pytest.mark.parametrize("hours", [1, 6])
def test_public_token_hours(api: Api, hours: int) -> None:
    """A public token can be exchanged for so many hours."""
    turn(api, public_token_hours=hours)
    tokens = [api.sandbox.complete_bridge(api.order()["bridge_token"])["public_token"] for _ in range(2)]
    seen = []
    for token, seconds in zip(tokens, (hours * 3600 - 0.000001, 0.000001), strict=True):
        api.sandbox.clock.advance(seconds=seconds)
        seen.append(api.send("POST", "/link-access-tokens/", json={"public_token": token}).status_code)
    assert seen == [200, 410]


@pytest.mark.parametrize("years", [0, 1, 3])
def test_history_years(api: Api, years: int) -> None:
    """Pay statements go back to January so many years before the first login."""
    turn(api, history_years=years)
    order = api.connected()
    statements = [each for it in order["employers"][0]["employments"] for each in it["statements"]]
    assert {int(each["pay_date"][:4]) for each in statements} <= set(range(2026 - years, 2027))
    assert not years or min(each["pay_date"] for each in statements)[:7] == f"{2026 - years}-01"


def test_client_name(api: Api) -> None:
    """Orders show this name."""
    turn(api, client_name="Larkspur County")
    assert api.order()["client_name"] == "Larkspur County"


# --- profiles -------------------------------------------------------------------------------------------------------


def defaults() -> dict[str, Any]:
    """Return all knobs at their defaults."""
    value: dict[str, Any] = msgspec.to_builtins(Profile())
    return value


def opened(api: Api, profile: Any) -> Mapping[str, str]:
    """Open a sandbox with a profile; return its key headers."""
    keys = api.post("/_mock/sandboxes/", {"profile": profile}, 200)
    return {"X-Access-Client-Id": keys["client_id"], "X-Access-Secret": keys["secret"]}


@pytest.mark.parametrize("name", PRESETS)
def test_presets(api: Api, name: str) -> None:
    """A sandbox opened with a preset has its knobs and the defaults of all others."""
    shown = api.client.get(f"{api.sandbox.base_url}/_mock/profile", headers=opened(api, name)).json()
    assert shown == json.loads(json.dumps({**defaults(), **PRESETS[name]}))


@pytest.mark.parametrize("name", PRESETS)
def test_a_refresh_works_under_every_preset(api: Api, receiver: Receiver, name: str) -> None:
    """Under each preset a person connects, one refresh is done and one fails, and both are told."""
    turn(api, **PRESETS[name])
    order = api.order(employers=[EMPLOYER])
    api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.clock.advance(minutes=5)
    api.subscribe(receiver.url)
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(minutes=5)
    assert api.get(f"/orders/{made['id']}/")["status"] == "completed"
    assert statuses(receiver, "task-status-updated")[-1] == "done"
    order = api.get(f"/orders/{order['id']}/")
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    made = api.refresh(order["id"])
    api.sandbox.clock.advance(minutes=5)
    assert api.get(f"/orders/{made['id']}/")["status"] == "error"
    assert statuses(receiver, "task-status-updated")[-1] == "login_error"


def test_knobs_start_from_a_preset(api: Api) -> None:
    """A sandbox may start from a preset and differ in some knobs; an unknown preset is refused by name."""
    headers = opened(api, {"preset": "strict", "requests_per_minute": None, "page_size": 7})
    shown = api.client.get(f"{api.sandbox.base_url}/_mock/profile", headers=headers).json()
    expected = {**defaults(), **PRESETS["strict"], "requests_per_minute": None, "page_size": 7}
    assert shown == json.loads(json.dumps(expected))
    for profile in ("nope", {"preset": "nope"}):
        assert "documented" in api.refused("POST", "/_mock/sandboxes/", {"profile": profile})["preset"]


def test_profile_file(tmp_path: Path) -> None:
    """A TOML file of knobs starts from its preset or from the defaults; a name is a preset, not a file."""
    file = tmp_path / "knobs.toml"
    file.write_text('preset = "older-docs"\nwebhook_retries = 5\nfailure_events = ["task-status-updated"]\n')
    expected = {**defaults(), **PRESETS["older-docs"], "webhook_retries": 5, "failure_events": ["task-status-updated"]}
    assert json.loads(msgspec.json.encode(load_profile(str(file)))) == json.loads(json.dumps(expected))
    file.write_text("page_size = 3\n")
    assert load_profile(str(file)) == msgspec.structs.replace(Profile(), page_size=3)
    assert load_profile("strict") == msgspec.convert(PRESETS["strict"], Profile)


@pytest.mark.parametrize(
    ("text", "said"),
    [("page_sise = 3\n", "page_sise"), ("page_size = 0\n", "page_size"), ('preset = "nope"\n', "nope"),
     ("page_size = \n", "line 1"), ('time_format = "roman"\n', "time_format"), ("[page_size]\n", "page_size")],
)  # fmt: skip
def test_wrong_profile_file(tmp_path: Path, text: str, said: str) -> None:
    """A wrong file is an error with file and knob, and for ``serve`` exit 2 with one sentence."""
    file = tmp_path / "knobs.toml"
    file.write_text(text)
    with pytest.raises(ProfileError) as error:
        load_profile(str(file))
    assert str(file) in str(error.value)
    assert said in str(error.value)


def test_wrong_profile_for_serve(tmp_path: Path) -> None:
    """``serve`` with a wrong file, or with none of that name, is exit 2 and one line that says why."""
    file = tmp_path / "knobs.toml"
    file.write_text("page_sise = 3\n")
    for name, said in ((str(file), "page_sise"), ("nope", "documented, strict")):
        ended = subprocess.run(
            [sys.executable, "-m", "mock_truv", "serve", "--port", "0", "--profile", name],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (2, "")
        assert said in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


def properties() -> dict[str, Any]:
    """Return {knob: JSON Schema} of the profile."""
    _, parts = msgspec.json.schema_components([Profile])
    found: dict[str, Any] = parts["Profile"]["properties"]
    return found


@pytest.mark.parametrize("knob", Profile.__struct_fields__)
def test_wrong_values_are_refused_by_name(api: Api, knob: str) -> None:
    """Each knob takes its extremes and its choices, and refuses by name what lies beyond, of another kind, or null."""
    schema = properties()[knob]
    kinds = schema.get("anyOf", [schema])
    nullable = {"type": "null"} in kinds
    it = next(each for each in kinds if each != {"type": "null"})
    right: list[Any] = [None] if nullable else []
    wrong: list[Any] = [{}, "no such value", 1.5] + ([] if nullable else [None])
    if it.get("type") == "integer":
        right += [it["minimum"], it["maximum"]]
        wrong += [it["minimum"] - 1, it["maximum"] + 1, True, "3"]
    elif it.get("type") == "boolean":
        right += [True, False]
        wrong += [0, "true"]
    elif it.get("type") == "array":
        right += [[each] for each in it["items"]["enum"]]
        wrong += [[], ["no such value"], it["items"]["enum"][0]]
    elif "enum" in it:
        right += it["enum"]
    else:
        right += ["x", "x" * it["maxLength"]]
        wrong = [{}, 1.5, None, "", "x" * (it["maxLength"] + 1)]
    before = api.get("/_mock/profile")
    for value in wrong:
        problems = api.refused("PATCH", "/_mock/profile", {knob: value})
        assert {field.partition("[")[0] for field in problems} == {knob}, value
    assert api.get("/_mock/profile") == before
    for value in right:
        turn(api, **{knob: value})


def test_several_wrong_knobs_are_all_named(api: Api) -> None:
    """All wrong knobs of one call are named, and none of its right ones takes effect."""
    before = api.get("/_mock/profile")
    problems = api.refused("PATCH", "/_mock/profile", {"page_size": 5, "billing": "never", "refresh_limt": 1})
    assert set(problems) == {"billing", "refresh_limt"}
    assert "refresh_limit" in problems["refresh_limt"]
    assert api.get("/_mock/profile") == before
