"""An integrator's renewal program, written as such programs are, against the server over real HTTP.

The program knows nothing of this package: base address, keys and a webhook address are all it is given.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mock_truv import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv import Sandbox

WAIT_SECONDS = 20
FINAL = {"done", "login_error", "mfa_error", "config_error", "account_locked", "no_data", "unavailable", "error"}


class Desk:
    """A benefits office's program: it verifies income once, and renews it by refreshing the same order."""

    def __init__(self, base_url: str, client_id: str, secret: str) -> None:
        self.api = f"{base_url}/v1"
        self.keys = {"X-Access-Client-Id": client_id, "X-Access-Secret": secret}
        self.secret = secret
        self.cases: dict[str, str] = {}
        """Case number -> id of the case's first order."""
        self.endings: dict[str, str] = {}
        """Suborder id -> final status of its task."""
        self.seen: dict[str, int] = {}
        """Webhook id -> how often it came."""
        self.forged = 0
        self.read_back: list[tuple[str, str]] = []
        self.before_answer: Callable[[Any], None] | None = None
        self.news = threading.Condition()
        self.port = 0
        self.endpoint: ThreadingHTTPServer | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; any refusal is an error."""
        answer = requests.request(method, self.api + path, headers=self.keys, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def open(self) -> None:
        """Listen for webhooks."""
        desk = self

        class Endpoint(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = desk.receive(body, self.headers.get("X-WEBHOOK-SIGN", ""))
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.endpoint = ThreadingHTTPServer(("127.0.0.1", self.port), Endpoint)
        self.endpoint.daemon_threads = True
        self.endpoint.block_on_close = False
        self.port = self.endpoint.server_port
        threading.Thread(target=self.endpoint.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        if self.endpoint is not None:
            self.endpoint.shutdown()
            self.endpoint.server_close()
            self.endpoint = None

    def receive(self, body: bytes, signature: str) -> int:
        """Take one webhook: check who sent it, drop what came before, note how tasks end."""
        expected = "v1=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            self.forged += 1
            return 401
        event = json.loads(body)
        if self.before_answer is not None:
            self.before_answer(event)
        with self.news:
            again = event["webhook_id"] in self.seen
            self.seen[event["webhook_id"]] = self.seen.get(event["webhook_id"], 0) + 1
            if not again and event["event_type"] == "task-status-updated" and event["status"] in FINAL:
                self.endings[event["tracking_info"]] = event["status"]
            self.news.notify_all()
        return 200

    def register(self) -> None:
        """Tell the service where our endpoint is."""
        self.call("POST", "/webhooks/", {
            "name": "desk", "webhook_url": f"http://127.0.0.1:{self.port}/truv", "env_type": "sandbox",
            "events": ["task-status-updated", "order-refresh-failed"],
        })  # fmt: skip

    def verify(self, case: str) -> str:
        """Create the first order of a case; return the token for the applicant."""
        order = self.call("POST", "/orders/", {
            "products": ["income"], "first_name": "Marisol", "last_name": "Quill", "order_number": case,
            "external_user_id": f"applicant of {case}", "employers": [{"company_name": "Larkspur Freight"}],
        })  # fmt: skip
        self.cases[case] = order["id"]
        return str(order["bridge_token"])

    def renew(self, case: str) -> Any:
        """Start the renewal of a case; return the refresh order."""
        return self.call("POST", f"/orders/{self.cases[case]}/", {"products": ["income"]})

    def wait_for(self, order: Any) -> dict[str, str]:
        """Wait until every task of an order has ended; return {suborder id: status}."""
        wanted = [each["id"] for each in order["employers"]]
        with self.news:
            assert self.news.wait_for(lambda: all(each in self.endings for each in wanted), WAIT_SECONDS), self.endings
        return {each: self.endings[each] for each in wanted}

    def pay_dates(self, order: Any) -> list[str]:
        """Return the pay dates that an order's report shows."""
        shown = self.call("GET", f"/orders/{order['id']}")
        return [
            statement["pay_date"]
            for employer in shown["employers"]
            for employment in employer["employments"]
            for statement in employment["statements"]
        ]


