"""Helpers of the tests that talk to the server over real HTTP: a client, a webhook receiver, a check of shapes."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mock_truv import Sandbox

WAIT_SECONDS = 20
"""How long a test waits for something that happens in another thread; it is an error if this is ever used up."""

KINDS: dict[str, Callable[[Any], bool]] = {
    "id": lambda value: isinstance(value, str) and re.fullmatch(r"[0-9a-f]{32}", value) is not None,
    "text": lambda value: isinstance(value, str),
    "time": lambda value: (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) is not None
    ),
    "offset time": lambda value: (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", value) is not None
    ),
    "blank time": lambda value: (
        isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", value) is not None
    ),
    "date": lambda value: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
    "url": lambda value: isinstance(value, str) and re.match(r"https?://[^/]+/", value) is not None,
    "money": lambda value: isinstance(value, str) and re.fullmatch(r"-?\d+\.\d\d", value) is not None,
    "masked": lambda value: isinstance(value, str) and re.fullmatch(r"\*{28}[0-9a-f]{4}", value) is not None,
    "flag": lambda value: isinstance(value, bool),
    "whole": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "texts": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}
"""Word in a key table -> what a value of that kind is. A question mark after the word allows null, too."""


def conforms(value: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Assert that an object has exactly the keys of a table, each with a value of its kind.

    A kind is a word of ``KINDS`` (with ``?``: or null), a nested table, or a list of one table.
    """
    assert set(value) == set(table), f"missing {set(table) - set(value)}, too many {set(value) - set(table)}"
    for key, kind in table.items():
        found = value[key]
        if isinstance(kind, list):
            assert isinstance(found, list), f"{key} should be a list: {found!r}"
            for each in found:
                conforms(each, kind[0])
        elif isinstance(kind, dict):
            assert isinstance(found, dict), f"{key} should be an object: {found!r}"
            conforms(found, kind)
        else:
            assert (kind.endswith("?") and found is None) or KINDS[kind.rstrip("?")](found), f"{key}: {found!r}: {kind}"


