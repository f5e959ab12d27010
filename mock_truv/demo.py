"""The recertification story on real loopback HTTP: a small app, its webhook endpoint, and the mock.

Every line printed comes from what the app was answered or what its receiver got, never from the inside of the mock; a
story that does not come out as documented ends the demo with exit code 1.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import httpx
import msgspec

from mock_truv.delivery.signing import HEADER, verify
from mock_truv.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]

DAYS_BETWEEN_STORIES = 14


class StoryError(Exception):
    """Something did not come out as documented: what was expected, what was seen."""


@dataclass
class Receiver:
    """The app's webhook endpoint: checks signatures, keeps what it got."""

    secret: str
    events: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                good = verify(body, receiver.secret, self.headers.get(HEADER, ""))
                if good:
                    receiver.events.append(msgspec.json.decode(body))
                else:
                    receiver.forged += 1
                self.send_response(204 if good else 401)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/truv"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class App:
    """A small integrator. It knows Truv's API, its own endpoint, and, because it is a demo, the control API."""

    def __init__(self, base_url: str, headers: dict[str, str], receiver: Receiver, say: Say) -> None:
        self._http = httpx.Client(base_url=base_url, headers=headers, trust_env=False)
        self.receiver = receiver
        self.say = say

    def call(self, method: str, path: str, body: Any = None, expect: int = 200) -> dict[str, Any]:
        """Call the API or the control API; the answer must have the expected status."""
        given = {} if body is None else body
        response = self._http.request(method, path, json=None if method == "GET" else given)
        if response.status_code != expect:
            text = f"{method} {path}: expected {expect}, got {response.status_code} {response.text[:300]}"
            raise StoryError(text)
        answer: dict[str, Any] = response.json()
        return answer

    def settle(self) -> list[dict[str, Any]]:
        """Let what is due happen; print and return the webhooks that arrived."""
        seen = len(self.receiver.events)
        self.call("POST", "/_mock/settle")
        arrived = self.receiver.events[seen:]
        for event in arrived:
            if event["event_type"] in SHOWN:
                what = f"= {event['status']}" if "status" in event else ""
                self.say(f"  {event['event_created_at'][:19]}  ← {event['event_type']} {what}")
        return arrived

    def wait(self, **duration: int) -> None:
        """Let time pass."""
        seconds = duration.get("days", 0) * 86_400 + duration.get("hours", 0) * 3_600
        now = self.call("POST", "/_mock/clock/advance", {"seconds": seconds})["now"]
        passed = ", ".join(f"{number} {unit}" for unit, number in duration.items())
        self.say(f"  {now[:19]}  … {passed} later")

    def new_case(self, number: str) -> dict[str, Any]:
        """Create an order for a case."""
        body = {
            "products": ["income"],
            "first_name": "Marisol",
            "last_name": "Quill",
            "order_number": number,
            "external_user_id": "client-20417",
        }
        order = self.call("POST", "/v1/orders/", body, 201)
        self.say(f"  {order['created_at'][:19]}  → POST /v1/orders/ : order {order['id'][:8]}…, link for the client")
        return order

    def client_connects(self, order: dict[str, Any]) -> str:
        """Let the client log in through the order's link; return the link id."""
        login = {"username": "goodlogin", "password": "goodpassword"}
        ending = self.call("POST", f"/_mock/bridge/{order['bridge_token']}/complete", login)
        self.say("                       ☺ the client logs in at the payroll provider")
        _expect("Bridge status", ending["status"], "login")
        link_id: str = ending["link_id"]
        return link_id

    def refresh(self, order: dict[str, Any]) -> dict[str, Any]:
        """Create a refresh order."""
        new = self.call("POST", f"/v1/orders/{order['id']}/", {"products": ["income"]}, 201)
        text = f"→ POST /v1/orders/{order['id'][:8]}…/ : new order {new['id'][:8]}…"
        self.say(f"  {new['created_at'][:19]}  {text}")
        _expect("initial_order of the new order", new["initial_order"], order["id"])
        return new

    def statements(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Read the order's report: its pay statements, newest first."""
        read = self.call("GET", f"/v1/orders/{order['id']}/")
        found: list[dict[str, Any]] = read["employers"][0]["employments"][0]["statements"]
        return found


SHOWN = ("task-status-updated", "order-status-updated", "order-refresh-failed", "link-disconnected", "link-connected")


def run_demo(say: Say) -> bool:
    """Tell the three stories; return whether each came out as documented."""
    say("mock-truv demo: recertification on virtual time, over real HTTP on this machine. Unofficial, no real data.")
    with Server() as server, server.sandbox("demo") as sandbox, Receiver(sandbox.secret) as receiver:
        app = App(server.base_url, sandbox.headers, receiver, say)
        try:
            webhook = {"name": "demo", "webhook_url": receiver.url, "env_type": "sandbox"}
            app.call("POST", "/v1/webhooks/", webhook, 201)
            original, link_id = _fresh_data(app)
            _expired_session(app, original, link_id)
            _provider_down(app, original)
            _expect("webhooks with a wrong signature", receiver.forged, 0)
        except StoryError as error:
            say(f"\nNot as documented: {error}")
            return False
    say(f"\nAll three stories came out as documented; {len(receiver.events)} webhooks, every signature right.")
    return True


def _fresh_data(app: App) -> tuple[dict[str, Any], str]:
    app.say("\n1. The session holds: the refresh brings fresh data, and the client does nothing")
    order = app.new_case("CASE-20417")
    link_id = app.client_connects(order)
    _expect_task(app.settle(), ["new", "login", "parse", "full_parse", "done"])
    before = app.statements(order)
    app.wait(days=DAYS_BETWEEN_STORIES)
    new = app.refresh(order)
    _expect_task(app.settle(), ["new", "login", "parse", "full_parse", "done"])
    _show_new(app, before, app.statements(new))
    return order, link_id


def _expired_session(app: App, order: dict[str, Any], link_id: str) -> None:
    app.say("\n2. The session has expired: login_error, a new order with a fresh link, data again")
    app.wait(days=DAYS_BETWEEN_STORIES)
    app.call("PATCH", f"/_mock/connections/{link_id}", {"session_ended": True})
    app.say("                       ✂ the provider ends the session")
    app.refresh(order)
    arrived = app.settle()
    _expect_task(arrived, ["new", "login", "login_error"])
    told = [
        event["event_type"] for event in arrived if event["event_type"] not in {"task-status-updated", "order-created"}
    ]
    _expect("events of the failure", told, ["link-disconnected", "order-refresh-failed", "order-status-updated"])
    renewed = app.new_case("CASE-20417")
    app.client_connects(renewed)
    _expect_task(app.settle(), ["new", "login", "parse", "full_parse", "done"])
    app.say(f"                       ✓ {len(app.statements(renewed))} pay statements can be pre-filled")


def _provider_down(app: App, order: dict[str, Any]) -> None:
    app.say("\n3. The provider is down: unavailable, a retry later, data; nobody bothers the client")
    app.wait(days=DAYS_BETWEEN_STORIES)
    app.call("PATCH", "/_mock/providers/truv_api", {"down_for_seconds": 4 * 3600})
    app.say("                       ✂ the provider is down for 4 hours")
    app.refresh(order)
    _expect_task(app.settle(), ["new", "login", "unavailable"])
    app.wait(hours=4)
    new = app.refresh(order)
    _expect_task(app.settle(), ["new", "login", "parse", "full_parse", "done"])
    app.say(f"                       ✓ {len(app.statements(new))} pay statements can be pre-filled")


def _show_new(app: App, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    known = {statement["id"] for statement in before}
    fresh = [statement for statement in after if statement["id"] not in known]
    _expect("older statements", after[len(fresh) :], before)
    _expect("pay statements that fell due in two weeks", len(fresh), 1)
    for statement in fresh:
        text = f"✓ new pay statement of {statement['pay_date']}: gross {statement['gross_pay']}"
        app.say(f"                       {text}, net {statement['net_pay']}, {statement['gross_pay_ytd']} this year")


def _expect_task(arrived: list[dict[str, Any]], statuses: list[str]) -> None:
    seen = [event["status"] for event in arrived if event["event_type"] == "task-status-updated"]
    _expect("task-status-updated", seen, statuses)


def _expect(what: str, seen: object, right: object) -> None:
    if seen != right:
        raise StoryError(f"{what}: expected {right!r}, got {seen!r}")