@pytest.fixture
def desk(mock_truv: Sandbox) -> Iterator[Desk]:
    """The program, bound to a sandbox on manual time."""
    with working(mock_truv) as desk:
        yield desk


@pytest.fixture(scope="module")
def fast_server() -> Iterator[Server]:
    """A server on which a minute passes every second, without anybody moving the clock."""
    with Server(clock="rate:60") as server:
        yield server


@pytest.fixture
def fast_sandbox(fast_server: Server, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox on fast time."""
    with fast_server.sandbox(request.node.nodeid) as sandbox:
        yield sandbox


@pytest.fixture
def fast_desk(fast_sandbox: Sandbox) -> Iterator[Desk]:
    """The program, bound to a sandbox on fast time."""
    with working(fast_sandbox) as desk:
        yield desk


@contextlib.contextmanager
def working(sandbox: Sandbox) -> Iterator[Desk]:
    desk = Desk(sandbox.base_url, sandbox.client_id, sandbox.secret)
    desk.open()
    try:
        desk.register()
        yield desk
    finally:
        desk.close()
    assert desk.forged == 0


def first_order(desk: Desk, sandbox: Sandbox, case: str) -> Any:
    """Let the applicant of a new case log in; return the first order."""
    sandbox.complete_bridge(desk.verify(case))
    sandbox.settle()
    order = desk.call("GET", f"/orders/{desk.cases[case]}/")
    assert set(desk.wait_for(order).values()) == {"done"}
    return order


def test_renewal_reads_fresh_pay_statements(desk: Desk, mock_truv: Sandbox) -> None:
    """The program renews a case after two weeks, waits for ``done`` on the new order, and reads one statement more."""
    original = first_order(desk, mock_truv, "CASE-1")
    before = desk.pay_dates(original)
    mock_truv.clock.advance(days=14)
    refreshed = desk.renew("CASE-1")
    assert (refreshed["initial_order"], refreshed["order_number"]) == (original["id"], "CASE-1")
    mock_truv.settle()
    assert set(desk.wait_for(refreshed).values()) == {"done"}
    assert desk.pay_dates(refreshed) == ["2026-01-09", *before]
    assert desk.pay_dates(original) == before


def test_failed_renewal_leads_to_a_new_login(desk: Desk, mock_truv: Sandbox) -> None:
    """When the session is over the program sees ``login_error``, makes a new order, and its next renewal works."""
    original = first_order(desk, mock_truv, "CASE-1")
    mock_truv.connection(original["employers"][0]["link_id"]).end_session()
    failed = desk.renew("CASE-1")
    mock_truv.settle()
    assert set(desk.wait_for(failed).values()) == {"login_error"}
    first_order(desk, mock_truv, "CASE-1")
    mock_truv.clock.advance(days=14)
    refreshed = desk.renew("CASE-1")
    mock_truv.settle()
    assert set(desk.wait_for(refreshed).values()) == {"done"}


def test_renewal_with_a_slow_receiver(desk: Desk, mock_truv: Sandbox) -> None:
    """A receiver that answers later than the time-out is sent the same again; the program counts the ending once."""
    first_order(desk, mock_truv, "CASE-1")
    requests.patch(f"{mock_truv.base_url}/_mock/profile", headers=desk.keys, json={"webhook_timeout_seconds": 1},
                   timeout=30)  # fmt: skip
    released = threading.Event()
    slow: list[str] = []

    def be_slow(event: Any) -> None:
        if event["status"] == "done" and not slow:
            slow.append(event["webhook_id"])
            released.wait(WAIT_SECONDS)

    desk.before_answer = be_slow
    refreshed = desk.renew("CASE-1")
    mock_truv.clock.advance(seconds=20)
    assert len(slow) == 1
    released.set()
    mock_truv.clock.advance(minutes=2)
    assert set(desk.wait_for(refreshed).values()) == {"done"}
    with desk.news:
        assert desk.news.wait_for(lambda: desk.seen[slow[0]] == 2, WAIT_SECONDS)


def test_renewal_with_a_receiver_that_is_down(desk: Desk, mock_truv: Sandbox) -> None:
    """A receiver that is down while the task ends learns of it by a retry when it is back within 90 seconds."""
    first_order(desk, mock_truv, "CASE-1")
    desk.close()
    refreshed = desk.renew("CASE-1")
    mock_truv.clock.advance(seconds=45)
    desk.open()
    assert refreshed["employers"][0]["id"] not in desk.endings
    mock_truv.clock.advance(minutes=2)
    assert set(desk.wait_for(refreshed).values()) == {"done"}
    assert len(desk.pay_dates(refreshed)) > 20


def test_renewal_with_a_receiver_that_calls_back(desk: Desk, mock_truv: Sandbox) -> None:
    """A receiver that reads the task while it is called always finds the announced status, never an older one."""
    first_order(desk, mock_truv, "CASE-1")

    def read_back(event: Any) -> None:
        desk.read_back.append((event["status"], desk.call("GET", f"/tasks/{event['task_id']}/")["status"]))

    desk.before_answer = read_back
    desk.renew("CASE-1")
    mock_truv.settle()
    assert desk.read_back == [(each, each) for each in ("new", "login", "parse", "full_parse", "done")]


def test_renewal_on_running_time(fast_desk: Desk, fast_sandbox: Sandbox) -> None:
    """On running time the program needs no control call: login, renewal and report arrive by webhooks alone."""
    fast_sandbox.complete_bridge(fast_desk.verify("CASE-1"))
    original = fast_desk.call("GET", f"/orders/{fast_desk.cases['CASE-1']}/")
    assert set(fast_desk.wait_for(original).values()) == {"done"}
    refreshed = fast_desk.renew("CASE-1")
    assert set(fast_desk.wait_for(refreshed).values()) == {"done"}
    assert fast_desk.pay_dates(refreshed) == fast_desk.pay_dates(original)


def test_running_time_with_a_receiver_that_is_slow_and_calls_back(fast_desk: Desk, fast_sandbox: Sandbox) -> None:
    """A receiver that answers the first event only after the last one came delays nothing, and may read meanwhile."""
    fast_sandbox.complete_bridge(fast_desk.verify("CASE-1"))
    fast_desk.wait_for(fast_desk.call("GET", f"/orders/{fast_desk.cases['CASE-1']}/"))
    finished, held = threading.Event(), []

    def be_slow(event: Any) -> None:
        fast_desk.read_back.append((event["status"], fast_desk.call("GET", f"/tasks/{event['task_id']}/")["status"]))
        if event["status"] == "new":
            held.append(finished.wait(WAIT_SECONDS))
        if event["status"] == "done":
            finished.set()

    fast_desk.before_answer = be_slow
    refreshed = fast_desk.renew("CASE-1")
    assert set(fast_desk.wait_for(refreshed).values()) == {"done"}
    assert finished.is_set()
    walk = ["new", "login", "parse", "full_parse", "done"]
    assert {announced for announced, _ in fast_desk.read_back} >= set(walk)
    assert all(walk.index(announced) <= walk.index(found) for announced, found in fast_desk.read_back)


def test_running_time_with_a_receiver_that_is_down(fast_desk: Desk, fast_sandbox: Sandbox) -> None:
    """On running time a receiver that was down gets the ending by itself once it is up again."""
    fast_sandbox.complete_bridge(fast_desk.verify("CASE-1"))
    fast_desk.wait_for(fast_desk.call("GET", f"/orders/{fast_desk.cases['CASE-1']}/"))
    fast_desk.close()
    refreshed = fast_desk.renew("CASE-1")
    path = f"/orders/{refreshed['id']}/"
    while fast_desk.call("GET", path)["status"] != "completed":
        pass
    fast_desk.open()
    assert set(fast_desk.wait_for(refreshed).values()) == {"done"}
