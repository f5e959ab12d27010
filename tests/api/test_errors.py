"""What is refused, how, and in which order; and that nothing a client sends leads to a 500 or half a change."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import pytest

from mock_truv.api.dispatch import OPERATIONS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv.api.call import Operation
    from tests.conftest import Api

NOT_FOUND = {"detail": "Not Found."}
JSON = "application/json"
UNKNOWN = "f" * 32
LIMIT_BYTES = 8 * 1024 * 1024
NAME = {"first_name": "Ada", "last_name": "Quill"}
WITH_BODY = [each for each in OPERATIONS if each.body is not None]
OTHER_PRODUCTS = {
    "mock_truv.api.deposit_switch": ("deposit_switch", "pll"),
    "mock_truv.api.insurance": ("insurance",),
    "mock_truv.api.banking": ("assets",),
}
"""Module of operations on links of other products -> those products; a link of all of them is made on demand."""
NAMES = [f"{operation.method} {operation.path}" for operation in OPERATIONS]


class World:
    """A sandbox in which every kind of object exists, and the ids that paths can name."""

    def __init__(self, api: Api) -> None:
        self.api = api
        order = api.connected(external_user_id="p")
        self.token = order["employers"][0]["access_token"]
        self.open = api.order(first_name="Open")
        hook = api.subscribe("http://127.0.0.1:9/hooks", events=["certification-completed"])
        task = api.post("/refresh/tasks/", {"access_token": self.token}, 200)["task_id"]
        api.sandbox.settle()
        ending = api.sandbox.complete_bridge(self.open["bridge_token"], username="fulltime")
        api.sandbox.settle()
        waiting = api.order()
        defined = api.post("/sandbox/scenarios/", {"label": "known", "username": "known", "data_source": "payroll"})
        self.ids = {
            "user": order["user_id"], "order": order["id"], "link": order["employers"][0]["link_id"], "task": task,
            "webhook": hook["id"], "report": order["voie_report_id"], "open order": waiting["id"],
            "sandbox_scenario": defined["id"],
        }  # fmt: skip
        self.bodies: dict[str, Any] = {
            "POST /users/": {},
            "PATCH /users/{user}/": {"first_name": "Grace"},
            "POST /users/{user}/tokens/": {"product_type": "income"},
            "POST /users/{user}/reports/": {},
            "POST /orders/": {"products": ["income"], **NAME},
            "POST /orders/lookup/": {"ssn": "1234"},
            "PATCH /orders/{order}/": {"first_name": "Grace"},
            "POST /orders/{order}/": {"products": ["income"]},
            "POST /orders/{order}/refresh/": {},
            "POST /orders/{order}/cancel/": {},
            "POST /orders/{order}/employers/": {"company_name": "Second"},
            "POST /link-access-tokens/": {"public_token": ending["public_token"]},
            "POST /refresh/tasks/": {"access_token": self.token},
            "POST /webhooks/": {"name": "n", "webhook_url": "http://127.0.0.1:9/other", "env_type": "sandbox"},
            "PATCH /webhooks/{webhook}/": {"enabled": False},
            "POST /sandbox/scenarios/": {"label": "n", "username": "n", "data_source": "payroll"},
            "POST /sandbox/scenarios/resolve/": {"data_source": "payroll", "username": "known", "password": "p"},
            "PATCH /sandbox/scenarios/{sandbox_scenario}/": {"description": "changed"},
            "PUT /sandbox/scenarios/{sandbox_scenario}/": {"enabled": False},
        }

    def path(self, operation: Operation, *, unknown: bool = False) -> str:
        """Return the operation's path with ids put in."""
        open_order = f"{operation.method} {operation.path}" in {
            "PATCH /orders/{order}/", "POST /orders/{order}/cancel/", "POST /orders/{order}/employers/",
        }  # fmt: skip
        if not unknown and operation.handler.__module__ in OTHER_PRODUCTS:
            self._connect(*OTHER_PRODUCTS[operation.handler.__module__])
        parts = []
        for part in operation.path.split("/"):
            kind = part.strip("{}")
            if part.startswith("{"):
                part = UNKNOWN if unknown else self.ids.get("open order" if open_order else kind, UNKNOWN)  # noqa: PLW2901
            parts.append(part)
        return "/".join(parts)

    def _connect(self, *products: str) -> None:
        """Let user and link be those of one more order, of other products."""
        order = self.api.order(products=products, employers=None)
        for _ in products:
            ending = self.api.sandbox.complete_bridge(order["bridge_token"])
        self.api.sandbox.settle()
        self.ids |= {"user": order["user_id"], "link": ending["link_id"]}

    def knows(self, operation: Operation) -> bool:
        """Return whether a valid call of the operation is known here."""
        name = f"{operation.method} {operation.path}"
        kinds = [part.strip("{}") for part in operation.path.split("/") if part.startswith("{")]
        return all(kind in self.ids for kind in kinds) and (operation.body is None or name in self.bodies)

    def body(self, operation: Operation) -> Any:
        """Return a valid body of the operation."""
        return self.bodies.get(f"{operation.method} {operation.path}")


