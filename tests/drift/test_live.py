"""A run against a service that is ours, altered in one place: just that is found, and nothing is left behind."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from mock_truv.drift.client import Answer, Client, Stopped
from mock_truv.drift.descriptions import Description, key_of
from mock_truv.drift.live import KeysRefusedError, UnreachableError, found_at, probe
from mock_truv.drift.probes import PROBES, WRITES, Probe
from mock_truv.http.build import build_app
from mock_truv.server import Server
from tests.conftest import Api
from tests.drift.planting import Found, found, ours
from tests.drift.second_mock import Altering, Given, needed_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mock_truv import Sandbox
    from mock_truv.drift.live import Probed
    from mock_truv.drift.probes import Group

GROUPS: tuple[Group, ...] = ("read", "write", "refresh")


@cache
def description() -> Description:
    return Description(ours())


class Second:
    """The second mock, and a sandbox on it in which something has happened."""

    def __init__(self, altering: Altering, sandbox: Sandbox, api: Api) -> None:
        self.altering, self.sandbox, self.api = altering, sandbox, api
        sandbox.change_profile(refresh_limit=1_000_000)
        order = api.connected()
        api.link_of({"provider_id": "maplebank"}, product_type="assets")
        api.link_of(product_type="insurance")
        sandbox.clock.advance(days=100)
        api.refresh(order["id"])
        sandbox.settle()
        api.subscribe("http://127.0.0.1:9/hooks")
        api.post("/templates/", {"name": "Renewals"})
        self.before = self.things()

    def client(self) -> Client:
        return Client(f"{self.sandbox.base_url}/v1/", self.sandbox.client_id, self.sandbox.secret)

    def run(self, probes: Any = PROBES, groups: Any = GROUPS) -> Probed:
        with self.client() as client:
            return probe(description(), client, groups, probes)

    def things(self) -> dict[str, list[str]]:
        """Return the ids of all that a run may make and has to take back."""
        lists = ("users", "webhooks", "templates", "sandbox/scenarios")
        self.altering.plan()
        return {name: [it["id"] for it in self.api.get(f"/{name}/")["results"]] for name in lists} | {
            "orders": [
                it["id"]
                for it in self.api.get("/orders/", page_size=100)["results"]
                if it["order_number"] == "mock-truv-drift" and it["status"] != "canceled"
            ]
        }

    def taking_back(self, before: dict[str, list[str]]) -> list[tuple[str, str]]:
        """Return the requests that take back what was not there before."""
        new = [(name, it) for name, listed in self.things().items() for it in listed if it not in before[name]]
        return [("POST", f"/v1/orders/{it}/cancel/") if name == "orders" else ("DELETE", f"/v1/{name}/{it}/")
                for name, it in sorted(new)]  # fmt: skip

    def clean(self, before: dict[str, list[str]]) -> None:
        """Take back what was not there before, and let refreshes that were asked for end."""
        if self.altering.writes:
            self.sandbox.settle()
        for method, path in self.taking_back(before):
            assert self.api.send(method, path.removeprefix("/v1")).is_success


@pytest.fixture(scope="module")
def second() -> Iterator[Second]:
    with pytest.MonkeyPatch.context() as patch, httpx.Client() as http:
        patch.setattr("mock_truv.server.build_app", lambda hub: Altering(build_app(hub)))
        with Server(seed=7) as server:
            assert isinstance(server.app, Altering)
            sandbox = server.sandbox("second")
            yield Second(server.app, sandbox, Api(http, sandbox))


def test_our_own_server_does_not_differ(second: Second) -> None:
    """All probes against the unaltered server: no difference, nothing left out, nothing left behind."""
    before = second.things()
    second.altering.plan()
    probed = second.run()
    assert probed.differences == []
    assert probed.stopped is None
    assert not [note for note in probed.notes if not note.startswith("refused")]
    assert set(probed.looked_at) == {description().operations[key_of(it.method, it.path)].name for it in PROBES}
    assert len(second.altering.seen) == len(PROBES)
    assert second.things() == before


def test_only_reading_writes_nothing(second: Second) -> None:
    """The group of reads sends nothing that changes the world."""
    digest = second.api.world_digest()
    second.altering.plan()
    second.run(groups=("read",))
    assert second.altering.seen
    assert second.altering.writes == []
    assert second.api.world_digest() == digest


def test_the_table_fits_the_description() -> None:
    """Every probe is an operation of ours, its expected status and refusals are described, each name is given."""
    known = {"unknown"}
    for it in PROBES:
        operation = description().operations[key_of(it.method, it.path)]
        assert it.expects is None or str(it.expects) in operation.answers
        assert it.needs() <= known
        known |= set(it.gives)
        assert it.group != "read" or it.method == "GET" or it.path == "/orders/lookup/"


# ---- planted differences


def places(value: Any, name: str, steps: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the name and the steps of every value inside a value, itself included."""
    yield name, steps
    inner = f"{name}." if " " in name else f"{name} "
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, inner + key, (*steps, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, f"{name}[]" if " " in name else f"{name} []", (*steps, number))


