"""Webhooks on real sockets: signature, order, payloads, retries, redirects, and receivers that call back."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Api, Received, Receiver, Reply

COMMON: dict[str, Any] = {"webhook_id": "id", "event_type": "text", "event_created_at": "time", "user_id": "id"}
OF_ORDER = {
    **COMMON, "order_id": "id", "order_number": "text?", "template_id": "id?", "updated_at": "offset time",
    "status": "text", "employer_id": "id?", "link_id": "id?", "product": "text", "data_source": "text?",
}  # fmt: skip
OF_LINK = {**COMMON, "link_id": "id", "product": "text", "data_source": "text", "tracking_info": "text?"}
OF_DATA = {**OF_LINK, "task_id": "id"}
PAYLOADS: dict[str, dict[str, Any]] = {
    "order-created": {**OF_ORDER, "employer_id": "null", "link_id": "null", "data_source": "null"},
    "order-status-updated": OF_ORDER,
    "order-refresh-failed": OF_ORDER,
    "task-status-updated": {
        **COMMON, "task_id": "id", "link_id": "id?", "product": "text", "data_source": "text",
        "tracking_info": "text?", "status": "text", "updated_at": "offset time", "template_id": "id?",
    },
    "link-connected": OF_LINK,
    "link-disconnected": OF_LINK,
    "link-deleted": OF_LINK,
    **{f"{kind}-{word}": {**OF_DATA, "object_id": "id"}
       for kind in ("employment", "profile") for word in ("created", "updated")},
    **{f"{kind}-{word}": {**OF_DATA, "employment_id": "id", "objects_count": "whole"}
       for kind in ("statements", "shifts", "bank-accounts") for word in ("created", "updated")},
}  # fmt: skip
TASK = "task-status-updated"
FIRST_CONNECTION = [
    "order-created", f"{TASK} new", f"{TASK} login", "link-connected", f"{TASK} parse", f"{TASK} full_parse",
    "employment-created", "profile-created", "statements-created", "bank-accounts-created", f"{TASK} done",
    "order-status-updated completed",
]  # fmt: skip
REFRESH = [
    "order-created", f"{TASK} new", f"{TASK} login", f"{TASK} parse", f"{TASK} full_parse", "employment-updated",
    "profile-updated", "statements-updated", f"{TASK} done", "order-status-updated completed",
]  # fmt: skip
FAILURE = [
    "order-created", f"{TASK} new", f"{TASK} login", f"{TASK} login_error", "link-disconnected",
    "order-refresh-failed", "order-status-updated error",
]  # fmt: skip


def signature_of(body: bytes, secret: str) -> str:
    """Work out the signature from the definition of HMAC (RFC 2104), without the library that the product uses."""
    key = secret.encode().ljust(64, b"\0")
    assert len(key) == 64
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + body).digest()
    return "v1=" + hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def told(receiver: Receiver) -> list[str]:
    """Return what the receiver was told, as event and status; the initial status of an order goes without saying."""
    return [
        f"{each['event_type']} {each['status']}"
        if "status" in each and each["event_type"] not in {"order-created", "order-refresh-failed"}
        else each["event_type"]
        for each in receiver.events
    ]


@pytest.fixture
def subscribed(api: Api, receiver: Receiver) -> Any:
    """A webhook for ``order-created`` only, so that each order makes exactly one delivery."""
    return api.subscribe(receiver.url, events=["order-created"])


def test_known_signature_vector() -> None:
    """The independent signature of this test agrees with a vector worked out by ``openssl dgst -hmac``."""
    # printf 'what do ya want for nothing?' | openssl dgst -sha256 -hmac Jefe   (also RFC 4231, case 2)
    assert signature_of(b"what do ya want for nothing?", "Jefe") == (
        "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_every_request_is_signed_over_its_raw_bytes(api: Api, receiver: Receiver) -> None:
    """Each webhook is a signed JSON POST whose signature holds over the bytes received, with the sandbox's secret."""
    api.subscribe(receiver.url)
    api.connected(order_number="Ünïcode ☃ \u2028 </script>")
    assert len(receiver.received) == len(FIRST_CONNECTION)
    for each in receiver.received:
        headers = {name.lower(): value for name, value in each.headers.items()}
        assert (each.method, each.path) == ("POST", "/hooks")
        assert headers["x-webhook-sign"] == signature_of(each.body, api.sandbox.secret)
        assert headers["user-agent"] == "Truv-Webhook-Service/2.0"
        assert headers["content-type"].startswith("application/json")
        assert headers["host"] == f"127.0.0.1:{receiver.port}"
        assert int(headers["content-length"]) == len(each.body)
        assert headers["x-webhook-sign"] != signature_of(each.body + b" ", api.sandbox.secret)