@pytest.fixture
def world(api: Api) -> World:
    """A sandbox in which every kind of object exists."""
    return World(api)


@pytest.mark.parametrize("slash", ["/", ""], ids=["slash", "no slash"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_both_slash_forms_answer_directly(world: World, operation: Operation, slash: str) -> None:
    """Every operation answers its documented status with and without the last slash, never by a redirect."""
    body = world.body(operation)
    path = world.path(operation).removesuffix("/") + slash
    answer = world.api.send(operation.method, path, **({} if body is None else {"json": body}))
    assert not 300 <= answer.status_code < 400
    if world.knows(operation):
        assert answer.status_code == operation.status, answer.text
        if answer.content:
            assert answer.headers["content-type"] == JSON
            answer.json()
    else:
        assert answer.status_code < 500


@pytest.mark.parametrize("operation", WITH_BODY, ids=[f"{each.method} {each.path}" for each in WITH_BODY])
def test_zero_bytes_of_body_are_an_empty_object(world: World, operation: Operation) -> None:
    """A body of zero bytes with a JSON content type, or with none, means the same as ``{}``."""
    path = world.path(operation)
    answers = []
    ways: tuple[dict[str, Any], ...] = ({"headers": {"Content-Type": JSON}}, {}, {"json": {}})
    for options in ways:
        before = world.api.world_digest()
        answer = world.api.send(operation.method, path, **options)
        assert answer.status_code not in {415, 500}
        answers.append(answer)
        if answer.status_code >= 400:
            assert world.api.world_digest() == before
            assert "JSON" not in answer.text
    assert len({each.status_code for each in answers}) <= 2  # a second call may find things changed
    if answers[0].status_code >= 400:
        assert len({each.text for each in answers}) == 1


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_keys_come_before_everything_but_the_path(world: World, operation: Operation) -> None:
    """Missing or wrong keys are 401 for every operation, with the documented code, also with a wrong method."""
    url = f"{world.api.sandbox.base_url}{PREFIX}{world.path(operation, unknown=True)}"
    right = world.api.sandbox.headers
    for headers in ({}, {"X-Access-Client-Id": right["X-Access-Client-Id"]}, {**right, "X-Access-Secret": "sandbox-x"},
                    {**right, "X-Access-Client-Id": "x"}, {"X-Access-Secret": right["X-Access-Secret"]}):  # fmt: skip
        for method in (operation.method, "PUT"):
            answer = world.api.client.request(method, url, headers={**headers, "Accept": "text/html"}, content=b"{")
            assert answer.status_code == 401
            assert answer.json() == {"error": {"code": "authentication_failed", "message": "No such token"}}


def test_production_secret_is_refused_with_a_sentence(api: Api) -> None:
    """A secret that begins with ``prod-`` is 401 on both APIs and says why; it is not repeated."""
    headers = {**api.sandbox.headers, "X-Access-Secret": "prod-" + "0" * 40}
    for path in ("/orders/", "/_mock/clock"):
        answer = api.send("GET", path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_failed")
        assert "production secret" in answer.json()["error"]["message"]
        assert "0" * 40 not in answer.text


def test_header_names_are_not_case_sensitive(api: Api) -> None:
    """The key headers work in any case, as older samples spell them differently."""
    answer = api.client.get(f"{api.sandbox.base_url}/v1/orders/", headers={
        "X-ACCESS-CLIENT-ID": api.sandbox.client_id, "x-access-secret": api.sandbox.secret,
    })  # fmt: skip
    assert answer.status_code == 200


def test_every_rung_wins_over_the_ones_below(api: Api) -> None:
    """With everything wrong at once the answer is the documented order's first; each repair shows the next one."""
    order = api.order()
    seen = []
    big = b"[" * (LIMIT_BYTES + 1)
    good, bad = api.sandbox.headers, {"X-Access-Client-Id": "x", "X-Access-Secret": "y"}
    plain, html = {"Content-Type": "text/plain"}, {"Accept": "text/html"}
    json_type = {"Content-Type": JSON}
    known, unknown = f"/v1/orders/{order['id']}/", f"/v1/orders/{UNKNOWN}/"
    for method, path, headers, content in (
        ("PUT", f"/v1/nothing/{UNKNOWN}/", {**bad, **plain, **html}, big),
        ("PUT", unknown, {**bad, **plain, **html}, big),
        ("PUT", unknown, {**good, **plain, **html}, big),
        ("POST", unknown, {**good, **plain, **html}, big),
        ("POST", unknown, {**good, **plain}, big),
        ("POST", known, {**good, **plain}, big),
        ("POST", known, {**good, **json_type}, big),
        ("POST", known, {**good, **json_type}, b"["),
        ("POST", known, {**good, **json_type}, b'{"products": 1}'),
        ("POST", known, {**good, **json_type}, b'{"products": ["income"]}'),
    ):
        answer = api.client.request(method, api.sandbox.base_url + path, headers=headers, content=content)
        body = answer.json()
        fields = [each["field"] for each in body.get("error", {}).get("extra", {}).get("invalid-params", [])]
        seen.append((answer.status_code, "detail" in body, fields))
    assert seen == [
        (404, True, []), (401, False, []), (405, True, []), (406, True, []), (404, True, []), (415, True, []),
        (413, True, []), (400, False, []), (400, False, ["products"]), (400, False, ["employers"]),
    ]  # fmt: skip


@pytest.mark.parametrize("path", [
    "/v1/", "/v1//", "/v1/nothing/", "/v1/orders//", "/v1//orders/", "/v1/orders/x/y/", "/v1/orders/x/cancel/z",
    "/v1/Orders/", "/v2/orders/", "/orders/", "/", "/v1", "/v1orders/", "/v1/users/x/tokens/y/", "/v1/%2e%2e/orders/",
])  # fmt: skip
def test_unknown_paths_are_404(api: Api, path: str) -> None:
    """A path that is no operation's is 404 with the documented body, with keys and without."""
    for headers in (api.sandbox.headers, {}):
        answer = api.client.get(api.sandbox.base_url + path, headers=headers)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_wrong_method_names_the_right_ones(world: World, operation: Operation) -> None:
    """A method that a path does not have is 405 with a ``detail`` and all others in ``Allow``."""
    path = world.path(operation, unknown=True)
    have = {each.method for each in OPERATIONS if world.path(each, unknown=True) == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - have:
        answer = world.api.send(method, path)
        assert (answer.status_code, list(answer.json())) == (405, ["detail"]), method
        allowed = set(answer.headers["allow"].split(", "))
        assert allowed - {"HEAD"} == have
        assert ("HEAD" in allowed) is ("GET" in have)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.path.count("{")],
                         ids=[name for name in NAMES if "{" in name])  # fmt: skip
def test_unknown_and_foreign_objects_are_404(world: World, other_api: Api, operation: Operation) -> None:
    """An unknown id is 404, another sandbox's object is exactly the same 404, and neither changes anything."""
    body, known = world.body(operation), world.path(operation)
    before = (world.api.world_digest(), other_api.world_digest())
    for api, path in ((world.api, world.path(operation, unknown=True)), (other_api, known)):
        answer = api.send(operation.method, path, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert (world.api.world_digest(), other_api.world_digest()) == before


def test_lists_show_nothing_of_other_sandboxes(world: World, other_api: Api) -> None:
    """No list of another sandbox shows an object of this one."""
    for path in ("/users/", "/orders/", "/links/", "/tasks/", "/webhooks/", "/sandbox/scenarios/"):
        assert world.api.get(path)["count"] > 0
        assert other_api.get(path)["count"] == 0
    assert list(other_api.refused("POST", "/refresh/tasks/", {"access_token": world.token})) == ["access_token"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200), ("*/*", 200), ("application/json", 200), ("application/*", 200), ("APPLICATION/JSON", 200),
        ("text/html, application/json;q=0.9", 200), ("application/json; charset=utf-8", 200), ("text/html, */*", 200),
        ("text/html", 406), ("application/xml", 406), ("application/json;q=0", 406), ("*/*;q=0", 406), (",;", 406),
    ],
)  # fmt: skip
def test_accept(api: Api, accept: str, status: int) -> None:
    """Whatever allows JSON is answered; what excludes it is 406 with a ``detail``."""
    answer = api.send("GET", "/orders/", headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 201), ("application/json;charset=UTF-8", 201), ("Application/JSON ; charset=utf-8", 201),
        ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("", 415), ("application/jsonx", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)  # fmt: skip
def test_content_type(api: Api, content_type: str, status: int) -> None:
    """JSON in any spelling is read; a body of another kind is 415 with a ``detail``."""
    answer = api.send("POST", "/users/", content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == status
    if status == 415:
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_too_large_bodies_are_read_and_discarded(api: Api, chunked: bool) -> None:
    """A body over the limit is 413, and the same connection goes on serving; the limit itself is not over it."""
    target = urlsplit(api.sandbox.base_url)
    connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
    headers = {**api.sandbox.headers, "Content-Type": JSON}
    big = b" " * (LIMIT_BYTES + 1)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(big), 1024 * 1024):
            yield big[start : start + 1024 * 1024]

    try:
        connection.request("POST", "/v1/users/", pieces() if chunked else big, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        assert (answer.status, list(json.loads(answer.read()))) == (413, ["detail"])
        held = connection.sock
        connection.request("POST", "/v1/users/", b"{}" + b" " * (LIMIT_BYTES - 2), headers)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (201, True)
        assert connection.sock is held
    finally:
        connection.close()


@pytest.mark.parametrize("body", [
    b"{", b"nope", b"{'a': 1}", b'{"a": 1,}', b"[1", b'"\xff"', b'{"first_name": "\\ud800"}', b"1e999",
    b'{"first_name": 1e999}', b"NaN", b"[" * 100_000, b'{"a":' * 100_000, b"\xef\xbb\xbf{}", b"\x00",
])  # fmt: skip
def test_what_is_not_json_is_400(api: Api, body: bytes) -> None:
    """Broken, too deep, half-surrogate or out-of-range JSON is 400 with the documented code and no wrong field."""
    before = api.world_digest()
    answer = api.send("POST", "/users/", content=body, headers={"Content-Type": JSON})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["extra"]) == ("incorrect_parameters", {"invalid-params": []})
    assert api.world_digest() == before


@pytest.mark.parametrize("body", [[], "x", 5, None, True, [{}]], ids=repr)
def test_body_that_is_no_object_is_named(api: Api, body: Any) -> None:
    """JSON that is not an object is 400 and says so of the body."""
    answer = api.send("POST", "/users/", content=json.dumps(body), headers={"Content-Type": JSON})
    assert answer.status_code == 400
    assert [each["field"] for each in answer.json()["error"]["extra"]["invalid-params"]] == ["body"]


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.method == "GET"],
                         ids=[name for name in NAMES if name.startswith("GET ")])  # fmt: skip
