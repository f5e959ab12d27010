"""Small descriptions by hand: combinations, circles, either version, and files that are none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_truv.drift.comparing import compare
from mock_truv.drift.descriptions import Description, key_of, read_description
from mock_truv.drift.schemas import DescriptionError
from tests.drift.planting import Found, found

if TYPE_CHECKING:
    from pathlib import Path

JsonObject = dict[str, Any]


def answered(schema: JsonObject, **schemas: JsonObject) -> JsonObject:
    """Return a description of one operation that answers this."""
    content = {"application/json": {"schema": schema}}
    return {
        "openapi": "3.1.0",
        "paths": {"/v1/things/": {"get": {"responses": {"200": {"content": content}}}}},
        "components": {"schemas": schemas},
    }


def sent(schema: JsonObject, **schemas: JsonObject) -> JsonObject:
    """Return a description of one operation that is sent this."""
    content = {"application/json": {"schema": schema}}
    document = answered({}, **schemas)
    document["paths"] = {"/v1/things/": {"post": {"requestBody": {"content": content}, "responses": {}}}}
    return document


def between(here: JsonObject, there: JsonObject) -> Found:
    return found(compare(Description(here), Description(there)))


def ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT = {"type": "string"}
PAIRS: dict[str, tuple[JsonObject, JsonObject]] = {
    "null in four ways": ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    "null as a branch": ({"anyOf": [TEXT, {"type": "null"}]}, {"oneOf": [{"type": "null"}, TEXT]}),
    "null in an enumeration": ({"enum": ["a", None]}, {"type": "string", "enum": ["a"], "nullable": True}),
    "null as an enumeration of its own": (
        {"oneOf": [{"type": "string", "enum": ["a"]}, {"enum": [None]}]},
        {"type": "string", "enum": ["a"], "nullable": True},
    ),
    "null beside a reference": ({"anyOf": [ref("Name"), {"type": "null"}]}, {**ref("Name"), "nullable": True}),
    "null around a reference": ({"anyOf": [ref("Name"), {"type": "null"}]}, {"allOf": [ref("Name")], "nullable": True}),
    "null inside a combination": (
        {"anyOf": [ref("Name"), {"type": "null"}]},
        {"allOf": [ref("Name"), {"nullable": True}]},
    ),
    "parts of an enumeration": ({"enum": ["a", "b"]}, {"oneOf": [{"enum": ["b"]}, {"type": "string", "enum": ["a"]}]}),
    "a constant": ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    "parts of an object": (
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["b"]},
        {"allOf": [{"properties": {"a": TEXT}}, {"type": "object", "properties": {"b": TEXT}, "required": ["b"]}]},
    ),
    "every integer is a number": ({"type": "number"}, {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
    "the narrower of two": ({"type": "integer"}, {"allOf": [{"type": "number"}, {"type": ["integer", "string"]}]}),
    "a part that is not null": ({"type": "string"}, {"allOf": [{"type": ["string", "null"]}, TEXT]}),
    "remarks": ({"type": "string", "maxLength": 3}, {"type": "string", "format": "uri", "description": "x"}),
    "a map": ({"additionalProperties": TEXT}, {"type": "object", "additionalProperties": ref("Name")}),
    "anything": ({}, {"description": "whatever it is"}),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_same_in_other_words(pair: tuple[JsonObject, JsonObject]) -> None:
    """Both ways to say it are no difference, from either side; and both differ from a list of numbers."""
    one, other = (answered({"type": "object", "properties": {"k": it}}, Name=TEXT) for it in pair)
    assert between(one, other) == between(other, one) == set()
    third = answered({"type": "object", "properties": {"k": {"type": "array", "items": {"type": "number"}}}})
    assert between(one, third) == between(other, third) == {("differs", "type", "200 k")}


NODE = {"type": "object", "properties": {"next": ref("Node"), "value": TEXT}}


def test_a_schema_that_contains_itself_ends() -> None:
    """A circle is no difference from the same circle written with an extra turn; a change in it is found."""
    turn = {"type": "object", "properties": {"next": ref("Node"), "value": TEXT}}
    assert between(answered(ref("Node"), Node=NODE), answered(turn, Node=NODE)) == set()
    union = {"anyOf": [ref("Node"), ref("Leaf")]}
    leaf = {"type": "object", "properties": {"next": union}}
    both = answered(union, Node={**NODE, "properties": {"next": union, "value": TEXT}}, Leaf=leaf)
    assert between(both, both) == set()
    other = {"type": "object", "properties": {"next": ref("Node"), "value": {"type": "integer"}}}
    assert between(answered(ref("Node"), Node=NODE), answered(ref("Node"), Node=other)) == {
        ("differs", "type", "200 value")
    }


def test_a_schema_that_is_made_of_itself_ends() -> None:
    """A combination whose part is the combination says what its other parts say."""
    odd = answered(ref("Odd"), Odd={"anyOf": [TEXT, ref("Odd")]})
    assert between(odd, answered(TEXT)) == set()


def test_an_object_without_told_keys_is_one_difference() -> None:
    """Where one side tells no keys at all, that is said once, and not for each key."""
    told = answered({"type": "object", "properties": {"a": TEXT, "b": TEXT}})
    assert between(told, answered({"type": "object"})) == {("differs", "keys", "200")}


def test_keys_that_do_not_travel_are_not_compared() -> None:
    """A key that is only read is no part of a body, one that is only written no part of an answer."""
    both = {"type": "object", "properties": {"a": TEXT, "id": {**TEXT, "readOnly": True}}}
    bare = {"type": "object", "properties": {"a": TEXT}}
    assert between(sent(bare), sent(both)) == set()
    assert between(answered(bare), answered(both)) == {("missing here", "field", "200 id")}
    secret = {"type": "object", "properties": {"a": TEXT, "pin": {**TEXT, "writeOnly": True}}}
    assert between(answered(bare), answered(secret)) == set()
    assert between(sent(bare), sent(secret)) == {("missing here", "field", "body pin")}


def test_parameters_of_a_path_count_for_its_operations() -> None:
    """A parameter told at the path is one of each operation; key headers are none."""
    here, there = answered({}), answered({})
    page = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    keys = {"name": "X-Access-Secret", "in": "header", "schema": TEXT}
    here["paths"]["/v1/things/"]["get"]["parameters"] = [page]
    there["paths"]["/v1/things/"]["parameters"] = [page, keys]
    assert between(here, there) == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [("/v1/users/{user_id}/", "/users/{id}"), ("/v1/orders/", "/v1/orders"), ("/orders/", "orders")],
)
def test_paths_are_the_same(one: str, other: str) -> None:
    """Prefix, slash at the end and names of parameters make no other operation; the method does."""
    assert key_of("get", one) == key_of("GET", other)
    assert key_of("get", one) != key_of("post", other)


FILES = {
    "openapi: 3.0.1\npaths: {}\n": "it is no JSON",
    "[]": "it names no version",
    '{"swagger": "2.0", "paths": {}}': "it says 2.0",
    '{"openapi": "3.2.0", "paths": {}}': "it says 3.2.0",
    '{"openapi": "3.0.1"}': "it has no `paths`",
    "[" * 100_000: "no JSON|nested too deeply",
    '{"openapi": "3.0.1", "paths": {"/a": {"$ref": "#/nowhere"}}}': "#/nowhere leads nowhere",
    '{"openapi": "3.0.1", "paths": {"/a": {"$ref": "other.json"}}}': "leads out of the document",
    '{"openapi": "3.0.1", "paths": {"/a": {"$ref": "#/paths/~1a"}}}': "leads in a circle",
}


@pytest.mark.parametrize("text", FILES, ids=FILES.values())
def test_a_file_that_is_no_description_is_refused(text: str, tmp_path: Path) -> None:
    """The message says what is wrong with it."""
    path = tmp_path / "theirs.json"
    path.write_text(text)
    with pytest.raises(DescriptionError, match=FILES[text]):
        read_description(path)


WORDS = ("type", "enum", "const", "format", "properties", "required", "items", "additionalProperties", "allOf", "anyOf",
         "nullable", "$ref", "parameters", "requestBody", "responses", "200", "content", "application/json", "schema",
         "get", "in", "name", "a")  # fmt: skip
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3),
    st.sampled_from(["string", "object", "query", "date", "null", "a", ""]),
    st.sampled_from(["#/paths", "#/paths/~1a/get", "#/components/schemas/A", "#/components/schemas/B"]),
)  # fmt: skip
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner), max_leaves=20
)


@settings(max_examples=100, deadline=None)
@given(st.lists(trees, min_size=4, max_size=4))
def test_no_description_is_too_odd(parts: list[Any]) -> None:
    """Whatever stands where: two descriptions are compared or refused in words, and one never differs from itself."""
    item, schema, one, other = parts
    get = {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
    both = {
        "paths": {"/a": item, "/b": {"get": get, "parameters": item, "post": item}},
        "components": {"schemas": {"A": one, "B": other}},
    }
    with contextlib.suppress(DescriptionError):
        assert compare(Description(both), Description(both)) == []
        compare(Description(both), Description(answered({"type": "object", "properties": {"a": TEXT}})))
        compare(Description(answered(NODE, Node=NODE)), Description(both))


def test_either_version_is_read(tmp_path: Path) -> None:
    """3.0 and 3.1 are read from a file."""
    path = tmp_path / "theirs.json"
    for version in ("3.0.1", "3.1.0"):
        path.write_bytes(msgspec.json.encode({**answered(TEXT), "openapi": version}))
        assert list(read_description(path).operations) == ["GET /things"]
