"""Faults between Truv and the integrator, as a real client and a real receiver meet them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import httpx
import msgspec
import pytest

from mock_truv import Server
from mock_truv.core.faults import NEW_STATUS, Bytes, Fault, ForgeryKind, Strange
from mock_truv.journal.replay import replay
from mock_truv.runtime.hub import load_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mock_truv import Sandbox
    from tests.conftest import Api, Received, Receiver, Reply

REFRESH = {"method": "POST", "path": "/v1/orders/*/"}
BODY = {"products": ["income"]}
WAIT_SECONDS = 20
ANNOUNCED = 12
"""Events of a first connection."""


def fault(api: Api, kind: str, **fields: Any) -> str:
    """Put a fault into force over HTTP and return its name."""
    name: str = api.post("/_mock/faults/", {"kind": kind, **fields}, 200)["id"]
    return name


def counters(api: Api) -> dict[str, tuple[int, int]]:
    """Return {name: (seen, used)} of the faults in force."""
    return {each["id"]: (each["seen"], each["used"]) for each in api.get("/_mock/faults/")["results"]}


def refreshes(api: Api) -> int:
    """Return how many refresh orders there are; the ledger has a line for each."""
    orders = api.get("/orders/", page_size=100)["results"]
    count = sum(each["initial_order"] is not None for each in orders)
    assert len(api.get("/_mock/billing/")["results"]) == count
    return count


def own_client() -> httpx.Client:
    """A client with connections of its own."""
    return httpx.Client(trust_env=False, timeout=10)


# --- the API side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("body", ["json", "html", "empty"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 502, 503, 504, 599])
def test_status(api: Api, status: int, body: str, commit: bool) -> None:
    """The wanted status comes with the wanted kind of body; whether the refresh was made is what ``commit`` says."""
    order = api.connected()
    fault(api, "status", status=status, body=body, commit=commit, times=1, **REFRESH)
    answer = api.send("POST", f"/orders/{order['id']}/", json=BODY)
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    if body == "json":
        value = answer.json()
        assert list(value) in (["error"], ["detail"])
        assert ("detail" in value) == (status == 404 or status >= 500)
        if "error" in value:
            codes = {400: "incorrect_parameters", 401: "authentication_failed", 403: "not_authenticated",
                     410: "expired_token", 429: "throttled"}  # fmt: skip
            assert value["error"]["code"] == codes[status]
    elif body == "html":
        assert answer.headers["content-type"].startswith("text/html")
        assert "<html" in answer.text
    else:
        assert answer.content == b""
    assert refreshes(api) == commit
    assert api.send("POST", f"/orders/{order['id']}/", json=BODY).status_code == 201


@pytest.mark.parametrize(
    ("given", "shown"),
    [("30", "30"), ("0", "0"), ("{date+30}", "Mon, 05 Jan 2026 15:00:38 GMT"), ("-5", "-5"), ("soon", "soon"),
     ("99999999999", "99999999999"), ("Fri, 31 Feb 1899 25:61:61 GMT", "Fri, 31 Feb 1899 25:61:61 GMT")],
)  # fmt: skip
def test_retry_after(api: Api, given: str, shown: str) -> None:
    """Retry-After is sent as it was written: seconds, nonsense, or a date reckoned from the virtual present."""
    order = api.connected()
    fault(api, "status", status=429, retry_after=given, **REFRESH)
    answer = api.send("POST", f"/orders/{order['id']}/", json=BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, shown)
    assert answer.headers["date"] == "Mon, 05 Jan 2026 15:00:08 GMT"


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("kind", ["timeout", "reset"])
def test_no_answer(api: Api, kind: str, commit: bool) -> None:
    """The client's connection breaks without a byte of answer; the refresh was made only with ``commit``."""
    order = api.connected()
    began = api.sandbox.clock.now
    fault(api, kind, commit=commit, times=1, **REFRESH)
    with own_client() as client, pytest.raises(httpx.TransportError) as broken:
        client.post(f"{api.sandbox.base_url}/v1/orders/{order['id']}/", json=BODY, headers=api.sandbox.headers)
    assert not isinstance(broken.value, httpx.TimeoutException | httpx.ConnectError)
    assert api.sandbox.clock.now - began == timedelta(seconds=120 if kind == "timeout" else 0)
    assert refreshes(api) == commit
    if commit:
        made = api.get("/orders/")["results"][0]
        assert made["employers"][0]["tasks"][0]["status"] == ("done" if kind == "timeout" else "new")
    assert api.send("POST", f"/orders/{order['id']}/", json=BODY).status_code == 201