def test_head_is_get_without_its_body(world: World, operation: Operation) -> None:
    """HEAD answers as GET does, with the same status and length and no body."""
    path = world.path(operation)
    got, head = world.api.send("GET", path), world.api.send("HEAD", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length", "date"):
        assert head.headers[name] == got.headers[name]


def test_answers_carry_the_virtual_date(api: Api) -> None:
    """Every answer, a refusal too, carries the sandbox's own time as ``Date``."""
    assert api.send("GET", "/orders/").headers["date"] == "Mon, 05 Jan 2026 15:00:00 GMT"
    api.sandbox.clock.advance(days=1)
    assert api.send("GET", f"/orders/{UNKNOWN}/").headers["date"] == "Tue, 06 Jan 2026 15:00:00 GMT"


def test_expired_token_has_no_extra(api: Api) -> None:
    """Only 400 carries ``extra``: the 410 of a used token has code and message alone."""
    user = api.post("/users/", {})
    token = api.post(f"/users/{user['id']}/tokens/", {"product_type": "income"}, 200)
    ending = api.sandbox.complete_bridge(token["bridge_token"])
    for status in (200, 410):
        answer = api.post("/link-access-tokens/", {"public_token": ending["public_token"]}, status)
    assert list(answer["error"]) == ["code", "message"]


VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, 10**400, "", " ", "\x00", "\x01/v1", "x" * 3000, "\u202e", "😀" * 50,
    "\uff11\uff12\uff13\uff14", "{}",
    "' OR 1=1 --", "../../etc/passwd", "9999-12-31", [], [[]], [None], ["income"] * 50, {}, {"": {}}, [{"id": []}],
)  # fmt: skip
RAW = (
    b" ", b"{", b"[]", b"null", b"1e999", b"-0", b"1" * 5000, b'"\\udfff"', b"\xff\xfe{}", b"\xed\xa0\x80",
    b"[" * 50_000,
    b'{"products":' + b"[" * 3000 + b"]" * 3000 + b"}", b'{"a":1,"a":2}', b'{"\\u0000":1}', b'{"products":["income"],}',
    b'{"__proto__":{"x":1},"constructor":1}',
)  # fmt: skip
QUERIES = (
    "page=1&page=2", "%", "%zz", "page=%00", "=&=&;", "a=%ff", "page_size=999999999", "page=999999999", "fmt=pdf",
    "cursor=b1-1-1", "cursor=a999999999999999999-999999999999999999-999999999999999999", "status_code=99999999999",
    "created_at__gte=9999-12-31T23:59:59%2B00:00", "created_at__gte=0001-01-01T00:00:00%2B23:59",
    "created_at__lte=2026-02-30T00:00:00Z", "created_at__gte=0000-00-00", "external_user_id=%F0%9F%98%80",
    "x=" + "y" * 8000, "list_links=TRUE", "include_refresh=1", "created_at__lte=9999-99-99", "user_id=%01",
)  # fmt: skip
SEGMENTS = ("%00", "%01", "..", "%2e", "%ff", "%7B%7D", "a" * 3000, "%F0%9F%98%80", "%20", "%2F", "%25", "x;y=1", "*")
HEADERS: tuple[dict[str, str], ...] = (
    {"Accept": ";;;,q=,"}, {"Accept": "application/json;q=nonsense"}, {"Content-Type": "application/json;charset=\xff"},
    {"Content-Type": "application/json; charset=utf-16"}, {"Content-Encoding": "gzip"}, {"Host": ""},
    {"Host": "[::1]:99999"}, {"X-Forwarded-Proto": "https"}, {"X-Access-Secret": "\xe9\xff"},
    {"Authorization": "Bearer x"}, {"Cookie": "a" * 4000}, {"Range": "bytes=0-1"}, {"Expect": "100-continue"},
)  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_nothing_gives_a_500(world: World, operation: Operation) -> None:
    """No body, path, query or header leads to a 5xx, and whatever is refused has left the world as it was."""
    target = urlsplit(world.api.sandbox.base_url)
    connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=30)
    path = PREFIX + world.path(operation)
    keys = {**world.api.sandbox.headers, "Content-Type": JSON}
    fields = [each.name for each in msgspec.structs.fields(operation.body)] if operation.body is not None else ["x"]
    digest = world.api.world_digest()

    def send(target: str, body: bytes, headers: dict[str, str]) -> None:
        nonlocal digest
        shown = (operation.method, target[:200], body[:200], {key: headers[key] for key in headers if key not in keys})
        connection.putrequest(operation.method, target, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 500, shown
        after = world.api.world_digest()
        if answer.status >= 400:
            assert after == digest, shown
            value = json.loads(content)
            assert "detail" in value or {"code", "message"} <= set(value["error"]), shown
        elif operation.method == "GET":
            assert after == digest, shown
        digest = after

    try:
        for value in VALUES:
            send(path, json.dumps(dict.fromkeys(fields, value)).encode(), keys)
            for field in fields:
                send(path, json.dumps({**(world.body(operation) or {}), field: value}).encode(), keys)
        for raw in RAW:
            send(path, raw, keys)
        for query in QUERIES:
            send(f"{path}?{query}", b"", keys)
        for segment in SEGMENTS:
            send(f"{path}{segment}", b"{}", keys)
            for ident in world.ids.values():
                if ident in path:
                    send(path.replace(ident, segment), b"{}", keys)
        for headers in HEADERS:
            send(path, b"{}", keys | headers)
    finally:
        connection.close()
