"""The OpenAPI document: valid, complete, and true of what is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from typer.testing import CliRunner

from mock_truv.api.dispatch import OPERATIONS
from mock_truv.api.enums import EventType
from mock_truv.api.shapes.base import Shape
from mock_truv.api.shapes.errors import Detail, Error
from mock_truv.api.shapes.events import EVENTS
from mock_truv.cli import app
from mock_truv.openapi.document import document, document_bytes
from mock_truv.openapi.errors import EXAMPLES, error_statuses
from mock_truv.openapi.paths import kinds, operation_id, parameter, path_of
from mock_truv.openapi.schemas import structs, types_of
from mock_truv.openapi.tour import tour, toured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mock_truv.api.call import Operation
    from tests.conftest import Api

BASES = {"documented", "inferred", "assumed"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document()


def inside(described: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator of a schema of the document."""
    whole = {**schema, "components": described["components"]}
    return Draft202012Validator(whole, format_checker=FormatChecker())


def operation_of(described: dict[str, Any], operation: Operation) -> dict[str, Any]:
    shown: dict[str, Any] = described["paths"][path_of(operation)][operation.method.lower()]
    return shown


def test_the_document_is_valid(described: dict[str, Any]) -> None:
    """An OpenAPI 3.1 validator that is not ours accepts it."""
    validate(described)