@pytest.mark.parametrize("kind", ["timeout", "reset"])
def test_no_answer_is_no_bytes(api: Api, kind: str) -> None:
    """On the wire nothing at all comes back before the connection is closed."""
    fault(api, kind, seconds=1) if kind == "timeout" else fault(api, kind)
    connection = http.client.HTTPConnection(api.sandbox.base_url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/v1/orders/", headers=api.sandbox.headers)
    assert connection.sock is not None
    assert connection.sock.recv(10) == b""
    connection.close()


@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_truncated(api: Api, share: float) -> None:
    """The head promises the whole body, a part of it comes, the connection breaks; the refresh was made."""
    order = api.connected()
    fault(api, "truncated", share=share, times=1, **REFRESH)
    url = f"{api.sandbox.base_url}/v1/orders/{order['id']}/"
    parts: list[bytes] = []
    with own_client() as client, client.stream("POST", url, json=BODY, headers=api.sandbox.headers) as answer:
        assert answer.status_code == 201
        with pytest.raises(httpx.RemoteProtocolError):
            parts.extend(answer.iter_raw())
        received = b"".join(parts)
        promised = int(answer.headers["content-length"])
        assert promised * share - 100 < len(received) <= promised * share
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|column"):
        json.loads(received)
    assert refreshes(api) == 1


@pytest.mark.parametrize("commit", [False, True])
@pytest.mark.parametrize("status", [200, 502, 503])
def test_html(api: Api, status: int, commit: bool) -> None:
    """A proxy's page comes with its status instead of JSON; the refresh was made only with ``commit``."""
    order = api.connected()
    fault(api, "html", status=status, commit=commit, **REFRESH)
    answer = api.send("POST", f"/orders/{order['id']}/", json=BODY)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, "text/html")
    assert answer.text.lstrip().startswith("<!DOCTYPE html>")
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()
    assert refreshes(api) == commit


def test_empty(api: Api) -> None:
    """The right status comes without a body, and the request was carried out; a refused one stays refused."""
    order = api.connected()
    fault(api, "empty")
    answer = api.send("POST", f"/orders/{order['id']}/", json=BODY)
    assert (answer.status_code, answer.content) == (201, b"")
    wrong = api.send("POST", f"/orders/{order['id']}/", json={"products": ["pll"]})
    assert (wrong.status_code, wrong.content) == (400, b"")
    read = api.send("GET", "/orders/")
    assert (read.status_code, read.content) == (200, b"")
    assert len(api.sandbox.billing) == 1