def value_at(value: Any, steps: tuple[Any, ...]) -> Any:
    """Return what stands at the end of steps."""
    for step in steps:
        value = value[step]
    return value


FORMATS = FormatChecker(())
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or bool(re.match(r"\d{4}-.*T", value)))
FORMATS.checks("date")(lambda value: not isinstance(value, str) or value[:1].isdigit())


def is_valid(value: Any, schema: dict[str, Any], word: str | None = None) -> bool:
    """Return whether a value fits a schema, as another library says; with ``word``, whether that keyword is kept."""
    whole = {**schema, "components": ours()["components"]}
    errors = list(Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value))
    for error in errors:  # grows as it goes
        errors += error.context or []
    return not [error for error in errors if word in {None, error.validator}]


WAYS = ("status", "type", "null", "extra", "removed", "enum", "format", "media", "broken", "empty")


class Planted:
    """A change of one answer; ``expected`` is what has to be found then."""

    def __init__(self, it: Probe, way: str, pick: int, at: int) -> None:
        self.way, self.pick, self.at = way, pick, at
        self.expected: Found = set()
        operation = description().operations[key_of(it.method, it.path)]
        self.described = ours()["paths"][operation.path][operation.method.lower()]["responses"]

    def __call__(self, answer: Given, before: int) -> Given:
        if before != self.at or (self.way != "status" and not answer.body):
            return answer
        status = str(answer.status)
        match self.way:
            case "status":
                self.expected = {("differs", "status", "")}
                statuses = [each for each in (202, 206, 302, 405, 500, 503) if each != answer.status]
                return answer.but(status=statuses[self.pick % len(statuses)])
            case "media":
                self.expected = {("differs", "content type", status)}
                return answer.but(headers={**answer.headers, b"content-type": b"text/html; charset=utf-8"})
            case "broken":
                self.expected = {("differs", "answer", status)}
                return answer.but(body=answer.body[:-1])
            case "empty":
                self.expected = {("not in theirs", "answer", status)}
                return answer.but(body=b"")
        value = json.loads(answer.body)
        self._change(value, status)
        return answer.but(body=json.dumps(value).encode())

    def _change(self, value: Any, status: str) -> None:
        """Change a value somewhere, and ask another library whether our description allows it."""
        inside = [each for each in places(value, status) if each[1] and isinstance(each[1][-1], str)]
        if self.way in {"enum", "format"}:  # a word where there is one, or where there is a date
            dates = [each for each in inside if re.match(r"\d{4}-\d\d-\d\d", str(value_at(value, each[1])))]
            inside = dates if self.way == "format" else [each for each in inside if each not in dates]
        if not inside:
            return
        name, steps = inside[self.pick % len(inside)]
        parent, key = value_at(value, steps[:-1]), steps[-1]
        old = parent[key]
        aspect, kind, word = self.way, "differs", None
        match self.way:
            case "type":
                parent[key] = "seven" if isinstance(old, (int, float)) else 7
            case "null":
                parent[key] = None
            case "enum":
                parent[key], word = ("brand_new", "enum") if isinstance(old, str) else (old, "enum")
            case "format":
                parent[key], word = "soon", "format"
            case "removed":
                aspect, kind = "field", "not in theirs"
                del parent[key]
            case "extra":
                aspect, kind = "field", "missing here"
                parent["brand_new"] = 1
                name = name.removesuffix(key) + "brand_new"
        if not is_valid(value, self._schema(status), word):
            self.expected = {(kind, aspect, name)}

    def _schema(self, status: str) -> dict[str, Any]:
        answer = self.described[status]
        if "$ref" in answer:
            answer = ours()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
        return schema


@settings(max_examples=30, deadline=None)
@given(it=st.sampled_from(PROBES), way=st.sampled_from(WAYS), pick=st.integers(0, 100_000))
def test_a_planted_difference_is_found(second: Second, it: Probe, way: str, pick: int) -> None:
    """Whatever is altered in one answer: just that is reported, and only if our description forbids it."""
    probes = needed_for(it)
    planted = Planted(it, way, pick, at=len(probes) - 1)
    second.altering.plan(planted)
    probed = second.run(probes)
    assert len(second.altering.seen) >= len(probes)
    second.clean(second.before)
    assert found(probed.differences) == planted.expected