def test_first_connection_refresh_and_failure_in_order(api: Api, receiver: Receiver) -> None:
    """A first connection, a refresh and a failed refresh tell their documented events in the documented order."""
    api.subscribe(receiver.url)
    order = api.connected()
    assert told(receiver) == FIRST_CONNECTION
    api.sandbox.clock.advance(days=14)
    receiver.forget()
    api.refresh(order["id"])
    api.sandbox.settle()
    assert told(receiver) == REFRESH
    api.sandbox.connection(order["employers"][0]["link_id"]).change_credentials()
    receiver.forget()
    api.refresh(order["id"])
    api.sandbox.settle()
    assert told(receiver) == FAILURE


def test_unchanged_counts_are_not_told(api: Api, receiver: Receiver) -> None:
    """A refresh that finds as many statements as before sends no ``statements-updated``, and counts rise by one."""
    api.subscribe(receiver.url)
    order = api.connected()
    first = next(each["objects_count"] for each in receiver.events if each["event_type"] == "statements-created")
    receiver.forget()
    api.refresh(order["id"])
    api.sandbox.settle()
    assert told(receiver) == [each for each in REFRESH if each != "statements-updated"]
    api.sandbox.clock.advance(days=14)
    api.refresh(order["id"])
    api.sandbox.settle()
    assert [each["objects_count"] for each in receiver.events if each["event_type"] == "statements-updated"] == [
        first + 1
    ]


def test_payloads_have_exactly_the_documented_keys(
    api: Api, receiver: Receiver, check_shape: Callable[..., None]
) -> None:
    """Every event of a whole story has exactly its documented keys, each of the documented kind and consistent."""
    api.subscribe(receiver.url)
    order = api.connected(template_id="a" * 32)
    link_id = order["employers"][0]["link_id"]
    api.sandbox.clock.advance(days=14)
    refreshed = [api.refresh(order["id"])]
    api.sandbox.settle()
    api.sandbox.connection(link_id).end_session()
    refreshed.append(api.refresh(order["id"]))
    api.sandbox.settle()
    api.delete(f"/links/{link_id}/")
    api.sandbox.settle()
    seen = set()
    for each in receiver.events:
        check_shape(each, PAYLOADS[each["event_type"]])
        assert each["user_id"] == order["user_id"]
        seen.add(each["event_type"])
    assert seen == {
        "order-created", "order-status-updated", "order-refresh-failed", TASK, "link-connected", "link-disconnected",
        "link-deleted", "employment-created", "employment-updated", "profile-created", "profile-updated",
        "statements-created", "statements-updated", "bank-accounts-created",
    }  # fmt: skip
    suborders = {each["employers"][0]["id"] for each in [order, *refreshed]}
    assert {each["tracking_info"] for each in receiver.events if each["event_type"] == TASK} == suborders
    assert {each["employer_id"] for each in receiver.events if "employer_id" in each} == suborders | {None}
    assert {each["order_number"] for each in receiver.events if "order_number" in each} == {order["order_number"]}
    assert len({each["webhook_id"] for each in receiver.events}) == len(receiver.events)