def _told_anew(value: Any) -> Any:
    """Return a JSON value with every status replaced by the one that no page names."""
    if isinstance(value, dict):
        known = {name: _told_anew(each) for name, each in value.items()}
        return known | {"status": NEW_STATUS} if isinstance(value.get("status"), str) else known
    return [_told_anew(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("where", ["order", "list", "link"])
def test_unknown_status(api: Api, where: str) -> None:
    """A read shows an unknown status wherever one stands, and all else as it is; the next read is right again."""
    order = api.connected()
    link_id = order["employers"][0]["link_id"]
    path = {"order": f"/orders/{order['id']}/", "list": "/orders/", "link": f"/links/{link_id}/"}[where]
    right = api.send("GET", path)
    ident = fault(api, "unknown-status", method="GET", times=1)
    odd = api.send("GET", path)
    assert (odd.status_code, odd.headers["content-type"]) == (200, right.headers["content-type"])
    assert json.dumps(odd.json()) == json.dumps(_told_anew(right.json())) != json.dumps(right.json())
    assert counters(api) == {ident: (1, 1)}
    assert api.send("GET", path).content == right.content


def test_unknown_status_of_every_employer(api: Api) -> None:
    """The order itself, its employer and the employer's task all show the unknown status."""
    order = api.connected()
    fault(api, "unknown-status", method="GET", path="/v1/orders/*/")
    shown = api.get(f"/orders/{order['id']}/")
    (employer,) = shown["employers"]
    assert [shown["status"], employer["status"], *(task["status"] for task in employer["tasks"])] == [NEW_STATUS] * 3
    assert employer["link_id"] == order["employers"][0]["link_id"]


def test_unknown_status_is_only_for_good_answers(api: Api) -> None:
    """A refused read, and a text that merely looks like a status, stay as they are."""
    made = api.post("/users/", {"first_name": 'A "status":"done" \\"status":"done"', "external_user_id": "status"}, 201)
    ident = fault(api, "unknown-status", method="GET")
    assert api.send("GET", "/orders/0123456789abcdef0123456789abcdef/").json() == {"detail": "Not Found."}
    assert api.get(f"/users/{made['id']}/")["first_name"] == made["first_name"]
    assert counters(api) == {ident: (2, 2)}


def test_unknown_status_in_process(api: Api) -> None:
    """Over the transport without a socket the answer is the same to the byte."""
    order = api.connected()
    fault(api, "unknown-status", method="GET")
    wire = api.send("GET", f"/orders/{order['id']}/").content
    with httpx.Client(
        transport=api.sandbox.httpx_transport(), base_url=api.sandbox.base_url, headers=api.sandbox.headers
    ) as client:
        assert client.get(f"/v1/orders/{order['id']}/").content == wire


def test_slow(api: Api, receiver: Receiver) -> None:
    """A slow answer moves the virtual clock, and events of that time arrive before it; it shows the order as made."""
    order = api.connected()
    api.subscribe(receiver.url)
    began, real = api.sandbox.clock.now, time.monotonic()
    fault(api, "slow", seconds=20, **REFRESH)
    answer = api.send("POST", f"/orders/{order['id']}/", json=BODY)
    told = [each.get("status") for each in receiver.events if each.get("order_id") == answer.json()["id"]]
    assert told == ["pending", "completed"]
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    assert api.sandbox.clock.now - began == timedelta(seconds=20)
    assert answer.headers["date"] == "Mon, 05 Jan 2026 15:00:28 GMT"
    assert time.monotonic() - real < 10


def test_slow_by_bytes(api: Api) -> None:
    """With a time for each byte the hold grows with the body."""
    fault(api, "slow", seconds=1, byte_seconds=0.25, method="GET")
    began = api.sandbox.clock.now
    size = len(api.send("GET", "/users/").content)
    assert api.sandbox.clock.now - began == timedelta(seconds=1 + size * 0.25)


def test_slow_stops_where_it_should(api: Api, receiver: Receiver) -> None:
    """What is due one microsecond after the hold has not happened when the answer comes."""
    order = api.connected()
    api.subscribe(receiver.url)
    fault(api, "slow", seconds=7.999999, **REFRESH)
    api.refresh(order["id"])
    assert receiver.events[-1]["status"] == "full_parse"
    api.sandbox.clock.advance(seconds=0.000001)
    assert receiver.events[-1]["status"] == "completed"


@pytest.mark.parametrize("kind", ["slow", "timeout"])
def test_nothing_is_held_during_an_advance(api: Api, receiver: Receiver, reply: type[Reply], kind: str) -> None:
    """A receiver that calls back while time is moved is answered, or cut off, at once: time moves already."""
    order = api.connected()
    api.subscribe(receiver.url, events=["order-created"])
    fault(api, kind, seconds=1000, method="GET", path="/v1/orders/*")
    seen: list[Any] = []

    def call_back(_: Received) -> None:
        before = api.sandbox.clock.now
        with own_client() as client:
            try:
                url = f"{api.sandbox.base_url}/v1/orders/{order['id']}/"
                answer = client.get(url, headers=api.sandbox.headers).status_code
            except httpx.TransportError:
                answer = 0
        seen.append((answer, api.sandbox.clock.now - before))

    receiver.otherwise = reply(before=call_back)
    api.refresh(order["id"])
    began = api.sandbox.clock.now
    api.sandbox.clock.advance(seconds=10)
    assert seen == [(200 if kind == "slow" else 0, timedelta())]
    assert api.sandbox.clock.now - began == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("method", "path", "met"),
    [(None, "**", "glopt"), ("GET", "**", "gl"), ("POST", "**", "opt"), (None, "/v1/orders/*/", "gp"),
     ("POST", "/v1/orders/*", "p"), (None, "/v1/orders/**", "gp"), (None, "/v1/*/", "lo"), (None, "/v1/tasks/", ""),
     ("DELETE", "**", ""), (None, "/v1/users/*/tokens", "t"), (None, "/v1/users/*", "")],
)  # fmt: skip
def test_requests_a_fault_meets(api: Api, method: str | None, path: str, met: str) -> None:
    """A fault meets by method and by path: one star is one part, two are any; a trailing slash does not matter."""
    order = api.connected()
    chosen = {} if method is None else {"method": method}
    ident = fault(api, "status", status=503, path=path, **chosen)
    calls: dict[str, tuple[str, str, Any]] = {
        "g": ("GET", f"/orders/{order['id']}/", None), "l": ("GET", "/orders/", None),
        "o": ("POST", "/orders/", {"products": ["income"], "first_name": "A", "last_name": "B"}),
        "p": ("POST", f"/orders/{order['id']}", BODY),
        "t": ("POST", f"/users/{order['user_id']}/tokens/", {"product_type": "income"}),
    }  # fmt: skip
    struck = ""
    for name, (verb, each, body) in calls.items():
        options: dict[str, Any] = {} if body is None else {"json": body}
        struck += name if api.send(verb, each, **options).status_code == 503 else ""
    assert struck == met
    assert counters(api) == {ident: (len(met), len(met))}


def struck(api: Api, number: int) -> list[bool]:
    """Send so many requests and return which of them were struck."""
    return [api.send("GET", "/users/").status_code == 503 for _ in range(number)]


def test_nth_and_times(api: Api) -> None:
    """``nth`` picks requests by their number since the fault began, ``times`` ends it, and the counters tell."""
    struck(api, 3)
    first = fault(api, "status", status=503, nth=[2, 3, 5, 7], times=3)
    assert struck(api, 8) == [False, True, True, False, True, False, False, False]
    assert counters(api) == {first: (8, 3)}
    second = fault(api, "status", status=503, times=2)
    assert struck(api, 4) == [True, True, False, False]
    assert counters(api) == {first: (12, 3), second: (4, 2)}


def test_first_fault_in_force_wins(api: Api) -> None:
    """Of two faults that meet a request the older one strikes; the other one does not even count it."""
    older = fault(api, "status", status=500, times=1)
    newer = fault(api, "status", status=503)
    assert [api.send("GET", "/users/").status_code for _ in range(2)] == [500, 503]
    assert counters(api) == {older: (2, 1), newer: (1, 1)}


@pytest.mark.parametrize(("probability", "least", "most"), [(0, 0, 0), (0.5, 10, 30), (0.1, 0, 10), (1, 40, 40)])
def test_probability(api: Api, probability: float, least: int, most: int) -> None:
    """About so many requests are struck."""
    fault(api, "status", status=503, probability=probability)
    assert least <= sum(struck(api, 40)) <= most


def test_chance_is_the_seeds(mock_truv: Sandbox, api_for: Callable[[Sandbox], Api]) -> None:
    """The same seed strikes the same requests, another seed others; and a replay of the journal agrees."""
    seen = []
    for seed in (1, 1, 2):
        with mock_truv.server.sandbox("by chance", seed=seed) as sandbox:
            api = api_for(sandbox)
            fault(api, "status", status=503, probability=0.5)
            fault(api, "slow", seconds=0.5, probability=0.5)
            began = sandbox.clock.now
            seen.append((struck(api, 40), sandbox.clock.now - began))
            journal = sandbox.runtime.journal
            entries = [journal.opening, *(record.entry for record in journal.records)]
            lines = [msgspec.json.encode(entry) + b"\n" for entry in entries]
            replayed = replay(lines, load_catalog())
            assert replayed.difference is None
            assert replayed.journals["by chance"].world.digest() == journal.world.digest()
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_names(api: Api) -> None:
    """A fault is called as it was named, else by a number; a name in use, empty, too long or with a slash is not."""
    assert fault(api, "reset", name="mine", path="/v1/none/") == "mine"
    others = [fault(api, "reset", path="/v1/none/") for _ in range(2)]
    assert len({"mine", *others}) == 3
    for name in ("mine", "", "a/b", "x" * 101, 5):
        assert list(api.refused("POST", "/_mock/faults/", {"kind": "reset", "name": name})) == ["name"]
    assert list(counters(api)) == ["mine", *others]


def test_removal(api: Api) -> None:
    """A removed fault strikes no more and its last counters are told; an unknown one is 404."""
    fault(api, "status", name="mine", status=503)
    assert struck(api, 2) == [True, True]
    answer = api.send("DELETE", "/_mock/faults/mine")
    assert (answer.status_code, answer.json()["used"]) == (200, 2)
    assert struck(api, 2) == [False, False]
    assert api.get("/_mock/faults/") == {"results": []}
    assert api.send("DELETE", "/_mock/faults/mine").status_code == 404
    fault(api, "status", name="mine", status=503)
    assert counters(api) == {"mine": (0, 0)}


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "kind"), ({"kind": "gremlin"}, "kind"), ({"kind": "status"}, "status"),
     ({"kind": "status", "status": 200}, "status"), ({"kind": "status", "status": 503, "tims": 1}, "tims"),
     ({"kind": "truncated", "share": 1}, "share"), ({"kind": "reset", "probability": 2}, "probability"),
     ({"kind": "reset", "nth": [0]}, "nth[0]"), ({"kind": "reset", "times": 0}, "times"),
     ({"kind": "forge", "forgery": "perfect"}, "forgery"), ({"kind": "delay"}, "seconds"),
     ({"kind": "reorder", "order": [1, 1]}, "order"), ({"kind": "reorder", "order": [1]}, "order"),
     ({"kind": "lose", "method": "GET"}, "method"), ({"kind": "reset", "event_type": "order-created"}, "event_type")],
)  # fmt: skip
def test_wrong_faults_are_named(api: Api, body: dict[str, Any], field: str) -> None:
    """A fault that is none is refused with the field that is wrong, and nothing is put into force."""
    assert field in api.refused("POST", "/_mock/faults/", body)
    assert api.get("/_mock/faults/")["results"] == []


