"""The control API over HTTP: who may call it, what each route does, and what it never shows."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mock_truv import Server
from mock_truv.http.build import build_app
from mock_truv.runtime.hub import Hub, Options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Api, Receiver, Reply

START = "2026-01-05T15:00:00.000000Z"
ADVANCED = {"now": "time", "finished": "flag", "count": "whole", "events": "list", "next": "time?"}
CONNECTION: dict[str, Any] = {
    "link_id": "id", "user_id": "id", "provider_id": "text", "status": "text", "kind": "text", "logged_in_at": "time",
    "expires_at": "time?", "session_ended": "flag", "credentials_changed": "flag", "second_factor": "text",
    "locked": "flag", "organisation_ok": "flag", "has_records": "flag", "broken": "flag",
    "broken_as": "text",
}  # fmt: skip
PROVIDER: dict[str, Any] = {
    "id": "text", "name": "text", "kind": "text", "lifetime_days": "whole?", "second_factor": "text",
    "task_seconds": "whole", "down": "flag", "outages": "list",
}  # fmt: skip
DELIVERY: dict[str, Any] = {
    "webhook_id": "id", "event_type": "text", "url": "url", "state": "text", "created_at": "time", "body": "text",
    "attempts": [{"at": "time", "status_code": "whole?", "error": "text?"}],
}  # fmt: skip
READS = ("clock", "connections/", "providers/", "providers/truv_api", "profile", "journal/", "deliveries/", "billing/")
WRITES = (
    ("POST", "clock/advance"), ("POST", "settle"), ("POST", "reset"), ("POST", "sandboxes/"),
    ("POST", "bridge/x/complete"), ("PATCH", "connections/x"), ("PATCH", "providers/x"), ("PATCH", "profile"),
)  # fmt: skip


def control(api: Api, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """Call a route below ``/_mock/`` and return the value it answers."""
    options = {} if method == "GET" else {"json": {} if body is None else body}
    answer = api.send(method, f"/_mock/{path}", **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def wrong(api: Api, method: str, path: str, body: Any) -> dict[str, str]:
    """Return {field: message} of a refusal."""
    return api.refused(method, f"/_mock/{path}", body)


def test_health_needs_no_keys(api: Api) -> None:
    """The health route answers anybody on a known host."""
    answer = api.client.get(f"{api.sandbox.base_url}/_mock/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["version"]


@pytest.mark.parametrize("path", READS)
def test_reads_need_keys_and_change_nothing(api: Api, path: str) -> None:
    """Every read answers JSON with and without the slash, is 401 without keys, and leaves the world as it was."""
    api.connected()
    before = api.sandbox.runtime.journal.world.digest()
    assert control(api, "GET", path) == control(api, "GET", path.rstrip("/") + ("" if path.endswith("/") else "/"))
    assert api.client.get(f"{api.sandbox.base_url}/_mock/{path}").status_code == 401
    assert api.sandbox.runtime.journal.world.digest() == before


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_writes_are_guarded(api: Api, method: str, path: str) -> None:
    """Every write is 403 for a strange host or origin, 401 without keys, 415 without a JSON content type."""
    before = api.world_digest()
    url = f"{api.sandbox.base_url}/_mock/{path}"
    good = {**api.sandbox.headers, "Content-Type": "application/json"}
    own = api.sandbox.base_url
    for headers, status in (
        ({**good, "Host": "evil.example"}, 403),
        ({**good, "Origin": "https://evil.example"}, 403),
        ({**good, "Origin": "null"}, 403),
        ({**good, "Origin": "http://localhost:1"}, 403),
        ({"Content-Type": "application/json"}, 401),
        ({**api.sandbox.headers, "Content-Type": "text/plain"}, 415),
        ({**api.sandbox.headers, "Content-Type": "application/x-www-form-urlencoded", "Origin": own}, 415),
        (api.sandbox.headers, 415),
    ):
        assert api.client.request(method, url, headers=headers, content=b"{}").status_code == status, headers
    assert api.world_digest() == before
    assert api.client.request(method, url, headers={**good, "Origin": own}, content=b"{").status_code == 400


def test_hosts_are_checked(api: Api) -> None:
    """Reads and health answer under loopback names in any spelling and to no other host."""
    port = api.sandbox.base_url.rpartition(":")[2]
    for host, status in (
        (f"localhost:{port}", 200), ("LOCALHOST", 200), (f"127.0.0.1:{port}", 200), (f"[::1]:{port}", 200),
        ("[::1]", 200), ("evil.example", 403), ("localhost.evil.example", 403), (f"evil@localhost:{port}", 200),
        ("127.0.0.1.nip.io", 403), ("0.0.0.0", 403), ("", 403),
    ):  # fmt: skip
        for path in ("/_mock/health", "/_mock/clock"):
            answer = api.send("GET", path, headers={"Host": host})
            assert answer.status_code == status, host
    assert "--allow-host" in api.send("GET", "/_mock/clock", headers={"Host": "evil.example"}).text
    assert api.send("GET", "/orders/", headers={"Host": "evil.example"}).status_code == 200


def test_unknown_routes_and_methods(api: Api) -> None:
    """An unknown control route is 404, a wrong method is 405 with ``Allow``."""
    assert api.send("GET", "/_mock/nothing").json() == {"detail": "Not Found."}
    answer = api.send("DELETE", "/_mock/clock")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(("method", "path"), [each for each in WRITES if "bridge" not in each[1]])
def test_typing_mistakes_are_named_with_a_hint(api: Api, method: str, path: str) -> None:
    """An unknown field is 400, named, with what was probably meant or what there is; nothing was changed."""
    order = api.connected()
    path = path.replace("connections/x", f"connections/{order['employers'][0]['link_id']}").replace(
        "providers/x", "providers/truv_api"
    )
    before = api.world_digest()
    (pair,) = wrong(api, method, path, {"no_such_field": 1}).items()
    assert pair[0] == "no_such_field"
    assert "no such field" in pair[1]
    assert api.world_digest() == before


def test_near_misses_are_suggested(api: Api) -> None:
    """A field that is nearly right is answered with the right one."""
    assert "did you mean seconds?" in wrong(api, "POST", "clock/advance", {"second": 5})["second"]
    assert "did you mean down?" in wrong(api, "PATCH", "providers/truv_api", {"donw": True})["donw"]
    mistakes = wrong(api, "POST", "bridge/x/complete", {"user_name": "x", "password": 5})
    assert set(mistakes) == {"username", "user_name", "password"}


def test_clock_is_read_and_moved(api: Api, check_shape: Callable[..., None]) -> None:
    """The clock starts at its fixed instant and goes forward by seconds, to an instant, or by events."""
    assert control(api, "GET", "clock") == {"now": START, "mode": "manual"}
    moved = control(api, "POST", "clock/advance", {"seconds": 90.5})
    check_shape(moved, ADVANCED)
    assert (moved["now"], moved["finished"], moved["count"]) == ("2026-01-05T15:01:30.500000Z", True, 0)
    assert control(api, "POST", "clock/advance", {"to": "2026-01-05T16:00:00+00:00"})["now"][11:19] == "16:00:00"
    assert control(api, "POST", "clock/advance", {"to": "2026-01-06T01:00:00.000001+05:30"})["now"] == (
        "2026-01-05T19:30:00.000001Z"
    )
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    stepped = control(api, "POST", "clock/advance", {"events": 1})
    assert (stepped["count"], stepped["now"]) == (1, "2026-01-05T19:30:01.000001Z")
    assert [each["status"] for each in stepped["events"] if each["name"] == "task"] == ["login"]
    assert stepped["next"] == "2026-01-05T19:30:03.000001Z"


def test_advance_tells_what_happened(api: Api, receiver: Receiver) -> None:
    """An advance answers after all deliveries, with every event and its instant, in order."""
    api.subscribe(receiver.url)
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    moved = control(api, "POST", "clock/advance", {"seconds": 60})
    assert len(receiver.received) == 12
    times = [each["at"] for each in moved["events"]]
    assert times == sorted(times)
    assert [each["status"] for each in moved["events"] if each["name"] == "task"] == [
        "login", "parse", "full_parse", "done",
    ]  # fmt: skip
    assert [each["status"] for each in moved["events"] if each["name"] == "attempt"] == ["200"] * 12


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"), ({"seconds": 1, "events": 1}, "body"), ({"seconds": -1}, "seconds"), ({"events": 0}, "events"),
        ({"seconds": 1e12}, "seconds"), ({"seconds": "5"}, "seconds"), ({"to": "tomorrow"}, "to"),
        ({"to": "2026-02-30T00:00:00Z"}, "to"), ({"to": "2026-01-06T00:00:00"}, "to"), ({"to": 5}, "to"),
        ({"to": "2025-12-31T00:00:00Z"}, "to"), ({"to": "2026-01-05T14:59:59.999999Z"}, "to"),
        ({"to": "9999-01-01T00:00:00Z"}, "to"), ({"seconds": 1, "max_real_seconds": 0}, "max_real_seconds"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_advances(api: Api, body: dict[str, Any], field: str) -> None:
    """An advance that goes back, too far, or by none or two measures is 400 and moves nothing."""
    before = api.world_digest()
    assert list(wrong(api, "POST", "clock/advance", body)) == [field]
    assert api.world_digest() == before


def test_advance_to_now_does_nothing(api: Api) -> None:
    """``to`` equal to now is 200 and nothing happens."""
    moved = control(api, "POST", "clock/advance", {"to": START})
    assert (moved["now"], moved["count"], moved["finished"]) == (START, 0, True)


def test_advance_stops_after_the_real_time_allowed(api: Api) -> None:
    """With next to no real time an advance answers ``finished`` false with the next instant; going on finishes it."""
    for number in range(60):
        api.order(order_number=str(number), email="m@example.org")
    parts = 0
    while True:
        moved = control(api, "POST", "clock/advance", {"to": "2026-01-20T00:00:00Z", "max_real_seconds": 0.001})
        parts += 1
        if moved["finished"]:
            break
        assert moved["next"] is not None
        assert moved["now"] < "2026-01-20"
    assert parts > 1
    assert (moved["now"], moved["next"]) == ("2026-01-20T00:00:00.000000Z", None)


def test_settle_stays_at_the_last_entry(api: Api, check_shape: Callable[..., None]) -> None:
    """Settling takes what is due within the horizon and leaves the clock at the last of it."""
    order = api.order()
    api.sandbox.complete_bridge(order["bridge_token"])
    settled = control(api, "POST", "settle")
    check_shape(settled, ADVANCED)
    assert (settled["now"], settled["finished"]) == ("2026-01-05T15:00:08.000000Z", True)
    assert settled["next"] == "2026-01-08T15:00:00.000000Z"
    again = control(api, "POST", "settle", {"horizon_seconds": 60})
    assert (again["now"], again["count"]) == ("2026-01-05T15:00:08.000000Z", 0)
    far = control(api, "POST", "settle", {"horizon_seconds": 4 * 86400})
    assert far["now"] == "2026-01-08T15:00:00.000000Z"


def test_reset_gives_the_world_of_a_fresh_start(api: Api) -> None:
    """After a reset the same calls give the same ids as at first; keys and profile stay, all else is gone."""
    keys = (api.sandbox.client_id, api.sandbox.secret)
    control(api, "PATCH", "profile", {"client_name": "Example County Desk"})
    first = api.connected()
    api.sandbox.clock.advance(days=3)
    answer = control(api, "POST", "reset")
    assert (answer["now"], isinstance(answer["seed"], int)) == (START, True)
    assert api.get("/orders/")["count"] == 0
    again = api.connected()
    assert (again, again["client_name"]) == (first, "Example County Desk")
    assert (api.sandbox.client_id, api.sandbox.secret) == keys
    control(api, "POST", "reset", {"seed": 12345})
    assert api.connected()["id"] != first["id"]
    control(api, "POST", "reset", {"seed": answer["seed"]})
    assert api.connected() == first
    assert set(wrong(api, "POST", "reset", {"seed": -1})) == {"seed"}


def test_reset_is_the_world_of_that_seed(api_for: Callable[..., Api]) -> None:
    """Reset with a seed gives the world that a server started with this seed has."""
    seen = []
    for seed, reset in ((5, None), (9, 5)):
        with Server(seed=seed) as server, server.sandbox("one") as sandbox:
            api = api_for(sandbox)
            if reset is not None:
                control(api, "POST", "reset", {"seed": reset})
            order = api.connected()
            seen.append({key: order[key] for key in order if not key.endswith("share_url")})
    assert seen[0] == seen[1]


def test_sandboxes_are_isolated(api: Api, http: httpx.Client) -> None:
    """A new sandbox has its own keys, ids and clock; its secret does not open the other; a name is taken once."""
    opened = control(api, "POST", "sandboxes/", {"name": f"{api.sandbox.client_id} b"})
    assert {"client_id", "secret"} <= set(opened)
    headers = {"X-Access-Client-Id": opened["client_id"], "X-Access-Secret": opened["secret"]}
    url = api.sandbox.base_url
    mine = api.order()
    theirs = http.post(f"{url}/v1/orders/", headers=headers, json={
        "products": ["income"], "first_name": "Ada", "last_name": "Quill",
    }).json()  # fmt: skip
    assert theirs["id"] != mine["id"]
    api.sandbox.clock.advance(days=1)
    assert http.get(f"{url}/_mock/clock", headers=headers).json()["now"] == START
    crossed = {**headers, "X-Access-Secret": api.sandbox.secret}
    assert http.get(f"{url}/v1/orders/", headers=crossed).status_code == 401
    assert http.get(f"{url}/v1/orders/{mine['id']}/", headers=headers).status_code == 404
    assert list(wrong(api, "POST", "sandboxes/", {"name": f"{api.sandbox.client_id} b"})) == ["name"]
    nameless = [control(api, "POST", "sandboxes/")["client_id"] for _ in range(2)]
    assert len(set(nameless)) == 2


def test_sandboxes_take_seed_clock_and_profile(api: Api, http: httpx.Client) -> None:
    """Seed, clock mode and profile of a sandbox can be given; wrong ones are named and open nothing."""
    opened = control(api, "POST", "sandboxes/", {"seed": 3, "clock": "rate:60", "profile": {"refresh_limit": 1}})
    headers = {"X-Access-Client-Id": opened["client_id"], "X-Access-Secret": opened["secret"]}
    assert http.get(f"{api.sandbox.base_url}/_mock/clock", headers=headers).json()["mode"] == "rate:60"
    assert http.get(f"{api.sandbox.base_url}/_mock/profile", headers=headers).json()["refresh_limit"] == 1
    assert list(wrong(api, "POST", "sandboxes/", {"clock": "never"})) == ["clock"]
    assert wrong(api, "POST", "sandboxes/", {"profile": {"refresh_limits": 1}})
    assert list(wrong(api, "POST", "sandboxes/", {"name": ""})) == ["name"]


def test_bridge_answers_at_once(api: Api, check_shape: Callable[..., None]) -> None:
    """Completing Bridge answers the judged login without moving the clock; states follow on the clock."""
    order = api.order(employers=[{"company_name": "One"}, {"company_name": "Two"}])
    path = f"bridge/{order['bridge_token']}/complete"
    good = {"username": "goodlogin", "password": "goodpassword"}
    ending = control(api, "POST", path, good)
    check_shape(ending, {"public_token": "id", "link_id": "id", "task_id": "id", "status": "text"})
    assert (ending["status"], control(api, "GET", "clock")["now"]) == ("login", START)
    task = api.get(f"/tasks/{ending['task_id']}/")
    assert (task["status"], task["tracking_info"]) == ("new", order["employers"][0]["id"])
    second = control(api, "POST", path, {**good, "employer_id": order["employers"][1]["id"]})
    assert api.get(f"/tasks/{second['task_id']}/")["tracking_info"] == order["employers"][1]["id"]
    assert list(wrong(api, "POST", path, good)) == ["bridge_token"]
    failed = control(api, "POST", f"bridge/{api.order()['bridge_token']}/complete", {**good, "password": "x"})
    assert (failed["status"], failed["public_token"], failed["link_id"]) == ("login_error", None, None)
    assert control(api, "POST", f"bridge/{'f' * 32}/complete", good, 404) == {"detail": "Not Found."}


def test_bridge_names_what_is_wrong(api: Api) -> None:
    """A missing field, an unknown provider, employer or company is 400 by name and starts nothing."""
    order = api.order()
    path = f"bridge/{order['bridge_token']}/complete"
    good = {"username": "goodlogin", "password": "goodpassword"}
    before = api.world_digest()
    assert set(wrong(api, "POST", path, {})) == {"username", "password"}
    for field in ("provider_id", "employer_id", "company_mapping_id"):
        assert list(wrong(api, "POST", path, {**good, field: "nope"})) == [field]
    assert api.world_digest() == before


def test_connections_are_read_and_changed(api: Api, check_shape: Callable[..., None]) -> None:
    """Connections are listed and read; each field can be changed alone, and the answer shows it."""
    link_id = api.connected()["employers"][0]["link_id"]
    (listed,) = control(api, "GET", "connections/")["results"]
    check_shape(listed, CONNECTION)
    path = f"connections/{link_id}"
    assert control(api, "GET", path) == listed
    assert (listed["kind"], listed["logged_in_at"], listed["expires_at"]) == (
        "oauth", START, "2026-07-04T15:00:00.000000Z",
    )  # fmt: skip
    for field, value in (
        ("credentials_changed", True), ("credentials_changed", False), ("second_factor", "always"), ("locked", True),
        ("organisation_ok", False), ("has_records", False), ("broken", True), ("session_ended", True),
        ("broken_as", "not_supported"), ("broken_as", "unable_to_reset"), ("broken_as", "error"),
        ("expires_at", "2030-01-01T00:00:00.000000Z"), ("expires_at", None),
    ):  # fmt: skip
        changed = control(api, "PATCH", path, {field: value})
        assert changed[field] == value
        assert control(api, "GET", path) == changed
    assert set(wrong(api, "PATCH", path, {"second_factor": "often", "locked": 1, "expires_at": "soon"})) >= {
        "second_factor", "locked",
    }  # fmt: skip
    for method in ("GET", "PATCH"):
        assert control(api, method, "connections/nope", {}, 404) == {"detail": "Not Found."}


def test_providers_are_read_and_changed(api: Api, check_shape: Callable[..., None]) -> None:
    """Providers are listed and read; outages, speed and habits can be changed; wrong windows are named."""
    listed = control(api, "GET", "providers/")["results"]
    for each in listed:
        check_shape(each, PROVIDER)
    path = "providers/truv_api"
    assert control(api, "GET", path) in listed
    assert control(api, "PATCH", path, {"down": True})["down"] is True
    assert control(api, "PATCH", path, {"down": False})["down"] is False
    down = control(api, "PATCH", path, {"down_for_seconds": 3600})
    assert down["outages"][-1] == {"from": START, "until": "2026-01-05T16:00:00.000000Z"}
    window = {"from": "2026-03-01T00:00:00.000000Z", "until": "2026-03-01T04:00:00.000000Z"}
    changed = control(api, "PATCH", path, {"outages": [window], "task_seconds": 80, "second_factor": "new_session",
                                           "lifetime_days": None})  # fmt: skip
    assert (changed["outages"], changed["down"], changed["task_seconds"]) == ([window], False, 80)
    assert (changed["second_factor"], changed["lifetime_days"]) == ("new_session", None)
    backwards = {"outages": [{"from": window["until"], "until": window["from"]}]}
    assert list(wrong(api, "PATCH", path, backwards)) == ["outages[0].until"]
    assert list(wrong(api, "PATCH", path, {"outages": [{"from": "x"}]})) == ["outages[0].from"]
    assert set(wrong(api, "PATCH", path, {"task_seconds": 0, "down": "yes"})) == {"task_seconds", "down"}
    for method in ("GET", "PATCH"):
        assert control(api, method, "providers/nope", {}, 404) == {"detail": "Not Found."}


def test_slow_providers_take_their_time(api: Api) -> None:
    """A provider that takes 80 seconds finishes a task after 80 seconds, not before."""
    control(api, "PATCH", "providers/truv_api", {"task_seconds": 80})
    order = api.order()
    ending = api.sandbox.complete_bridge(order["bridge_token"])
    api.sandbox.clock.advance(seconds=79)
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "full_parse"
    api.sandbox.clock.advance(seconds=1)
    assert api.get(f"/tasks/{ending['task_id']}/")["status"] == "done"


def test_profile_is_read_and_changed(api: Api) -> None:
    """Knobs are read and changed one by one, take effect at once, and wrong kinds are named."""
    before = control(api, "GET", "profile")
    assert (before["refresh_limit"], before["webhook_retries"], before["webhook_timeout_seconds"]) == (3, 3, 10)
    changed = control(api, "PATCH", "profile", {"refresh_limit": 1})
    assert changed == {**before, "refresh_limit": 1}
    order = api.connected()
    api.refresh(order["id"])
    assert api.refused("POST", f"/orders/{order['id']}/", {"products": ["income"]})
    assert set(wrong(api, "PATCH", "profile", {"refresh_limit": "many", "client_name": 5})) == {
        "refresh_limit", "client_name",
    }  # fmt: skip


def test_journal_is_paged(api: Api) -> None:
    """The journal numbers its entries without gaps and goes on after any of them, 1,000 at a time."""
    api.connected()
    journal = control(api, "GET", "journal/")
    entries = journal["results"]
    assert [each["seq"] for each in entries] == list(range(1, journal["last"] + 1))
    for each in entries:
        assert {"seq", "step", "command", "status", "events", "digest"} <= set(each)
    kinds = [each["command"]["type"] for each in entries]
    assert kinds[:2] == ["request", "bridge"]
    assert "step" in kinds
    assert control(api, "GET", "journal/?after=2")["results"] == control(api, "GET", "journal/")["results"][2:]
    assert control(api, "GET", f"journal/?after={10**9}")["results"] == []
    assert list(api.refused("GET", "/_mock/journal/?after=x", None)) == ["after"]
    for _ in range(1001):
        api.send("GET", "/users/")
    first = control(api, "GET", "journal/")["results"]
    assert (len(first), first[-1]["seq"]) == (1000, 1000)
    rest = control(api, "GET", "journal/?after=1000")["results"]
    assert rest[0]["seq"] == 1001


def test_deliveries_show_every_attempt(
    api: Api, receiver: Receiver, reply: type[Reply], check_shape: Callable[..., None]
) -> None:
    """Deliveries are listed oldest first with bytes and attempts, and pass through their states."""
    api.subscribe(receiver.url, events=["order-created"])
    receiver.plan(reply(500))
    api.order()
    states = [control(api, "GET", "deliveries/")["results"][0]["state"]]
    api.sandbox.clock.advance(seconds=1)
    states.append(control(api, "GET", "deliveries/")["results"][0]["state"])
    api.sandbox.clock.advance(seconds=30)
    listed = control(api, "GET", "deliveries/")
    (delivery,) = listed["results"]
    check_shape(delivery, DELIVERY)
    assert (states, delivery["state"], listed["count"]) == (["waiting", "waiting"], "delivered", 1)
    assert [each["status_code"] for each in delivery["attempts"]] == [500, 200]
    assert delivery["body"].encode() == receiver.received[0].body
    assert control(api, "GET", "deliveries/?after=1")["results"] == []


def test_redelivery_rules(api: Api, receiver: Receiver) -> None:
    """Only what is no longer on its way can be sent again; an unknown webhook is 404."""
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    webhook_id = api.sandbox.deliveries[0]["webhook_id"]
    assert list(wrong(api, "POST", f"deliveries/{webhook_id}/redeliver", {})) == ["webhook_id"]
    api.sandbox.settle()
    assert control(api, "POST", f"deliveries/{webhook_id}/redeliver")["state"] == "waiting"
    api.sandbox.settle()
    assert len(receiver.received) == 2
    control(api, "POST", f"deliveries/{'f' * 32}/redeliver", {}, 404)


def test_billing_has_a_line_for_each_refresh_task(api: Api) -> None:
    """The ledger has one line per connection refreshed, and none for logins or refused refreshes."""
    names = ("Hearthside Home Supply", "Brightcart Grocers")
    order = api.connected(employers=[{"company_name": name} for name in names])
    assert control(api, "GET", "billing/") == {"count": 0, "results": []}
    refreshed = api.refresh(order["id"])
    ledger = control(api, "GET", "billing/")
    assert ledger["count"] == 2
    assert {each["order_id"] for each in ledger["results"]} == {refreshed["id"]}
    assert {each["task_id"] for each in ledger["results"]} == {
        each["tasks"][0]["id"] for each in refreshed["employers"]
    }
    for line in ledger["results"]:
        assert set(line) == {"at", "task_id", "link_id", "order_id", "product_type", "free"}


def test_second_advance_is_409(api: Api, receiver: Receiver, reply: type[Reply]) -> None:
    """While one caller's advance waits for a receiver, another's advance or reset is 409, and reads are answered."""
    hold = threading.Event()
    receiver.plan(reply(hold=hold))
    api.subscribe(receiver.url, events=["order-created"])
    api.order()
    first = threading.Thread(target=api.sandbox.settle)
    first.start()
    receiver.wait_until(lambda received: len(received) == 1)
    for path in ("clock/advance", "reset", "settle"):
        body = {"seconds": 1} if "advance" in path else {}
        assert control(api, "POST", path, body, 409)["error"]["message"]
    assert api.get("/orders/")["count"] == 1
    hold.set()
    first.join()
    assert control(api, "POST", "clock/advance", {"seconds": 1})["finished"] is True


def test_control_token_is_needed_where_one_is_set() -> None:
    """With a control token every control call but health needs it as a bearer token, and nothing else will do."""
    hub = Hub(Options(clock="manual"))
    app = build_app(hub, control_token="t0ken")
    keys = {"X-Access-Client-Id": hub.options.client_id, "X-Access-Secret": hub.options.secret}

    async def ask(path: str, **headers: str) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            return (await client.get(path, headers={**keys, **headers})).status_code

    async def run() -> list[int]:
        answers = [
            await ask("/_mock/clock"), await ask("/_mock/clock", Authorization="Bearer t0ke"),
            await ask("/_mock/clock", Authorization="t0ken"), await ask("/_mock/clock", Authorization="Bearer t0ken"),
            await ask("/_mock/health"), await ask("/v1/orders/"),
        ]  # fmt: skip
        await hub.close()
        return answers

    import asyncio

    assert asyncio.run(run()) == [403, 403, 403, 200, 200, 200]


def test_secrets_and_passwords_are_never_written(tmp_path: Path) -> None:
    """Neither journal file nor answer ever holds the access secret or a typed password, wherever it was sent."""
    file = tmp_path / "journal.jsonl"
    hub = Hub(Options(clock="manual", journal=file))
    secret, password = hub.options.secret, "hunter2-is-typed"
    app = build_app(hub)
    keys = {"X-Access-Client-Id": hub.options.client_id, "X-Access-Secret": secret, "Content-Type": "application/json"}
    shown = []

    async def run() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1", headers=keys
        ) as client:
            body = {"products": ["income"], "first_name": "A", "last_name": "B", "order_number": secret,
                    "loan": {secret: secret}, "employers": [{"company_name": secret}]}  # fmt: skip
            order = (await client.post("/v1/orders/", json=body)).json()
            await client.get(f"/v1/orders/{secret}/")
            await client.get(f"/v1/users/?external_user_id={secret}")
            await client.post("/v1/link-access-tokens/", json={"public_token": secret})
            await client.get("/v1/orders/", headers={"Accept": secret})
            await client.post("/v1/users/", content=b"{}", headers={"Content-Type": secret})
            await client.post(f"/_mock/bridge/{secret}/complete", json={"username": "goodlogin", "password": password})
            for username, typed in (("goodlogin", password), (password, password), ("error.user", password)):
                await client.post(
                    f"/_mock/bridge/{order['bridge_token']}/complete",
                    json={"username": username if username != password else "someone", "password": typed,
                          "mfa_code": password},
                )  # fmt: skip
            for path in (f"connections/{secret}", "providers/truv_api", "profile"):
                await client.patch(f"/_mock/{path}", json={secret: secret})
            await client.post(f"/_mock/deliveries/{secret}/redeliver", json={})
            await client.post("/_mock/settle", json={})
            shown.append((await client.get("/_mock/journal/")).text)
            shown.append((await client.get("/_mock/deliveries/")).text)
        await hub.close()

    import asyncio

    asyncio.run(run())
    text = file.read_text()
    assert len(text.splitlines()) > 10
    for each in (text, *shown):
        assert secret not in each
        assert password not in each
    assert json.loads(shown[0])["last"] > 10
