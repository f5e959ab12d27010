"""Time that runs by itself: webhooks come without any control call, side by side, and are retried."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mock_truv import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv import Sandbox
    from tests.conftest import Api, Received, Receiver, Reply

FIRST_CONNECTION = 12
"""Events of a first connection."""
WALK = ["new", "login", "parse", "full_parse", "done"]
WAIT_SECONDS = 20


@pytest.fixture(scope="module")
def fast_server() -> Iterator[Server]:
    """A server on which a minute passes every second."""
    with Server(clock="rate:60") as server:
        yield server


@pytest.fixture
def fast(fast_server: Server, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox on fast time."""
    with fast_server.sandbox(request.node.nodeid) as sandbox:
        yield sandbox


@pytest.fixture
def fast_api(fast: Sandbox, api_for: Callable[[Sandbox], Api]) -> Api:
    """A client bound to the sandbox on fast time."""
    return api_for(fast)


def connect(api: Api) -> str:
    """Let a person log in for a new order, and return its id without waiting."""
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    return str(order["id"])


def until(holds: Callable[[], bool]) -> None:
    """Ask again and again, over HTTP or otherwise, until something holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline


def test_webhooks_come_by_themselves(fast_api: Api, receiver: Receiver) -> None:
    """On fast time a whole first connection is told without any control call, in the order of its states."""
    fast_api.subscribe(receiver.url)
    order_id = connect(fast_api)
    receiver.wait_until(lambda received: len(received) == FIRST_CONNECTION)
    tasks = [each for each in receiver.events if each["event_type"] == "task-status-updated"]
    assert [each["status"] for each in sorted(tasks, key=lambda each: each["updated_at"])] == WALK
    assert fast_api.get(f"/orders/{order_id}/")["status"] == "completed"


def test_wall_time_is_real_time(fast_server: Server, api_for: Callable[[Sandbox], Api], receiver: Receiver) -> None:
    """In wall mode the clock shows the present, and a task of one second is told within a moment."""
    with fast_server.sandbox("wall time", clock="wall") as sandbox:
        api = api_for(sandbox)
        sandbox.provider().change(task_seconds=1)
        assert abs(sandbox.clock.now - datetime.now(UTC)) < timedelta(seconds=5)
        api.subscribe(receiver.url)
        started = time.monotonic()
        connect(api)
        receiver.wait_until(lambda received: len(received) == FIRST_CONNECTION)
        assert 0.9 < time.monotonic() - started < 10
        assert api.send("GET", "/_mock/clock").json()["mode"] == "wall"


def test_slow_receiver_delays_nobody(fast_api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """While one address keeps every request open, others, and its own later events, are delivered."""
    hold = threading.Event()
    fast_api.subscribe(receiver.url + "/slow")
    fast_api.subscribe(receiver.url + "/quick")

    def keep_open(request: Received) -> None:
        if request.path.endswith("/slow"):
            hold.wait(WAIT_SECONDS)

    receiver.otherwise = reply(before=keep_open)
    connect(fast_api)
    receiver.wait_until(lambda received: len(received) == 2 * FIRST_CONNECTION)
    finished = {each["webhook_id"] for each in fast_api.sandbox.deliveries if each["state"] == "delivered"}
    slow = [each.json["webhook_id"] for each in receiver.received if each.path.endswith("/slow")]
    assert not finished & set(slow)
    hold.set()
    until(lambda: all(each["state"] == "delivered" for each in fast_api.sandbox.deliveries))


def test_receiver_that_was_down_gets_retries(fast_api: Api, receiver: Receiver) -> None:
    """A receiver that is down at first gets every webhook once it is up, with the bytes of the first attempt."""
    fast_api.subscribe(receiver.url)
    receiver.down()
    connect(fast_api)
    until(lambda: len(fast_api.get("/webhook-requests/", page_size=100)["results"]) >= FIRST_CONNECTION)
    receiver.up()
    receiver.wait_until(lambda received: len(received) == FIRST_CONNECTION)
    history = fast_api.get("/webhook-requests/", page_size=100)["results"]
    assert {each["status_code"] for each in history} >= {None}
    sent = {each["webhook_id"]: each["webhook_payload"] for each in history}
    assert all(sent[each["webhook_id"]] == each for each in receiver.events)


def test_receiver_may_call_back(fast_api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A receiver that reads while it is called finds the announced status or a later one, never an earlier."""
    seen = []

    def read_back(request: Received) -> None:
        event = request.json
        if event["event_type"] == "task-status-updated":
            found = fast_api.get(f"/tasks/{event['task_id']}/")["status"]
            seen.append((event["status"], found))

    receiver.otherwise = reply(before=read_back)
    fast_api.subscribe(receiver.url)
    connect(fast_api)
    receiver.wait_until(lambda received: len(received) == FIRST_CONNECTION)
    until(lambda: len(seen) == len(WALK))
    assert all(WALK.index(announced) <= WALK.index(found) for announced, found in seen)