def test_updated_at_sorts_the_events_of_a_task(api: Api, receiver: Receiver) -> None:
    """Sorted by ``updated_at`` a task's events stand in the order of its states, as receivers are told to rely on."""
    api.subscribe(receiver.url, events=[TASK])
    api.connected()
    times = [each["updated_at"] for each in receiver.events]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_failed_login_of_an_order_tells_the_task_only(api: Api, receiver: Receiver) -> None:
    """A person's failed login is told by the task's events alone: the order waits for the next attempt."""
    api.subscribe(receiver.url)
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"], password="wrong")
    api.sandbox.settle()
    assert told(receiver) == ["order-created", f"{TASK} new", f"{TASK} login", f"{TASK} login_error"]
    assert api.get(f"/orders/{order['id']}/")["status"] == "pending"


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize("status", [500, 503, 404, 400, 429, 304])
def test_refusals_are_retried_three_times(api: Api, receiver: Receiver, reply: type[Reply], status: int) -> None:
    """A receiver that never answers 2xx gets four identical requests, 30 seconds apart, and then no more."""
    receiver.otherwise = reply(status)
    api.order()
    started = api.sandbox.clock.now
    times = []
    for seconds in (0, 29.999999, 0.000001, 30, 30, 3600):
        api.sandbox.clock.advance(seconds=seconds) if seconds else api.sandbox.clock.advance(to=started)
        times.append(len(receiver.received))
    assert times == [1, 1, 2, 3, 4, 4]
    assert len({(each.body, each.headers["X-WEBHOOK-SIGN"]) for each in receiver.received}) == 1
    history = api.get("/webhook-requests/")["results"]
    assert [(each["status_code"], each["webhook_id"]) for each in history] == [
        (status, receiver.events[0]["webhook_id"])
    ] * 4
    (delivery,) = api.sandbox.deliveries
    assert delivery["state"] == "failed"
    assert [each["at"][17:19] for each in delivery["attempts"]] == ["00", "30", "00", "30"]