def test_every_kind_can_be_put_into_force_and_is_shown(api: Api) -> None:
    """Each kind is accepted with what it needs alone, and listed as it was given."""
    needed: dict[str, dict[str, Any]] = {
        "status": {"status": 500}, "delay": {"seconds": 1.0}, "forge": {"forgery": "empty"},
        "strange": {"what": "field"},
    }  # fmt: skip
    kinds = [each.__struct_config__.tag for each in get_args(Fault)]
    assert len(kinds) == 15
    for kind in kinds:
        fields = {"kind": kind, **needed.get(str(kind), {})}
        shown = api.post("/_mock/faults/", {**fields, "name": kind}, 200)
        assert {key: shown[key] for key in fields} == fields
        assert (shown["id"], shown["seen"], shown["used"]) == (kind, 0, 0)
        assert shown["since"] == "2026-01-05T15:00:00.000000Z"
    assert [each["kind"] for each in api.get("/_mock/faults/")["results"]] == kinds


# --- webhooks -------------------------------------------------------------------------------------------------------


def is_signed(request: Received, secret: str) -> bool:
    """Check a signature as a receiver would, without any code of ours: HMAC-SHA256 over the raw bytes."""
    given = {name.lower(): value for name, value in request.headers.items()}.get("x-webhook-sign")
    return given == "v1=" + hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()