def test_webhooks_are_of_their_types(described: dict[str, Any]) -> None:
    """Every event that can be subscribed is described, and every body that the tour sent fits its type and schema."""
    assert set(described["webhooks"]) == set(EVENTS) == set(get_args(EventType))
    sent = toured().webhooks()
    assert len({name for name, _ in sent}) > 10
    for name, body in sent:
        msgspec.json.decode(body, type=EVENTS[name])
        content = described["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
        inside(described, content["schema"]).validate(json.loads(body))


def test_every_operation_is_described(described: dict[str, Any]) -> None:
    """It has every operation that is served, under names that no two share, and nothing else."""
    shown = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    assert shown == {(it.method, path_of(it)) for it in OPERATIONS}
    names = [each["operationId"] for item in described["paths"].values() for each in item.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", OPERATIONS, ids=operation_id)
def test_examples_fit(operation: Operation, described: dict[str, Any]) -> None:
    """Every example of a body, of an answer and of an error fits the schema it illustrates."""
    shown = operation_of(described, operation)
    contents = [shown["requestBody"]["content"]] if "requestBody" in shown else []
    contents += [each["content"] for each in shown["responses"].values() if "content" in each]
    for content in contents:
        about = content["application/json"]
        if "example" in about:
            inside(described, about["schema"]).validate(about["example"])


def test_answers_of_the_tour_fit(described: dict[str, Any]) -> None:
    """Every whole answer of the tour fits the schema of its operation."""
    by_path = {(it.method, it.path): it for it in OPERATIONS}
    for stop in tour():
        content = operation_of(described, by_path[stop.method, stop.path])["responses"][str(stop.status)].get("content")
        assert (content is None) == (stop.answer == b"")
        if content is not None and stop.content_type.startswith("application/json"):
            inside(described, content["application/json"]["schema"]).validate(json.loads(stop.answer))


def test_the_schemas_are_strict(described: dict[str, Any]) -> None:
    """The schema of an answer refuses a key too few and a key too many: the tests above could fail."""
    schema = {"$ref": "#/components/schemas/Webhook"}
    good = next(json.loads(stop.answer) for stop in tour() if stop.path == "/webhooks/" and stop.method == "POST")
    assert inside(described, schema).is_valid(good)
    assert not inside(described, schema).is_valid({key: value for key, value in good.items() if key != "enabled"})
    assert not inside(described, schema).is_valid({**good, "colour": "blue"})
    assert not inside(described, schema).is_valid({**good, "env_type": "moon"})


@pytest.mark.parametrize("status", EXAMPLES)
def test_errors_are_of_their_types(status: int, described: dict[str, Any]) -> None:
    """The examples of errors are what the machine raises, and decode strictly into the types of errors."""
    error = EXAMPLES[status][1]
    assert error.status == status
    body = msgspec.json.encode(error.body())
    assert msgspec.json.encode(msgspec.json.decode(body, type=Error if b'"error"' in body else Detail)) == body
    responses = described["components"]["responses"].values()
    assert any(each["content"]["application/json"]["example"] == error.body() for each in responses)


@pytest.mark.parametrize("operation", OPERATIONS, ids=operation_id)
def test_parameters_are_those_of_the_operation(operation: Operation, described: dict[str, Any]) -> None:
    """Path parameters are those of the path, query parameters the fields of its type."""
    given = operation_of(described, operation).get("parameters", [])
    query = () if operation.query is None else msgspec.structs.fields(operation.query)
    assert [it["name"] for it in given if it["in"] == "path"] == [parameter(kind) for kind in kinds(operation)]
    assert {it["name"] for it in given if it["in"] == "query"} == {field.encode_name for field in query}
    assert all("null" not in json.dumps(it["schema"]) for it in given)


@pytest.mark.parametrize("operation", OPERATIONS, ids=operation_id)
def test_every_error_is_described(operation: Operation, described: dict[str, Any]) -> None:
    """Keys and throttle may refuse every operation, a path its object, a body its form; the document says so."""
    shown = operation_of(described, operation)["responses"]
    assert {"401", "406", "429"} <= set(shown)
    assert ("404" in shown) >= bool(kinds(operation))
    assert {"400", "413", "415"} <= set(shown) or operation.body is None
    assert set(shown) == {str(operation.status), *(str(each) for each in error_statuses(operation))}


def test_bases_are_told(described: dict[str, Any]) -> None:
    """Every operation, every component of an answer and each of its keys says how sure we are; doubt has a reason."""
    for operation in OPERATIONS:
        shown = operation_of(described, operation)
        assert (shown["x-basis"], shown["x-source"]) == (operation.basis, operation.source)
    for name, component in described["components"]["schemas"].items():
        if "properties" not in component:
            continue
        assert component["x-basis"] in BASES, name
        for key, inner in component["properties"].items():
            assert inner["x-basis"] in BASES, f"{name}.{key}"
            if inner["x-basis"] != component["x-basis"] and inner["x-basis"] != "documented":
                assert inner["x-source"], f"{name}.{key}"


@pytest.mark.parametrize("shape", [it for it in structs(types_of(OPERATIONS)) if isinstance(it, type)])
def test_every_shape_names_its_page(shape: type) -> None:
    """Each shape of an answer names the page that shows it."""
    if issubclass(shape, Shape):
        assert shape.SOURCE
        assert shape.BASIS in BASES
        assert shape.__doc__


def links(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, shown in item.items():
            for response in shown["responses"].values():
                yield from ((f"{method} {path}", name, link) for name, link in response.get("links", {}).items())


def test_links_lead_to_operations(described: dict[str, Any]) -> None:
    """Each link names an operation of the document and gives every parameter of its path."""
    targets = {
        shown["operationId"]: {it["name"] for it in shown.get("parameters", ()) if it["in"] == "path"}
        for item in described["paths"].values()
        for shown in item.values()
    }
    found = list(links(described))
    assert len(found) > 50
    for source, name, link in found:
        given = {key.removeprefix("path.") for key in link.get("parameters", {})}
        assert given == targets[link["operationId"]], f"{source} -> {name}"
        assert given or link["requestBody"]


def test_what_is_made_can_be_read(described: dict[str, Any]) -> None:
    """From what creates a thing a link leads to its read: an order, a user, a webhook, a sandbox scenario."""
    found = {(source, link["operationId"]) for source, _, link in links(described)}
    assert {
        ("post /v1/orders/", "orders_read"),
        ("post /v1/orders/", "orders_create_refresh_order"),
        ("post /v1/users/", "users_tokens"),
        ("post /v1/users/{user_id}/reports/", "users_get_report"),
        ("post /v1/link-access-tokens/", "links-item"),
        ("post /v1/link-access-tokens/", "refresh_task_create"),
        ("get /v1/links/", "link_detail_reports_income"),
    } <= found


def test_the_document_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    """The command prints the bytes that it writes, and two makings are equal."""
    printed = CliRunner().invoke(app, ["openapi"])
    assert printed.exit_code == 0
    target = tmp_path / "openapi.json"
    assert CliRunner().invoke(app, ["openapi", "--output", str(target)]).exit_code == 0
    assert target.read_bytes() == document_bytes() == printed.stdout.encode()
    assert msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n" == document_bytes()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder that does not exist is one sentence and exit 2."""
    result = CliRunner().invoke(app, ["openapi", "--output", str(tmp_path / "none" / "o.json")])
    assert result.exit_code == 2
    assert "No such file or directory" in result.stderr


def test_the_document_is_served(api: Api) -> None:
    """The server gives the same document without keys, and only to hosts that it was announced to."""
    answer = httpx.get(f"{api.sandbox.base_url}/_mock/openapi.json", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == document_bytes()
    strange = httpx.get(f"{api.sandbox.base_url}/_mock/openapi.json", headers={"Host": "evil.example"}, timeout=30)
    assert strange.status_code == 403