@pytest.mark.usefixtures("subscribed")
def test_retries_end_with_the_first_success(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """After a 2xx answer nothing more is sent."""
    receiver.plan(reply(500), reply(204))
    api.order()
    api.sandbox.clock.advance(hours=1)
    assert len(receiver.received) == 2
    assert [each["state"] for each in api.sandbox.deliveries] == ["delivered"]


@pytest.mark.usefixtures("subscribed")
def test_refused_connections_are_retried(api: Api, receiver: Receiver) -> None:
    """A receiver that is down has attempts without status and with a reason; when it is up again it gets the same."""
    receiver.down()
    api.order()
    api.sandbox.clock.advance(seconds=31)
    history = api.get("/webhook-requests/")["results"]
    assert [each["status_code"] for each in history] == [None, None]
    assert all(each["error_message"] for each in history)
    receiver.up()
    api.sandbox.clock.advance(seconds=30)
    assert receiver.events[0] == history[0]["webhook_payload"]
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [200, None, None]


@pytest.mark.usefixtures("subscribed")
def test_slow_answers_count_as_failed(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A receiver that does not answer within the time-out gets the same bytes again 30 virtual seconds later."""
    api.send("PATCH", "/_mock/profile", json={"webhook_timeout_seconds": 1})
    hold = threading.Event()
    receiver.plan(reply(hold=hold))
    api.order()
    api.sandbox.clock.advance(seconds=10)
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [None]
    assert "1 second" in api.get("/webhook-requests/")["results"][0]["error_message"]
    hold.set()
    api.sandbox.clock.advance(seconds=30)
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [200, None]
    assert len({each.body for each in receiver.received}) == 1


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize(("status", "method"), [(307, "POST"), (308, "POST"), (301, "GET"), (302, "GET"), (303, "GET")])
def test_redirects_are_followed(api: Api, receiver: Receiver, reply: type[Reply], status: int, method: str) -> None:
    """307 and 308 repeat the signed POST at the new place; the others go on as a GET without body."""
    receiver.plan(reply(status, location="/elsewhere?x=1"))
    api.order()
    api.sandbox.settle()
    first, second = receiver.received
    assert (second.method, second.path) == (method, "/elsewhere?x=1")
    if method == "POST":
        assert (second.body, second.headers["X-WEBHOOK-SIGN"]) == (first.body, first.headers["X-WEBHOOK-SIGN"])
    else:
        assert (second.body, second.headers.get("X-WEBHOOK-SIGN")) == (b"", None)
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [200]


@pytest.mark.usefixtures("subscribed")
def test_endless_redirects_fail(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """Five redirects are followed, a sixth is not: the attempt failed and is retried."""
    receiver.otherwise = reply(307, location="/round")
    api.order()
    api.sandbox.clock.advance(seconds=1)
    assert len(receiver.received) == 6
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [307]
    receiver.otherwise = reply()
    api.sandbox.clock.advance(seconds=30)
    assert [each["state"] for each in api.sandbox.deliveries] == ["delivered"]


@pytest.mark.usefixtures("subscribed")
def test_redirect_without_location_is_its_own_answer(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A redirect that names no place is an answer that is not 2xx."""
    receiver.plan(reply(302))
    api.order()
    api.sandbox.clock.advance(seconds=1)
    assert [each["status_code"] for each in api.get("/webhook-requests/")["results"]] == [302]


@pytest.mark.usefixtures("subscribed")
@pytest.mark.parametrize("target", ["http://192.0.2.7/x", "http://[2001:db8::1]/x", "http://169.254.169.254/latest"])
def test_strange_hosts_are_refused(api: Api, receiver: Receiver, reply: type[Reply], target: str) -> None:
    """A target outside this machine, first or after a redirect, gets nothing; the record names the option."""
    receiver.plan(reply(307, location=target))
    api.subscribe(target, events=["order-created"])
    api.order()
    api.sandbox.clock.advance(seconds=1)
    history = api.get("/webhook-requests/")["results"]
    assert len(history) == 2
    for each in history:
        assert each["status_code"] is None
        assert "--allow-webhook-host" in each["error_message"]


def test_only_wanted_events_are_sent(api: Api, receiver: Receiver) -> None:
    """A webhook gets the events that it lists, all if it lists none, and none for another environment."""
    api.subscribe(receiver.url + "/some", events=["order-created", "link-connected"])
    api.subscribe(receiver.url + "/all", events=[])
    api.subscribe(receiver.url + "/prod", env_type="prod")
    api.connected()
    some = [each.json["event_type"] for each in receiver.received if each.path == "/hooks/some"]
    assert some == ["order-created", "link-connected"]
    assert len([each for each in receiver.received if each.path == "/hooks/all"]) == len(FIRST_CONNECTION)
    assert not [each for each in receiver.received if each.path == "/hooks/prod"]


def test_disabled_webhooks_get_nothing(api: Api, receiver: Receiver, subscribed: Any) -> None:
    """While a webhook is switched off nothing is sent to it, not even what was waiting; later events go out again."""
    path = f"/webhooks/{subscribed['id']}/"
    api.order()
    api.patch(path, {"enabled": False})
    api.order()
    api.sandbox.settle()
    assert receiver.received == []
    api.patch(path, {"enabled": True})
    last = api.order()
    api.sandbox.settle()
    assert [each["order_id"] for each in receiver.events] == [last["id"]]


def test_deleted_webhooks_get_no_more_retries(
    api: Api, receiver: Receiver, reply: type[Reply], subscribed: Any
) -> None:
    """A webhook that is deleted between two attempts gets no further one."""
    receiver.otherwise = reply(500)
    api.order()
    api.sandbox.clock.advance(seconds=1)
    api.delete(f"/webhooks/{subscribed['id']}/")
    api.sandbox.clock.advance(hours=1)
    assert len(receiver.received) == 1
    assert [each["state"] for each in api.sandbox.deliveries] == ["dropped"]


def test_receiver_that_calls_back_reads_the_announced_state(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A receiver that reads task and order while it is called finds the state that the webhook announces."""
    seen = []

    def read_back(request: Received) -> None:
        event = request.json
        if event["event_type"] == TASK:
            seen.append((event["status"], api.get(f"/tasks/{event['task_id']}/")["status"]))
        if event["event_type"] == "order-status-updated":
            order = api.get(f"/orders/{event['order_id']}/")
            (mine,) = [each for each in order["employers"] if each["id"] == event["employer_id"]]
            seen.append((event["status"], mine["status"]))
            assert mine["employments"]

    receiver.otherwise = reply(before=read_back)
    api.subscribe(receiver.url)
    api.connected()
    assert [announced for announced, _ in seen] == ["new", "login", "parse", "full_parse", "done", "completed"]
    assert all(announced == found for announced, found in seen)


def test_receiver_may_post_during_a_delivery(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A refresh that a receiver starts from inside a delivery runs to its end in the same settle."""
    order = api.connected()
    refreshed: list[str] = []

    def refresh_once(request: Received) -> None:
        if request.json["event_type"] == "order-created" and len(refreshed) < 2:
            refreshed.append(api.refresh(order["id"])["id"])

    receiver.otherwise = reply(before=refresh_once)
    api.subscribe(receiver.url)
    api.refresh(order["id"])
    api.sandbox.settle()
    assert len(refreshed) == 2
    assert {api.get(f"/orders/{each}/")["status"] for each in refreshed} == {"completed"}


@pytest.mark.parametrize(
    ("path", "body"),
    [("/_mock/clock/advance", {"seconds": 60}), ("/_mock/settle", {}), ("/_mock/reset", {})],
)
def test_receiver_may_not_move_the_clock(
    api: Api, receiver: Receiver, reply: type[Reply], path: str, body: dict[str, Any]
) -> None:
    """An advance, settle or reset from inside an advance is 409 and harms neither: the story ends as usual."""
    answers = []
    receiver.otherwise = reply(before=lambda _: answers.append(api.send("POST", path, json=body)))
    api.subscribe(receiver.url)
    order = api.connected()
    assert {each.status_code for each in answers} == {409}
    assert all(each.json()["error"]["message"] for each in answers)
    assert told(receiver) == FIRST_CONNECTION
    assert order["status"] == "completed"
    receiver.otherwise = reply()
    assert api.send("POST", path, json=body).status_code == 200


@pytest.mark.usefixtures("subscribed")
def test_redelivery_sends_the_same_bytes(api: Api, receiver: Receiver) -> None:
    """A redelivered webhook has the same id, bytes and signature, and stands in the history as another attempt."""
    api.order()
    api.sandbox.settle()
    webhook_id = receiver.events[0]["webhook_id"]
    api.sandbox.clock.advance(days=3)
    answer = api.send("POST", f"/_mock/deliveries/{webhook_id}/redeliver")
    assert answer.status_code == 200
    api.sandbox.settle()
    first, second = receiver.received
    assert (first.body, first.headers["X-WEBHOOK-SIGN"]) == (second.body, second.headers["X-WEBHOOK-SIGN"])
    assert len(api.get("/webhook-requests/")["results"]) == 2


def test_order_in_which_webhooks_go_out_is_the_order_of_events(api: Api, receiver: Receiver) -> None:
    """With two webhooks every event reaches both before the next event of a later instant reaches either."""
    api.subscribe(receiver.url + "/a")
    api.subscribe(receiver.url + "/b")
    api.connected()
    times = [each.json["event_created_at"] for each in receiver.received]
    assert times == sorted(times)
    by_path = {
        path: [json.loads(each.body)["event_type"] for each in receiver.received if each.path == path]
        for path in ("/hooks/a", "/hooks/b")
    }
    assert by_path["/hooks/a"] == by_path["/hooks/b"]