@pytest.mark.parametrize("way", WAYS)
def test_every_way_plants_something(second: Second, way: str) -> None:
    """Each kind of alteration is a difference somewhere in a list of links, and is found: the property could fail."""
    links = [it for it in PROBES if it.path == "/links/"]
    for pick in range(200):
        planted = Planted(links[0], way, pick, at=0)
        second.altering.plan(planted)
        differences = found(second.run(links).differences)
        assert differences == planted.expected
        if differences:
            return
    pytest.fail("nothing was planted")


# ---- ends


@pytest.mark.parametrize("at", [0, 3, len(PROBES) - len(WRITES), len(PROBES) - 6, len(PROBES) - 1])
def test_a_service_that_asks_to_stop_is_left_alone(second: Second, at: int) -> None:
    """After a 429 nothing is sent any more, not even to take back; what is left is named."""
    before = second.things()
    second.altering.plan(lambda answer, number: answer.but(status=429) if number == at else answer)
    probed = second.run()
    assert probed.stopped is not None
    assert "429" in probed.stopped
    assert len(second.altering.seen) == at + 1
    left = {f"left behind: {method} {path} takes it back" for method, path in second.taking_back(before)}
    assert left <= set(probed.notes)
    second.clean(before)
    assert second.things() == before


@pytest.mark.parametrize("it", [it for it in WRITES if not it.undo], ids=lambda it: f"{it.method} {it.path}")
def test_what_was_made_is_taken_back_whatever_fails(second: Second, it: Probe) -> None:
    """If a probe after the making one answers 500 and was not carried out, nothing stays nevertheless."""
    before = second.things()
    probes = needed_for(it)
    at = len(probes) - 1
    second.altering.plan(lambda answer, number: answer.but(status=500) if number == at else answer)
    probed = second.run(probes)
    assert ("differs", "status", "") in found(probed.differences)
    assert second.things() == before


class Failing(Client):
    """A client whose connection fails once, after some requests."""

    def __init__(self, url: str, client_id: str, secret: str, after: int) -> None:
        super().__init__(url, client_id, secret)
        self.left = after

    def send(self, method: str, path: str, **options: Any) -> Answer:
        self.left -= 1
        if self.left == -1:
            raise Stopped("no answer within 30 seconds")
        return super().send(method, path, **options)


@pytest.mark.parametrize("it", [it for it in WRITES if not it.undo][:8:2], ids=lambda it: f"{it.method} {it.path}")
def test_a_run_that_ends_early_takes_back_what_it_made(second: Second, it: Probe) -> None:
    """After a time-out no further probe is sent, but what was made is taken back, and the report says why it ended."""
    before = second.things()
    probes = needed_for(it)
    with Failing(second.sandbox.base_url, second.sandbox.client_id, second.sandbox.secret, len(probes) - 1) as client:
        probed = probe(description(), client, GROUPS, [*probes, *PROBES])
    assert probed.stopped == "no answer within 30 seconds"
    assert len(probed.looked_at) == len(probes) - 1
    assert not [note for note in probed.notes if note.startswith("left behind")]
    assert second.things() == before


def test_wrong_keys_end_the_run_at_once(second: Second) -> None:
    """The first answer says that the keys are wrong: one request, and an error of its own."""
    second.altering.plan()
    with Client(second.sandbox.base_url, "0" * 32, "sandbox-wrong") as client, pytest.raises(KeysRefusedError):
        probe(description(), client, GROUPS)
    assert len(second.altering.seen) == 1


def test_nobody_there(free_port: int) -> None:
    """Where nothing listens the run ends with an error of its own, without words of the library."""
    expected = pytest.raises(UnreachableError, match=r"^the connection failed \(ConnectError\)$")
    with Client(f"http://127.0.0.1:{free_port}", "0" * 32, "sandbox-x") as client, expected:
        probe(description(), client, GROUPS)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("id", "a"),
        ("list.[].id", "b"),
        ("list.[kind=y].id", "c"),
        ("list.[kind=z].id", None),
        ("id.[].x", None),
        ("no", None),
    ],
)
def test_names_are_found(place: str, expected: str | None) -> None:
    """A place is keys by dots, the first entry, or the first with a word."""
    value = {"id": "a", "list": [{"id": "b", "kind": "x"}, {"id": "c", "kind": "y"}]}
    assert found_at(value, place) == expected