def fact(event: Any) -> Any:
    """Return what an event says, without the id of its delivery."""
    return {key: value for key, value in event.items() if key != "webhook_id"}


def told_of_order(api: Api, receiver: Receiver) -> Any:
    """Create an order and let its first event be delivered."""
    order = api.order()
    api.sandbox.settle()
    assert receiver.received
    return order


@pytest.mark.parametrize("new_id", [False, True])
def test_duplicate(api: Api, receiver: Receiver, new_id: bool) -> None:
    """Copies come one gap after the other, rightly signed, the same bytes, or the same fact under new ids."""
    fault(api, "duplicate", copies=2, gap_seconds=60, new_id=new_id)
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    seen = []
    for seconds in (0, 59.999999, 0.000001, 60):
        api.sandbox.clock.advance(seconds=seconds)
        seen.append(len(receiver.received))
    assert seen == [1, 1, 2, 3]
    assert len({json.dumps(fact(each)) for each in receiver.events}) == 1
    assert len({each["webhook_id"] for each in receiver.events}) == (3 if new_id else 1)
    assert len({each.body for each in receiver.received}) == (3 if new_id else 1)
    assert all(is_signed(each, api.sandbox.secret) for each in receiver.received)


def test_duplicates_are_delivered_and_retried_each(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """Every copy is a delivery of its own: refused ones are retried, delivered ones are not."""
    fault(api, "duplicate")
    api.subscribe(receiver.url, events=["order-created"])
    receiver.plan(reply(200), reply(500), reply(500))
    api.order()
    api.sandbox.clock.advance(seconds=300)
    listed = api.get("/_mock/deliveries/")["results"]
    assert [[it["status_code"] for it in each["attempts"]] for each in listed] == [[200], [500, 500, 200]]
    assert len(receiver.received) == 4


def test_delay(api: Api, receiver: Receiver) -> None:
    """A delayed event comes exactly so much later, with the time stamps of when it happened."""
    fault(api, "delay", seconds=3600.5, event_type="order-created")
    api.subscribe(receiver.url)
    api.order(email="a@example.com")
    api.sandbox.clock.advance(seconds=3600.499999)
    assert [each["event_type"] for each in receiver.events] == ["order-status-updated"]
    api.sandbox.clock.advance(seconds=0.000001)
    assert receiver.events[-1]["event_type"] == "order-created"
    assert receiver.events[-1]["event_created_at"] == "2026-01-05T15:00:00.000000Z"
    assert is_signed(receiver.received[-1], api.sandbox.secret)


def test_lose(api: Api, receiver: Receiver) -> None:
    """A lost event never comes, is no entry of the delivery history, and is shown as lost where the tester looks."""
    fault(api, "lose", event_type="task-status-updated", status="done")
    api.subscribe(receiver.url)
    order = api.connected()
    api.sandbox.clock.advance(days=1)
    statuses = [each["status"] for each in receiver.events if each["event_type"] == "task-status-updated"]
    assert statuses == ["new", "login", "parse", "full_parse"]
    (lost,) = [each for each in api.get("/_mock/deliveries/")["results"] if each["state"] == "lost"]
    assert (json.loads(lost["body"])["status"], lost["attempts"]) == ("done", [])
    history = api.get("/webhook-requests/", page_size=100)["results"]
    assert len(history) == ANNOUNCED - 1
    assert lost["webhook_id"] not in {each["webhook_id"] for each in history}
    assert api.get(f"/orders/{order['id']}/")["status"] == "completed"
    api.send("POST", f"/_mock/deliveries/{lost['webhook_id']}/redeliver", json={})
    api.sandbox.settle()
    assert receiver.events[-1]["status"] == "done"


@pytest.mark.parametrize(
    ("order", "expected"), [([2, 1], "10325476"), ([3, 1, 2], "20153467"), ([4, 3, 2, 1], "32107654")]
)
def test_reorder(api: Api, receiver: Receiver, order: list[int], expected: str) -> None:
    """As many events as the order is long are held and sent in that order; what is too few comes after patience."""
    fault(api, "reorder", order=order, patience_seconds=600, event_type="order-created")
    api.subscribe(receiver.url, events=["order-created"])
    numbers = {api.order()["id"]: number for number in range(8)}
    api.sandbox.clock.advance(seconds=600)
    assert "".join(str(numbers[each["order_id"]]) for each in receiver.events) == expected
    assert all(is_signed(each, api.sandbox.secret) for each in receiver.received)


def test_patience_ends(api: Api, receiver: Receiver) -> None:
    """What is held goes out exactly when patience ends, and patience begins anew with the next one held."""
    fault(api, "reorder", order=[3, 2, 1], patience_seconds=100)
    api.subscribe(receiver.url, events=["order-created"])
    made = [api.order()["id"], api.order()["id"]]
    api.sandbox.clock.advance(seconds=99.999999)
    assert receiver.events == []
    api.sandbox.clock.advance(seconds=0.000001)
    assert [each["order_id"] for each in receiver.events] == made
    last = api.order()["id"]
    api.sandbox.clock.advance(seconds=99.999999)
    assert len(receiver.events) == 2
    api.sandbox.clock.advance(seconds=1)
    assert receiver.events[-1]["order_id"] == last


def test_removal_lets_go_what_is_held(api: Api, receiver: Receiver) -> None:
    """When a reordering fault is removed, what it held goes out at once."""
    ident = fault(api, "reorder", order=[2, 1], patience_seconds=100_000)
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    api.sandbox.clock.advance(seconds=100)
    assert receiver.events == []
    api.send("DELETE", f"/_mock/faults/{ident}")
    api.sandbox.clock.advance(seconds=0)
    api.sandbox.settle(horizon_seconds=0)
    assert len(receiver.events) == 1


def test_events_a_fault_meets(api: Api, receiver: Receiver) -> None:
    """A webhook fault meets by event type and status, by number, and at most so many times."""
    lost = fault(api, "lose", event_type="task-status-updated", status="login", times=1)
    second = fault(api, "lose", event_type="task-status-updated", nth=[2, 4])
    none = fault(api, "lose", event_type="order-created", status="completed")
    api.subscribe(receiver.url, events=["task-status-updated", "order-created"])
    api.connected()
    api.connected()
    told = [each.get("status") for each in receiver.events]
    assert told == ["pending", "new", "parse", "done", "pending", "new", "login", "parse", "full_parse", "done"]
    assert counters(api) == {lost: (2, 1), second: (10, 2), none: (0, 0)}


FORGED: dict[str, Callable[[str | None, str, bytes, bytes], bool]] = {
    "missing-header": lambda given, _, __, ___: given is None,
    "empty": lambda given, _, __, ___: given == "",
    "wrong-prefix": lambda given, right, _, __: given is not None and given != right and given[3:] == right[3:],
    "truncated": lambda given, right, _, __: bool(given) and given != right and right.startswith(str(given)),
    "upper-case": lambda given, right, _, __: given is not None and given != right and given.lower() == right,
    "wrong-secret": lambda given, right, _, __: _is_signature(given) and given != right,
    "production-secret": lambda given, right, _, __: _is_signature(given) and given != right,
    "signature-of-another": lambda given, right, _, __: _is_signature(given) and given != right,
    "tampered-byte": lambda given, _, body, plain: _is_signature(given) and len(body) == len(plain) and body != plain,
    "appended-bytes": lambda given, _, body, plain: _is_signature(given) and body != plain and body.startswith(plain),
    "invalid-utf8": lambda given, _, body, plain: _is_signature(given) and body != plain and not _is_utf8(body),
}
"""Forgery -> whether (header given, right header, body, genuine body of the same id) are of that kind."""
SAME_BODY = ("tampered-byte", "appended-bytes", "invalid-utf8")


def _is_signature(given: str | None) -> bool:
    return given is not None and re.fullmatch("v1=[0-9a-f]{64}", given) is not None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("instead", [False, True])
@pytest.mark.parametrize("forgery", get_args(ForgeryKind))
def test_forge(api: Api, receiver: Receiver, reply: type[Reply], forgery: str, instead: bool) -> None:
    """A forgery fails an independent check in its own way and is never retried; the genuine event passes it."""
    fault(api, "forge", forgery=forgery, instead=instead)
    api.subscribe(receiver.url, events=["order-created"])
    receiver.plan(reply(400))
    api.order()
    api.sandbox.clock.advance(hours=1)
    forged, *genuine = receiver.received
    assert not is_signed(forged, api.sandbox.secret)
    assert [is_signed(each, api.sandbox.secret) for each in genuine] == ([] if instead else [True])
    made = api.get("/_mock/deliveries/")["results"]
    assert [(each["state"], len(each["attempts"])) for each in made] == [
        ("failed", 1), ("lost", 0) if instead else ("delivered", 1),
    ]  # fmt: skip
    given = {name.lower(): value for name, value in forged.headers.items()}.get("x-webhook-sign")
    plain = made[0]["body"].encode()
    right = "v1=" + hmac.new(api.sandbox.secret.encode(), forged.body, hashlib.sha256).hexdigest()
    assert FORGED[forgery](given, right, forged.body, plain)
    assert (forged.body == plain) == (forgery not in SAME_BODY)
    if forgery == "production-secret":
        secret = "prod-" + api.sandbox.secret.partition("-")[2]
        assert is_signed(forged, secret)
    if forgery in SAME_BODY:
        assert given == "v1=" + hmac.new(api.sandbox.secret.encode(), plain, hashlib.sha256).hexdigest()
    if not instead:
        assert fact(json.loads(plain)) == fact(genuine[0].json)


def test_every_forgery_is_known_here() -> None:
    """The table of this file has every kind of forgery."""
    assert set(FORGED) == set(get_args(ForgeryKind))


MARKS: dict[str, bytes] = {
    "spaces": b'" : "', "key-order": b'"event_type": "order-created", "webhook_id"', "escapes": rb"\u0061",
    "numbers": b'.0, "user_id"', "slashes": rb"CASE\/", "newline": b'"}\r\n',
}  # fmt: skip
"""Form -> bytes that only this form has."""


def connection_events(api: Api, receiver: Receiver) -> list[Received]:
    """Let a person connect, and return the requests that tell of it."""
    receiver.forget()
    api.subscribe(receiver.url)
    api.connected(order_number="CASE/Zoë")
    assert len(receiver.received) == ANNOUNCED
    return list(receiver.received)


@pytest.mark.parametrize("form", MARKS)
def test_odd_bytes(mock_truv: Sandbox, api_for: Callable[[Sandbox], Api], receiver: Receiver, form: str) -> None:
    """Odd bytes are other bytes of the same values, in their own way, and are rightly signed."""
    with mock_truv.server.sandbox("bytes", seed=1) as sandbox:
        plain = connection_events(api_for(sandbox), receiver)
    with mock_truv.server.sandbox("bytes", seed=1) as sandbox:
        api = api_for(sandbox)
        fault(api, "bytes", form=form)
        odd = connection_events(api, receiver)
        assert all(is_signed(each, sandbox.secret) for each in odd)
    assert [each.json for each in odd] == [each.json for each in plain]
    assert all(one.body != other.body for one, other in zip(odd, plain, strict=True))
    assert any(MARKS[form] in each.body for each in odd)
    assert not any(MARKS[form] in each.body for each in plain)


@pytest.mark.parametrize("instead", [False, True])
@pytest.mark.parametrize("what", ["event-type", "status", "field", "nulls", "stranger"])
def test_strange(api: Api, receiver: Receiver, what: str, instead: bool) -> None:
    """A strange event is genuine and rightly signed, strange in one way only, and comes before the usual one."""
    fault(api, "strange", what=what, instead=instead, event_type="order-status-updated", status="completed")
    api.subscribe(receiver.url, events=["order-status-updated"])
    order = api.connected()
    assert all(is_signed(each, api.sandbox.secret) for each in receiver.received)
    strange, *usual = receiver.events
    assert len(usual) == (not instead)
    plain = json.loads(api.get("/_mock/deliveries/")["results"][-1]["body"])
    assert all(fact(each) == fact(plain) for each in usual)
    differ = {key for key in strange.keys() | plain.keys() if strange.get(key, "-") != plain.get(key, "-")}
    differ -= {"webhook_id"}
    assert differ == {
        "event-type": {"event_type"}, "status": {"status"}, "field": {"schema_version", "extension"},
        "nulls": {"order_number", "employer_id", "link_id", "data_source"},
        "stranger": {"order_id", "link_id", "user_id", "employer_id"},
    }[what]  # fmt: skip
    known_events = {"order-created", "order-status-updated", "task-status-updated"}
    assert (strange["event_type"] in known_events) == (what != "event-type")
    if what == "status":
        assert strange["status"] not in {"pending", "sent", "completed", "error", "no_data", "expired", "canceled"}
    if what == "nulls":
        assert {strange[key] for key in differ} == {None}
    if what == "stranger":
        assert api.send("GET", f"/orders/{strange['order_id']}/").status_code == 404
        assert api.send("GET", f"/links/{strange['link_id']}/").status_code == 404
    else:
        assert strange["order_id"] == order["id"]


def test_strange_and_odd_kinds_are_all_tested() -> None:
    """The tables of this file have every form of odd bytes and every strange thing."""
    from typing import get_type_hints

    assert set(get_args(get_type_hints(Bytes)["form"])) == set(MARKS)
    assert set(get_args(get_type_hints(Strange)["what"])) == {"event-type", "status", "field", "nulls", "stranger"}


def test_webhook_faults_act_for_each_subscription(api: Api, receiver: Receiver) -> None:
    """With two endpoints an event counts once for each of them: the second match is the second endpoint's."""
    ident = fault(api, "lose", event_type="order-created", nth=[2])
    api.subscribe(receiver.url + "/one")
    api.subscribe(receiver.url + "/two")
    told_of_order(api, receiver)
    assert [each.path for each in receiver.received] == ["/hooks/one"]
    assert counters(api) == {ident: (2, 1)}


def test_webhook_faults_act_together(api: Api, receiver: Receiver) -> None:
    """Duplicates of a delayed event in odd bytes come late, twice, oddly, and rightly signed."""
    fault(api, "delay", seconds=100)
    fault(api, "duplicate", gap_seconds=50)
    fault(api, "bytes", form="newline")
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    seen = []
    for seconds in (99, 1, 49, 1):
        api.sandbox.clock.advance(seconds=seconds)
        seen.append(len(receiver.received))
    assert seen == [0, 1, 1, 2]
    assert all(each.body.endswith(b"\r\n") and is_signed(each, api.sandbox.secret) for each in receiver.received)


@pytest.mark.parametrize("kind", ["timeout", "reset", "truncated"])
def test_broken_connections_in_process(api: Api, kind: str) -> None:
    """Over the transport without a socket a client gets the same kind of error, and time passes alike."""
    order = api.connected()
    began = api.sandbox.clock.now
    fault(api, kind, times=1, **REFRESH)
    with httpx.Client(
        transport=api.sandbox.httpx_transport(), base_url="http://mock", headers=api.sandbox.headers
    ) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(f"/v1/orders/{order['id']}/", json=BODY)
        assert api.sandbox.clock.now - began == timedelta(seconds=120 if kind == "timeout" else 0)
        assert refreshes(api) == (kind == "truncated")
        assert client.post(f"/v1/orders/{order['id']}/", json=BODY).status_code == 201


# --- running time ---------------------------------------------------------------------------------------------------


@pytest.fixture
def wall(api_for: Callable[[Sandbox], Api]) -> Iterator[Api]:
    """A client of a server of its own on real time."""
    with Server(clock="wall") as server, server.sandbox("wall") as sandbox:
        yield api_for(sandbox)


def held(api: Api) -> int:
    """Return how many requests the server has not answered yet."""

    async def count() -> int:
        return len(api.sandbox.server._server.server_state.tasks)

    return api.sandbox.server.call(count())


@pytest.mark.parametrize("kind", ["timeout", "slow"])
def test_held_answer_ends_when_the_client_gives_up(wall: Api, kind: str) -> None:
    """On real time an answer is held while the client waits, and no longer: the server is rid of it at once."""
    fault(wall, kind, seconds=100, path="/v1/users/")
    began = time.monotonic()
    url = f"{wall.sandbox.base_url}/v1/users/"
    with own_client() as client, pytest.raises(httpx.ReadTimeout):
        client.get(url, headers=wall.sandbox.headers, timeout=0.2)
    deadline = time.monotonic() + WAIT_SECONDS
    while held(wall):
        assert time.monotonic() < deadline
    assert 0.2 <= time.monotonic() - began < 10


def test_others_are_served_while_an_answer_is_held(wall: Api) -> None:
    """On real time one held answer holds up nobody else, and the sandbox's clock is real time still."""
    fault(wall, "timeout", seconds=100, path="/v1/users/")
    url = f"{wall.sandbox.base_url}/v1"
    with own_client() as client, httpx.Client(trust_env=False) as waiting:
        with pytest.raises(httpx.ReadTimeout):
            waiting.get(f"{url}/users/", headers=wall.sandbox.headers, timeout=0.1)
        assert client.get(f"{url}/orders/", headers=wall.sandbox.headers).status_code == 200
        now = datetime.fromisoformat(wall.get("/_mock/clock")["now"])
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("kind", ["timeout", "slow"])
def test_held_answer_takes_real_time(wall: Api, kind: str) -> None:
    """On real time a slow answer comes, and a connection breaks, after as many seconds as the fault says."""
    fault(wall, kind, seconds=0.3, path="/v1/users/")
    began = time.monotonic()
    with own_client() as client:
        url = f"{wall.sandbox.base_url}/v1/users/"
        if kind == "slow":
            assert client.get(url, headers=wall.sandbox.headers).status_code == 200
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                client.get(url, headers=wall.sandbox.headers)
    assert 0.3 <= time.monotonic() - began < 5