def test_advance_is_an_offset(fast_api: Api, receiver: Receiver) -> None:
    """An advance adds to running time and brings everything due on the way; afterwards time goes on at its rate."""
    fast_api.subscribe(receiver.url)
    order_id = connect(fast_api)
    before = fast_api.sandbox.clock.now
    fast_api.sandbox.clock.advance(days=14)
    assert len(receiver.received) == FIRST_CONNECTION
    after = fast_api.sandbox.clock.now
    assert timedelta(days=14) <= after - before < timedelta(days=14, hours=1)
    until(lambda: fast_api.sandbox.clock.now > after + timedelta(seconds=1))
    assert fast_api.send("GET", "/_mock/clock").json()["mode"] == "rate:60"
    refreshed = fast_api.refresh(order_id)
    receiver.wait_until(
        lambda received: any(
            each.json.get("order_id") == refreshed["id"] and each.json["status"] == "completed" for each in received
        )
    )


def test_time_never_goes_back(fast_api: Api) -> None:
    """Readings of the clock never fall, whatever is called in between, and an earlier ``to`` is refused."""
    readings = []
    for _ in range(20):
        readings.append(fast_api.send("GET", "/_mock/clock").json()["now"])
        connect(fast_api)
        fast_api.send("POST", "/_mock/settle")
        readings.append(fast_api.send("GET", "/_mock/clock").json()["now"])
    assert readings == sorted(readings)
    assert list(fast_api.refused("POST", "/_mock/clock/advance", {"to": readings[0]})) == ["to"]


def test_reset_while_webhooks_fly(fast_api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """A reset on running time abandons what is in flight; the new world runs on and knows nothing of the old."""
    hold = threading.Event()
    receiver.otherwise = reply(hold=hold)
    fast_api.subscribe(receiver.url)
    connect(fast_api)
    receiver.wait_until(lambda received: len(received) >= 1)
    assert fast_api.send("POST", "/_mock/reset").status_code == 200
    hold.set()
    assert fast_api.get("/orders/")["count"] == 0
    assert fast_api.sandbox.deliveries == []
    receiver.otherwise = reply()
    fast_api.subscribe(receiver.url + "/new", events=["order-status-updated"])
    order_id = connect(fast_api)
    receiver.wait_until(lambda received: any(each.path.endswith("/new") for each in received))
    (told,) = [each.json for each in receiver.received if each.path.endswith("/new")]
    assert (told["order_id"], told["status"]) == (order_id, "completed")


def test_answers_and_time_agree(fast_api: Api) -> None:
    """A task is never read behind its time: what is due by then has happened before the answer."""
    order = fast_api.order()
    ending = fast_api.sandbox.complete_bridge(order["bridge_token"])
    ends = {"new": 1, "login": 3, "parse": 6, "full_parse": 8}
    while True:
        answer = fast_api.send("GET", f"/tasks/{ending['task_id']}/")
        task = answer.json()
        if task["status"] == "done":
            break
        date = datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        created = datetime.fromisoformat(task["created_at"])
        assert date - created <= timedelta(seconds=ends[task["status"]])