class Api:
    """A small client that is bound to one sandbox's keys."""

    def __init__(self, client: httpx.Client, sandbox: Sandbox) -> None:
        self.client = client
        self.sandbox = sandbox

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request below ``/v1`` (or below ``/_mock``, when the path says so) and return whatever comes back."""
        prefix = "" if path.startswith("/_mock") else "/v1"
        headers = {**self.sandbox.headers, **options.pop("headers", {})}
        if method in {"POST", "PUT", "PATCH"} and prefix == "" and "json" not in options and "content" not in options:
            options["json"] = {}
        return self.client.request(method, f"{self.sandbox.base_url}{prefix}{path}", headers=headers, **options)

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """Return what a GET answers."""
        return self._value(self.send("GET", path, params=query or None), status)

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """Return what a POST with a JSON body answers."""
        return self._value(self.send("POST", path, json={} if body is None else body), status)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        """Return what a PATCH with a JSON body answers."""
        return self._value(self.send("PATCH", path, json=body), status)

    def delete(self, path: str, status: int = 204) -> None:
        """Delete an object."""
        self._value(self.send("DELETE", path), status)

    def refused(self, method: str, path: str, body: Any, status: int = 400) -> dict[str, str]:
        """Return {field: message} of a refusal, after a check of its documented shape."""
        answer = self._value(self.send(method, path, json=body), status)
        assert list(answer) == ["error"]
        assert list(answer["error"]) == ["code", "message", "extra"]
        assert answer["error"]["code"] == "incorrect_parameters"
        params = answer["error"]["extra"]["invalid-params"]
        assert all(list(each) == ["field", "message"] for each in params)
        return {each["field"]: each["message"] for each in params}

    def order(self, **fields: Any) -> Any:
        """Create an order of income for one person with one employer, unless the fields say otherwise."""
        usual = {"products": ["income"], "first_name": "Ada", "last_name": "Quill", "order_number": "CASE-1"}
        return self.post("/orders/", {**usual, "employers": [{"company_name": "Larkspur Freight"}], **fields})

    def connected(self, login: Mapping[str, Any] | None = None, **fields: Any) -> Any:
        """Create an order, let the person log in for every employer, and return it completed."""
        order = self.order(**fields)
        for employer in order["employers"]:
            ending = self.sandbox.complete_bridge(employer["bridge_token"], **(login or {}))
            assert ending["status"] == "login"
        self.sandbox.settle()
        return self.get(f"/orders/{order['id']}/")

    def refresh(self, order_id: str, **fields: Any) -> Any:
        """Create a refresh order; it is not settled yet."""
        return self.post(f"/orders/{order_id}/", {"products": ["income"], **fields})

    def link_of(self, login: Mapping[str, Any] | None = None, **token: Any) -> tuple[str, str]:
        """Connect an account by a user's own bridge token; return link id and access token."""
        user = self.post("/users/", {"first_name": "Ada", "last_name": "Quill"})
        made = self.post(f"/users/{user['id']}/tokens/", {"product_type": "income", **token}, 200)
        ending = self.sandbox.complete_bridge(made["bridge_token"], **(login or {}))
        self.sandbox.settle()
        exchanged = self.post("/link-access-tokens/", {"public_token": ending["public_token"]}, 200)
        return exchanged["link_id"], exchanged["access_token"]

    def subscribe(self, url: str, **fields: Any) -> Any:
        """Register a webhook."""
        return self.post("/webhooks/", {"name": "test", "webhook_url": url, "env_type": "sandbox", **fields})

    def world_digest(self) -> str:
        """Return the digest of the sandbox's world: what no GET and no refused request may change."""
        return self.sandbox.runtime.journal.world.world_digest()

    @staticmethod
    def _value(answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, f"{answer.status_code} instead of {status}: {answer.text}"
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class Received:
    """One request that reached the receiver."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        import json

        return json.loads(self.body)


@dataclass
class Reply:
    """How the receiver answers one request."""

    status: int = 200
    location: str | None = None
    hold: threading.Event | None = None
    """Not answered before this is set."""
    before: Callable[[Received], object] | None = None
    """Called before the answer goes out; may call back into the API."""


@dataclass
class Receiver:
    """A webhook endpoint on loopback that records everything and answers as told."""

    otherwise: Reply = field(default_factory=Reply)
    """The answer when nothing else is planned."""
    planned: deque[Reply] = field(default_factory=deque)
    """Answers of the next requests, in order."""
    received: list[Received] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    """What went wrong in a callback."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The address to register."""
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def events(self) -> list[Any]:
        """All payloads so far, in the order of arrival."""
        return [each.json for each in self.received if each.method == "POST"]

    def up(self) -> None:
        """Listen, on the same port as before."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Stop listening: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def plan(self, *replies: Reply) -> None:
        """Say how the next requests are answered."""
        self.planned.extend(replies)

    def forget(self) -> None:
        """Forget what was received so far."""
        self.received.clear()

    def wait_until(self, holds: Callable[[list[Received]], bool]) -> None:
        """Wait until something holds of what was received."""
        with self.changed:
            seen = self.changed.wait_for(lambda: holds(self.received), WAIT_SECONDS)
        assert seen, f"not within {WAIT_SECONDS} s; received: {[each.body[:200] for each in self.received]}"


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = Received(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            with receiver.changed:
                receiver.received.append(request)
                reply = receiver.planned.popleft() if receiver.planned else receiver.otherwise
                receiver.changed.notify_all()
            try:
                if reply.before is not None:
                    reply.before(request)
            except BaseException as error:  # noqa: BLE001 -- shown at the end of the test
                receiver.failures.append(error)
            if reply.hold is not None:
                reply.hold.wait(WAIT_SECONDS)
            with contextlib.suppress(OSError):  # the sender may have given up
                self.send_response(reply.status)
                if reply.location is not None:
                    self.send_header("location", reply.location)
                self.send_header("content-length", "0")
                self.end_headers()

        do_GET = do_POST  # noqa: N815 -- the base class looks for this name

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One HTTP client for the whole session; it follows no redirects."""
    with httpx.Client(verify=False, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def api(http: httpx.Client, mock_truv: Sandbox) -> Api:
    """A client bound to this test's sandbox."""
    return Api(http, mock_truv)


@pytest.fixture
def other_api(http: httpx.Client, mock_truv: Sandbox, request: pytest.FixtureRequest) -> Iterator[Api]:
    """A client bound to a second sandbox of the same server."""
    with mock_truv.server.sandbox(f"{request.node.nodeid} (other)") as sandbox:
        yield Api(http, sandbox)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook endpoint on loopback; a callback that failed fails the test."""
    receiver = Receiver()
    receiver.up()
    yield receiver
    receiver.down()
    if receiver.failures:
        raise receiver.failures[0]


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture
def check_shape() -> Callable[[Mapping[str, Any], Mapping[str, Any]], None]:
    """The check of an object against a key table."""
    return conforms


@pytest.fixture
def reply() -> type[Reply]:
    """What the receiver is told to answer."""
    return Reply


@pytest.fixture
def api_for(http: httpx.Client) -> Callable[[Sandbox], Api]:
    """Make a client for a sandbox that the test opened itself."""
    return lambda sandbox: Api(http, sandbox)
